package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Every change of the controls by one person: what tightens is in force at once, what loosens
// waits for a second one, and what is so already is neither.
func TestWhichChangesOfTheControlsTakeTwo(t *testing.T) {
	type gates = map[payout.Scope]payout.Gate
	riel := func(text string) map[money.Currency]money.Amount {
		return map[money.Currency]money.Amount{money.KHR: amount(t, text, money.KHR)}
	}
	none := map[money.Currency]money.Amount{money.KHR: {}}
	tests := map[string]struct {
		now    payout.Controls
		change payout.ControlChange
		awaits bool
	}{
		"hold all":                   {payout.Controls{}, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateHeld}}, false},
		"hold what is held":          {payout.Controls{Submissions: gates{payout.Everything: payout.GateHeld}}, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateHeld}}, false},
		"release what is held":       {payout.Controls{Submissions: gates{payout.Everything: payout.GateHeld}}, payout.ControlChange{Submissions: gates{payout.Everything: payout.GateOpen}}, true},
		"release what is open":       {payout.Controls{}, payout.ControlChange{Submissions: gates{"vexora": payout.GateOpen}}, false},
		"release one provider":       {payout.Controls{Submissions: gates{"vexora": payout.GateHeld}}, payout.ControlChange{Submissions: gates{"vexora": payout.GateOpen}}, true},
		"a first cap":                {payout.Controls{}, payout.ControlChange{Caps: riel("1000")}, false},
		"a lower cap":                {payout.Controls{Caps: riel("1000")}, payout.ControlChange{Caps: riel("999")}, false},
		"a higher cap":               {payout.Controls{Caps: riel("1000")}, payout.ControlChange{Caps: riel("1001")}, true},
		"the same cap":               {payout.Controls{Caps: riel("1000")}, payout.ControlChange{Caps: riel("1000")}, false},
		"no cap any more":            {payout.Controls{Caps: riel("1000")}, payout.ControlChange{Caps: none}, true},
		"no cap where there is none": {payout.Controls{}, payout.ControlChange{Caps: none}, false},
		"ask first":                  {payout.Controls{}, askFirst, false},
		"ask first, again":           {payout.Controls{Callbacks: payout.AskFirst}, askFirst, false},
		"believe":                    {payout.Controls{Callbacks: payout.AskFirst}, payout.ControlChange{Callbacks: payout.Believe}, true},
		"believe, again":             {payout.Controls{}, payout.ControlChange{Callbacks: payout.Believe}, false},
		"hold, and ask first":        {payout.Controls{}, payout.ControlChange{Submissions: gates{"vexora": payout.GateHeld}, Callbacks: payout.AskFirst}, false},
	}
	for name, test := range tests {
		w := newWorld(t)
		w.store.SharedState.Controls = test.now
		set, err := w.tryPull(dara, test.change, true)
		if err != nil && test.awaits {
			t.Errorf("%s: %v", name, err)
		}
		if set.Awaiting != test.awaits || test.awaits && w.store.SharedState.Controls.Version != test.now.Version {
			t.Errorf("%s: awaits %v, controls %+v", name, set.Awaiting, w.store.SharedState.Controls)
		}
	}
}

// What tightens must not wait for what loosens beside it.
func TestAChangeThatTightensAndLoosensIsRefused(t *testing.T) {
	w := newWorld(t)
	w.store.SharedState.Controls = payout.Controls{Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateHeld}}
	_, err := w.tryPull(dara, payout.ControlChange{
		Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateOpen, "monetix": payout.GateHeld},
	}, true)
	if problemOf(err) != payout.OrderNotPossible || len(w.store.Changes) > 0 {
		t.Errorf("%v, %d changes", err, len(w.store.Changes))
	}
}

// A restored table is held until two people release everything. One provider's release, which
// nobody has held, is not that.
func TestTheReleaseAfterARestoreTakesTwo(t *testing.T) {
	w := newWorld(t)
	w.over(payout.Floor{RestoredAt: w.clock.Now().Add(-time.Hour)})
	one := payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateOpen}}
	if _, err := w.tryPull(dara, one, true); problemOf(err) != payout.OrderIncomplete || w.mustCreate(draft("R1")).Status != payout.Queued {
		t.Errorf("one provider: %v", err)
	}
	if set, err := w.tryPull(dara, anew, true); err != nil || !set.Awaiting || w.mustCreate(draft("R2")).Status != payout.Queued {
		t.Errorf("everything: awaits %v, %v", set.Awaiting, err)
	}
	if set, err := w.tryPull(bopha, anew, true); err != nil || set.Awaiting {
		t.Errorf("the second: awaits %v, %v", set.Awaiting, err)
	}
	w.clock.pass(6 * time.Second)
	if p := w.mustCreate(ofMoney("R3", 900)); p.Status != payout.Processing {
		t.Errorf("released, and %s", p.Status)
	}
}

// Two people agree on one change, not on two that have a part in common.
func TestTwoPeopleAgreeOnTheSameChange(t *testing.T) {
	type gates = map[payout.Scope]payout.Gate
	full := payout.ControlChange{
		Submissions: gates{payout.Everything: payout.GateOpen}, Callbacks: payout.Believe,
		Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "2000", money.KHR)},
	}
	gate, belief, most := full, full, full
	gate.Submissions = gates{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen}
	belief.Callbacks = ""
	most.Caps = map[money.Currency]money.Amount{money.KHR: amount(t, "3000", money.KHR)}
	for name, second := range map[string]payout.ControlChange{"another gate": gate, "another belief": belief, "another cap": most, "": full} {
		w := newWorld(t)
		w.store.SharedState.Controls = payout.Controls{
			Submissions: gates{payout.Everything: payout.GateHeld, "vexora": payout.GateHeld}, Callbacks: payout.AskFirst,
			Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "1000", money.KHR)},
		}
		if first, err := w.tryPull(dara, full, true); err != nil || !first.Awaiting {
			t.Fatalf("%v, %+v", err, first)
		}
		set, err := w.tryPull(bopha, second, true)
		if err != nil || set.Awaiting == (name == "") {
			t.Errorf("%q: awaits %v, %v", name, set.Awaiting, err)
		}
	}
}
