package payout_test

import (
	"testing"

	"cambodia-payouts/pkg/payout"
)

func TestANumberWithAnotherCountryCodeIsForeign(t *testing.T) {
	for text, foreign := range map[string]bool{
		"+66812345678": true, "0066812345678": true, "00 66 81 234 5678": true, "+1 415 555 2671": true, "+298 123456": true, "+677 12345": true,
		"+012345678": true, "0012345678": true, "+85 512 345 67": false, "+8412345678": true, "+856 20 1234": true,
		"+855 12 345 678": false, "00855 12 345 678": false, "85512345678": false, "012 345 678": false, "123456789": false, "855123456": false,
		"66812345678": false, // nothing says that it is; its length refuses it where local numbers are taken
		"":            false,
	} {
		if got := payout.ForeignPhone(text); got != foreign {
			t.Errorf("%q is foreign: %t", text, got)
		}
	}
}
