package gate_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/gate"
)

const revision = "0123456789abcdef"

// specOf is the AppSpec that CloudFormation writes for an alias.
func specOf(version string) string {
	return `{"version": 0.0, "Resources": [{"stack-CreatePayout-1": {"Type": "AWS::Lambda::Function", "Properties": {
		"Name": "stack-CreatePayout-1", "Alias": "live", "CurrentVersion": "6", "TargetVersion": "` + version + `"}}}],
		"Hooks": [{"BeforeAllowTraffic": "CodeDeployHook_payouts_1"}]}`
}

func TestTheTargetIsReadOutOfTheAppSpec(t *testing.T) {
	yaml := "version: 0.0\nResources:\n  - f:\n      Type: AWS::Lambda::Function\n      Properties:\n        Name: f\n        Alias: live\n        TargetVersion: 12\n"
	for name, test := range map[string]struct {
		spec string
		want gate.Target
	}{
		"JSON":          {specOf("7"), gate.Target{Function: "stack-CreatePayout-1", Version: "7"}},
		"YAML":          {yaml, gate.Target{Function: "f", Version: "12"}},
		"nothing":       {"", gate.Target{}},
		"no document":   {"{", gate.Target{}},
		"not a version": {specOf("$LATEST"), gate.Target{}},
		"no version":    {specOf(""), gate.Target{}},
		"two functions": {strings.Replace(specOf("7"), `"Resources": [`, `"Resources": [{"other": {}}, `, 1), gate.Target{}},
		"not a lambda":  {strings.Replace(specOf("7"), "AWS::Lambda::Function", "AWS::ECS::Service", 1), gate.Target{}},
	} {
		got, err := gate.ParseTarget(test.spec)
		if got != test.want || (err == nil) != (test.want != gate.Target{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// answer is what a function of this service says, in its own words.
func answer(t *testing.T, of string, state boot.CheckState) string {
	t.Helper()
	raw, err := json.Marshal(boot.Selftest{Revision: of, Settings: "d", Function: "f", Checks: []boot.Check{{Name: "sample", State: state}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestOnlyAVersionThatProvesItselfIsLetThrough(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		failed bool
		says   string
	}{
		"passed":               {answer(t, revision, boot.CheckPassed), false, ""},
		"not configured":       {answer(t, revision, boot.CheckNotConfigured), false, ""},
		"another revision":     {answer(t, "fedcba9876543210", boot.CheckPassed), false, "is being deployed"},
		"a failed check":       {answer(t, revision, boot.CheckFailed), false, "sample: failed"},
		"a state nobody knows": {answer(t, revision, "later"), false, "sample: later"},
		"a failed invocation":  {`{"errorMessage": "monetix callback: a forged callback is not refused"}`, true, "monetix callback"},
		"nothing tried":        {`{"revision": "` + revision + `", "checks": []}`, false, "tried nothing"},
		"another function":     {`{"statusCode": 400}`, false, "not that of a selftest"},
		"an old version":       {`null`, false, "not that of a selftest"},
		"no JSON":              {`OK`, false, "not that of a selftest"},
		"a long error":         {strings.Repeat("x", 5000), true, "selftest failed"},
	} {
		err := gate.Judge([]byte(test.answer), test.failed, revision)
		if (err == nil) != (test.says == "") || err != nil && (!strings.Contains(err.Error(), test.says) || len(err.Error()) > 2100) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// cloud speaks for CodeDeploy and Lambda at the wire.
type cloud struct {
	mu       sync.Mutex
	spec     string
	form     string // the member that holds the spec
	creator  string
	answer   string
	failed   bool
	refuses  map[string]int // calls that are refused first, by name
	invoked  []string
	events   []string
	reported []string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	call := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "CodeDeploy_20141006.")
	if call == "" {
		call = "Invoke"
	}
	if c.refuses[call] > 0 {
		c.refuses[call]--
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	switch call {
	case "GetDeployment":
		form := cmp.Or(c.form, "appSpecContent")
		_ = json.NewEncoder(w).Encode(map[string]any{"deploymentInfo": map[string]any{
			"deploymentId": "d-1", "creator": c.creator, "revision": map[string]any{"revisionType": form, form: map[string]any{"content": c.spec}},
		}})
	case "PutLifecycleEventHookExecutionStatus":
		c.reported = append(c.reported, string(body))
		_, _ = w.Write([]byte(`{"lifecycleEventHookExecutionId": "h-1"}`))
	default:
		c.invoked, c.events = append(c.invoked, r.URL.Path+"?"+r.URL.RawQuery), append(c.events, string(body))
		if c.failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = w.Write([]byte(c.answer))
	}
}

// through runs the gate for one deployment; it returns what CodeDeploy was told.
func through(t *testing.T, c *cloud) (status string, log string, err error) {
	t.Helper()
	server := httptest.NewServer(c)
	defer server.Close()
	access := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond })
		},
	}
	var said strings.Builder
	err = gate.New(access, revision, slog.New(slog.NewJSONHandler(&said, nil))).Handle(context.Background(), gate.Event{DeploymentID: "d-1", HookID: "h-1"})
	if len(c.reported) == 0 {
		return "", said.String(), err
	}
	var report struct{ DeploymentID, LifecycleEventHookExecutionID, Status string }
	if problem := json.Unmarshal([]byte(c.reported[0]), &report); problem != nil || report.DeploymentID != "d-1" || report.LifecycleEventHookExecutionID != "h-1" || len(c.reported) != 1 {
		t.Errorf("reported %v (%v)", c.reported, problem)
	}
	return report.Status, said.String(), err
}

func TestTheGateAsksTheVersionUnderDeploymentOnTheWire(t *testing.T) {
	c := &cloud{spec: specOf("7"), creator: "user", answer: answer(t, revision, boot.CheckPassed)}
	status, log, err := through(t, c)
	if status != "Succeeded" || err != nil || len(c.invoked) != 1 {
		t.Fatalf("%s, %v, %v", status, err, c.invoked)
	}
	if !strings.Contains(c.invoked[0], "/functions/stack-CreatePayout-1/invocations?Qualifier=7") || c.events[0] != `{"selftest": true}` {
		t.Errorf("asked %s with %s", c.invoked[0], c.events[0])
	}
	if !strings.Contains(log, "no provider was asked") {
		t.Errorf("the log does not say what is not proven: %s", log)
	}
}

func TestABrokenVersionGetsNoTraffic(t *testing.T) {
	for name, c := range map[string]*cloud{
		"its selftest fails":   {spec: specOf("7"), failed: true, answer: `{"errorMessage": "vexora callback KHR: refused"}`},
		"it is another one":    {spec: specOf("7"), answer: answer(t, "old", boot.CheckPassed)},
		"nobody knows which":   {spec: "{}", answer: answer(t, revision, boot.CheckPassed)},
		"it cannot be invoked": {spec: specOf("7"), refuses: map[string]int{"Invoke": 99}},
		"nothing can be read":  {refuses: map[string]int{"GetDeployment": 99}},
	} {
		if status, log, err := through(t, c); status != "Failed" || err != nil || !strings.Contains(log, "it gets no traffic") {
			t.Errorf("%s: %q, %v, %s", name, status, err, log)
		}
	}
}

func TestADeploymentInTheOldFormIsReadToo(t *testing.T) {
	c := &cloud{spec: specOf("7"), form: "string", answer: answer(t, revision, boot.CheckPassed)}
	if status, log, err := through(t, c); status != "Succeeded" || err != nil {
		t.Errorf("%s, %v, %s", status, err, log)
	}
}

func TestAThrottledVersionIsAskedAgain(t *testing.T) {
	c := &cloud{spec: specOf("7"), answer: answer(t, revision, boot.CheckPassed), refuses: map[string]int{"Invoke": 1, "GetDeployment": 1}}
	if status, log, err := through(t, c); status != "Succeeded" || err != nil {
		t.Errorf("%s, %v, %s", status, err, log)
	}
}

// Whoever goes back does it because the new version is bad. The gate must not stand in
// the way of the old one, whose revision is another.
func TestTheGateNeverHoldsUpTheWayBack(t *testing.T) {
	for _, creator := range []string{"codeDeployRollback", "CloudFormationRollback"} {
		c := &cloud{spec: specOf("6"), creator: creator, answer: answer(t, "old", boot.CheckPassed)}
		if status, _, err := through(t, c); status != "Succeeded" || err != nil || len(c.invoked) != 0 {
			t.Errorf("%s: %s, %v, %v", creator, status, err, c.invoked)
		}
	}
}

// A gate that could not report fails, so that Lambda starts it again: CodeDeploy would
// wait for an hour otherwise.
func TestAGateThatCannotReportIsAnError(t *testing.T) {
	c := &cloud{spec: specOf("7"), answer: answer(t, revision, boot.CheckPassed), refuses: map[string]int{"PutLifecycleEventHookExecutionStatus": 99}}
	if status, _, err := through(t, c); err == nil || status != "" || errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", status, err)
	}
}
