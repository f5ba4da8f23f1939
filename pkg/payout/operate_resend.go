package payout

import (
	"context"
	"errors"
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
// It always takes two people where a provider's word speaks against it, after a restore
// where a repetition could pay twice (see mayBeSent), and when the history has no room for
// one person's orders any more.
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
	if err := p.resendPossible(); err != nil {
		return Ordered{}, err
	}
	switch who, _ := p.mayBeSent(o.policy, o.ports.Now()); {
	case who == byNobody:
		return Ordered{}, notPossible("the payout's personal data was taken out; nobody knows the account any more")
	case who == byTwo, !o.policy.RestoredAt.IsZero(), // the lost table may have made a later attempt
		!p.roomFor(ofLone): // or whoever may call could fill what two people need
		return o.resendByTwo(ctx, p, order)
	}
	if refused := o.compare(ctx, p, order); refused != nil {
		return Ordered{}, refused
	}
	return o.submitAgain(ctx, p, order, "sent again", nil)
}

// resendPossible refuses what is with the provider, or over.
func (p Payout) resendPossible() error {
	switch p.Status {
	case Queued, Unknown:
		return nil
	case Failed:
		if p.Attempt >= lastAttempt {
			return notPossible("the payout has used all of its %d attempts", lastAttempt)
		}
		if !p.roomForAttempt() {
			return notPossible("the history of the payout has no room for another attempt; pay under a new reference, if that cannot pay twice")
		}
		return nil
	case Submitting:
		return &OrderRefused{Problem: OrderBusy, Detail: "the payout is being submitted; wait two minutes"}
	}
	return notPossible("a payout that is %s cannot be sent again", p.Status)
}

// resendByTwo sends when the second person orders it.
func (o *Operator) resendByTwo(ctx context.Context, p Payout, order Order) (Ordered, error) {
	by, err := who(ctx, o.ports.people(), order.Identities)
	if err != nil {
		return Ordered{}, err
	}
	refused := o.compare(ctx, p, order)
	braked := errors.Is(refused, errHeld) || errors.Is(refused, errPaused)
	if refused != nil && !braked {
		return Ordered{}, refused
	}
	change, waiting := p.propose(order, Resend, by, o.policy.LastRestore(), o.ports.Now())
	switch {
	case errors.Is(waiting, errAwaiting):
		return o.keepProposal(ctx, p, change)
	case waiting != nil:
		return Ordered{}, waiting
	case braked: // the first order was kept, and the second one would send it
		return Ordered{}, refused
	}
	return o.submitAgain(ctx, p, order, p.confirmed("sent again", by), &Proposal{})
}

func (o *Operator) keepProposal(ctx context.Context, p Payout, change *Change) (Ordered, error) {
	if change == nil {
		return Ordered{Payout: p, Awaiting: true}, nil
	}
	after, written, err := o.once(ctx, p, *change, nil)
	if err == nil && !written {
		err = errBusy
	}
	if err != nil {
		return Ordered{}, unavailable(err)
	}
	return Ordered{Payout: after, Awaiting: true}, nil
}

// submitAgain sends under the guard that the payout is still the one that the
// order was weighed against. The proposal is what becomes of the one that it carries out,
// nil for an order of one person.
func (o *Operator) submitAgain(ctx context.Context, p Payout, order Order, what string, proposal *Proposal) (Ordered, error) {
	connector, wired := o.ports.Connectors[p.Provider]
	if !wired {
		return Ordered{}, notPossible("%s is not configured", p.Provider)
	}
	if why := o.ports.Breaker.Stops(ctx, p, o.ports.Now()); why != "" {
		return Ordered{}, stopped(why)
	}
	after, fenced, err := o.submitter.again(ctx, p, connector, order.entry(o.ports.Now(), Submitting, what), proposal)
	if faulty := (*inexpressible)(nil); errors.As(err, &faulty) {
		return Ordered{}, &OrderRefused{Problem: OrderInexpressive, Detail: "the provider cannot take this payout", Faults: faulty.faults}
	}
	if errors.Is(err, errElsewhere) {
		return Ordered{}, notPossible("the payout was sent under another account of the provider's, which alone knows it; settle it there, and resolve it")
	}
	if errors.Is(err, errHeld) || errors.Is(err, errPaused) {
		return Ordered{}, err
	}
	if met := (*metSimilar)(nil); errors.As(err, &met) {
		return Ordered{}, o.show(ctx, after, order, met.found)
	}
	if errors.Is(err, ErrCrowded) {
		return Ordered{}, notPossible("the recipient's list holds %d payouts of the same money, and no more: settle those that are not, or wait until what went is older than a week and DUPLICATE_WINDOW", MostListed)
	}
	if err != nil {
		return Ordered{}, unavailable(err)
	}
	if !fenced {
		return Ordered{}, &OrderRefused{Problem: OrderBusy, Detail: "the payout changed meanwhile; look at it, then decide again"}
	}
	return Ordered{Payout: after}, nil
}

