package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// stops are what makes a payout wait, whoever it is to.
func stopsOf(t *testing.T) map[string]func(*world) {
	return map[string]func(*world){
		"a parameter holds the provider": func(w *world) { w.over(payout.Floor{Held: held(Vexora)}) },
		"a control holds it":             func(w *world) { w.pull(dara, payout.ControlChange{Submissions: gates{"vexora": payout.GateHeld}}) },
		"it is paused": func(w *world) {
			w.store.SharedState.Pauses[Vexora] = payout.Pause{Provider: Vexora, Why: "refused_about_us", Since: w.clock.Now(), Until: w.clock.Now().Add(30 * time.Minute)}
			w.over(payout.Floor{})
		},
	}
}

func sameMoneyShown(p payout.Payout) bool {
	_, held := p.Attention[payout.PossibleDuplicate]
	return held || p.SimilarTo != ""
}

// Whoever may create payouts, and cancel nothing, makes one to an account that he guesses, at a
// provider that takes none: it is never sent, and must not tell him whether that account gets
// the sum.
func TestWhatABrakeHoldsIsNotCompared(t *testing.T) {
	for name, pull := range stopsOf(t) {
		for _, window := range []time.Duration{0, time.Hour} {
			w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = window })
			w.vexora.answer, w.vexora.told = w.unclear, w.unclear
			w.mustCreate(draft("salary")) // unknown
			pull(w)
			tried := w.createdBy(insider, draft("guess"))
			w.sweepFor(3, 2*time.Minute)
			now := w.stored(tried.ID)
			if tried.Status != payout.Queued || sameMoneyShown(tried) || sameMoneyShown(now) || now.WaitsFor() == payout.QueuedDuplicate {
				t.Errorf("%s, window %v: %s, waits for %s, similar to %q; later for %s, similar to %q", name, window, tried.Status, tried.WaitsFor(), tried.SimilarTo, now.WaitsFor(), now.SimilarTo)
			}
			_, err := w.operator.Resend(bg, w.order(tried.ID, dara, ""))
			if now := w.stored(tried.ID); err == nil || sameMoneyShown(now) {
				t.Errorf("%s, window %v: ordered all the same: %v, similar to %q", name, window, err, now.SimilarTo)
			}
		}
	}
}

// After a restore nothing goes without an order, so nothing is compared before it.
func TestWhatWaitsForARestoreIsNotCompared(t *testing.T) {
	w := newWorldWith(t, withWindow)
	salary := w.mustCreate(draft("salary"))
	after := newWorldWith(t, func(p *payout.Policy) {
		withWindow(p)
		p.RestoredAt = w.clock.Now().Add(time.Minute)
	})
	after.store.Payouts, after.store.Lists = w.store.copy().Payouts, w.store.Lists
	after.clock.pass(2 * time.Minute)
	tried := after.createdBy(insider, draft("guess"))
	if tried.QueuedReason != payout.QueuedRestored || sameMoneyShown(tried) {
		t.Errorf("%s, waits for %s, similar to %q", tried.Status, tried.WaitsFor(), tried.SimilarTo)
	}
	_, err := after.operator.Resend(bg, after.order(tried.ID, dara, ""))
	if now := after.stored(tried.ID); err == nil || now.SimilarTo != salary.ID {
		t.Errorf("ordered: %v, similar to %q", err, now.SimilarTo)
	}
}

// What a brake held is compared when it goes: by the sweep, and by an order.
func TestWhatABrakeHeldIsComparedWhenItGoes(t *testing.T) {
	goes := map[string]func(w *world, id payout.ID){
		"by the sweep": func(w *world, id payout.ID) { w.sweepFor(2, 2*time.Minute) },
		"by an order":  func(w *world, id payout.ID) { _, _ = w.operator.Resend(bg, w.order(id, dara, "")) },
	}
	for name, goes := range goes {
		for _, window := range []time.Duration{0, 10 * time.Minute} {
			w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = window })
			w.vexora.answer, w.vexora.told = w.unclear, w.unclear
			first := w.mustCreate(draft("R1"))
			w.over(payout.Floor{Held: held(Vexora)})
			waits := w.mustCreate(draft("R2"))
			w.sweepFor(15, 2*time.Minute) // longer than the window
			w.vexora.answer = w.says(payout.FoundProcessing)
			w.over(payout.Floor{})
			sent := len(w.vexora.sent)
			goes(w, waits.ID)
			if now := w.stored(waits.ID); len(w.vexora.sent) > sent || now.Status != payout.Queued || now.SimilarTo != first.ID {
				t.Errorf("%s, window %v: %s, similar to %q", name, window, now.Status, now.SimilarTo)
			}
		}
	}
}

