package payout_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// anew is an order that states all that the controls have: every gate open, the stack's caps, and
// callbacks believed.
var anew = payout.ControlChange{
	Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen, "monetix": payout.GateOpen},
	Caps:        map[money.Currency]money.Amount{money.KHR: {}, money.USD: {}}, Callbacks: payout.Believe,
}

// fromBackup is a world whose table was restored a minute ago.
func fromBackup(t *testing.T) *world {
	w := newWorld(t)
	w.over(payout.Floor{RestoredAt: w.clock.Now().Add(-time.Minute)})
	return w
}

// In the lost time people may have ordered "ask", since a key had leaked. The backup knows nothing
// of it.
func TestARestoredTableBelievesNoCallbackUntilTwoOrderIt(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.clock.pass(time.Minute)
	w.over(payout.Floor{RestoredAt: w.clock.Now()})
	w.clock.pass(time.Minute)
	if w.receive(w.claim(p, payout.FoundSucceeded)); w.stored(p.ID).Status != payout.Processing {
		t.Fatal("a callback was believed")
	}
	w.pull(dara, anew)
	if w.breaker.Belief(bg, w.clock.Now()) != payout.AskFirst {
		t.Error("one person has callbacks believed")
	}
	w.pull(bopha, anew)
	w.receive(w.claim(p, payout.FoundSucceeded))
	if now := w.stored(p.ID); now.Status != payout.Succeeded {
		t.Errorf("released, and a callback is not believed: %s", now.Status)
	}
}

// Whoever releases a restored table says of everything how it shall be, or is told what he left
// out: the lost time may have tightened it.
func TestAReleaseAfterARestoreStatesEverything(t *testing.T) {
	without := func(leave func(*payout.ControlChange)) payout.ControlChange {
		c := anew
		c.Submissions = map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen, "monetix": payout.GateOpen}
		c.Caps = map[money.Currency]money.Amount{money.KHR: {}, money.USD: {}}
		leave(&c)
		return c
	}
	for missing, change := range map[string]payout.ControlChange{
		"/submissions/all":     without(func(c *payout.ControlChange) { delete(c.Submissions, payout.Everything) }),
		"/submissions/vexora":  without(func(c *payout.ControlChange) { delete(c.Submissions, "vexora") }),
		"/submissions/monetix": without(func(c *payout.ControlChange) { delete(c.Submissions, "monetix") }),
		"/caps/KHR":            without(func(c *payout.ControlChange) { delete(c.Caps, money.KHR) }),
		"/caps/USD":            without(func(c *payout.ControlChange) { delete(c.Caps, money.USD) }),
		"/callbacks":           without(func(c *payout.ControlChange) { c.Callbacks = "" }),
	} {
		w := fromBackup(t)
		for _, by := range []payout.Principal{dara, bopha} {
			_, err := w.tryPull(by, change, true)
			refused := &payout.OrderRefused{}
			if !errors.As(err, &refused) || refused.Problem != payout.OrderIncomplete {
				t.Fatalf("without %s: %v", missing, err)
			}
			if len(refused.Faults) != 1 || refused.Faults[0].Pointer != missing {
				t.Errorf("without %s: %v", missing, refused.Faults)
			}
		}
		if w.mustCreate(draft("R1")).Status != payout.Queued {
			t.Errorf("without %s it is released", missing)
		}
	}
}

// What is stated is in force, whatever the backup said: also what tightens.
func TestAReleaseAfterARestoreIsInForceAsItIsStated(t *testing.T) {
	w := fromBackup(t)
	careful := payout.ControlChange{
		Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen, "vexora": payout.GateOpen, "monetix": payout.GateHeld},
		Caps:        map[money.Currency]money.Amount{money.KHR: amount(t, "50000", money.KHR), money.USD: {}}, Callbacks: payout.AskFirst,
	}
	if set := w.pull(dara, careful); !set.Awaiting {
		t.Fatal("one person released it")
	}
	if set := w.pull(dara, careful); !set.Awaiting {
		t.Fatal("one person released it twice over")
	}
	if set := w.pull(bopha, anew); !set.Awaiting {
		t.Fatal("two people released it who do not agree")
	}
	if set := w.pull(bopha, careful); set.Awaiting {
		t.Fatal("two people do not release it")
	}
	room, err := w.operator.Controls(bg)
	if err != nil {
		t.Fatal(err)
	}
	c := room.Controls
	if len(room.HeldBy(Vexora)) > 0 || !slices.Equal(room.HeldBy(Monetix), []string{"controls"}) || c.Belief() != payout.AskFirst || c.Caps[money.KHR].Minor() != 50_000_00 || !room.RestoredAt.IsZero() {
		t.Errorf("vexora %v, monetix %v, %+v", room.HeldBy(Vexora), room.HeldBy(Monetix), room)
	}
	if _, err := w.tryPull(sokha, payout.ControlChange{Callbacks: payout.Believe}, true); err != nil {
		t.Errorf("once it is released, an order may be about one thing: %v", err)
	}
}

// Until then it is plain to see.
func TestTheControlsOfARestoredTableShowWhatIsInForce(t *testing.T) {
	w := fromBackup(t)
	room, err := w.operator.Controls(bg)
	if err != nil {
		t.Fatal(err)
	}
	if room.RestoredAt.IsZero() || room.Controls.Belief() != payout.AskFirst || room.Controls.Submissions[payout.Everything] != payout.GateHeld ||
		!slices.Equal(room.HeldBy(Vexora), []string{"restored_at"}) {
		t.Errorf("%+v, vexora is held by %v", room, room.HeldBy(Vexora))
	}
}

// One person tightens at any time. Who had proposed a release before has not seen it, and gives
// his order again.
func TestATighteningBeforeTheReleaseOfARestoreIsSeenByBoth(t *testing.T) {
	w := fromBackup(t)
	w.pull(dara, anew)
	lower := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "40000", money.KHR)}}
	if set := w.pull(anyone, lower); set.Awaiting || w.store.SharedState.Controls.Caps[money.KHR].Minor() != 40_000_00 {
		t.Fatalf("%+v", set)
	}
	if set := w.pull(anyone, payout.ControlChange{Submissions: gates{"monetix": payout.GateHeld}}); set.Awaiting || w.store.SharedState.Controls.Submissions["monetix"] != payout.GateHeld {
		t.Fatalf("%+v", set)
	}
	if set := w.pull(bopha, anew); !set.Awaiting {
		t.Error("one person opened a gate that was held since the other's order")
	}
	if set := w.pull(dara, anew); set.Awaiting {
		t.Error("both have seen it, and it is not released")
	}
	if w.store.SharedState.Controls.Submissions["monetix"] != payout.GateOpen {
		t.Errorf("%+v", w.store.SharedState.Controls)
	}
}

// RESTORED_AT may lie a little ahead of the clock of whoever carries out the release.
func TestAReleaseCountsThoughTheClockIsBehindTheRestore(t *testing.T) {
	w := fromBackup(t)
	w.pull(dara, anew)
	w.clock.pass(-90 * time.Second)
	w.pull(bopha, anew)
	if w.breaker.Belief(bg, w.clock.Now()) != payout.Believe {
		t.Error("it was released, and is not")
	}
}
