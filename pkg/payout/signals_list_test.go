package payout_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// A signal that is left out of the list is counted by nobody, and its alarm never rings.
func TestEverySignalThatIsDeclaredIsListed(t *testing.T) {
	raw, err := os.ReadFile("signals.go")
	if err != nil {
		t.Fatal(err)
	}
	var declared []payout.Signal
	for _, found := range regexp.MustCompile(`Signal[A-Za-z]+ +Signal = "([a-z_]+)"`).FindAllStringSubmatch(string(raw), -1) {
		declared = append(declared, payout.Signal(found[1]))
	}
	if len(declared) < 20 || !slices.Equal(declared, payout.AllSignals) {
		t.Errorf("declared are %v, and listed %v", declared, payout.AllSignals)
	}
}
