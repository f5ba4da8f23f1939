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
	return p.DuplicateWindow + MostQueuedMaxAge
}

// MostQueuedMaxAge is the most that QUEUED_MAX_AGE may be. What waits for longer could be sent by
// itself after the list of what went meanwhile is gone. A sweep that does not run for as long
// loses no list either.
const MostQueuedMaxAge = 7 * 24 * time.Hour

// makeRoom takes off a list what is useless, and reports whether there was anything.
func (p Ports) makeRoom(ctx context.Context, policy Policy, list []Unsettled, of Payout) bool {
	_, off, err := p.compareWith(ctx, policy, list, of)
	return err == nil && off.any() && p.prune(ctx, policy, of, off) == nil
}

// prune takes off a list what is useless, then looks once more at each payout that held nobody, and
// puts those on again that do: one may have been doubted or sent meanwhile, and whoever noted it
// found the entry there, or no room.
func (p Ports) prune(ctx context.Context, policy Policy, of Payout, off useless) error {
	roster := p.roster(policy)
	if err := roster.forget(ctx, of, slices.Concat(off.over, off.spare)); err != nil {
		return err
	}
	var failed []error
	for _, entry := range off.over {
		m, err := p.meet(ctx, policy, entry, of)
		switch {
		case err != nil:
			failed = append(failed, err)
		case m.stored && !m.over && !roster.noteUnsettled(ctx, m.payout, p.Now()):
			failed = append(failed, errBusy)
		}
	}
	return errors.Join(failed...)
}

// mostBeside is how many entries a list may have for a payout to be put on it before it is sent. What
// people order beside a full list is on it as well: whoever is next has to see it.
func mostBeside(ordered bool) int {
	if ordered {
		return MostListed
	}
	return MostUnsettled
}

// noteFirst puts a payout on its list and returns that list. It makes room on a full one.
func (s *submitter) noteFirst(ctx context.Context, next Payout, most int, at time.Time) ([]Unsettled, error) {
	list, err := s.roster.note(ctx, next, most, at, time.Time{})
	if errors.Is(err, ErrCrowded) && s.ports.makeRoom(ctx, s.policy, list, next) {
		list, err = s.roster.note(ctx, next, most, at, time.Time{})
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// relisted is the list of a payout that was fenced once more. If it waited until then, somebody may
// have taken it off again before the fence, as one that holds nobody.
func (s *submitter) relisted(ctx context.Context, p Payout, most int) ([]Unsettled, error) {
	own, err := s.roster.entry(ctx, p)
	if err != nil {
		return nil, err
	}
	list, err := s.roster.of(ctx, p)
	if err != nil || slices.ContainsFunc(list, own.is) {
		return list, err
	}
	return s.roster.note(ctx, p, most, s.now(), time.Time{})
}
