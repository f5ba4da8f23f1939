package payout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Operator is the use case "operate": what a person may order when the machine has
// come to its end. Every order is in the history with who gave it.
type Operator struct {
	writer
	ports     Ports
	submitter submitter
}

// NewOperator returns an operator over the ports.
func NewOperator(ports Ports, policy Policy) (*Operator, error) {
	if err := ports.check(); err != nil {
		return nil, err
	}
	return &Operator{writer: ports.writer(policy), ports: ports, submitter: ports.submitter(policy)}, nil
}

// Order is what a person wants done to one payout.
type Order struct {
	ID ID
	By Principal
	// Identities are what the register of people may know the caller by, the most
	// telling one first: a session of single sign-on before its role.
	Identities []Principal
	Reason     string     // 3 to 500 bytes; kept in the history
	As         Resolution // of a Resolve
	// Sequence is that of the payout as the person saw it. An order about a payout
	// that has moved on is refused; zero asks for nothing.
	Sequence int
	// Event is the sequence of the event that a ResendEvent is about; zero: all that
	// is owed.
	Event int
	// Evidence says what a Resolve rests on: a statement line, a ticket, a letter.
	// It is kept with the history entry, as a provider's words are.
	Evidence string
}

// The limits of what a person writes.
const (
	leastReason  = 3
	mostReason   = 500
	mostEvidence = 4 << 10
)

// Ordered is what became of an order that was not refused.
type Ordered struct {
	Payout Payout
	// Awaiting means that nothing was done yet: another person has to give the same
	// order.
	Awaiting bool
}

// OrderProblem says why an order was refused.
type OrderProblem string

// The reasons for refusing an order.
const (
	OrderUnreadable   OrderProblem = "invalid-body"
	OrderUnknown      OrderProblem = "not-found"
	OrderNotPossible  OrderProblem = "not-possible" // the payout's state does not allow it
	OrderBusy         OrderProblem = "busy"         // it is being submitted right now
	OrderOutdated     OrderProblem = "outdated"     // the payout is no longer as the person saw it
	OrderPaused       OrderProblem = "paused"       // nothing may be submitted to the provider
	OrderInexpressive OrderProblem = "unacceptable" // the provider cannot express the payout
	OrderIncomplete   OrderProblem = "incomplete"   // after a restore it has to state more
	OrderUnavailable  OrderProblem = "unavailable"  // the store, or a secret
	// OrderPeopleNotRegistered: an order for two, by somebody whom the register of people
	// does not name, or without a register.
	OrderPeopleNotRegistered OrderProblem = "people-not-registered"
)

// OrderRefused is the error of an order.
type OrderRefused struct {
	Problem OrderProblem
	Detail  string // ours, fit to be shown
	Faults  []Fault
	Cause   error // for the log
}

// Error implements error.
func (r *OrderRefused) Error() string {
	return fmt.Sprintf("order refused: %s: %s: %v", r.Problem, r.Detail, r.Cause)
}

// Unwrap returns the cause.
func (r *OrderRefused) Unwrap() error { return r.Cause }

func notPossible(format string, values ...any) error {
	return &OrderRefused{Problem: OrderNotPossible, Detail: fmt.Sprintf(format, values...)}
}

// check refuses an order that is not complete.
func (o Order) check(needsEvidence bool) error {
	if faults := o.faults(needsEvidence); len(faults) > 0 {
		return &OrderRefused{Problem: OrderUnreadable, Detail: "the order is not complete", Faults: faults}
	}
	return nil
}

// faults lists every fault of what a person wrote.
func (o Order) faults(needsEvidence bool) []Fault {
	var faults []Fault
	blame := func(pointer, message string) {
		faults = append(faults, Fault{Pointer: pointer, Code: InvalidRequest, Message: message})
	}
	if len(strings.TrimSpace(o.Reason)) < leastReason || len(o.Reason) > mostReason || !printable(o.Reason) {
		blame("/reason", fmt.Sprintf("a reason of one line and of %d to %d bytes is required", leastReason, mostReason))
	}
	if lines := strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(o.Evidence); len(o.Evidence) > mostEvidence || !printable(lines) {
		blame("/evidence", fmt.Sprintf("must be text of at most %d bytes, without control characters", mostEvidence))
	}
	if needsEvidence && strings.TrimSpace(o.Evidence) == "" {
		blame("/evidence", "say what this rests on: a statement line, a ticket, a letter")
	}
	return faults
}

// upToDate refuses an order about a payout that has moved on since it was looked at. The
// proposal of the same order does not count: two people may have looked together.
func (o Order) upToDate(p Payout) error {
	proposed := p.Proposal.Entries > 0 && p.Proposal.Entries == p.entries()
	if o.Sequence == 0 || o.Sequence == p.Sequence() || proposed && o.Sequence == p.Sequence()-1 {
		return nil
	}
	return &OrderRefused{Problem: OrderOutdated, Detail: fmt.Sprintf("the payout has moved on to sequence %d; look at it, then decide again", p.Sequence())}
}

