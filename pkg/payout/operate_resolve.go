package payout

import (
	"context"
	"time"
)

// Resolve records what people have found out where no provider says anything more.
// It takes two people and written evidence, since it ends what money is somewhere
// about. The provider is asked a few times more, and a word that differs becomes a
// contradiction, as after any other end.
func (o *Operator) Resolve(ctx context.Context, order Order) (Ordered, error) {
	if err := order.check(true); err != nil {
		return Ordered{}, err
	}
	person, err := who(ctx, o.ports.people(), order.Identities)
	if err != nil {
		return Ordered{}, err
	}
	return o.change(ctx, order, func(p Payout, now time.Time) (*Change, error) {
		if done, err := p.AsRestored(o.policy.LastRestore()).resolvable(order.As); done || err != nil {
			return nil, err
		}
		if change, err := p.propose(order, Resolve, person, o.policy.LastRestore(), now); err != nil {
			return change, err
		}
		return o.resolved(p, order, person, now), nil
	})
}

// resolvable reports whether a payout already stands as the order says, or cannot
// come to stand so.
func (p Payout) resolvable(as Resolution) (done bool, err error) {
	switch as {
	case Reviewed:
		return len(p.Attention.reviewed()) == len(p.Attention), nil
	case ResolvedSucceeded, ResolvedFailed:
	default:
		return false, &OrderRefused{
			Problem: OrderUnreadable, Detail: "the order is not complete",
			Faults: []Fault{{Pointer: "/as", Code: InvalidRequest, Message: "must be succeeded, failed or reviewed"}},
		}
	}
	mayBePaid := p.spokenOf() || p.mayHaveGone() // of what is queued
	switch target := Status(as); {
	case p.Status == target:
		return true, nil
	case p.Status.Final():
		return false, notPossible("the payout has ended as %s, and that is never rewritten; resolve it as reviewed", p.Status)
	case p.Status == Queued && as == ResolvedFailed && mayBePaid:
		return false, notPossible("the payout may have been sent; ask the provider, then two people cancel it or resolve it as succeeded")
	case p.Status == Queued && !mayBePaid && !p.earlierClosed():
		return false, notPossible("the present attempt was not sent, and an earlier one may have been paid; ask the provider about that one, then cancel the payout")
	case p.Status == Queued && !mayBePaid:
		return false, notPossible("the payout was not sent; cancel it")
	case p.Status == Submitting:
		return false, &OrderRefused{Problem: OrderBusy, Detail: "the payout is being submitted; wait two minutes"}
	}
	return false, nil
}

func (o *Operator) resolved(p Payout, order Order, by signatory, now time.Time) *Change {
	change := Change{At: now, Proposal: &Proposal{}}
	if order.As == Reviewed {
		attention := p.Attention.reviewed()
		change.Attention = &attention
		return p.withEntry(change, order.entry(now, p.Status, p.confirmed("reviewed", by)))
	}
	status := Status(order.As)
	attention, due := p.Attention.entering(status), now.Add(confirmAfter)
	change.Status, change.Attention, change.QueryAt, change.Polls, change.Lease = status, &attention, &due, new(int), &Lease{}
	change.Heard = p.Heard.without([]Fact{p.Attempt.fact(wasResolved)})
	if status == Failed {
		// Two people are sure; that is not what "safe" promises.
		change.Failure = &Failure{Code: FailureResolved, Message: Printable(order.Reason)}
	}
	return p.withEntry(change, order.entry(now, status, p.confirmed("resolved as "+string(status), by)))
}
