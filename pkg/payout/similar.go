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
func (p Ports) similar(ctx context.Context, policy Policy, of Payout) (twins, error) {
	list, err := p.listed(ctx, policy, of)
	crowded := errors.Is(err, ErrCrowded)
	if err != nil && !crowded {
		return twins{}, err
	}
	found, settled, err := p.compareWith(ctx, policy, list, of)
	if err != nil || !found.none() && !crowded {
		return found, err
	}
	if len(list) < prunedAt || len(settled) == 0 {
		settled = nil
	} else if err := p.prune(ctx, policy, of, settled); err != nil {
		settled = nil // the next one tries again
	}
	switch {
	case crowded && settled == nil && !p.thin(ctx, policy, list, of):
		return found.ofFull(list, of), nil
	case crowded: // there is room now
		return p.similar(ctx, policy, of)
	}
	return found, nil
}

// compareWith finds the payouts of a list that hold another one, and those whose entries are
// over.
func (p Ports) compareWith(ctx context.Context, policy Policy, list []Unsettled, of Payout) (found twins, settled []Unsettled, err error) {
	for _, other := range list {
		if other.ID == of.ID {
			continue
		}
		holds, over, err := p.holds(ctx, policy, other, of)
		wanted := of.isBeside(other.ID)
		switch {
		case err != nil:
			return twins{}, nil, err
		case wanted:
			found.kept = with(found.kept, other.ID)
		case !holds.none():
			found = found.and(holds)
		}
		if over && holds.none() {
			settled = append(settled, other)
		}
	}
	return found, settled, nil
}

// listed is the list of the payout's recipient. With a window the payout is on it before
// it is fenced, so that of two creates at one moment at least one sees the other.
func (p Ports) listed(ctx context.Context, policy Policy, of Payout) ([]Unsettled, error) {
	switch now := p.Now(); {
	case policy.DuplicateWindow > 0:
		return p.roster(policy).note(ctx, of, now, time.Time{})
	case p.Brakes.unsettled(now):
		return p.roster(policy).of(ctx, of)
	}
	return nil, nil
}

// unlist takes the entry off that a replay made before anybody knew that it is one. Otherwise
// replays would fill the list. If it fails, the next one that finds it settled does it.
// Of two requests of one moment both may have made the one entry, which then has to stay.
func (p Ports) unlist(ctx context.Context, policy Policy, replay, existing Payout) {
	if policy.DuplicateWindow == 0 {
		return
	}
	roster := p.roster(policy)
	own, err := roster.entry(ctx, existing)
	entry, failed := roster.entry(ctx, replay)
	if err == nil && failed == nil && entry.At.Sub(own.At).Abs() > absentFor {
		_ = roster.forget(ctx, replay, []Unsettled{entry})
	}
}

// holds is the listed payout if it holds another one back, else none, and whether its entry is
// over.
func (p Ports) holds(ctx context.Context, policy Policy, listed Unsettled, of Payout) (found twins, over bool, err error) {
	other, err := p.Store.Get(ctx, listed.ID)
	switch {
	case isNotFound(err):
		if p.Now().Sub(listed.At) >= absentFor {
			return twins{}, true, nil
		}
		return twins{ids: []ID{listed.ID}}, false, nil
	case err != nil:
		return twins{}, false, err
	case !other.standsOn(listed, of):
		return twins{}, true, nil // the reference was taken, by a payout to somebody else
	}
	holds, over := other.holdsBack(of, policy, p.Now())
	if !holds {
		return twins{}, over, nil
	}
	return twins{ids: []ID{listed.ID}, by: other.CreatedBy, stored: true}, over, nil
}

// holdsBack reports whether a payout holds another one of the same money back, and whether its
// entry on the list is over. A window holds nothing beside what was redacted and is settled:
// whoever tried an account out would be told by it what was taken out.
func (p Payout) holdsBack(of Payout, policy Policy, now time.Time) (holds, over bool) {
	settled := p.settled()
	switch {
	case p.movedNothing(policy), settled && !p.RedactedAt.IsZero():
		return false, true
	case p.waitsAsDuplicate():
		return false, false
	case !settled:
		return true, false
	}
	window, age := policy.DuplicateWindow, p.movedBefore(now)
	// What waited, or failed for certain, held nobody meanwhile. So it is compared with all that
	// went since shortly before it was made, however long ago that was.
	late := of.Status == Queued || of.Status == Failed
	holds = age < window || window > 0 && late && p.movedBefore(of.CreatedAt) < window
	return holds, window == 0 || age >= policy.listedFor()
}

// lastMoved is when the payout was created, or sent last.
func (p Payout) lastMoved() time.Time {
	if p.SubmittedAt.After(p.CreatedAt) {
		return p.SubmittedAt
	}
	return p.CreatedAt
}

// movedBefore is how long before a time the payout was created, or sent last; negative if after
// it. A replay puts it on the list anew, so the entry's own time does not tell.
func (p Payout) movedBefore(at time.Time) time.Duration {
	return at.Sub(p.lastMoved())
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
// must not hold each other.
func (p Payout) waitsAsDuplicate() bool {
	_, held := p.Attention[PossibleDuplicate]
	return held && p.Status == Queued
}
