package payout

import (
	"context"
	"fmt"
	"time"
)

// submitter sends a fenced payout and records what became of it. Create and the
// sweep share it, so that there is one way to send money.
type submitter struct {
	writer
	connectors map[Provider]Connector
	breaker    *Breaker
	roster     roster
	now        func() time.Time
	newToken   func() string
	ports      Ports
}

// submit sends a payout whose lease this process holds, at most once. An error
// means that the answer could not be stored; the payout returned is then the last
// known one, and the sweep will ask.
func (s *submitter) submit(ctx context.Context, p Payout, sub Submission) (Payout, error) {
	if s.breaker.Ordered(ctx, p, s.now()) != "" {
		return s.record(ctx, p, s.notSent(p, "submissions were held while it was being fenced"))
	}
	c := s.send(ctx, p, sub)
	c.Source, c.Provider, c.Reference = FromAnswer, p.Provider, string(p.ProviderReference())
	c = c.cleaned()
	if s.breaker.passOver(p, c) {
		c.OfThisKind = true
	} else {
		for _, signal := range s.breaker.record(ctx, p.Provider, p.CreatedBy, c, c.At) {
			s.signals.Signal(ctx, signal, p.Provider, p.ID)
		}
	}
	return s.record(ctx, p, c)
}

func (s *submitter) send(ctx context.Context, p Payout, sub Submission) Claim {
	end := p.Lease.Until
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	if s.now().Add(postNeeds).After(end) {
		return Claim{Finding: FoundNotSent, Message: "too little time was left to submit", At: s.now()}
	}
	return sub.Send(ctx)
}

// record writes the answer under the lease, and signals if it cannot: the payout is unknown
// then, and whoever asked for it is told no more than that.
func (s *submitter) record(ctx context.Context, p Payout, c Claim) (Payout, error) {
	after, err := s.keep(ctx, p, c)
	if Unstored(err) {
		s.signals.Signal(ctx, SignalNotStored, p.Provider, p.ID)
	}
	return after, err
}

// keep writes an answer until a write goes through. If something else has moved the
// payout meanwhile, the answer is one claim among others.
func (s *submitter) keep(ctx context.Context, p Payout, c Claim) (Payout, error) {
	token := p.Lease.Token
	after, err := s.until(ctx, p, func(p Payout) (Decision, error) {
		if p.Lease.Token == token && (p.Status == Submitting || p.Status == Unknown) {
			return p.conclude(c), nil
		}
		return p.Decide(c), nil
	})
	if err != nil {
		return after, fmt.Errorf("record the answer: %w", err)
	}
	return after, nil
}

// conclude weighs an answer for the one process that may say "nothing was sent":
// the holder of the lease. Everybody else must doubt it.
func (p Payout) conclude(c Claim) Decision {
	c = p.withoutQuotes(c)
	switch c.Finding {
	case FoundNotSent, FoundAboutUs:
		return p.stepBack(c)
	case FoundUnlisted:
		return p.numbered(c, p.holdUnsure(c))
	}
	if !c.Finding.states() || c.Finding == FoundFailed && p.saysNothingOfTheLast(c) {
		return p.becomeUnknown(c)
	}
	return p.Decide(c)
}

const (
	// kindWait is how long a payout waits that is refused about us while others are taken: its
	// currency or method is not set up, or something before the provider objects to it.
	kindWait = 15 * time.Minute
	// aboutUsWait is how long every other one waits that is refused about us: longer than those
	// that the pause held up, so that one of them tries the provider next. Otherwise the same
	// payout could be refused, and pause the provider, again and again.
	aboutUsWait = 3 * aboutUsPause
)

// stepBack undoes a submission that certainly did not arrive. If an earlier one
// may have, the payout stays unknown.
func (p Payout) stepBack(c Claim) Decision {
	sent, target := p.Sent-1, Queued
	if sent > 0 {
		target = Unknown
	}
	change := Change{Status: target, Sent: &sent, Lease: &Lease{}}
	if target == Queued {
		if attention := p.Attention.entering(Queued); len(attention) < len(p.Attention) {
			change.Attention = &attention // it was unknown while this process slept
		}
		change.QueuedReason = QueuedNotConnected
		if c.Finding == FoundAboutUs {
			change.QueuedReason = QueuedRefusedUs
		}
	}
	if target == p.Status {
		change.Status = ""
	}
	if c.met != nil {
		change = p.refusedOrder(c, change)
	}
	d := p.write(c, change)
	d.Verdict = Applied
	if c.Finding == FoundAboutUs {
		p.refusedAboutUs(c, &d)
	}
	if target == Queued && !c.NotBefore.IsZero() {
		d.Change.QueryAt = &c.NotBefore
	}
	return d
}

// refusedOrder has people order a payout anew whose order is refused after its fence, which took
// for granted that it goes: beside whom it is wanted, and that nobody is called for it.
func (p Payout) refusedOrder(c Claim, change Change) Change {
	p.Beside = 0
	change, _ = p.showing(*c.met, change)
	if change.Status == Queued {
		attention := p.Attention.entering(Queued).With(PossibleDuplicate, c.At)
		change.Attention, change.QueuedReason = &attention, QueuedDuplicate
	}
	return change
}

// refusedAboutUs says when a payout is tried again that was refused about us. Whether anybody is
// woken, the [Breaker] says.
func (p Payout) refusedAboutUs(c Claim, d *Decision) {
	attention := d.attention(p).With(ProviderConfiguration, c.At)
	due := c.At.Add(aboutUsWait)
	if c.OfThisKind { // tried again now and then until it is too old
		due = c.At.Add(kindWait)
	}
	d.Change.Attention = &attention
	if sent := d.Change.Sent; *sent == 0 {
		d.Change.QueryAt = &due
	}
}

// holdUnsure records an answer with an unlisted status: the provider may have the
// payout, in a state that nobody has documented.
func (p Payout) holdUnsure(c Claim) Decision {
	d := p.becomeUnknown(c)
	if d.Change == nil {
		return p.hold(c)
	}
	attention := d.attention(p).With(UnlistedStatus, c.At)
	d.Change.Attention = &attention
	d.Change.Heard = p.Heard.without([]Fact{p.Attempt.fact(saidUnlisted)})
	d.Signals = append(d.Signals, SignalUnlisted)
	return d
}
