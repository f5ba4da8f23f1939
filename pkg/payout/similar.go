package payout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// noteLate is noteUnsettled for a payout that had found no room: it makes some first.
func (p Ports) noteLate(ctx context.Context, policy Policy, of Payout) bool {
	roster := p.roster(policy)
	if roster.noteUnsettled(ctx, of, p.Now()) {
		return true
	}
	list, err := roster.of(ctx, of)
	return err == nil && p.makeRoom(ctx, policy, list, of) && roster.noteUnsettled(ctx, of, p.Now())
}

// similar finds the payouts because of which this one has to be confirmed.
// The commonest real double payment is a second reference after a timeout. An
// error means that nobody can tell; nothing may be sent then.
func (p Ports) similar(ctx context.Context, policy Policy, of Payout) (similarPayouts, error) {
	list, err := p.listed(ctx, policy, of)
	crowded := errors.Is(err, ErrCrowded)
	if err != nil && !crowded {
		return similarPayouts{}, err
	}
	found, useless, err := p.compareWith(ctx, policy, list, of)
	if err != nil || !found.none() && !crowded {
		return found, err
	}
	// If it fails, the next one tries again.
	pruned := len(list) >= prunedAt && useless.any() && p.prune(ctx, policy, of, useless) == nil
	switch {
	case crowded && pruned: // there is room now
		return p.similar(ctx, policy, of)
	case crowded:
		return found.ofFull(), nil
	}
	return found, nil
}

// useless are entries that can be taken off a list.
type useless struct {
	over  []Unsettled // of payouts that hold nobody any more
	spare []Unsettled // for which another entry of the same payout stands
}

func (u useless) any() bool { return len(u.over)+len(u.spare) > 0 }

// compareWith finds the payouts of a list that hold another one, and the entries that are useless.
func (p Ports) compareWith(ctx context.Context, policy Policy, list []Unsettled, of Payout) (found similarPayouts, off useless, err error) {
	now, seen := p.Now(), map[ID]bool{of.ID: true}
	for _, entry := range list {
		if slices.ContainsFunc(list, func(u Unsettled) bool { return u.standsFor(entry, now) }) {
			off.spare = append(off.spare, entry)
			continue
		}
		if seen[entry.ID] {
			continue
		}
		seen[entry.ID] = true
		m, err := p.meet(ctx, policy, latest(list, entry.ID), of)
		if err != nil {
			return similarPayouts{}, useless{}, err
		}
		found = found.and(m, of)
		if m.over {
			off.over = append(off.over, entry)
		}
	}
	return found, off, nil
}

// latest is the latest entry of a payout.
func latest(list []Unsettled, id ID) Unsettled {
	last := Unsettled{}
	for _, u := range list {
		if u.ID == id && !u.At.Before(last.At) {
			last = u
		}
	}
	return last
}

// listed is the list of the payout's recipient. With a window the payout is on it before
// it is fenced, so that of two creates at one moment at least one sees the other.
func (p Ports) listed(ctx context.Context, policy Policy, of Payout) ([]Unsettled, error) {
	switch now := p.Now(); {
	case policy.DuplicateWindow > 0:
		list, err := p.roster(policy).note(ctx, of, MostUnsettled, now, time.Time{})
		if errors.Is(err, ErrCrowded) && of.Status != Submitting && slices.ContainsFunc(list, func(u Unsettled) bool { return u.ID == of.ID }) {
			err = nil // it stands there as its create noted it
		}
		return list, err
	case p.Breaker.unsettled(now):
		return p.roster(policy).of(ctx, of)
	}
	return nil, nil
}

// unlist takes off what a request noted that stores nothing: it was a replay, or was turned away.
// Otherwise whoever sends such requests would fill the list, or hold others by it.
func (p Ports) unlist(ctx context.Context, policy Policy, request Payout) {
	if policy.DuplicateWindow > 0 {
		p.roster(policy).withdraw(ctx, request)
	}
}

// met is the payout of an entry as another one of the same money finds it.
type met struct {
	similar Similar
	payout  Payout // the zero payout if none is stored
	stored  bool   // it is, and it pays the recipient of the list
	holds   bool   // it holds the other one back
	over    bool   // its entry holds nobody any more
}

