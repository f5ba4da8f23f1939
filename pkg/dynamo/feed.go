package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"cambodia-payouts/pkg/payout"
)

// The feed is a partition per shard of payouts, with the numbers as sort keys. An
// entry is appended by putting it at the first free number, on the condition that
// the number is free. So numbers have no gaps, and no counter is needed: whoever
// loses a number takes the next one.
const (
	feedKeyPrefix = "feed#"
	attrFrom      = "from"
	attrTo        = "to"
)

// feedTries bounds how many numbers a writer loses before it gives up for now. A writer that
// gives up is unclear, and what it had to publish stays due in the payout's own item.
const feedTries = 500

// feedKey has the number in a fixed width, so that the order of the texts is the order of the
// numbers.
func feedKey(shard int, number int64) item {
	return item{attrPK: text(feedPartition(shard)), attrSK: text(fmt.Sprintf("%016d", number))}
}

// feedPartition is the list of one shard. A position has a number for each, so their count never
// changes for a table.
func feedPartition(shard int) string { return fmt.Sprint(feedKeyPrefix, shard) }

// tail is the highest number of a shard that this process has seen taken: a place
// to begin looking, and never trusted. It may be far behind, since other processes publish as
// well; the condition of the put is what decides.
func (s *Store) tail(shard int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tails[shard]
}

// seen only raises the number: answers of two writers of this process come in any order.
func (s *Store) seen(shard int, number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tails[shard] = max(s.tails[shard], number)
}

// Publish implements payout.Feed with one PutItem, and one more for each number
// that another writer was quicker to take. A number that is free when it is put is behind
// everything that was read, so no reader's cursor has passed it (decision 0012).
func (s *Store) Publish(ctx context.Context, n payout.FeedEntry, since time.Time) error {
	shard := n.ID.Shard()
	// Somebody began to publish and nobody noted how far he came. Publishing without a look could
	// put the same events into the feed twice.
	if !since.IsZero() {
		var err error
		if n.From, err = s.unpublished(ctx, n, since); err != nil || n.From > n.To {
			return err
		}
	}
	// A process that has just started would else lose every number from the first one on.
	if s.tail(shard) == 0 {
		if err := s.lookAtTail(ctx, shard); err != nil {
			return err
		}
	}
	// One error is answered by the same put once more; a second one leaves the entry's fate
	// unclear.
	repeated := false
	for try := range feedTries {
		number := s.tail(shard) + 1
		there, err := s.append(ctx, n, number)
		if err != nil {
			if repeated || ctx.Err() != nil {
				return unclear("publish "+string(n.ID), err)
			}
			repeated = true // at the same number: if the first one arrived, it shows
			continue
		}
		s.seen(shard, number)
		// News of this payout in a place that we wanted: an earlier try of ours, or of the
		// SDK's, had arrived; or somebody was quicker while this process was frozen.
		if n = remainder(n, there); there == nil || n.From > n.To {
			return nil
		}
		if try%16 == 15 { // far behind: others publish faster than we count
			if err := s.lookAtTail(ctx, shard); err != nil {
				return err
			}
		}
	}
	return unclear("publish "+string(n.ID), errBehind)
}

var errBehind = fmt.Errorf("%d numbers of the feed were taken by others", feedTries)

// append puts an entry at a number. What is there already comes back. It comes back because it
// may be this entry: an earlier try whose answer was lost. An entry has no events in it, only
// which they are; they are computed from the payout when somebody reads.
func (s *Store) append(ctx context.Context, n payout.FeedEntry, number int64) (*payout.FeedEntry, error) {
	i := feedKey(n.ID.Shard(), number)
	i.put(attrSchema, count(SchemaVersion))
	i.put(attrPayoutID, text(string(n.ID)))
	i.put(attrFrom, count(n.From))
	i.put(attrTo, count(n.To))
	i.put(attrAt, moment(n.At))
	_, err := s.api.PutItem(ctx, s.putIfAbsent(i))
	if err == nil {
		return nil, nil
	}
	old, was := refused(err)
	if !was {
		return nil, err
	}
	there, _, err := decodeNews(old)
	return &there, err
}

// remainder is what of the news an entry of the list does not have. An entry that begins later
// than the news says nothing of its beginning, so it takes nothing away.
func remainder(n payout.FeedEntry, there *payout.FeedEntry) payout.FeedEntry {
	if there != nil && there.ID == n.ID && there.From <= n.From {
		n.From = max(n.From, there.To+1)
	}
	return n
}

// lookAtTail reads the last entry of a shard, consistently: an older end would cost a put for
// each number behind it.
func (s *Store) lookAtTail(ctx context.Context, shard int) error {
	rows, err := s.feedRows(ctx, shard, 0, 1, true)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.seen(shard, r.Number)
	}
	return nil
}

