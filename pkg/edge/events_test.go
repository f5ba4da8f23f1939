package edge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// library is a feed of a few payouts; nothing else is asked of it.
type library struct {
	edge.Library
	entries []payout.Published
	err     error
}

func (l *library) ReadFeed(_ context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	var page []payout.Published
	taken := map[int]int{}
	for _, e := range l.entries {
		if shard := e.ID.Shard(); e.Number > after[shard] && taken[shard] < limit {
			taken[shard]++
			page = append(page, e)
		}
	}
	return page, l.err
}

func (*library) Shared(context.Context) (payout.Shared, error) { return payout.Shared{}, nil }

// published makes entries of payouts in many shards, whose times disagree with the
// numbers: the clocks of the writers are not one clock.
func published(n int) []payout.Published {
	start := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	var all []payout.Published
	var last payout.Position
	for i := range n {
		id := payout.DeriveID("test", payout.Reference(fmt.Sprint("R", i)))
		p := payout.Payout{ID: id, Reference: payout.Reference(fmt.Sprint("R", i)), Status: payout.Processing, History: []payout.Entry{
			{At: start, Status: payout.Submitting}, {At: start, Status: payout.Processing},
		}}
		last[id.Shard()]++
		all = append(all, payout.Published{
			FeedEntry: payout.FeedEntry{ID: id, From: 1, To: 2, At: start.Add(time.Duration(i*7919%n) * time.Second)}, Number: last[id.Shard()], Payout: p,
		})
	}
	return all
}

type page struct {
	Events     []payout.Event `json:"events"`
	NextCursor string         `json:"next_cursor"`
	HasMore    bool           `json:"has_more"`
}

func readFeed(t *testing.T, l *library, query string) (int, page) {
	t.Helper()
	e := event("GET", "/v1/events", "")
	e.RawQueryString = query
	reply, err := edge.NewRead(edge.Reader{Library: l, Log: quiet})(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	if err := json.Unmarshal([]byte(reply.Body), &p); err != nil {
		t.Fatalf("%v in %s", err, reply.Body)
	}
	return reply.StatusCode, p
}

func TestTheFeedIsReadInPagesWithoutGapsOrRepetitions(t *testing.T) {
	const payouts = 60
	l := &library{entries: published(payouts)}
	for _, limit := range []int{1, 7, 100} {
		seen := map[payout.EventID]bool{}
		cursor, pages := "", 0
		for more := true; more; pages++ {
			status, p := readFeed(t, l, fmt.Sprintf("limit=%d&after=%s", limit, cursor))
			if status != http.StatusOK || p.NextCursor == "" {
				t.Fatalf("%d, %+v", status, p)
			}
			for _, e := range p.Events {
				if seen[e.ID] {
					t.Errorf("limit %d: %s comes twice", limit, e.ID)
				}
				seen[e.ID] = true
			}
			cursor, more = p.NextCursor, p.HasMore
		}
		if len(seen) != 2*payouts || pages != (payouts+limit-1)/limit {
			t.Errorf("limit %d: %d events on %d pages", limit, len(seen), pages)
		}
		// The end is a place to go on from.
		if _, p := readFeed(t, l, "after="+cursor); len(p.Events) != 0 || p.NextCursor != cursor || p.HasMore {
			t.Errorf("behind the end: %+v", p)
		}
	}
}

func TestACursorIsOursOrRefused(t *testing.T) {
	l := &library{entries: published(3)}
	for _, cursor := range []string{"x", "e30", "bm90IGpzb24", payout.Position{1}.String() + "x"} {
		if status, _ := readFeed(t, l, "after="+cursor); status != http.StatusBadRequest {
			t.Errorf("%s: %d", cursor, status)
		}
	}
	if status, _ := readFeed(t, l, "afterr=x"); status != http.StatusBadRequest {
		t.Errorf("a misspelt parameter: %d", status)
	}
	l.err = payout.ErrRewound
	if status, _ := readFeed(t, l, ""); status != http.StatusConflict {
		t.Errorf("a rewound feed: %d", status)
	}
}

// teller tells of some payouts and fails on others.
type teller struct {
	mu   sync.Mutex
	told []payout.ID
	bad  payout.ID
}

func (h *teller) Notify(_ context.Context, id payout.ID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, id)
	if id == h.bad {
		return errors.New("the table is away")
	}
	return nil
}

func TestAStreamBatchTellsEachPayoutOnceAndNamesWhatFailed(t *testing.T) {
	ids := []payout.ID{payout.DeriveID("t", "1"), payout.DeriveID("t", "2"), payout.DeriveID("t", "3")}
	record := func(sequence int, key string) events.DynamoDBEventRecord {
		return events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{
			SequenceNumber: fmt.Sprint(sequence), Keys: map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute(key)},
		}}
	}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record(1, string(ids[0])), record(2, "board"), record(3, string(ids[1])), record(4, string(ids[0])), record(5, string(ids[1])), record(6, string(ids[2])), {},
	}}
	h := &teller{bad: ids[1]}
	response, err := edge.NewNotify(edge.Notify{Notifier: h, Log: quiet})(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(h.told)
	want := slices.Sorted(slices.Values(ids))
	if !slices.Equal(h.told, want) {
		t.Errorf("told of %v, not %v", h.told, want)
	}
	if len(response.BatchItemFailures) != 1 || response.BatchItemFailures[0].ItemIdentifier != "3" {
		t.Errorf("failures %+v", response.BatchItemFailures)
	}
}
