package localstore

import (
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// The keys of the marker bucket.
const (
	namespaceKey = "namespace"
	restoredKey  = "restored_at"
)

// BindNamespace implements payout.Store.
func (s *Store) BindNamespace(ctx context.Context, ns payout.Namespace) error {
	return s.write(ctx, "bind the namespace", func(tx *bbolt.Tx) error {
		stored := marker.in(tx).Get([]byte(namespaceKey))
		if stored == nil {
			return marker.in(tx).Put([]byte(namespaceKey), []byte(ns))
		}
		if payout.Namespace(stored) != ns {
			return fmt.Errorf("%w: %q, not %q", payout.ErrNamespace, stored, ns)
		}
		return nil
	})
}

// RememberRestore implements payout.Store.
func (s *Store) RememberRestore(ctx context.Context, at time.Time) error {
	return s.write(ctx, "remember the restore", func(tx *bbolt.Tx) error {
		known, err := restoredIn(tx)
		if err != nil || !at.After(known) {
			return err
		}
		return marker.in(tx).Put([]byte(restoredKey), []byte(at.UTC().Format(time.RFC3339Nano)))
	})
}

// RestoreRemembered implements payout.Store.
func (s *Store) RestoreRemembered(ctx context.Context) (at time.Time, err error) {
	err = s.read(ctx, "read the restore", func(tx *bbolt.Tx) error {
		at, err = restoredIn(tx)
		return err
	})
	return at, err
}

func restoredIn(tx *bbolt.Tx) (time.Time, error) {
	stored := marker.in(tx).Get([]byte(restoredKey))
	if stored == nil {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, string(stored))
}
