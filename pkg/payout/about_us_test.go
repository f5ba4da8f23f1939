package payout_test

import (
	"fmt"
	"slices"
	"strings"
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
		if tried < 5 || tried > 12 || pages != 0 {
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

// TestWhatIsAboutUsWakesPeople: when two callers' payouts are refused about us, or one's go on to be
// while nobody's go well.
func TestWhatIsAboutUsWakesPeople(t *testing.T) {
	all := func(payout.Reference) bool { return true }
	for _, uncoded := range []bool{false, true} {
		for _, callers := range []int{1, 2} {
			w := newWorld(t)
			pays := func(n int) {
				w.createdBy(payout.Principal(fmt.Sprint(honest, n%callers)), ofMoney(fmt.Sprint("R", n), 1000+n))
				w.clock.pass(time.Second)
			}
			for n := range 4 {
				pays(n)
			}
			w.refusesAboutUs(uncoded, all)
			for n := range 12 {
				pays(10 + n)
			}
			if now := slices.Contains(w.signals.raised, payout.SignalAboutUs); now != (callers == 2) {
				t.Errorf("uncoded %v, %d callers: at once %v", uncoded, callers, now)
			}
			if w.sweepFor(10, time.Minute); !slices.Contains(w.signals.raised, payout.SignalAboutUs) {
				t.Errorf("uncoded %v, %d callers: nobody is woken", uncoded, callers)
			}
		}
	}
}

// TestARefusedCallerWakesNobodyBesideOthers: also not when his payouts go out by other processes,
// which see nobody's go well and learn of it by the shared state.
func TestARefusedCallerWakesNobodyBesideOthers(t *testing.T) {
	for _, uncoded := range []bool{false, true} {
		w := newWorld(t)
		bad := func(r payout.Reference) bool { return strings.HasPrefix(string(r), "bad") }
		w.refusesAboutUs(uncoded, bad)
		elsewhere, held := w.elsewhereCreator(), 0
		for n := range 2 * 60 * 6 { // every ten seconds for two hours
			w.createdAt(elsewhere, insider, ofMoney(fmt.Sprint("bad-", n), 100000+n))
			if p := w.createdBy(honest, ofMoney(fmt.Sprint("honest-", n), 1000+n)); p.Status == payout.Queued {
				held++
			}
			w.clock.pass(10 * time.Second)
		}
		if slices.Contains(w.signals.raised, payout.SignalAboutUs) || held > 0 {
			t.Errorf("uncoded %v: people are woken, or %d are held", uncoded, held)
		}
	}
}
