package edge

import (
	"context"

	"cambodia-payouts/pkg/payout"
)

// eventList is a page of the feed. The cursor is there at the end too: a caller
// keeps it, and asks again later.
type eventList struct {
	Events     []payout.Event `json:"events"`
	NextCursor string         `json:"next_cursor"`
	HasMore    bool           `json:"has_more"`
}

// events answers GET /v1/events. The limit is about entries of the feed, which
// hold one to a few events of one payout; they are never torn apart. So a page may hold a few more
// events than its limit: a cursor counts entries, and half an entry could not be gone back to.
func (r Reader) events(ctx context.Context, parameters map[string]string) (any, error) {
	if err := only(parameters, "after", "limit"); err != nil {
		return nil, err
	}
	q, err := pageQuery(parameters)
	if err != nil {
		return nil, err
	}
	at, err := payout.ParsePosition(parameters["after"])
	if err != nil {
		return nil, err
	}
	// One more than wanted shows whether the feed goes on. A feed that is shorter than the cursor
	// is ErrRewound, and not its end: after a restore the numbers that the caller has seen are
	// given out again (docs/events.md).
	found, err := r.Library.ReadFeed(ctx, at, q.Limit+1)
	if err != nil {
		return nil, err
	}
	list := eventList{Events: []payout.Event{}, HasMore: len(found) > q.Limit}
	for _, p := range merge(found, q.Limit) {
		list.Events = append(list.Events, p.Events()...)
		// Each shard moves on by itself. What was read and not taken stays behind the cursor.
		at[p.ID.Shard()] = p.Number
	}
	list.NextCursor = at.String()
	return list, nil
}

// merge takes the first entries of all shards by time. Within a shard, numbers
// decide and not the clocks of those who wrote them: a cursor that skipped one
// would never come back to it. Between shards the order is nearly that of time, which is all that
// docs/events.md promises.
func merge(found []payout.Published, limit int) []payout.Published {
	var shards [payout.Shards][]payout.Published
	for _, p := range found {
		shards[p.ID.Shard()] = append(shards[p.ID.Shard()], p)
	}
	var taken []payout.Published
	for len(taken) < limit {
		next := -1
		for n, rest := range shards {
			if len(rest) > 0 && (next < 0 || rest[0].At.Before(shards[next][0].At)) {
				next = n
			}
		}
		if next < 0 {
			break
		}
		taken, shards[next] = append(taken, shards[next][0]), shards[next][1:]
	}
	return taken
}
