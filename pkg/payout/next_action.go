package payout

import "slices"

// nextActions names the one safe thing that a person can do about each reason. The
// runbook says more. [Payout.NextAction] knows what a queued payout waits for besides.
var nextActions = map[Reason]string{
	Contradiction:          "do not pay again; settle with the provider which word is true, then resolve as reviewed",
	CallbackMismatch:       "do not pay again; ask the provider which amount and recipient were paid, then resolve as reviewed",
	DoublePaymentSuspected: "ask the provider to stop or return one of the two payments, then resolve as reviewed",
	UnknownTooLong:         "import the provider's statement of that day; if it does not settle it, resolve with written evidence",
	QueuedTooLong:          "this attempt was not sent: cancel it, or resend it if the beneficiary still has to be paid",
	UnlistedStatus:         "ask the provider what its status means; do not pay again before",
	Returned:               "the money came back: pay under a new reference if it is still owed, then resolve as reviewed",
	ProviderConfiguration:  "mend key, egress address or project at the provider; the payout then goes by itself",
	NotificationFailing:    "mend the webhook endpoint; the event feed has everything meanwhile",
	PossibleDuplicate:      "compare with the earlier payout in similar_to, or all in similar_ids: resend to confirm this one beside them, or cancel it",
}

// whileQueued names the one safe thing to do about a payout that waits for people, whatever
// else it was raised for: what sends it would come before the status query whether it was paid.
var whileQueued = map[QueuedReason]string{
	QueuedSpokenOf:  "a word of the provider's, or its statement, speaks against sending it: ask the provider first; then two people resend or cancel",
	QueuedRestored:  "a lost table may have sent it: ask the provider first; then two people resend or cancel",
	QueuedDuplicate: nextActions[PossibleDuplicate],
}

// refusedAndLate is about a payout that was refused about us and has waited too long since: it
// does not go by itself any more.
const refusedAndLate = "mend key, egress address or project at the provider; then resend it if the beneficiary still has to be paid, or cancel it"

// anotherMayBe is about a payment beside an attempt of which nobody knows, oneIsBack about two
// payments of which one came back, anotherMayBeLeft about a return beside
// which another payment may have been made.
const (
	anotherMayBe     = "a payment may have been made beside this one: ask the provider about each attempt, and neither pay again nor have one stopped before; then resolve as reviewed"
	oneIsBack        = "one of two payments came back: ask the provider which one is left, and have none stopped before; then resolve as reviewed"
	anotherMayBeLeft = "the money of one payment came back, and another one may have been made: ask the provider about each attempt; do not pay again before"
)

// refusedUnknown is about a payout of which nobody knows whether it was sent, and whose repetition
// was refused about us.
const refusedUnknown = "mend key, egress address or project at the provider; it does not go again by itself: see what the provider has, then resend or resolve it"

// heldAndGone is about a payout that was held beside another one when its table was lost.
const heldAndGone = "it was held as a possible duplicate, and a lost table may have sent it: ask the provider first; then two people resolve or resend it"

// saidToBeBack is about a return that no more than a callback tells of, or that something else
// speaks against.
const saidToBeBack = "it is said that the money came back: ask the provider; do not pay again before it answers that it did"

// returnConfirmed reports whether the provider itself has answered that the money came back. A
// callback is asked about, and a file of two people: it stands when no answer comes. An answer
// that says otherwise becomes a contradiction.
func (p Payout) returnConfirmed() bool {
	if p.Return == nil {
		return true // there is none
	}
	n := slices.IndexFunc(p.History, Entry.returned)
	switch {
	case n < 0:
		return false
	case p.History[n].Source == FromCallback:
		return !p.unconfirmed() && p.AnsweredAt.After(p.Return.At)
	case p.History[n].Source == FromStatement:
		return !p.unconfirmed()
	}
	return true
}

// NextAction is the one safe thing to do about a reason for which the payout needs a human.
func (p Payout) NextAction(r Reason) string {
	switch {
	case r == Returned && (!p.returnConfirmed() || p.Attention.without(Returned).aboutMoney()):
		return saidToBeBack
	case r == Returned && p.mayBePaidBesides():
		return anotherMayBeLeft
	case r == DoublePaymentSuspected:
		return p.twoPayments()
	case r == ProviderConfiguration && p.Status == Unknown:
		return refusedUnknown
	case r == PossibleDuplicate && p.Status == Unknown:
		return heldAndGone
	}
	waits := r == QueuedTooLong || r == ProviderConfiguration || r == PossibleDuplicate
	if p.Status != Queued || !waits {
		return nextActions[r]
	}
	if first, held := whileQueued[p.WaitsFor()]; held {
		return first
	}
	if _, late := p.Attention[QueuedTooLong]; late && r == ProviderConfiguration {
		return refusedAndLate
	}
	return nextActions[r]
}
