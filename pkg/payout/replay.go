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
	// Redacted: what the payout was compared by is taken out, so that nobody can tell whether the
	// request is the same one.
	Redacted bool
	Cause    error // for the log
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("create refused: %s: %v", r.Kind, r.Cause) }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// refuse answers a request that cannot start a payout. That nothing was started is only
// certain if nothing will be by a request that came before: one that the merchant has given
// up on may still be on its way to the fence, with an older key, cap or setting. So it is
// said only once the table turns those away.
func (c *Creator) refuse(ctx context.Context, d Draft, amount money.Amount, r *Refusal) (Created, error) {
	existing, err := c.turnAway(ctx, d)
	switch {
	case existing != nil:
		return c.replay(ctx, *existing, d, amount)
	case err != nil:
		r.Outcome, r.Cause = OutcomeUnknown, errors.Join(r.Cause, err)
	case !c.policy.RestoredAt.IsZero():
		r.Outcome = OutcomeUnknown // the table that was lost may have sent it
	default:
		r.Outcome = NotStarted
	}
	return Created{}, r
}

// turnAway forbids that anything is started under the reference by what has arrived up to
// now. It returns the payout that has the reference, if one does.
func (c *Creator) turnAway(ctx context.Context, d Draft) (*Payout, error) {
	until := c.ports.Now()
	if latest := d.Arrived.Add(longestRequest); until.After(latest) {
		until = latest // this clock is ahead; corrected requests must not wait for it
	}
	if until.Before(d.Arrived) {
		until = d.Arrived
	}
	err := c.ports.Store.TurnAway(ctx, DeriveID(c.policy.Namespace, d.Reference), until)
	if err == nil {
		return nil, nil
	}
	existing, err := refusal(err)
	if err == nil && existing == nil {
		err = fmt.Errorf("%w: refused without an item", ErrUnclear)
	}
	return existing, err
}

// replay answers from the payout that holds the reference. While nobody can tell whether
// the request is the same one, it has to come again. Once the payout is redacted nobody ever
// can: every request is answered as another one would be, with the payout's path and outcome.
// To call a request with another account a replay would say that somebody was paid who was not.
func (c *Creator) replay(ctx context.Context, p Payout, d Draft, amount money.Amount) (Created, error) {
	if p.Status == Orphan {
		return Created{}, &Refusal{Kind: ReferenceBlocked, Existing: p.ID, Outcome: OutcomeUnknown}
	}
	if _, err := c.ports.Breaker.Restored(ctx, c.ports.Now()); err != nil {
		return Created{}, &Refusal{Kind: Unavailable, Existing: p.ID, Outcome: OutcomeUnknown, Cause: err}
	}
	p = p.AsRestored(c.policy.LastRestore())
	same, err := p.comparable().isOf(ctx, d, amount, c.ports.Keys)
	switch {
	case err != nil:
		return Created{}, &Refusal{Kind: Unavailable, Existing: p.ID, Outcome: OutcomeUnknown, Cause: err}
	case !same:
		return Created{}, &Refusal{Kind: ReferenceReused, Existing: p.ID, Outcome: p.Outcome(), Redacted: !p.RedactedAt.IsZero()}
	}
	return Created{Payout: p, Replayed: true}, nil
}

// Outcome says what the state of a payout means for paying under another reference: a payout that
// was withdrawn may still pay by an attempt before the present one.
func (p Payout) Outcome() Outcome {
	switch {
	case !p.Status.Final() || p.Status == Orphan || len(p.Attention) > 0:
		return OutcomeUnknown
	case p.Status == Failed && !p.SafeToPayAgain(), p.Status == Cancelled && p.mayStillPay():
		return OutcomeUnknown
	}
	return OutcomeFinal
}
