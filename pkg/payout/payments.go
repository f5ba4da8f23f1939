package payout

import "slices"

// payments counts the attempts by which money is said to have gone, or to be on its way, and is not
// said to have come back; those by which it may have gone; and those of which it came back. One
// that failed by the provider's own answer, with nothing but failure or "paid" said of it since, is
// none: which word is true has to be settled.
func (p Payout) payments() (said, may, back int) {
	for a := FirstAttempt; a <= p.Attempt; a++ {
		present := a == p.Attempt
		unsent := (p.Status == Queued || p.Status == Cancelled) && p.Sent == 0 && !p.namedUnsent()
		paid := p.Heard.has(a, saidPaid)
		spoken := p.Heard.doubted(a) && !p.Heard.has(FirstAttempt, wasRestored) // else by nobody, perhaps
		switch {
		case p.Heard.has(a, saidTwice), p.Heard.has(a, saidAgain):
			said += 2
		case p.Heard.has(a, saidReturned):
			back++
		case p.Heard.closed(a) && !(present && p.Status == Succeeded):
		case present && unsent && !paid:
		case paid, present && p.Status == Processing, spoken:
			said++
		default:
			may++
		}
	}
	return said, may, back
}

// twoPayments is what to do about two payments. None must be stopped that may be the only one.
func (p Payout) twoPayments() string {
	switch said, may, back := p.payments(); {
	case said > 1:
		return nextActions[DoublePaymentSuspected]
	case back > 0:
		return oneIsBack
	case may > 0:
		return anotherMayBe
	}
	return nextActions[Contradiction]
}

// mayBePaidBesides reports whether, besides the payment that came back, another one may have been
// made: it is what keeps a failure from being safe to pay again.
func (p Payout) mayBePaidBesides() bool {
	if _, doubted := p.doubtedElsewhere(); doubted || p.Heard.has(FirstAttempt, wasRestored) {
		return true
	}
	for a := FirstAttempt; a <= p.Attempt; a++ {
		earlier := a < p.Attempt && (p.Heard.has(a, saidPaid) || !p.Heard.closed(a))
		again := p.Heard.has(a, wasResent) && p.Provider.facts().Recovery.RefusesRepeats != Documented
		if earlier || again || !p.Heard.has(a, wasSent) || p.Heard.has(a, mayBeLost) {
			return true
		}
	}
	return slices.ContainsFunc(p.Heard, func(f Fact) bool {
		return slices.Contains([]word{saidTwice, saidAgain, saidOther, saidForeign, wasMore}, f.said())
	})
}

// paidElsewhere reports whether another attempt than this one is said to be paid.
func (p Payout) paidElsewhere(but Attempt) bool {
	for a := FirstAttempt; a <= p.Attempt; a++ {
		if a != but && p.Heard.has(a, saidPaid) {
			return true
		}
	}
	return false
}

// paidBefore records a payment of an attempt that a later one replaced. If that one was
// withdrawn, there is no second payment; the end that we hold is wrong. Nor is there beside one that
// failed for certain, but the next attempt may become it: [Payout.NextAction] looks at both.
func (p Payout) paidBefore(c Claim, facts ...Fact) Decision {
	if p.Status == Cancelled {
		return p.contradict(c, facts...)
	}
	return p.note(c, DoublePaymentSuspected, SignalDoublePayment, facts...)
}

// paidTwice records a payment that a file shows beside another one of the same reference. It
// ends nothing: that is for the one that counts. The line alone may have been heard before, of
// a file that did not show the other payment; that there are two is news once.
func (p Payout) paidTwice(c Claim) Decision {
	facts := []Fact{c.attempt().fact(saidPaid), c.attempt().fact(saidTwice)}
	if c.Finding == FoundReturned {
		facts = append(facts, c.attempt().fact(saidReturned))
	}
	return p.note(c, DoublePaymentSuspected, SignalDoublePayment, facts...)
}
