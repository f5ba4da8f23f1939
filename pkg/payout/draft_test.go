package payout_test

import (
	"errors"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// All faults are told at once: whoever mends the currency must not be refused for the amount next.
func TestAWrongCurrencyDoesNotHideAWrongAmount(t *testing.T) {
	for text, faulty := range map[string]bool{"fifty": true, "1e3": true, "12.345": true, "0": true, "": true, "50000": false, "12.50": false, "99999999999": false} {
		w, d := newWorld(t), draft("R1")
		d.Currency, d.Amount = "EUR", text
		_, err := w.create(d)
		var refused *payout.Refusal
		if !errors.As(err, &refused) {
			t.Fatalf("%q: %v", text, err)
		}
		at := map[string]int{}
		for _, f := range refused.Faults {
			at[f.Pointer]++
		}
		if at["/currency"] != 1 || at["/amount"] != map[bool]int{true: 1}[faulty] {
			t.Errorf("%q: %v", text, refused.Faults)
		}
	}
}
