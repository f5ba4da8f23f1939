package boot_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

func TestOutflowLimitsAreReadStrictly(t *testing.T) {
	c := read[boot.NotifyConfig](t, environment(`OUTFLOW_LIMITS={"vexora":{"KHR":"40000000"},"monetix":{"USD":"10000.50","KHR":"1"}}`))
	if got := c.Limits.OutflowLimits; len(got) != 2 || got[vexora.Name][money.KHR].Minor() != 4_000_000_000 || got[monetix.Name][money.USD].Minor() != 1_000_050 ||
		got[monetix.Name][money.KHR].String() != "1.00" {
		t.Errorf("read %v", got)
	}
	for _, off := range []string{"OUTFLOW_LIMITS=", "LOG_LEVEL=INFO"} {
		c := read[boot.NotifyConfig](t, environment(off))
		n, err := boot.Assemble(deployment(t, map[string]string{}), c).Notify()
		if err != nil || n.Outflow != nil {
			t.Errorf("%s counts: %v, %v", off, n.Outflow, err)
		}
	}
	for name, wrong := range map[string]string{
		"not JSON": "40000000", "a list": `["vexora"]`, "no limit": "{}", "null": "null", "no currency": `{"vexora":{}}`, "a null": `{"vexora":null}`,
		"another provider": `{"stripe":{"KHR":"1"}}`, "another currency": `{"vexora":{"EUR":"1"}}`, "a small letter": `{"vexora":{"khr":"1"}}`,
		"a number": `{"vexora":{"KHR":1}}`, "zero": `{"vexora":{"KHR":"0"}}`, "negative": `{"vexora":{"KHR":"-1"}}`, "a third decimal": `{"vexora":{"USD":"1.001"}}`,
		"an exponent": `{"vexora":{"KHR":"4e7"}}`, "twice": `{"vexora":{"KHR":"1","KHR":"2"}}`, "more behind it": `{"vexora":{"KHR":"1"}} x`, "too much": `{"vexora":{"KHR":"999999999999"}}`,
		"one of two": `{"vexora":{"KHR":"1"},"monetix":{"EUR":"1"}}`,
	} {
		if _, err := boot.Read[boot.NotifyConfig](environment("OUTFLOW_LIMITS=" + wrong)); err == nil || !strings.Contains(err.Error(), "OUTFLOW_LIMITS") {
			t.Errorf("%s starts: %v", name, err)
		}
	}
}

// TestTheStreamHoldsAProvider goes from a record of the stream to the controls.
func TestTheStreamHoldsAProvider(t *testing.T) {
	raw, err := os.ReadFile("../../events/notify-merchant-submitting.json")
	if err != nil {
		t.Fatal(err)
	}
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(raw, &batch); err != nil {
		t.Fatal(err)
	}
	d := deployment(t, map[string]string{})
	n, err := boot.Assemble(d, read[boot.NotifyConfig](t, environment(`OUTFLOW_LIMITS={"vexora":{"KHR":"60000"},"monetix":{"USD":"10000"}}`))).Notify()
	if err != nil {
		t.Fatal(err)
	}
	for round, want := range []payout.Gate{"", payout.GateHeld, payout.GateHeld} {
		if _, err := edge.NewNotify(n)(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		shared, err := d.Store.Shared(t.Context())
		if err != nil || shared.Controls.Submissions["vexora"] != want || shared.Controls.Submissions["monetix"] != "" {
			t.Errorf("after %d batches %v, %v", round+1, shared.Controls.Submissions, err)
		}
	}
	changes, err := d.Store.ControlChanges(t.Context(), 20)
	if err != nil || len(changes) != 1 || changes[0].By != payout.OutflowBrake {
		t.Errorf("changes %+v, %v", changes, err)
	}
}