// errHeld: people's controls hold what would be submitted, or a parameter of the stack does.
var errHeld = &OrderRefused{Problem: OrderPaused, Detail: "submissions are held, or the payout is above the cap in force; GET /v1/controls shows who ordered it, unless a parameter of the stack holds it"}

// errPaused: submissions are paused because of trouble with the provider.
var errPaused = &OrderRefused{Problem: OrderPaused, Detail: "submissions to the provider are paused"}

// stopped is the error of a submission that the breaker stops.
func stopped(why QueuedReason) error {
	if why == QueuedHeld {
		return errHeld
	}
	return errPaused
}

// errElsewhere: a reference is unique within one account of a provider's. Under another one it
// would be another payment.
var errElsewhere = errors.New("payout: the payout was sent under another account of the provider's")

// errNotWritten: no request came about, so nothing was fenced or sent.
var errNotWritten = errors.New("payout: the submission could not be written")

// inexpressible: the provider cannot take the payout as it is, or is not configured for it.
type inexpressible struct{ faults []Fault }

// Error implements error.
func (i *inexpressible) Error() string {
	return fmt.Sprintf("the payout cannot be expressed: %s %s", i.faults[0].Pointer, i.faults[0].Code)
}

// again fences a payout once more and sends it, if it has not changed since it was
// read. A failed payout starts a new attempt; every other one keeps its provider
// reference. Not fenced means that somebody else has moved it.
func (s *submitter) again(ctx context.Context, p Payout, connector Connector, entry *Entry, proposal *Proposal) (after Payout, fenced bool, err error) {
	change := s.resubmission(p, s.newToken(), s.now(), entry.Source == FromOperator)
	change.Proposal = proposal
	change = *p.withEntry(change, entry)
	submission, faults, err := connector.Prepare(ctx, change.Apply(p))
	if len(faults) > 0 {
		err = &inexpressible{faults}
	}
	if err != nil {
		return p, false, fmt.Errorf("%w: %w", errNotWritten, err)
	}
	submission.Dial(ctx)
	defer submission.Close()
	account, ok := p.Heard.under(change.Apply(p).Attempt, submission.Account(), p.Sent > 0)
	if !ok {
		return p, false, errElsewhere
	}
	change.Heard = append(change.Heard, account...)
	probe, why := s.breaker.start(ctx, p, s.now())
	if why != "" { // opening it took long, and somebody has pulled the brake; or another one tries the provider
		return p, false, stopped(why)
	}
	most := mostBeside(entry.Source == FromOperator)
	stored, fenced, err := s.fenceAgain(ctx, p, change, most)
	if err != nil || !fenced {
		s.breaker.giveBack(p.Provider, probe)
		return p, false, err // not ours, or not clear: then nothing is sent
	}
	if found, met := s.beside(ctx, stored, most); met {
		s.breaker.giveBack(p.Provider, probe)
		claim := s.notSent(stored, "the same money to the same recipient is being paid")
		refused := entry.Source == FromOperator && found.shown()
		if refused {
			claim.met = &found
		}
		if other := found.first(); other != "" && stored.ID > other { // or two that meet would meet again and again
			claim.NotBefore = s.now().Add(3 * visibility)
		}
		after, err = s.record(ctx, stored, claim)
		if err == nil && refused { // else it goes by itself as soon as that is known
			err = &metSimilar{found}
		}
		return after, true, err
	}
	after, err = s.submit(ctx, stored, submission)
	if after.Status == Unknown || after.wavering() {
		s.breaker.noteUnsettled(s.now())
		s.ports.noteLate(ctx, s.policy, after)
	}
	return after, true, err
}

