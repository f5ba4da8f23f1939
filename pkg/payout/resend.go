package payout

import (
	"context"
	"fmt"
	"time"
)

// Resend submits a payout again:
//   - queued: it was never sent, and whatever held it is set aside;
//   - unknown: once more under the same attempt and provider reference. One person
//     may order that where the provider is documented to refuse duplicates,
//     elsewhere it takes two;
//   - failed: as a new attempt under a new provider reference. It takes two people
//     unless the failure is safe to pay again.
//
// After a restore it always takes two, where a repetition could pay twice.
//
// Everything else is with the provider, or over.
func (o *Operator) Resend(ctx context.Context, order Order) (Ordered, error) {
	if err := order.check(false); err != nil {
		return Ordered{}, err
	}
	p, err := o.find(ctx, order.ID)
	if err != nil {
		return Ordered{}, err
	}
	if err := order.upToDate(p); err != nil {
		return Ordered{}, err
	}
	needsTwo, err := p.resendNeedsTwo()
	if err != nil {
		return Ordered{}, err
	}
	// A lost table may have made this very submission.
	needsTwo = needsTwo || o.policy.mayHaveBeenSentBefore(p.Provider)
	if needsTwo {
		proposal := Proposal{Action: Resend, By: order.By, At: o.ports.Now()}
		change, waiting := p.propose(proposal, order)
		if waiting != nil {
			return o.keepProposal(ctx, p, change)
		}
	}
	return o.submitAgain(ctx, p, order)
}

// resendNeedsTwo reports whether a wrong decision could pay twice.
func (p Payout) resendNeedsTwo() (bool, error) {
	switch p.Status {
	case Queued:
		return false, nil
	case Unknown:
		return !Recoveries[p.Provider].repeatable(), nil
	case Failed:
		if p.Attempt >= lastAttempt {
			return false, notPossible("the payout has used all of its %d attempts", lastAttempt)
		}
		return p.Failure == nil || !p.Failure.SafeToPayAgain, nil
	case Submitting:
		return false, &OrderRefused{Problem: OrderBusy, Detail: "the payout is being submitted; wait two minutes"}
	}
	return false, notPossible("a payout that is %s cannot be sent again", p.Status)
}

func (o *Operator) keepProposal(ctx context.Context, p Payout, change *Change) (Ordered, error) {
	if change == nil {
		return Ordered{Payout: p, Awaiting: true}, nil
	}
	after, err := o.ports.Store.Apply(ctx, p.step(*change))
	if err != nil {
		return Ordered{}, unavailable(err)
	}
	return Ordered{Payout: after, Awaiting: true}, nil
}

// submitAgain sends under the guard that the payout is still the one that the
// order was weighed against.
func (o *Operator) submitAgain(ctx context.Context, p Payout, order Order) (Ordered, error) {
	connector, wired := o.ports.Connectors[p.Provider]
	if !wired {
		return Ordered{}, notPossible("%s is not configured", p.Provider)
	}
	if o.ports.Brakes.Held(p.Provider, o.ports.Now()) {
		return Ordered{}, &OrderRefused{Problem: OrderPaused, Detail: "submissions to the provider are paused"}
	}
	faults, err := connector.Check(ctx, p)
	if err != nil {
		return Ordered{}, unavailable(err)
	}
	if len(faults) > 0 {
		return Ordered{}, &OrderRefused{Problem: OrderInexpressive, Detail: "the provider cannot take this payout", Faults: faults}
	}
	after, fenced, err := o.submitter.again(ctx, p, connector, order.entry(o.ports.Now(), Submitting, "sent again"))
	if err != nil {
		return Ordered{}, unavailable(err)
	}
	if !fenced {
		return Ordered{}, &OrderRefused{Problem: OrderBusy, Detail: "the payout changed meanwhile; look at it, then decide again"}
	}
	return Ordered{Payout: after}, nil
}

// again fences a payout once more and sends it, if it has not changed since it was
// read. A failed payout starts a new attempt; every other one keeps its provider
// reference. Not fenced means that somebody else has moved it.
func (s *submitter) again(ctx context.Context, p Payout, connector Connector, entry *Entry) (after Payout, fenced bool, err error) {
	now, token := s.now(), s.newToken()
	sent, due := p.Sent+1, now.Add(visibility)
	change := Change{
		At: now, Status: Submitting, SubmittedAt: now, Sent: &sent, QueryAt: &due,
		Lease: &Lease{Token: token, Until: now.Add(leaseFor)}, Polls: new(int),
	}
	if p.Status == Failed {
		change.NewAttempt, sent = true, 1
	}
	attention := p.Attention.Entering(Submitting)
	change.Attention = &attention
	change = *p.inscribe(change, entry)
	submission, err := connector.Open(ctx, change.Apply(p))
	if err != nil {
		return p, false, fmt.Errorf("open a submission: %w", err)
	}
	defer submission.Close()
	stored, err := s.receiver.store.Apply(ctx, p.step(change))
	if err != nil {
		current, err := refusal(err)
		if err != nil || current == nil || current.Lease.Token != token {
			return p, false, err // not ours, or not clear: then nothing is sent
		}
		stored = *current
	}
	after, err = s.submit(ctx, stored, submission)
	return after, true, err
}

// lastAttempt is the last number that fits into a provider reference.
const lastAttempt Attempt = 99

// sweepEntry is the history entry of a submission that nobody ordered.
func sweepEntry(at time.Time, why string) *Entry {
	return &Entry{At: at, Source: FromSweep, Status: Submitting, Message: why}
}
