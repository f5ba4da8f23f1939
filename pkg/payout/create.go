package payout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"cambodia-payouts/pkg/money"
)

// Policy is what a deployment decides about creating payouts.
type Policy struct {
	Namespace Namespace
	// Order is asked in turn for a bank payout that names no provider.
	Order []Provider
	// Caps is the most that one payout may move, per currency. A cap is always
	// set: it stops the mistake of a factor of 100.
	Caps map[money.Currency]money.Amount
	// FirstQuestion is when the sweep first looks at a new payout.
	FirstQuestion time.Duration
	// QueuedMaxAge is how old a queued payout may be and still be sent.
	QueuedMaxAge time.Duration
	// RestoredAt is when the table was restored from a backup, zero if never. What
	// was queued before may have been sent by the table that was lost.
	RestoredAt time.Time
	// RedactAfter is how long after its end a payout keeps its personal data; zero
	// means for ever.
	RedactAfter time.Duration
	// DuplicateWindow is how long the same money to the same recipient counts as a
	// possible duplicate, however the first payout ended. Zero means only while
	// that one is not settled.
	DuplicateWindow time.Duration
	// Reserves is the balance per currency below which somebody should top up; a
	// currency without one is only measured.
	Reserves map[money.Currency]money.Amount
}

// DefaultFirstQuestion lies behind every lease and the usual callback, so that a
// payout that goes well is never asked about.
const DefaultFirstQuestion = 90 * time.Second

// DefaultQueuedMaxAge is the default of QUEUED_MAX_AGE.
const DefaultQueuedMaxAge = time.Hour

// Ports is what the stories need of the outside.
type Ports struct {
	Store      Store
	Connectors map[Provider]Connector // only those that are wired; settings may still be missing
	Signals    Signals
	Brakes     *Brakes
	Keys       Keys    // of hashes over personal data
	Herald     *Herald // of the sweep alone
	People     People  // of the orders alone; nil means Nobody
	Now        func() time.Time
	// NewToken draws a token that is never drawn again.
	NewToken func() string
	// Pause waits between two tries of an unclear write.
	Pause func(ctx context.Context, d time.Duration)
}

// Creator is the story "create": one payout, submitted at most once.
type Creator struct {
	ports     Ports
	policy    Policy
	submitter submitter
}

// NewCreator returns a creator; it refuses a policy that could move too much or
// a set of ports that could not finish.
func NewCreator(ports Ports, policy Policy) (*Creator, error) {
	if err := ports.check(); err != nil {
		return nil, err
	}
	for _, c := range []money.Currency{money.KHR, money.USD} {
		if policy.Caps[c].IsZero() {
			return nil, fmt.Errorf("payout: no cap for %s", c)
		}
	}
	if policy.FirstQuestion <= 0 {
		policy.FirstQuestion = DefaultFirstQuestion
	}
	return &Creator{ports: ports, policy: policy, submitter: ports.submitter(policy)}, nil
}

func (p Ports) check() error {
	if p.Store == nil || p.Signals == nil || p.Brakes == nil || p.Keys == nil || p.Now == nil || p.NewToken == nil || p.Pause == nil {
		return errors.New("payout: a port is missing")
	}
	if len(p.Connectors) == 0 {
		return errors.New("payout: no provider")
	}
	return nil
}

// people is the register, if there is one.
func (p Ports) people() People {
	if p.People == nil {
		return Nobody{}
	}
	return p.People
}

func (p Ports) submitter(policy Policy) submitter {
	return submitter{
		receiver: NewReceiver(p.Store, p.Signals, policy), connectors: p.Connectors, brakes: p.Brakes, roster: p.roster(policy),
		now: p.Now, newToken: p.NewToken, ports: p,
	}
}

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
	amount, found := d.check(c.policy.Caps)
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
	connector, found, err := c.route(ctx, &p)
	if err != nil {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	if len(found) > 0 {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unacceptable, Faults: found})
	}
	wait, err := c.hold(ctx, &p)
	if err != nil {
		return c.refuse(ctx, d, amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	if wait != "" {
		return c.enqueue(ctx, d, p, wait)
	}
	return c.send(ctx, d, p, connector)
}

// hold says what a payout must wait for, "" if it may be sent now.
func (c *Creator) hold(ctx context.Context, p *Payout) (QueuedReason, error) {
	now := c.ports.Now()
	c.ports.Brakes.Look(ctx, now)
	earlier, err := c.ports.similar(ctx, c.policy, *p)
	if err != nil {
		return "", err
	}
	if earlier != "" {
		p.SimilarTo, p.Attention = earlier, p.Attention.With(PossibleDuplicate, now)
	}
	if who, why := p.mayBeSent(c.policy, now); who != byItself {
		return why, nil
	}
	return c.ports.Brakes.Held(p.Provider, now), nil
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
		CreatedBy: by.shown(), Fingerprint: d.fingerprint(key, amount), Heard: Heard{FirstAttempt.fact(wasSent)},
		History:   []Entry{{At: now, Source: FromCreate, Status: Submitting}},
		CreatedAt: now, UpdatedAt: now, StatusAt: now, SubmittedAt: now, Sent: 1 + c.policy.lostSubmissions(),
		Lease:   Lease{Token: c.ports.NewToken(), Until: now.Add(leaseFor)},
		QueryAt: now.Add(c.policy.FirstQuestion), DueAt: now.Add(min(c.policy.FirstQuestion, notifyWithin)),
		Notice: Notice{At: now.Add(notifyWithin), Fresh: true}, Version: 1,
	}
}

