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
	if p.Status == Orphan {
		return p.note(c, "", SignalOrphan)
	}
	if !c.Finding.states() {
		return p.lose(c)
	}
	if mismatch := p.compare(c); mismatch != "" {
		c.Message = mismatch
		return p.note(c, CallbackMismatch, SignalMismatch)
	}
	if _, attempt, _ := ParseProviderReference(c.Reference); attempt < p.Attempt {
		return p.decideOlder(c)
	}
	if c.OnlyIfFirst && p.Sent > 1 {
		return p.lose(c)
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

// states reports whether the finding asserts something about the payout. The
// others tell only how a request of ours went.
func (f Finding) states() bool {
	return slices.Contains([]Finding{FoundProcessing, FoundSucceeded, FoundFailed, FoundReturned, FoundUnlisted}, f)
}

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
	case c.Description != nil && *c.Description != p.Description:
		return "the claim echoes another description"
	}
	for _, a := range c.Amounts {
		if a != p.Amount {
			return "the claim states another amount: " + string(a.Currency()) + " " + a.String()
		}
	}
	return ""
}

// decideOlder weighs a claim about an attempt that a later one replaced. Only
// a payment matters: the later attempt exists because this one had failed.
func (p Payout) decideOlder(c Claim) Decision {
	if c.Finding == FoundFailed {
		return stale
	}
	return p.note(c, DoublePaymentSuspected, SignalDoublePayment)
}

func (p Payout) succeed(c Claim) Decision {
	switch {
	case p.Status == Succeeded && sameNumber(p.ProviderID, c.ProviderID):
		return repeated
	case p.Status.Final():
		return p.contradict(c)
	}
	return p.enter(Succeeded, c)
}

func (p Payout) fail(c Claim) Decision {
	switch p.Status {
	case Failed:
		return p.confirmFailure(c)
	case Cancelled:
		return stale
	case Succeeded:
		return p.contradict(c)
	}
	return p.enter(Failed, c)
}

// confirmFailure lets a conclusive word make a payout safe to pay again, unless
// anything has spoken for a success.
func (p Payout) confirmFailure(c Claim) Decision {
	known := p.Failure != nil && p.Failure.SafeToPayAgain
	if known || !c.Conclusive || len(p.Attention) > 0 {
		return repeated
	}
	failure := c.failure()
	if p.Failure != nil {
		failure = *p.Failure
		failure.SafeToPayAgain = true
	}
	d := p.write(c, Change{Failure: &failure})
	d.Verdict = Applied
	return d
}

// takeBack weighs "paid, and returned". It may overtake the news of the payment
// itself, and is then recorded as both in one write.
func (p Payout) takeBack(c Claim) Decision {
	if p.Status == Failed || p.Status == Cancelled {
		return p.contradict(c)
	}
	if p.Return != nil {
		return repeated
	}
	d := p.enter(Succeeded, c)
	if p.Status == Succeeded {
		d = p.write(c, Change{})
	}
	attention := d.attention(p).With(Returned, c.At)
	d.Change.Attention = &attention
	d.Change.Return = &Return{At: c.At, ProviderCode: c.Code, Message: Printable(c.Message)}
	d.Verdict, d.Signals = Applied, []Signal{SignalReturned}
	return d
}

func (p Payout) proceed(c Claim) Decision {
	switch {
	case p.Status == Processing:
		return repeated
	case p.Status == Cancelled:
		return p.contradict(c) // a payout that was never sent cannot be in progress
	case p.Status.Final():
		return stale
	}
	return p.enter(Processing, c)
}

// hold keeps the state under a status that nobody has documented, and asks.
func (p Payout) hold(c Claim) Decision {
	return p.note(c, UnlistedStatus, SignalUnlisted)
}

// lose weighs a request of ours that brought no answer. While the payout was
// being submitted, that makes it unknown; afterwards it tells nothing new.
func (p Payout) lose(c Claim) Decision {
	if p.Status != Submitting {
		return stale
	}
	d := p.enter(Unknown, c)
	d.Signals = []Signal{SignalUnknown}
	return d
}

// contradict keeps the final state and calls for a human. What was safe to pay
// again is so no longer.
func (p Payout) contradict(c Claim) Decision {
	d := p.note(c, Contradiction, SignalContradiction)
	if d.Change != nil && p.Failure != nil && p.Failure.SafeToPayAgain {
		doubted := *p.Failure
		doubted.SafeToPayAgain = false
		d.Change.Failure = &doubted
	}
	return d
}

// note records a claim without moving the payout, once per claim, and has a
// question asked at once unless the state is final.
func (p Payout) note(c Claim, reason Reason, s Signal) Decision {
	raised := reason == ""
	if !raised {
		_, raised = p.Attention[reason]
	}
	if p.heard(c) || (raised && !p.hasRoom()) {
		return repeated
	}
	change := Change{}
	if reason != "" {
		attention := p.Attention.With(reason, c.At)
		change.Attention = &attention
	}
	d := p.write(c, change)
	d.Verdict, d.Signals = Noted, []Signal{s}
	if !p.Status.Final() && p.Status != Submitting {
		d.Change.QueryAt = &c.At
	}
	return d
}

// enter moves the payout. Leaving Submitting ends the lease; a final state ends
// the questions, except one that confirms a failure nobody documents as final.
func (p Payout) enter(s Status, c Claim) Decision {
	change := Change{Status: s, ProviderID: c.ProviderID, Lease: &Lease{}}
	if attention := p.Attention.Entering(s); len(attention) != len(p.Attention) {
		change.Attention = &attention
	}
	if s.Final() {
		due := c.confirmAt(s)
		change.QueryAt, change.Polls = &due, new(int)
	}
	if s == Failed {
		failure := c.failure()
		change.Failure = &failure
	}
	d := p.write(c, change)
	d.Verdict = Applied
	if s == Failed && change.Failure.Code == FailureFunds {
		d.Signals = []Signal{SignalLowBalance}
	}
	return d
}

// write completes a change that stems from a claim.
func (p Payout) write(c Claim, change Change) Decision {
	change.At = c.At
	after := p.Status
	if change.Status != "" {
		after = change.Status
	}
	return Decision{Change: p.inscribe(change, c.entry(after))}
}

// inscribe adds a history entry to a change, or counts it where there is no room:
// the news of a final state always finds some.
func (p Payout) inscribe(change Change, entry *Entry) *Change {
	room := p.hasRoom()
	if change.Status != "" {
		room = len(p.History) < HistoryLimit-1 || change.Status.Final()
	}
	if room {
		change.Entry = entry
	} else {
		change.Dropped = true
	}
	return &change
}

// hasRoom reports whether a change that moves nothing may still be written down.
func (p Payout) hasRoom() bool { return len(p.History) < HistoryLimit-historyReserve }

// heard reports whether the same claim is in the history.
func (p Payout) heard(c Claim) bool {
	key := c.Key()
	return slices.ContainsFunc(p.History, func(e Entry) bool { return e.ClaimKey == key })
}

func (d Decision) attention(p Payout) Attention {
	if d.Change.Attention != nil {
		return *d.Change.Attention
	}
	return p.Attention
}

// sameNumber reports whether two provider numbers do not contradict each other.
func sameNumber(a, b string) bool { return a == "" || b == "" || a == b }
