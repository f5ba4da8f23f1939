package payout

import "slices"

// FiledUnderAnother reports whether a line about the present attempt says that money went, under
// another number of the provider's than the one that we hold. After a second submission there
// may be two payments, and a failure under another number is ordinary.
func (p Payout) FiledUnderAnother(f Finding, number string) bool {
	return p.NumbersPayment(f) && !SameNumber(p.ProviderID, number)
}

// NumbersPayment reports whether the number beside a finding is that of money that went. Where a
// reference is paid once, as the provider documents, another number beside a return is that of
// the return.
func (p Payout) NumbersPayment(f Finding) bool {
	return f == FoundSucceeded || f == FoundReturned && p.Provider.facts().Recovery.RefusesRepeats != Documented
}

// EndTold reports whether the provider itself had told us the end of a payout, asked or not.
func (p Payout) EndTold() bool { return p.endBrought(FromCallback, FromQuery) }

// CallbackHeard reports whether a callback brought the end, or the money's return: a verified one
// that was believed. One that came after the end and says the same leaves no trace, so that nobody
// can count it.
func (p Payout) CallbackHeard() bool { return p.endBrought(FromCallback) }

// endBrought reports whether one of the sources brought the end of the present attempt, or the
// money's return. Other words after an end may be about something else, or unbelieved.
func (p Payout) endBrought(by ...Source) bool {
	before := Status("")
	for _, e := range p.presentAttempt() {
		ended := e.Status != before && (e.Status == Succeeded || e.Status == Failed)
		if slices.Contains(by, e.Source) && (ended || e.returned()) {
			return true
		}
		before = e.Status
	}
	return false
}
