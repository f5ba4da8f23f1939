package boot_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

// TestACustomerBlocksNoPayoutsToCome: a customer may choose the description of a payment page
// (which nobody has to pay), and sees its signature. He knows the merchant's next references.
func TestACustomerBlocksNoPayoutsToCome(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(t.Context(), monetix.Provider)
	if err != nil {
		t.Fatal(err)
	}
	door := edge.NewCallback(callback)
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("PAUSED_PROVIDERS=vexora,monetix"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shop := edge.NewCreate(creator, d.Log)
	blocked := 0
	for n := range 50 {
		reference := payout.Reference(fmt.Sprintf("KHPO20260516%04d", n))
		theirs := string(payout.DeriveID("dev", reference).ProviderReference(1))
		chosen := "x;payment:id:" + theirs + ";payment:status:success;payment:sum:amount:5000000;payment:sum:currency:KHR;payment:type:payout"
		signature := sandbox.SignMonetix(map[string]any{ // the merchant's page
			"customer_id": "c", "payment_amount": "100", "payment_currency": "KHR", "payment_description": chosen, "payment_id": "order-7", "project_id": "1234",
		}, monetixTestKey)
		body, _ := json.Marshal(map[string]any{
			"customer_id": "c;payment_amount:100;payment_currency:KHR;payment_description:x",
			"payment":     map[string]any{"id": theirs, "status": "success", "type": "payout", "sum": map[string]any{"amount": 5000000, "currency": "KHR"}},
			"payment_id":  "order-7", "project_id": 1234, "signature": signature,
		})
		if status := post(t, door, string(body)); status != 200 {
			t.Fatalf("the callback is answered %d", status)
		}
		code, m := create(t, shop, userDara, wallet(string(reference), "88990011"))
		if n == 0 {
			t.Log(code, m["code"], m["outcome"])
		}
		if code == 409 {
			blocked++
		}
	}
	if blocked > 0 {
		t.Errorf("%d of 50 payouts to come are refused 409 for ever, also at the other provider", blocked)
	}
}
