package payout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Notifier is the use case "notify": every event of a payout reaches the feed, and the
// webhook if there is one, at least once.
type Notifier struct {
	writer
	ports NotifierPorts
}

// NotifierPorts is what telling needs.
type NotifierPorts struct {
	Store    Store
	Endpoint Endpoint
	Signals  Signals
	Breaker  *Breaker
	Now      func() time.Time
	NewToken func() string
	Jitter   func(time.Duration) time.Duration
	// Heard is told of every attempt, for the log; nil for none.
	Heard func(ctx context.Context, event Event, d Delivery)
}

// NewNotifier returns a notifier.
func NewNotifier(ports NotifierPorts) (*Notifier, error) {
	if ports.Store == nil || ports.Endpoint == nil || ports.Signals == nil || ports.Breaker == nil ||
		ports.Now == nil || ports.NewToken == nil || ports.Jitter == nil {
		return nil, errors.New("payout: a port of the notifier is missing")
	}
	if ports.Heard == nil {
		ports.Heard = func(context.Context, Event, Delivery) {}
	}
	return &Notifier{writer: writer{store: ports.Store, signals: ports.Signals}, ports: ports}, nil
}

const (
	// goneFor is the count of failures of an endpoint that wants no more. Only a
	// person's order makes it smaller.
	goneFor = 1000
)

// Notify tells what nobody has begun to tell about a payout; it is for the stream,
// which may call it twice, late and in any order.
func (h *Notifier) Notify(ctx context.Context, id ID) error {
	p, err := h.ports.Store.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tell of %s: %w", id, err)
	}
	if !p.Notice.Fresh {
		return nil
	}
	return h.notify(ctx, p)
}

// Due tells what is due of a payout; it is for the sweep.
func (h *Notifier) Due(ctx context.Context, p Payout) error {
	if p.Notice.At.IsZero() || h.ports.Now().Before(p.Notice.At) {
		return nil
	}
	return h.notify(ctx, p)
}

// notify takes the lease, tells, and notes how far it came. Whoever does not get the
// lease leaves the payout to whoever has it; the time in the item brings back what
// that one leaves undone.
func (h *Notifier) notify(ctx context.Context, p Payout) error {
	for range rounds {
		now := h.ports.Now()
		if now.Before(p.Notice.Lease.Until) {
			return nil
		}
		if !h.timeFor(ctx, now.Add(noticeLease)) {
			return nil
		}
		restored, err := h.ports.Breaker.Restored(ctx, now)
		if err != nil {
			return fmt.Errorf("tell of %s: %w", p.ID, err)
		}
		taken, err := h.take(ctx, p, now)
		if err != nil || taken == nil {
			return err
		}
		next, err := h.round(ctx, *taken, restored)
		if err != nil || next == nil {
			return err
		}
		p = *next // something new came while we told
	}
	return nil
}

// timeFor reports whether one attempt fits into what is left.
func (h *Notifier) timeFor(ctx context.Context, lease time.Time) bool {
	end := lease
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return ctx.Err() == nil && !h.ports.Now().Add(attemptNeeds).After(end)
}

// take leases the right to tell. Nil means that somebody else has it.
func (h *Notifier) take(ctx context.Context, p Payout, now time.Time) (*Payout, error) {
	n := p.Notice
	if n.Lease.Token != "" && n.Unclear.IsZero() { // somebody began and never came back
		n.Unclear = n.Lease.Until.Add(-noticeLease)
	}
	n.Lease = Lease{Token: h.ports.NewToken(), Until: now.Add(noticeLease)}
	if n.At.Before(n.Lease.Until) { // the sweep need not look before we are done
		n.At = n.Lease.Until
	}
	taken, written, err := h.apply(ctx, p.noticeStep(n, now))
	if err != nil {
		return nil, fmt.Errorf("lease the telling of %s: %w", p.ID, err)
	}
	if written || taken != nil && taken.Notice.Lease.Token == n.Lease.Token {
		return taken, nil // now, or by an earlier try of our own
	}
	return nil, nil
}

// round tells the feed, then the webhook, and notes it. It returns the payout if
// more has happened to it meanwhile.
func (h *Notifier) round(ctx context.Context, p Payout, restored time.Time) (*Payout, error) {
	events := p.AsRestored(restored).Events()
	n := p.Notice
	if !h.ports.Now().Before(n.Lease.Until) {
		return nil, nil // taking it took too long: somebody else may be telling
	}
	if n.Fed < len(events) {
		if _, failing := p.Attention[NotificationFailing]; !failing && n.Failures < goneFor {
			n.Failures = 0 // what is new has ten attempts of its own
		}
		news := FeedEntry{ID: p.ID, From: n.Fed + 1, To: len(events), At: h.ports.Now()}
		if err := h.ports.Store.Publish(ctx, news, p.Notice.lookBack()); err != nil {
			return nil, fmt.Errorf("publish %s: %w", p.ID, err)
		}
		n.Fed = len(events)
	}
	outcome := h.webhook(ctx, p, events, &n)
	return h.record(ctx, p, n, outcome, len(events))
}

