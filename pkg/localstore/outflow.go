package localstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// CountOutflow implements payout.Coordination. A transaction reads and adds, so processes that
// count at one moment lose nothing. A write that is repeated counts twice, which is the side to
// err on (decision 0025).
func (s *Store) CountOutflow(ctx context.Context, b payout.OutflowBucket, until time.Time) error {
	b.Start = floor(b.Start)
	key := rowKey(string(b.Provider), string(b.Currency), stamp(b.Start), fmt.Sprintf("%09d", b.Version))
	return s.write(ctx, "count what was submitted", func(tx *bbolt.Tx) error {
		if err := s.expire(tx); err != nil {
			return err
		}
		var before payout.OutflowBucket
		if err := load(outflow.in(tx), key, &before); err != nil {
			return err
		}
		b.Minor += before.Minor
		if err := save(outflow.in(tx), key, b); err != nil {
			return err
		}
		return expireAt(tx, outflow, key, until)
	})
}

// OutflowSince implements payout.Coordination. The time stands before the version in the key, so
// a bucket's place is by its beginning.
func (s *Store) OutflowSince(ctx context.Context, p payout.Provider, of money.Currency, since time.Time) ([]payout.OutflowBucket, error) {
	var all []payout.OutflowBucket
	prefix := []byte(rowKey(string(p), string(of), ""))
	err := s.read(ctx, "read what was submitted", func(tx *bbolt.Tx) error {
		cursor := outflow.in(tx).Cursor()
		for key, written := cursor.Seek([]byte(rowKey(string(p), string(of), stamp(since)))); bytes.HasPrefix(key, prefix); key, written = cursor.Next() {
			var b payout.OutflowBucket
			if err := json.Unmarshal(written, &b); err != nil {
				return fmt.Errorf("decode a bucket: %w", err)
			}
			all = append(all, b)
		}
		return nil
	})
	return all, err
}
