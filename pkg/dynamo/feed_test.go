package dynamo_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// held is a client whose writes to the feed wait until they are let go.
type held struct {
	dynamo.API
	arrived, release chan struct{}
}

func (h held) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if strings.Contains(attributeJSON(in.Item), "feed#") {
		h.arrived <- struct{}{}
		<-h.release
	}
	return h.API.PutItem(ctx, in, o...)
}

// twoOfOneShard stores two payouts whose news go into one list.
func twoOfOneShard(t *testing.T, s *dynamo.Store) (payout.ID, payout.ID) {
	t.Helper()
	var ids []payout.ID
	for n := 0; len(ids) < 2; n++ {
		p := finished(t, vexora.Name)
		p.ID = payout.DeriveID("feed", payout.Reference(fmt.Sprint("R", n)))
		if p.ID.Shard() != 4 {
			continue
		}
		if err := s.Insert(context.Background(), p, payout.Whenever); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	return ids[0], ids[1]
}

// TestOnTheWireACursorNeverPassesAWriterInFlight: one writer has looked for the end
// of the list and decided on its number thirty seconds ago, and is frozen. Another
// one publishes, and a reader reads to the end. What the first one publishes then
// comes behind that end.
func TestOnTheWireACursorNeverPassesAWriterInFlight(t *testing.T) {
	s, wire := table(t, endpoint(t))
	ctx := context.Background()
	slow := held{client(endpoint(t), http.DefaultTransport), make(chan struct{}, 8), make(chan struct{}, 8)}
	late := dynamo.New(slow, wire.table)
	first, second := twoOfOneShard(t, s)
	thirty := at.Add(30 * time.Second)

	done := make(chan error, 1)
	go func() { done <- late.Publish(ctx, payout.FeedEntry{ID: first, From: 1, To: 1, At: at}, time.Time{}) }()
	<-slow.arrived // its number is chosen
	if err := s.Publish(ctx, payout.FeedEntry{ID: second, From: 1, To: 1, At: thirty}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	page, err := s.ReadFeed(ctx, payout.Position{}, 10)
	if err != nil || len(page) != 1 || page[0].ID != second {
		t.Fatalf("%+v, %v", page, err)
	}
	end := payout.Position{}
	end[second.Shard()] = page[0].Number

	for range 2 { // the number that it had chosen, and the next one
		slow.release <- struct{}{}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	page, err = s.ReadFeed(ctx, end, 10)
	if err != nil || len(page) != 1 || page[0].ID != first || page[0].Number != 2 {
		t.Errorf("behind the cursor: %+v, %v", page, err)
	}
}

// TestOnTheWireAFrozenWriterDoesNotPublishAgain: while it was frozen, somebody else told what it
// was about to tell, and more.
func TestOnTheWireAFrozenWriterDoesNotPublishAgain(t *testing.T) {
	s, wire := table(t, endpoint(t))
	ctx := context.Background()
	slow := held{client(endpoint(t), http.DefaultTransport), make(chan struct{}, 8), make(chan struct{}, 8)}
	late := dynamo.New(slow, wire.table)
	first, second := twoOfOneShard(t, s)

	done := make(chan error, 1)
	go func() { done <- late.Publish(ctx, payout.FeedEntry{ID: first, From: 1, To: 1, At: at}, time.Time{}) }()
	<-slow.arrived
	for _, n := range []payout.FeedEntry{{ID: second, From: 1, To: 1, At: at}, {ID: first, From: 1, To: 2, At: at}} {
		if err := s.Publish(ctx, n, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		slow.release <- struct{}{}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if page, err := s.ReadFeed(ctx, payout.Position{}, 10); err != nil || len(page) != 2 {
		t.Errorf("two entries were published, the feed has %d: %+v, %v", len(page), page, err)
	}
}

// twice is the SDK's own retry: the answer to each write of the feed, or of an orphan, is lost, and
// the write is sent again.
type twice struct{ dynamo.API }

func (w twice) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if written := attributeJSON(in.Item); strings.Contains(written, "feed#") || strings.Contains(written, "orphan#") {
		_, _ = w.API.PutItem(ctx, in, o...)
	}
	return w.API.PutItem(ctx, in, o...)
}

// TestOnTheWireARepeatedWritePublishesOnce: a number that is taken by the very news
// that is to be published was taken by us.
func TestOnTheWireARepeatedWritePublishesOnce(t *testing.T) {
	s, wire := table(t, endpoint(t))
	ctx := context.Background()
	repeating := dynamo.New(twice{client(endpoint(t), http.DefaultTransport)}, wire.table)
	first, second := twoOfOneShard(t, s)
	for _, n := range []payout.FeedEntry{{ID: first, From: 1, To: 2, At: at}, {ID: second, From: 1, To: 1, At: at}, {ID: first, From: 3, To: 3, At: at}} {
		if err := repeating.Publish(ctx, n, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.ReadFeed(ctx, payout.Position{}, 10)
	if err != nil || len(page) != 3 {
		t.Errorf("three entries were published, the feed has %d: %v", len(page), err)
	}
}

// TestOnTheWireARepeatedWriteKeepsANewOrphan: it is new though the item is there, since it is the item
// of the very same write. Somebody else's is not.
func TestOnTheWireARepeatedWriteKeepsANewOrphan(t *testing.T) {
	_, wire := table(t, endpoint(t))
	repeating := dynamo.New(twice{client(endpoint(t), http.DefaultTransport)}, wire.table)
	for n, fresh := range []bool{true, false, false} {
		kept, err := repeating.KeepOrphan(context.Background(), payout.Orphaned{
			Key: "k1", Provider: vexora.Name, Reference: "foreign", Finding: payout.FoundSucceeded, ReceivedAt: at,
		})
		if err != nil || kept != fresh {
			t.Errorf("kept for the %dth time: new %v, %v", n+1, kept, err)
		}
	}
}
