package payout

import (
	"context"
	"sync"
	"time"
)

// pace spaces the questions of one process to each provider, where a setting says how many a
// provider takes in a second. No page says it, so without a setting nothing is spaced.
type pace struct {
	gaps  map[Provider]time.Duration
	now   func() time.Time
	pause func(context.Context, time.Duration)

	mu   sync.Mutex
	next map[Provider]time.Time // when the next question may go
}

func newPace(perSecond map[Provider]int, ports Ports) *pace {
	p := &pace{gaps: map[Provider]time.Duration{}, now: ports.Now, pause: ports.Pause, next: map[Provider]time.Time{}}
	for name, n := range perSecond {
		if n > 0 {
			p.gaps[name] = time.Second / time.Duration(n)
		}
	}
	return p
}

// wait waits for the turn of one question. False means that it would come too late for the
// invocation, and that no turn was used up.
func (p *pace) wait(ctx context.Context, to Provider) bool {
	gap := p.gaps[to]
	if gap == 0 {
		return true
	}
	p.mu.Lock()
	now := p.now()
	turn := p.next[to]
	if turn.Before(now) || turn.After(now.Add(visibility)) { // a clock can go back
		turn = now
	}
	if end, bounded := ctx.Deadline(); bounded && turn.Add(postNeeds).After(end) {
		p.mu.Unlock()
		return false
	}
	p.next[to] = turn.Add(gap)
	p.mu.Unlock()
	if wait := turn.Sub(now); wait > 0 {
		p.pause(ctx, wait)
	}
	return ctx.Err() == nil
}
