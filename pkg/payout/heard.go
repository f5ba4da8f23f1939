package payout

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fact is something that happened to one attempt of a payout, or that was said of it
// by somebody whose word was verified. It is written as "ATTEMPT.word". No review, no
// later word and no redaction takes a fact away.
type Fact string

// word is the kind of a fact.
type word string

// The words.
const (
	// wasSent: the attempt was fenced for the first time, and facts are kept from then
	// on. An attempt without it is of an item from before facts were kept.
	wasSent word = "sent"
	// wasResent: it was fenced again after a submission that may have arrived.
	wasResent word = "resent"
	// mayBeLost: a lost table may have sent it, too, where that could be another payment: the
	// provider does not refuse a repeated reference, or does so within one account, and nobody
	// vouches that the lost table used the same one.
	mayBeLost word = "lost"
	// wasRestored, of the first attempt: the payout was sent or asked about while its table may
	// have lost attempts of it. Later ones are never found not to be there, so that no failure
	// of such a payout is ever safe to pay again.
	wasRestored word = "restored"
	// The words of a provider that speak against paying again.
	saidPaid      word = "paid"
	saidReturned  word = "returned"
	saidBack      word = "back"      // an answer to a status query says that it was returned
	saidTwice     word = "twice"     // a file shows two payments of it
	saidAgain     word = "again"     // it is paid under another number than the one that we hold
	saidOther     word = "mismatch"  // another amount, currency, provider or remark
	saidForeign   word = "foreign"   // of an attempt that was never made
	saidAmbiguous word = "ambiguous" // the signed text could be cut otherwise
	saidUnlisted  word = "unlisted"  // a status that no page lists
	// saidUnfinished: an answer to a query after the end did not know of the end.
	saidUnfinished word = "unfinished"
	// saidDoubtful: it failed with a code that may hide a payment.
	saidDoubtful word = "doubtful"
	// wasFiled: a line of a statement names the attempt, which we had not sent.
	wasFiled word = "filed"
	// wasResolved: people ended it; a provider never did.
	wasResolved word = "resolved"
	// wasMore: there was no room for a fact; see saidMore.
	wasMore word = "more"
	// closes: the failure is certain; wavers: a word came after that which is no
	// failure. They alternate, and are numbered: "1.closed.1", "1.wavered.1",
	// "1.closed.2" is closed.
	closes word = "closed"
	wavers word = "wavered"
)

// mostRounds bounds how often one attempt is closed. What wavers more often is never
// closed again.
const mostRounds = 15

// mostRepeated is how often one text counts, blanks and padding aside, and how often an attempt
// wavers by files. The rounds that are left are for new words of the provider: whoever holds an old
// callback, or a file, must not use them all up. Each text has a count of its own, so that
// nobody's replays of others use up that of a true one.
const mostRepeated = 3

// against are the words after which no attempt of the payout is ever safe to pay again.
var against = []word{saidPaid, saidReturned, saidOther, saidForeign, saidAmbiguous, wasResolved, wasMore}

func (a Attempt) fact(w word) Fact { return Fact(strconv.Itoa(int(a)) + "." + string(w)) }

func (a Attempt) round(w word, n int) Fact { return a.fact(w) + Fact("."+strconv.Itoa(n)) }

// Heard is the set of facts of a payout, in the order of their text. It only grows.
type Heard []Fact

// With returns the set with more facts.
func (h Heard) With(facts ...Fact) Heard {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(h, facts))))
}

// without lists those of the facts that are not in the set and have to be added.
func (h Heard) without(facts []Fact) []Fact {
	var fresh []Fact
	for _, f := range facts {
		if !slices.Contains(h, f) {
			fresh = append(fresh, f)
		}
	}
	return h.bounded(fresh)
}

func (h Heard) has(a Attempt, w word) bool { return slices.Contains(h, a.fact(w)) }

// wavered counts how often an attempt wavered.
func (h Heard) wavered(a Attempt) int {
	n := 0
	for slices.Contains(h, a.round(wavers, n+1)) {
		n++
	}
	return n
}

// closed reports whether the failure of an attempt is certain, with nothing but
// failure heard since.
func (h Heard) closed(a Attempt) bool {
	return slices.Contains(h, a.round(closes, h.wavered(a)+1))
}

// closing is the fact that closes an attempt now, none if it is closed, or has wavered
// too often.
func (h Heard) closing(a Attempt) []Fact {
	n := h.wavered(a) + 1
	if n > mostRounds {
		return nil
	}
	return h.without([]Fact{a.round(closes, n)})
}

// wavering is the fact that takes an attempt's certainty away, none while it is doubted
// already.
func (h Heard) wavering(a Attempt) []Fact {
	if h.doubted(a) {
		return nil
	}
	return h.without([]Fact{a.round(wavers, min(h.wavered(a)+1, mostRounds))})
}

// doubted reports whether a word that is no failure came after the end of an attempt,
// and no answer to a query has settled it since.
func (h Heard) doubted(a Attempt) bool { return h.wavered(a) > 0 && !h.closed(a) }

// speaksAgainst reports whether anything that was said forbids to call the payout safe.
func (p Payout) speaksAgainst() bool {
	return slices.ContainsFunc(p.Heard, func(f Fact) bool { return slices.Contains(against, f.said()) })
}

// SafeToPayAgain reports whether paying the beneficiary another way cannot be the second
// payment. It is computed from facts, never stored, so that no order of events, full
// history or review can leave it behind: the payout failed, nothing ever spoke against
// it, and the failure of every attempt is certain. An item of the time before facts were
// kept is never safe.
func (p Payout) SafeToPayAgain() bool {
	if p.Status != Failed || p.speaksAgainst() || p.Heard.has(FirstAttempt, wasRestored) {
		return false
	}
	if p.doubtedElsewhere() {
		return false
	}
	for a := FirstAttempt; a <= p.Attempt; a++ {
		if !p.Heard.has(a, wasSent) || !p.closed(a) {
			return false
		}
	}
	return true
}

