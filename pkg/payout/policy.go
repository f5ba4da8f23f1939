package payout

import (
	"context"
	"errors"
	"time"

	"cambodia-payouts/pkg/money"
)

// Policy is what a deployment decides about creating payouts.
type Policy struct {
	Namespace Namespace
	// Order is asked in turn for a bank payout that names no provider.
	Order []Provider
	// FirstQuery is when the sweep first looks at a new payout.
	FirstQuery time.Duration
	// QueuedMaxAge is how old a queued payout may be and still be sent.
	QueuedMaxAge time.Duration
	// RestoredAt is when the table was restored from a backup, zero if never. What
	// was queued before may have been sent by the table that was lost.
	RestoredAt time.Time
	// Remembered finds the latest restore that the table was ever told of, also when RestoredAt is
	// not set any more: what was there before it may have gone on in a lost table. It is what
	// the breaker has read with the shared state; see [Breaker.RestoredAt]. Nil means that there was none.
	Remembered func() time.Time
	// SameAccounts are the providers of whose account people say, after a restore, that it is
	// the one that the lost table used, and that nothing has changed it since the backup. It
	// means nothing without RestoredAt.
	SameAccounts []Provider
	// RedactAfter is how long after its end a payout keeps its personal data; zero
	// means for ever.
	RedactAfter time.Duration
	// DuplicateWindow is how long the same money to the same recipient counts as a
	// possible duplicate, however the first payout ended. Zero means only while
	// that one is not settled.
	DuplicateWindow time.Duration
	// Reserves is the balance per currency below which somebody should top up; a
	// currency without one is only measured.
	Reserves map[money.Currency]money.Amount
	// QueriesPerSecond is how many status queries one process puts to a provider in a second at
	// most; zero, or none, for as many as are due.
	QueriesPerSecond map[Provider]int
}

// defaultQueuedMaxAge is the default of QUEUED_MAX_AGE.
const defaultQueuedMaxAge = time.Hour

// Ports is what the use cases need of the outside.
type Ports struct {
	Store      Store
	Connectors map[Provider]Connector // only those that are wired; settings may still be missing
	Signals    Signals
	Breaker    *Breaker
	Keys       Keys      // of hashes over personal data
	Notifier   *Notifier // of the sweep alone
	People     People    // of the orders alone; nil means Nobody
	Now        func() time.Time
	// NewToken draws a token that is never drawn again.
	NewToken func() string
	// Pause waits between two tries of an unclear write.
	Pause func(ctx context.Context, d time.Duration)
	// Unconfigured tells that no provider has credentials yet; the sweep alone asks. Nil
	// means that one has.
	Unconfigured func(ctx context.Context) bool
}

func (p Ports) check() error {
	if p.Store == nil || p.Signals == nil || p.Breaker == nil || p.Keys == nil || p.Now == nil || p.NewToken == nil || p.Pause == nil {
		return errors.New("payout: a port is missing")
	}
	if len(p.Connectors) == 0 {
		return errors.New("payout: no provider")
	}
	return p.Breaker.floor.check()
}

// people is the register, if there is one.
func (p Ports) people() People {
	if p.People == nil {
		return Nobody{}
	}
	return p.People
}

func (p Ports) submitter(policy Policy) submitter {
	return submitter{
		writer: p.writer(policy), connectors: p.Connectors, breaker: p.Breaker, roster: p.roster(policy),
		now: p.Now, newToken: p.NewToken, ports: p,
	}
}
