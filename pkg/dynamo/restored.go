package dynamo

import (
	"context"
	"fmt"
	"time"
)

const (
	// kindRestored is both keys of the item that remembers the latest restore.
	kindRestored   = "restored"
	attrRestoredAt = "restored_at"
)

// RememberRestore implements payout.Store. It writes only what is new, so that every start may
// call it.
func (s *Store) RememberRestore(ctx context.Context, at time.Time) error {
	when := &condition{expression: newExpression()}
	when.add("(attribute_not_exists(%s) OR %s < %s)", when.name(attrRestoredAt), when.name(attrRestoredAt), when.value("at", moment(at)))
	input := s.putIf(item{
		attrPK: text(kindRestored), attrSK: text(kindRestored), attrSchema: count(SchemaVersion), attrRestoredAt: moment(at),
	}, when)
	input.ExpressionAttributeValues = when.values
	_, err := s.api.PutItem(ctx, input)
	if _, known := refused(err); err == nil || known {
		return nil
	}
	return unclear("remember the restore", err)
}

// RestoreRemembered implements payout.Store.
func (s *Store) RestoreRemembered(ctx context.Context) (time.Time, error) {
	r, err := s.fetch(ctx, itemKey(kindRestored, kindRestored))
	if err != nil {
		return time.Time{}, fmt.Errorf("dynamo: read the restore: %w", throttled(err))
	}
	at := r.moment(attrRestoredAt)
	if err := r.failure(); err != nil {
		return time.Time{}, fmt.Errorf("dynamo: read the restore: %w", err)
	}
	return at, nil
}
