package sim

import (
	"context"
	"errors"
	"slices"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// Mutant is a way to be wrong about money that has happened somewhere, put around
// the ports of the real code. The simulation proves itself by finding each of them.
// A nil part leaves its port alone. The parts are ports, so that everything else is the real
// code: a mutant is found because of the one thing that it does, or not at all.
type Mutant struct {
	Name string
	// Says what the wrong code does.
	Says string

	aroundPolicy    func(payout.Policy) payout.Policy
	aroundStore     func(session, *container) payout.Store
	aroundConnector func(payout.Connector, *container) payout.Connector
	aroundLine      func(line) oneshot.Connection
	aroundCreator   func(edge.Creator, *container) edge.Creator
	aroundReceiver  func(edge.Receiver) edge.Receiver
	aroundVerifier  func(payout.Verifier) payout.Verifier
	aroundImport    func(importing) importing
	aroundPeople    func(payout.People) payout.People
}

// importing has the domain import a file.
type importing func(ctx context.Context, s *sheet, by payout.Principal, identities []payout.Principal) (statement.Report, error)

func (m *Mutant) imports(i importing) importing {
	if m.aroundImport == nil {
		return i
	}
	return m.aroundImport(i)
}

func (m *Mutant) people(p payout.People) payout.People {
	if m.aroundPeople == nil {
		return p
	}
	return m.aroundPeople(p)
}

func (m *Mutant) policy(p payout.Policy) payout.Policy {
	if m.aroundPolicy == nil {
		return p
	}
	return m.aroundPolicy(p)
}

func (m *Mutant) store(s session, c *container) payout.Store {
	if m.aroundStore == nil {
		return s
	}
	return m.aroundStore(s, c)
}

func (m *Mutant) connector(p payout.Connector, c *container) payout.Connector {
	if m.aroundConnector == nil {
		return p
	}
	return m.aroundConnector(p, c)
}

func (m *Mutant) line(l line) oneshot.Connection {
	if m.aroundLine == nil {
		return l
	}
	return m.aroundLine(l)
}

func (m *Mutant) creator(creator edge.Creator, c *container) edge.Creator {
	if m.aroundCreator == nil {
		return creator
	}
	return m.aroundCreator(creator, c)
}

func (m *Mutant) receiver(r edge.Receiver) edge.Receiver {
	if m.aroundReceiver == nil {
		return r
	}
	return m.aroundReceiver(r)
}

func (m *Mutant) verifier(v payout.Verifier) payout.Verifier {
	if m.aroundVerifier == nil {
		return v
	}
	return m.aroundVerifier(v)
}

// Mutants lists them all. A mutant that no history finds means one of two things: the promise
// that it breaks has no judge, or the adversary never comes to the case. CI fails on either.
func Mutants() []*Mutant { return slices.Concat(mutants, widerMutants) }

// Found looks for the first seed, of so many, that breaks a promise under the mutant
// and breaks none without it. A seed that breaks the real code as well shows nothing about the
// mutant.
func (m *Mutant) Found(seeds uint64) (uint64, Result, bool) {
	for seed := uint64(1); seed <= seeds; seed++ {
		r := Seed(seed, Options{Mutant: m})
		if r.Violation != nil && Seed(seed, Options{}).Violation == nil {
			return seed, r, true
		}
	}
	return 0, Result{}, false
}

// mutants have, most of them, the shape of published accidents with payments and webhooks. Each
// stands for code that reads well, and passes every test in which nothing is lost.
var mutants = []*Mutant{
	{
		// An idempotency record that is removed on an error: the error was a lost answer, and the
		// merchant's next try is a second payment. It is why a lost answer is a state and not an
		// error (promise 4).
		Name: "free-the-reference", Says: "deletes the record when the submission ends in an error, so that the merchant can try again",
		aroundCreator: around(func(c *container, created payout.Created, err error) (payout.Created, error) {
			if err == nil && !created.Replayed && created.Payout.Status == payout.Unknown {
				delete(c.world.table.Payouts, created.Payout.ID)
				return payout.Created{}, &payout.Refusal{Kind: payout.Unavailable, Outcome: payout.OutcomeUnknown}
			}
			return created, err
		}),
	},
	{
		// A record that "must be dead by now". The process behind it is slow, or its request is
		// still on its way; age tells nothing about either. A lease ends the right to send, and
		// never the doubt about what was sent.
		Name: "take-over-by-age", Says: "submits again when a record has been in progress for a minute",
		aroundCreator: func(creator edge.Creator, c *container) edge.Creator {
			return creatorFunc(func(ctx context.Context, d payout.Draft, by payout.Principal) (payout.Created, error) {
				created, err := creator.Create(ctx, d, by)
				p := created.Payout
				open := p.Status == payout.Submitting || p.Status == payout.Unknown
				connector, wired := c.connectors[p.Provider]
				if err != nil || !wired || !created.Replayed || !open || c.now().Sub(p.SubmittedAt) < time.Minute {
					return created, err
				}
				if s, _, err := connector.Prepare(ctx, p); err == nil && s != nil {
					s.Send(ctx)
				}
				return created, nil
			})
		},
	},
	{
		// What an HTTP client does when it is told to be robust. At Vexora each of them may be
		// paid, and nowhere does the answer to the last say anything of the first (decision
		// 0003).
		Name: "retry-the-post", Says: "repeats the request when no answer came",
		aroundConnector: connector(func(ctx context.Context, c payout.Connector, p payout.Payout, claim payout.Claim) payout.Claim {
			for range 3 {
				if claim.Finding != payout.FoundUnclear {
					break
				}
				s, _, err := c.Prepare(ctx, p)
				if err != nil || s == nil {
					break
				}
				claim = s.Send(ctx)
			}
			return claim
		}, nil),
	},
	{
		// A provider that does not show a payout yet is taken for one that does not have it. No
		// page says what "not found" proves.
		Name: "resend-on-not-found", Says: "takes a status query without a result for proof that nothing was sent",
		aroundConnector: connector(nil, func(ctx context.Context, c payout.Connector, p payout.Payout, claim payout.Claim) payout.Claim {
			unfound := claim.Finding == payout.FoundAbsent || claim.Finding == payout.FoundUnclear && len(claim.Raw) > 0
			if s, _, err := c.Prepare(ctx, p); unfound && err == nil && s != nil {
				return s.Send(ctx)
			}
			return claim
		}),
	},
	{
		// Read, decide, write without a condition (decision 0002): between the two somebody else
		// has written, and what he wrote is gone.
		Name: "write-unguarded", Says: "reads the state, decides, and writes without a condition",
		aroundStore: store(func(s session, ctx context.Context, step payout.Step) (payout.Payout, error) {
			current, err := s.Get(ctx, step.ID)
			if err != nil || !step.When.Holds(current) {
				return s.Apply(ctx, step)
			}
			after := step.Then.Apply(current)
			return after, s.write("put "+short(step.ID), func(t *table) error {
				before := t.Payouts[step.ID]
				t.Payouts[step.ID] = after
				t.moved(&before, after)
				return nil
			})
		}),
	},
	{
		// A callback may be faster than the answer to the submission. Whoever holds the token
		// then believes that the payout is still his to write.
		Name: "answer-over-final", Says: "records the provider's answer whatever a callback has said meanwhile",
		aroundStore: store(func(s session, ctx context.Context, step payout.Step) (payout.Payout, error) {
			if step.When.Token != "" {
				step.When = payout.Guard{Token: step.When.Token}
				if current, there := s.table().Payouts[step.ID]; there && current.Lease.Token == "" {
					step.When = payout.Guard{}
				}
			}
			return s.Apply(ctx, step)
		}),
	},
	{
		// Thanked first, stored afterwards: when the store is down the word is lost, since the
		// provider does not come again (promise 2).
		Name: "acknowledge-first", Says: "thanks the provider although the callback could not be stored",
		aroundReceiver: func(r edge.Receiver) edge.Receiver {
			return receiverFunc(func(ctx context.Context, c payout.Claim) (payout.Verdict, error) {
				_, _ = r.Receive(ctx, c)
				return payout.Applied, nil
			})
		},
	},
	{
		// Somebody wanted an end to polling. Silence is no answer, however often it is heard
		// (promise 4).
		Name: "fail-after-last-poll", Says: "calls a payout failed when the fourth status query brought nothing",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, p payout.Payout, claim payout.Claim) payout.Claim {
			if p.Polls >= 3 && (claim.Finding == payout.FoundUnclear || claim.Finding == payout.FoundAbsent || claim.Finding == payout.FoundProcessing) {
				claim.Finding = payout.FoundFailed
			}
			return claim
		}),
	},
	{
		// The commonest of all: the request timed out, so the payout is called failed, and what
		// the provider did with it is paid beside its replacement.
		Name: "timeout-is-failure", Says: "calls a payout failed when no answer came in time",
		aroundConnector: connector(func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundUnclear {
				claim.Finding, claim.Conclusive = payout.FoundFailed, true
			}
			return claim
		}, nil),
	},
	{
		// The default branch of a switch over codes (decision 0007). It is wrong at each port
		// where codes are read, so it is put around two of them.
		Name: "unlisted-is-failure", Says: "calls a payout failed when the code is none that it knows",
		aroundVerifier: verifier(func(claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundUnlisted {
				claim.Finding, claim.Conclusive = payout.FoundFailed, true
			}
			return claim
		}),
		aroundConnector: connector(func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundUnlisted || claim.Finding == payout.FoundUnclear && claim.Code != "" {
				claim.Finding, claim.Conclusive = payout.FoundFailed, true
			}
			return claim
		}, nil),
	},
	{
		// Monetix speaks in minor units and Vexora in major ones; riel have two minor digits at
		// the one and none at the other. Such a comparison calls every right amount a mismatch
		// or, the other way round, lets one pass that is a hundred times too large.
		Name: "wrong-unit", Says: "compares an amount in minor units with one in major units",
		aroundVerifier: verifier(func(claim payout.Claim) payout.Claim {
			for i, a := range claim.Amounts {
				if major, err := money.New(a.Minor()/100, a.Currency()); err == nil {
					claim.Amounts[i] = major
				}
			}
			return claim
		}),
	},
	{
		// The default of most HTTP clients. The order reaches a second address, or the first one
		// twice.
		Name: "redirect-followed", Says: "sends the order on to where the provider points",
		aroundLine: func(l line) oneshot.Connection { return follower{l} },
	},
	{
		// The SDK repeats a put whose acknowledgement was lost, and its second try is refused by
		// the record that the first one made. Code that does not look for its own token answers
		// as a replay, and nobody sends.
		Name: "own-write-a-stranger", Says: "takes its own record, whose acknowledgement was lost, for somebody else's",
		aroundStore: func(s session, c *container) payout.Store {
			return insertFunc{s, func(ctx context.Context, p payout.Payout, arrived time.Time) error {
				err := s.Insert(ctx, p, arrived)
				if refused := (*payout.Refused)(nil); errors.As(err, &refused) && refused.Current != nil {
					stranger := *refused.Current
					stranger.Lease.Token = "somebody"
					return &payout.Refused{Current: &stranger}
				}
				return err
			}}
		},
	},
	{
		// "It could not be stored" is not "it was not stored". The merchant is told that nothing
		// has begun, and pays under another reference.
		Name: "not-started-too-early", Says: "says that nothing was sent when the record could not be made",
		aroundCreator: around(func(_ *container, created payout.Created, err error) (payout.Created, error) {
			if refusal := (*payout.Refusal)(nil); errors.As(err, &refusal) && refusal.Kind == payout.Unavailable {
				refusal.Outcome = payout.NotStarted
			}
			return created, err
		}),
	},
	{
		// The look before the fence, without the fence's own condition: an earlier request that
		// was slow comes in after a later one was refused (decision 0026).
		Name: "turned-away-comes-in", Says: "starts a payout of which a later request was told that nothing had been started",
		aroundStore: func(s session, _ *container) payout.Store {
			return insertFunc{s, func(ctx context.Context, p payout.Payout, _ time.Time) error {
				return s.Insert(ctx, p, payout.Whenever)
			}}
		},
	},
	{
		// The notifier writes back what it read before it told: an event of meanwhile is
		// published again, or never.
		Name: "note-the-telling-unguarded", Says: "writes how far the merchant was told over whatever came meanwhile",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if step.Then.Quiet {
				step.When.Notice = nil
			}
			return step
		}),
	},
	{
		// The stream loses a record, and nothing remembers that somebody waits for it (decision
		// 0011).
		Name: "tell-by-the-stream-alone", Says: "leaves no note in the payout that something is to be told",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if step.Then.NotifyAt != nil && step.Then.Status.Final() {
				step.Then.NotifyAt, step.Then.DueAt = nil, step.Then.QueryAt
			}
			return step
		}),
	},
	{
		// At most once in place of at least once: a crash between the note and the request, and
		// the merchant never hears of the end.
		Name: "note-before-telling", Says: "takes an event for told when it is about to be sent",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if n := step.Then.Notice; n != nil && n.Lease.Token != "" {
				noted := *n
				noted.Tried, noted.Owed, noted.At = max(n.Tried, 2), nil, time.Time{}
				step.Then.Notice = &noted
			}
			return step
		}),
	},
}
