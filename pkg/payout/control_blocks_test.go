package payout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// anyone may call the route, and stands in no register.
const anyone = payout.Principal("arn:aws:iam::111122223333:role/anyone")

type (
	gates = map[payout.Scope]payout.Gate
	caps  = map[money.Currency]money.Amount
)

// capOf is an order of a cap in minor units of riel.
func capOf(t *testing.T, minor int64) payout.ControlChange {
	t.Helper()
	most, err := money.New(minor, money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	return payout.ControlChange{Caps: caps{money.KHR: most}}
}

// What changes nothing in force is no order: no version moves, and nobody is paged. Otherwise
// anybody could outdate what others are about to order.
func TestAnOrderThatChangesNothingIsNone(t *testing.T) {
	stack := most(t)[money.KHR].Minor()
	low := payout.Controls{Version: 4, Caps: capOf(t, 500).Caps}
	latent := payout.Controls{Version: 4, Caps: capOf(t, stack+10).Caps}
	for name, test := range map[string]struct {
		now    payout.Controls
		change payout.ControlChange
	}{
		"a cap at the stack's":                    {payout.Controls{}, capOf(t, stack)},
		"a cap above the stack's":                 {payout.Controls{}, capOf(t, stack+1)},
		"the cap in force":                        {low, capOf(t, 500)},
		"a cap between the stack's and a higher":  {latent, capOf(t, stack+5)},
		"open what is open":                       {payout.Controls{}, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen}}},
		"hold what is held":                       {payout.Controls{Submissions: holdAll.Submissions}, holdAll},
		"believe what is believed":                {payout.Controls{}, payout.ControlChange{Callbacks: payout.Believe}},
		"all of these":                            {low, payout.ControlChange{Caps: low.Caps, Submissions: releaseAll.Submissions, Callbacks: payout.Believe}},
		"no cap, where there is none":             {payout.Controls{}, payout.ControlChange{Caps: caps{money.USD: {}}}},
		"a cap in force beside a cap of no force": {low, payout.ControlChange{Caps: caps{money.KHR: low.Caps[money.KHR], money.USD: most(t)[money.USD]}}},
	} {
		w := newWorld(t)
		w.store.SharedState.Controls = test.now
		set, err := w.tryPull(anyone, test.change, false)
		if err != nil || set.Awaiting || set.Controls.Version != test.now.Version {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
		if len(w.store.Changes)+len(w.signals.raised)+len(w.store.Proposed) != 0 {
			t.Errorf("%s: %d changes, %d signals, %d proposals", name, len(w.store.Changes), len(w.signals.raised), len(w.store.Proposed))
		}
	}
}

// Of an order, only what changes something is kept: by "open all" beside a hold one person
// would release a table that was restored meanwhile.
func TestOnlyTwoMoveTheTimeOfTheRelease(t *testing.T) {
	w := newWorld(t)
	w.pull(anyone, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen, "monetix": payout.GateHeld}})
	in := w.store.SharedState.Controls
	if !in.ReleasedAt.IsZero() || len(in.Submissions) != 1 {
		t.Fatalf("one person alone: %+v", in)
	}
	w.clock.pass(time.Hour)
	b := payout.NewBreaker(w.store, payout.Floor{Caps: most(t), RestoredAt: w.clock.Now().Add(-2 * time.Hour)})
	p := payout.Payout{Provider: Vexora, Amount: amount(t, "100", money.KHR)}
	if why := b.Ordered(bg, p, w.clock.Now()); why != payout.QueuedHeld {
		t.Errorf("a restored table was released by one person: %q", why)
	}
	w.pull(dara, holdAll)
	w.pull(dara, releaseAll)
	w.pull(bopha, releaseAll)
	if in = w.store.SharedState.Controls; !in.ReleasedAt.IsZero() {
		t.Errorf("two opened the gates, said nothing of the rest, and it says %s", in.ReleasedAt)
	}
	w.over(payout.Floor{RestoredAt: w.clock.Now().Add(-2 * time.Hour)})
	w.pull(dara, anew)
	w.pull(bopha, anew)
	if in = w.store.SharedState.Controls; !in.ReleasedAt.Equal(w.clock.Now()) {
		t.Errorf("two released it, and it says %s", in.ReleasedAt)
	}
}

