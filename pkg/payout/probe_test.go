package payout_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// afterAnOutage is a world in which Vexora's answers were lost until it was paused, and the
// pause is over. R0 is with the provider since before.
func afterAnOutage(t *testing.T) *world {
	w := newWorld(t)
	w.mustCreate(ofMoney("R0", 900))
	answer := w.vexora.answer
	w.vexora.answer = w.unclear
	for n := range 5 {
		w.mustCreate(ofMoney(fmt.Sprint("lost-", n), 1000+n))
	}
	if p := w.mustCreate(ofMoney("paused", 2000)); p.QueuedReason != payout.QueuedPaused {
		t.Fatalf("%s %s", p.Status, p.QueuedReason)
	}
	w.clock.pass(2*time.Minute + time.Second)
	w.vexora.answer = answer
	return w
}

// ofMoney is a draft of an amount of its own, so that no two are possible duplicates.
func ofMoney(reference string, riel int) payout.Draft {
	d := draft(reference)
	d.Amount = fmt.Sprint(riel)
	return d
}

// TestWhoSendsNothingLeavesTheProbe: each of these asks whether it may send, and sends nothing.
// The next create tries the provider all the same.
func TestWhoSendsNothingLeavesTheProbe(t *testing.T) {
	for name, ask := range map[string]func(w *world){
		"a replay":        func(w *world) { w.mustCreate(ofMoney("R0", 900)) },
		"another content": func(w *world) { _, _ = w.create(ofMoney("R0", 901)) },
		"whoever just asks": func(w *world) {
			w.breaker.Stops(bg, w.stored(payout.DeriveID("test", "paused")), w.clock.Now())
		},
		"a resend that the provider cannot express": func(w *world) {
			w.vexora.faults = []payout.Fault{{Pointer: "/amount", Message: "no"}}
			_, _ = w.operator.Resend(bg, w.order(payout.DeriveID("test", "paused"), dara, ""))
			w.vexora.faults = nil
		},
	} {
		w := afterAnOutage(t)
		ask(w)
		if p := w.mustCreate(ofMoney("next", 3000)); p.Status != payout.Processing {
			t.Errorf("%s: the next one is %s, %s", name, p.Status, p.QueuedReason)
		}
	}
}

// TestOfManyCreatesOfOneMomentOneTriesTheProvider: the outage is not over, and one payout pays
// for the knowledge.
func TestOfManyCreatesOfOneMomentOneTriesTheProvider(t *testing.T) {
	w := afterAnOutage(t)
	w.vexora.answer = w.unclear
	before := len(w.vexora.sent)
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			if _, err := w.create(ofMoney(fmt.Sprint("many-", n), 4000+n)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if sent := len(w.vexora.sent) - before; sent != 1 {
		t.Errorf("%d were sent to see whether the provider answers", sent)
	}
}

// TestWhileOneTriesTheProviderOthersWait: nobody else is sent before it was answered.
func TestWhileOneTriesTheProviderOthersWait(t *testing.T) {
	w := afterAnOutage(t)
	w.vexora.during = func() {
		w.vexora.during = nil
		if p := w.mustCreate(ofMoney("meanwhile", 4000)); p.Status != payout.Queued || p.QueuedReason != payout.QueuedPaused {
			t.Errorf("beside the probe: %s, %s", p.Status, p.QueuedReason)
		}
	}
	if p := w.mustCreate(ofMoney("probe", 3000)); p.Status != payout.Processing || w.vexora.during != nil {
		t.Errorf("the probe is %s", p.Status)
	}
	if p := w.mustCreate(ofMoney("after", 5000)); p.Status != payout.Processing {
		t.Errorf("after the probe: %s", p.Status)
	}
}
