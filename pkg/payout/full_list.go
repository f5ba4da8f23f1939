package payout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// listedFor is how long after its last move a settled payout stays on its recipient's list, and
// how long the list stays after its last note. It hangs on no age of waiting payouts: a function
// that does not know QUEUED_MAX_AGE would take off what the queue has still to be compared with.
func (p Policy) listedFor() time.Duration {
	return max(p.DuplicateWindow, unsettledFor) + MostQueuedMaxAge
}

// MostQueuedMaxAge is the most that QUEUED_MAX_AGE may be. What waits for longer could be sent by
// itself after the list of what went meanwhile is gone. A sweep that does not run for as long
// loses no list either.
const MostQueuedMaxAge = 7 * 24 * time.Hour

// makeRoom takes off a list what it can do without, and reports whether it did.
func (p Ports) makeRoom(ctx context.Context, policy Policy, list []Unsettled, of Payout) bool {
	_, over, err := p.compareWith(ctx, policy, list, of)
	switch {
	case err != nil:
		return false
	case len(over) > 0:
		return p.prune(ctx, policy, of, over) == nil
	}
	return p.thin(ctx, policy, list, of)
}

// prune takes off a list what holds nobody any more, and puts those on again that do: one may have
// been doubted or sent meanwhile, and whoever noted it found the entry there, or no room.
func (p Ports) prune(ctx context.Context, policy Policy, of Payout, over []Unsettled) error {
	return p.takeOff(ctx, policy, of, over, func(other Payout, _ Unsettled) bool {
		_, over := other.holdsBack(of, policy, p.Now())
		return over
	})
}

// thin takes off a full list all but the latest of those that went before the window, and reports
// whether there were more. Whoever an earlier one holds back, a later one holds back as well: see
// [Payout.holdsBack].
func (p Ports) thin(ctx context.Context, policy Policy, list []Unsettled, of Payout) bool {
	if len(list) < MostUnsettled {
		return false
	}
	went, err := p.settledOf(ctx, policy, list, of)
	if err != nil || len(went) < prunedAt {
		return false
	}
	return p.takeOff(ctx, policy, of, went[prunedAt-1:], func(other Payout, entry Unsettled) bool {
		return other.settled() && !other.lastMoved().After(entry.At)
	}) == nil
}

// settledOf lists the entries of payouts that moved money and are settled, the latest first.
func (p Ports) settledOf(ctx context.Context, policy Policy, list []Unsettled, of Payout) ([]Unsettled, error) {
	var went []Unsettled
	moved := map[ID]time.Time{}
	for _, entry := range list {
		other, err := p.Store.Get(ctx, entry.ID)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		_, twice := moved[entry.ID]
		if err == nil && !twice && entry.ID != of.ID && other.standsOn(entry, of) && other.settled() && other.movedBefore(p.Now()) >= policy.DuplicateWindow && !other.movedNothing(policy) {
			went, moved[entry.ID] = append(went, entry), other.lastMoved()
		}
	}
	slices.SortStableFunc(went, func(a, b Unsettled) int { return moved[b.ID].Compare(moved[a.ID]) })
	return went, nil
}

// takeOff takes entries off a list, then looks at each payout once more, and puts those on again
// whose entries are not over.
func (p Ports) takeOff(ctx context.Context, policy Policy, of Payout, gone []Unsettled, over func(Payout, Unsettled) bool) error {
	roster := p.roster(policy)
	if err := roster.forget(ctx, of, gone); err != nil {
		return err
	}
	var failed []error
	for _, entry := range gone {
		other, err := p.Store.Get(ctx, entry.ID)
		switch {
		case isNotFound(err):
		case err != nil:
			failed = append(failed, err)
		case other.standsOn(entry, of) && !over(other, entry) && !roster.noteUnsettled(ctx, other, p.Now()):
			failed = append(failed, errBusy)
		}
	}
	return errors.Join(failed...)
}

// noteFirst puts a payout on its list and returns that list. It makes room on a full one.
func (s *submitter) noteFirst(ctx context.Context, next Payout, at time.Time) ([]Unsettled, error) {
	list, err := s.roster.note(ctx, next, at, time.Time{})
	if errors.Is(err, ErrCrowded) && s.ports.makeRoom(ctx, s.receiver.policy, list, next) {
		list, err = s.roster.note(ctx, next, at, time.Time{})
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// relisted is the list of a payout that was fenced once more. If it waited until then, somebody may
// have taken it off again before the fence, as one that holds nobody.
func (s *submitter) relisted(ctx context.Context, p Payout) ([]Unsettled, error) {
	own := func(u Unsettled) bool { // stores keep no more of a time
		return u.ID == p.ID && !u.At.Before(p.lastMoved().Truncate(time.Millisecond))
	}
	list, err := s.roster.of(ctx, p)
	if err != nil || slices.ContainsFunc(list, own) {
		return list, err
	}
	list, err = s.roster.note(ctx, p, s.now(), time.Time{})
	if errors.Is(err, ErrCrowded) && p.RecipientOwed { // people ordered it beside a full list
		return list, nil
	}
	return list, err
}