// webhook makes the attempts of one round: what is owed, then what is new, in
// order. An endpoint that is down ends the round; an event that it declines does
// not hold up the others.
func (h *Notifier) webhook(ctx context.Context, p Payout, events []Event, n *Notice) Delivery {
	ready, err := h.ports.Endpoint.Ready(ctx)
	if err != nil {
		return Delivery{Result: Postponed, RetryAfter: time.Minute}
	}
	if !ready {
		n.Tried, n.Owed = len(events), nil
		return Delivery{Result: Delivered}
	}
	if n.Failures >= goneFor {
		n.Tried, n.Owed = len(events), n.upTo(len(events))
		return Delivery{Result: Gone}
	}
	h.ports.Breaker.Refresh(ctx, h.ports.Now())
	outcome, owed, queue := Delivery{Result: Delivered}, []int(nil), n.upTo(len(events))
	for i, sequence := range queue {
		d := h.attempt(ctx, p, events[sequence-1])
		if d.Result != Postponed {
			n.Tried = max(n.Tried, sequence)
		}
		if d.Result == Delivered {
			continue
		}
		outcome = d
		if d.Result == Declined {
			owed = append(owed, sequence)
			continue
		}
		// What was never tried stays new, so that first attempts keep their order.
		for _, rest := range queue[i:] {
			if rest <= n.Tried {
				owed = append(owed, rest)
			}
		}
		break
	}
	n.Owed = owed
	return outcome
}

// upTo lists what a round has to tell, in order: what is owed, then what is new.
// A restore may have taken back what was owed.
func (n Notice) upTo(events int) []int {
	var all []int
	for _, sequence := range n.Owed {
		if sequence <= events {
			all = append(all, sequence)
		}
	}
	for sequence := n.Tried + 1; sequence <= events; sequence++ {
		all = append(all, sequence)
	}
	return all
}

// attempt is one attempt, or none while the breaker holds or no time is left.
func (h *Notifier) attempt(ctx context.Context, p Payout, event Event) Delivery {
	now := h.ports.Now()
	if !h.timeFor(ctx, p.Notice.Lease.Until) {
		return Delivery{Result: Postponed, RetryAfter: time.Second}
	}
	body, err := json.Marshal(event)
	if err != nil {
		return Delivery{Result: Declined, Detail: "the event cannot be written"}
	}
	// What stands in one caller's payouts may be what the endpoint does not take.
	by := p.CreatedBy
	if _, why := h.ports.Breaker.begin(EndpointPause, by, now); why != "" {
		return Delivery{Result: Postponed, RetryAfter: h.ports.Breaker.wait(EndpointPause, by, now)}
	}
	d := h.ports.Endpoint.Deliver(ctx, Message{ID: event.ID, Body: body})
	heard := FoundProcessing
	if d.Result == Down {
		heard = FoundUnclear
	}
	for _, signal := range h.ports.Breaker.record(ctx, EndpointPause, by, Claim{Finding: heard}, h.ports.Now()) {
		if signal == SignalPaused {
			signal = SignalWebhookDown
		}
		h.ports.Signals.Signal(ctx, signal, EndpointPause, p.ID)
	}
	h.ports.Heard(ctx, event, d)
	return d
}

// record notes the round. If more has happened meanwhile, what was told is noted
// and the payout comes back, to be told again.
func (h *Notifier) record(ctx context.Context, p Payout, n Notice, outcome Delivery, told int) (*Payout, error) {
	token := p.Notice.Lease.Token
	for range rounds {
		if p.Notice.Lease.Token != token {
			return nil, nil // the lease ran out, and somebody else tells
		}
		now, next := h.ports.Now(), n
		next.Lease, next.Unclear = Lease{}, time.Time{}
		step := h.conclude(p, next, outcome, now)
		if more := len(p.Events()) > told; more {
			next.At = p.Notice.At // what came meanwhile is due then, or at once
			step = p.noticeStep(next, now)
		}
		after, written, err := h.apply(ctx, step)
		switch {
		case err != nil:
			return nil, fmt.Errorf("note what was told of %s: %w", p.ID, err)
		case after == nil:
			return nil, fmt.Errorf("note what was told of %s: %w", p.ID, errGone)
		case written && outcome.Result == Delivered && after.untold(len(after.Events())):
			return after, nil
		case written:
			return nil, nil
		}
		p = *after
	}
	return nil, errBusy
}

// conclude is the write that ends a round: all told, or when to try again, or that
// it is given up and needs a person.
func (h *Notifier) conclude(p Payout, n Notice, outcome Delivery, now time.Time) Step {
	switch {
	case outcome.Result == Gone:
		n.At, n.Failures = time.Time{}, goneFor
		return p.giveUp(n, now)
	case outcome.Result == Postponed:
		n.At = now.Add(h.ports.Jitter(max(outcome.RetryAfter, noticeWaits[0])))
		return p.noticeStep(n, now)
	case len(n.Owed) == 0:
		n.At, n.Failures = time.Time{}, 0
		return p.toldAll(n, now)
	}
	n.Failures++
	if n.Failures > len(noticeWaits) {
		n.At = time.Time{}
		return p.giveUp(n, now)
	}
	wait := h.ports.Jitter(noticeWaits[n.Failures-1])
	n.At = now.Add(max(wait, min(outcome.RetryAfter, mostRetryAfter)))
	return p.noticeStep(n, now)
}
