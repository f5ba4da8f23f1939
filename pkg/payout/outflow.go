package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cambodia-payouts/pkg/money"
)

// OutflowBrake is who holds a provider when more was submitted to it within an hour than its
// limit lets through.
const OutflowBrake Principal = "outflow-brake"

// OutflowLimits is the most that may be submitted in one hour, by provider and currency. What
// it does not name has no limit.
type OutflowLimits map[Provider]map[money.Currency]money.Amount

// OutflowSums is what was submitted, in minor units, by provider and currency.
type OutflowSums map[Provider]map[money.Currency]int64

// Add counts one submission.
func (s OutflowSums) Add(p Provider, a money.Amount) {
	if s[p] == nil {
		s[p] = map[money.Currency]int64{}
	}
	s[p][a.Currency()] += a.Minor()
}

// OutflowBucket is what was counted in five minutes.
type OutflowBucket struct {
	Provider Provider
	Currency money.Currency
	Start    time.Time
	// Version is that of the controls when it was counted. It tells what was counted before a
	// release from what came after it, whatever clocks say.
	Version int
	Minor   int64
}

// OutflowHold is a provider that the brake has just held.
type OutflowHold struct {
	Provider Provider
	Currency money.Currency
	Entry    ControlEntry
}

const (
	outflowHour   = time.Hour
	outflowBucket = 5 * time.Minute
	// outflowKept is how long a bucket is kept: longer than it counts, by any clock.
	outflowKept = 6 * time.Hour
)

// Outflow is the use case "hold what sends too much": it counts submissions, and holds a
// provider by the controls when they exceed its limit.
//
// The count is approximate. It follows the submissions by the seconds that the stream takes,
// and it never decides about one payout. It rather counts too much than too little: a record
// that comes twice counts twice, one that comes late counts when it comes, and so does a
// submission that was fenced and then not sent. The hour is up to five minutes longer than one.
type Outflow struct {
	ports  OutflowPorts
	limits OutflowLimits
}

// OutflowPorts is what counting needs.
type OutflowPorts struct {
	Desk     Coordination
	Signals  Signals
	Now      func() time.Time
	NewToken func() string
	// Pause waits between two tries of an unclear write.
	Pause func(ctx context.Context, d time.Duration)
}

// NewOutflow returns a brake over its limits.
func NewOutflow(ports OutflowPorts, limits OutflowLimits) (*Outflow, error) {
	if ports.Desk == nil || ports.Signals == nil || ports.Now == nil || ports.NewToken == nil || ports.Pause == nil {
		return nil, errors.New("payout: a port of the outflow brake is missing")
	}
	for p, byCurrency := range limits {
		for of, most := range byCurrency {
			if most.IsZero() || most.Currency() != of {
				return nil, fmt.Errorf("payout: the outflow limit of %s in %s is not an amount in it", p, of)
			}
		}
	}
	return &Outflow{ports: ports, limits: limits}, nil
}

// Count counts what was submitted, and returns the providers that it held for it. An error
// means that something was not counted, or not weighed. It is signalled: while nothing is
// counted, nothing is held.
func (o *Outflow) Count(ctx context.Context, sums OutflowSums) ([]OutflowHold, error) {
	var (
		held   []OutflowHold
		failed []error
	)
	for _, more := range sums.buckets() {
		most, limited := o.limits[more.Provider][more.Currency]
		if !limited {
			continue
		}
		entry, err := o.count(ctx, more, most)
		if err != nil {
			o.ports.Signals.Signal(ctx, SignalOutflowUncounted, more.Provider, "")
			failed = append(failed, fmt.Errorf("count what %s was sent in %s: %w", more.Provider, more.Currency, err))
		}
		if entry != nil {
			held = append(held, OutflowHold{more.Provider, more.Currency, *entry})
		}
	}
	return held, errors.Join(failed...)
}

// buckets lists the sums in one order.
func (s OutflowSums) buckets() []OutflowBucket {
	var all []OutflowBucket
	for _, p := range Providers() {
		for _, of := range []money.Currency{money.KHR, money.USD} {
			if minor := s[p][of]; minor > 0 {
				all = append(all, OutflowBucket{Provider: p, Currency: of, Minor: minor})
			}
		}
	}
	return all
}

