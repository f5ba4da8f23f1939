package payout

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Inquiry has the provider asked about one attempt, beside the status queries that every payout has.
// Two kinds of word lead to one: those that came so often that they are not counted any more, since
// somebody could repeat them for ever, and lines of one person's file. Such a word may be true all the
// same. So what was certain is not certain until the provider has answered, as after every other word.
// But the inquiry leaves no fact, no entry and no event, and it takes none of the status queries,
// rounds and waits of the others: whoever repeats a text, or a file, uses nothing up.
type Inquiry struct {
	// Words is how many words have asked for it, Settled how many of them the provider has answered:
	// those that came before the status query began. No clock is compared for that.
	Words, Settled int
	// Tries is how many status queries settled nothing since it was opened.
	Tries   int
	AskedAt time.Time // when the provider was last asked for its sake, or about its attempt meanwhile
	Due     time.Time // when it is asked next; it means nothing once all is settled
}

func (i Inquiry) open() bool { return i.Words > i.Settled }

// asksAgain is how long after a status query an inquiry has the provider asked about the same
// attempt again: the queries are bounded, however often somebody repeats a word.
const asksAgain = 5 * time.Minute

// closed reports whether the failure of an attempt is certain, and no inquiry asks whether it still is.
func (p Payout) closed(a Attempt) bool { return p.Heard.closed(a) && !p.Inquiries[a].open() }

// doubted reports whether something was said of an attempt after its end that no answer has settled.
func (p Payout) doubted(a Attempt) bool {
	return p.Heard.doubted(a) || p.Heard.closed(a) && p.Inquiries[a].open()
}

// inquires adds an inquiry to what a callback comes to that takes nothing away any more, since it was
// heard too often. Beside a status query that is under way it is one, too: the answer says nothing of
// what came since.
func (p Payout) inquires(c Claim, d Decision) Decision {
	fails := c.Finding == FoundFailed && !c.Doubtful
	if c.Source != FromCallback || c.Ambiguous != "" || fails || p.Status == Orphan || !p.wornOut(c) {
		return d
	}
	change := Change{At: c.At}
	if d.Change != nil {
		change = *d.Change
	}
	if !change.Apply(p).Heard.closed(c.attempt()) && !p.beingAsked() {
		return d
	}
	if p.inquire(&change, c.attempt()); change.Inquiries != nil {
		d.Change = &change
	}
	return d
}

// inquire opens an inquiry about an attempt. While one waits for its status query it stays as it is.
func (p Payout) inquire(change *Change, about Attempt) {
	i := p.Inquiries[about]
	switch {
	case p.Status == Orphan, i.open() && !p.beingAsked():
		return
	case !i.open():
		i.Tries, i.Due = 0, p.rested(about, change.At)
	}
	i.Words++
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
		if i := p.Inquiries[a]; i.open() && (due.IsZero() || i.Due.Before(due)) {
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
		s.tryAgain(p, about, &d, now)
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
// about it.
func (s *Sweeper) settleInquiry(p Payout, about Attempt, d *Decision, c Claim) {
	i := p.Inquiries[about]
	if !i.open() || c.Asked == nil {
		return
	}
	if !p.settlesInquiry(c, about) {
		s.tryAgain(p, about, d, c.Asked.Begun)
		return
	}
	i.AskedAt, i.Settled, i.Tries = c.Asked.Begun, max(i.Settled, c.Asked.Words), 0
	i.Due = i.AskedAt.Add(asksAgain) // for what came meanwhile
	d.Change.Inquiries = p.inquiriesWith(about, i)
}

// settlesInquiry reports whether an answer says what becomes of an attempt: that it failed for
// certain, as before, or a word that counts itself. Where nothing was certain it says all that was asked.
func (p Payout) settlesInquiry(c Claim, about Attempt) bool {
	if !p.Heard.closed(about) {
		return c.Finding.states() || c.Finding == FoundAbsent
	}
	return c.Finding.states() && (c.Finding != FoundFailed || c.Doubtful || p.isFinal(c, about))
}

// tryAgain has an inquiry asked again after the usual waits, and calls for a person where nobody
// settles it for an hour.
func (s *Sweeper) tryAgain(p Payout, about Attempt, d *Decision, asked time.Time) {
	now, i := s.ports.Now(), p.Inquiries[about]
	i.AskedAt, i.Due = asked, now.Add(s.jitter(queryDelays[min(i.Tries, len(queryDelays)-1)]))
	if i.Tries < disagreedTooOften {
		i.Tries++
	}
	d.Change.Inquiries = p.inquiriesWith(about, i)
	switch {
	case i.Tries < disagreedTooOften || !p.Heard.closed(about):
	case p.replaced(about):
		p.call(d, DoublePaymentSuspected, SignalDoublePayment, now, "what was said of an earlier attempt was never settled")
	case about == p.Attempt:
		p.call(d, Contradiction, SignalContradiction, now, "what was said again of this end was never settled")
	}
}
