package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// One genuine callback, whatever its word, posted again, as it is or with another number of blanks
// each time (nobody signs blanks), took the certainty of a failure away for ever. What was
// heard before does so three times.
func TestOneOldCallbackUsesUpNoRounds(t *testing.T) {
	ofMonetix := func(change func(payment, operation map[string]any)) func(payout.Payout) string {
		return func(p payout.Payout) string {
			raw, _ := json.Marshal(genuineMonetix(p, func(_, payment, operation map[string]any) { change(payment, operation) }))
			return string(raw)
		}
	}
	ofVexora := func(status, amount string) func(payout.Payout) string {
		return func(p payout.Payout) string {
			fields := map[string]string{
				"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "VX1", "amount": amount, "status": status,
				"message": "ok", "timestamp": "1778919005000",
			}
			fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
			raw, _ := json.Marshal(fields)
			return string(raw)
		}
	}
	for name, test := range map[string]struct {
		provider payout.Provider
		body     func(payout.Payout) string
		amount   bool // it speaks of another one, after which nothing is ever safe
	}{
		"monetix, in progress": {monetix.Name, ofMonetix(func(payment, operation map[string]any) {
			payment["status"], operation["status"], operation["code"] = "processing", "processing", "9999"
		}), false},
		"monetix, a status that no page lists": {monetix.Name, ofMonetix(func(payment, operation map[string]any) {
			payment["status"], operation["status"] = "awaiting customer", "awaiting customer"
			delete(operation, "code")
		}), false},
		"monetix, an amount after fees": {monetix.Name, ofMonetix(func(payment, _ map[string]any) {
			payment["sum"] = map[string]any{"amount": json.Number("4990000"), "currency": "KHR"}
		}), true},
		"vexora, in progress":                 {vexora.Name, ofVexora("0015", "50000"), false},
		"vexora, a status that no page lists": {vexora.Name, ofVexora("0016", "50000"), false},
		"vexora, a failure of another amount": {vexora.Name, ofVexora("00029", "49900"), true},
	} {
		for _, blanks := range []bool{false, true} {
			store := newShelf()
			h := callbacks(t, store)[test.provider]
			p := prey(t, store, test.provider, false)
			raw := test.body(p)
			if post(t, h, raw) != 200 || len(store.items[p.ID].History) == len(p.History) {
				t.Fatal(name, "is not believed")
			}
			// The provider declines it, and an answer to a status query makes that certain.
			failed := store.items[p.ID]
			failed.Status, failed.Failure, failed.Attention = payout.Failed, &payout.Failure{Code: payout.FailureDeclined}, nil
			failed.Heard = failed.Heard.With("1.closed.1", "1.sent")
			store.items[p.ID] = failed
			if failed.SafeToPayAgain() == test.amount {
				t.Fatal(name, "heard", failed.Heard)
			}
			wavered := 0
			for n := range 20 {
				body := raw
				if blanks {
					body = strings.Repeat(" ", n+1) + body
				}
				post(t, h, body)
				now := store.items[p.ID]
				if !contains(now.Heard, payout.Fact(fmt.Sprintf("1.wavered.%d", wavered+1))) {
					break
				}
				if wavered++; wavered < 9 { // the provider is asked and says "declined" once more
					now.Heard = now.Heard.With(payout.Fact(fmt.Sprintf("1.closed.%d", wavered+1)))
					store.items[p.ID] = now
				}
			}
			now := store.items[p.ID]
			if i := now.Inquiries[1]; !test.amount && !i.Open || now.SafeToPayAgain() {
				t.Errorf("%s, blanks %t: safe %v, and the provider is asked by %+v", name, blanks, now.SafeToPayAgain(), i)
			}
			now.Inquiries = nil // it says "declined" once more
			if wavered == 0 || wavered > 3 || now.SafeToPayAgain() == test.amount {
				t.Errorf("%s, blanks %t: one signed text took the certainty away %d times (9 is for ever), heard %v", name, blanks, wavered, now.Heard)
			}
		}
	}
}

func contains(all payout.Heard, f payout.Fact) bool {
	for _, each := range all {
		if each == f {
			return true
		}
	}
	return false
}
