package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// turnedAway is a request that had put itself on its recipient's list when another one about its
// reference was refused: nothing is stored of it, and nothing will be.
func (w *world) turnedAway(reference string) {
	w.t.Helper()
	before := w.connectors[Vexora]
	d := draft(reference)
	d.Arrived = w.clock.Now()
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: func() {
		w.clock.pass(time.Millisecond)
		wrong := d
		wrong.Amount = "0"
		_, _ = w.creator.Create(bg, wrong, insider)
	}}
	if made, err := w.creator.Create(bg, d, insider); err == nil {
		w.t.Fatalf("not turned away: %s", made.Payout.Status)
	}
	w.connectors[Vexora] = before
}

// An entry without a payout may be of a request that is on its way to the fence: if it is stored,
// it holds the payout after all, and a person is called.
func TestWhoWasOnHisWayToTheFenceHoldsAfterAll(t *testing.T) {
	w := newWorldWith(t, withWindow)
	var salary payout.Payout
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: func() { salary = w.another("salary") }}
	first := w.mustCreate(draft("first"))
	if first.Status != payout.Queued && salary.Status != payout.Queued {
		t.Fatalf("%s and %s", first.Status, salary.Status)
	}
	w.sweepFor(6, time.Minute)
	a, b := w.stored(first.ID), w.stored(salary.ID)
	if a.Status != payout.Processing {
		a, b = b, a
	}
	if _, called := b.Attention[payout.PossibleDuplicate]; len(w.vexora.sent) != 1 || a.Status != payout.Processing || !called || b.SimilarBy == "" {
		t.Errorf("%d sent: %s and %s, a person is called: %v, similar to %q of %q", len(w.vexora.sent), a.Status, b.Status, called, b.SimilarTo, b.SimilarBy)
	}
}
