package payout

import "slices"

// Status is where a payout stands.
type Status string

// The states of a payout. Unknown is a state, not an error: it means that the
// provider may or may not have the payout, and that somebody is asking.
const (
	Submitting Status = "submitting" // fenced: one process may be sending it right now
	Processing Status = "processing" // the provider has it
	Unknown    Status = "unknown"    // the provider may have it; it is being asked
	Queued     Status = "queued"     // certainly not sent; will be submitted or cancelled
	Succeeded  Status = "succeeded"  // final: the provider says it is paid
	Failed     Status = "failed"     // final: the provider says it is not paid
	Cancelled  Status = "cancelled"  // final: withdrawn while it was queued
	Orphan     Status = "orphan"     // a verified claim for an id that we hold no payout for
)

// Statuses lists every status, in the order of a payout's life.
var Statuses = []Status{Submitting, Queued, Processing, Unknown, Succeeded, Failed, Cancelled, Orphan}

// Final reports whether the status is never rewritten.
func (s Status) Final() bool {
	return s == Succeeded || s == Failed || s == Cancelled || s == Orphan
}

// arrivals is the transition table: for every status, the statuses from which a
// payout may come to it. Guards of writes are generated from it, so that no code
// path can move a payout in a way the table does not show.
var arrivals = map[Status][]Status{
	Submitting: {Queued, Unknown},     // Unknown only for a resend under the same provider reference
	Queued:     {Submitting, Unknown}, // Unknown only by the token's holder, who knows that nothing left
	Processing: {Submitting, Unknown, Queued},
	Unknown:    {Submitting, Queued}, // Queued only after a restore, when "not sent" is no longer certain
	// A verified final claim ends everything that is not final, Queued included:
	// the provider knows better than we do whether it was sent.
	Succeeded: {Submitting, Processing, Unknown, Queued},
	Failed:    {Submitting, Processing, Unknown, Queued},
	Cancelled: {Queued},
	Orphan:    {},
}

// Arrivals returns the statuses from which a payout may come to s.
func (s Status) Arrivals() []Status { return slices.Clone(arrivals[s]) }

// MayBecome reports whether the transition table allows s to be followed by next.
func (s Status) MayBecome(next Status) bool { return slices.Contains(arrivals[next], s) }
