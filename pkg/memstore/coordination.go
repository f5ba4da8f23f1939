package memstore

import (
	"context"
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Shared implements payout.Coordination. The pauses are copied, since SavePause changes their map
// in place.
func (s *Store) Shared(ctx context.Context) (shared payout.Shared, err error) {
	err = s.do(ctx, func(c *Contents) error {
		shared = c.SharedState
		shared.Pauses = maps.Clone(shared.Pauses)
		return nil
	})
	return shared, err
}

// RememberRestore implements payout.Coordination. An earlier time takes nothing back: what a
// later restore holds must not be released by it.
func (s *Store) RememberRestore(ctx context.Context, at time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if at.After(c.SharedState.RestoredAt) {
			c.SharedState.RestoredAt = at
		}
		return nil
	})
}

// SavePause implements payout.Coordination. The last one to write wins, as in the table.
func (s *Store) SavePause(ctx context.Context, p payout.Pause) error {
	return s.do(ctx, func(c *Contents) error {
		c.SharedState.Pauses[p.Provider] = p
		return nil
	})
}

// ChangeControls implements payout.Coordination. One write is the fence, the history and what is
// in force (decision 0024).
func (s *Store) ChangeControls(ctx context.Context, e payout.ControlEntry) error {
	return s.do(ctx, func(c *Contents) error {
		if slices.ContainsFunc(c.Changes, func(before payout.ControlEntry) bool { return before.Version == e.Version }) {
			return payout.ErrControlsMoved
		}
		c.Changes, c.SharedState.Controls = append(slices.Clip(c.Changes), e), e.After
		return nil
	})
}

// ControlChanges implements payout.Coordination.
func (s *Store) ControlChanges(ctx context.Context, limit int) (newest []payout.ControlEntry, err error) {
	err = s.do(ctx, func(c *Contents) error {
		newest = slices.Clone(c.Changes)
		slices.Reverse(newest)
		newest = newest[:min(limit, len(newest))]
		return nil
	})
	return newest, err
}

// ProposeControls implements payout.Coordination. Each person has one; what comes late does not
// replace what the same person has ordered since.
func (s *Store) ProposeControls(ctx context.Context, p payout.ControlProposal, _ time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if c.Proposed[p.Person].Version > p.Version {
			return payout.ErrControlsMoved
		}
		c.Proposed[p.Person] = p
		return nil
	})
}

// ProposedControls implements payout.Coordination. They come in the order of the names, because
// the simulation has to be the same for one seed, and a map of Go's has no order.
func (s *Store) ProposedControls(ctx context.Context) (all []payout.ControlProposal, err error) {
	err = s.do(ctx, func(c *Contents) error {
		for _, person := range slices.Sorted(maps.Keys(c.Proposed)) {
			all = append(all, c.Proposed[person])
		}
		return nil
	})
	return all, err
}

// CountOutflow implements payout.Coordination. A repeated write counts twice, which the port
// allows: a brake may count too much.
func (s *Store) CountOutflow(ctx context.Context, b payout.OutflowBucket, _ time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		minor := b.Minor
		b.Minor = 0
		c.Outflow[b] += minor
		return nil
	})
}

// OutflowSince implements payout.Coordination. The order is fixed for the simulation's sake; the
// port asks for none.
func (s *Store) OutflowSince(ctx context.Context, p payout.Provider, of money.Currency, since time.Time) (all []payout.OutflowBucket, err error) {
	err = s.do(ctx, func(c *Contents) error {
		for b, minor := range c.Outflow {
			if b.Provider == p && b.Currency == of && !b.Start.Before(since) {
				b.Minor = minor
				all = append(all, b)
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b payout.OutflowBucket) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return a.Version - b.Version
	})
	return all, err
}

// NoteUnsettled implements payout.Recipients. The list is copied before it grows: others may hold
// the one that was handed out. The shared state is written when there is no room, too, since a
// full list holds everybody.
func (s *Store) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, _, until time.Time) (list []payout.Unsettled, err error) {
	err = s.do(ctx, func(c *Contents) error {
		list = c.Lists[u.Key]
		there := slices.Contains(list, u)
		crowded := !there && len(list) >= most
		if !there && !crowded {
			list = append(slices.Clip(list), u)
			c.Lists[u.Key] = list
		}
		if !until.IsZero() {
			c.SharedState.UnsettledUntil = until
		}
		if crowded {
			return payout.ErrCrowded
		}
		return nil
	})
	return list, err
}

// FindUnsettled implements payout.Recipients.
func (s *Store) FindUnsettled(ctx context.Context, key payout.RecipientKey) (list []payout.Unsettled, err error) {
	err = s.do(ctx, func(c *Contents) error {
		list = c.Lists[key]
		return nil
	})
	return list, err
}

// ForgetUnsettled implements payout.Recipients. An entry is compared as a whole: whoever takes
// his own off takes nobody else's (decision 0017).
func (s *Store) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	return s.do(ctx, func(c *Contents) error {
		c.Lists[key] = slices.DeleteFunc(slices.Clone(c.Lists[key]), func(u payout.Unsettled) bool { return slices.Contains(settled, u) })
		return nil
	})
}
