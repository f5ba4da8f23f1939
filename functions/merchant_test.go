package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/receiver"
)

const webhookKey = "whsec_d2ViaG9vay1rZXktb2YtdGhlLXByb2Nlc3MtdGVzdA=="

// merchant is the other end of the webhook: the receiver kit, behind a server that
// has bad days.
type merchant struct {
	*receiver.Receiver
	t      *testing.T
	server *httptest.Server
	verify *standardwebhooks.Webhook

	mu sync.Mutex
	// moody is how many percent of the requests end otherwise than well.
	moody int
	count struct{ attempts, taken, lost, refused, silent, repeated int }
	taken map[string]string // event id -> body
}

func newMerchant(t *testing.T) *merchant {
	t.Helper()
	m := &merchant{t: t, taken: map[string]string{}}
	var err error
	if m.Receiver, err = receiver.New(func(receiver.Event) error { return nil }, webhookKey); err != nil {
		t.Fatal(err)
	}
	if m.verify, err = standardwebhooks.NewWebhook(webhookKey); err != nil {
		t.Fatal(err)
	}
	m.server = httptest.NewServer(m)
	t.Cleanup(m.server.Close)
	return m
}

func (m *merchant) setMoody(percent int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moody = percent
}

// ServeHTTP takes an event, or has a bad day: it fails, says nothing, or takes the
// event and loses its answer.
func (m *merchant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process that sent it was killed
	}
	// Functions of a later hour sign with a later time.
	if m.verify.Verify(body, r.Header) != nil && m.verify.VerifyIgnoringTimestamp(body, r.Header) != nil {
		m.t.Errorf("the signature of %s does not verify", r.Header.Get("webhook-id"))
	}
	m.mu.Lock()
	m.count.attempts++
	bad, kind := rand.IntN(100) < m.moody, rand.IntN(10)
	m.mu.Unlock()
	switch {
	case bad && kind < 5:
		m.note(&m.count.refused)
		w.Header().Set("Retry-After", "2")
		w.WriteHeader([]int{500, 502, 503, 429, 422}[kind])
		return
	case bad && kind < 7:
		m.note(&m.count.silent)
		time.Sleep(time.Second)
		hangUp(w)
		return
	}
	m.take(r.Header.Get("webhook-id"), body)
	if bad {
		m.note(&m.count.lost)
		hangUp(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (m *merchant) note(what *int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*what++
}

func (m *merchant) take(id string, body []byte) {
	var event receiver.Event
	if err := json.Unmarshal(body, &event); err != nil || event.ID != id {
		m.t.Errorf("%s is no event: %v", body, err)
		return
	}
	m.mu.Lock()
	before, known := m.taken[id]
	m.taken[id] = string(body)
	m.count.taken++
	if known {
		m.count.repeated++
	}
	m.mu.Unlock()
	if known && before != string(body) {
		m.t.Errorf("%s was %s and is %s", id, before, body)
	}
	if err := m.Take(event); err != nil {
		m.t.Error(err)
	}
}

// streamer is the event source mapping: it reads the table's real stream, filters
// it as the template does, and feeds notify-merchant. It is off at first, then
// begins at the oldest record, stops, begins again at the oldest one (so that
// everything comes twice), and shuffles what it feeds.
type streamer struct {
	t       *testing.T
	limited bool // the outflow has a limit
	client  *dynamodbstreams.Client
	arn     string
	host    *host
	fed     atomic.Int64
	errors  atomic.Int64
}

func (s *streamer) run(ctx context.Context) {
	for _, phase := range []time.Duration{15 * time.Second, 25 * time.Second, 10 * time.Second, time.Hour} {
		reading := phase == 25*time.Second || phase == time.Hour
		limited, cancel := context.WithTimeout(ctx, phase)
		if reading {
			s.read(limited)
		} else {
			<-limited.Done()
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
	}
}

// read feeds every shard from its oldest record on until the context ends.
func (s *streamer) read(ctx context.Context) {
	described, err := s.client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &s.arn})
	if err != nil {
		if ctx.Err() == nil {
			s.t.Errorf("describe the stream: %v", err)
		}
		return
	}
	var wait sync.WaitGroup
	for _, shard := range described.StreamDescription.Shards {
		wait.Go(func() { s.shard(ctx, *shard.ShardId) })
	}
	wait.Wait()
}

func (s *streamer) shard(ctx context.Context, id string) {
	begun, err := s.client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &s.arn, ShardId: &id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		if ctx.Err() == nil {
			s.t.Errorf("begin to read the stream: %v", err)
		}
		return
	}
	for at := begun.ShardIterator; at != nil && ctx.Err() == nil; {
		page, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(200)})
		if err != nil {
			if ctx.Err() == nil {
				s.t.Errorf("read the stream: %v", err)
			}
			return
		}
		s.feed(page.Records)
		at = page.NextShardIterator
		if len(page.Records) == 0 {
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// wakes is the filter of the template.
func (s *streamer) wakes(now map[string]types.AttributeValue) bool {
	news, _ := now["news"].(*types.AttributeValueMemberBOOL)
	status, _ := now["status"].(*types.AttributeValueMemberS)
	return news != nil && news.Value || s.limited && status != nil && status.Value == string(payout.Submitting)
}

// image is an image as an event has it; lists and maps are left out.
func image(of map[string]types.AttributeValue) map[string]events.DynamoDBAttributeValue {
	if of == nil {
		return nil
	}
	all := map[string]events.DynamoDBAttributeValue{}
	for name, value := range of {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			all[name] = events.NewStringAttribute(v.Value)
		case *types.AttributeValueMemberN:
			all[name] = events.NewNumberAttribute(v.Value)
		case *types.AttributeValueMemberBOOL:
			all[name] = events.NewBooleanAttribute(v.Value)
		}
	}
	return all
}

