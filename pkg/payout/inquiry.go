package payout

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Inquiry has the provider asked about one attempt, beside the status queries that every payout has.
// Words lead to one that add nothing: a callback that came so often that it is not counted any more,
// since somebody could repeat it for ever, or that was heard before, about an end that is asked about no
// more or while none is believed; and lines of one person's file. Such a word may be true all the same.
// So what was certain is not certain until the provider has answered, as after every other word. But
// the inquiry leaves no fact and no entry, but for what Confirms names, and it takes none of the status
// queries, rounds and waits of the others: whoever repeats a text, or a file, uses nothing up.
type Inquiry struct {
	Open bool
	// Marked is the payout's [Payout.Taken] when the latest word came: a status query of that sweep, or of
	// one before, says nothing of it.
	Marked int64
	// OpenedAt is when the first of the words came that nobody has settled.
	OpenedAt time.Time
	// Tries is how many status queries settled nothing since the latest word.
	Tries   int
	AskedAt time.Time // when the provider was last asked about the attempt, while it was open
	Due     time.Time // when it is asked next, zero for never; it means nothing while it is not open
	// Called is what a person was called for; empty: nobody was.
	Called Reason
	// Confirms: the failure of the payout became certain but for this inquiry, and nobody was told.
	Confirms bool
}

// callsAfter is how long nobody has settled an inquiry when a person is called for it.
const callsAfter = time.Hour

// asksAgain is how long after a status query an inquiry has the provider asked about the same
// attempt again: the queries are bounded, however often somebody repeats a word.
const asksAgain = 5 * time.Minute

// triesAgain is how many of the tries an inquiry has behind it at most when another word comes: five
// follow, and the first of them is no sooner than asksAgain.
const triesAgain = 3

// closed reports whether the failure of an attempt is certain, and no inquiry asks whether it still is.
func (p Payout) closed(a Attempt) bool { return p.Heard.closed(a) && !p.Inquiries[a].Open }

// doubted reports whether something was said of an attempt after its end that no answer has settled.
func (p Payout) doubted(a Attempt) bool {
	return p.Heard.doubted(a) || p.Inquiries[a].Open && p.endsUnpaid(a)
}

// endsUnpaid reports whether an attempt is at its end, and counts as one that paid nobody.
func (p Payout) endsUnpaid(a Attempt) bool {
	return p.Heard.closed(a) || a == p.Attempt && (p.Status == Failed || p.Status == Cancelled)
}

// inquires adds an inquiry to what a callback comes to that would be acknowledged, and neither counts
// nor is asked about: it was heard too often, or found no room; it is about an end that is asked about no
// more; nothing is believed; or a status query is under way, and not even a mark of the word was left.
// What agrees with all that is known needs none, nor does a text that could be cut otherwise while people
// are called for such texts.
func (p Payout) inquires(c Claim, d Decision) Decision {
	rests := p.Status.Final() && p.Polls >= confirmations
	quiet := p.wornOut(c) || c.forgeable() || rests || d.Change == nil && p.reliesOnSilence(c)
	_, called := p.Attention[CallbackMismatch]
	cut := c.Ambiguous != "" && !c.Unbelieved && called
	if !quiet || cut || c.Source != FromCallback || p.Status == Orphan || p.agreesWith(c) {
		return d
	}
	change := Change{At: c.At}
	if d.Change != nil {
		change = *d.Change
	}
	if change.QueryAt != nil || change.Status != "" {
		return d // it counts, and is asked about as usual
	}
	if p.inquire(&change, c.attempt()); change.Inquiries != nil {
		d.Change = &change
	}
	return d
}

// agreesWith reports whether a callback says what is known already of the attempt, and nothing else:
// no other amount, and no number of another payment.
func (p Payout) agreesWith(c Claim) bool {
	present := c.attempt() == p.Attempt
	same := present && SameNumber(p.ProviderID, c.ProviderID)
	switch {
	case c.Ambiguous != "" || p.compare(c) != "":
		return false
	case c.Finding == FoundFailed:
		return !c.Doubtful && (!present || p.Status != Succeeded)
	case c.Finding == FoundSucceeded:
		return same && p.Status == Succeeded
	case c.Finding == FoundReturned:
		return present && p.Return != nil && (same || !p.NumbersPayment(c.Finding))
	case c.Finding == FoundProcessing:
		return same && p.Status == Succeeded && !c.Unbelieved
	}
	return false
}

