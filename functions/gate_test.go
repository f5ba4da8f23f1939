package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"cambodia-payouts/pkg/dynamo"
)

// versions plays CodeDeploy and Lambda for the gate: a version of a function is a process
// of the compiled binary.
type versions struct {
	t        *testing.T
	function string
	running  map[string]*host // by version
	target   string
	reported string
}

func (v *versions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Error(err)
	}
	switch call := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "CodeDeploy_20141006."); call {
	case "GetDeployment":
		spec := fmt.Sprintf(`{"Resources": [{"f": {"Type": "AWS::Lambda::Function", "Properties": {"Name": %q, "Alias": "live", "TargetVersion": %q}}}]}`, v.function, v.target)
		_ = json.NewEncoder(w).Encode(map[string]any{"deploymentInfo": map[string]any{
			"creator": "user", "revision": map[string]any{"revisionType": "AppSpecContent", "appSpecContent": map[string]any{"content": spec}},
		}})
	case "PutLifecycleEventHookExecutionStatus":
		var report struct{ Status string }
		if err := json.Unmarshal(body, &report); err != nil {
			v.t.Error(err)
		}
		v.reported = report.Status
		_, _ = io.WriteString(w, "{}")
	default:
		v.invoke(w, r.URL.Query().Get("Qualifier"), body)
	}
}

// invoke answers as Lambda does: a process that ends is an error of the function.
func (v *versions) invoke(w http.ResponseWriter, version string, event []byte) {
	answer, err := v.running[version].invoke(event)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer, _ = json.Marshal(map[string]string{"errorMessage": err.Error()})
	}
	_, _ = w.Write(answer)
}

// TestTheGateStopsABrokenVersionOnTheWire deploys versions of two functions past the
// compiled gate: what is well gets traffic, and so does what is not configured yet.
func TestTheGateStopsABrokenVersionOnTheWire(t *testing.T) {
	env := gateEnvironment(t)
	for _, function := range []string{"create-payout", "vexora-callback"} {
		binary := build(t, function, "")
		v := &versions{t: t, function: function, running: map[string]*host{}}
		cloud := httptest.NewServer(v)
		t.Cleanup(cloud.Close)
		start := func(version string, changes ...string) {
			v.running[version] = newHost(t, function, binary, 20*time.Second, &output{}, append(env, changes...)...)
		}
		start("1", "REVISION=new0new0new0new0")
		start("2", "REVISION=old0old0old0old0")
		start("3", "REVISION=new0new0new0new0", "VEXORA_SECRET_ID=broken", "MONETIX_SECRET_ID=broken")
		start("4", "REVISION=new0new0new0new0", "VEXORA_SECRET_ID=placeholder", "MONETIX_SECRET_ID=")
		start("5", "REVISION=new0new0new0new0", "ID_NAMESPACE=another")
		start("6", "REVISION=new0new0new0new0", "VEXORA_CALLBACK_URL=http://cb.example.com", "VEXORA_SECRET_ID=gone")
		log := &output{}
		gate := newHost(t, "gate-traffic", build(t, "gate-traffic", ""), time.Minute, log, "REVISION=new0new0new0new0", "AWS_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_ENDPOINT_URL_CODEDEPLOY="+cloud.URL, "AWS_ENDPOINT_URL_LAMBDA="+cloud.URL)
		// The first one binds the table to its namespace.
		for i, want := range []string{"Succeeded", "Failed", "Failed", "Succeeded", "Failed", "Failed"} {
			version := fmt.Sprint(i + 1)
			v.target, v.reported = version, ""
			if _, err := gate.invoke([]byte(`{"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "h-1"}`)); err != nil || v.reported != want {
				t.Errorf("%s, version %s: %q, not %q (%v)\n%s", function, version, v.reported, want, err, log)
			}
		}
		eventually(t, 10*time.Second, function+": the log does not name four refusals", func() bool { return strings.Count(log.String(), "it gets no traffic") == 4 })
	}
}

// gateEnvironment is a table and secrets on the wire: sound ones, a placeholder, and one
// that is no document.
func gateEnvironment(t *testing.T) []string {
	t.Helper()
	table, secrets := endpoints(t)
	keys := credentials.NewStaticCredentialsProvider("local", "local", "")
	db := dynamodb.New(dynamodb.Options{BaseEndpoint: aws.String(table), Region: "us-east-1", Credentials: keys})
	if _, err := db.CreateTable(context.Background(), dynamo.TableSchema("gate")); err != nil {
		t.Fatal(err)
	}
	vault := secretsmanager.New(secretsmanager.Options{BaseEndpoint: aws.String(secrets), Region: "us-east-1", Credentials: keys})
	for name, document := range map[string]string{
		"sound":       `{"KHR": {"base_url": "https://vexora.example.com", "merchant_no": "1", "app_secret": "a-key-of-the-gate"}}`,
		"placeholder": `{"KHR": {"base_url": "https://REPLACE_ME", "merchant_no": "REPLACE_ME", "app_secret": "REPLACE_ME"}}`,
		"broken":      `{"KHR": 1}`, "hashes": "a key of hashes over personal data, for the gate",
	} {
		if _, err := vault.CreateSecret(context.Background(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &document}); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_ENDPOINT_URL_DYNAMODB=" + table, "AWS_ENDPOINT_URL_SECRETS_MANAGER=" + secrets, "TABLE_NAME=gate", "ID_NAMESPACE=gate",
		"VEXORA_SECRET_ID=sound", "MONETIX_SECRET_ID=", "STACK_KEY_SECRET_ID=hashes", "VEXORA_CALLBACK_URL=https://cb.example.com",
	}
}
