package boot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// TestAReplayOfWhatIsNotAPayoutWritesFewLines: whoever has one genuine body can post it (or
// a cut of it) for ever.
func TestAReplayOfWhatIsNotAPayoutWritesFewLines(t *testing.T) {
	const flood = 1000
	encode := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	for name, test := range map[string]struct {
		provider payout.Provider
		body     func(p payout.Payout) string
		status   int
	}{
		"a genuine callback about a purchase": {monetix.Name, func(p payout.Payout) string {
			return encode(genuineMonetix(p, func(_, pay, _ map[string]any) { pay["type"] = "purchase" }))
		}, 200},
		"a genuine payout callback, payment.type swallows project_id": {monetix.Name, func(p payout.Payout) string {
			tree := genuineMonetix(p, func(_, _, _ map[string]any) {})
			tree["payment"].(map[string]any)["type"] = "payout;project_id:1234"
			delete(tree, "project_id")
			return encode(tree)
		}, 400},
		"a genuine notification, timestamp swallows tradeNo": {vexora.Name, func(p payout.Payout) string {
			fields := map[string]string{"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "VX1", "amount": "50000", "status": "0000", "message": "ok", "timestamp": "1778919005000"}
			fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
			fields["timestamp"] += "tradeNo=" + fields["tradeNo"]
			delete(fields, "tradeNo")
			return encode(fields)
		}, 400},
	} {
		b := newDoorbell(t, test.provider)
		p := unknownPayout(t, b.store, test.provider)
		body := test.body(p)
		for range flood {
			if status := b.post(t, body); status != test.status {
				t.Fatalf("%s: answered %d", name, status)
			}
		}
		_, lines := b.counted(t, "x")
		unusable, _ := b.counted(t, string(payout.SignalForeignCallback))
		unrelated, _ := b.counted(t, string(payout.SignalUnrelatedPayment))
		t.Logf("%s: %d posts, %d lines, %d bytes; unusable %d, unrelated %d", name, flood, lines, b.log.Len(), unusable, unrelated)
		if lines > 60 {
			t.Errorf("%s: %d posts wrote %d lines", name, flood, lines)
		}
	}
}

const permissionSet = "AWSReservedSSO_Finance_0123456789abcdef"

// TestOnePersonDoesNotKeepHisColleaguesFromOrders: two people of one permission set have
// one principal, and the limit of proposals is per principal.
func TestOnePersonDoesNotKeepHisColleaguesFromOrders(t *testing.T) {
	session := func(who string) string {
		return "arn:aws:sts::" + account + ":assumed-role/" + permissionSet + "/" + who
	}
	register := fmt.Sprintf(`{"people": [{"name": "Dara", "principals": [%q]}, {"name": "Bopha", "principals": [%q]}, {"name": "Sok", "principals": [%q]}]}`,
		session("dara"), session("bopha"), session("sok"))
	d, h, _ := operating(t, map[string]string{"people": register})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	for n := range 12 {
		code, _, _ := orderAs(t, h, session("dara"), http.MethodPost, base+"/resolve", "", fmt.Sprintf(`{"as":"failed","reason":"whatever","evidence":"ticket %d"}`, n))
		t.Log("dara", n, code)
	}
	honest := `{"as":"succeeded","reason":"the bank says so","evidence":"letter of the bank"}`
	first, m, _ := orderAs(t, h, session("bopha"), http.MethodPost, base+"/resolve", "", honest)
	second, m2, _ := orderAs(t, h, session("sok"), http.MethodPost, base+"/resolve", "", honest)
	if first != http.StatusAccepted || second != http.StatusOK {
		t.Errorf("bopha is answered %d (%v), sok %d (%v)", first, m["detail"], second, m2["detail"])
	}
}
