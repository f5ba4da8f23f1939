package sim

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// The mutants of the wider adversary: guards and notes that histories without erring
// people did not miss, and the new promises turned round.
var widerMutants = []*Mutant{
	{
		Name: "text-as-fields", Says: "believes the fields of a text that could be cut otherwise",
		aroundVerifier: verifier(func(claim payout.Claim) payout.Claim {
			claim.Ambiguous = ""
			return claim
		}),
	},
	{
		Name: "any-account", Says: "repeats a submission under another account than the one that has it",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return anyAccount{c} },
	},
	{
		Name: "account-for-granted", Says: "takes it for granted, after a restore, that the lost table used the account of now",
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.SameAccounts = payout.Refusing()
			return p
		},
	},
	{
		Name: "lost-attempts-forgotten", Says: "forgets that a lost table may have made later attempts of a payout",
		aroundStore: func(s session, _ *container) payout.Store { return carefree{s} },
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.Remembered = time.Time{}
			return p
		},
	},
	{
		Name: "controls-read-once", Says: "reads the controls at its start, and never again",
		aroundStore: func(s session, _ *container) payout.Store { return &remembering{session: s} },
	},
	{
		Name: "believes-in-spite", Says: "believes callbacks although the controls say that a key has leaked",
		aroundStore: func(s session, _ *container) payout.Store { return trusting{s} },
	},
	{
		Name: "counts-in-vain", Says: "counts what is submitted, and never finds it above the limit",
		aroundStore: func(s session, _ *container) payout.Store { return uncounting{s} },
	},
	{
		Name: "unbelieved-unheard", Says: "keeps a callback that is not believed, and no fact of it",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if e := step.Then.Entry; e != nil && strings.HasPrefix(e.Message, "not believed") {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		Name: "caps-unread", Says: "reads everything of the controls but the caps",
		aroundStore: func(s session, _ *container) payout.Store { return capless{s} },
	},
	{
		Name: "one-proposal", Says: "keeps one proposal for the controls, so that the next person writes over it",
		aroundStore: func(s session, _ *container) payout.Store { return oneOfEach{s} },
	},
	{
		Name: "proposal-used-twice", Says: "counts a first order about the controls that two people have used",
		aroundStore: func(s session, _ *container) payout.Store { return unused{s} },
	},
	{
		Name: "proposal-of-a-version", Says: "drops what waits for a second person with every change of the controls",
		aroundStore: func(s session, _ *container) payout.Store { return bound{s} },
	},
	{
		Name: "last-try-as-first", Says: "looks in the feed for its last try, and not back to the first one without an answer",
		aroundStore: func(s session, _ *container) payout.Store { return shortSighted{s} },
	},
	{
		Name: "step-without-version", Says: "writes what was decided about a payout that has changed since",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.Version = 0
			return step
		}),
	},
	{
		Name: "take-without-due", Says: "works on a due payout that another sweep has taken",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.DueAt = time.Time{}
			return step
		}),
	},
	{
		Name: "second-refusal-as-first", Says: "takes a refusal of the second submission for one of the first",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if step.Then.Status == payout.Submitting && step.Then.Sent != nil {
				one := 1
				step.Then.Sent = &one
			}
			return step
		}),
	},
	{
		Name: "step-back-to-queued", Says: "queues a payout whose second submission was not sent, whatever became of the first",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if steppedBack := step.Then.Sent != nil && step.Then.Lease != nil && step.Then.Lease.Token == ""; steppedBack {
				step.Then.Status = payout.Queued
				step.When.Statuses = payout.Queued.Arrivals()
				step.Then.Entry = telling(step.Then.Entry, payout.Queued)
			}
			return step
		}),
	},
	{
		Name: "expire-drops-token", Says: "ends the lease of a submission that is only slow",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if expires(step) {
				step.Then.Lease = &payout.Lease{}
			}
			return step
		}),
	},
	{
		Name: "expire-without-note", Says: "remembers nowhere that a payout became unknown by the clock",
		aroundStore: func(s session, _ *container) payout.Store { return &forgetful{session: s} },
	},
	{
		Name: "safe-after-contradiction", Says: "keeps a failure safe to pay again after a word that it was paid",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if raises(step, payout.Contradiction) {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		Name: "statement-of-one", Says: "ends a payout on the file that one person brought",
		aroundImport: func(importing) importing { return believing },
	},
	{
		Name: "statement-without-numbers", Says: "compares a file by references alone, and not by the provider's numbers",
		aroundImport: numberless,
	},
	{
		Name: "principals-as-persons", Says: "takes two principals of one person for two persons",
		aroundPeople: func(payout.People) payout.People { return everybody{} },
	},
	{
		Name: "sends-what-is-spoken-of", Says: "sends a queued payout although a provider has spoken of it",
		aroundStore: func(s session, _ *container) payout.Store { return deaf{s} },
	},
	{
		Name: "asks-about-the-first", Says: "asks about the first attempt, and takes the answer for one about the present",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return backward{c} },
	},
	{
		Name: "keeps-any-body", Says: "keeps bodies of every length",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if e := step.Then.Entry; e != nil && e.Evidence != "" && len(e.Raw) == 0 {
				whole := *e
				whole.Raw = make([]byte, payout.BodyLimit+1)
				step.Then.Entry = &whole
			}
			return step
		}),
	},
	{
		Name: "doubt-made-certain", Says: "takes a decline that looks like a time-out for the end of it",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if slices.Contains(operationDoubtful, claim.Code) {
				claim.Code, claim.Doubtful = operationFinal[0], false
			}
			return claim
		}),
	},
	{
		Name: "last-try-alone", Says: "takes the certainty of a decline from the last of several tries",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundFailed && !claim.OnlyIfFirst && claim.Code != "99999" && slices.Contains(operationFinal, claim.Code) {
				claim.Doubtful = false
			}
			return claim
		}),
	},
}

