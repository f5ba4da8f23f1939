package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// entriesOf are the entries of a payout on all lists.
func (w *world) entriesOf(id payout.ID) []payout.Unsettled {
	var all []payout.Unsettled
	for _, list := range w.store.Lists {
		for _, u := range list {
			if u.ID == id {
				all = append(all, u)
			}
		}
	}
	return all
}

// With a window, a payout that is sent again is listed as of that submission. Whoever found the
// one before settled, and takes its entry off a moment later, does not take this one off.
func TestAResendIsListedUnderItsOwnTime(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	p := w.failedForCertain("R1")
	w.clock.pass(2 * time.Hour)
	before := w.entriesOf(p.ID)
	if len(before) != 1 {
		t.Fatalf("%v", before)
	}
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	if err := w.store.ForgetUnsettled(bg, before[0].Key, before); err != nil { // by a pruner who was slow
		t.Fatal(err)
	}
	w.clock.pass(59 * time.Minute)
	if second := w.another("R2"); second.Status != payout.Queued || second.SimilarTo != p.ID {
		t.Errorf("59 minutes after R1 was sent again the same money is %s under R2, similar to %q", second.Status, second.SimilarTo)
	}
	w.clock.pass(62 * time.Minute)
	if third := w.another("R3"); third.SimilarTo == p.ID {
		t.Error("the window never ends")
	}
}

// A payout that is sent again and again has one entry: many repetitions do not fill the list.
func TestManyResendsAreOneEntry(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow, p.QueuedMaxAge = time.Hour, 48*time.Hour })
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1"))
	for range 130 {
		w.clock.pass(15 * time.Minute)
		w.sweep()
	}
	entries := w.entriesOf(p.ID)
	if sent := len(w.vexora.sent); sent < payout.MostUnsettled || len(entries) != 1 || !entries[0].At.Equal(w.stored(p.ID).SubmittedAt) {
		t.Errorf("sent %d times, last at %v; entries %v", sent, w.stored(p.ID).SubmittedAt, entries)
	}
}
