package sim

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// controls is what the judges know of the controls that people order. Its times are by the
// engine's clock, and of an answer or a write: what a process believes, and what nobody was told,
// binds nobody.
type controls struct {
	// heldAt is since when an order that holds a provider is acknowledged, and not lifted.
	heldAt map[payout.Provider]time.Time
	// capAt is since when the cap of an order is acknowledged, and not lifted.
	capAt time.Time
	// askAt is the same of "no callback is believed".
	askAt time.Time
	// fencedAt is when the submission under a reference was last fenced.
	fencedAt map[string]time.Time
	// wishes are the orders that were given since two people released something last.
	wishes []*wish
	// proposed is every write of a proposal.
	proposed []proposed
}

// What a control takes to be in force everywhere, and how long an invocation may have been under
// way that looked before.
const (
	// The contract promises ten seconds from the order's 200. An invocation that looked before
	// that may have thirty left, and a process that cannot read the controls goes on with what it
	// knows for thirty (decision 0024). A judge without these allowances would call the
	// documented delay a broken promise; one with larger allowances would miss a process that
	// never reads again.
	inForce   = 10 * time.Second
	underWay  = 30 * time.Second
	blindFor  = 30 * time.Second
	heldStays = "nothing is submitted ten seconds after a hold"
	askStays  = "no callback is believed while the controls say so"
	capStays  = "nothing above a cap in force is submitted"
)

// pull has a person order something of the controls. The moments that count are those of the
// answer: an order that is not acknowledged promises nothing, and one that waits for a second
// person is in force for nobody.
func (w *world) pull(by payout.Principal, change payout.ControlChange, then func()) {
	w.invoke("order the controls", 25*time.Second, func(ctx context.Context, c *container) {
		seen := w.table.SharedState.InForce()
		given := &wish{person: registered[by], change: change, begun: w.now, part: loosened(seen, change)}
		w.controls.wishes = append(w.controls.wishes, given)
		set, err := c.operator.SetControls(ctx, payout.ControlOrder{
			By: by, Identities: identities(by), Reason: "money leaks", Seen: &seen.Version, Change: change,
		})
		if err == nil && set.Awaiting {
			w.judgeWait(given, seen)
		}
		if err != nil || set.Awaiting {
			return
		}
		w.tell("controls: %s", set.Controls.Summary())
		for _, p := range payout.Providers() {
			if _, known := w.controls.heldAt[p]; !known && gateOf(w.table.SharedState.InForce(), p) == payout.GateHeld {
				w.controls.heldAt[p] = w.now
			}
		}
		if _, capped := w.table.SharedState.Controls.Caps[money.KHR]; capped && w.controls.capAt.IsZero() {
			w.controls.capAt = w.now
		}
		if w.table.SharedState.InForce().Belief() == payout.AskFirst && w.controls.askAt.IsZero() {
			w.controls.askAt = w.now
		}
	}, func(bool) {
		if then != nil {
			then()
		}
	})
}

// gateOf reads what holds a provider from the controls: "all", or its own name. The judges read
// it themselves, as the domain does for its own part.
func gateOf(c payout.Controls, p payout.Provider) payout.Gate {
	if c.Submissions[payout.Everything] == payout.GateHeld || c.Submissions[payout.Scope(p)] == payout.GateHeld {
		return payout.GateHeld
	}
	return payout.GateOpen
}

// lifted notes what a change releases, as soon as it is stored. It is called within the write: a
// process may submit from that moment on, before the person is answered.
func (w *world) lifted(c payout.Controls) {
	maps.DeleteFunc(w.controls.heldAt, func(p payout.Provider, _ time.Time) bool { return gateOf(c, p) == payout.GateOpen })
	if _, capped := c.Caps[money.KHR]; !capped {
		w.controls.capAt = time.Time{}
	}
	if c.Belief() == payout.Believe {
		w.controls.askAt = time.Time{}
	}
}

// keptUnbelieved reports whether the body of a callback was last kept as one that is not
// believed: the same bytes may come again when callbacks are believed. A provider whose delivery
// was not answered sends it again, so such a body counts as unheard.
func (w *world) keptUnbelieved(e *entry, body []byte) bool {
	id, _, _ := payout.ParseProviderReference(e.reference)
	for _, kept := range slices.Backward(w.table.Payouts[id].History) {
		if kept.Evidence == payout.HashEvidence(body) {
			return strings.HasPrefix(kept.Message, "not believed")
		}
	}
	return false
}

// judgeGate looks at every submission as it leaves. One that was fenced before may leave later,
// if its process sleeps on the very step. A process that could not read the controls since
// goes on for half a minute with what it knew. The fence is what is compared, and not the
// departure. Nothing can stop a process that is frozen between its last look and the first byte,
// and decision 0024 says so.
func (w *world) judgeGate(p payout.Provider, reference string, blindAt time.Time) {
	if blindAt.After(w.controls.heldAt[p]) && w.controls.fencedAt[reference].Sub(w.controls.heldAt[p]) < blindFor {
		return
	}
	if since, held := w.controls.heldAt[p]; held && w.controls.fencedAt[reference].After(since.Add(inForce)) {
		w.report(heldStays, "%s is held since %s", p, since.Sub(start))
	}
}

