package localstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// feedEntry is one stored entry of the feed.
type feedEntry struct {
	ID   payout.ID `json:"id"`
	From int       `json:"from"`
	To   int       `json:"to"`
	At   time.Time `json:"at"`
}

func feedKey(shard int, number int64) string {
	return rowKey(shardName(shard), fmt.Sprintf("%016d", number))
}

// Publish implements payout.Feed. A transaction sees whatever was published before
// it.
func (s *Store) Publish(ctx context.Context, n payout.FeedEntry, since time.Time) error {
	return s.write(ctx, "publish", func(tx *bbolt.Tx) error {
		rows, prefix := feed.in(tx).Cursor(), shardName(n.ID.Shard())+separator
		last := int64(0)
		// "~" sorts behind every digit.
		for key, written := backFrom(rows, prefix+"~"); strings.HasPrefix(string(key), prefix); key, written = rows.Prev() {
			var old feedEntry
			if err := json.Unmarshal(written, &old); err != nil {
				return fmt.Errorf("read the feed: %w", err)
			}
			number, err := strconv.ParseInt(strings.TrimPrefix(string(key), prefix), 10, 64)
			if err != nil {
				return fmt.Errorf("read the feed: %w", err)
			}
			last = max(last, number)
			if since.IsZero() || old.At.Before(since) {
				break
			}
			if old.ID == n.ID {
				n.From = max(n.From, old.To+1)
			}
		}
		if n.From > n.To {
			return nil
		}
		return save(feed.in(tx), feedKey(n.ID.Shard(), last+1), feedEntry{n.ID, n.From, n.To, floor(n.At)})
	})
}

// backFrom is the last row before a key.
func backFrom(rows *bbolt.Cursor, key string) ([]byte, []byte) {
	if at, _ := rows.Seek([]byte(key)); at == nil {
		return rows.Last()
	}
	return rows.Prev()
}

// ReadFeed implements payout.Feed.
func (s *Store) ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	var all []payout.Published
	err := s.read(ctx, "read the feed", func(tx *bbolt.Tx) error {
		for shard, seen := range after {
			if seen > 0 && feed.in(tx).Get([]byte(feedKey(shard, seen))) == nil {
				return payout.ErrRewound
			}
			for number := seen + 1; number <= seen+int64(limit); number++ {
				published, err := entryOf(tx, shard, number)
				if err != nil {
					return err
				}
				if published == nil {
					break
				}
				all = append(all, *published)
			}
		}
		return nil
	})
	return all, err
}

// entryOf reads one entry with its payout; nil if the number is free.
func entryOf(tx *bbolt.Tx, shard int, number int64) (*payout.Published, error) {
	var n feedEntry
	if err := load(feed.in(tx), feedKey(shard, number), &n); err != nil || n.ID == "" {
		return nil, err
	}
	p, err := lookup(tx, n.ID)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fmt.Errorf("the feed names a payout that is not there: %s", n.ID)
	}
	return &payout.Published{FeedEntry: payout.FeedEntry(n), Number: number, Payout: *p}, nil
}