// inquire opens an inquiry about an attempt. Of the words that come while it is open, one is noted for each
// time that a sweep has taken the payout up; it has status queries of its own.
func (p Payout) inquire(change *Change, about Attempt) {
	i, due := p.Inquiries[about], p.rested(about, change.At)
	forgotten := p.DueAt.IsZero() || p.DueAt.After(i.Due) && p.DueAt.After(change.At.Add(asksAgain)) // by an earlier version
	switch {
	case p.Status == Orphan, about < FirstAttempt, about > p.Attempt+attemptsAhead:
		return
	case !i.Open: // a sweep looks at once: the list of the recipient is owed, and no other write may know of the inquiry
		i = Inquiry{Open: true, OpenedAt: change.At, AskedAt: i.AskedAt, Due: due}
		change.DueAt = &change.At
	case forgotten:
		change.DueAt = &change.At
	case i.Marked >= p.Taken:
		return
	case p.beingAsked():
		change.DueAt = &p.DueAt
	}
	if i.Due.IsZero() || due.Before(i.Due) {
		i.Due = due
	}
	i.Marked, i.Tries, change.SpokenAt = p.Taken, min(i.Tries, triesAgain), change.At
	change.Inquiries = p.inquiriesWith(about, i)
}

func (p Payout) inquiriesWith(about Attempt, i Inquiry) map[Attempt]Inquiry {
	all := maps.Clone(p.Inquiries)
	if all == nil {
		all = map[Attempt]Inquiry{}
	}
	all[about] = i
	return all
}

// rested is when the provider may be asked about an attempt for an inquiry that is opened now.
func (p Payout) rested(about Attempt, now time.Time) time.Time {
	asked := p.Inquiries[about].AskedAt
	if about == p.Attempt && p.AskedAt.After(asked) {
		asked = p.AskedAt
	}
	if rested := asked.Add(asksAgain); rested.After(now) && rested.Sub(now) <= asksAgain { // else a clock was ahead
		return rested
	}
	return now
}

// inquiryDue is which attempt an inquiry asks about next, and when; the zero time if none does. While
// the payout is with its provider nobody is asked.
func (p Payout) inquiryDue() (about Attempt, due time.Time) {
	if p.Status == Submitting || p.Status == Orphan {
		return 0, time.Time{}
	}
	for _, a := range slices.Sorted(maps.Keys(p.Inquiries)) {
		if i := p.Inquiries[a]; i.Open && !i.Due.IsZero() && (due.IsZero() || i.Due.Before(due)) {
			about, due = a, i.Due
		}
	}
	return about, due
}

// nextDue is when the sweep has to look at the payout, as long as nobody has taken it up.
func (p Payout) nextDue() time.Time {
	_, inquiry := p.inquiryDue()
	return earlier(earlier(p.QueryAt, p.Notice.At), inquiry)
}

// beingAsked reports whether a sweep has taken the payout up: a status query may be under way.
func (p Payout) beingAsked() bool { return !p.DueAt.Equal(p.nextDue()) }

// inquiredElsewhere reports whether an inquiry has taken away what was certain of another attempt than
// the present one.
func (p Payout) inquiredElsewhere() bool {
	for a := range p.Inquiries {
		if a != p.Attempt && p.doubted(a) && !p.Heard.has(a, saidPaid) {
			return true
		}
	}
	return false
}

// inquireNow puts the status query of an inquiry to the provider.
func (s *Sweeper) inquireNow(ctx context.Context, p Payout, about Attempt) error {
	now := s.ports.Now()
	connector, wired := s.ports.Connectors[p.Provider]
	if !wired { // nobody can be asked; time passes all the same, and a person has to know
		d := Decision{Change: &Change{At: now}}
		s.tryAgain(p, about, &d, now, false)
		d.Change.Noted = p.holdsOthers(now) && s.ports.noteLate(ctx, s.policy, p)
		_, _, err := s.once(ctx, p, *d.Change, d.Change.Entry, d.Signals...)
		return err
	}
	if ready, early := s.tooEarly(p, connector); early {
		i := p.Inquiries[about]
		i.Due = ready
		return s.change(ctx, p, Change{At: now, Inquiries: p.inquiriesWith(about, i)})
	}
	return s.ask(ctx, p, about, connector, true)
}

