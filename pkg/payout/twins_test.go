package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// People want a payout beside another one as they saw it. A new attempt of that one may pay once
// more: it holds the payout like somebody new.
func TestANewAttemptOfATwinIsSomebodyNew(t *testing.T) {
	for name, wait := range map[string]func(w *world) payout.Payout{
		"ordered beside the first": func(w *world) payout.Payout {
			p, accepted := w.another("P"), w.vexora.answer
			w.vexora.answer = w.notSent
			defer func() { w.vexora.answer = accepted }()
			return w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))).Payout
		},
		"ordered beside nobody": func(w *world) payout.Payout {
			w.over(payout.Floor{Held: held(Vexora)})
			return w.another("P")
		},
	} {
		w := newWorldWith(t, within(time.Hour, 24*time.Hour))
		accepted := w.vexora.answer
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		a := w.another("A")
		w.clock.pass(30 * time.Minute)
		w.freed()
		w.vexora.answer = accepted
		p := wait(w)
		if p.Status != payout.Queued {
			t.Fatalf("%s: %s", name, p.Status)
		}
		w.over(payout.Floor{Held: held(Vexora)})
		w.vexora.told = w.says(payout.FoundFailed)
		w.receive(w.claim(w.stored(a.ID), payout.FoundFailed))
		w.sweepFor(20, 5*time.Minute)
		w.freed()
		sent := len(w.vexora.sent)
		a = w.must(w.operator.Resend(bg, w.order(a.ID, dara, ""))).Payout
		w.receive(w.claim(a, payout.FoundSucceeded))
		w.vexora.told = w.unclear
		w.sweepFor(10, 2*time.Minute)
		now := w.stored(p.ID)
		if len(w.vexora.sent) != sent+1 || a.Attempt != 2 || now.WaitsFor() != payout.QueuedDuplicate || now.SimilarTo != a.ID {
			t.Errorf("%s: attempt %d of A went, %d were sent; P is %s, waits for %q, similar to %q", name, a.Attempt, len(w.vexora.sent)-sent, now.Status, now.WaitsFor(), now.SimilarTo)
		}
	}
}

// freed lets payouts go again: nothing pauses, nothing is held.
func (w *world) freed() {
	w.store.SharedState.Pauses = map[payout.Provider]payout.Pause{}
	w.over(payout.Floor{})
}

// Beside what is unknown people send the same money under another reference. The unknown one does
// not go again by itself after that, however short the window was.
func TestAnUnknownIsNotRepeatedBesideWhatWasSentInstead(t *testing.T) {
	for _, instead := range []bool{false, true} {
		w := newWorldWith(t, within(10*time.Minute, 24*time.Hour))
		monetix := func(reference string) payout.Payout {
			d := draft(reference)
			d.Provider = Monetix
			return w.mustCreate(d)
		}
		accepted := w.monetix.answer
		w.monetix.answer, w.monetix.told = w.unclear, w.unclear
		p := monetix("P")
		w.monetix.answer = accepted
		w.clock.pass(2 * time.Minute)
		w.freed()
		if instead {
			a := w.must(w.operator.Resend(bg, w.order(monetix("A").ID, dara, ""))).Payout
			w.receive(w.claim(a, payout.FoundSucceeded))
		}
		sent := len(w.monetix.sent)
		w.monetix.told = w.absent
		for range 100 {
			w.clock.pass(time.Minute)
			w.freed()
			w.sweep()
		}
		if again := len(w.monetix.sent) - sent; (again == 0) != instead {
			t.Errorf("sent instead %t: %d repetitions, and it is %s", instead, again, w.stored(p.ID).Status)
		}
	}
}