// meet looks at the payout of an entry.
func (p Ports) meet(ctx context.Context, policy Policy, listed Unsettled, of Payout) (met, error) {
	m := met{similar: Similar(listed.ID)}
	other, err := p.Store.Get(ctx, listed.ID)
	switch {
	case isNotFound(err):
		m.over = p.Now().Sub(listed.At) >= absentFor
		m.holds = !m.over
		return m, nil
	case err != nil:
		return met{}, err
	case !other.standsOn(listed, of):
		m.over = true // the reference was taken, by a payout to somebody else
		return m, nil
	}
	m.similar, m.payout, m.stored = other.asSimilar(), other, true
	now := p.Now()
	m.holds, m.over = other.holdsBack(of, policy, now)
	// What is noted after it moved last belongs to a fence that may be under way.
	m.over = m.over && !(listed.At.After(other.lastMoved()) && now.Sub(listed.At) < absentFor)
	return m, nil
}

// holdsBack reports whether a payout holds another one of the same money back, and whether its
// entry on the list is over. A window holds nothing beside what was redacted and is settled:
// whoever tried an account out would be told by it what was taken out.
func (p Payout) holdsBack(of Payout, policy Policy, now time.Time) (holds, over bool) {
	settled := p.settled()
	switch {
	case p.movedNothing(policy), settled && !p.RedactedAt.IsZero(), p.Status.Final() && !settled && !p.holdsOthers(now):
		return false, true
	case p.waitsAsDuplicate():
		return false, false
	case !settled:
		return true, false
	}
	// What waited or failed held nobody meanwhile, and beside what is unknown people may have sent
	// this one instead. So each is compared with all that went since shortly before it was made,
	// however long ago that was.
	window, moved := policy.DuplicateWindow, policy.lastMoved(p)
	age := now.Sub(moved)
	holds = window > 0 && (age < window || of.CreatedAt.Sub(moved) < window)
	return holds, !holds && (window == 0 || age >= policy.listedFor())
}

// lastMoved is when the payout was created, or sent last.
func (p Payout) lastMoved() time.Time {
	if p.SubmittedAt.After(p.CreatedAt) {
		return p.SubmittedAt
	}
	return p.CreatedAt
}

// lastMoved is when a payout moved last by what is known: a lost table may have sent it as late as
// the restore.
func (p Policy) lastMoved(of Payout) time.Time {
	if last := p.LastRestore(); p.uncounted(of) > 0 && p.precedes(of) && last.After(of.lastMoved()) {
		return last
	}
	return of.lastMoved()
}

// movedNothing reports whether it is certain that no money moves, or has moved, by the payout as
// it stands: it waits or was withdrawn and nothing was sent, or it failed and is safe to pay
// again. It holds nobody, or whoever may create payouts could hold anybody's money for nothing.
// If it is sent after all, [submitter.again] puts it on the list first and looks after the fence:
// who came between is on the list as well, so of the two at least one sees the other.
func (p Payout) movedNothing(policy Policy) bool {
	switch p.Status {
	case Queued:
		return policy.uncounted(p) == 0 && !p.mayStillPay() && !p.wavering()
	case Cancelled: // what a lost table may have sent was counted when it was withdrawn
		return !p.mayStillPay() && !p.wavering()
	case Failed:
		return !p.wavering() && p.AsRestored(policy.LastRestore()).SafeToPayAgain()
	}
	return false
}

// standsOn reports whether the stored payout of an entry has the recipient of the list: that of
// another payout. Nobody knows of what an earlier version redacted, nor beside a payout that was
// redacted itself, which has no number to compare: what is listed then stays so.
func (p Payout) standsOn(listed Unsettled, of Payout) bool {
	switch {
	case !p.RedactedAt.IsZero():
		return p.Recipient == "" || p.Recipient == listed.Key
	case !of.RedactedAt.IsZero():
		return true
	}
	return slices.Equal(p.recipient(), of.recipient())
}

// waitsAsDuplicate reports whether the payout is itself held because of another one: two
// must not hold each other. If another attempt of it may have paid, it holds all the same.
func (p Payout) waitsAsDuplicate() bool {
	_, held := p.Attention[PossibleDuplicate]
	return held && p.Status == Queued && !p.doubtedElsewhere()
}
