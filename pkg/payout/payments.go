package payout

import "slices"

// payments counts the attempts by which money may be, or may yet come, with the beneficiary, and
// those of which it is said that it came back. One that failed by the provider's own answer, with
// nothing but failure or "paid" said of it since, is neither: which word is true has to be settled.
func (p Payout) payments() (may, back int) {
	for a := FirstAttempt; a <= p.Attempt; a++ {
		present := a == p.Attempt
		unsent := (p.Status == Queued || p.Status == Cancelled) && p.Sent == 0 && !p.namedUnsent()
		switch {
		case p.Heard.has(a, saidTwice):
			may += 2
		case p.Heard.has(a, saidReturned):
			back++
		case p.Heard.closed(a) && !(present && p.Status == Succeeded):
		case present && unsent && !p.Heard.has(a, saidPaid):
		default:
			may++
		}
	}
	return may, back
}

// twoPayments is what to do about two payments. None must be stopped that may be the only one.
func (p Payout) twoPayments() string {
	switch may, back := p.payments(); {
	case may > 1:
		return nextActions[DoublePaymentSuspected]
	case back > 0:
		return oneIsBack
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
		return slices.Contains([]word{saidTwice, saidOther, saidForeign, wasMore}, f.said())
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
