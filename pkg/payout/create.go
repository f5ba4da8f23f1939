package payout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cambodia-payouts/pkg/money"
)

// Creator is the use case "create": one payout, submitted at most once.
type Creator struct {
	ports     Ports
	policy    Policy
	submitter submitter
}

// NewCreator returns a creator; it refuses a set of ports that could not finish, or could
// move too much.
func NewCreator(ports Ports, policy Policy) (*Creator, error) {
	if err := ports.check(); err != nil {
		return nil, err
	}
	if policy.FirstQuery <= 0 {
		policy.FirstQuery = DefaultFirstQuery
	}
	return &Creator{ports: ports, policy: policy, submitter: ports.submitter(policy)}, nil
}

// Created is the answer to a create request that was not refused.
type Created struct {
	Payout   Payout
	Replayed bool // the reference and the fingerprint were there before; nothing was sent
}

// Create makes sure that the payout exists and was submitted at most once,
// whatever else is running. An error is always a *Refusal.
//
// The order is the guarantee: the payout is stored before the request leaves, by
// a write that only one process can win, and the loser never sends.
func (c *Creator) Create(ctx context.Context, d Draft, by Principal) (Created, error) {
	created, err := c.create(ctx, d, by)
	if Unstored(err) {
		c.ports.Signals.Signal(ctx, SignalNotStored, d.Provider, "")
	}
	return created, err
}

