package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Receiver is the use case "apply a claim": a verified word of a provider comes in
// and is stored before anybody is thanked for it.
type Receiver struct {
	writer
	belief func(context.Context) Belief // nil: callbacks are believed
}

// NewReceiver returns a receiver over a store; of the policy it uses the retention
// alone.
func NewReceiver(store Store, signals Signals, policy Policy) *Receiver {
	return &Receiver{writer: writer{store, policy, signals}}
}

// Under returns the receiver under people's controls: they may say that callbacks are not
// believed.
func (r *Receiver) Under(b *Breaker, now func() time.Time) *Receiver {
	under := *r
	under.belief = func(ctx context.Context) Belief { return b.Belief(ctx, now()) }
	return &under
}

// Receive stores a claim. A nil error means that it is durable, or that it was
// before, and may be acknowledged; after an error the provider must send it again.
//
// The ordinary claim and its repetition take one write and no read: the write
// itself carries the whole comparison, and a refusal returns the payout that
// explains it.
func (r *Receiver) Receive(ctx context.Context, c Claim) (Verdict, error) {
	c = c.cleaned()
	if r.belief != nil && c.Source == FromCallback && r.belief(ctx) == AskFirst {
		c.Unbelieved, c.Message = true, unbelieved
	}
	id, attempt, ours := ParseProviderReference(c.Reference)
	if !ours {
		return r.keepOrphan(ctx, c)
	}
	current, verdict, err := r.first(ctx, id, attempt, c)
	if verdict != "" || err != nil {
		return verdict, err
	}
	verdict, err = r.settle(ctx, id, attempt, current, c)
	if err == nil && c.Unbelieved {
		verdict = Unbelieved
	}
	return verdict, err
}

// first tries the write that needs no look. No verdict means that the payout it
// returns (nil: absent) has to be weighed.
func (r *Receiver) first(ctx context.Context, id ID, attempt Attempt, c Claim) (*Payout, Verdict, error) {
	step, ok := direct(id, attempt, c)
	if !ok {
		p, err := r.store.Get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return nil, "", nil
		}
		return &p, "", err
	}
	r.policy.keep(&step.Then)
	current, written, err := r.apply(ctx, step)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("receive a claim: %w", err)
	case written:
		return nil, Applied, nil
	}
	return current, "", nil
}

// direct is the write for a claim about a payout that nobody has looked at: right
// for every payout without complications, refused for every other.
func direct(id ID, attempt Attempt, c Claim) (Step, bool) {
	target, ok := map[Finding]Status{
		FoundProcessing: Processing, FoundSucceeded: Succeeded, FoundFailed: Failed,
	}[c.Finding]
	if !ok || c.mayQuote() || c.Unbelieved || c.Suspect != "" || c.Ambiguous != "" || len(c.Amounts) == 0 || len(c.body()) > unreadBody {
		return Step{}, false
	}
	for _, a := range c.Amounts {
		if a != c.Amounts[0] {
			return Step{}, false
		}
	}
	guard := Guard{
		Statuses:      slices.DeleteFunc(target.Arrivals(), func(s Status) bool { return s == Queued }), // it may owe its list
		Uncomplicated: true,
		Claimed: &Claimed{
			Provider: c.Provider, ProviderID: c.ProviderID, Attempt: attempt,
			Amount: c.Amounts[0], Description: c.Description,
		},
	}
	if c.OnlyIfFirst {
		guard.Sent = 1
	}
	p := Payout{Attempt: attempt}
	facts := map[Finding][]Fact{FoundSucceeded: {attempt.fact(saidPaid)}}[c.Finding]
	change := *p.enter(target, c, facts...).Change
	return Step{ID: id, When: guard, Then: p.announced(change)}, true
}

// settle weighs the claim against the payout until a write goes through.
func (r *Receiver) settle(ctx context.Context, id ID, attempt Attempt, current *Payout, c Claim) (Verdict, error) {
	for range rounds {
		if current == nil && c.Ambiguous != "" {
			return r.keepOrphan(ctx, c) // whoever can write such a text must not block a reference
		}
		if current == nil {
			fresh := c.orphanPayout(id, attempt)
			fresh.QueryAt = r.policy.retention(c.At)
			fresh.DueAt = fresh.QueryAt
			err := r.store.Insert(ctx, fresh, Whenever)
			if err == nil {
				r.signals.Signal(ctx, SignalOrphanOfOurs, c.Provider, id)
				return KeptAsOrphan, nil
			}
			if current, err = refusal(err); err != nil {
				return "", fmt.Errorf("keep an orphan: %w", err)
			}
			continue
		}
		d := current.Decide(c)
		if d.Change == nil {
			return d.Verdict, nil
		}
		after, written, err := r.apply(ctx, r.step(*current, *d.Change), d.Signals...)
		switch {
		case err != nil:
			return "", err
		case written:
			return d.Verdict, nil
		}
		current = after
	}
	return "", errBusy
}

func (r *Receiver) keepOrphan(ctx context.Context, c Claim) (Verdict, error) {
	orphan := c.orphaned()
	orphan.RedactAt = r.policy.retention(c.At)
	fresh, err := r.store.KeepOrphan(ctx, orphan)
	if err != nil {
		return "", fmt.Errorf("keep an orphan: %w", err)
	}
	if !fresh {
		return Repeated, nil
	}
	signal := SignalOrphan
	if c.Ambiguous != "" {
		signal = SignalForeignCallback // nobody says that money went
	}
	r.signals.Signal(ctx, signal, c.Provider, "")
	return KeptAsOrphan, nil
}