// route settles the provider and asks it whether it can express the payout.
func (c *Creator) route(ctx context.Context, p *Payout) (Connector, []Fault, error) {
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
	found, err := connector.Check(ctx, *p)
	return connector, found, err
}

// choose sends wallets to Vexora, and a bank payout to the first provider of the
// order that serves bank and currency. Its faults are those of the first one.
func (c *Creator) choose(ctx context.Context, p *Payout) ([]Fault, error) {
	if p.Destination.Type == WalletDestination {
		p.Provider = Vexora
		return nil, nil
	}
	var first []Fault
	for _, name := range c.policy.Order {
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
func (c *Creator) send(ctx context.Context, d Draft, p Payout, connector Connector) (Created, error) {
	submission, err := connector.Open(ctx, p)
	if err != nil {
		return c.refuse(ctx, d, p.Amount, &Refusal{Kind: Unavailable, Cause: err})
	}
	defer submission.Close()
	p.Heard = p.Heard.With(p.Attempt.fact(at(submission.Account())))
	existing, err := c.fence(ctx, p)
	if err != nil {
		return Created{}, &Refusal{Kind: Unavailable, Outcome: OutcomeUnknown, Cause: err}
	}
	if existing != nil {
		c.ports.unlist(ctx, c.policy, p, *existing)
		return c.replay(ctx, *existing, d, p.Amount)
	}
	after, err := c.submitter.submit(ctx, p, submission)
	if err != nil {
		// Sent, but the result is not stored: only what is stored may be told.
		after.Status = Unknown
	}
	if after.Status == Unknown {
		c.ports.Brakes.noteUnsettled(c.ports.Now())
		c.submitter.roster.noteUnsettled(ctx, after, c.ports.Now())
	}
	return Created{Payout: after}, nil
}

// enqueue stores a payout without sending it.
func (c *Creator) enqueue(ctx context.Context, d Draft, p Payout, why QueuedReason) (Created, error) {
	p.Status, p.Sent, p.Lease.Until, p.SubmittedAt = Queued, c.policy.lostSubmissions(), time.Time{}, time.Time{}
	p.Heard, p.QueuedReason = nil, why
	p.History = []Entry{{At: p.CreatedAt, Source: FromCreate, Status: Queued, Message: waits[why], Raised: p.Attention.Reasons()}}
	existing, err := c.fence(ctx, p)
	if err != nil {
		return Created{}, &Refusal{Kind: Unavailable, Outcome: OutcomeUnknown, Cause: err}
	}
	if existing != nil {
		c.ports.unlist(ctx, c.policy, p, *existing)
		return c.replay(ctx, *existing, d, p.Amount)
	}
	if p.SimilarTo != "" {
		c.ports.Signals.Signal(ctx, SignalDuplicate, p.Provider, p.ID)
	}
	return Created{Payout: p}, nil
}

// fencePuts bounds the tries of an unclear put. It is sent again with the same
// token, so that it cannot fence twice.
const fencePuts = 3

// fence stores the payout if its reference is free. It returns the payout that
// holds the reference if that is another one, and an error while the store does
// not say clearly who won: nothing may be sent then.
func (c *Creator) fence(ctx context.Context, p Payout) (*Payout, error) {
	var unclear error
	for try := range fencePuts {
		if try > 0 {
			c.ports.Pause(ctx, time.Duration(try)*100*time.Millisecond)
		}
		err := c.ports.Store.Insert(ctx, p)
		if err == nil {
			return nil, nil
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

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

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
	same, err := p.Fingerprint.isOf(ctx, d, amount, c.ports.Keys)
	switch {
	case err != nil:
		return Created{}, &Refusal{Kind: Unavailable, Existing: p.ID, Outcome: OutcomeUnknown, Cause: err}
	case !same:
		return Created{}, &Refusal{Kind: ReferenceReused, Existing: p.ID, Outcome: p.outcome()}
	}
	return Created{Payout: p.AsRestored(c.policy.RestoredAt), Replayed: true}, nil
}

// outcome says what the state of a payout means for paying under another
// reference.
func (p Payout) outcome() Outcome {
	switch {
	case !p.Status.Final() || p.Status == Orphan || len(p.Attention) > 0:
		return OutcomeUnknown
	case p.Status == Failed && !p.SafeToPayAgain(), p.Status == Cancelled && p.speaksAgainst():
		return OutcomeUnknown
	}
	return OutcomeFinal
}
