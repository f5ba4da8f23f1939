package edge

import (
	"context"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/payout"
)

// Notifier is the use case that NewNotify serves; *payout.Notifier implements it.
type Notifier interface {
	// Notify tells what nobody has begun to tell of a payout. It may be called twice, late and in
	// any order. An error brings the record back.
	Notify(ctx context.Context, id payout.ID) error
}

// Outflow is the use case that counts what is submitted; *payout.Outflow implements it.
type Outflow interface {
	Count(ctx context.Context, sums payout.OutflowSums) ([]payout.OutflowHold, error)
}

// Notify is what NewNotify needs.
type Notify struct {
	Notifier Notifier
	// Outflow counts submissions; nil: nobody does.
	Outflow Outflow
	Log     *slog.Logger
}

// StreamHandler answers a batch of the table's stream.
type StreamHandler = func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// tellers is how many payouts of a batch are told of side by side. An endpoint may take 15 s to
// answer, and a batch of 50 has 55 s (template.yaml).
const tellers = 8

// NewNotify serves the table's stream. A record is a hint that a payout may have
// news; what there is to tell is read from the table, so records may come twice,
// late and in any order. The earliest record that failed is reported, and the
// stream comes back with it and what follows; the sweep has all of it anyway.
//
// Beside the telling it counts the submissions of the batch. Neither waits for the other,
// and a count that fails fails no record: the merchant's news would come late for it. It never
// returns an error: Lambda would cut the batch in halves and tell good payouts again because of a
// bad one.
func NewNotify(n Notify) StreamHandler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		counted := n.count(ctx, batch)
		ids, first := distinct(batch)
		failed := tellAll(ctx, n.Notifier, n.Log, ids)
		<-counted
		n.Log.LogAttrs(ctx, slog.LevelInfo, "stream read", slog.Int("count", len(batch.Records)), slog.Int("taken", len(ids)), slog.Int("failed", len(failed)))
		response := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
		for _, record := range batch.Records { // in the order of the stream
			id := recordID(record)
			if failed[id] && first[id] == record.Change.SequenceNumber {
				response.BatchItemFailures = append(response.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
				break
			}
		}
		return response, nil
	}
}

// distinct lists the payouts of a batch, and each one's first record. One telling covers all
// records of a payout, since it reads the item. The first record is what is reported, so that none
// of the later ones is passed over.
func distinct(batch events.DynamoDBEvent) ([]payout.ID, map[payout.ID]string) {
	var ids []payout.ID
	first := map[payout.ID]string{}
	for _, record := range batch.Records {
		id := recordID(record)
		if _, known := first[id]; id == "" || known || onlyCounted(record) {
			continue
		}
		first[id] = record.Change.SequenceNumber
		ids = append(ids, id)
	}
	return ids, first
}

// recordID is the payout that a record is about; empty for every other item. Recipients, controls,
// reports and feed entries pass the same stream, where the filter is changed or missing.
func recordID(record events.DynamoDBEventRecord) payout.ID {
	key, there := record.Change.Keys["pk"]
	if !there || key.DataType() != events.DataTypeString {
		return ""
	}
	id, ok := payout.ParseID(key.String())
	if !ok {
		return ""
	}
	return id
}

// tellAll tells of each payout, tellers at a time, and returns those that failed. One that hangs
// takes one slot, not the batch.
func tellAll(ctx context.Context, notifier Notifier, log *slog.Logger, ids []payout.ID) map[payout.ID]bool {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		failed = map[payout.ID]bool{}
		slots  = make(chan struct{}, tellers)
	)
	for _, id := range ids {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			err := notifier.Notify(ctx, id)
			if err == nil {
				return
			}
			log.LogAttrs(ctx, slog.LevelWarn, "news not told", slog.String("payout_id", string(id)), slog.Any("error", err))
			mu.Lock()
			defer mu.Unlock()
			failed[id] = true
		})
	}
	wait.Wait()
	return failed
}
