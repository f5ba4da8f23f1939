package memstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/cursor"
	"cambodia-payouts/pkg/payout"
)

// row is a place in a list: by a time, and then by a key. No two rows of a list are equal, so
// that a cursor names one place in it.
type row struct {
	at  time.Time
	key string
}

func (r row) compare(other row) int {
	if c := r.at.Compare(other.at); c != 0 {
		return c
	}
	return strings.Compare(r.key, other.key)
}

// newestFirst turns the keys round as well: the order has to be total in both directions.
func newestFirst(a, b row) int { return b.compare(a) }

// Due implements payout.Store. It goes through all payouts, as there is no index; only those of
// the shard that are due are copied.
func (s *Store) Due(ctx context.Context, shard int, until time.Time, limit int) ([]payout.Due, error) {
	var rows []row
	err := s.do(ctx, func(c *Contents) error {
		for id := range c.Payouts { // without a copy of each
			if id.Shard() != shard {
				continue
			}
			if p := c.Payouts[id]; !p.DueAt.IsZero() && !p.DueAt.After(until) {
				rows = append(rows, row{p.DueAt, string(id)})
			}
		}
		return nil
	})
	slices.SortFunc(rows, row.compare)
	var due []payout.Due
	for _, r := range rows[:min(max(limit, 1), len(rows))] {
		due = append(due, payout.Due{ID: payout.ID(r.key), DueAt: r.at})
	}
	return due, err
}

// ListDay implements payout.Lister.
func (s *Store) ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	return s.payouts(ctx, "day "+day, newestFirst, q, func(p payout.Payout) (time.Time, bool) {
		return p.CreatedAt, p.Status != payout.Orphan && p.CreatedAt.UTC().Format(time.DateOnly) == day
	})
}

// ListAttention implements payout.Lister.
func (s *Store) ListAttention(ctx context.Context, q payout.PageQuery) (payout.Page, error) {
	return s.payouts(ctx, "attention "+string(q.Among), row.compare, q, func(p payout.Payout) (time.Time, bool) {
		since, raised := p.Attention.Since()
		return since, raised && q.Among.Holds(p.Attention)
	})
}

// ListOrphans implements payout.Lister over both kinds of orphan: claims about numbers that are
// not ours, and those kept at the key of a payout that is gone.
func (s *Store) ListOrphans(ctx context.Context, q payout.PageQuery) (payout.OrphanPage, error) {
	all := map[string]payout.Orphaned{}
	var rows []row
	err := s.do(ctx, func(c *Contents) error {
		for _, o := range c.Orphans {
			// By its number, and not by the key that is made of the claim: the cursor holds what
			// is named here.
			all[o.number], rows = o.Orphaned, append(rows, row{o.ReceivedAt, o.number})
		}
		for id, p := range c.Payouts {
			if p.Status == payout.Orphan {
				all[string(id)], rows = payout.OrphanedOf(p), append(rows, row{p.CreatedAt, string(id)})
			}
		}
		return nil
	})
	if err != nil {
		return payout.OrphanPage{}, err
	}
	rows, next, err := page("orphans", rows, newestFirst, q)
	found := payout.OrphanPage{Next: next}
	for _, r := range rows {
		if o := all[r.key]; q.Wants(payout.Payout{Status: payout.Orphan, Provider: o.Provider}) {
			found.Orphans = append(found.Orphans, o)
		}
	}
	return found, err
}

// payouts lists those that have a place in a list. The filter of the query is applied to a page
// and not before it, so that a page may be short while a cursor remains, as the port allows:
// callers have to bear that here, too.
func (s *Store) payouts(ctx context.Context, name string, order func(a, b row) int, q payout.PageQuery, place func(payout.Payout) (time.Time, bool)) (payout.Page, error) {
	var rows []row
	found := map[string]payout.Payout{}
	err := s.do(ctx, func(c *Contents) error {
		for id, p := range c.Payouts {
			if at, listed := place(p); listed {
				found[string(id)], rows = p, append(rows, row{at, string(id)})
			}
		}
		return nil
	})
	if err != nil {
		return payout.Page{}, err
	}
	rows, next, err := page(name, rows, order, q)
	list := payout.Page{Next: next}
	for _, r := range rows {
		if p := found[r.key]; q.Wants(p) {
			list.Payouts = append(list.Payouts, p)
		}
	}
	return list, err
}

// page is the part of a list behind the cursor, which says where the last page ended and names
// its list, so that it continues no other. It finds the place by the row's order and not by the
// row, which may be gone meanwhile.
func page(name string, rows []row, order func(a, b row) int, q payout.PageQuery) (part []row, next string, err error) {
	slices.SortFunc(rows, order)
	if q.Cursor != "" {
		from, err := behind(name, q.Cursor)
		if err != nil {
			return nil, "", err
		}
		at, _ := slices.BinarySearchFunc(rows, from, order)
		for at < len(rows) && order(rows[at], from) <= 0 {
			at++
		}
		rows = rows[at:]
	}
	// Only a list that goes on has a cursor, so the last page of a full length ends it.
	if limit := min(max(q.Limit, 1), payout.LongestPage); len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next, err = cursor.After(name, last.at.UTC().Format(time.RFC3339Nano)+"\n"+last.key)
	}
	return rows, next, err
}

// behind reads a cursor. It refuses whatever this list did not give out.
func behind(name, given string) (row, error) {
	place, err := cursor.Key(name, given)
	if err != nil {
		return row{}, err
	}
	moment, key, _ := strings.Cut(place, "\n")
	at, err := time.Parse(time.RFC3339Nano, moment)
	if err != nil {
		return row{}, payout.ErrCursor
	}
	return row{at, key}, nil
}