// judgeCap looks at every submission as it leaves: at the cap that people ordered, and at that
// of the stack as its container was deployed. The floor of the stack has no ten seconds: a
// container knows it from its start.
func (w *world) judgeCap(box *container, reference string) {
	id, _, _ := payout.ParseProviderReference(reference)
	moves, since := w.table.Payouts[id].Amount, w.controls.capAt
	most := w.table.SharedState.Controls.Caps[money.KHR]
	fenced := w.controls.fencedAt[reference]
	blind := box.blindAt.After(since) && fenced.Sub(since) < blindFor // see judgeGate
	blind = blind || box.jumped && w.now.Sub(w.settledAt) < blindFor  // what it last read is then of any time
	if !since.IsZero() && !blind && moves.Exceeds(most) && fenced.After(since.Add(inForce)) {
		w.report(capStays, "%s is submitted, and the cap is %s since %s", moves, most, since.Sub(start))
	}
	if stack := box.settings.caps()[money.KHR]; moves.Exceeds(stack) {
		w.report(capStays, "%s is submitted, and the cap of the stack is %s", moves, stack)
	}
}

// judgeBelief looks at every change of a status. Whoever has a leaked key can write any callback,
// so that not one may move a payout. An end that came by a status query, after such a callback,
// is right.
func (w *world) judgeBelief(before *payout.Payout, after payout.Payout) {
	if before == nil || before.Status == after.Status || w.controls.askAt.IsZero() || len(after.History) == 0 {
		return
	}
	if w.acting != nil && w.acting.begun.Before(w.controls.askAt.Add(inForce)) {
		return // a process that was frozen knows what it knew when it began
	}
	last := after.History[len(after.History)-1]
	if last.Source == payout.FromCallback && w.now.After(w.controls.askAt.Add(inForce+underWay)) {
		w.report(askStays, "%s from %s to %s by a callback", after.Reference, before.Status, after.Status)
	}
}

var (
	holding   = payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld}}
	releasing = payout.ControlChange{
		Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen, "monetix": payout.GateOpen},
		Caps:        map[money.Currency]money.Amount{money.KHR: {}, money.USD: {}}, Callbacks: payout.Believe,
	}
)

// holdNow has somebody order a hold, and two people release it after a while. One in three of
// these orders is that no callback is believed, and then rumours follow: a hold that nobody tries
// to get past proves nothing.
func (w *world) holdNow() {
	c := w.choices
	change := []payout.ControlChange{
		holding,
		{Submissions: map[payout.Scope]payout.Gate{payout.Scope(c.provider()): payout.GateHeld}},
		{Callbacks: payout.AskFirst},
		{Caps: map[money.Currency]money.Amount{money.KHR: smallCap}},
	}[c.weighted(20, 20, 35, 25)]
	w.pull(principals[c.pick(len(principals))], change, nil)
	if change.Callbacks == payout.AskFirst { // what comes then is kept, and not believed
		for range 6 {
			w.in(time.Duration(10+c.pick(240))*time.Second, w.rumour)
		}
	}
	w.in(time.Duration(20+c.pick(300))*time.Second, w.release)
}

// release has two people open everything that is held. Somebody else may order something in
// between, and one of them alone before it. A release is where one person could block two, or
// stand for two (decision 0024): by an order that changes nothing, by a cap that is lower by one
// unit, by another release in between, by an order of before that is left over.
func (w *world) release() {
	c := w.choices
	meddling := c.weighted(40, 20, 10, 20, 10)
	lower := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: lowered(1 + c.pick(50))}}
	same := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: w.settings.caps()[money.KHR]}}
	both := func(meddle func(then func())) {
		change := w.releasable()
		w.pull(daraRole, change, func() { meddle(func() { w.pull(bopha, change, nil) }) })
	}
	alone := func(then func()) { then() }
	switch meddling {
	case 0:
		both(alone)
	case 1: // a cap that is lower by a little
		both(func(then func()) { w.pull(visitor, lower, then) })
	case 2: // what changes nothing
		both(func(then func()) { w.pull(visitor, same, then) })
	case 3: // another release, of another person
		both(func(then func()) {
			w.pull(visitor, lower, func() { w.pull(sokha, payout.ControlChange{Caps: releasing.Caps}, then) })
		})
	case 4:
		w.in(time.Duration(c.pick(20))*time.Second, func() { w.pull(bopha, w.releasable(), nil) })
		w.in(30*time.Second, func() { both(alone) })
	}
	if meddling > 0 { // what was tightened in between, both have to see
		w.in(time.Minute+time.Duration(c.pick(60))*time.Second, func() { both(alone) })
	}
	if c.chance(25) { // what was ordered before releases nothing of this
		w.in(time.Duration(130+c.pick(200))*time.Second, func() {
			w.pull(principals[c.pick(len(principals))], holding, nil)
			w.in(time.Duration(20+c.pick(100))*time.Second, w.release)
		})
	}
}

// releasable is what somebody who looks at the controls would release: of a restored table, all of
// it at once. An order that leaves one of the controls of a restored table out is refused
// (release-incomplete), so nobody would ever release anything.
func (w *world) releasable() payout.ControlChange {
	part := loosened(w.table.SharedState.InForce(), releasing)
	if w.table.SharedState.Unreleased() || len(part.Submissions)+len(part.Caps) == 0 && part.Callbacks == "" {
		return releasing
	}
	return part
}

// lowered is the small cap without some units. It is the smallest thing that one person may
// tighten, and must not void what two are about to agree on.
func lowered(by int) money.Amount {
	a, err := money.New(smallCap.Minor()-int64(by), money.KHR)
	if err != nil {
		panic(err)
	}
	return a
}

// smallCap is below what most payouts move.
var smallCap = func() money.Amount {
	a, err := money.Parse("100", money.KHR)
	if err != nil {
		panic(err)
	}
	return a
}()
