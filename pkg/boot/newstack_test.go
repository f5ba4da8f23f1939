package boot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
)

// placeholders are the secrets as the template makes them.
func placeholders() map[string]string {
	return map[string]string{
		"vexora":  `{"KHR": {"base_url": "https://REPLACE_ME", "merchant_no": "REPLACE_ME", "app_secret": "REPLACE_ME"}}`,
		"monetix": `{"base_url": "https://REPLACE_ME", "project_id": 1, "secret_key": "REPLACE_ME"}`,
	}
}

// sweepOnce runs one sweep over the documents and returns what it wrote.
func sweepOnce(t *testing.T, documents map[string]string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	d := deployment(t, documents)
	d.Log = telemetry.NewLogger(&out, 0)
	sweeper, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(context.Background())
	if err != nil {
		return out.String(), err
	}
	_, err = edge.NewSweep(sweeper, d.Log)(context.Background(), json.RawMessage(`{}`))
	return out.String(), err
}

// TestANewStackIsNotInTrouble: between the first deployment and the filling of the secrets
// the sweep runs every minute. An error of it would wake somebody and roll back the next
// deployment.
func TestANewStackIsNotInTrouble(t *testing.T) {
	for name, documents := range map[string]map[string]string{"placeholders": placeholders(), "one placeholder": {"vexora": placeholders()["vexora"], "monetix": monetixDocument}} {
		out, err := sweepOnce(t, documents)
		if err != nil {
			t.Errorf("%s: the sweep fails: %v", name, err)
		}
		want := map[string]string{"placeholders": `"not_configured":1`, "one placeholder": `"not_configured":0`}[name]
		if !strings.Contains(out, want) {
			t.Errorf("%s: no %s in\n%s", name, want, out)
		}
	}
	if _, err := boot.Assemble(deployment(t, placeholders()), read[boot.OperateConfig](t, environment())).Operator(context.Background()); err != nil {
		t.Errorf("orders cannot be given before the secrets are filled: %v", err)
	}
}

// TestACallbackOfANewStackIsANormalReturn: anybody can post to the address before there is a
// key, and an error of the function would page.
func TestACallbackOfANewStackIsANormalReturn(t *testing.T) {
	d := deployment(t, placeholders())
	ofVexora, err1 := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "vexora"}).Callback(context.Background(), vexora.Provider)
	ofMonetix, err2 := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(context.Background(), monetix.Provider)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, handler := range map[string]edge.Handler{"vexora-callback-success": edge.NewCallback(ofVexora), "monetix-callback-success": edge.NewCallback(ofMonetix)} {
		raw, err := os.ReadFile("../../events/" + name + ".json")
		var event edge.Event
		if err == nil {
			err = json.Unmarshal(raw, &event)
		}
		if err != nil {
			t.Fatal(err)
		}
		if reply, err := handler(context.Background(), event); err != nil || reply.StatusCode != 503 {
			t.Errorf("%s: %d %s, %v: the provider must come again", name, reply.StatusCode, reply.Body, err)
		}
	}
}

// TestASecretThatCannotBeReadIsTrouble: only a placeholder is a state of its own.
func TestASecretThatCannotBeReadIsTrouble(t *testing.T) {
	for name, documents := range map[string]map[string]string{
		"gone":              {},
		"damaged":           {"vexora": `{"KHR": {}}`, "monetix": `[]`},
		"one of each":       {"vexora": placeholders()["vexora"], "monetix": `[]`},
		"placeholder, gone": {"vexora": placeholders()["vexora"]},
	} {
		if _, err := sweepOnce(t, documents); err == nil {
			t.Errorf("%s: the sweep says nothing", name)
		}
	}
}

// TestSecretsThatAreFilledAreSeenByTheNextSweep: the process that began on placeholders lives on.
func TestSecretsThatAreFilledAreSeenByTheNextSweep(t *testing.T) {
	documents := placeholders()
	var out bytes.Buffer
	d := deployment(t, documents)
	d.Log = telemetry.NewLogger(&out, 0)
	source := secrets.NewStaticSource(withKey(documents), nil)
	d.Secrets = source
	var later time.Duration
	d.Now = func() time.Time { return time.Now().Add(later) }
	sweeper, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	source.Rotate("monetix", monetixDocument)
	later = time.Minute
	if err := sweeper.Survey(context.Background()); err != nil || !strings.Contains(out.String(), `"not_configured":0`) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
