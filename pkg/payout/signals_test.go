package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// Of a text that could be cut otherwise nobody says that money went.
func TestAnAmbiguousCallbackOfStrangersIsNoOrphanAlarm(t *testing.T) {
	for why, want := range map[string]payout.Signal{"": payout.SignalOrphan, "it could be cut otherwise": payout.SignalForeignCallback} {
		w := newWorld(t)
		c := w.claim(w.mustCreate(draft("R1")), payout.FoundSucceeded)
		c.Reference, c.Ambiguous = "payment_47", why
		w.receive(c)
		if !slices.Equal(w.signals.raised, []payout.Signal{want}) {
			t.Errorf("%q: %v", why, w.signals.raised)
		}
	}
}

// What holds a payout is told by a signal, at a create and in the queue, and nothing else is.
func TestWhatIsHeldIsToldByASignal(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	waiting := w.mustCreate(draft("waits"))
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	if w.mustCreate(draft("unknown")); slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("raised %v", w.signals.raised)
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if now := w.stored(waiting.ID); now.QueuedReason != payout.QueuedDuplicate || !slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("%s, raised %v", now.QueuedReason, w.signals.raised)
	}
	w.signals.raised = nil
	if w.another("third").Status != payout.Queued || !slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("at the create: raised %v", w.signals.raised)
	}
	held := newWorld(t)
	held.over(payout.Floor{Held: map[payout.Provider]payout.QueuedReason{Vexora: payout.QueuedHeld}})
	held.mustCreate(draft("R1"))
	if len(held.signals.raised) > 0 {
		t.Errorf("held by order: raised %v", held.signals.raised)
	}
	held.sweepFor(3, time.Hour)
	if !slices.Contains(held.signals.raised, payout.SignalQueuedTooLong) || held.listed() > 0 {
		t.Errorf("too old: raised %v, %d on lists", held.signals.raised, held.listed())
	}
}

// Somebody pulls the brake while the sweep opens a connection. The payout waits; that is no
// failure of the sweep. A write that is not clear is one.
func TestWhatASweepReports(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.connectors[Vexora] = &opening{w.vexora, func() {
		w.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld}})
		w.clock.pass(6 * time.Second)
	}}
	sent := len(w.vexora.sent)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if now := w.stored(p.ID); now.Status != payout.Queued || len(w.vexora.sent) > sent {
		t.Errorf("%s", now.Status)
	}
	at := w.store.writes + 2 // after the one that takes it up
	w.store.fault = func(n int) fault {
		if n >= at {
			return lostBefore
		}
		return none
	}
	w.clock.pass(3 * time.Minute)
	swept, err := w.sweeper.Sweep(bg, p.ID.Shard())
	if err == nil || swept.Failed != 1 {
		t.Errorf("%+v, %v", swept, err)
	}
}

// Reasons come oldest first, and those of one moment by name; the oldest one counts.
func TestReasonsAreListedOldestFirst(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	a := payout.Attention{payout.Returned: at.Add(time.Hour), payout.UnlistedStatus: at, payout.Contradiction: at, payout.CallbackMismatch: at}
	if got := a.Reasons(); !slices.Equal(got, []payout.Reason{payout.CallbackMismatch, payout.Contradiction, payout.UnlistedStatus, payout.Returned}) {
		t.Errorf("%v", got)
	}
	if since, any := a.Since(); !any || !since.Equal(at) {
		t.Errorf("since %v, %v", since, any)
	}
	if _, any := (payout.Attention{}).Since(); any {
		t.Error("none is one")
	}
}

// An alarm acts once for a burst of one metric. So a release within minutes of a hold, and a
// provider that the machine holds, have metrics of their own.
func TestAHoldAndAReleaseAreToldApart(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		pull func()
		want []payout.Signal
	}{
		{func() { w.pull(dara, holdAll) }, []payout.Signal{payout.SignalControls}},
		{func() { w.pull(dara, releaseAll) }, nil}, // it waits for the second person
		{func() { w.pull(bopha, releaseAll) }, []payout.Signal{payout.SignalControlsReleased}},
	} {
		w.signals.raised = nil
		if step.pull(); !slices.Equal(w.signals.raised, step.want) {
			t.Errorf("raised %v, not %v", w.signals.raised, step.want)
		}
	}
}
