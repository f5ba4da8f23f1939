package payout

import "slices"

// Verdict says what became of a claim.
type Verdict string

// The verdicts. All of them mean that the claim needs no repetition: it is stored,
// or was stored before, or there is nothing in it to store.
const (
	Applied      Verdict = "applied"  // it moved the payout
	Noted        Verdict = "noted"    // it is in the history and raised attention
	Repeated     Verdict = "repeated" // the same claim was here before
	Stale        Verdict = "stale"    // it tells less than is already known
	KeptAsOrphan Verdict = "orphan"   // it matches no payout
	// Unbelieved: by people's controls nothing of it is believed; it is kept, and asked about.
	Unbelieved Verdict = "unbelieved"
)

// Decision is what a claim is worth to a payout as it stands: the change to make
// (nil: nothing), and whom to alarm once the change is stored.
type Decision struct {
	Verdict Verdict
	Change  *Change
	Signals []Signal
}

var (
	repeated = Decision{Verdict: Repeated}
	stale    = Decision{Verdict: Stale}
)

// Decide weighs a claim against the payout. It is pure: the caller writes the
// change under the guard that the payout is still the one that was read.
func (p Payout) Decide(c Claim) Decision {
	c = p.withoutQuotes(c)
	d := p.weigh(c)
	if d.Change == nil && p.reliesOnSilence(c) {
		d = p.trace(c)
	}
	return p.numbered(c, p.inquires(c, d))
}

func (p Payout) weigh(c Claim) Decision {
	if c.Unbelieved && p.Status != Orphan {
		return p.unbelieve(c)
	}
	if c.Ambiguous != "" {
		return p.disbelieve(c)
	}
	if p.Status == Orphan {
		return p.note(c, "", SignalOrphanOfOurs)
	}
	if !c.Finding.states() && c.Source != FromCallback {
		return stale // of a request of ours; see conclude
	}
	if lost := p; c.attempt() > p.Attempt && c.Source == FromQuery && c.Finding == FoundFailed {
		if lost.Attempt, lost.ProviderID = c.attempt(), ""; lost.compare(c) == "" { // it has a number of its own
			return p.failNeverMade(c)
		}
	}
	if mismatch := p.compare(c); mismatch != "" {
		c.Message = mismatch
		return p.mismatch(c)
	}
	if p.namesAnother(c) {
		c.Ambiguous = "the claim names another provider number"
		return p.disbelieve(c)
	}
	if !c.Finding.states() {
		return p.undecided(c)
	}
	if c.attempt() < p.Attempt {
		return p.decideOlder(c)
	}
	if c.Finding == FoundFailed && (p.saysNothingOfTheLast(c) || p.answeredSince(c)) {
		return p.undecided(c)
	}
	switch c.Finding {
	case FoundSucceeded:
		return p.succeed(c)
	case FoundFailed:
		return p.fail(c)
	case FoundReturned:
		return p.takeBack(c)
	case FoundProcessing:
		return p.proceed(c)
	}
	return p.hold(c)
}

// undecided keeps a callback that says nothing of the end: of a number that is taken, or of a
// submission that was not the last. It is asked about at once. An answer of that kind says
// nothing.
func (p Payout) undecided(c Claim) Decision {
	about := c.attempt()
	facts := p.spoken(about)
	switch {
	case c.Source != FromCallback:
		return stale
	case p.heard(c) && len(facts) == 0 || p.wornOut(c):
		return repeated
	}
	return p.doubt(c, facts...)
}

// spoken are the facts of a word that tells only that something of an attempt has arrived. What
// was certainly not sent, or may come back as that, is not certainly so any more; nor is it
// certain that nothing becomes of an earlier attempt, or of one that was closed. While the present
// one is on its way, or its failure is still to be confirmed, it is no news.
func (p Payout) spoken(about Attempt) []Fact {
	unsent := slices.Contains([]Status{Queued, Submitting, Unknown, Cancelled}, p.Status)
	if about == p.Attempt && unsent {
		return p.takenAway(about, saidUnlisted, false)
	}
	if about < p.Attempt || p.Heard.closed(about) {
		return p.Heard.wavering(about)
	}
	return nil
}

