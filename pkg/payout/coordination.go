package payout

import (
	"context"
	"time"

	"cambodia-payouts/pkg/money"
)

// Coordination is the part of the store through which the functions of one deployment
// tell each other what is wrong. None of it is read or written by a payout that
// goes well, a glance at the shared state now and then aside.
type Coordination interface {
	// Shared reads the shared state consistently; a board that was never written is empty.
	Shared(ctx context.Context) (Shared, error)
	// RememberRestore keeps for ever, on the shared state, that the table was restored at a time, unless
	// it remembers a later one.
	RememberRestore(ctx context.Context, at time.Time) error
	// SavePause puts a pause on the shared state, in place of an earlier one.
	SavePause(ctx context.Context, p Pause) error
	// ChangeControls appends a change, and so puts its controls in force; ErrControlsMoved if
	// a change of that number is there. No change is ever taken away.
	ChangeControls(ctx context.Context, e ControlEntry) error
	// ControlChanges lists the changes, newest first.
	ControlChanges(ctx context.Context, limit int) ([]ControlEntry, error)
	// ProposeControls keeps what waits for its second person, in place of an earlier one of
	// the same person. It may be dropped after until.
	ProposeControls(ctx context.Context, p ControlProposal, until time.Time) error
	// ProposedControls lists consistently what was proposed, in any order. Some may be over.
	ProposedControls(ctx context.Context) ([]ControlProposal, error)
	// CountOutflow adds to what was submitted in a bucket, which may be dropped after until.
	CountOutflow(ctx context.Context, b OutflowBucket, until time.Time) error
	// OutflowSince lists consistently the buckets of a provider and currency that began at or
	// after a time.
	OutflowSince(ctx context.Context, p Provider, of money.Currency, since time.Time) ([]OutflowBucket, error)
}

// Shared is what hangs on the wall for every function to see.
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
	// Well is when another caller's payout last went well beside a pause of one.
	Well time.Time
}
