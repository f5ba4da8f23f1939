package dynamo

import (
	"context"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// ListDay implements payout.Lister. A payout never moves in it, as it would in an order by
// updates, so whoever follows the cursors sees each payout of the day once.
func (s *Store) ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	return s.list(ctx, listing{
		name: "day " + day, index: dayIndex, partitionAttr: attrDayShard, sortAttr: attrDayKey,
		partitions: shards(day), newestFirst: true,
	}, q, q.Wants)
}

// ListAttention implements payout.Lister. A row of a payout whose attention ended
// a moment ago is left out, and so is one that has become grave in a list of the light ones.
func (s *Store) ListAttention(ctx context.Context, q payout.PageQuery) (payout.Page, error) {
	parts := map[payout.Gravity][]string{
		payout.AnyGravity: append(shards(gravePartition), shards(lightPartition)...),
		payout.GraveAlone: shards(gravePartition), payout.LightAlone: shards(lightPartition),
	}
	// Among the grave ones, a row of a light payout is shown: those from before there were two
	// parts stand there (decision 0028), and nothing that waits may be left out.
	light := q.Among == payout.LightAlone
	return s.list(ctx, listing{
		name: "attention" + string(q.Among), index: attentionIndex, partitionAttr: attrAttentionShard, sortAttr: attrAttentionSince,
		partitions: parts[q.Among],
	}, q, func(p payout.Payout) bool {
		return len(p.Attention) > 0 && (!light || q.Among.Holds(p.Attention)) && q.Wants(p)
	})
}

// list loads the payouts of one page. The filter works on what was loaded, not on
// the index, so that a filtered page may be short; the cursor goes on behind it. The items are
// read consistently, so a list never shows a status older than what a get has answered.
func (s *Store) list(ctx context.Context, l listing, q payout.PageQuery, wants func(payout.Payout) bool) (payout.Page, error) {
	rows, next, err := s.rows(ctx, l, q)
	if err != nil {
		return payout.Page{}, err
	}
	items, err := s.load(ctx, rows)
	if err != nil {
		return payout.Page{}, err
	}
	page := payout.Page{Next: next}
	for _, i := range items {
		p, err := decodePayout(i)
		if err != nil {
			return payout.Page{}, fmt.Errorf("dynamo: list %s: %w", l.name, err)
		}
		if wants(p) {
			page.Payouts = append(page.Payouts, p)
		}
	}
	return page, nil
}

// ListOrphans implements payout.Lister over both kinds of orphan: claims about
// numbers that are not ours, and those kept at the key of a payout that is gone.
func (s *Store) ListOrphans(ctx context.Context, q payout.PageQuery) (payout.OrphanPage, error) {
	rows, next, err := s.rows(ctx, listing{
		name: "orphans", index: dayIndex, partitionAttr: attrDayShard, sortAttr: attrDayKey,
		partitions: []string{orphanShard}, newestFirst: true,
	}, q)
	if err != nil {
		return payout.OrphanPage{}, err
	}
	items, err := s.load(ctx, rows)
	if err != nil {
		return payout.OrphanPage{}, err
	}
	page := payout.OrphanPage{Next: next}
	for _, i := range items {
		o, err := decodeEitherOrphan(i)
		if err != nil {
			return payout.OrphanPage{}, fmt.Errorf("dynamo: list orphans: %w", err)
		}
		if q.Wants(payout.Payout{Status: payout.Orphan, Provider: o.Provider}) {
			page.Orphans = append(page.Orphans, o)
		}
	}
	return page, nil
}

// decodeEitherOrphan tells the two kinds by the sort key, which says what an item is.
func decodeEitherOrphan(i item) (payout.Orphaned, error) {
	if newReader(i).text(attrSK) == kindOrphan {
		return decodeOrphan(i)
	}
	p, err := decodePayout(i)
	return payout.OrphanedOf(p), err
}
