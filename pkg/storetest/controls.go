package storetest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// controls: a change is appended once, the newest one is in force, and what waits for its
// second person is kept beside them. In an empty table nothing is held. What is in force is read
// with the pauses, in one answer, whether there is a pause or not: it must not depend on which of
// the two was written first (decision 0024).
func controls(t *testing.T, s payout.Store) {
	if shared, err := s.Shared(background); err != nil || !reflect.DeepEqual(shared.Controls, payout.Controls{}) {
		t.Fatalf("of an empty table: %+v, %v", shared.Controls, err)
	}
	if p, err := s.ProposedControls(background); err != nil || len(p) > 0 {
		t.Errorf("nothing waits: %+v, %v", p, err)
	}
	most := amount(t, "12.34", money.USD)
	all := changeOften(t, s, most)
	before := all[0].After
	pause := payout.Pause{Provider: firstProvider(), Why: "refused_about_us", Since: start, Until: start.Add(time.Minute)}
	for range 2 { // without a shared state, and with one
		shared, err := s.Shared(background)
		if err != nil || !reflect.DeepEqual(shared.Controls, before) {
			t.Errorf("in force %+v, %v\nwant     %+v", shared.Controls, err, before)
		}
		if err := s.SavePause(background, pause); err != nil {
			t.Fatal(err)
		}
	}
	propose(t, s, most)
	// More than there are, as many, and fewer: proposals, which stand beside them in the table,
	// are never among them.
	for _, limit := range []int{20, 12, 5} {
		want := all[:min(limit, len(all))]
		if got, err := s.ControlChanges(background, limit); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("the newest %d: %+v, %v", limit, got, err)
		}
	}
	if shared, err := s.Shared(background); err != nil || !reflect.DeepEqual(shared.Controls, before) || len(shared.Pauses) != 1 {
		t.Errorf("beside all that %+v, %v", shared, err)
	}
}

// changeOften makes changes past the digits of one number, each refused a second time, and
// returns them, the newest one first. Two orders at one moment both take the next number. The
// second one must be refused, or a hold could be taken away by somebody who has never seen it.
// The number passes from one digit to two, since a store that sorts it as text would then show
// the ninth change as the newest.
func changeOften(t *testing.T, s payout.Store, most money.Amount) []payout.ControlEntry {
	t.Helper()
	var before payout.Controls
	var all []payout.ControlEntry
	for n := 1; n <= 12; n++ { // past the digits of one number
		after := payout.Controls{
			Version: n, Callbacks: payout.AskFirst, ReleasedAt: start.Add(time.Duration(n) * time.Second), Released: n - 1,
			Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld, "vexora": payout.GateOpen},
			Caps:        map[money.Currency]money.Amount{money.USD: most},
		}
		e := payout.ControlEntry{
			Version: n, At: start.Add(time.Duration(n) * time.Minute), By: "arn", Person: "Dara", Second: "Bopha", Reason: "money leaks",
			Before: before, After: after, Token: string(rune('a' + n)),
		}
		if err := s.ChangeControls(background, e); err != nil {
			t.Fatal(err)
		}
		// The same number with another change is what a second person orders at the same moment.
		other := e
		other.After.Callbacks = payout.Believe
		if err := s.ChangeControls(background, other); !errors.Is(err, payout.ErrControlsMoved) {
			t.Fatalf("a second change %d: %v", n, err)
		}
		all, before = append([]payout.ControlEntry{e}, all...), after
	}
	return all
}

// propose has two people propose, one of them twice, and finds what each said last. Two people
// release; each has a place of his own, so that neither takes the other's order away. An order
// that arrives late, of controls that are not in force any more, does not replace a newer one of
// the same person.
func propose(t *testing.T, s payout.Store, most money.Amount) {
	t.Helper()
	daras := payout.ControlProposal{
		Change: payout.ControlChange{
			Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen},
			Caps:        map[money.Currency]money.Amount{money.KHR: {}, money.USD: most}, Callbacks: payout.Believe,
		},
		Reason: "mended", By: "arn", Person: "Dara", Identity: "arn/dara", At: start.Add(time.Hour), Version: 12,
	}
	bophas, before := daras, daras
	bophas.Person, bophas.Identity, bophas.Change.Callbacks = "Bopha", "arn/bopha", payout.AskFirst
	before.Reason, before.Change.Callbacks = "of before", payout.AskFirst
	for _, p := range []payout.ControlProposal{before, bophas, daras, daras} {
		if err := s.ProposeControls(background, p, p.At.Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	// Somebody ordered it before the controls moved on, and the request was slow.
	late := daras
	late.Version, late.Reason = daras.Version-1, "ordered before the controls moved on"
	if err := s.ProposeControls(background, late, late.At.Add(24*time.Hour)); !errors.Is(err, payout.ErrControlsMoved) {
		t.Errorf("an order of earlier controls, written late: %v", err)
	}
	got, err := s.ProposedControls(background)
	slices.SortFunc(got, func(a, b payout.ControlProposal) int { return strings.Compare(string(a.Person), string(b.Person)) })
	if want := []payout.ControlProposal{bophas, daras}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("waits %+v, %v\nwant  %+v", got, err, want)
	}
}