// count adds to the present bucket, and holds the provider if its hour is over the limit.
func (o *Outflow) count(ctx context.Context, more OutflowBucket, most money.Amount) (*ControlEntry, error) {
	controls, err := o.add(ctx, more)
	if err != nil {
		return nil, err
	}
	token := o.ports.NewToken()
	for range rounds {
		if controls.gate(more.Provider) == GateHeld {
			return nil, nil
		}
		sum, err := o.lastHour(ctx, more.Provider, most)
		if err != nil || sum <= most.Minor() {
			return nil, err
		}
		entry := o.hold(more.Provider, most, sum, controls)
		entry.Token = token
		switch err := appendControls(ctx, o.ports.Desk, o.ports.Pause, entry); {
		case err == nil:
			o.ports.Signals.Signal(ctx, SignalOutflowHeld, more.Provider, "")
			return &entry, nil
		case !errors.Is(err, ErrControlsMoved):
			return nil, err
		}
		shared, err := o.ports.Desk.Shared(ctx)
		if err != nil {
			return nil, err
		}
		controls = shared.InForce()
	}
	return nil, errBusy
}

// add counts under the controls in force, and returns them. Whoever releases a provider after
// they were read releases it after these submissions, too. A write whose outcome is not known
// is repeated, and may then count twice.
func (o *Outflow) add(ctx context.Context, more OutflowBucket) (Controls, error) {
	var failed error
	for try := range fencePuts {
		if try > 0 {
			o.ports.Pause(ctx, time.Duration(try)*100*time.Millisecond)
		}
		shared, err := o.ports.Desk.Shared(ctx)
		if err == nil {
			now := o.ports.Now()
			more.Start, more.Version = now.Truncate(outflowBucket), shared.Controls.Version
			err = o.ports.Desk.CountOutflow(ctx, more, now.Add(outflowKept))
		}
		if err == nil {
			return shared.InForce(), nil
		}
		failed = err
	}
	return Controls{}, failed
}

// lastHour is what was submitted in the last hour, since the provider was released if people
// have released it in that time.
func (o *Outflow) lastHour(ctx context.Context, p Provider, most money.Amount) (int64, error) {
	since := o.ports.Now().Add(-outflowHour).Truncate(outflowBucket)
	buckets, err := o.ports.Desk.OutflowSince(ctx, p, most.Currency(), since)
	if err != nil {
		return 0, err
	}
	sum := sumSince(buckets, 0)
	if sum <= most.Minor() {
		return sum, nil
	}
	changes, err := o.ports.Desk.ControlChanges(ctx, readChanges)
	if err != nil {
		return 0, err
	}
	return sumSince(buckets, released(changes, p)), nil
}

// sumSince sums what was counted under the controls of a version or of later ones.
func sumSince(buckets []OutflowBucket, version int) (sum int64) {
	for _, b := range buckets {
		if b.Version >= version {
			sum += b.Minor
		}
	}
	return sum
}

// released is the version that opened the provider last. A release before the newest changes
// is forgotten: then more counts.
func released(newestFirst []ControlEntry, p Provider) int {
	for _, e := range newestFirst {
		if e.Before.gate(p) == GateHeld && e.After.gate(p) == GateOpen {
			return e.Version
		}
	}
	return 0
}

// hold is the change that holds a provider, and says why.
func (o *Outflow) hold(p Provider, most money.Amount, sum int64, current Controls) ControlEntry {
	now := o.ports.Now()
	entry := ControlEntry{By: OutflowBrake, Reason: Printable(fmt.Sprintf("%s %s were submitted to %s in the hour to %s UTC, more than the limit of %s",
		most.Currency(), major(sum), p, now.UTC().Format("2006-01-02 15:04"), most))}
	entry.replace(current, ControlChange{Submissions: map[Scope]Gate{Scope(p): GateHeld}}, now)
	return entry
}

// minorPerMajor is that of both currencies.
const minorPerMajor = 100

// major writes a sum in major units. It may be more than one amount can be.
func major(minor int64) string {
	return fmt.Sprintf("%d.%02d", minor/minorPerMajor, minor%minorPerMajor)
}
