package payout

import "time"

// Action is something that only a person may order.
type Action string

// The actions.
const (
	Cancel      Action = "cancel"
	Resolve     Action = "resolve"
	Resend      Action = "resend"
	ResendEvent Action = "resend-event"
)

// Resolution is what two people say a payout has come to.
type Resolution string

// The resolutions.
const (
	ResolvedSucceeded Resolution = "succeeded"
	ResolvedFailed    Resolution = "failed"
	// Reviewed moves nothing: what raised attention was looked into, and the
	// payout stands as it is.
	Reviewed Resolution = "reviewed"
)

// Proposal is an order that one principal has given and that another one has to
// give as well. The zero proposal is none.
type Proposal struct {
	Action Action
	As     Resolution // of a Resolve
	By     Principal
	At     time.Time
}

// proposalFor is how long an order waits for its second principal. After that,
// what the first one knew may no longer be so.
const proposalFor = 24 * time.Hour

// stands reports whether the order is the same and still waiting.
func (p Proposal) stands(order Proposal) bool {
	return p.Action == order.Action && p.As == order.As && order.At.Sub(p.At) <= proposalFor
}
