package payout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// refusesAboutUs has Vexora refuse the payouts of some references about us.
func (w *world) refusesAboutUs(uncoded bool, which func(payout.Reference) bool) {
	answer := w.says(payout.FoundProcessing)
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		if which(p.Reference) {
			return payout.Claim{Finding: payout.FoundAboutUs, Uncoded: uncoded, At: w.clock.Now()}
		}
		return answer(p)
	}
}

func only(reference payout.Reference) func(payout.Reference) bool {
	return func(r payout.Reference) bool { return r == reference }
}

// TestAPayoutThatIsRefusedAgainPausesNothing: after the first pause another payout is taken, so
// it is not us. The refused one is tried now and then, holds nobody up and pages nobody.
func TestAPayoutThatIsRefusedAgainPausesNothing(t *testing.T) {
	for _, uncoded := range []bool{false, true} {
		w := newWorld(t)
		w.refusesAboutUs(uncoded, only("bad"))
		bad := w.mustCreate(ofMoney("bad", 100))
		w.clock.pass(61 * time.Second)
		w.mustCreate(ofMoney("first", 200))
		pages := 0
		for n := range 120 {
			w.clock.pass(time.Minute)
			w.sweep()
			if p := w.mustCreate(ofMoney(fmt.Sprint("other-", n), 1000+n)); p.Status != payout.Processing {
				t.Errorf("uncoded %v, minute %d: another payout is %s, %s", uncoded, n, p.Status, p.QueuedReason)
			}
		}
		tried := 0
		for _, r := range w.vexora.sent {
			if id, _, _ := payout.ParseProviderReference(string(r)); id == bad.ID {
				tried++
			}
		}
		for _, s := range w.signals.raised {
			if s == payout.SignalAboutUs {
				pages++
			}
		}
		if tried < 5 || tried > 12 || pages != 1 {
			t.Errorf("uncoded %v: tried %d times in two hours, %d pages", uncoded, tried, pages)
		}
		if s := w.stored(bad.ID); s.Status != payout.Queued || len(s.Attention) == 0 {
			t.Errorf("%s, attention %v", s.Status, s.Attention.Reasons())
		}
	}
}

// TestARotatedKeyPausesBesideAPayoutThatIsRefusedForEver: what was learnt of one payout says
// nothing about us for the next ones.
func TestARotatedKeyPausesBesideAPayoutThatIsRefusedForEver(t *testing.T) {
	w := newWorld(t)
	w.refusesAboutUs(false, only("bad"))
	w.mustCreate(ofMoney("bad", 100))
	w.clock.pass(61 * time.Second)
	w.mustCreate(ofMoney("first", 200))
	w.clock.pass(4 * time.Minute)
	w.sweep() // refused again, of its own kind
	w.refusesAboutUs(false, func(payout.Reference) bool { return true })
	before := len(w.vexora.sent)
	for n := range 20 {
		w.mustCreate(ofMoney(fmt.Sprint("payroll-", n), 1000+n))
	}
	if sent := len(w.vexora.sent) - before; sent != 1 {
		t.Errorf("a rotated key ran through %d payouts", sent)
	}
}

// TestFiveRefusalsWithoutACodePause: a closed firewall must not run through a payroll either.
func TestFiveRefusalsWithoutACodePause(t *testing.T) {
	w := newWorld(t)
	w.refusesAboutUs(true, func(payout.Reference) bool { return true })
	for n := range 20 {
		w.mustCreate(ofMoney(fmt.Sprint("payroll-", n), 1000+n))
	}
	if sent := len(w.vexora.sent); sent != 5 {
		t.Errorf("a closed firewall ran through %d payouts", sent)
	}
}

// TestAClosedFirewallWakesPeople: at the first refusal if nobody's payouts go well, at the second
// caller's if one caller's did, and after five to one caller once the others' are long ago.
func TestAClosedFirewallWakesPeople(t *testing.T) {
	woken := func(w *world) bool { return slices.Contains(w.signals.raised, payout.SignalAboutUs) }
	all := func(payout.Reference) bool { return true }
	pays := func(w *world, reference payout.Reference, by payout.Principal) {
		w.createdBy(by, ofMoney(string(reference), len(w.vexora.sent)+100))
		w.clock.pass(time.Second)
	}
	t.Run("one caller", func(t *testing.T) {
		w := newWorld(t)
		pays(w, "well", "ana")
		w.refusesAboutUs(true, all)
		if pays(w, "R0", "ana"); !woken(w) {
			t.Error("nobody is woken")
		}
	})
	t.Run("two callers", func(t *testing.T) {
		w := newWorld(t)
		pays(w, "well-a", "ana")
		pays(w, "well-b", "bo")
		w.refusesAboutUs(true, all)
		if pays(w, "R0", "ana"); woken(w) {
			t.Error("woken while bo's go well")
		}
		if pays(w, "R1", "bo"); !woken(w) {
			t.Error("nobody is woken")
		}
	})
	t.Run("the other one sends nothing more", func(t *testing.T) {
		w := newWorld(t)
		pays(w, "well-a", "ana")
		pays(w, "well-b", "bo")
		w.refusesAboutUs(true, all)
		for n := range 5 {
			pays(w, payout.Reference(fmt.Sprint("R", n)), "ana")
		}
		if woken(w) {
			t.Error("woken while bo's go well")
		}
		w.sweepFor(40, time.Minute) // what was refused is tried again, and nothing new comes
		if !woken(w) {
			t.Error("nobody is woken")
		}
	})
}