// Whoever stands in no register tightens something before every order of the two.
func TestNobodyAloneKeepsTwoFromReleasing(t *testing.T) {
	for name, between := range map[string]func(w *world, n int){
		"lower and lower caps": func(w *world, n int) { _, _ = w.tryPull(anyone, capOf(w.t, int64(1_000_000-n)), false) },
		"caps of no force": func(w *world, n int) {
			_, _ = w.tryPull(anyone, capOf(w.t, most(w.t)[money.KHR].Minor()+int64(n)), false)
		},
		"every other brake": func(w *world, n int) {
			for _, change := range []payout.ControlChange{askFirst, {Submissions: gates{"vexora": payout.GateHeld}}, {Submissions: gates{"monetix": payout.GateHeld}}} {
				_, _ = w.tryPull(anyone, change, false)
			}
		},
		"a proposal of a third person": func(w *world, n int) {
			_, _ = w.tryPull(anyone, payout.ControlChange{Submissions: gates{"vexora": payout.GateHeld}}, false)
			w.pull(sokha, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen}})
		},
		"the proposals of a third person": func(w *world, n int) {
			_, _ = w.tryPull(anyone, askFirst, false)
			w.pull(sokha, []payout.ControlChange{{Callbacks: payout.Believe}, {Submissions: releaseAll.Submissions, Callbacks: payout.Believe}}[n%2])
		},
	} {
		w := newWorld(t)
		n := 0
		for range 10 {
			w.pull(anyone, holdAll)
			for _, by := range []payout.Principal{dara, bopha} {
				n++
				w.clock.pass(time.Minute)
				between(w, n)
				if set := w.pull(by, releaseAll); set.Awaiting != (by == dara) {
					t.Fatalf("%s: order %d by %s awaits: %v", name, n, by, set.Awaiting)
				}
			}
			if in := w.store.SharedState.Controls; in.Submissions[payout.Everything] != payout.GateOpen {
				t.Fatalf("%s: in force is %+v", name, in)
			}
		}
	}
}

// What one person ordered before is used up by the release that two ordered, or a hold that
// comes later would be released by one.
func TestAnOrderOfBeforeTheReleaseCountsNoMore(t *testing.T) {
	w := newWorld(t)
	w.pull(anyone, holdAll)
	w.pull(dara, releaseAll)
	w.pull(sokha, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen}}) // the same in effect
	if open := w.store.SharedState.Controls; open.Submissions[payout.Everything] != payout.GateOpen {
		t.Fatalf("in force is %+v", open)
	}
	w.clock.pass(time.Minute)
	w.pull(anyone, holdAll)
	for _, by := range []payout.Principal{bopha, bopha} {
		if set := w.pull(by, releaseAll); !set.Awaiting {
			t.Fatal("one person released what was held anew")
		}
	}
	if set := w.pull(sokha, releaseAll); set.Awaiting {
		t.Error("two did not release it")
	}
}

// A hold that the first person never saw is not released by his order.
func TestAHoldThatCameAfterTheFirstOrderStays(t *testing.T) {
	w := newWorld(t)
	all := payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen, "monetix": payout.GateOpen}}
	w.pull(anyone, holdAll)
	w.pull(dara, all)
	w.pull(anyone, payout.ControlChange{Submissions: gates{"vexora": payout.GateHeld}})
	if set := w.pull(bopha, all); !set.Awaiting {
		t.Fatal("the hold of vexora was released by one who saw it")
	}
	if set := w.pull(dara, all); set.Awaiting || w.store.SharedState.Controls.Submissions["vexora"] != payout.GateOpen {
		t.Errorf("both have seen it: %+v", set)
	}
}

// Two agree on the cap that there shall be. What it was lowered to meanwhile, the second saw.
func TestACapThatWasLoweredMeanwhileIsRaisedByTwo(t *testing.T) {
	w := newWorld(t)
	w.pull(anyone, capOf(t, 10_000))
	w.pull(dara, capOf(t, 50_000))
	before := w.store.SharedState.Controls.Version
	w.pull(anyone, capOf(t, 9_000))
	_, err := w.operator.SetControls(bg, payout.ControlOrder{By: bopha, Identities: []payout.Principal{bopha}, Reason: "mended", Seen: &before, Change: capOf(t, 50_000)})
	if problemOf(err) != payout.OrderOutdated {
		t.Errorf("confirmed without having seen it: %v", err)
	}
	if set := w.pull(bopha, capOf(t, 50_000)); set.Awaiting || set.Controls.Caps[money.KHR].Minor() != 50_000 {
		t.Errorf("%+v", set)
	}
}

