package sim

import (
	"context"
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// The promises about what two people release. The one is that nobody can keep two people from
// releasing, the other that nobody can release alone. Each of them is easy to keep by breaking
// the other one, so they are judged side by side (decision 0024).
const (
	twoRelease = "two people who order the same release it"
	twoLoosen  = "what loosens, two people have ordered"
)

// wish is an order about the controls as somebody gave it. The judges keep every one of them,
// also those that were refused or lost: an order may be stored though nobody was told, and then
// counts as given.
type wish struct {
	person payout.Person // empty: nobody whom the register knows
	change payout.ControlChange
	begun  time.Time
	// part is what of it loosened the controls that the person saw, and keptAt when it was
	// answered that it waits; zero: it was not.
	part   payout.ControlChange
	keptAt time.Time
}

// proposed is what a person's place for an order that waits was written with. An order that waits
// may be written by a process that slept, after a later one of the same person; the times of the
// writes tell which is in the place.
type proposed struct {
	at     time.Time
	person payout.Person
	change payout.ControlChange
}

// loosened is the part of a change that loosens controls. It is computed from the controls that
// the person saw, since that is what he agrees to lose.
func loosened(c payout.Controls, change payout.ControlChange) payout.ControlChange {
	part := payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{}, Caps: map[money.Currency]money.Amount{}}
	for scope, gate := range change.Submissions {
		if gate == payout.GateOpen && c.Submissions[scope] == payout.GateHeld {
			part.Submissions[scope] = gate
		}
	}
	for of, most := range change.Caps {
		if own, set := c.Caps[of]; set && (most.IsZero() || most.Exceeds(own)) {
			part.Caps[of] = most
		}
	}
	if change.Callbacks == payout.Believe && c.Belief() == payout.AskFirst {
		part.Callbacks = payout.Believe
	}
	return part
}

// alike reports whether two changes name the same, to the same end.
func alike(a, b payout.ControlChange) bool {
	return maps.Equal(a.Submissions, b.Submissions) && maps.Equal(a.Caps, b.Caps) && a.Callbacks == b.Callbacks
}

// covers reports whether an order names all that a change names, and to the same end.
func covers(order, part payout.ControlChange) bool {
	for scope, gate := range part.Submissions {
		if order.Submissions[scope] != gate {
			return false
		}
	}
	for of, most := range part.Caps {
		if asked, named := order.Caps[of]; !named || asked != most {
			return false
		}
	}
	return part.Callbacks == "" || order.Callbacks == part.Callbacks
}

// judgeWait looks at an order that was answered with "awaiting". What another person was told
// to be waiting before it began, and nobody has released since, is the same order. Of a table
// that was restored nobody can tell which orders are in it. Left out is what the judge cannot
// know: proposals of a restored table, and orders during which something was released.
func (w *world) judgeWait(order *wish, seen payout.Controls) {
	for _, earlier := range w.controls.wishes {
		before := !earlier.keptAt.IsZero() && earlier.keptAt.Before(order.begun)
		same := earlier.person != order.person && alike(earlier.part, order.part)
		if before && same && w.restoredAt.IsZero() && !w.replaced(earlier) {
			w.report(twoRelease, "%s waits for what %s ordered %s before", order.person, earlier.person, w.now.Sub(earlier.keptAt))
		}
	}
	if w.table.SharedState.Controls.Released <= seen.Version { // nothing was released while it was answered
		order.keptAt = w.now
	}
}

// replaced reports whether something else that the same person ordered is in the place of an order
// that was given, since it was: each person has one. An order that was lost after it was stored is
// there though nobody was told.
func (w *world) replaced(order *wish) bool {
	own := slices.IndexFunc(w.controls.proposed, func(p proposed) bool {
		return p.person == order.person && !p.at.Before(order.begun) && alike(p.change, order.part)
	})
	return slices.ContainsFunc(w.controls.proposed[own+1:], func(p proposed) bool {
		return p.person == order.person && !p.at.Before(order.begun) && !alike(p.change, order.part)
	})
}

