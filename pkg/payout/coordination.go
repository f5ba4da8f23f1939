package payout

import "time"

// Shared is what every function of a deployment is to know.
type Shared struct {
	Pauses map[Provider]Pause
	// UnsettledUntil: before this time it is worth asking for unsettled payouts.
	UnsettledUntil time.Time
	// Controls are what the newest change came to. A table that was restored has those of the
	// backup; what is in force says [Board.InForce].
	Controls Controls
	// RestoredAt is the latest restore that the table was ever told of, zero for none.
	RestoredAt time.Time
}

// Unreleased reports whether the table was restored, and no two people have ordered the controls
// anew since.
func (b Shared) Unreleased() bool { return b.Controls.ReleasedAt.Before(b.RestoredAt) }

// InForce is what the controls come to. The log of the lost time is lost: people may have held a
// provider, lowered a cap, or found that a key had leaked. So a restored table holds everything and
// believes no callback until two people say of each how it shall be.
func (b Shared) InForce() Controls {
	c := b.Controls
	if b.Unreleased() {
		c.Submissions, c.Callbacks = merged(c.Submissions, map[Scope]Gate{Everything: GateHeld}), AskFirst
	}
	return c
}

// with is the shared state after a change of the controls.
func (b Shared) with(c Controls) Shared {
	b.Controls = c
	return b
}

// Pausable lists what a pause may be about: the providers, and the merchant's
// webhook.
func Pausable() []Provider { return append(Providers(), EndpointPause) }

// Bringer is a caller whose payouts brought a pause, and when the latest evidence came of them.
type Bringer struct {
	By Principal
	At time.Time
}

// Pause stops submissions to a provider for a while, for all functions.
type Pause struct {
	Provider Provider
	Why      string // one of our own words, for the person on call
	// By: all that speaks against the provider came of payouts that this caller asked for, so
	// that the others' are tried one by one, and go when one went well. Empty: it is for all.
	// Of a pause that is over since the provider took one: whose that was.
	By    Principal
	Since time.Time
	Until time.Time
	// Brought are those whose payouts brought it, or a pause that it follows without an end, at most
	// mostBrought: whose evidence is oldest comes first. Others try the provider before them, and
	// they in this order; see [Pause.until].
	Brought []Bringer
	// Well is when another caller's payout last went well beside a pause of one.
	Well time.Time
}
