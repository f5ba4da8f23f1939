package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A person's two orders of one moment have one time. Whose order was replaced by the latter
// hangs on what was written just before it, not before the former.
func TestWhoseOrderIsReplacedIsTheLatest(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	given := func(by ...payout.Person) payout.Payout {
		p := payout.Payout{Proposal: payout.Proposal{Person: by[len(by)-1], At: at}}
		for _, person := range by {
			p.History = append(p.History, payout.Entry{At: at, Proposer: person}, payout.Entry{At: at, Source: payout.FromNotifier})
		}
		return p
	}
	for name, c := range map[string]struct {
		given []payout.Person
		want  payout.Person
	}{
		"the first":            {[]payout.Person{"Dara"}, ""},
		"another's":            {[]payout.Person{"Dara", "Bopha"}, "Dara"},
		"his own":              {[]payout.Person{"Dara", "Bopha", "Bopha"}, ""},
		"another's, once more": {[]payout.Person{"Bopha", "Dara", "Bopha"}, "Dara"},
	} {
		if got := given(c.given...).Replaced(); got != c.want {
			t.Errorf("%s: replaced %q, not %q", name, got, c.want)
		}
	}
}
