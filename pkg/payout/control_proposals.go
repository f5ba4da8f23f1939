package payout

import (
	"context"
	"slices"
	"time"
)

// shownProposals is how many of the proposals that wait a look at the controls shows.
const shownProposals = 8

// second reports whether what an order loosens still waits for another person, and keeps it
// if so. Two people agree on a change: each has ordered it within a day, and the second one
// has seen the controls as they are, which the version says that he names.
func (o *Operator) second(ctx context.Context, current Controls, change ControlChange, identities []Principal, entry *ControlEntry) (bool, error) {
	by, err := who(ctx, o.ports.people(), identities)
	if err != nil {
		return false, err
	}
	waiting, err := o.waiting(ctx, current)
	if err != nil {
		return false, err
	}
	said := false
	for _, earlier := range waiting {
		if !earlier.Change.same(change) {
			continue
		}
		other, stands, err := by.first(earlier.Person, earlier.Identity)
		switch {
		case err != nil:
			return false, unregistered(err)
		case other:
			entry.confirm(by.person, earlier)
			return false, nil
		}
		said = said || stands
	}
	if said {
		return true, nil // he has said so before
	}
	err = o.ports.Store.ProposeControls(ctx, ControlProposal{
		Change: change, Reason: entry.Reason, By: entry.By, Person: by.person, Identity: by.identity, At: entry.At, Version: current.Version,
	}, entry.At.Add(proposalFor))
	if err != nil {
		return false, unavailable(err)
	}
	return true, nil
}

// waiting lists the proposals that stand, the newest one first.
func (o *Operator) waiting(ctx context.Context, current Controls) ([]ControlProposal, error) {
	all, err := o.ports.Store.ProposedControls(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	restored, now := o.policy.LastRestore(), o.ports.Now()
	all = slices.DeleteFunc(all, func(p ControlProposal) bool { return !p.stands(current, restored, now) })
	slices.SortFunc(all, func(a, b ControlProposal) int { return b.At.Compare(a.At) })
	return all, nil
}

// stands reports whether a proposal still counts: it is recent, no two people have released
// anything since, and the table is the one in which it was made.
//
// It does not fall when somebody tightens meanwhile, or one caller could keep two people from
// ever releasing anything. What a hold of a gate or "ask" adds is not in the proposal, which
// names only what was held then; and what was held cannot be held again before two people
// have released it. A cap can be lowered under a proposal: two people agree on the cap that
// there shall be, and the second one sees what it would replace.
func (p ControlProposal) stands(current Controls, restoredAt, now time.Time) bool {
	return p.Person != "" && p.Version >= current.Released && p.Version <= current.Version &&
		p.At.After(restoredAt) && now.Sub(p.At) <= proposalFor
}

// confirm makes the entry one that two people have ordered.
func (e *ControlEntry) confirm(person Person, earlier ControlProposal) {
	e.Person, e.Second = person, earlier.Person
	e.After.Released = e.Version
	if earlier.Change.Submissions[Everything] == GateOpen {
		e.After.ReleasedAt = e.At
	}
}
