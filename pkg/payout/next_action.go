package payout

import (
	"slices"
	"strings"
)

// nextActions names the one safe thing that a person can do about each reason, whatever else is
// so of the payout: where it hangs on what was paid in all, the text has the provider asked about
// all of it first, since what was said of a payout may be less than what has become of it. The
// runbook says more.
var nextActions = map[Reason]string{
	Contradiction:          "do not pay again; settle with the provider which word is true, then resolve as reviewed",
	CallbackMismatch:       "do not pay again; ask the provider which amount and recipient were paid, then resolve as reviewed",
	DoublePaymentSuspected: "ask the provider now about every attempt of this payout: if two payments are made or under way, have one stopped or returned, and a single one left; do not pay again; then resolve as reviewed",
	UnknownTooLong:         "import the provider's statement of that day; if it does not settle it, resolve with written evidence",
	QueuedTooLong:          "this attempt was not sent: cancel it, or resend it if the beneficiary still has to be paid",
	UnlistedStatus:         "ask the provider what its status means; do not pay again before",
	Returned:               "money is said to have come back: ask the provider about every attempt of this payout; pay under a new reference only if no payment is left and nobody has paid again, then resolve as reviewed",
	ProviderConfiguration:  "mend key, egress address or project at the provider; the payout then goes by itself",
	NotificationFailing:    "mend the webhook endpoint; the event feed has everything meanwhile",
	PossibleDuplicate:      "compare with the earlier payout in similar_to, or all in similar_ids: resend to confirm this one beside them, or cancel it",
}

// whileQueued names the one safe thing to do about a payout that waits for people, whatever
// else it was raised for: what sends it would come before the status query whether it was paid.
var whileQueued = map[QueuedReason]string{
	QueuedSpokenOf:  "a word of the provider's, or its statement, speaks against sending it: ask the provider first; then two people resend or cancel it, or resolve it as succeeded",
	QueuedRestored:  "a lost table may have sent it: ask the provider first; then two people resend or cancel it, or resolve it as succeeded",
	QueuedDuplicate: nextActions[PossibleDuplicate],
}

// refusedAndLate is about a payout that was refused about us and has waited too long since: it
// does not go by itself any more.
const refusedAndLate = "mend key, egress address or project at the provider; then resend it if the beneficiary still has to be paid, or cancel it"

// cameBack is about the return of the only payment that can have been made.
const cameBack = "the money came back: pay under a new reference if it is still owed, then resolve as reviewed"

// earlierOpen is about a queued payout of which an earlier attempt may have been paid: two people had
// gone on from that.
const earlierOpen = "this attempt was not sent, and it is not certain that an earlier one failed: ask the provider about that one; cancel this one if it was paid, else mend what refuses it, or resend it"

// refusedAndSent is about a payout that was refused about us, and is being sent again.
const refusedAndSent = "it is being sent again, and its answer comes within a minute: mend key, egress address or project at the provider if it is refused once more"

// refusedUnknown is about a payout of which nobody knows whether it was sent, and whose repetition
// was refused about us.
const refusedUnknown = "mend key, egress address or project at the provider; it does not go again by itself: see what the provider has, then resend or resolve it"

// heldAndGone is about a payout that was held beside another one when its table was lost.
const heldAndGone = "it was held as a possible duplicate, and a lost table may have sent it: ask the provider first; then two people resolve or resend it"

// ReturnConfirmed reports whether the provider itself has answered that the money came back. A
// callback is asked about, and a file of two people: that one stands when no answer comes. An answer
// that says otherwise becomes a contradiction. No clock says which came first, the callback or an
// answer: only an answer that names the return confirms it.
func (p Payout) ReturnConfirmed() bool {
	if p.Return == nil {
		return true // there is none
	}
	n := slices.IndexFunc(p.History, Entry.returned)
	switch {
	case n < 0:
		return false
	case p.History[n].Source == FromCallback:
		return !p.unconfirmed() && p.Heard.has(p.Attempt, saidBack)
	case p.History[n].Source == FromStatement:
		return !p.unconfirmed()
	}
	return true
}

// onlyPayment reports whether one payment alone can have been made: of one attempt, which was sent
// once, and of which nothing was ever said but that it was taken, paid and returned. Whatever else
// is known of a payout makes it say no.
func (p Payout) onlyPayment() bool {
	if p.Attempt != FirstAttempt || p.Sent != 1 || !p.Heard.has(FirstAttempt, wasSent) || p.Attention.without(Returned).aboutMoney() {
		return false
	}
	accounts := 0
	for _, f := range p.Heard {
		switch said := f.said(); {
		case strings.HasPrefix(string(said), "at-"):
			accounts++
		case !slices.Contains([]word{wasSent, saidPaid, saidReturned, saidBack}, said):
			return false
		}
	}
	return accounts <= 1
}

// NextAction is the one safe thing to do about a reason for which the payout needs a human.
func (p Payout) NextAction(r Reason) string {
	switch {
	case r == Returned && p.ReturnConfirmed() && p.onlyPayment():
		return cameBack
	case r == ProviderConfiguration && p.Status == Submitting:
		return refusedAndSent
	case r == ProviderConfiguration && p.Status == Unknown:
		return refusedUnknown
	case r == PossibleDuplicate && p.Status == Unknown:
		return heldAndGone
	}
	waits := r == QueuedTooLong || r == ProviderConfiguration || r == PossibleDuplicate
	if p.Status != Queued || !waits {
		return nextActions[r]
	}
	first, held := whileQueued[p.WaitsFor()]
	_, late := p.Attention[QueuedTooLong]
	switch {
	case !p.earlierClosed() && p.WaitsFor() != QueuedSpokenOf && p.WaitsFor() != QueuedRestored:
		return earlierOpen
	case held:
		return first
	case late && r == ProviderConfiguration:
		return refusedAndLate
	}
	return nextActions[r]
}
