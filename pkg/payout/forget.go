package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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