// judgeProposal looks at every order that is kept until a second person gives it: one that was given
// on the strength of earlier controls does not come into the place of a later one.
func (w *world) judgeProposal(earlier, p payout.ControlProposal) {
	if earlier.Version > p.Version {
		w.report(twoRelease, "%s's order of version %d is in the place of that of version %d", p.Person, p.Version, earlier.Version)
	}
	w.controls.proposed = append(w.controls.proposed, proposed{w.now, p.Person, p.Change})
}

// judgeLoosening looks at every change of the controls as it is stored: two people have
// ordered all that it loosens, since two released something last. The wishes begin anew with it,
// since a release uses up every proposal of before: else yesterday's first order would be half of
// today's release. Moving ReleasedAt counts as loosening although no gate changes: it is what
// opens a restored table.
func (w *world) judgeLoosening(e payout.ControlEntry) {
	part := loosened(e.Before, payout.ControlChange{
		Submissions: opened(e.After), Caps: withNone(e.After.Caps), Callbacks: e.After.Belief(),
	})
	moved := !e.After.ReleasedAt.Equal(e.Before.ReleasedAt)
	if len(part.Submissions)+len(part.Caps) == 0 && part.Callbacks == "" && !moved {
		return
	}
	by := map[payout.Person]bool{}
	for _, order := range w.controls.wishes {
		if order.person != "" && covers(order.change, part) {
			by[order.person] = true
		}
	}
	if len(by) < 2 {
		w.report(twoLoosen, "version %d was ordered by %d: %s", e.Version, len(by), e.After.Summary())
	}
	w.controls.wishes = nil
}

// opened names every gate that is not held.
func opened(c payout.Controls) map[payout.Scope]payout.Gate {
	all := map[payout.Scope]payout.Gate{}
	for _, scope := range payout.Scopes() {
		if c.Submissions[scope] != payout.GateHeld {
			all[scope] = payout.GateOpen
		}
	}
	return all
}

// withNone names every cap, those too that there are not.
func withNone(caps map[money.Currency]money.Amount) map[money.Currency]money.Amount {
	all := map[money.Currency]money.Amount{money.KHR: {}, money.USD: {}}
	maps.Copy(all, caps)
	return all
}

// oneOfEach is a store that keeps one proposal for all people. It is the design of before
// decision 0024 (mutant one-proposal): any registered person wrote over what another one had
// proposed, so that two could be kept from releasing for ever.
type oneOfEach struct{ session }

func (s oneOfEach) ProposeControls(ctx context.Context, p payout.ControlProposal, until time.Time) error {
	clear(s.table().Proposed)
	return s.session.ProposeControls(ctx, p, until)
}

// unused is a store in which no proposal was ever used up. It is the mutant proposal-used-twice.
type unused struct{ session }

func (s unused) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.session.Shared(ctx)
	shared.Controls.Released = 0
	return shared, err
}

// bound is a store whose proposals fall with every change of the controls. It is the mutant
// proposal-of-a-version: whoever might call the route voided the first order with any order of
// his own.
type bound struct{ session }

func (s bound) ProposedControls(ctx context.Context) ([]payout.ControlProposal, error) {
	all, err := s.session.ProposedControls(ctx)
	var same []payout.ControlProposal
	for _, p := range all {
		if p.Version == s.table().SharedState.Controls.Version {
			same = append(same, p)
		}
	}
	return same, err
}

// backedUp is a store that knows of no restore which its controls are older than. It is the
// mutant controls-of-the-backup: a provider that was held in the lost time is open again, and a
// leaked key is believed (decision 0024).
type backedUp struct{ session }

func (s backedUp) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.session.Shared(ctx)
	shared.Controls.ReleasedAt = payout.Whenever
	return shared, err
}
