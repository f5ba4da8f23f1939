package payout

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
)

const (
	// shownChanges is how many changes a look at the controls shows. The latest of every kind
	// come first, and the latest shownOfOne of every caller, so that no caller's many orders
	// push those out that matter.
	shownChanges, shownOfOne = 20, 5
	// readChanges is how many of the newest changes they are chosen from.
	readChanges = 200
	// mostLowered is how often one caller may lower caps in lowerFor. Without a bound a caller
	// who lowers one by the smallest unit each time would page, outdate what others order, and
	// fill the log, for ever. No gate needs a bound: what is held cannot be held again before
	// two people have released it.
	mostLowered = 5
	lowerFor    = time.Hour
)

// shown picks what a look at the controls shows of the newest changes; the newest comes first.
func shown(newestFirst []ControlEntry) []ControlEntry {
	seen, of := map[string]bool{}, map[Principal]int{}
	var latest, others, rest []ControlEntry
	for _, e := range newestFirst {
		fresh := false
		for _, kind := range e.kinds() {
			fresh = fresh || !seen[kind]
			seen[kind] = true
		}
		switch {
		case fresh:
			latest = append(latest, e)
		case of[e.By] < shownOfOne:
			of[e.By]++
			others = append(others, e)
		default:
			rest = append(rest, e)
		}
	}
	all := slices.Concat(latest, others, rest)
	all = all[:min(shownChanges, len(all))]
	slices.SortFunc(all, func(a, b ControlEntry) int { return b.Version - a.Version })
	return all
}

// kinds says which members the change moved, and where to.
func (e ControlEntry) kinds() []string {
	var all []string
	for _, scope := range Scopes() {
		before, after := e.Before.Submissions[scope] == GateHeld, e.After.Submissions[scope] == GateHeld
		switch {
		case before && !after:
			all = append(all, string(scope)+" open")
		case after && !before:
			all = append(all, string(scope)+" held")
		}
	}
	for _, of := range []money.Currency{money.KHR, money.USD} {
		before, after := e.Before.Caps[of], e.After.Caps[of]
		switch {
		case before == after:
		case e.lowers(of):
			all = append(all, string(of)+" lower")
		default:
			all = append(all, string(of)+" higher")
		}
	}
	if e.Before.Belief() != e.After.Belief() {
		all = append(all, string(e.After.Belief()))
	}
	return all
}

// lowers reports whether the change lowered the cap of a currency, or set the first one.
func (e ControlEntry) lowers(of money.Currency) bool {
	before, after := e.Before.Caps[of], e.After.Caps[of]
	return !after.IsZero() && (before.IsZero() || before.Exceeds(after))
}

// lowersAny reports whether the change lowered any cap.
func (e ControlEntry) lowersAny() bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(e.After.Caps)), e.lowers)
}

// seldom refuses a change that lowers a cap once more, after its caller has lowered caps
// often. To hold stays possible always.
func (o *Operator) seldom(ctx context.Context, e ControlEntry) error {
	if !e.lowersAny() {
		return nil
	}
	newest, err := o.ports.Store.ControlChanges(ctx, readChanges)
	if err != nil {
		return unavailable(err)
	}
	before := 0
	for _, each := range newest {
		if each.By == e.By && each.lowersAny() && e.At.Sub(each.At) < lowerFor {
			before++
		}
	}
	if before >= mostLowered {
		return notPossible("you have lowered caps %d times within an hour; hold submissions instead, which is possible at any time, or have somebody else lower it", before)
	}
	return nil
}

// appendControls appends a change. An append whose outcome is not known is repeated with the
// same token, so that one's own is told from another's.
func appendControls(ctx context.Context, port Coordination, pause func(context.Context, time.Duration), entry ControlEntry) error {
	var err error
	for try := range fencePuts {
		if try > 0 {
			pause(ctx, time.Duration(try)*100*time.Millisecond)
		}
		err = port.ChangeControls(ctx, entry)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrControlsMoved) {
			newest, failed := port.ControlChanges(ctx, shownChanges)
			own := slices.ContainsFunc(newest, func(e ControlEntry) bool { return e.Token == entry.Token })
			if failed == nil && own {
				return nil
			}
			return errors.Join(err, failed)
		}
	}
	return err
}