// expires reports whether a step is the clock's end of a submission.
func expires(step payout.Step) bool {
	e := step.Then.Entry
	return step.Then.Status == payout.Unknown && e != nil && e.Source == payout.FromSweep && slices.Contains(step.When.Statuses, payout.Submitting)
}

func raises(step payout.Step, r payout.Reason) bool {
	return step.Then.Entry != nil && slices.Contains(step.Then.Entry.Raised, r)
}

// telling is an entry that tells of another status.
func telling(e *payout.Entry, s payout.Status) *payout.Entry {
	if e == nil {
		return nil
	}
	changed := *e
	changed.Status = s
	return &changed
}

// forgetful notes no payout that expired.
type forgetful struct {
	session
	expired payout.ID
}

func (f *forgetful) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	after, err := f.session.Apply(ctx, step)
	if err == nil && expires(step) {
		f.expired = step.ID
	}
	return after, err
}

func (f *forgetful) NoteUnsettled(ctx context.Context, u payout.Unsettled, keep, until time.Time) ([]payout.Unsettled, error) {
	if u.ID == f.expired {
		return nil, nil
	}
	return f.session.NoteUnsettled(ctx, u, keep, until)
}

// deaf shows a queued payout as if nobody had spoken of it.
type deaf struct{ session }

func (d deaf) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	p, err := d.session.Apply(ctx, step)
	return unheard(p), err
}

func (d deaf) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	p, err := d.session.Get(ctx, id)
	return unheard(p), err
}

// unheard takes out of a queued payout what providers have said of it.
func unheard(p payout.Payout) payout.Payout {
	if p.Status != payout.Queued {
		return p
	}
	kept := payout.Attention{}
	for reason, at := range p.Attention {
		if !slices.Contains([]payout.Reason{payout.CallbackMismatch, payout.UnlistedStatus, payout.DoublePaymentSuspected, payout.Contradiction}, reason) {
			kept[reason] = at
		}
	}
	p.Attention = kept
	p.Heard = slices.DeleteFunc(slices.Clone(p.Heard), func(f payout.Fact) bool {
		return !strings.Contains(string(f), "sent") && !strings.Contains(string(f), "closed")
	})
	return p
}

