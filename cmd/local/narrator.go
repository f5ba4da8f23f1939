package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/receiver"
)

// narrator is the store, telling on the terminal whatever became durable.
type narrator struct {
	payout.Store
	out io.Writer
	mu  sync.Mutex // one line at a time
	// news stands for the table's stream: it gets the id of every payout that has
	// something to tell. What does not fit is left to the sweep.
	news chan payout.ID
}

// Insert implements payout.Store.
func (n *narrator) Insert(ctx context.Context, p payout.Payout) error {
	err := n.Store.Insert(ctx, p)
	if err == nil {
		n.tell(p, p.History[len(p.History)-1])
		n.stream(p)
	}
	return err
}

// Apply implements payout.Store.
func (n *narrator) Apply(ctx context.Context, s payout.Step) (payout.Payout, error) {
	after, err := n.Store.Apply(ctx, s)
	if err == nil && s.Then.Entry != nil {
		n.tell(after, *s.Then.Entry)
	}
	if err == nil {
		n.stream(after)
	}
	return after, err
}

// stream lets through what the filter of the template lets through.
func (n *narrator) stream(p payout.Payout) {
	if !p.Notice.Fresh {
		return
	}
	select {
	case n.news <- p.ID:
	default:
	}
}

func (n *narrator) tell(p payout.Payout, e payout.Entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line := fmt.Sprintf("%s  %-24s %-10s by %-8s", e.At.Format("15:04:05"), p.Reference, p.Status, e.Source)
	if e.Message != "" {
		line += "  " + e.Message
	}
	if e.ProviderCode != "" {
		line += "  (" + string(p.Provider) + " says " + e.ProviderCode + ")"
	}
	_, _ = fmt.Fprintln(n.out, line)
}

// heard tells what the merchant's own webhook got.
func (n *narrator) heard(e receiver.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := e.Timestamp
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		at = t.Format("15:04:05")
	}
	_, _ = fmt.Fprintf(n.out, "%s  %-24s the merchant gets event %d: %s\n", at, e.Reference, e.Sequence, e.Type)
	return nil
}
