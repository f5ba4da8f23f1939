package localstore

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// namespaceKey is the key of the marker bucket.
const namespaceKey = "namespace"

// BindNamespace implements payout.Store. The first start decides. Under another namespace, every
// reference would be another payout, and would be paid again (decision 0001).
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