// A proposal was about the table that it was made in, not about the one it was restored to.
func TestAnOrderOfBeforeTheRestoreCountsNoMore(t *testing.T) {
	before := newWorld(t)
	before.over(payout.Floor{RestoredAt: before.clock.Now().Add(-time.Minute)}) // restored once already
	before.pull(dara, anew)
	w := restoredFrom(t, before, nil)
	w.store.SharedState, w.store.Proposed = before.store.SharedState, before.store.Proposed
	w.over(payout.Floor{RestoredAt: before.clock.Now().Add(time.Minute)})
	if set := w.pull(bopha, anew); !set.Awaiting {
		t.Error("one person released a restored table")
	}
}

// One caller lowers caps by the smallest unit, again and again. Each page and each version is
// one too many; the gates stay in everybody's hands.
func TestACallerLowersCapsSoOftenAnHour(t *testing.T) {
	w := newWorld(t)
	w.pull(anyone, holdAll)
	w.pull(dara, askFirst)
	taken := 0
	for n := range 200 {
		w.clock.pass(time.Second)
		_, err := w.tryPull(anyone, capOf(t, int64(1_000_000-n)), false)
		switch {
		case err == nil:
			taken++
		case problemOf(err) != payout.OrderNotPossible || !strings.Contains(err.Error(), "hold"):
			t.Fatal(err)
		}
	}
	if taken == 0 || taken > 10 || len(w.signals.raised) != taken+2 {
		t.Errorf("%d were taken, %d paged", taken, len(w.signals.raised))
	}
	if _, err := w.tryPull(sokha, capOf(t, 900_000), false); err != nil {
		t.Errorf("another caller cannot lower it: %v", err)
	}
	if _, err := w.tryPull(anyone, payout.ControlChange{Submissions: gates{"vexora": payout.GateHeld}}, false); err != nil {
		t.Errorf("he cannot hold any more: %v", err)
	}
	w.clock.pass(time.Hour)
	if _, err := w.tryPull(anyone, capOf(t, 100_000), false); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// Many orders of one caller do not push what matters out of the list of changes.
func TestTheLatestChangeOfEveryKindIsShown(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, holdAll)
	w.pull(dara, askFirst)
	w.pull(dara, releaseAll)
	w.pull(bopha, releaseAll)
	w.pull(sokha, capOf(t, 2_000_000))
	for n := range 100 {
		w.clock.pass(15 * time.Minute)
		if _, err := w.tryPull(anyone, capOf(t, int64(1_000_000-n)), false); err != nil {
			t.Fatal(err)
		}
	}
	room, err := w.operator.Controls(bg)
	if err != nil {
		t.Fatal(err)
	}
	var shown []int
	for _, e := range room.Changes {
		shown = append(shown, e.Version)
	}
	if !slices.Equal(shown[16:], []int{4, 3, 2, 1}) || shown[0] != 104 {
		t.Errorf("shown are %v", shown)
	}
	if len(shown) != 20 || !slices.IsSortedFunc(room.Changes, func(a, b payout.ControlEntry) int { return b.Version - a.Version }) {
		t.Errorf("shown are %v", shown)
	}
}

// What waits is shown, the newest first, and each person has one.
func TestProposalsWaitSideBySide(t *testing.T) {
	w := newWorld(t)
	w.pull(anyone, holdAll)
	w.pull(anyone, askFirst)
	for _, by := range []payout.Principal{dara, bopha, sokha, dara} {
		w.clock.pass(time.Minute)
		w.pull(by, map[payout.Principal]payout.ControlChange{
			dara:  releaseAll,
			bopha: {Callbacks: payout.Believe},
			sokha: {Submissions: releaseAll.Submissions, Callbacks: payout.Believe},
		}[by])
	}
	room, err := w.operator.Controls(bg)
	if err != nil {
		t.Fatal(err)
	}
	var waiting []string
	for _, p := range room.Proposals {
		waiting = append(waiting, string(p.Person))
	}
	if got := fmt.Sprint(waiting); got != "[Sokha Bopha Dara]" {
		t.Errorf("waiting are %s", got)
	}
}
