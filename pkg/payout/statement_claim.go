package payout

import (
	"fmt"
	"time"

	"cambodia-payouts/pkg/money"
)

// worth is what a line that two people vouch for comes to, false if nothing: yet, or at all.
func (l *ReportLine) worth(c Claim, p Payout, first StatementProposal) (Decision, bool) {
	c = p.withoutQuotes(c)
	present := c.attempt() == p.Attempt
	another := present && p.filedUnderAnother(c.Finding, c.ProviderID)
	returned := c.Finding == FoundReturned && present && !another && p.Status == Succeeded
	switch {
	case l.second:
		return p.paidTwice(c), true // whatever the provider answers about the other one
	case c.Finding == FoundProcessing, c.Finding == FoundUnlisted, l.row.Amount.IsZero() && !l.row.Zero:
		return Decision{}, false
	case p.Status.Final() && !returned, l.Kind == AmountDiffers, !present, another:
	case l.ambiguous:
		return Decision{}, false // the file says both
	case p.sentAfter(first.At):
		l.Outdated = true // what was sent since is not in the file: it may yet be paid
		return Decision{}, false
	case !p.AskedAt.After(first.At):
		l.pending = true
		return Decision{}, false
	case p.Status == Submitting, p.AnsweredAt.After(first.At) && !returned:
		return Decision{}, false // the provider itself answers, or will
	case returned && p.AnsweredAt.After(first.At):
		return p.contradict(c), true // it was asked, and does not know of the return
	}
	return p.Decide(c), true
}

// claim is a line as a claim that people vouch for.
func (s Statement) claim(row StatementRow, first StatementProposal, at time.Time) Claim {
	c := Claim{
		Source: FromStatement, Provider: s.Provider, Reference: row.Reference, ProviderID: Printable(row.ProviderID),
		Finding: row.Finding, Code: Printable(row.Code), By: s.By, Raw: row.Raw, At: at,
		Message: fmt.Sprintf("line %d of statement %s, sent by %s and %s", row.Line, s.named, first.Person, s.sender.person),
	}
	if row.Finding == FoundFailed {
		c.Failure = FailureDeclined
	}
	switch {
	case row.Zero:
		c.Suspect = "the statement line states an amount of zero"
	case row.Amount.IsZero():
		c.Suspect = "the statement line states no readable amount"
	default:
		c.Amounts = []money.Amount{row.Amount}
	}
	return c.cleaned()
}
