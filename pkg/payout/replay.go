package payout

import (
	"context"
	"errors"
	"fmt"

	"cambodia-payouts/pkg/money"
)

// Outcome says whether paying under another reference could pay twice.
type Outcome string

// The outcomes.
const (
	NotStarted     Outcome = "not_started" // certainly nothing was sent under this reference
	OutcomeUnknown Outcome = "unknown"     // something may have been sent, or will be
	OutcomeFinal   Outcome = "final"       // the payout under this reference has ended
)

// RefusalKind says why a create request was refused.
type RefusalKind string

// The kinds of refusal.
const (
	Unreadable       RefusalKind = "invalid-body"
	Unacceptable     RefusalKind = "unacceptable"
	ReferenceReused  RefusalKind = "reference-reused"
	ReferenceBlocked RefusalKind = "reference-blocked" // a provider has told us of a payout that our table lost
	Unavailable      RefusalKind = "unavailable"
)

// Refusal is the error of a create request. Outcome speaks about the reference,
// not about this request.
type Refusal struct {
	Kind     RefusalKind
	Faults   []Fault
	Existing ID // the payout that holds the reference, if any
	Outcome  Outcome
	Cause    error // for the log
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("create refused: %s: %v", r.Kind, r.Cause) }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// refuse answers a request that cannot start a payout. Before it says anything
// about the reference it looks, consistently, whether the reference has a payout.
func (c *Creator) refuse(ctx context.Context, d Draft, amount money.Amount, r *Refusal) (Created, error) {
	existing, err := c.ports.Store.Get(ctx, DeriveID(c.policy.Namespace, d.Reference))
	switch {
	case err == nil:
		return c.replay(ctx, existing, d, amount)
	case errors.Is(err, ErrNotFound) && c.policy.RestoredAt.IsZero():
		r.Outcome = NotStarted
	case errors.Is(err, ErrNotFound):
		r.Outcome = OutcomeUnknown // the table that was lost may have sent it
	default:
		r.Outcome, r.Cause = OutcomeUnknown, errors.Join(r.Cause, err)
	}
	return Created{}, r
}

// replay answers from the payout that holds the reference. While nobody can tell whether
// the request is the same one, it has to come again.
func (c *Creator) replay(ctx context.Context, p Payout, d Draft, amount money.Amount) (Created, error) {
	if p.Status == Orphan {
		return Created{}, &Refusal{Kind: ReferenceBlocked, Existing: p.ID, Outcome: OutcomeUnknown}
	}
	p = p.AsRestored(c.policy.RestoredAt)
	same, err := p.Fingerprint.isOf(ctx, d, amount, c.ports.Keys)
	switch {
	case err != nil:
		return Created{}, &Refusal{Kind: Unavailable, Existing: p.ID, Outcome: OutcomeUnknown, Cause: err}
	case !same:
		return Created{}, &Refusal{Kind: ReferenceReused, Existing: p.ID, Outcome: p.outcome()}
	}
	return Created{Payout: p, Replayed: true}, nil
}

// outcome says what the state of a payout means for paying under another
// reference.
func (p Payout) outcome() Outcome {
	switch {
	case !p.Status.Final() || p.Status == Orphan || len(p.Attention) > 0:
		return OutcomeUnknown
	case p.Status == Failed && !p.SafeToPayAgain(), p.Status == Cancelled && p.mayStillPay():
		return OutcomeUnknown
	}
	return OutcomeFinal
}
