package payout

import (
	"slices"
	"time"
)

// newsSince reports whether anything was written to the history while a status query was under
// way, or somebody wanted it asked again at once, or has asked since.
func (p Payout) newsSince(c Claim, now time.Time) bool {
	if c.Asked == nil {
		return false
	}
	atOnce := !p.QueryAt.Equal(c.Asked.Due) && !p.QueryAt.After(now) && !p.DueAt.After(now) // not taken by another sweep
	return c.Asked.Entries != p.entries() || atOnce || p.Taken != c.Asked.Taken
}

// settles reports whether an answer is the last word about an end: it agrees for certain,
// or differs, and then a person has to look. One that is not about the payout as we know it,
// by its number or amount, says nothing of the end.
func (p Payout) settles(c Claim) bool {
	if p.compare(c) != "" {
		return false
	}
	switch c.Finding {
	case FoundReturned:
		return true
	case FoundSucceeded:
		return p.Return == nil
	case FoundFailed:
		agrees := !c.Doubtful && c.Asked != nil && c.Asked.Settled
		return !p.saysNothingOfTheLast(c) && (p.Status != Failed || agrees)
	}
	return false
}

// disagrees reports whether an answer after an end does not know of it. People who ended a
// payout knew that the provider does not find it.
func (p Payout) disagrees(c Claim) bool {
	switch {
	case p.Heard.has(p.Attempt, wasResolved) && c.Finding == FoundAbsent:
		return false
	case p.Return != nil && c.Finding == FoundSucceeded:
		return true
	case p.Status == Succeeded:
		return slices.Contains([]Finding{FoundProcessing, FoundUnlisted, FoundAbsent, FoundFailed}, c.Finding)
	}
	return p.Status == Failed && (c.Finding == FoundProcessing || c.Finding == FoundUnlisted)
}

// unfinished are the facts of an answer that does not know of the end. About a failure it is
// a doubt, which is asked about even after people have started another attempt.
func (p Payout) unfinished() []Fact {
	facts := p.Heard.without([]Fact{p.Attempt.fact(saidUnfinished)})
	if p.Status == Failed {
		facts = append(facts, p.Heard.wavering(p.Attempt)...)
	}
	return facts
}

// unbacked reports whether no answer of the provider stands behind an end when the status queries
// are used up: answers spoke against it, or not one has ever known of the payout, so that
// all rests on callbacks; or somebody has named a payout that was withdrawn. Without this,
// whoever holds a leaked key could have a payout that never arrived called paid.
func (p Payout) unbacked() bool {
	switch {
	case p.Heard.has(p.Attempt, saidUnfinished):
		return true
	case p.Status == Cancelled:
		return p.namedUnsent()
	}
	return p.Status == Succeeded && !p.Heard.has(p.Attempt, wasResolved) && !p.acknowledged()
}

// acknowledged reports whether an answer to us has known of the present attempt.
func (p Payout) acknowledged() bool {
	if !p.AnsweredAt.IsZero() {
		return true
	}
	for _, e := range slices.Backward(p.History) {
		if e.Source == FromAnswer && e.Finding.states() && e.Finding != FoundUnlisted {
			return true
		}
		if e.Status == Submitting {
			return false // here the attempt, or its last submission, began
		}
	}
	return false
}