// orderSeparator stands between what was ordered and the reason that the person gave.
const orderSeparator = ": "

// entry records the order in the payout's history.
func (o Order) entry(at time.Time, after Status, what string) *Entry {
	return &Entry{
		At: at, Source: FromOperator, Status: after, By: o.By.shown(),
		Message:  Printable(what + orderSeparator + o.Reason),
		Evidence: HashEvidence(o.raw()), Raw: o.raw(),
	}
}

// raw is everything that the person wrote; the message may be clipped.
func (o Order) raw() []byte {
	return []byte("reason: " + o.Reason + "\nevidence: " + o.Evidence)
}

// Cancel withdraws a queued payout; every other state has to wait for the provider. What
// was certainly never sent is over with that. Of everything else the provider is asked as
// after any other end.
func (o *Operator) Cancel(ctx context.Context, order Order) (Ordered, error) {
	if err := order.check(false); err != nil {
		return Ordered{}, err
	}
	return o.change(ctx, order, func(p Payout, now time.Time) (*Change, error) {
		switch p.Status {
		case Cancelled:
			return nil, nil
		case Queued:
			what, change, err := o.mayCancel(ctx, p, order, now)
			if change != nil || err != nil {
				return change, err
			}
			return p.withEntry(o.cancelled(p, now), order.entry(now, Cancelled, what)), nil
		}
		return nil, notPossible("only a queued payout can be cancelled; this one is %s", p.Status)
	})
}

// cancelled is the change that withdraws a payout. What a lost table may have sent stays
// counted, since RESTORED_AT is taken away one day.
func (o *Operator) cancelled(p Payout, now time.Time) Change {
	attention, sent := p.Attention.entering(Cancelled), p.Sent+o.policy.uncounted(p)
	due, polls := o.policy.retention(now), confirmations
	if sent > 0 || p.mayStillPay() {
		due, polls = now.Add(confirmAfter), 0
	}
	lost := p.Heard.without(append(o.policy.restored(p), o.policy.underAnyAccount(p)...))
	return Change{At: now, Status: Cancelled, Attention: &attention, Sent: &sent, QueryAt: &due, Polls: &polls, Heard: lost}
}

// mayCancel lets one person withdraw what was certainly never sent. Where somebody's word,
// a lost table or an earlier attempt says otherwise, the merchant would pay again on the strength of one
// person's order, so it takes two. The text is what to write into the history.
func (o *Operator) mayCancel(ctx context.Context, p Payout, order Order, now time.Time) (string, *Change, error) {
	if o.policy.uncounted(p) == 0 && !p.mayStillPay() {
		return "cancelled", nil, nil
	}
	person, err := who(ctx, o.ports.people(), order.Identities)
	if err != nil {
		return "", nil, err
	}
	change, err := p.propose(order, Cancel, person, o.policy.LastRestore(), now)
	return p.confirmed("cancelled", person), change, err
}

// change reads, decides and writes until a write goes through. A decision without
// a change means that the order had been carried out before.
func (o *Operator) change(ctx context.Context, order Order, decide func(Payout, time.Time) (*Change, error)) (Ordered, error) {
	p, err := o.find(ctx, order.ID)
	if err != nil {
		return Ordered{}, err
	}
	var awaiting, moved bool
	var refused error
	after, err := o.until(ctx, p, func(p Payout) (Decision, error) {
		change, why := decide(p, o.ports.Now())
		if awaiting = errors.Is(why, errAwaiting); awaiting {
			why = nil
		}
		if moved = change != nil; moved && why == nil {
			why = order.upToDate(p)
		}
		refused = why
		return Decision{Change: change}, why
	})
	switch {
	case refused != nil:
		return Ordered{}, refused
	case err != nil:
		return Ordered{}, unavailable(err)
	}
	if moved && after.RecipientOwed && after.wavering() {
		o.ports.Breaker.noteUnsettled(o.ports.Now())
		o.submitter.roster.noteUnsettled(ctx, after, o.ports.Now()) // it stays owed until a sweep does it too
	}
	return Ordered{Payout: after, Awaiting: awaiting}, nil
}

// find reads what an order is about. Whoever does not know of a restore cannot weigh it.
func (o *Operator) find(ctx context.Context, id ID) (Payout, error) {
	if _, err := o.ports.Breaker.Restored(ctx, o.ports.Now()); err != nil {
		return Payout{}, unavailable(err)
	}
	p, err := o.ports.Store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Payout{}, &OrderRefused{Problem: OrderUnknown, Detail: "there is no such payout", Cause: err}
	case err != nil:
		return Payout{}, unavailable(err)
	}
	return p, nil
}

func unavailable(cause error) error {
	return &OrderRefused{Problem: OrderUnavailable, Detail: "the order may not be stored; look at the payout, then give it again", Cause: cause}
}
