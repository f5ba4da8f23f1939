package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// KeepReport implements payout.Archive; a report that is there already stays. It is kept for
// ever, which the port allows. The bytes are copied, since the caller may use them again.
func (s *Store) KeepReport(ctx context.Context, hash string, report []byte, _ time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if _, there := c.Reports[hash]; !there {
			c.Reports[hash] = slices.Clone(report)
		}
		return nil
	})
}

// FindReport implements payout.Archive. The caller gets bytes of his own.
func (s *Store) FindReport(ctx context.Context, hash string) (report []byte, err error) {
	err = s.do(ctx, func(c *Contents) error {
		kept, there := c.Reports[hash]
		if !there {
			return payout.ErrNotFound
		}
		report = slices.Clone(kept)
		return nil
	})
	return report, err
}

// KeepProposal implements payout.Archive. The later one takes the place of the earlier.
func (s *Store) KeepProposal(ctx context.Context, hash string, p payout.StatementProposal, _ time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		c.Statements[hash] = p
		return nil
	})
}

// FindProposal implements payout.Archive.
func (s *Store) FindProposal(ctx context.Context, hash string) (p payout.StatementProposal, err error) {
	err = s.do(ctx, func(c *Contents) error {
		there := false
		if p, there = c.Statements[hash]; !there {
			return payout.ErrNotFound
		}
		return nil
	})
	return p, err
}

// KeepOrphan implements payout.Orphans. The number is the count so far: no orphan ever goes, so
// none has it twice.
func (s *Store) KeepOrphan(ctx context.Context, o payout.Orphaned) (fresh bool, err error) {
	err = s.do(ctx, func(c *Contents) error {
		if _, there := c.Orphans[o.Key]; !there {
			c.Orphans[o.Key], fresh = Orphan{o, fmt.Sprintf("%09d", len(c.Orphans))}, true
		}
		return nil
	})
	return fresh, err
}

// DueOrphans implements payout.Orphans. The oldest come first, so that a limit leaves none
// waiting for ever.
func (s *Store) DueOrphans(ctx context.Context, until time.Time, limit int) ([]string, error) {
	var rows []row
	err := s.do(ctx, func(c *Contents) error {
		for key, o := range c.Orphans {
			if !o.RedactAt.IsZero() && !o.RedactAt.After(until) {
				rows = append(rows, row{o.RedactAt, key})
			}
		}
		return nil
	})
	slices.SortFunc(rows, row.compare)
	var keys []string
	for _, r := range rows[:min(max(limit, 1), len(rows))] {
		keys = append(keys, r.key)
	}
	return keys, err
}

// RedactOrphan implements payout.Orphans. Without a due time it was done before, or is never to
// be done, and stays as it is.
func (s *Store) RedactOrphan(ctx context.Context, key string, at time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if o, there := c.Orphans[key]; there && !o.RedactAt.IsZero() {
			o.Message, o.Raw, o.RedactAt, o.RedactedAt = "", nil, time.Time{}, at
			c.Orphans[key] = o
		}
		return nil
	})
}

// Publish implements payout.Feed. A number is the place in the list, so it has no gap and is
// taken by the write itself (decision 0012).
func (s *Store) Publish(ctx context.Context, n payout.FeedEntry, since time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		list := c.Feed[n.ID.Shard()]
		for _, old := range slices.Backward(list) {
			// Entries are not quite in the order of their times; since leaves room for that.
			if since.IsZero() || old.At.Before(since) {
				break
			}
			if old.ID == n.ID {
				n.From = max(n.From, old.To+1)
			}
		}
		if n.From <= n.To {
			c.Feed[n.ID.Shard()] = append(slices.Clip(list), n)
		}
		return nil
	})
}

// ReadFeed implements payout.Feed. A position behind the end is of another list than this one,
// which was put back to an older state.
func (s *Store) ReadFeed(ctx context.Context, after payout.Position, limit int) (all []payout.Published, err error) {
	err = s.do(ctx, func(c *Contents) error {
		for shard, seen := range after {
			list := c.Feed[shard]
			if seen > int64(len(list)) {
				return payout.ErrRewound
			}
			// Numbers begin at one, places in the list at zero.
			for number := seen; number < min(seen+int64(limit), int64(len(list))); number++ {
				n := list[number]
				all = append(all, payout.Published{FeedEntry: n, Number: number + 1, Payout: c.Payouts[n.ID]})
			}
		}
		return nil
	})
	return all, err
}
