package localstore

import (
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// NoteUnsettled implements payout.Recipients. What comes back is the list with this payout on it:
// of two creates at one moment, the second one sees the first (decision 0017). A full list comes
// back as well, since people are shown all of it.
func (s *Store) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, keep, until time.Time) ([]payout.Unsettled, error) {
	u.At = floor(u.At)
	var list []payout.Unsettled
	crowded := false
	err := s.write(ctx, "note an unsettled payout", func(tx *bbolt.Tx) error {
		list = nil // bbolt runs this once; its Batch, which is not used, may run it again
		if err := s.expire(tx); err != nil {
			return err
		}
		if err := load(lists.in(tx), string(u.Key), &list); err != nil {
			return err
		}
		// What is on the list already needs no room, and its note keeps the list longer.
		there := slices.Contains(list, u)
		crowded = !there && len(list) >= most
		if !there && !crowded {
			list = append(list, u)
		}
		if !until.IsZero() {
			if err := save(coordination.in(tx), unsettledUntil, floor(until)); err != nil {
				return err
			}
		}
		if crowded {
			return nil // nothing was written that would keep the list longer
		}
		if err := save(lists.in(tx), string(u.Key), list); err != nil {
			return err
		}
		return expireAt(tx, lists, string(u.Key), keep)
	})
	if err == nil && crowded {
		err = payout.ErrCrowded
	}
	return list, err
}

// FindUnsettled implements payout.Recipients. A list that nobody has made is empty.
func (s *Store) FindUnsettled(ctx context.Context, key payout.RecipientKey) ([]payout.Unsettled, error) {
	var list []payout.Unsettled
	err := s.read(ctx, "find unsettled payouts", func(tx *bbolt.Tx) error {
		return load(lists.in(tx), string(key), &list)
	})
	return list, err
}

// ForgetUnsettled implements payout.Recipients. An entry is taken off by all of its members:
// whoever takes his own off takes nobody else's.
func (s *Store) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	return s.write(ctx, "forget settled payouts", func(tx *bbolt.Tx) error {
		var list []payout.Unsettled
		if err := load(lists.in(tx), string(key), &list); err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(u payout.Unsettled) bool { return slices.Contains(settled, u) })
		if len(list) == 0 {
			return lists.in(tx).Delete([]byte(key))
		}
		return save(lists.in(tx), string(key), list)
	})
}