// answeredSince reports whether the provider has answered a later status query than the one that
// the claim answers: the process slept over its answer.
func (p Payout) answeredSince(c Claim) bool {
	return c.Asked != nil && p.AnsweredAt.After(c.Asked.Begun)
}

// saysNothingOfTheLast reports whether a failure is about an earlier submission of the
// attempt, so that a later one may still be paid.
func (p Payout) saysNothingOfTheLast(c Claim) bool {
	ofOne := c.OnlyIfFirst || c.Source == FromAnswer
	return ofOne && p.Sent > 1 || c.Asked != nil && !c.Asked.Submitted.Equal(p.SubmittedAt)
}

// states reports whether the finding asserts something about the payout. The
// others tell only how a request of ours went.
func (f Finding) states() bool {
	return slices.Contains([]Finding{FoundProcessing, FoundSucceeded, FoundFailed, FoundReturned, FoundUnlisted}, f)
}

// confirm takes in what makes the failure of the claim's attempt certain. Without that, the
// claim is worth what the caller says.
func (p Payout) confirm(c Claim, otherwise Decision) Decision {
	facts := p.closedBy(c, c.attempt())
	if len(facts) == 0 {
		return otherwise
	}
	change := Change{Heard: facts}
	// What is certain is what is shown, unless people have ended it: that is theirs.
	shown := p.Status == Failed && c.attempt() == p.Attempt && !p.Heard.has(p.Attempt, wasResolved)
	failure := c.failure()
	if shown {
		change.Failure = &failure
	}
	d := p.write(c, change)
	if d.Verdict = Applied; shown && failure.Code == FailureFunds && (p.Failure == nil || p.Failure.Code != FailureFunds) {
		d.Signals = []Signal{SignalLowBalance}
	}
	return d
}

func (p Payout) succeed(c Claim) Decision {
	paid := p.Attempt.fact(saidPaid)
	switch {
	case p.Status == Succeeded && p.ProviderID == "" && c.ProviderID != "":
		d := p.write(c, Change{ProviderID: c.ProviderID, Heard: p.Heard.without([]Fact{paid})})
		d.Verdict = Applied // of another number, it would be another payment
		return d
	case p.Status == Succeeded && SameNumber(p.ProviderID, c.ProviderID):
		return repeated
	case p.Status == Succeeded: // paid under another number than ours
		return p.contradict(c, paid, p.Attempt.fact(saidAgain))
	case p.Status.Final() && p.paidElsewhere(p.Attempt):
		return p.note(c, DoublePaymentSuspected, SignalDoublePayment, paid)
	case p.Status.Final():
		return p.contradict(c, paid)
	}
	return p.enter(Succeeded, c, paid)
}

func (p Payout) fail(c Claim) Decision {
	switch p.Status {
	case Failed:
		if !c.Doubtful && c.Source == FromCallback && !SameNumber(p.ProviderID, c.ProviderID) && !p.heard(c) {
			d := p.write(c, Change{})
			d.Verdict = Noted // of another submission, perhaps
			return d
		}
		return p.failAgain(c, repeated)
	case Succeeded:
		return p.contradict(c)
	case Cancelled:
		if facts := p.closedBy(c, p.Attempt); len(facts) > 0 {
			return p.contradict(c, facts...) // it was sent, and has failed for certain
		}
		if p.Heard.closed(p.Attempt) && !c.Doubtful {
			return repeated // a failure says nothing against a failure
		}
		return p.contradictWithdrawn(c)
	}
	return p.enter(Failed, c, p.closedBy(c, p.Attempt)...)
}

// failAgain weighs one more failure of an attempt that has failed. A code that may hide a
// payment is no repetition of one that does not: it takes the certainty away, and is asked
// about.
func (p Payout) failAgain(c Claim, otherwise Decision) Decision {
	about := c.attempt()
	if !c.Doubtful || p.wornOut(c) {
		return p.confirm(c, otherwise)
	}
	facts := p.Heard.without([]Fact{about.fact(saidDoubtful)})
	if p.Heard.closed(about) {
		facts = append(facts, p.Heard.wavering(about)...)
	}
	if len(facts) == 0 && (c.Source != FromCallback || p.heard(c)) {
		return otherwise
	}
	return p.doubt(c, facts...)
}

