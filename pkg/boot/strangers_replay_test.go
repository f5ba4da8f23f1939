package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
)

// TestOneOldCallbackUsesUpNoRounds: one genuine "processing" callback, posted again with
// another number of blanks each time (nobody signs blanks), takes the certainty away for ever.
// The same bytes stop after three times.
func TestOneOldCallbackUsesUpNoRounds(t *testing.T) {
	for _, blanks := range []bool{false, true} {
		store := newShelf()
		h := callbacks(t, store)[monetix.Name]
		p := prey(t, store, monetix.Name, false)
		tree := genuineMonetix(p, func(_, pay, o map[string]any) {
			pay["status"], o["status"], o["code"] = "processing", "processing", "9999"
		})
		raw, _ := json.Marshal(tree)
		if post(t, h, string(raw)) != 200 || store.items[p.ID].Status != payout.Processing {
			t.Fatal("the genuine one is not believed")
		}
		// The provider declines it, and an answer to a status query makes that certain.
		failed := store.items[p.ID]
		failed.Status, failed.Failure = payout.Failed, &payout.Failure{Code: payout.FailureDeclined}
		failed.Heard = payout.Heard{"1.closed.1", "1.sent"}
		store.items[p.ID] = failed
		if !store.items[p.ID].SafeToPayAgain() {
			t.Fatal("not safe to begin with")
		}
		wavered := 0
		for n := range 20 {
			body := string(raw)
			if blanks {
				body = strings.Repeat(" ", n+1) + body
			}
			post(t, h, body)
			now := store.items[p.ID]
			fact := payout.Fact(fmt.Sprintf("1.wavered.%d", wavered+1))
			if !contains(now.Heard, fact) {
				break
			}
			wavered++
			if wavered < 9 { // the provider is asked and says "declined" once more
				now.Heard = now.Heard.With(payout.Fact(fmt.Sprintf("1.closed.%d", wavered+1)))
				store.items[p.ID] = now
			}
		}
		t.Logf("blanks %v: it wavered %d times; safe to pay again: %v; history %d", blanks, wavered, store.items[p.ID].SafeToPayAgain(), len(store.items[p.ID].History))
		if wavered > 3 {
			t.Errorf("blanks %v: one signed text took the certainty away %d times (9 is for ever)", blanks, wavered)
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
