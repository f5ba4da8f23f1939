package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"cambodia-payouts/pkg/payout"
)

// narrator is the store, telling on the terminal whatever became durable.
type narrator struct {
	payout.Store
	out io.Writer
	mu  sync.Mutex // one line at a time
}

// Insert implements payout.Store.
func (n *narrator) Insert(ctx context.Context, p payout.Payout) error {
	err := n.Store.Insert(ctx, p)
	if err == nil {
		n.tell(p, p.History[len(p.History)-1])
	}
	return err
}

// Apply implements payout.Store.
func (n *narrator) Apply(ctx context.Context, s payout.Step) (payout.Payout, error) {
	after, err := n.Store.Apply(ctx, s)
	if err == nil && s.Then.Entry != nil {
		n.tell(after, *s.Then.Entry)
	}
	return after, err
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
