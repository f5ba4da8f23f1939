package boot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
)

// noSecrets is Secrets Manager on its bad day; it notes what it is asked for.
type noSecrets struct{ asked []string }

func (n *noSecrets) Current(_ context.Context, name string) (secrets.Version, error) {
	n.asked = append(n.asked, name)
	return secrets.Version{}, errors.New("connection refused")
}

func (n *noSecrets) Previous(ctx context.Context, name string) (secrets.Version, bool, error) {
	version, err := n.Current(ctx, name)
	return version, false, err
}

const heldByOrder = `{"submissions": {"all": "held"}, "reason": "possible double payment"}`

// A hold has to work on the night of a hasty rotation, in a function that has just started.
func TestTheBrakesNeedNoSecret(t *testing.T) {
	broken := map[string]map[string]string{
		"gone": {}, "damaged": {"vexora": `{"KHR": {}}`, "monetix": `[]`, "stack-key": "short", "people": `{"people": 1}`},
		"placeholders": placeholders(), "one is damaged": {"vexora": `{"KHR"`, "monetix": monetixDocument},
	}
	for _, name := range append(slices.Sorted(maps.Keys(broken)), "Secrets Manager is down") {
		d := deployment(t, broken[name])
		down := &noSecrets{}
		if broken[name] == nil {
			d.Secrets = down
		}
		var log bytes.Buffer
		d.Log = telemetry.NewLogger(&log, 0)
		operate, err := boot.Assemble(d, read[boot.OperateConfig](t, environment("PEOPLE_SECRET_ID=people"))).Operator(t.Context())
		if err != nil {
			t.Errorf("%s: no hold: %v", name, err)
			continue
		}
		h := edge.NewOperate(operate)
		set, answer, _ := orderAs(t, h, ofStranger, http.MethodPost, "/v1/controls", "", heldByOrder)
		seen, view, _ := orderAs(t, h, ofStranger, http.MethodGet, "/v1/controls", "", "")
		if set != http.StatusOK || seen != http.StatusOK || fmt.Sprint(view["in_force"]) != "map[monetix:held vexora:held]" {
			t.Errorf("%s: %d %v, then %d %v", name, set, answer, seen, view["in_force"])
		}
		if slices.ContainsFunc(down.asked, func(s string) bool { return s != "people" }) {
			t.Errorf("%s: reads %v", name, down.asked)
		}
	}
}

// An order that needs a secret says that it is the secret.
func TestAResendWithoutASecretSaysWhatIsMissing(t *testing.T) {
	for name, test := range map[string]struct{ document, says string }{
		"damaged": {`{"KHR"`, "the secret with the credentials of vexora cannot be read"}, "a placeholder": {placeholders()["vexora"], "Vexora has no credentials"},
	} {
		d := deployment(t, map[string]string{"vexora": test.document, "monetix": monetixDocument, "people": peopleDocument})
		var log bytes.Buffer
		d.Log = telemetry.NewLogger(&log, 0)
		operate, err := boot.Assemble(d, read[boot.OperateConfig](t, environment("PEOPLE_SECRET_ID=people"))).Operator(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h := edge.NewOperate(operate)
		seeded(t, d, seededID, payout.Unknown, vexora.Name)
		path := "/v1/payouts/" + string(seededID) + "/resend"
		if first, m, _ := orderAs(t, h, ofDara, http.MethodPost, path, "", `{"reason": "beneficiary waits"}`); first != http.StatusAccepted {
			t.Fatalf("%s: %d %v", name, first, m)
		}
		status, m, _ := orderAs(t, h, ofBopha, http.MethodPost, path, "", `{"reason": "beneficiary waits"}`)
		if status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(m["errors"]), test.says) {
			t.Errorf("%s: %d %v", name, status, m)
		}
		if p, err := d.Store.Get(t.Context(), seededID); err != nil || p.Sent != 1 || p.Status != payout.Unknown {
			t.Errorf("%s: sent %d times, %s, %v", name, p.Sent, p.Status, err)
		}
	}
}