// takeBack weighs "paid, and returned". It may overtake the news of the payment
// itself, and is then recorded as both in one write.
func (p Payout) takeBack(c Claim) Decision {
	facts := []Fact{p.Attempt.fact(saidPaid), p.Attempt.fact(saidReturned)}
	if p.Status == Failed || p.Status == Cancelled {
		return p.contradict(c, facts...)
	}
	if c.Source == FromQuery {
		facts = append(facts, p.Attempt.fact(saidBack))
	}
	another := p.Return != nil && p.NumbersPayment(c.Finding) && !SameNumber(p.ProviderID, c.ProviderID) ||
		p.Status == Succeeded && c.Source == FromStatement && p.FiledUnderAnother(c.Finding, c.ProviderID)
	switch {
	case another && !p.heard(c):
		return p.contradict(c) // a payment came back that we do not know
	case another:
		return repeated
	case p.Return != nil && c.Source == FromQuery:
		return Decision{Verdict: Repeated, Change: &Change{At: c.At, Heard: p.Heard.without(facts)}}
	case p.Return != nil:
		return repeated
	}
	if p.NumbersPayment(c.Finding) && !SameNumber(p.ProviderID, c.ProviderID) {
		facts = append(facts, p.Attempt.fact(saidAgain))
	}
	back := &Return{At: c.At, ProviderCode: c.Code, Message: Printable(c.Message)}
	d := p.enter(Succeeded, c, facts...)
	if p.Status == Succeeded {
		d = p.write(c, Change{Heard: p.Heard.without(facts), Return: back})
		if c.Source != FromQuery { // a callback's key may have leaked, and a file may lie
			p.reopen(d.Change)
		}
	}
	attention := d.attention(p).With(Returned, c.At)
	d.Change.Attention, d.Change.Return = &attention, back
	d.Verdict, d.Signals = Applied, []Signal{SignalReturned}
	return d
}

func (p Payout) proceed(c Claim) Decision {
	switch p.Status {
	case Processing:
		return repeated
	case Cancelled:
		return p.contradictWithdrawn(c)
	case Succeeded:
		return stale
	case Failed:
		return p.waver(c)
	}
	return p.enter(Processing, c)
}

// waver weighs "in progress" about a payout that failed. While the failure is still to be
// confirmed, that is the ordinary order of callbacks; afterwards the certainty is gone,
// and the provider is asked again.
func (p Payout) waver(c Claim) Decision {
	// After the certainty even a word that was heard before counts: nothing tells a late
	// repetition from a new word.
	certain := p.Heard.closed(p.Attempt)
	confirming := p.Polls < confirmations
	if !certain && (p.heard(c) || confirming) || certain && p.wornOut(c) {
		return stale
	}
	return p.doubt(c, p.Heard.wavering(p.Attempt)...)
}

// doubt records a word that is no end, and has the provider asked at once.
func (p Payout) doubt(c Claim, facts ...Fact) Decision {
	if len(facts) == 0 && !p.hasRoom() {
		return p.trace(c)
	}
	d := p.write(c, Change{Heard: facts})
	d.Verdict = Noted
	p.reopen(d.Change)
	if polls := p.Polls &^ 1; c.attempt() != p.Attempt && d.Change.Polls == nil {
		d.Change.Polls = &polls // it is the other attempt's turn
	}
	return d
}

// hold keeps the state under a status that nobody has documented, and asks.
func (p Payout) hold(c Claim) Decision {
	facts := []Fact{p.Attempt.fact(saidUnlisted)}
	if p.Heard.closed(p.Attempt) {
		facts = append(facts, p.doubts(c, p.Attempt)...)
	}
	return p.note(c, UnlistedStatus, SignalUnlisted, facts...)
}

// becomeUnknown weighs a submission that brought no answer, for the process that holds its lease.
// That makes the payout unknown; afterwards it tells nothing new.
func (p Payout) becomeUnknown(c Claim) Decision {
	if p.Status != Submitting {
		return stale
	}
	d := p.enter(Unknown, c)
	d.Signals = []Signal{SignalUnknown}
	return d
}