func (c *Creator) create(ctx context.Context, d Draft, by Principal) (Created, error) {
	d.Arrived = c.arrived(d.Arrived)
	amount, found := d.check(c.ports.Breaker.caps(ctx, c.ports.Now()))
	if len(d.Shape) > 0 {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unreadable, Faults: append(d.Shape, found...)})
	}
	if len(found) > 0 {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unacceptable, Faults: found})
	}
	key, err := c.ports.Keys.Current(ctx)
	if err != nil {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	p := c.draw(d, amount, by, key)
	submission, found, err := c.route(ctx, &p)
	if err != nil {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	if len(found) > 0 {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unacceptable, Faults: found})
	}
	existing, err := c.before(ctx, p)
	if err != nil {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	if existing != nil {
		return c.replay(ctx, *existing, d, amount)
	}
	wait, err := c.hold(ctx, &p)
	if err != nil {
		c.ports.unlist(ctx, c.policy, p)
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	if wait != "" {
		return c.enqueue(ctx, d, p, wait)
	}
	return c.send(ctx, d, p, submission)
}

// before finds the payout that has the reference already, nil for none. With a window every create
// takes a place on its recipient's list before its fence; replays that did so at one moment would
// fill the list, and hold others.
func (c *Creator) before(ctx context.Context, p Payout) (*Payout, error) {
	if c.policy.DuplicateWindow == 0 {
		return nil, nil // the fence tells, and nothing was noted
	}
	existing, err := c.ports.Store.Get(ctx, p.ID)
	if isNotFound(err) {
		return nil, nil
	}
	return &existing, err
}

// longestInvocation is how long a function of Lambda can run.
const longestInvocation = 15 * time.Minute

// arrived is when the request came. A time that no running request can have come at is of an
// event that was written by hand; then it is now.
func (c *Creator) arrived(at time.Time) time.Time {
	now := c.ports.Now()
	if off := now.Sub(at); off > longestInvocation || off < -longestInvocation {
		return now
	}
	return at
}

// hold says what a payout must wait for, "" if it may be sent now. What may not go anyhow is
// stored without comparing it: whoever may create could try accounts out by payouts that are never
// sent, and see by the hold which of them gets the sum. Whatever sends it later compares first.
func (c *Creator) hold(ctx context.Context, p *Payout) (QueuedReason, error) {
	now := c.ports.Now()
	if who, why := p.mayBeSent(c.policy, now); who != byItself {
		return why, nil
	}
	if why := c.ports.Breaker.Stops(ctx, *p, now); why != "" {
		return why, nil
	}
	found, err := c.ports.similar(ctx, c.policy, *p)
	if err != nil || found.none() {
		return "", err
	}
	if found.shown() { // else the sweep looks once more, when it shows whether there is one at all
		shown, _ := p.showing(found, Change{})
		p.SimilarTo, p.SimilarBy, p.Similar = shown.SimilarTo, shown.SimilarBy, shown.Similar
		p.Attention = p.Attention.With(PossibleDuplicate, now)
	}
	return QueuedDuplicate, nil
}

// waits says for people what a queued payout waits for.
var waits = map[QueuedReason]string{
	QueuedPaused:    "submissions to the provider are paused",
	QueuedHeld:      "submissions are held",
	QueuedDuplicate: "the same amount to the same recipient is not settled; confirm it by a resend, or cancel it",
	QueuedRestored:  "the table was restored; whether this reference was sent before is not certain",
	QueuedSpokenOf:  "what was said of it speaks against sending it",
}

// draw builds the payout of a draft that passed every check, in the state in
// which it may be sent: fenced by a fresh token.
func (c *Creator) draw(d Draft, amount money.Amount, by Principal, key StackKey) Payout {
	now := c.ports.Now()
	return Payout{
		ID:        DeriveID(c.policy.Namespace, d.Reference),
		Reference: d.Reference, Provider: d.Provider, Attempt: FirstAttempt,
		Status: Submitting, Amount: amount,
		Destination: d.Destination, Beneficiary: d.Beneficiary,
		Description: d.Description, Metadata: maps.Clone(d.Metadata),
		CreatedBy: by.shown(), Fingerprint: d.fingerprint(key, amount), Heard: Heard{FirstAttempt.fact(wasSent)}.With(c.policy.restored(Payout{CreatedAt: now})...),
		History:   []Entry{{At: now, Source: FromCreate, Status: Submitting}},
		CreatedAt: now, UpdatedAt: now, StatusAt: now, SubmittedAt: now, Sent: 1 + c.policy.lostSubmissions(),
		Lease:   Lease{Token: c.ports.NewToken(), Until: now.Add(leaseFor)},
		QueryAt: now.Add(c.policy.FirstQuery), DueAt: now.Add(min(c.policy.FirstQuery, notifyWithin)),
		Notice: Notice{At: now.Add(notifyWithin), Fresh: true}, Version: 1,
	}
}

// route settles the provider, which prepares the submission or says why it cannot.
func (c *Creator) route(ctx context.Context, p *Payout) (Submission, []Fault, error) {
	if p.Provider == "" {
		found, err := c.choose(ctx, p)
		if err != nil || len(found) > 0 {
			return nil, found, err
		}
	}
	connector, wired := c.ports.Connectors[p.Provider]
	if !wired {
		return nil, []Fault{{Pointer: "/provider", Code: ProviderNotConfigured, Message: "this provider is not configured"}}, nil
	}
	return connector.Prepare(ctx, *p)
}

// choose finds the first provider of the order that serves bank and currency. A wallet goes by
// those that pay wallets, whatever the order; if there is one, its own faults say more. Its faults
// are those of the first one.
func (c *Creator) choose(ctx context.Context, p *Payout) ([]Fault, error) {
	order := c.policy.Order
	if p.Destination.Type == WalletDestination {
		if order = payersOfWallets(); len(order) == 1 {
			p.Provider = order[0]
			return nil, nil
		}
	}
	var first []Fault
	for _, name := range order {
		connector, wired := c.ports.Connectors[name]
		if !wired {
			continue
		}
		found, err := connector.Serves(ctx, *p)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			p.Provider = name
			return nil, nil
		}
		if first == nil {
			first = found
		}
	}
	if first == nil {
		first = []Fault{{Pointer: "/provider", Code: ProviderNotConfigured, Message: "no provider is configured"}}
	}
	return first, nil
}

