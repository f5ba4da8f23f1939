package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// The status that an answer brought found no room in the history. The next entry that does, the
// order of one person, which moves nothing, is the first to show it: so it is news, and is told.
func TestAStatusThatALaterEntryShowsFirstIsTold(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unknown, w.unclear
	p := w.mustCreate(draft("R1"))
	for n := 0; ; n++ {
		if n > 40 {
			t.Fatal("every status found room")
		}
		people := []payout.Principal{dara, bopha, sokha} // each may propose a few times only
		for i := range 2 {
			o := w.order(p.ID, people[(n+i)%len(people)], "")
			o.Evidence = fmt.Sprint(n)
			w.must(w.operator.Resend(bg, o))
		}
		w.clock.pass(2 * time.Minute)
		w.sweep()
		stored := w.stored(p.ID)
		if last := stored.History[len(stored.History)-1]; stored.Status == payout.Unknown && last.Status == payout.Submitting {
			break
		}
	}
	before := len(w.stored(p.ID).Events())
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	stored := w.stored(p.ID)
	events := stored.Events()
	if len(events) != before+1 || events[before].Data.Status != payout.Unknown {
		t.Fatalf("the order shows %s after %d", names(events), before)
	}
	if stored.Notice.At.IsZero() || !stored.Notice.Fresh {
		t.Errorf("event %d is not due to be told: %+v", len(events), stored.Notice)
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if wrong := w.fedTwice(p.ID); len(wrong) > 0 {
		t.Errorf("events %v do not stand in the feed once: %s", wrong, w.fed(p.ID))
	}
}
