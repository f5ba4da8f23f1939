package payout

// decideOlder weighs a claim about an attempt that a later one replaced. The later
// attempt exists because this one had failed; whatever says otherwise has to be asked
// about, or is a second payment.
func (p Payout) decideOlder(c Claim) Decision {
	about := c.attempt()
	switch c.Finding {
	case FoundFailed:
		return p.failAgain(c, stale)
	case FoundSucceeded:
		return p.paidBefore(c, about.fact(saidPaid))
	case FoundReturned:
		return p.paidBefore(c, about.fact(saidPaid), about.fact(saidReturned))
	}
	if c.Source == FromQuery {
		// The provider's own answer: two payments are under way.
		return p.note(c, DoublePaymentSuspected, SignalDoublePayment, p.Heard.wavering(about)...)
	}
	if c.Finding == FoundUnlisted {
		return p.note(c, UnlistedStatus, SignalUnlisted, p.doubts(c, about)...)
	}
	facts := p.Heard.wavering(about)
	if p.heard(c) && len(facts) == 0 || p.wornOut(c) {
		return repeated
	}
	return p.doubt(c, facts...)
}

// failNeverMade takes in the provider's own answer that an attempt failed which we never made.
// That closes the attempt, so that it is not asked about any more. But somebody made it, and may
// have gone on from its failure, so the payout is never safe to pay again, as after any other
// word about such an attempt. People are called, unless a lost table is known to be the one
// that made it.
func (p Payout) failNeverMade(c Claim) Decision {
	facts := p.Heard.without(append(p.closedBy(c, c.attempt()), p.foreign(c.attempt())...))
	if !p.Heard.has(FirstAttempt, wasRestored) {
		c.Message = "the provider answers that an attempt failed which was not made"
		return p.note(c, CallbackMismatch, SignalMismatch, facts...)
	}
	if len(facts) == 0 {
		return stale
	}
	d := p.write(c, Change{Heard: facts})
	d.Verdict = Applied
	return d
}
