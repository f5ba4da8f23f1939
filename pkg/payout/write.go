package payout

import (
	"context"
	"errors"
	"fmt"
)

// writer is the one way to change a stored payout. A use case decides what should change of what it
// has read, and which entry tells of it; the writer does the rest, the same for everybody: the
// entry within the room of the history, nothing that was redacted comes back, events are announced,
// the guard is the very payout that was read, and whoever has to know is told after the write.
//
// The writes that nobody has read a payout for build their [Step] themselves: the first try of a
// callback ([Receiver]), and the sweep's claim of a row.
type writer struct {
	store   Store
	policy  Policy
	signals Signals
}

func (p Ports) writer(policy Policy) writer { return writer{p.Store, policy, p.Signals} }

// rounds bounds how often a change is decided on anew because the payout changed between the
// look and the write. Each round means that somebody else succeeded.
const rounds = 8

// errBusy means that a payout changed under every attempt to write to it.
var errBusy = fmt.Errorf("%w: the payout kept changing", ErrUnclear)

// apply makes one step. Not written, without an error, means that somebody else changed the payout
// first; then it comes as it is now, nil if it is gone.
func (w writer) apply(ctx context.Context, step Step, signals ...Signal) (after *Payout, written bool, err error) {
	stored, err := w.store.Apply(ctx, step)
	if err != nil {
		current, err := refusal(err)
		return current, false, err
	}
	for _, s := range signals {
		w.signals.Signal(ctx, s, stored.Provider, stored.ID)
	}
	return &stored, true, nil
}

// once makes a change if the payout is still the one that was read. Otherwise whoever changed it
// has gone on from there, and it is not written. The entry is nil where the history tells nothing of it.
func (w writer) once(ctx context.Context, p Payout, change Change, entry *Entry, signals ...Signal) (after Payout, written bool, err error) {
	if entry != nil {
		change = *p.withEntry(change, entry)
	}
	stored, written, err := w.apply(ctx, w.step(p, change), signals...)
	if err != nil || !written {
		return p, false, err
	}
	return *stored, true, nil
}

// until decides and writes until a write goes through, each time of the payout as it is now. A
// decision without a change ends it; so does an error.
func (w writer) until(ctx context.Context, p Payout, decide func(Payout) (Decision, error)) (Payout, error) {
	for range rounds {
		d, err := decide(p)
		if err != nil || d.Change == nil {
			return p, err
		}
		after, written, err := w.apply(ctx, w.step(p, *d.Change), d.Signals...)
		switch {
		case err != nil:
			return p, err
		case after == nil:
			return p, errGone
		case written:
			return *after, nil
		}
		p = *after
	}
	return p, errBusy
}

// errGone means that a payout that was read is no longer there, which no process of ours does.
var errGone = fmt.Errorf("%w: %w", ErrUnclear, ErrNotFound)

// step is the write of a change: what goes with it, and what must hold. It is guarded by the very
// payout that it was decided on, and once more by the transition table, the lease and what was told.
func (w writer) step(p Payout, change Change) Step {
	w.policy.keep(&change)
	return p.step(change)
}

func (p Payout) step(change Change) Step {
	change = p.announced(p.discreet(change))
	if change.Status != "" && p.Turn != 0 {
		change.Turn = new(int)
	}
	guard := Guard{Version: p.Version}
	switch {
	case change.NewAttempt:
		// The one way past a final state: what ended is the attempt, and the next
		// one has a provider reference of its own.
		guard.Statuses = []Status{Failed}
	case change.Status != "":
		guard.Statuses = change.Status.Arrivals()
	}
	if change.Lease != nil {
		guard.Token = p.Lease.Token
	}
	if change.Notice != nil {
		guard.Notice = p.noticeSeen()
	}
	return Step{ID: p.ID, When: guard, Then: change}
}

// refusal separates "the condition was false" from every other error.
func refusal(err error) (*Payout, error) {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Current, nil
	}
	return nil, err
}

// withEntry adds a history entry to a change, or counts it where there is no room:
// the news of a final state always finds some.
func (p Payout) withEntry(change Change, entry *Entry) *Change {
	change.Entry = entry
	r := p.rankOf(change)
	if p.roomFor(r) || change.Status.Final() {
		return &change
	}
	change.Entry = nil
	change.Dropped = r != ofTelling // those are not even counted; the log has who ordered them
	return &change
}
