package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

// TestACustomerVoidsNoOrdersForTwo: the texts of 60 payment pages fill the room for notes;
// from then on every repetition of the last one is counted, and what was counted since a
// proposal voids it.
func TestACustomerVoidsNoOrdersForTwo(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(t.Context(), monetix.Provider)
	if err != nil {
		t.Fatal(err)
	}
	door := edge.NewCallback(callback)
	p := seeded(t, d, seededID, payout.Unknown, monetix.Name)
	theirs := string(p.ProviderReference())
	page := func(n int) string {
		code := fmt.Sprintf("%d", 70000+n)
		chosen := "x;operation:code:" + code + ";payment:id:" + theirs + ";payment:status:success;payment:sum:amount:5000000;payment:sum:currency:KHR;payment:type:payout;payment_z:"
		// The merchant's page: customer_id, payment_amount, ... sorted; the customer chose customer_first_name.
		signature := sandbox.SignMonetix(map[string]any{"customer_first_name": chosen, "customer_id": "c", "payment_id": "order-7", "project_id": "1234"}, monetixTestKey)
		body, _ := json.Marshal(map[string]any{
			"customer_first_name": "x", "operation": map[string]any{"code": code},
			"payment":   map[string]any{"id": theirs, "status": "success", "type": "payout", "sum": map[string]any{"amount": 5000000, "currency": "KHR"}},
			"payment_z": ";customer_id:c;payment_id:order-7", "project_id": 1234, "signature": signature,
		})
		return string(body)
	}
	for n := range 60 {
		if status := post(t, door, page(n)); status != 200 {
			t.Fatalf("answered %d", status)
		}
	}
	now, _ := d.Store.Get(t.Context(), p.ID)
	t.Logf("history %d, dropped %d, attention %v", len(now.History), now.HistoryDropped, now.Attention.Reasons())
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	path := "/v1/payouts/" + string(seededID) + "/resolve"
	answers := []string{}
	for round := range 6 {
		code, m, _ := orderAs(t, h, []string{ofDara, ofBopha}[round%2], "POST", path, "", resolve)
		answers = append(answers, fmt.Sprint(code, " ", m["code"]))
		post(t, door, page(59)) // one and the same body
		if code == 200 {
			return
		}
	}
	t.Errorf("two people ordered the same six times: %s", strings.Join(answers, ", "))
}
