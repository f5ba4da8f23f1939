package payout_test

import (
	"encoding/json"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// Entries that were stored under the older name are read under the present one, and every other
// name is read as it stands.
func TestAnOlderSourceIsReadAsThePresentOne(t *testing.T) {
	for stored, want := range map[string]payout.Source{
		"herald": payout.FromNotifier, "notifier": payout.FromNotifier, "query": payout.FromQuery, "of a later version": "of a later version",
	} {
		var read payout.Source
		if err := json.Unmarshal([]byte(`"`+stored+`"`), &read); err != nil || read != want || payout.ReadSource(stored) != want {
			t.Errorf("%q is read as %q and %q (%v), want %q", stored, read, payout.ReadSource(stored), err, want)
		}
	}
}
