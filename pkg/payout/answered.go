package payout

import "maps"

// answersForAnother reports whether an answer to a status query would end or confirm something under
// another number of the provider's than the one that it answered us with about the same attempt.
// There was one submission, by nobody else, so one of the two is not ours. A number that callbacks
// alone named is no answer, and beside a return it may be that of the return. About an end, what
// differs from it is a contradiction; about an attempt that was replaced, a second payment.
func (p Payout) answersForAnother(c Claim) bool {
	about := c.attempt()
	open := about == p.Attempt && !p.Status.Final()
	repeats := c.Finding == FoundFailed && (about < p.Attempt || p.Status == Failed)
	return c.Source == FromQuery && c.Finding.states() && (open || repeats) && !p.ofReturn(c) &&
		p.sentOnce(about) && !SameNumber(p.Answered[about], c.ProviderID)
}

// sentOnce reports whether one submission of an attempt alone can have a number, that of ours: a
// second one, and a lost table's, would have another.
func (p Payout) sentOnce(a Attempt) bool {
	once := p.Sent == 1 || a < p.Attempt
	return once && p.Heard.has(a, wasSent) && !p.Heard.has(a, wasResent) &&
		!p.Heard.has(a, mayBeLost) && !p.Heard.has(FirstAttempt, wasRestored)
}

// ofReturn reports whether the number of a claim may be that of a return, and not the payment's.
func (p Payout) ofReturn(c Claim) bool {
	return c.Finding == FoundReturned && !p.NumbersPayment(c.Finding)
}

// numbered adds to a decision the number that an answer names first for an attempt that was sent
// once. It is kept though nothing else of the answer is news: the callback that was faster may be
// anybody's, and what the history had no room for does not tell later which number was ours. While
// the payout is open, the number takes the place of one that a callback named.
func (p Payout) numbered(c Claim, d Decision) Decision {
	about := c.attempt()
	if !p.answeredFirst(c) {
		return d
	}
	change := Change{At: c.At}
	if d.Change != nil {
		change = *d.Change
	}
	if about == p.Attempt && !p.Status.Final() {
		change.ProviderID = c.ProviderID
	}
	change.Answered = maps.Clone(p.Answered)
	if change.Answered == nil {
		change.Answered = map[Attempt]string{}
	}
	change.Answered[about] = c.ProviderID
	d.Change = &change
	return d
}

// answeredFirst reports whether a claim is the first answer that names the number of an attempt
// of ours. One to a status query that began before the last submission may be about another's.
func (p Payout) answeredFirst(c Claim) bool {
	about := c.attempt()
	answer := c.Source == FromAnswer || c.Source == FromQuery && c.Asked != nil && c.Asked.Submitted.Equal(p.SubmittedAt)
	return answer && c.ProviderID != "" && c.Finding.states() && !p.ofReturn(c) &&
		p.Answered[about] == "" && p.sentOnce(about) && p.compare(c) == ""
}
