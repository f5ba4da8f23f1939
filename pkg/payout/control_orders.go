package payout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
)

// ControlOrder is what a person wants changed of the controls.
type ControlOrder struct {
	By         Principal
	Identities []Principal // see [Order]
	Reason     string
	// Seen is the version of the controls that the person saw. What tightens may do without.
	Seen   *int
	Change ControlChange
}

// ControlsSet is what became of an order that was not refused.
type ControlsSet struct {
	Controls Controls
	// Awaiting means that nothing is released yet: another person has to give the same order.
	Awaiting bool
}

// ControlRoom is all that there is to see of the controls.
type ControlRoom struct {
	Controls Controls // in force
	// RestoredAt is when the table was restored, if no two people have released it since; zero
	// otherwise.
	RestoredAt time.Time
	Floor      Floor
	Pauses     map[Provider]Pause
	// Proposals wait for a second person, the newest one first; one of each person.
	Proposals []ControlProposal
	Changes   []ControlEntry // see [shown]
}

// Controls shows the controls as they stand.
func (o *Operator) Controls(ctx context.Context) (ControlRoom, error) {
	shared, err := o.ports.Breaker.read(ctx)
	if err != nil {
		return ControlRoom{}, unavailable(err)
	}
	changes, err := o.ports.Store.ControlChanges(ctx, readChanges)
	if err != nil {
		return ControlRoom{}, unavailable(err)
	}
	waiting, err := o.waiting(ctx, shared)
	if err != nil {
		return ControlRoom{}, err
	}
	maps.DeleteFunc(shared.Pauses, func(_ Provider, pause Pause) bool { return pause.over() })
	room := ControlRoom{
		Controls: shared.InForce(), Floor: o.ports.Breaker.floor, Pauses: shared.Pauses,
		Proposals: waiting[:min(shownProposals, len(waiting))], Changes: shown(changes),
	}
	if shared.Unreleased() {
		room.RestoredAt = shared.RestoredAt
	}
	return room, nil
}

// SetControls changes the controls: at once if the change tightens, and with a second
// registered person's order of the same change if it loosens. When it returns without an
// error, the change is stored; every function heeds it within ten seconds. An order that
// changes nothing is no change: it gets the controls as they are.
func (o *Operator) SetControls(ctx context.Context, order ControlOrder) (ControlsSet, error) {
	if err := order.check(); err != nil {
		return ControlsSet{}, err
	}
	entry := ControlEntry{By: order.By.shown(), Reason: Printable(order.Reason), Token: o.ports.NewToken()}
	for range rounds {
		shared, err := o.ports.Breaker.read(ctx)
		if err != nil {
			return ControlsSet{}, unavailable(err)
		}
		set, err := o.weighControls(ctx, shared, order, &entry)
		if errors.Is(err, ErrControlsMoved) {
			continue // and the person has ordered something since
		}
		if err != nil || set.Awaiting || set.Controls.Version == shared.Controls.Version {
			return set, err
		}
		switch err := appendControls(ctx, o.ports.Store, o.ports.Pause, entry); {
		case err == nil:
			o.ports.Breaker.applyControls(entry.After)
			o.ports.Signals.Signal(ctx, entry.signal(), "", "")
			return set, nil
		case !errors.Is(err, ErrControlsMoved):
			return ControlsSet{}, unavailable(err)
		}
	}
	return ControlsSet{}, unavailable(errBusy)
}

// weighControls decides about an order against the controls as they are. If it may be carried
// out, the entry says what to store.
func (o *Operator) weighControls(ctx context.Context, shared Shared, order ControlOrder, entry *ControlEntry) (ControlsSet, error) {
	current := shared.InForce()
	tightens, loosens := current.parts(order.Change, o.ports.Breaker.floor)
	if shared.Unreleased() {
		if !loosens.isZero() || order.Change.opens() { // all of it is ordered anew, so no part is taken out
			tightens, loosens = ControlChange{}, order.Change
		} else {
			// What is in force by the restore alone ends with the release. An order is kept, and
			// whoever releases has to have seen it.
			current = shared.Controls
			tightens, _ = current.parts(order.Change, o.ports.Breaker.floor)
		}
	}
	switch {
	case order.Seen != nil && *order.Seen != current.Version:
		return ControlsSet{}, &OrderRefused{Problem: OrderOutdated, Detail: fmt.Sprintf("the controls have moved on to version %d; look at them, then decide again", current.Version)}
	case !tightens.isZero() && !loosens.isZero():
		return ControlsSet{}, notPossible("a part of this tightens and a part loosens; give what tightens as an order of its own, it is in force at once")
	case tightens.isZero() && loosens.isZero():
		return ControlsSet{Controls: shared.InForce()}, nil
	case loosens.isZero():
		entry.replace(current, tightens, o.ports.Now())
		if err := o.seldom(ctx, *entry); err != nil {
			return ControlsSet{}, err
		}
		return ControlsSet{Controls: shared.with(entry.After).InForce()}, nil
	case shared.Unreleased() && len(order.Change.missing()) > 0:
		return ControlsSet{}, incomplete(order.Change.missing())
	case order.Seen == nil:
		return ControlsSet{}, &OrderRefused{Problem: OrderUnreadable, Detail: "an order that loosens names the version of the controls that you saw",
			Faults: []Fault{{Pointer: "/version", Code: InvalidRequest, Message: "is required for an order that loosens"}}}
	}
	entry.replace(current, loosens, o.ports.Now())
	awaiting, err := o.second(ctx, shared, loosens, order.Identities, entry)
	if err != nil || awaiting {
		return ControlsSet{Controls: current, Awaiting: awaiting}, err
	}
	return ControlsSet{Controls: entry.After}, nil
}

