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
	found, over, err := p.compareWith(ctx, policy, list, of)
	if err != nil || !found.none() && !crowded {
		return found, err
	}
	// If it fails, the next one tries again.
	pruned := len(list) >= prunedAt && len(over) > 0 && p.prune(ctx, policy, of, over) == nil
	switch {
	case crowded && pruned: // there is room now
		return p.similar(ctx, policy, of)
	case crowded:
		return found.ofFull(), nil
	}
	return found, nil
}

// compareWith finds the payouts of a list that hold another one, and the entries that are over.
func (p Ports) compareWith(ctx context.Context, policy Policy, list []Unsettled, of Payout) (found similarPayouts, over []Unsettled, err error) {
	for _, entry := range list {
		if entry.ID == of.ID {
			continue
		}
		m, err := p.meet(ctx, policy, entry, of)
		if err != nil {
			return similarPayouts{}, nil, err
		}
		found = found.and(m, of)
		if m.over {
			over = append(over, entry)
		}
	}
	return found, over, nil
}

// listed is the list of the payout's recipient. With a window the payout is on it before
// it is fenced, so that of two creates at one moment at least one sees the other.
func (p Ports) listed(ctx context.Context, policy Policy, of Payout) ([]Unsettled, error) {
	switch now := p.Now(); {
	case policy.DuplicateWindow > 0:
		return p.roster(policy).note(ctx, of, MostUnsettled, now, time.Time{})
	case p.Breaker.unsettled(now):
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

// met is the payout of an entry as another one of the same money finds it.
type met struct {
	twin   Similar
	payout Payout // the zero payout if none is stored
	stored bool   // it is, and it pays the recipient of the list
	holds  bool   // it holds the other one back
	over   bool   // its entry holds nobody any more
}

// meet looks at the payout of an entry.
func (p Ports) meet(ctx context.Context, policy Policy, listed Unsettled, of Payout) (met, error) {
	m := met{twin: SimilarOf(listed.ID, FirstAttempt)}
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
	m.twin, m.payout, m.stored = SimilarOf(other.ID, other.Attempt), other, true
	m.holds, m.over = other.holdsBack(of, policy, p.Now())
	return m, nil
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
	// What waited or failed held nobody meanwhile, and beside what is unknown people may have sent
	// this one instead. So each is compared with all that went since shortly before it was made,
	// however long ago that was.
	window, age := policy.DuplicateWindow, p.movedBefore(now)
	holds = window > 0 && (age < window || p.movedBefore(of.CreatedAt) < window)
	return holds, !holds && (window == 0 || age >= policy.listedFor())
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
