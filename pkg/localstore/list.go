package localstore

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/cursor"
	"cambodia-payouts/pkg/payout"
)

// pageLimit is the most rows of a page. More is not an error: the page is shorter, and the cursor
// goes on.
const pageLimit = payout.LongestPage

// separator stands between the parts of an index key. It is below every character
// of the parts, so that a shorter part never sorts among longer ones.
const separator = "#"

// rowKey joins the parts of an index key: the shard or day first, then the time, then what makes
// the key the only one.
func rowKey(parts ...string) string { return strings.Join(parts, separator) }

// shardName has one digit for each of the eight shards, so no name is the beginning of another.
func shardName(n int) string { return strconv.Itoa(n) }

// listing is one list: the keys of a bucket that begin with a prefix. Their order is the order of
// the list, so a page is a walk of the cursor, and its end is a key.
type listing struct {
	name        string // what its cursors are bound to
	from        bucket
	prefix      string
	newestFirst bool
}

// ListDay implements payout.Lister.
func (s *Store) ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	return s.list(ctx, listing{
		name: "day " + day, from: days, prefix: day + separator, newestFirst: true,
	}, q)
}

// ListAttention implements payout.Lister. There is one index for both parts, unlike in the table:
// a local run keeps little, so what is read in vain is little.
func (s *Store) ListAttention(ctx context.Context, q payout.PageQuery) (payout.Page, error) {
	return s.list(ctx, listing{name: "attention" + string(q.Among), from: attention}, q)
}

// list reads one page of payouts. The filter works on what was read, so that a
// filtered page may be short; the cursor goes on behind it. The DynamoDB store does the same, and
// a caller has to expect it of both.
func (s *Store) list(ctx context.Context, l listing, q payout.PageQuery) (payout.Page, error) {
	var page payout.Page
	err := s.page(ctx, l, q, &page.Next, func(tx *bbolt.Tx, id string) error {
		p, err := lookup(tx, payout.ID(id))
		if err != nil {
			return err
		}
		if p != nil && q.Among.Holds(p.Attention) && q.Wants(*p) {
			page.Payouts = append(page.Payouts, *p)
		}
		return nil
	})
	if err != nil {
		return payout.Page{}, err
	}
	return page, nil
}

// page visits the rows of one page in order and sets the cursor of the next. Rows and what they
// list come from one transaction, so that no row lacks its payout.
func (s *Store) page(ctx context.Context, l listing, q payout.PageQuery, next *string, visit func(*bbolt.Tx, string) error) error {
	start, err := cursor.Key(l.name, q.Cursor)
	if err != nil {
		return err
	}
	limit := min(max(q.Limit, 1), pageLimit)
	return s.read(ctx, "list "+l.name, func(tx *bbolt.Tx) (err error) {
		rows := l.rows(tx, start, limit+1) // one more shows whether the list goes on
		if len(rows) > limit {
			rows = rows[:limit]
			if *next, err = cursor.After(l.name, rows[limit-1].key); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if err := visit(tx, r.of); err != nil {
				return err
			}
		}
		return nil
	})
}

// row is an index key without its prefix, and what it lists. The key goes into the cursor without
// its prefix, which the list's name already says.
type row struct{ key, of string }

// rows returns the first rows behind the start, which is a key without prefix.
func (l listing) rows(tx *bbolt.Tx, start string, limit int) []row {
	c := l.from.in(tx).Cursor()
	key, of := l.first(c, start)
	var rows []row
	for ; key != nil && bytes.HasPrefix(key, []byte(l.prefix)) && len(rows) < limit; key, of = l.step(c) {
		rows = append(rows, row{key: string(key[len(l.prefix):]), of: string(of)})
	}
	return rows
}

// first puts the cursor on the first row behind the start. A row that was taken out meanwhile is
// not missed: the place of the start is found without it.
func (l listing) first(c *bbolt.Cursor, start string) (key, of []byte) {
	switch {
	case !l.newestFirst && start == "":
		return c.Seek([]byte(l.prefix))
	case !l.newestFirst:
		return c.Seek([]byte(l.prefix + start + "\x00")) // the least key above it
	case start == "":
		start = "\xff" // above everything with this prefix
	}
	if key, _ := c.Seek([]byte(l.prefix + start)); key == nil {
		return c.Last()
	}
	return c.Prev()
}

// step goes on in the list's direction.
func (l listing) step(c *bbolt.Cursor) (key, of []byte) {
	if l.newestFirst {
		return c.Prev()
	}
	return c.Next()
}

// Due implements payout.Store. A row is never behind here. The sweep moves the due time under a
// guard all the same, since two runs may hold the same row.
func (s *Store) Due(ctx context.Context, shard int, until time.Time, limit int) ([]payout.Due, error) {
	var found []payout.Due
	l := listing{from: due, prefix: shardName(shard) + separator}
	err := s.read(ctx, "list what is due", func(tx *bbolt.Tx) error {
		for _, r := range l.rows(tx, "", max(limit, 1)) {
			written, _, _ := strings.Cut(r.key, separator)
			if written > stamp(until) {
				return nil
			}
			at, err := time.Parse(timeFormat, written)
			if err != nil {
				return fmt.Errorf("row %q: %w", r.key, err)
			}
			found = append(found, payout.Due{ID: payout.ID(r.of), DueAt: at})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
