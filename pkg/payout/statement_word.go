package payout

import (
	"context"
	"fmt"
	"time"

	"cambodia-payouts/pkg/money"
)

// Filed is a line of a statement as a word about a payout, and who vouches for it.
type Filed struct {
	Row       StatementRow
	Statement string // what histories call it
	By        Principal
	Person    Person // who sent it
	// First is who sent the same file before: with that person two vouch for it.
	First StatementProposal
	// Second: the file shows another payment of the same reference, which counts.
	Second bool
	// Ambiguous: the file says something else of the same reference.
	Ambiguous bool
}

// Settled is what came of a line that two people vouch for.
type Settled struct {
	Ended bool // the payout ended by it
	// Pending: the provider has to be asked first.
	Pending bool
	// Outdated: the payout was sent since the first person sent the file, so that the line ends
	// nothing until that person sends it anew.
	Outdated bool
}

// Doubt has the provider asked at once about a payout of which a line says otherwise, by one
// person's word. A line that says otherwise than a certain failure takes the certainty away until
// the answer.
func (s *Statements) Doubt(ctx context.Context, p Payout, f Filed) error {
	_, err := s.until(ctx, p, func(p Payout) (Decision, error) {
		now := s.now()
		change := Change{At: now, Heard: p.doubtedBy(f.Row)}
		if len(change.Heard) > 0 { // a new doubt, of which there are few
			p.reopen(&change)
			change = *p.withEntry(change, f.entry(p.Status, now))
		} else if p.inquire(&change, f.about(p)); change.Inquiries == nil {
			return Decision{}, nil
		}
		return Decision{Change: &change}, nil
	})
	return err
}

// Settle applies a line that two people vouch for.
func (s *Statements) Settle(ctx context.Context, p Payout, f Filed) (Settled, error) {
	c := f.claim(p.Provider, s.now())
	var settled Settled
	_, err := s.until(ctx, p, func(p Payout) (d Decision, _ error) {
		var some bool
		if d, settled, some = f.worth(c, p); !some {
			return Decision{}, nil
		}
		settled.Ended = d.Change != nil && d.Change.Status.Final()
		return d, nil
	})
	if err != nil {
		return Settled{}, err
	}
	return settled, nil
}

// about is the attempt that a line has asked about: the present one if it names none of the payout.
func (f Filed) about(p Payout) Attempt {
	id, about, ours := ParseProviderReference(f.Row.Reference)
	if !ours || id != p.ID || about > p.Attempt+attemptsAhead {
		return p.Attempt
	}
	return about
}

// doubtedBy are the facts that a line adds by one person's word.
func (p Payout) doubtedBy(row StatementRow) []Fact {
	_, about, ours := ParseProviderReference(row.Reference)
	switch {
	case !ours, about > p.Attempt+attemptsAhead: // a slip: nobody was ever that far
		return nil
	case p.Heard.closed(about) && p.Heard.wavered(about) >= mostRepeated: // see [Inquiry]
		return nil
	}
	return p.takenAway(about, wasFiled, row.Finding == FoundFailed)
}

func (f Filed) entry(status Status, at time.Time) *Entry {
	return &Entry{
		At: at, Source: FromStatement, Status: status, By: f.By.shown(), Raw: f.Row.Raw, Evidence: HashEvidence(f.Row.Raw),
		Message: fmt.Sprintf("line %d of statement %s, sent by %s, says %s; the provider is asked", f.Row.Line, f.Statement, f.Person, f.Row.said()),
	}
}

// worth is what a line that two people vouch for comes to, false if nothing: yet, or at all.
func (f Filed) worth(c Claim, p Payout) (d Decision, settled Settled, some bool) {
	c = p.withoutQuotes(c)
	present := c.attempt() == p.Attempt
	another := present && p.FiledUnderAnother(c.Finding, c.ProviderID)
	returned := c.Finding == FoundReturned && present && !another && p.Status == Succeeded
	switch {
	case f.Second:
		return p.paidTwice(c), Settled{}, true // whatever the provider answers about the other one
	case c.Finding == FoundProcessing, c.Finding == FoundUnlisted, f.Row.unreadable():
		return Decision{}, Settled{}, false
	case p.Status.Final() && !returned, f.Row.Amount != p.Amount && !f.Ambiguous, !present, another:
	case f.Ambiguous:
		return Decision{}, Settled{}, false // the file says both
	case p.SentAfter(f.First.At):
		return Decision{}, Settled{Outdated: true}, false // what was sent since is not in the file: it may yet be paid
	case !p.AskedAt.After(f.First.At):
		return Decision{}, Settled{Pending: true}, false
	case p.Status == Submitting, p.AnsweredAt.After(f.First.At) && !returned:
		return Decision{}, Settled{}, false // the provider itself answers, or will
	case returned && p.AnsweredAt.After(f.First.At):
		return p.contradict(c), Settled{}, true // it was asked, and does not know of the return
	}
	return p.Decide(c), Settled{}, true
}

// unreadable reports whether the line states no amount that can be read.
func (r StatementRow) unreadable() bool { return r.Amount.IsZero() && !r.Zero }

// claim is a line as a claim that people vouch for.
func (f Filed) claim(provider Provider, at time.Time) Claim {
	c := Claim{
		Source: FromStatement, Provider: provider, Reference: f.Row.Reference, ProviderID: Printable(f.Row.ProviderID),
		Finding: f.Row.Finding, Code: Printable(f.Row.Code), By: f.By.shown(), Raw: f.Row.Raw, At: at,
		Message: fmt.Sprintf("line %d of statement %s, sent by %s and %s", f.Row.Line, f.Statement, f.First.Person, f.Person),
	}
	if f.Row.Finding == FoundFailed {
		c.Failure = FailureDeclined
	}
	switch {
	case f.Row.Zero:
		c.Suspect = "the statement line states an amount of zero"
	case f.Row.unreadable():
		c.Suspect = "the statement line states no readable amount"
	default:
		c.Amounts = []money.Amount{f.Row.Amount}
	}
	return c.cleaned()
}

// SentAfter reports whether the last submission may have reached the provider after a time: whoever
// has the right to submit may do so until the lease is over.
func (p Payout) SentAfter(at time.Time) bool { return !at.After(p.SubmittedAt.Add(leaseFor)) }
