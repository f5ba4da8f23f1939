package main

import (
	"context"
	"sync"
)

// turns lets processes make their requests in turn, one each, so that what they take from
// each other is the same in every run. Without it a faster machine would lose fewer numbers of
// the feed, and the same code would have another price.
type turns struct {
	mu   sync.Mutex
	next *sync.Cond
	now  int
	left []bool // who makes no more requests
}

func newTurns(processes int) *turns {
	t := &turns{left: make([]bool, processes)}
	t.next = sync.NewCond(&t.mu)
	return t
}

type seatKey struct{}

// seat is one process at the table.
type seat struct {
	of *turns
	n  int
}

// seat gives a process its place, in the context that its requests carry.
func (t *turns) seat(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, seatKey{}, seat{of: t, n: n})
}

// inTurn waits for the turn of the process that makes a request, and returns what ends it. Who
// has no seat does not wait: only the burst takes turns.
func inTurn(ctx context.Context) (end func()) {
	own, seated := ctx.Value(seatKey{}).(seat)
	if !seated {
		return func() {}
	}
	t := own.of
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.now != own.n {
		t.next.Wait()
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.pass()
	}
}

// leave says that a process makes no more requests. Whoever is done and does not say so holds up
// all others for good.
func (t *turns) leave(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left[n] = true
	if t.now == n {
		t.pass()
	}
}

// pass gives the turn to the next process that is still there.
func (t *turns) pass() {
	for range t.left {
		t.now = (t.now + 1) % len(t.left)
		if !t.left[t.now] {
			break
		}
	}
	// All are woken: one condition cannot tell whose turn it is.
	t.next.Broadcast()
}
