package sim

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// expires reports whether a step is the clock's end of a submission.
func expires(step payout.Step) bool {
	e := step.Then.Entry
	return step.Then.Status == payout.Unknown && e != nil && e.Source == payout.FromSweep && slices.Contains(step.When.Statuses, payout.Submitting)
}

// raises reports whether a step calls people for a reason.
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

// forgetful notes no payout that expired. It leaves out the notes of the payout that its
// container called lost last. Those of other payouts are made, so that this one road into doubt
// is missing alone.
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

func (f *forgetful) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, keep, until time.Time) ([]payout.Unsettled, error) {
	if u.ID == f.expired {
		return nil, nil
	}
	return f.session.NoteUnsettled(ctx, u, most, keep, until)
}

// deaf shows a queued payout as if nobody had spoken of it. The facts of our own sending and of
// closed attempts stay, so that only what was said is missing.
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

// believing applies each line of a file at once, whoever brings it. It writes past the domain,
// since every road through it asks who vouches.
func believing(_ context.Context, s *sheet, _ payout.Principal, _ []payout.Principal) (statement.Report, error) {
	for _, row := range s.rows {
		s.world.end(row)
	}
	return statement.Report{Awaiting: true}, nil
}

// numberless has a file imported without the provider's numbers. It is the import of before seeds
// 149, 180, 321 and 326 (docs/proof.md).
func numberless(real importing) importing {
	return func(ctx context.Context, s *sheet, by payout.Principal, identities []payout.Principal) (statement.Report, error) {
		blind := *s
		blind.rows = slices.Clone(s.rows)
		for i := range blind.rows {
			blind.rows[i].ProviderID = ""
		}
		return real(ctx, &blind, by, identities)
	}
}

// end makes the end that a line names, if the payout is open. It takes the table's own step,
// under the payout's version: what is wrong about it is that nobody vouched, and nothing else.
func (w *world) end(row payout.StatementRow) {
	id, attempt, _ := payout.ParseProviderReference(row.Reference)
	p, there := w.table.Payouts[id]
	target := map[payout.Finding]payout.Status{payout.FoundSucceeded: payout.Succeeded, payout.FoundFailed: payout.Failed}[row.Finding]
	if !there || target == "" || p.Attempt != attempt || !p.Status.MayBecome(target) {
		return
	}
	now := w.acting.box.now()
	_, _ = w.table.apply(payout.Step{ID: id, When: payout.Guard{Version: p.Version}, Then: payout.Change{
		At: now, Status: target, Entry: &payout.Entry{At: now, Source: payout.FromStatement, Status: target},
	}})
}

// everybody is a register in which each principal is a person. Such a register is what "two
// different principals" comes to without one: a person with a role and a user is two (decision
// 0014).
type everybody struct{}

func (everybody) Who(_ context.Context, identities []payout.Principal) (payout.Person, error) {
	return payout.Person(identities[len(identities)-1]), nil
}

// backward asks about the first attempt. The claim comes back as one about the attempt that was
// meant, which is how an answer is taken for another attempt's.
type backward struct{ payout.Connector }

func (b backward) Ask(ctx context.Context, p payout.Payout, _ payout.Attempt) payout.Claim {
	return b.Connector.Ask(ctx, p, payout.FirstAttempt)
}

// anyAccount is a connector whose accounts all have one name. So nothing tells any more which
// project a submission went to, and the next one goes to whichever the secret names (decision
// 0027).
type anyAccount struct{ payout.Connector }

func (c anyAccount) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	s, faults, err := c.Connector.Prepare(ctx, p)
	return anonymous{s}, faults, err
}

func (c anyAccount) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := c.Connector.Ask(ctx, p, about)
	claim.Account = ""
	return claim
}

// anonymous is a submission of such a connector.
type anonymous struct{ payout.Submission }

func (anonymous) Account() string { return "one" }

// remembering is a store whose controls never change. A container keeps what it read first, as a
// cache without an end does. Others, which start later, read the newer ones, so that the break
// needs a container that lives on.
type remembering struct {
	session
	first *payout.Controls
}

func (s *remembering) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.session.Shared(ctx)
	if err == nil && s.first == nil {
		s.first = &shared.Controls
	}
	if s.first != nil {
		shared.Controls = *s.first
	}
	return shared, err
}

// trusting is a store in whose controls every callback is believed. Only the belief is changed:
// gates and caps of the same controls are obeyed.
type trusting struct{ session }

func (s trusting) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.session.Shared(ctx)
	shared.Controls.Callbacks = payout.Believe
	return shared, err
}

// capless is a store in whose controls nothing is capped. Only the caps are missing, so that
// judges of gates cannot find it.
type capless struct{ session }

func (s capless) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.session.Shared(ctx)
	shared.Controls.Caps = nil
	return shared, err
}

// looksOnce is a store in which, with a window, nobody is found but who noted himself last. What
// a process noted for itself is still found, or it would note itself again and again: the domain
// takes a list without it for one that it fell off.
type looksOnce struct {
	session
	c   *container
	own map[payout.RecipientKey]payout.Unsettled // noted last
}

func (s looksOnce) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, keep, until time.Time) ([]payout.Unsettled, error) {
	s.own[u.Key] = u
	return s.session.NoteUnsettled(ctx, u, most, keep, until)
}

func (s looksOnce) FindUnsettled(ctx context.Context, key payout.RecipientKey) ([]payout.Unsettled, error) {
	if s.c.settings.window > 0 {
		return []payout.Unsettled{s.own[key]}, nil
	}
	return s.session.FindUnsettled(ctx, key)
}

// shortSighted is a store that looks back for five minutes. Puts that fail for longer than that
// hide the one that arrived (decision 0012).
type shortSighted struct{ session }

func (s shortSighted) Publish(ctx context.Context, n payout.FeedEntry, since time.Time) error {
	if recent := s.c.now().Add(-5 * time.Minute); since.Before(recent) && !since.IsZero() {
		since = recent
	}
	return s.session.Publish(ctx, n, since)
}