// settleInquiry takes in what an answer to any status query about an attempt means for the inquiry
// about it. Nothing, if another sweep has taken the payout up since.
func (s *Sweeper) settleInquiry(p Payout, about Attempt, d *Decision, c Claim) {
	i := p.Inquiries[about]
	switch {
	case !i.Open || c.Asked == nil || p.Taken != c.Asked.Taken:
		return
	case !p.settlesInquiry(c, about):
		s.tryAgain(p, about, d, c.Asked.Begun, p.deniesEnd(c, about))
		return
	}
	confirms := i.Confirms
	i.AskedAt, i.Tries, i.Confirms = c.Asked.Begun, 0, false
	if i.Open = i.Marked >= c.Asked.Taken; i.Open {
		i.OpenedAt, i.Called, i.Due = i.AskedAt, "", i.AskedAt.Add(asksAgain)
	}
	d.Change.Inquiries = p.inquiriesWith(about, i)
	switch {
	case !confirms:
	case !d.Change.Apply(p).SafeToPayAgain():
		d.Change.Inquiries = confirmedBy(d.Change.Inquiries) // the last one
	case d.Change.Entry == nil:
		*d.Change = *p.withEntry(*d.Change, c.entry(p.Status))
	}
}

// settlesInquiry reports whether an answer says what becomes of an attempt: that it failed for
// certain, as before, or a word that counts itself. Where nothing was certain it says all that was asked.
func (p Payout) settlesInquiry(c Claim, about Attempt) bool {
	if !p.Heard.closed(about) {
		return (c.Finding.states() || c.Finding == FoundAbsent) && !p.deniesEnd(c, about)
	}
	return c.Finding.states() && (c.Finding != FoundFailed || c.Doubtful || p.isFinal(c, about))
}

// deniesEnd reports whether an answer does not know of the end of the present attempt.
func (p Payout) deniesEnd(c Claim, about Attempt) bool {
	return about == p.Attempt && p.Status.Final() && p.disagrees(c)
}

// tryAgain has an inquiry asked again after the usual waits. Where an attempt counts as one that paid
// nobody, that goes on for as long as a doubt holds others; the doubt stays. It calls for a person
// once for each reason, when nobody has settled it for an hour, or the answers do not know of the end.
func (s *Sweeper) tryAgain(p Payout, about Attempt, d *Decision, asked time.Time, denied bool) {
	now, i := s.ports.Now(), p.Inquiries[about]
	certain := p.endsUnpaid(about)
	i.AskedAt, i.Due = asked, now.Add(s.jitter(queryDelays[min(i.Tries, len(queryDelays)-1)]))
	i.Tries = min(i.Tries+1, confirmations)
	i.Open = certain || i.Tries < confirmations
	switch {
	case i.Marked >= p.Taken: // a word has come since this query began
		i.Open, i.Tries, i.Due = true, min(i.Tries, triesAgain), asked.Add(asksAgain)
	case now.Sub(p.spokenAt()) >= holdsFor:
		i.Due = time.Time{}
	}
	why := p.unsettledFor(about)
	calls := now.Sub(i.OpenedAt) >= callsAfter && i.Called != why && (certain || denied)
	if calls {
		i.Called = why
	}
	d.Change.Inquiries = p.inquiriesWith(about, i)
	switch {
	case !calls:
	case why == DoublePaymentSuspected:
		p.call(d, why, SignalDoublePayment, now, "what was said of an earlier attempt was never settled")
	case why == Contradiction:
		p.call(d, why, SignalContradiction, now, "what was said again of this attempt was never settled")
	}
}

// unsettledFor is the reason for which a person is called about an inquiry that nobody settles; empty where
// there is none.
func (p Payout) unsettledFor(about Attempt) Reason {
	switch {
	case p.replaced(about):
		return DoublePaymentSuspected
	case about == p.Attempt:
		return Contradiction
	}
	return ""
}

// confirmsLater notes in the inquiries that are open that a change would have made the payout safe to pay
// again but for them: the merchant is told when the last one is settled, once.
func (p Payout) confirmsLater(change Change) Change {
	if len(change.Heard) == 0 || len(p.Inquiries)+len(change.Inquiries) == 0 {
		return change
	}
	after := change.Apply(p)
	before, calm := p, after
	before.Inquiries, calm.Inquiries = nil, nil
	if after.SafeToPayAgain() || before.SafeToPayAgain() || !calm.SafeToPayAgain() {
		return change
	}
	change.Inquiries = confirmedBy(after.Inquiries)
	return change
}

// confirmedBy has the last of the inquiries that are open tell the merchant when it is settled.
func confirmedBy(all map[Attempt]Inquiry) map[Attempt]Inquiry {
	all = maps.Clone(all)
	for about, i := range all {
		i.Confirms = i.Open
		all[about] = i
	}
	return all
}

// confirms reports whether a change settles the last inquiry that kept a failure from being told as certain.
func (p Payout) confirms(change Change) bool {
	for _, i := range p.Inquiries {
		if i.Confirms && change.Inquiries != nil {
			return true
		}
	}
	return false
}
