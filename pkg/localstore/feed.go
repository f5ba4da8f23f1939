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

// feedEntry is one stored entry of the feed. It has no events in it, only which they are: they
// are computed from the payout when somebody reads.
type feedEntry struct {
	ID   payout.ID `json:"id"`
	From int       `json:"from"`
	To   int       `json:"to"`
	At   time.Time `json:"at"`
}

// feedKey has the number in a fixed width, so that the order of the keys is the order of the
// numbers.
func feedKey(shard int, number int64) string {
	return rowKey(shardName(shard), fmt.Sprintf("%016d", number))
}

// Publish implements payout.Feed. A transaction sees whatever was published before
// it. So its number is the one behind the last, without a try that is lost to another writer
// (decision 0012). With a time since, it looks back for what an earlier round may have published.
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
			// The last entry alone is needed for the number. Further back, an entry that is older
			// than since ends the search: since leaves room for clocks that differ.
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

// backFrom is the last row before a key. Seek finds none only where the key is above all others.
func backFrom(rows *bbolt.Cursor, key string) ([]byte, []byte) {
	if at, _ := rows.Seek([]byte(key)); at == nil {
		return rows.Last()
	}
	return rows.Prev()
}

// ReadFeed implements payout.Feed. A position behind the end means that the file was replaced by
// an older one, and that other events have taken, or will take, the numbers that the reader has
// seen.
func (s *Store) ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	var all []payout.Published
	err := s.read(ctx, "read the feed", func(tx *bbolt.Tx) error {
		// One transaction for all shards: an entry that was acknowledged before is seen in each.
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

// entryOf reads one entry with its payout; nil if the number is free. No payout is ever deleted,
// so an entry without one is an error.
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
