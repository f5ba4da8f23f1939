package payout

import "time"

// QueuedReason says what a queued payout waits for.
type QueuedReason string

// The reasons to wait.
const (
	QueuedPaused       QueuedReason = "paused"                 // submissions to the provider pause
	QueuedHeld         QueuedReason = "held"                   // submissions are held by order
	QueuedDuplicate    QueuedReason = "possible_duplicate"     // the same money to the same recipient is not settled
	QueuedRefusedUs    QueuedReason = "provider_configuration" // the provider refused us, not the payout
	QueuedSpokenOf     QueuedReason = "spoken_of"              // somebody's word speaks against sending it
	QueuedRestored     QueuedReason = "restored"               // a lost table may have sent it
	QueuedNotConnected QueuedReason = "not_connected"          // no connection to the provider came about
)

// clearance says who may have a payout submitted.
type clearance int

const (
	byItself clearance = iota // nothing speaks against it
	byOne                     // one person has to order it
	byTwo                     // two registered people have to: it could pay twice
	byNobody
)

// mayBeSent is the one answer to "may this be submitted, and who may say so?". Create, the
// sweep and every order ask it. It answers for money; whether submissions pause is asked
// of the [Breaker] afterwards.
//
// A payout goes by itself only if no word of a provider, no attention about money and no
// earlier submission speaks against it. The one exception is the repetition that a
// provider documents under the same reference.
//
// Nothing that was there before a restore goes by itself again, or by one person. In the lost
// time the client may have been told that it failed or was withdrawn, and have paid another way:
// no provider refuses that one, and this table knows nothing of it.
func (p Payout) mayBeSent(policy Policy, now time.Time) (clearance, QueuedReason) {
	p.Heard = p.Heard.With(policy.restored(p)...)
	switch {
	case !p.RedactedAt.IsZero():
		return byNobody, QueuedHeld // the account is no longer known
	case p.spokenOf():
		return byTwo, QueuedSpokenOf
	case policy.precedes(p), policy.mayHaveBeenSentBefore(p.Provider),
		p.Status == Queued && p.Sent > 0 && !policy.refusesTheLost(p.Provider):
		return byTwo, QueuedRestored
	case p.Status == Submitting && !policy.RestoredAt.IsZero():
		return byOne, QueuedRestored // the sweep looks first; see lookAhead
	case p.Status == Failed:
		return p.newAttempt(policy), ""
	case p.Status == Unknown:
		return p.repetition(policy, now), ""
	}
	if _, held := p.Attention[PossibleDuplicate]; held {
		if !p.earlierClosed() { // two people said so, of an order that was refused in the end
			return byTwo, QueuedDuplicate
		}
		return byOne, QueuedDuplicate
	}
	if p.Status == Queued && now.Sub(p.CreatedAt) > policy.QueuedMaxAge {
		return byOne, "" // somebody may have paid another way meanwhile
	}
	return byItself, ""
}

// spokenOf reports whether anything that was said, or that people are called for, speaks
// against sending the payout. That an earlier attempt failed without certainty does not:
// two people had said so before the present one began.
func (p Payout) spokenOf() bool {
	if p.Attention.aboutMoney() || p.speaksAgainst() {
		return true
	}
	return p.doubtedElsewhere() || p.namedUnsent()
}

// namedUnsent reports whether somebody has spoken of an attempt of which we were certain that
// nothing had arrived.
func (p Payout) namedUnsent() bool {
	unsent := p.Status == Queued || p.Status == Cancelled
	return unsent && (p.Heard.has(p.Attempt, saidUnlisted) || p.Heard.has(p.Attempt, wasFiled) || p.doubted(p.Attempt))
}

// mayStillPay reports whether money may move, or have moved, by a payout that is queued or
// was withdrawn: a word or attention speaks of it, a lost table may have sent it, or the
// failure of an earlier attempt is not certain.
func (p Payout) mayStillPay() bool {
	return p.spokenOf() || p.Sent > 0 || !p.earlierClosed()
}

// WaitsFor says what a queued payout waits for, as it stands now.
func (p Payout) WaitsFor() QueuedReason {
	_, duplicate := p.Attention[PossibleDuplicate]
	switch {
	case p.spokenOf():
		return QueuedSpokenOf
	case p.mayHaveGone():
		return QueuedRestored
	case duplicate:
		return QueuedDuplicate
	}
	return p.QueuedReason
}

// mayHaveGone reports whether a lost table may have sent a queued payout, whatever holds it
// besides: by what was counted, or as [Payout.AsRestored] shows it.
func (p Payout) mayHaveGone() bool {
	return p.Status == Queued && (p.Sent > 0 || p.QueuedReason == QueuedRestored)
}

// newAttempt is who may start the next attempt of a payout that failed.
func (p Payout) newAttempt(policy Policy) clearance {
	if p.AsRestored(policy.LastRestore()).SafeToPayAgain() {
		return byOne
	}
	return byTwo
}

// repetition is who may send the same reference again while nobody knows what became of
// it.
func (p Payout) repetition(policy Policy, now time.Time) clearance {
	known, _ := p.Heard.accounts(p.Attempt)
	switch {
	case !p.Provider.facts().Recovery.repeatable(), len(known) == 0, p.Heard.has(p.Attempt, mayBeLost): // under another account it would be another payment
		return byTwo
	case p.Heard.has(FirstAttempt, wasRestored) && !policy.refusesTheLost(p.Provider):
		return byTwo // beside a later attempt it would be, too, and nobody looks ahead any more
	case p.resendable(now, policy.QueuedMaxAge):
		return byItself
	}
	return byOne
}
