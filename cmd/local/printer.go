package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/receiver"
)

// printer is the store, telling on the terminal whatever became durable. It prints after a write
// has succeeded, so that what stands on the terminal survives Ctrl-C.
type printer struct {
	payout.Store
	out io.Writer
	mu  sync.Mutex // one line at a time
	// news stands for the table's stream: it gets a record of every payout that has
	// something to tell, or is being submitted. What does not fit is left to the sweep.
	news chan events.DynamoDBEventRecord
}

// Insert implements payout.Store. A payout that goes at once is inserted in the state submitting,
// so that its insert is its fence, and counts.
func (n *printer) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	err := n.Store.Insert(ctx, p, arrived)
	if err == nil {
		n.print(p, p.History[len(p.History)-1])
		n.stream(p, p.Status == payout.Submitting)
	}
	return err
}

// Apply implements payout.Store. Steps without an entry, such as the notes of the telling, are not
// printed.
func (n *printer) Apply(ctx context.Context, s payout.Step) (payout.Payout, error) {
	after, err := n.Store.Apply(ctx, s)
	if err == nil && s.Then.Entry != nil {
		n.print(after, *s.Then.Entry)
	}
	if err == nil {
		n.stream(after, s.Then.Status == payout.Submitting)
	}
	return after, err
}

// stream lets through what the filter of the template lets through. Fenced says that the
// write brought the payout into the state submitting. The channel is never waited for: a store must
// not be slow because somebody listens, and what is dropped is due in the table.
func (n *printer) stream(p payout.Payout, fenced bool) {
	if !p.Notice.Fresh && !fenced {
		return
	}
	select {
	case n.news <- record(p, fenced):
	default:
	}
}

// record is what notify-merchant reads of a write. The image is there only for a fence, which alone
// is counted. The names of its attributes are those of pkg/dynamo.
func record(p payout.Payout, fenced bool) events.DynamoDBEventRecord {
	change := events.DynamoDBStreamRecord{Keys: map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute(string(p.ID))}}
	if fenced {
		change.NewImage = map[string]events.DynamoDBAttributeValue{
			"sk": events.NewStringAttribute("payout"), "status": events.NewStringAttribute(string(p.Status)), "provider": events.NewStringAttribute(string(p.Provider)),
			"amount": events.NewNumberAttribute(strconv.FormatInt(p.Amount.Minor(), 10)), "currency": events.NewStringAttribute(string(p.Amount.Currency())),
			"news": events.NewBooleanAttribute(p.Notice.Fresh),
		}
	}
	return events.DynamoDBEventRecord{Change: change}
}

// print tells one entry of a history. Messages are masked, as readers of the API see them:
// terminals are shared and pasted.
func (n *printer) print(p payout.Payout, e payout.Entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line := fmt.Sprintf("%s  %-24s %-10s by %-8s", e.At.Format("15:04:05"), p.Reference, p.Status, e.Source)
	if e.Message != "" {
		line += "  " + e.Shown(p.Mask())
	}
	if e.ProviderCode != "" {
		line += "  (" + string(p.Provider) + " says " + e.ProviderCode + ")"
	}
	_, _ = fmt.Fprintln(n.out, line)
}

// heard tells what the merchant's own webhook got. It returns no error: whatever it printed, the
// event was taken.
func (n *printer) heard(e receiver.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := e.Timestamp
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		at = t.Format("15:04:05")
	}
	_, _ = fmt.Fprintf(n.out, "%s  %-24s the merchant gets event %d: %s\n", at, e.Reference, e.Sequence, e.Type)
	return nil
}
