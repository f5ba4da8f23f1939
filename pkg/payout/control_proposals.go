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
func (o *Operator) second(ctx context.Context, shared Shared, change ControlChange, identities []Principal, entry *ControlEntry) (bool, error) {
	by, err := who(ctx, o.ports.people(), identities)
	if err != nil {
		return false, err
	}
	waiting, err := o.waiting(ctx, shared)
	if err != nil {
		return false, err
	}
	unseen, err := o.heldSince(ctx, shared)
	if err != nil {
		return false, err
	}
	said := false
	for _, earlier := range waiting {
		if !earlier.Change.same(change) || unseen(earlier) {
			continue
		}
		other, stands, err := by.first(earlier.Person, earlier.Identity)
		switch {
		case err != nil:
			return false, unregistered(err)
		case other:
			entry.confirm(by.person, earlier, shared.RestoredAt)
			return false, nil
		}
		said = said || stands
	}
	if said {
		return true, nil // he has said so before
	}
	err = o.ports.Store.ProposeControls(ctx, ControlProposal{
		Change: change, Reason: entry.Reason, By: entry.By, Person: by.person, Identity: by.identity, At: entry.At, Version: shared.Controls.Version,
	}, entry.At.Add(proposalFor))
	if err != nil {
		return false, unavailable(err)
	}
	return true, nil
}

// heldSince tells of which proposals somebody has held, since they were made, a gate that they
// open, or believed no callback, which they believe. Only what is proposed after a restore names
// what was not tightened: all of the controls are ordered anew, and both people have to have seen
// what they open.
func (o *Operator) heldSince(ctx context.Context, shared Shared) (func(ControlProposal) bool, error) {
	if !shared.Unreleased() {
		return func(ControlProposal) bool { return false }, nil
	}
	changes, err := o.ports.Store.ControlChanges(ctx, readChanges)
	if err != nil {
		return nil, unavailable(err)
	}
	return func(p ControlProposal) bool {
		return slices.ContainsFunc(changes, func(e ControlEntry) bool { return e.Version > p.Version && e.tightened(p.Change) }) ||
			len(changes) == readChanges && changes[readChanges-1].Version > p.Version // nobody can tell
	}, nil
}

// tightened reports whether an entry has tightened what a change loosens.
func (e ControlEntry) tightened(change ControlChange) bool {
	if change.Callbacks == Believe && e.Before.Belief() != AskFirst && e.After.Belief() == AskFirst {
		return true
	}
	for scope, gate := range change.Submissions {
		if gate == GateOpen && e.Before.Submissions[scope] != GateHeld && e.After.Submissions[scope] == GateHeld {
			return true
		}
	}
	return false
}

// waiting lists the proposals that stand, the newest one first.
func (o *Operator) waiting(ctx context.Context, shared Shared) ([]ControlProposal, error) {
	all, err := o.ports.Store.ProposedControls(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	now := o.ports.Now()
	all = slices.DeleteFunc(all, func(p ControlProposal) bool { return !p.stands(shared, now) })
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
func (p ControlProposal) stands(shared Shared, now time.Time) bool {
	current := shared.Controls
	return p.Person != "" && p.Version >= current.Released && p.Version <= current.Version &&
		p.At.After(shared.RestoredAt) && now.Sub(p.At) <= proposalFor
}

// confirm makes the entry one that two people have ordered. If it states all of the controls, it
// releases a table that was restored before, also by a clock that is behind the restore.
func (e *ControlEntry) confirm(person Person, earlier ControlProposal, restored time.Time) {
	e.Person, e.Second = person, earlier.Person
	e.After.Released = e.Version
	if len(earlier.Change.missing()) > 0 {
		return
	}
	e.After.ReleasedAt = e.At
	if restored.After(e.At) {
		e.After.ReleasedAt = restored
	}
}
