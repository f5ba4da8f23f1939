package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A failure was certain in the backup, and nobody had been told so. The lost table may have told
// it, and begun another attempt: after the restore "safe to pay again" is not told any more. The
// event keeps its number, and says once more that the payout failed.
func TestACertaintyOfBeforeARestoreIsToldAsAFailure(t *testing.T) {
	before := newWorld(t)
	p := before.failedForCertain("R1")
	backup := before.store.copy()
	w := restoredFrom(t, before, backup)
	later := w.mustCreate(draft("R2"))
	for _, id := range []payout.ID{p.ID, later.ID} {
		if err := w.notifier.Notify(bg, id); err != nil {
			t.Fatal(err)
		}
	}
	told := map[payout.EventType]int{}
	for _, e := range w.endpoint.got {
		told[e.Type]++
	}
	if told[payout.EventFailureConfirmed] > 0 || told[payout.EventFailed] == 0 {
		t.Errorf("told %v", told)
	}
	events, shown := w.stored(p.ID).Events(), w.stored(p.ID).AsRestored(w.store.SharedState.RestoredAt).Events()
	if last := len(events) - 1; len(shown) != len(events) || events[last].Type != payout.EventFailureConfirmed ||
		shown[last].Type != payout.EventFailed || shown[last].ID == events[last].ID {
		t.Errorf("%+v\nshown %+v", events, shown)
	}
}

// What became certain since is told as ever.
func TestACertaintySinceARestoreIsTold(t *testing.T) {
	w := after(t, restoredFrom(t, newWorld(t), nil))
	w.clock.pass(time.Hour)
	p := w.failedForCertain("R1")
	shown := p.AsRestored(w.store.SharedState.RestoredAt).Events()
	if last := shown[len(shown)-1]; last.Type != payout.EventFailureConfirmed {
		t.Errorf("%+v", last)
	}
}

// Who cannot read the shared state does not know whether the table was restored, and tells nothing yet.
func TestNothingIsToldWhileNobodyKnowsOfARestore(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	*w.breaker = *payout.NewBreaker(noShared{w.store}, payout.Floor{Caps: most(t)})
	if err := w.notifier.Notify(bg, p.ID); err == nil || len(w.endpoint.got) > 0 {
		t.Errorf("%d were told, %v", len(w.endpoint.got), err)
	}
}