// send fences the payout and submits it. The connection is dialled while the
// fence is written, and given up if the fence is not ours.
func (c *Creator) send(ctx context.Context, d Draft, p Payout, submission Submission) (Created, error) {
	submission.Dial(ctx)
	defer submission.Close()
	probe, why := c.ports.Breaker.start(ctx, p, c.ports.Now())
	if why != "" { // routing it took long, and somebody has pulled the brake; or another one tries the provider
		return c.enqueue(ctx, d, p, why)
	}
	p.Heard = p.Heard.With(p.Attempt.fact(at(submission.Account(), 1)))
	existing, err := c.fence(ctx, p, d.Arrived)
	if err != nil || existing != nil {
		c.ports.Breaker.giveBack(p.Provider, probe) // nothing is sent
	}
	if err != nil {
		return c.unfenced(ctx, d, p, err)
	}
	if existing != nil {
		c.ports.unlist(ctx, c.policy, p)
		return c.replay(ctx, *existing, d, p.Amount)
	}
	after, err := c.submitter.submit(ctx, p, submission)
	if err != nil {
		// Sent, but the result is not stored: only what is stored may be told.
		after.Status = Unknown
	}
	if after.Status == Unknown || after.wavering() {
		c.ports.Breaker.noteUnsettled(c.ports.Now())
		c.ports.noteLate(ctx, c.policy, after)
	}
	return Created{Payout: after}, nil
}

// enqueue stores a payout without sending it.
func (c *Creator) enqueue(ctx context.Context, d Draft, p Payout, why QueuedReason) (Created, error) {
	p.Status, p.Sent, p.Lease.Until, p.SubmittedAt = Queued, c.policy.lostSubmissions(), time.Time{}, time.Time{}
	p.Heard, p.QueuedReason = c.policy.restored(p), why
	p.History = []Entry{{At: p.CreatedAt, Source: FromCreate, Status: Queued, Message: waits[why], Raised: p.Attention.Reasons()}}
	existing, err := c.fence(ctx, p, d.Arrived)
	if err != nil {
		return c.unfenced(ctx, d, p, err)
	}
	if existing != nil {
		c.ports.unlist(ctx, c.policy, p)
		return c.replay(ctx, *existing, d, p.Amount)
	}
	if p.SimilarTo != "" {
		c.ports.Signals.Duplicate(ctx, p)
	}
	return Created{Payout: p}, nil
}

// fencePuts bounds the tries of an unclear put. It is sent again with the same
// token, so that it cannot fence twice.
const fencePuts = 3

// fence stores the payout if its reference is free. It returns the payout that
// holds the reference if that is another one, and an error while the store does
// not say clearly who won: nothing may be sent then.
func (c *Creator) fence(ctx context.Context, p Payout, arrived time.Time) (*Payout, error) {
	var unclear error
	for try := range fencePuts {
		if try > 0 {
			c.ports.Pause(ctx, time.Duration(try)*100*time.Millisecond)
		}
		err := c.ports.Store.Insert(ctx, p, arrived)
		if err == nil || errors.Is(err, ErrTurnedAway) {
			return nil, err
		}
		current, err := refusal(err)
		switch {
		case err != nil:
			unclear = err
		case current == nil:
			unclear = fmt.Errorf("%w: refused without an item", ErrUnclear)
		case current.Lease.Token == p.Lease.Token:
			return nil, nil // an earlier try of our own had arrived
		default:
			return current, nil
		}
	}
	return nil, fmt.Errorf("fence the payout: %w", unclear)
}

// unfenced answers a request whose payout could not be stored. If it was turned away, no try of
// its own can have been stored, nor will be: the same item forbids it.
func (c *Creator) unfenced(ctx context.Context, d Draft, p Payout, cause error) (Created, error) {
	if errors.Is(cause, ErrTurnedAway) {
		c.ports.unlist(ctx, c.policy, p)
		return c.refuse(ctx, d, p.Amount, &Refusal{Kind: Unavailable, Cause: cause})
	}
	return Created{}, &Refusal{Kind: Unavailable, Outcome: OutcomeUnknown, Cause: cause}
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
