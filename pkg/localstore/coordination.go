package localstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// The keys of the shared state that name no provider. They stand in the bucket of the pauses,
// each under a key of its own, so that no write of one takes another away. No provider's name has
// an underscore.
const (
	unsettledUntil = "unsettled_until"
	restoredAt     = "restored_at"
)

// proposalPrefix keeps proposals apart from the reports that they lead to. A report's key begins
// with its provider's name and a slash, so the two never meet.
const proposalPrefix = "proposal#"

// Shared implements payout.Coordination. All of it comes from one moment: none can be known
// without the other (decision 0010).
func (s *Store) Shared(ctx context.Context) (payout.Shared, error) {
	all := payout.Shared{Pauses: map[payout.Provider]payout.Pause{}}
	err := s.read(ctx, "read the shared state", func(tx *bbolt.Tx) error {
		for _, p := range payout.Pausable() {
			var pause payout.Pause
			if err := load(coordination.in(tx), string(p), &pause); err != nil {
				return err
			}
			if pause.Provider != "" {
				all.Pauses[p] = pause
			}
		}
		inForce, err := inForce(tx)
		all.Controls = inForce
		return errors.Join(err, load(coordination.in(tx), unsettledUntil, &all.UnsettledUntil), load(coordination.in(tx), restoredAt, &all.RestoredAt))
	})
	return all, err
}

// RememberRestore implements payout.Coordination. The time is only ever raised: a start with an
// older RESTORED_AT must not release what a later restore holds.
func (s *Store) RememberRestore(ctx context.Context, at time.Time) error {
	return s.write(ctx, "remember the restore", func(tx *bbolt.Tx) error {
		var known time.Time
		if err := load(coordination.in(tx), restoredAt, &known); err != nil || !at.After(known) {
			return err
		}
		return save(coordination.in(tx), restoredAt, at)
	})
}

// SavePause implements payout.Coordination. The last one to write wins, as in the table.
func (s *Store) SavePause(ctx context.Context, p payout.Pause) error {
	p.Since, p.Until = floor(p.Since), floor(p.Until)
	return s.write(ctx, "save a pause", func(tx *bbolt.Tx) error {
		return save(coordination.in(tx), string(p.Provider), p)
	})
}

// KeepReport implements payout.Archive; a report that is there already stays. The report of a
// file that was applied is given again as it was (decision 0010).
func (s *Store) KeepReport(ctx context.Context, hash string, report []byte, until time.Time) error {
	return s.write(ctx, "keep a report", func(tx *bbolt.Tx) error {
		if err := s.expire(tx); err != nil {
			return err
		}
		if reports.in(tx).Get([]byte(hash)) != nil {
			return nil
		}
		if err := reports.in(tx).Put([]byte(hash), report); err != nil {
			return err
		}
		return expireAt(tx, reports, hash, until)
	})
}

// FindReport implements payout.Archive.
func (s *Store) FindReport(ctx context.Context, hash string) ([]byte, error) {
	var report []byte
	err := s.read(ctx, "find a report", func(tx *bbolt.Tx) error {
		report = append(report, reports.in(tx).Get([]byte(hash))...) // a copy: bbolt's memory ends with the transaction
		return nil
	})
	if err == nil && report == nil {
		err = payout.ErrNotFound
	}
	return report, err
}

// KeepProposal implements payout.Archive. A later sender takes the place of an earlier one.
func (s *Store) KeepProposal(ctx context.Context, hash string, p payout.StatementProposal, until time.Time) error {
	p.At = floor(p.At)
	return s.write(ctx, "keep who sent a statement first", func(tx *bbolt.Tx) error {
		if err := save(reports.in(tx), proposalPrefix+hash, p); err != nil {
			return err
		}
		return expireAt(tx, reports, proposalPrefix+hash, until)
	})
}

// FindProposal implements payout.Archive.
func (s *Store) FindProposal(ctx context.Context, hash string) (payout.StatementProposal, error) {
	var p payout.StatementProposal
	err := s.read(ctx, "find who sent a statement first", func(tx *bbolt.Tx) error {
		return load(reports.in(tx), proposalPrefix+hash, &p)
	})
	if err == nil && p.Person == "" {
		err = payout.ErrNotFound
	}
	return p, err
}

// save writes a value as JSON.
func save(in *bbolt.Bucket, key string, value any) error {
	written, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return in.Put([]byte(key), written)
}

// load reads a value back and leaves it alone when there is none. The caller tells an absent
// value by a member that every stored one has.
func load(in *bbolt.Bucket, key string, into any) error {
	written := in.Get([]byte(key))
	if written == nil {
		return nil
	}
	if err := json.Unmarshal(written, into); err != nil {
		return fmt.Errorf("decode %s: %w", key, err)
	}
	return nil
}