// AsRestored is the payout as a table that was restored at a time has to show it: of what
// had failed before, the lost table may have begun another attempt, what was queued it may have sent,
// what had come back somebody may have paid again, and what one person had proposed it may have
// carried out. That a failure is certain is told of no time before. It is not
// stored. The zero time is no restore.
func (p Payout) AsRestored(at time.Time) Payout {
	p.restored = at
	if p.Status == Failed {
		p.Heard = p.Heard.With(p.lostAttempt(at)...)
	}
	if p.Status == Queued && p.StatusAt.Before(at) {
		p.QueuedReason = QueuedRestored
	}
	if p.Return != nil && !p.Return.At.After(at) { // who was told may have paid again since
		p.Heard = p.Heard.With(FirstAttempt.fact(wasRestored))
	}
	if !p.Proposal.At.After(at) {
		p.Proposal = Proposal{}
	}
	return p
}

// lostAttempt doubts the first of the attempts after the present one of which no answer says
// that it failed, if a lost table may have begun it: the payout was there before the restore,
// or came when nobody could tell what was. A failure is what people begin the next attempt
// from, and that one's failure the one after it, whoever made it: so an answer that an attempt
// failed which we never made has the next one doubted, too.
func (p Payout) lostAttempt(restored time.Time) []Fact {
	made := !restored.IsZero() && !p.SubmittedAt.After(restored) || p.Heard.has(FirstAttempt, wasRestored)
	for next := p.Attempt + 1; next <= min(p.Attempt+attemptsAhead, lastAttempt); next++ {
		switch {
		case p.Heard.closed(next):
			made = true // by whomever: not by us
		case !made, p.Heard.wavered(next) > 0:
			return nil // or it is asked about
		default:
			return p.Heard.without([]Fact{next.round(wavers, 1)})
		}
	}
	return nil
}

// closedBy is the fact that a failure claim closes its attempt with, none if it does not:
// it takes a documented final refusal of the only submission that may have arrived, or an
// answer to a query that began when no process of ours could be sending any more, with a
// code that does not hide a payment, where no second submission could be another payment.
func (p Payout) closedBy(c Claim, about Attempt) []Fact {
	final := false
	switch {
	case c.Finding != FoundFailed || c.Doubtful:
	case c.Source == FromAnswer:
		// Not beside another word, whichever came first: if two words differ, somebody is asked.
		final = c.Conclusive && about == p.Attempt && p.Sent == 1 && p.onlyFailureHeard()
	case c.Source == FromQuery:
		final = p.isFinal(c, about)
	}
	if !final {
		return nil
	}
	return p.Heard.closing(about)
}

// onlyFailureHeard reports whether nothing but failure was said of the present attempt while
// it was open, by anybody: no status and no single fact shows that, so the whole record is
// looked at. What the history had no room for may have been anything.
func (p Payout) onlyFailureHeard() bool {
	open := p.Status == Submitting || p.Status == Unknown
	if !open || p.HistoryDropped > 0 || p.Heard.has(p.Attempt, saidUnlisted) || p.Heard.has(p.Attempt, wasFiled) {
		return false
	}
	return !slices.ContainsFunc(p.presentAttempt(), func(e Entry) bool {
		others := e.Source == FromCallback || e.Source == FromQuery || e.Source == FromStatement
		return others && e.Finding != FoundFailed
	})
}

// isFinal reports whether an answer to a status query that says that an attempt failed is certain.
func (p Payout) isFinal(c Claim, about Attempt) bool {
	if c.Asked == nil || !c.Asked.Settled || c.Asked.Entries != p.entries() || p.Taken != c.Asked.Taken {
		return false
	}
	once := !p.Heard.has(about, wasResent)
	if c.OnlyIfFirst && !once && about != p.Attempt {
		return false
	}
	if known, _ := p.Heard.accounts(about); len(known) > 1 || p.Heard.has(about, mayBeLost) {
		return false // references are unique within one account, and a lost table may have used another one
	}
	if about == p.Attempt {
		if p.answeredSince(c) || !c.Asked.Submitted.Equal(p.SubmittedAt) {
			return false // the payout was sent again while the query was under way
		}
		once = p.Sent == 1
	}
	once = once && about <= p.Attempt
	return once || p.Provider.facts().Recovery.RefusesRepeats == Documented
}

// doubtedElsewhere reports whether something was said of another attempt than the present one that
// has to be asked about: of an earlier one, after its end, or of a later one that a lost table may
// have made.
func (p Payout) doubtedElsewhere() bool {
	return len(p.allDoubtedElsewhere()) > 0 || p.inquiredElsewhere()
}

// allDoubtedElsewhere are those attempts, but for what an inquiry asks: it has status queries of its own.
func (p Payout) allDoubtedElsewhere() []Attempt {
	var all []Attempt
	for _, f := range p.Heard {
		number, said, _ := strings.Cut(string(f), ".")
		n, err := strconv.Atoi(number)
		a := Attempt(n)
		if err != nil || a == p.Attempt || !strings.HasPrefix(said, string(wavers)) || slices.Contains(all, a) {
			continue
		}
		if p.Heard.doubted(a) && !p.Heard.has(a, saidPaid) {
			all = append(all, a)
		}
	}
	slices.Sort(all)
	return all
}

// earlierClosed reports whether the failure of every attempt before the present one is
// certain.
func (p Payout) earlierClosed() bool {
	for a := FirstAttempt; a < p.Attempt; a++ {
		if !p.closed(a) {
			return false
		}
	}
	return true
}