// fenceAgain writes the change that fences a payout once more, and reports whether the fence is
// ours. With a window the payout is on its list before that, as of a create, and under the time
// of this submission: whoever found the one before settled may be about to take that entry off.
// What finds no room would be seen by nobody: it is not fenced.
func (s *submitter) fenceAgain(ctx context.Context, p Payout, change Change, most int) (stored Payout, ours bool, err error) {
	next, replaced := change.Apply(p), []Unsettled(nil)
	if s.policy.DuplicateWindow > 0 {
		if replaced, err = s.noteFirst(ctx, next, most, change.At); err != nil {
			return p, false, err
		}
	}
	after, _, err := s.apply(ctx, s.step(p, change))
	if err != nil || after == nil {
		return p, false, err
	}
	if after.Lease.Token != next.Lease.Token {
		s.ports.unlist(ctx, s.policy, next)
		return p, false, nil
	}
	s.roster.replace(ctx, *after, replaced) // written now, or by an earlier try whose answer was lost
	return *after, true, nil
}

// notSent is the answer to a submission that this process gave up before it began.
func (s *submitter) notSent(p Payout, why string) Claim {
	return Claim{
		Source: FromAnswer, Provider: p.Provider, Reference: string(p.ProviderReference()),
		Finding: FoundNotSent, Message: why, At: s.now(),
	}
}

// resubmission is the change that fences a payout once more.
func (s *submitter) resubmission(p Payout, token string, now time.Time, ordered bool) Change {
	policy := s.policy
	about, sent, due := p.Attempt, p.Sent+1+policy.uncounted(p), now.Add(visibility)
	change := Change{
		At: now, Status: Submitting, SubmittedAt: p.nextSubmission(now), Sent: &sent, QueryAt: &due,
		Lease: &Lease{Token: token, Until: now.Add(leaseFor)}, Polls: new(int),
	}
	if p.Status == Failed {
		change.NewAttempt, about, sent = true, p.Attempt+1, 1
		if policy.mayHaveLost(p) {
			sent = 2 // a lost table may have made it, too
		}
	}
	facts := append(policy.restored(p), about.fact(wasSent))
	if sent > 1 {
		facts = append(facts, about.fact(wasResent))
	}
	lost := policy.uncounted(p) > 0 || about > p.Attempt && policy.mayHaveLost(p) || p.Status == Queued && p.Sent > 0
	if lost && !policy.refusesTheLost(p.Provider) {
		facts = append(facts, about.fact(mayBeLost))
	}
	if about > p.Attempt && p.Heard.closed(about) {
		facts = append(facts, p.Heard.wavering(about)...) // closed before it was made
	}
	if seen := p.ordered(); ordered && seen.Beside > 0 {
		change.Similar, change.Beside = seen.Similar, &seen.Beside
	}
	change.Heard = p.Heard.without(facts)
	attention := p.Attention.entering(Submitting)
	change.Attention = &attention
	return change
}

// nextSubmission is the time of a submission that is made now: later than every one before, also
// if the clock here is behind. Answers, and the entry on the recipient's list, which has
// milliseconds, name their submission by it.
func (p Payout) nextSubmission(now time.Time) time.Time {
	last := p.lastMoved().Truncate(time.Millisecond)
	if now.Truncate(time.Millisecond).After(last) {
		return now
	}
	return last.Add(time.Millisecond)
}

// lastAttempt is the last number that fits into a provider reference.
const lastAttempt Attempt = 99

// sweepEntry is the history entry of a submission that nobody ordered.
func sweepEntry(at time.Time, why string) *Entry {
	return &Entry{At: at, Source: FromSweep, Status: Submitting, Message: why}
}