// unpublished is the first event of the news that is not in the list yet, going
// back to a time. Entries are not quite in the order of their times, since the clocks of writers
// differ; the time given leaves room for that, so the search may end at the first entry that is
// older.
func (s *Store) unpublished(ctx context.Context, n payout.FeedEntry, since time.Time) (int, error) {
	before := int64(0)
	from := n.From
	for {
		rows, err := s.feedRows(ctx, n.ID.Shard(), before, pageLimit, true)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			if r.At.Before(since) {
				return from, nil
			}
			if r.ID == n.ID {
				from = max(from, r.To+1)
			}
			before = r.Number
		}
		if len(rows) < pageLimit {
			return from, nil
		}
	}
}

// feedRows reads one shard's list: forwards from a number on, or backwards before
// one (from the end, if it is zero).
func (s *Store) feedRows(ctx context.Context, shard int, number int64, limit int, backwards bool) ([]payout.Published, error) {
	when := &condition{expression: newExpression()}
	when.equal(attrPK, text(feedPartition(shard)))
	// Backwards from the end, there is nothing to compare with: no number is above all others.
	if number > 0 || !backwards {
		beyond := ">="
		if backwards {
			beyond = "<"
		}
		when.add("%s %s %s", when.name(attrSK), beyond, when.value("number", feedKey(shard, number)[attrSK]))
	}
	out, err := s.api.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(s.table), ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(!backwards),
		KeyConditionExpression: pointer(when), ExpressionAttributeNames: when.names, ExpressionAttributeValues: when.values,
		Limit: aws.Int32(int32(limit)),
	})
	if err != nil {
		return nil, fmt.Errorf("dynamo: read the feed: %w", err)
	}
	var rows []payout.Published
	for _, i := range out.Items {
		n, number, err := decodeNews(i)
		if err != nil {
			return nil, fmt.Errorf("dynamo: read the feed: %w", err)
		}
		rows = append(rows, payout.Published{FeedEntry: n, Number: number})
	}
	return rows, nil
}

// decodeNews reads an entry and its number, which is its sort key. An entry that cannot be read
// is an error: left out, its events would be some that no reader ever sees.
func decodeNews(i item) (payout.FeedEntry, int64, error) {
	r := newReader(i)
	r.require(attrPayoutID, attrFrom, attrTo, attrAt, attrSK)
	n := payout.FeedEntry{ID: payout.ID(r.text(attrPayoutID)), From: int(r.number(attrFrom)), To: int(r.number(attrTo)), At: r.moment(attrAt)}
	var number int64
	if _, err := fmt.Sscanf(r.text(attrSK), "%d", &number); err != nil {
		r.fail(attrSK, err)
	}
	return n, number, r.failure()
}

// ReadFeed implements payout.Feed with consistent reads: an entry that was
// acknowledged is seen. The shards are read beside each other, each in its own order; between
// shards there is none.
func (s *Store) ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	limit = min(max(limit, 1), pageLimit+1) // the one more tells whether a page is the last
	parts := make([][]payout.Published, len(after))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for shard := range after {
		group.Go(func() (err error) {
			parts[shard], err = s.behind(inner, shard, after[shard], limit)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(parts...)
	return all, s.loadPublished(ctx, all)
}

// behind reads the entries behind a number, and with them the entry of the number:
// if it is not there, the list is another one than the reader knows. A table that was restored
// ends earlier, and gives the numbers behind its end to other entries; whoever went on from there
// would miss them without a word.
func (s *Store) behind(ctx context.Context, shard int, number int64, limit int) ([]payout.Published, error) {
	// A reader who has seen nothing knows of no entry that could be missing.
	if number == 0 {
		return s.feedRows(ctx, shard, 0, limit, false)
	}
	rows, err := s.feedRows(ctx, shard, number, limit+1, false)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || rows[0].Number != number {
		return nil, payout.ErrRewound
	}
	return rows[1:], nil
}

// loadPublished fills in the payouts. Several entries may be about one. DynamoDB refuses a batch
// in which a key stands twice, so each payout is asked for once.
func (s *Store) loadPublished(ctx context.Context, all []payout.Published) error {
	var rows []row
	wanted := map[payout.ID]bool{}
	for _, p := range all {
		if !wanted[p.ID] {
			wanted[p.ID] = true
			rows = append(rows, row{key: payoutKey(p.ID)})
		}
	}
	found := map[payout.ID]payout.Payout{}
	for chunk := range slices.Chunk(rows, pageLimit) {
		items, err := s.load(ctx, chunk)
		if err != nil {
			return err
		}
		for _, i := range items {
			p, err := decodePayout(i)
			if err != nil {
				return fmt.Errorf("dynamo: read the feed: %w", err)
			}
			found[p.ID] = p
		}
	}
	for n := range all {
		all[n].Payout = found[all[n].ID]
	}
	return nil
}
