package payout

import (
	"slices"
	"time"
)

// Weight says how well a fact about a provider is founded.
type Weight string

// The weights. Only Documented decides about money by itself.
const (
	Documented   Weight = "documented"   // on a page of the provider that covers Cambodia
	OtherArea    Weight = "other_area"   // only on a page for another country
	Assumed      Weight = "assumed"      // what such providers usually do
	Undocumented Weight = "undocumented" // no page says anything
)

// Recovery is what is known about getting a lost payout back at one provider.
type Recovery struct {
	// RefusesRepeats: a second request under one reference never becomes a second
	// payout.
	RefusesRepeats Weight
	// MayResend: after a lost answer the same request may be sent again.
	MayResend Weight
	// AbsentMeansNotSent: "not found" proves that a payout never arrived.
	AbsentMeansNotSent Weight
	// ResendAfter is how long "not found" must have stood before the same request
	// is sent again by itself: a request can be slow on its way.
	ResendAfter time.Duration
}

// automaticResends is how often a lost payout is sent again without a human, those
// repetitions included that certainly did not arrive.
const automaticResends = 3

// repeatable reports whether sending the same reference again cannot pay twice.
func (r Recovery) repeatable() bool {
	return r.RefusesRepeats == Documented && r.MayResend == Documented
}

// Refusing lists the providers that document that they refuse a repeated reference.
func Refusing() []Provider {
	return slices.DeleteFunc(Providers(), func(p Provider) bool { return !p.facts().Recovery.repeatable() })
}

// fruitless counts the repetitions of the present attempt that certainly did not arrive. Sent
// goes back after each of them, so it bounds nothing.
func (p Payout) fruitless() int {
	n := 0
	for _, e := range p.presentAttempt() {
		if e.Source == FromAnswer && e.Status == Unknown && (e.Finding == FoundNotSent || e.Finding == FoundAboutUs) {
			n++
		}
	}
	return n
}

// resendable reports whether a payout that the provider does not know may be sent
// to it again by itself: where that is documented, not at once, not for ever, and
// not when it has become so old that somebody may have paid another way.
func (p Payout) resendable(now time.Time, oldest time.Duration) bool {
	r := p.Provider.facts().Recovery
	return r.repeatable() && len(p.Attention.without(NotificationFailing)) == 0 &&
		p.Sent+p.fruitless() <= automaticResends && p.roomFor(ofMove) && // what is not written down is not counted
		now.Sub(p.SubmittedAt) >= r.ResendAfter && now.Sub(p.CreatedAt) <= oldest
}
