package payout

import (
	"context"
	"sync"
	"time"
)

// pace spaces the status queries of one process to each provider, where a setting says how many a
// provider takes in a second. No page says it, so without a setting nothing is spaced.
type pace struct {
	gaps  map[Provider]time.Duration
	now   func() time.Time
	pause func(context.Context, time.Duration)

	mu   sync.Mutex
	next map[Provider]time.Time // when the next status query may go
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

// wait waits for the turn of one status query. False means that it would come too late for the
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

// paced asks the provider, unless it has left too many status queries of this run unanswered or
// takes no more of them: false means that nobody was asked.
func (s *Sweeper) paced(ctx context.Context, p Payout, about Attempt, connector Connector) (Claim, bool) {
	l := s.lanes.of(p.Provider)
	if !l.asks() {
		return Claim{}, false
	}
	if !s.pace.wait(ctx, p.Provider) {
		l.leftOut()
		return Claim{}, false
	}
	begun := s.ports.Now()
	c := connector.Ask(ctx, p, about)
	l.hears(c, s.ports.Now().Sub(begun))
	return c, true
}

// unasked leaves a payout due, as the sweep has taken it up. A person is called all the same
// when it is time.
func (s *Sweeper) unasked(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	reason, signal := UnknownTooLong, SignalUnknownTooLong
	if p.Status == Queued {
		reason, signal = QueuedTooLong, SignalQueuedTooLong
	}
	late := p.tooLong(now) || p.Status == Queued && now.Sub(p.CreatedAt) > s.policy.QueuedMaxAge
	if _, raised := p.Attention[reason]; raised || !late {
		return nil
	}
	return s.call(ctx, p, Change{}, reason, signal)
}