// feed hands filtered records over in batches, some of them twice.
func (s *streamer) feed(records []types.Record) {
	var batch events.DynamoDBEvent
	for _, r := range records {
		if !s.wakes(r.Dynamodb.NewImage) {
			continue
		}
		batch.Records = append(batch.Records, events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{
			SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber), Keys: image(r.Dynamodb.Keys),
			NewImage: image(r.Dynamodb.NewImage), OldImage: image(r.Dynamodb.OldImage),
		}})
	}
	rand.Shuffle(len(batch.Records), func(i, j int) { batch.Records[i], batch.Records[j] = batch.Records[j], batch.Records[i] })
	for chunk := range slices.Chunk(batch.Records, 50) {
		raw, err := json.Marshal(events.DynamoDBEvent{Records: chunk})
		if err != nil {
			s.t.Error(err)
			return
		}
		for range 1 + rand.IntN(2) {
			s.fed.Add(int64(len(chunk)))
			if _, err := s.host.invoke(raw); err != nil {
				s.errors.Add(1) // killed; the sweep tells what it did not
			}
		}
	}
}

// judgeTold compares histories, feed and merchant: they must tell the same.
func (s *stack) judgeTold(payouts int) {
	s.t.Helper()
	fed := s.readFeed()
	stored, told, missing := 0, 0, 0
	for n := range payouts {
		id := payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n)))
		p, err := s.table.Get(context.Background(), id)
		if err != nil {
			continue // never stored
		}
		stored++
		events := p.Events()
		if got := fed[id]; !slices.Equal(got, numbers(len(events))) {
			s.t.Errorf("%s has %d events, the feed has %v (%+v)", p.Reference, len(events), got, p.Notice)
		}
		for _, e := range events {
			body, err := json.Marshal(e)
			if err != nil {
				s.t.Fatal(err)
			}
			switch s.merchant.taken[string(e.ID)] {
			case string(body):
				told++
			case "":
				missing++
				s.t.Errorf("%s: event %d (%s) never arrived: %+v", p.Reference, e.Sequence, e.Type, p.Notice)
			default:
				s.t.Errorf("%s: event %d arrived otherwise", p.Reference, e.Sequence)
			}
		}
		if gaps := s.merchant.Missing(string(id)); len(gaps) > 0 {
			s.t.Errorf("%s: the receiver misses %v", p.Reference, gaps)
		}
	}
	c := s.merchant.count
	s.t.Logf("%6d  events of %d payouts in their histories, each in the feed once, in order", told+missing, stored)
	s.t.Logf("%6d  of them arrived at the merchant; %d missing", told, missing)
	s.t.Logf("%6d  attempts: %d taken (%d of them again), %d refused, %d without an answer, %d taken with the answer lost",
		c.attempts, c.taken, c.repeated, c.refused, c.silent, c.lost)
}

// readFeed reads the whole feed as a merchant would, and collects the sequences of
// each payout in the order of the feed.
func (s *stack) readFeed() map[payout.ID][]int {
	s.t.Helper()
	fed, at := map[payout.ID][]int{}, payout.Position{}
	for {
		page, err := s.table.ReadFeed(context.Background(), at, 50)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, p := range page {
			for sequence := p.From; sequence <= p.To; sequence++ {
				fed[p.ID] = append(fed[p.ID], sequence)
			}
			at[p.ID.Shard()] = p.Number
		}
		if len(page) == 0 {
			return fed
		}
	}
}

func numbers(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i+1)
	}
	return all
}
