package sim

import (
	"context"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
)

// The adapters of this page let a mutant be a few lines about what it does wrong. They wrap the
// ports of the real code, so that all the rest of a mutant is what is deployed, and what is found
// is the one thing that is wrong.
type creatorFunc func(context.Context, payout.Draft, payout.Principal) (payout.Created, error)

func (f creatorFunc) Create(ctx context.Context, d payout.Draft, by payout.Principal) (payout.Created, error) {
	return f(ctx, d, by)
}

// around changes what a create comes to. Most accidents with creates are made after them: by code
// that cleans up, or answers, by its own idea of what has happened.
func around(after func(*container, payout.Created, error) (payout.Created, error)) func(edge.Creator, *container) edge.Creator {
	return func(creator edge.Creator, c *container) edge.Creator {
		return creatorFunc(func(ctx context.Context, d payout.Draft, by payout.Principal) (payout.Created, error) {
			created, err := creator.Create(ctx, d, by)
			return after(c, created, err)
		})
	}
}

// receiverFunc is a receiver of callbacks as a function.
type receiverFunc func(context.Context, payout.Claim) (payout.Verdict, error)

func (f receiverFunc) Receive(ctx context.Context, c payout.Claim) (payout.Verdict, error) {
	return f(ctx, c)
}

// verifierFunc is a verifier of callbacks as a function.
type verifierFunc func(context.Context, []byte) (payout.Claim, error)

func (f verifierFunc) Verify(ctx context.Context, body []byte) (payout.Claim, error) {
	return f(ctx, body)
}

// verifier changes what a callback is taken to say, after its signature was verified.
func verifier(change func(payout.Claim) payout.Claim) func(payout.Verifier) payout.Verifier {
	return func(v payout.Verifier) payout.Verifier {
		return verifierFunc(func(ctx context.Context, body []byte) (payout.Claim, error) {
			claim, err := v.Verify(ctx, body)
			return change(claim), err
		})
	}
}

// reading is what a mutant makes of an answer. It has the connector and the payout as well, since
// some wrong code sends again in place of reading.
type reading func(ctx context.Context, c payout.Connector, p payout.Payout, claim payout.Claim) payout.Claim

// connector reads the answers to submissions and to status queries in other ways; nil leaves
// them.
func connector(sent, asked reading) func(payout.Connector, *container) payout.Connector {
	return func(c payout.Connector, _ *container) payout.Connector { return misreader{c, sent, asked} }
}

// misreader reads answers in its own way.
type misreader struct {
	payout.Connector
	sent, asked reading
}

func (m misreader) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	s, faults, err := m.Connector.Prepare(ctx, p)
	if s == nil || m.sent == nil {
		return s, faults, err
	}
	return missender{s, m, p}, nil, nil
}

func (m misreader) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := m.Connector.Ask(ctx, p, about)
	if m.asked == nil {
		return claim
	}
	return m.asked(ctx, m.Connector, p, claim)
}

// missender is a submission whose answer a mutant reads.
type missender struct {
	payout.Submission
	of misreader
	p  payout.Payout
}

func (s missender) Send(ctx context.Context) payout.Claim {
	return s.of.sent(ctx, s.of.Connector, s.p, s.Submission.Send(ctx))
}

// store replaces the conditional write of a payout.
func store(apply func(session, context.Context, payout.Step) (payout.Payout, error)) func(session, *container) payout.Store {
	return func(s session, _ *container) payout.Store { return applyFunc{s, apply} }
}

type applyFunc struct {
	session
	apply func(session, context.Context, payout.Step) (payout.Payout, error)
}

func (a applyFunc) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	return a.apply(a.session, ctx, step)
}

// insertFunc replaces the fence: the insert that gives one process the right to submit.
type insertFunc struct {
	session
	insert func(context.Context, payout.Payout, time.Time) error
}

func (i insertFunc) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	return i.insert(ctx, p, arrived)
}

// follower follows redirects. Go's HTTP client does so by itself unless it is told not to, and
// repeats the body of a 307. The order then reaches the provider twice, or somebody else.
type follower struct{ line }

func (f follower) Post(ctx context.Context, r oneshot.Request) oneshot.Result {
	result := f.line.Post(ctx, r)
	if result.Outcome == oneshot.Answered && result.Status/100 == 3 {
		a := f.platform.model.handle(f.platform, r, false)
		return oneshot.Result{Outcome: oneshot.Answered, Status: a.status, Body: a.body}
	}
	return result
}

// stepping changes the writes. A mutant that takes a guard out of a step, or a note out of a
// change, is one line in it.
func stepping(change func(payout.Step) payout.Step) func(session, *container) payout.Store {
	return func(s session, _ *container) payout.Store { return steppingStore{s, change} }
}

// steppingStore is the store whose steps are changed before they are made.
type steppingStore struct {
	session
	change func(payout.Step) payout.Step
}

func (s steppingStore) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	return s.session.Apply(ctx, s.change(step))
}