// incomplete refuses an order that would loosen a restored table, and leaves something open.
func incomplete(missing []Fault) error {
	var names []string
	for _, f := range missing {
		names = append(names, f.Pointer)
	}
	return &OrderRefused{Problem: OrderIncomplete, Faults: missing, Detail: "the table was restored from a backup, and what people had tightened since is not in it; " +
		"two people state all of the controls in one order: submissions of all and of each provider, caps of each currency, and callbacks. Missing: " + strings.Join(names, ", ")}
}

// signal tells a release by two people from what one person tightened.
func (e ControlEntry) signal() Signal {
	if e.Second != "" {
		return SignalControlsReleased
	}
	return SignalControls
}

// replace makes the entry one about a change of these controls, which nobody has confirmed.
func (e *ControlEntry) replace(current Controls, change ControlChange, now time.Time) {
	e.At, e.Before, e.After = now, current, current.with(change)
	e.Version, e.Person, e.Second = e.After.Version, "", ""
}

// check lists every fault of what the person wrote.
func (o ControlOrder) check() error {
	faults := Order{By: o.By, Reason: o.Reason}.faults(false)
	blame := func(pointer, message string) {
		faults = append(faults, Fault{Pointer: pointer, Code: InvalidRequest, Message: message})
	}
	if o.Change.isZero() {
		blame("", "name what to change: submissions, caps or callbacks")
	}
	for _, scope := range slices.Sorted(maps.Keys(o.Change.Submissions)) {
		if gate := o.Change.Submissions[scope]; !slices.Contains(Scopes(), scope) || gate != GateOpen && gate != GateHeld {
			blame("/submissions", fmt.Sprintf("names some of %v, each open or held, and nothing else", Scopes()))
			break
		}
	}
	for of, most := range o.Change.Caps {
		if of != money.KHR && of != money.USD || !most.IsZero() && most.Currency() != of {
			blame("/caps", "has KHR or USD, each an amount")
			break
		}
	}
	if b := o.Change.Callbacks; b != "" && b != Believe && b != AskFirst {
		blame("/callbacks", `is "believe" or "ask"`)
	}
	if len(faults) > 0 {
		return &OrderRefused{Problem: OrderUnreadable, Detail: "the order is not complete", Faults: faults}
	}
	return nil
}

// Summary says in one line what is in force, for histories and logs.
func (c Controls) Summary() string {
	parts := []string{fmt.Sprintf("version %d", c.Version)}
	for _, scope := range Scopes() {
		if gate := c.Submissions[scope]; gate != "" {
			parts = append(parts, fmt.Sprintf("%s %s", scope, gate))
		}
	}
	for _, of := range []money.Currency{money.KHR, money.USD} {
		if most, set := c.Caps[of]; set {
			parts = append(parts, fmt.Sprintf("at most %s %s", of, most))
		}
	}
	return strings.Join(append(parts, "callbacks "+string(c.Belief())), ", ")
}

// HeldBy lists what holds submissions to a provider, empty if nothing does: "controls",
// "restored_at", or the parameter of the stack, "paused" or "held".
func (r ControlRoom) HeldBy(p Provider) []string {
	var why []string
	restored := !r.RestoredAt.IsZero()
	if r.Controls.Submissions[Scope(p)] == GateHeld || !restored && r.Controls.gate(p) == GateHeld {
		why = append(why, "controls")
	}
	if restored {
		why = append(why, "restored_at")
	}
	if floor := r.Floor.Held[p]; floor != "" {
		why = append(why, string(floor))
	}
	return why
}