// believing applies each line of a file at once, whoever brings it.
func believing(_ context.Context, s *sheet, _ payout.Principal, _ []payout.Principal) (payout.Report, error) {
	for _, row := range s.rows {
		s.world.end(row)
	}
	return payout.Report{Awaiting: true}, nil
}

// numberless has a file imported without the provider's numbers.
func numberless(real importing) importing {
	return func(ctx context.Context, s *sheet, by payout.Principal, identities []payout.Principal) (payout.Report, error) {
		blind := *s
		blind.rows = slices.Clone(s.rows)
		for i := range blind.rows {
			blind.rows[i].ProviderID = ""
		}
		return real(ctx, &blind, by, identities)
	}
}

// end makes the end that a line names, if the payout is open.
func (w *world) end(row payout.StatementRow) {
	id, attempt, _ := payout.ParseProviderReference(row.Reference)
	p, there := w.table.items[id]
	target := map[payout.Finding]payout.Status{payout.FoundSucceeded: payout.Succeeded, payout.FoundFailed: payout.Failed}[row.Finding]
	if !there || target == "" || p.Attempt != attempt || !p.Status.MayBecome(target) {
		return
	}
	now := w.acting.box.now()
	_, _ = w.table.apply(payout.Step{ID: id, When: payout.Guard{Version: p.Version}, Then: payout.Change{
		At: now, Status: target, Entry: &payout.Entry{At: now, Source: payout.FromStatement, Status: target},
	}})
}

// everybody is a register in which each principal is a person.
type everybody struct{}

func (everybody) Who(_ context.Context, identities []payout.Principal) (payout.Person, error) {
	return payout.Person(identities[len(identities)-1]), nil
}

// backward asks about the first attempt.
type backward struct{ payout.Connector }

func (b backward) Ask(ctx context.Context, p payout.Payout, _ payout.Attempt) payout.Claim {
	return b.Connector.Ask(ctx, p, payout.FirstAttempt)
}

// anyAccount is a connector whose accounts all have one name.
type anyAccount struct{ payout.Connector }

func (c anyAccount) Open(ctx context.Context, p payout.Payout) (payout.Submission, error) {
	s, err := c.Connector.Open(ctx, p)
	return anonymous{s}, err
}

func (c anyAccount) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := c.Connector.Ask(ctx, p, about)
	claim.Account = ""
	return claim
}

type anonymous struct{ payout.Submission }

func (anonymous) Account() string { return "one" }

// remembering is a store whose controls never change.
type remembering struct {
	session
	first *payout.Controls
}

func (s *remembering) Board(ctx context.Context) (payout.Board, error) {
	board, err := s.session.Board(ctx)
	if err == nil && s.first == nil {
		s.first = &board.Controls
	}
	if s.first != nil {
		board.Controls = *s.first
	}
	return board, err
}

// trusting is a store in whose controls every callback is believed.
type trusting struct{ session }

func (s trusting) Board(ctx context.Context) (payout.Board, error) {
	board, err := s.session.Board(ctx)
	board.Controls.Callbacks = payout.Believe
	return board, err
}

// capless is a store in whose controls nothing is capped.
type capless struct{ session }

func (s capless) Board(ctx context.Context) (payout.Board, error) {
	board, err := s.session.Board(ctx)
	board.Controls.Caps = nil
	return board, err
}

// shortSighted is a store that looks back for five minutes.
type shortSighted struct{ session }

func (s shortSighted) Publish(ctx context.Context, n payout.News, since time.Time) error {
	if recent := s.c.now().Add(-5 * time.Minute); since.Before(recent) && !since.IsZero() {
		since = recent
	}
	return s.session.Publish(ctx, n, since)
}
