package payout

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
// withdrawn, there is no second payment; the end that we hold is wrong.
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
