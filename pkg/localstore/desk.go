package localstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// unsettledUntil is the key of the board that names no provider.
const unsettledUntil = "unsettled_until"

// Board implements payout.Desk.
func (s *Store) Board(ctx context.Context) (payout.Board, error) {
	all := payout.Board{Pauses: map[payout.Provider]payout.Pause{}}
	err := s.read(ctx, "read the board", func(tx *bbolt.Tx) error {
		for _, p := range payout.Pausable {
			var pause payout.Pause
			if err := load(board.in(tx), string(p), &pause); err != nil {
				return err
			}
			if pause.Provider != "" {
				all.Pauses[p] = pause
			}
		}
		return load(board.in(tx), unsettledUntil, &all.UnsettledUntil)
	})
	return all, err
}

// PinPause implements payout.Desk.
func (s *Store) PinPause(ctx context.Context, p payout.Pause) error {
	p.Since, p.Until = floor(p.Since), floor(p.Until)
	return s.write(ctx, "pin a pause", func(tx *bbolt.Tx) error {
		return save(board.in(tx), string(p.Provider), p)
	})
}

// PinUnsettled implements payout.Desk.
func (s *Store) PinUnsettled(ctx context.Context, u payout.Unsettled, until time.Time) error {
	u.At = floor(u.At)
	return s.write(ctx, "pin an unsettled payout", func(tx *bbolt.Tx) error {
		if err := save(unsettled.in(tx), string(u.Key), u); err != nil {
			return err
		}
		return save(board.in(tx), unsettledUntil, floor(until))
	})
}

// FindUnsettled implements payout.Desk.
func (s *Store) FindUnsettled(ctx context.Context, key payout.RecipientKey) (payout.Unsettled, error) {
	var found payout.Unsettled
	err := s.read(ctx, "find an unsettled payout", func(tx *bbolt.Tx) error {
		return load(unsettled.in(tx), string(key), &found)
	})
	if err == nil && found.ID == "" {
		err = payout.ErrNotFound
	}
	return found, err
}

// KeepReport implements payout.Archive; a report that is there already stays.
func (s *Store) KeepReport(ctx context.Context, hash string, report []byte) error {
	return s.write(ctx, "keep a report", func(tx *bbolt.Tx) error {
		if reports.in(tx).Get([]byte(hash)) != nil {
			return nil
		}
		return reports.in(tx).Put([]byte(hash), report)
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

// save writes a value as JSON.
func save(in *bbolt.Bucket, key string, value any) error {
	written, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return in.Put([]byte(key), written)
}

// load reads a value back and leaves it alone when there is none.
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
