package payout

import "slices"

// compare says in which point a claim is not about this payout, "" if in none. A
// valid signature does not settle that: neither provider's canonical form
// separates fields safely, and a wrong amount may be the provider's own mistake.
func (p Payout) compare(c Claim) string {
	id, attempt, ours := ParseProviderReference(c.Reference)
	switch {
	case c.Suspect != "":
		return c.Suspect
	case !ours || id != p.ID:
		return "the claim names another payout"
	case attempt > p.Attempt:
		return "the claim names an attempt that was not made"
	case c.Provider != p.Provider:
		return "the claim comes from another provider"
	case c.Source == FromStatement && attempt == p.Attempt && !p.Status.Final() && p.FiledUnderAnother(c.Finding, c.ProviderID):
		return "the statement names another number of the provider's" // about an end, it is a contradiction
	case c.Description != nil && !sameText(*c.Description, p.Description) && p.RedactedAt.IsZero(): // else nobody knows ours
		return "the claim echoes another description"
	}
	if p.answersForAnother(c) {
		return "the answer names another number of the provider's than an answer before it"
	}
	for _, a := range c.Amounts {
		if a != p.Amount {
			return "the claim states another amount: " + string(a.Currency()) + " " + a.String()
		}
	}
	return ""
}

// namesAnother reports whether a callback about an open payout names another number of the
// provider's than the one that we hold. Each submission has a number of its own, so after
// a second one ours may be that of the other. About an end, another number is a
// contradiction; see [Payout.succeed].
func (p Payout) namesAnother(c Claim) bool {
	return c.Source == FromCallback && !p.Status.Final() && p.Sent <= 1 &&
		c.attempt() == p.Attempt && !SameNumber(p.ProviderID, c.ProviderID)
}

// SameNumber reports whether two provider numbers do not contradict each other.
func SameNumber(a, b string) bool { return a == "" || b == "" || a == b }

// mismatch records a verified claim that is not about this payout as we know it.
func (p Payout) mismatch(c Claim) Decision {
	facts := []Fact{p.Attempt.fact(saidOther)}
	switch id, attempt, ours := ParseProviderReference(c.Reference); {
	case !ours || id != p.ID:
	case attempt > p.Attempt:
		facts = p.foreign(attempt)
	case p.Heard.closed(attempt): // it is asked about, also once another attempt has begun
		facts = append(facts, p.doubts(c, attempt)...)
	}
	return p.note(c, CallbackMismatch, SignalMismatch, facts...)
}

// foreign is the fact that an attempt was spoken of which was never made; one of a payout
// says it all.
func (p Payout) foreign(attempt Attempt) []Fact {
	if slices.ContainsFunc(p.Heard, func(f Fact) bool { return f.said() == saidForeign }) {
		return nil
	}
	return []Fact{attempt.fact(saidForeign)}
}

// disbelieve records a claim of which nothing is believed, because its signed text may
// have said something else. It moves and closes nothing, and the provider is asked at once.
func (p Payout) disbelieve(c Claim) Decision {
	c = c.disbelieved()
	if p.Status == Orphan {
		return p.note(c, "", SignalOrphanOfOurs, p.Attempt.fact(saidAmbiguous))
	}
	if _, raised := p.Attention[CallbackMismatch]; raised && p.Heard.has(p.Attempt, saidAmbiguous) && p.ambiguous() >= mostAmbiguous {
		return repeated // nothing of it is believed, and nobody's order waits for it to end
	}
	return p.note(c, CallbackMismatch, SignalMismatch, p.Attempt.fact(saidAmbiguous))
}

// unbelieved is the message of a callback that came while no callback is believed.
const unbelieved = "not believed, and asked about: by the controls, a key may have leaked"

// unbelieve keeps a callback that may be anybody's, since the key may have leaked. It moves
// nothing, and the provider is asked at once, whose answer is worth more.
func (p Payout) unbelieve(c Claim) Decision {
	about := c.attempt()
	if p.wornOut(c) {
		return repeated
	}
	facts := p.takenAway(about, saidUnlisted, c.Finding == FoundFailed && !c.Doubtful)
	if about > p.Attempt+attemptsAhead {
		facts = p.foreign(about) // there are too many to ask about
	}
	if p.Heard.closed(about) && p.Heard.wavered(about) >= mostRepeated {
		return p.trace(c) // whoever holds the key makes any number of texts; see [Inquiry]
	}
	if len(facts) == 0 && p.heard(c) {
		return repeated
	}
	return p.doubt(c, facts...)
}

// takenAway are the facts of a word that proves nothing: a callback while none is believed, or
// a line of one person's file. All it can do is to take something away: what has not ended, or
// was withdrawn, is not sent by itself any more; a certain failure is uncertain until the
// provider has answered; an attempt that we never made is asked about. A failure says nothing
// against a failure.
func (p Payout) takenAway(about Attempt, w word, fails bool) []Fact {
	switch {
	case about == p.Attempt && slices.Contains([]Status{Queued, Submitting, Unknown}, p.Status):
		// Whatever it says, something arrived: this may yet come back as "not sent".
		return p.Heard.without([]Fact{about.fact(w)})
	case p.Status == Cancelled && about == p.Attempt:
		return p.Heard.wavering(about)
	case fails && about <= p.Attempt:
		return nil
	case about == p.Attempt && (p.Status == Processing || p.Status == Failed && !p.Heard.closed(about) && !p.Heard.doubted(about)):
		return p.Heard.without([]Fact{about.fact(w)}) // a failure may follow, or was never certain; until it is, this counts
	case about != p.Attempt, p.Heard.closed(about):
		return p.Heard.wavering(about)
	}
	return nil
}

// mostAmbiguous is how many claims of which nothing is believed a history keeps.
const mostAmbiguous = 3

func (p Payout) ambiguous() int {
	n := 0
	for _, e := range p.History {
		if e.Source == FromCallback && e.Finding == FoundUnlisted && len(e.ProviderCode) == 0 {
			n++
		}
	}
	return n
}
