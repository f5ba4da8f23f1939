package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Orphans is the part of the store that keeps claims which match no payout.
type Orphans interface {
	// KeepOrphan stores a claim that is not about a payout of ours; true if it
	// was new. Repetitions (same Key) are nil and false.
	KeepOrphan(ctx context.Context, o Orphaned) (bool, error)
	// DueOrphans lists the keys of such claims whose texts have to go at or before a time,
	// the oldest first. It may be behind.
	DueOrphans(ctx context.Context, until time.Time, limit int) ([]string, error)
	// RedactOrphan takes message and body out of one, in one write that also ends its
	// being due. One that is not there, or was done before, is no error.
	RedactOrphan(ctx context.Context, key string, at time.Time) error
}

const (
	// orphansEvery is how often a sweeper looks for orphans whose texts have to go: they
	// are rare, and have waited for months.
	orphansEvery = 6 * time.Hour
	orphanBatch  = 100
)

// RedactOrphans takes the texts out of orphans that have been kept for long enough, from
// time to time. The hash stays: it proves what the provider's archive holds.
func (s *Sweeper) RedactOrphans(ctx context.Context) error {
	now := s.ports.Now()
	if now.Sub(s.aside.orphansAt) < orphansEvery {
		return nil
	}
	keys, err := s.ports.Store.DueOrphans(ctx, now, orphanBatch)
	if err != nil {
		return fmt.Errorf("list orphans: %w", err)
	}
	var failures []error
	for _, key := range keys {
		if err := s.ports.Store.RedactOrphan(ctx, key, now); err != nil {
			failures = append(failures, fmt.Errorf("redact an orphan: %w", err))
		}
	}
	if len(keys) < orphanBatch && len(failures) == 0 { // else the next sweep goes on
		s.aside.orphansAt = now
	}
	return errors.Join(failures...)
}
