package payout

import (
	"context"
	"time"
)

// Resolve records what people have found out where no provider says anything more.
// It takes two principals and written evidence, since it can end the questions
// about money that is somewhere. A later word of the provider's that differs
// becomes a contradiction, as after any other end.
func (o *Operator) Resolve(ctx context.Context, order Order) (Ordered, error) {
	if err := order.check(true); err != nil {
		return Ordered{}, err
	}
	return o.change(ctx, order, func(p Payout, now time.Time) (*Change, error) {
		if done, err := p.resolvable(order.As); done || err != nil {
			return nil, err
		}
		proposal := Proposal{Action: Resolve, As: order.As, By: order.By, At: now}
		if change, err := p.propose(proposal, order); err != nil {
			return change, err
		}
		return o.resolved(p, order, now), nil
	})
}

// resolvable reports whether a payout already stands as the order says, or cannot
// come to stand so.
func (p Payout) resolvable(as Resolution) (done bool, err error) {
	switch as {
	case Reviewed:
		return len(p.Attention) == 0, nil
	case ResolvedSucceeded, ResolvedFailed:
	default:
		return false, &OrderRefused{
			Problem: OrderUnreadable, Detail: "the order is not complete",
			Faults: []Fault{{Pointer: "/as", Code: InvalidRequest, Message: "must be succeeded, failed or reviewed"}},
		}
	}
	switch target := Status(as); {
	case p.Status == target:
		return true, nil
	case p.Status.Final():
		return false, notPossible("the payout has ended as %s, and that is never rewritten; resolve it as reviewed", p.Status)
	case p.Status == Queued:
		return false, notPossible("the payout was not sent; cancel it")
	case p.Status == Submitting:
		return false, &OrderRefused{Problem: OrderBusy, Detail: "the payout is being submitted; wait two minutes"}
	}
	return false, nil
}

// propose keeps an order until a second principal gives it as well. errAwaiting
// comes with the change to make, or with none if the same person repeats it; no
// error means that this is the second principal.
func (p Payout) propose(fresh Proposal, order Order) (*Change, error) {
	if !p.Proposal.stands(fresh) {
		change := p.inscribe(Change{At: fresh.At, Proposal: &fresh},
			order.entry(fresh.At, p.Status, string(fresh.Action)+" "+string(fresh.As)+" proposed"))
		return change, errAwaiting
	}
	if p.Proposal.By == fresh.By {
		return nil, errAwaiting
	}
	return nil, nil
}

func (o *Operator) resolved(p Payout, order Order, now time.Time) *Change {
	change := Change{At: now, Proposal: &Proposal{}}
	if order.As == Reviewed {
		attention := Attention{}
		change.Attention = &attention
		return p.inscribe(change, order.entry(now, p.Status, "reviewed"))
	}
	status := Status(order.As)
	attention, due := p.Attention.Entering(status), o.policy.retention(now)
	change.Status, change.Attention, change.QueryAt, change.Lease = status, &attention, &due, &Lease{}
	if status == Failed {
		// Two people are sure; that is not what "safe" promises.
		change.Failure = &Failure{Code: FailureResolved, Message: Printable(order.Reason)}
	}
	return p.inscribe(change, order.entry(now, status, "resolved as "+string(status)))
}
