package payout

import (
	"maps"
	"slices"
	"time"
)

// Reason is why a payout needs a human.
type Reason string

// The reasons for attention.
const (
	Contradiction          Reason = "contradiction"
	CallbackMismatch       Reason = "callback_mismatch"
	DoublePaymentSuspected Reason = "double_payment_suspected"
	UnknownTooLong         Reason = "unknown_too_long"
	QueuedTooLong          Reason = "queued_too_long"
	UnlistedStatus         Reason = "unlisted_status"
	Returned               Reason = "returned"
	ProviderConfiguration  Reason = "provider_configuration"
	NotificationFailing    Reason = "notification_failing"
	PossibleDuplicate      Reason = "possible_duplicate" // held: the same money to the same recipient is unsettled
)

// Reasons are all of them, in the order of this page.
var Reasons = []Reason{
	Contradiction, CallbackMismatch, DoublePaymentSuspected, UnknownTooLong, QueuedTooLong,
	UnlistedStatus, Returned, ProviderConfiguration, NotificationFailing, PossibleDuplicate,
}

// endedBy says which reasons fall away by themselves when a payout comes to a
// status. Whatever stands here under no status stays until a human clears it.
var endedBy = map[Reason][]Status{
	UnknownTooLong:        {Queued, Processing, Succeeded, Failed},
	UnlistedStatus:        {Succeeded, Failed},
	QueuedTooLong:         {Submitting, Processing, Unknown, Succeeded, Failed, Cancelled},
	PossibleDuplicate:     {Submitting, Processing, Succeeded, Failed, Cancelled},
	ProviderConfiguration: {Processing, Unknown, Succeeded, Failed, Cancelled},
}

// aboutMoney are the reasons that speak against sending: somebody's money may be
// somewhere else than we think.
var aboutMoney = []Reason{Contradiction, CallbackMismatch, DoublePaymentSuspected, UnlistedStatus, Returned}

// aboutMoney reports whether any reason is about money.
func (a Attention) aboutMoney() bool {
	return slices.ContainsFunc(aboutMoney, func(r Reason) bool { _, raised := a[r]; return raised })
}

// Grave reports whether any reason is about money that has moved or may have: somewhere else
// than we think, or nobody knows where. What waits for other reasons alone waits with nothing
// under way, and can be very many: a payroll that somebody held.
func (a Attention) Grave() bool {
	_, lost := a[UnknownTooLong]
	return lost || a.aboutMoney()
}

// reviewed returns what people cannot review away: a payout that is held as a possible
// duplicate waits for an order, and would go by itself without it.
func (a Attention) reviewed() Attention {
	left := Attention{}
	if since, held := a[PossibleDuplicate]; held {
		left[PossibleDuplicate] = since
	}
	return left
}

// Attention is a set of reasons, each with the time it was first seen. It is
// never changed in place.
type Attention map[Reason]time.Time

// With returns the set with one more reason; a reason that is there already keeps
// its time, because "since" is what a person on call sorts by.
func (a Attention) With(r Reason, at time.Time) Attention {
	if _, raised := a[r]; raised {
		return a
	}
	grown := maps.Clone(a)
	if grown == nil {
		grown = Attention{}
	}
	grown[r] = at
	return grown
}

// without returns the set without one reason.
func (a Attention) without(r Reason) Attention {
	rest := maps.Clone(a)
	delete(rest, r)
	return rest
}

// entering returns the set without the reasons that end with status s.
func (a Attention) entering(s Status) Attention {
	kept := maps.Clone(a)
	maps.DeleteFunc(kept, func(r Reason, _ time.Time) bool { return slices.Contains(endedBy[r], s) })
	return kept
}

// Since returns the time of the oldest reason, and false when there is none.
func (a Attention) Since() (time.Time, bool) {
	var oldest time.Time
	for _, at := range a {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return oldest, len(a) > 0
}

// Reasons returns the reasons, oldest first.
func (a Attention) Reasons() []Reason {
	return slices.SortedFunc(maps.Keys(a), func(x, y Reason) int {
		if c := a[x].Compare(a[y]); c != 0 {
			return c
		}
		if x < y {
			return -1
		}
		return 1
	})
}