// Two of the same money wait for a brake for longer than the window, and neither is on a list. It
// is released, and two sweeps take them up at one moment: one goes.
func TestOfTwoThatABrakeHeldOneGoes(t *testing.T) {
	moments := map[string]func(w *world){
		"one before the other":      func(*world) {},
		"before the other's fence":  func(w *world) { w.connectors[Vexora] = &dialling{provider: w.vexora, do: w.sweep} },
		"after the other's fence":   func(w *world) { w.store.finding = w.sweep },
		"before the other is known": func(w *world) { w.connectors[Vexora] = &opening{w.vexora, w.sweep} },
	}
	for name, meet := range moments {
		w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = 10 * time.Minute })
		w.over(payout.Floor{Held: held(Vexora)})
		a, b := w.mustCreate(draft("R1")), w.mustCreate(draft("R2"))
		w.sweepFor(15, 2*time.Minute)
		w.over(payout.Floor{})
		w.vexora.told = w.says(payout.FoundSucceeded)
		meet(w)
		w.sweepFor(25, 2*time.Minute)
		held, gone := w.stored(a.ID), w.stored(b.ID)
		if held.Status == payout.Succeeded {
			held, gone = gone, held
		}
		if len(w.vexora.sent) != 1 || held.Status != payout.Queued || held.SimilarTo != gone.ID {
			t.Errorf("%s: %d are sent: %s and %s, similar to %q", name, len(w.vexora.sent), gone.Status, held.Status, held.SimilarTo)
		}
	}
}

// Without a window, two that a brake held are both held beside one that is unknown.
func TestTwoThatABrakeHeldBesideAnUnknownOne(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	w.mustCreate(draft("R0"))
	w.over(payout.Floor{Held: held(Vexora)})
	a, b := w.mustCreate(draft("R1")), w.mustCreate(draft("R2"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.over(payout.Floor{})
	w.connectors[Vexora] = &opening{w.vexora, w.sweep}
	sent := len(w.vexora.sent)
	w.sweepFor(3, 2*time.Minute)
	if len(w.vexora.sent) > sent || !sameMoneyShown(w.stored(a.ID)) || !sameMoneyShown(w.stored(b.ID)) {
		t.Errorf("%d are sent: %s and %s", len(w.vexora.sent)-sent, w.stored(a.ID).Status, w.stored(b.ID).Status)
	}
}

// A window longer than the retention would tell of what was redacted which account gets it. A
// doubt holds the same money all the same.
func TestAWindowHoldsNothingBesideWhatIsRedactedAndSettled(t *testing.T) {
	for _, doubted := range []bool{false, true} {
		w := newWorldWith(t, func(p *payout.Policy) {
			p.DuplicateWindow, p.RedactAfter = 30*24*time.Hour, 24*time.Hour
		})
		p := w.mustCreate(draft("R1"))
		w.vexora.told = w.says(payout.FoundFailed)
		if !doubted {
			w.vexora.told = w.says(payout.FoundSucceeded)
		}
		w.pass(5)
		if w.stored(p.ID).RedactedAt.IsZero() {
			t.Fatal("not redacted")
		}
		if doubted {
			w.receive(w.claim(w.stored(p.ID), payout.FoundSucceeded))
		}
		if tried := w.another("guess"); sameMoneyShown(tried) != doubted {
			t.Errorf("doubted %v: %s, similar to %q", doubted, tried.Status, tried.SimilarTo)
		}
	}
}

// The first of two orders is kept while a brake holds, and tells nothing. The second one is
// compared when it can send.
func TestAnOrderForTwoTellsNothingWhileABrakeHolds(t *testing.T) {
	w := newWorldWith(t, withWindow)
	salary := w.mustCreate(draft("salary"))
	after := newWorldWith(t, func(p *payout.Policy) {
		withWindow(p)
		p.RestoredAt = w.clock.Now().Add(time.Minute)
	})
	after.store.Payouts, after.store.Lists = w.store.copy().Payouts, w.store.Lists
	after.over(payout.Floor{Held: held(Vexora)})
	after.clock.pass(2 * time.Minute)
	tried := after.createdBy(insider, draft("guess"))
	kept, err := after.operator.Resend(bg, after.order(tried.ID, dara, ""))
	if err != nil || !kept.Awaiting || sameMoneyShown(kept.Payout) {
		t.Fatalf("the first order: %v, awaiting %v, similar to %q", err, kept.Awaiting, kept.Payout.SimilarTo)
	}
	_, err = after.operator.Resend(bg, after.order(tried.ID, bopha, ""))
	if problemOf(err) != payout.OrderPaused || sameMoneyShown(after.stored(tried.ID)) {
		t.Errorf("the second order: %v, similar to %q", err, after.stored(tried.ID).SimilarTo)
	}
	after.over(payout.Floor{})
	_, err = after.operator.Resend(bg, after.order(tried.ID, bopha, ""))
	if now := after.stored(tried.ID); err == nil || len(after.vexora.sent) > 0 || now.SimilarTo != salary.ID {
		t.Errorf("released: %v, %s, similar to %q", err, now.Status, now.SimilarTo)
	}
}
