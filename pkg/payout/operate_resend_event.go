package payout

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ResendEvent has the merchant told again: of one event, or of everything that is
// owed. The event keeps its id, so a receiver that has it already sees that. One
// person may order it: no money moves.
func (o *Operator) ResendEvent(ctx context.Context, order Order) (Ordered, error) {
	if err := order.check(false); err != nil {
		return Ordered{}, err
	}
	return o.change(ctx, order, func(p Payout, now time.Time) (*Change, error) {
		notice, err := p.retell(order.Event, now)
		if err != nil {
			return nil, err
		}
		what := "everything owed is told again"
		if order.Event > 0 {
			what = fmt.Sprintf("event %d is told again", order.Event)
		}
		entry := order.entry(now, p.Status, what)
		// It is about the telling, not about the money, and must not take the room of evidence.
		entry.Source, entry.Raw = FromNotifier, []byte("reason: "+order.Reason)
		entry.Evidence = HashEvidence(entry.Raw)
		return p.withEntry(Change{At: now, Notice: notice}, entry), nil
	})
}

// retell is the notice of a payout of which one event, or all that is owed, is due
// at once, with all attempts before it again.
func (p Payout) retell(event int, now time.Time) (*Notice, error) {
	n, events := p.Notice, len(p.Events())
	switch {
	case now.Before(n.Lease.Until):
		return nil, &OrderRefused{Problem: OrderBusy, Detail: "the merchant is being told right now; wait a minute"}
	case event < 0 || event > events:
		return nil, notPossible("the payout has %d events", events)
	case event == 0 && len(n.Owed) == 0 && n.Tried == events:
		return nil, notPossible("nothing is owed; name the event that is to be told again")
	}
	owed := n.upTo(n.Tried) // what is owed, without what is new
	if event > 0 && event <= n.Tried {
		owed = slices.Compact(slices.Sorted(slices.Values(append(owed, event))))
	}
	// A lease that ran out stays: it says that somebody may have published and never
	// noted it.
	n.Owed, n.Failures, n.At, n.Fresh = owed, 0, now, true
	return &n, nil
}
