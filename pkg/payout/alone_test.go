package payout_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// bads posts so many payouts that the provider does not like, at one moment.
func (w *world) bads(by payout.Principal, prefix string, n int) (sent int) {
	w.t.Helper()
	before := len(w.vexora.sent)
	for i := range n {
		w.createdBy(by, ofMoney(fmt.Sprint("bad-", prefix, i), 500000+len(w.vexora.sent)*1000+i))
	}
	return len(w.vexora.sent) - before
}

func (w *world) wants(what string, p payout.Payout, s payout.Status) {
	w.t.Helper()
	if p.Status != s {
		w.t.Errorf("%s: %s is %s, %s", what, p.Reference, p.Status, p.QueuedReason)
	}
}

// TestWhoIsStoppedAloneIsNoPausedProvider: on call learns of it by another word, again and again
// while it goes on, and the others see nothing of it.
func TestWhoIsStoppedAloneIsNoPausedProvider(t *testing.T) {
	for _, bad := range []payout.Claim{wrongAccount, bare403} {
		w := newWorld(t)
		w.dislikes(bad)
		w.createdBy(honest, ofMoney("honest", 1000))
		most := map[payout.Finding]int{payout.FoundUnclear: 20, payout.FoundAboutUs: 5}[bad.Finding]
		if sent := w.bads(insider, "a", 40); sent != most {
			t.Errorf("%s: %d were sent before the caller was stopped", bad.Finding, sent)
		}
		w.wants("a good one of a caller who is stopped alone", w.createdBy(insider, ofMoney("good", 4000)), payout.Queued)
		w.wants("beside one who is stopped alone", w.createdBy(honest, ofMoney("honest-2", 1001)), payout.Processing)
		w.clock.pass(2*time.Minute + time.Second)
		if sent := w.bads(insider, "b", 5); sent != 1 {
			t.Errorf("%s: after it %d were sent at one moment", bad.Finding, sent)
		}
		w.wants("beside his probe", w.createdBy(honest, ofMoney("honest-3", 1002)), payout.Processing)
		w.clock.pass(31 * time.Second)
		w.createdBy(honest, ofMoney("honest-4", 1003))
		if len(w.store.SharedState.Pauses) != 0 || slices.Contains(w.signals.raised, payout.SignalPaused) || !slices.Contains(w.signals.raised, payout.SignalCallerPaused) {
			t.Errorf("%s: pauses %v, signals %v", bad.Finding, w.store.SharedState.Pauses, w.signals.raised)
		}
	}
}

// TestWhoWasStoppedAloneGoesOnWhenOneGoesWell: nothing is left of it.
func TestWhoWasStoppedAloneGoesOnWhenOneGoesWell(t *testing.T) {
	w := newWorld(t)
	w.dislikes(wrongAccount)
	w.createdBy(honest, ofMoney("honest", 1000))
	w.bads(insider, "a", 20)
	w.clock.pass(2*time.Minute + time.Second)
	for n := range 3 {
		w.wants("after the stop", w.createdBy(insider, ofMoney(fmt.Sprint("good-", n), 2000+n)), payout.Processing)
	}
	if sent := w.bads(insider, "b", 19); sent != 19 {
		t.Errorf("%d were sent", sent)
	}
}

// TestWithOneCallerAloneAnOutagePauses: nobody's payouts go well, so the provider is paused, and
// the shared state says whose payouts say so. Other processes keep him back as well.
func TestWithOneCallerAloneAnOutagePauses(t *testing.T) {
	w := newWorld(t)
	w.dislikes(wrongAccount)
	if sent := w.bads(insider, "a", 40); sent != 20 {
		t.Errorf("%d were sent", sent)
	}
	pause := w.store.SharedState.Pauses[Vexora]
	if pause.By != insider || pause.Until.Sub(pause.Since) != 2*time.Minute || !slices.Contains(w.signals.raised, payout.SignalPaused) {
		t.Errorf("%+v, signals %v", pause, w.signals.raised)
	}
	elsewhere := w.elsewhereCreator()
	w.wants("elsewhere", w.createdAt(elsewhere, insider, ofMoney("bad-elsewhere", 4000)), payout.Queued)
	w.wants("somebody else's", w.createdAt(elsewhere, honest, ofMoney("honest", 4001)), payout.Processing)
	w.wants("and his, while that lasts", w.createdAt(elsewhere, insider, ofMoney("bad-elsewhere-2", 4002)), payout.Queued)
	pause.Well = w.clock.Now()
	if still := w.store.SharedState.Pauses[Vexora]; !reflect.DeepEqual(still, pause) {
		t.Errorf("%+v", still)
	}
}

// TestWhatTwoCallersBringPausesForAll: so an outage in which the provider answers is one.
func TestWhatTwoCallersBringPausesForAll(t *testing.T) {
	w := newWorld(t)
	w.dislikes(wrongAccount)
	w.createdBy(honest, ofMoney("honest", 1000))
	w.createdBy(insider, ofMoney("good", 1001))
	sent := 0
	for n := range 30 {
		sent += w.bads(insider, fmt.Sprint("a", n), 1) + w.bads(honest, fmt.Sprint("b", n), 1)
	}
	if pause := w.store.SharedState.Pauses[Vexora]; sent > 22 || pause.By != "" || pause.Why == "" {
		t.Errorf("%d were sent; %+v", sent, pause)
	}
}

// TestAFewWrongAccountsBesideAStreamOfThem: an honest caller's typing errors do not make the
// provider's outage out of another one's stream.
func TestAFewWrongAccountsBesideAStreamOfThem(t *testing.T) {
	for _, before := range []bool{true, false} {
		w := newWorld(t)
		w.dislikes(wrongAccount)
		if before {
			w.createdBy(honest, ofMoney("honest", 1000))
		}
		w.bads(insider, "a", 40)
		w.bads(honest, "own", 3)
		w.clock.pass(31 * time.Second)
		w.wants("after three wrong accounts of his own", w.createdBy(honest, ofMoney("honest-2", 1001)), payout.Processing)
	}
}

// TestWhoseProbeToldNothingLetsAnotherOneTry: after a pause for all.
func TestWhoseProbeToldNothingLetsAnotherOneTry(t *testing.T) {
	w := afterAnOutage(t)
	w.dislikes(wrongAccount)
	during := ofMoney("honest", 5000)
	w.clock.pass(-time.Minute)
	w.wants("during the pause", w.createdBy(honest, during), payout.Queued)
	w.clock.pass(time.Minute)
	if sent := w.bads(insider, "a", 3); sent != 1 {
		t.Errorf("%d probes of one caller", sent)
	}
	w.clock.pass(31 * time.Second) // longer than a probe keeps others back
	if sent := w.bads(insider, "b", 3); sent != 0 {
		t.Errorf("%d more, while another one was held back", sent)
	}
	w.wants("the next probe", w.createdBy(honest, ofMoney("honest-2", 5001)), payout.Processing)
	w.wants("after it", w.createdBy(honest, ofMoney("honest-3", 5002)), payout.Processing)
}

// TestAfterAPauseOneLostAnswerIsEnoughAndOneWrongAccountIsNot.
func TestAfterAPauseOneLostAnswerIsEnoughAndOneWrongAccountIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		bad    payout.Claim
		pauses bool
	}{"lost": {noAnswer, true}, "8000": {wrongAccount, false}, "403": {bare403, false}} {
		w := afterAnOutage(t)
		w.dislikes(test.bad)
		w.bads(insider, "a", 1)
		pause := w.store.SharedState.Pauses[Vexora]
		if again := pause.Since.Equal(w.clock.Now()); again != test.pauses || again && pause.By != "" {
			t.Errorf("%s: %+v", name, pause)
		}
	}
}

// TestManyCallersAreForgottenInTheEnd: a process remembers a bounded number of them.
func TestManyCallersAreForgottenInTheEnd(t *testing.T) {
	w := newWorld(t)
	for n := range 1000 {
		w.createdBy(payout.Principal(fmt.Sprint("https://login.example.com/|", n)), ofMoney(fmt.Sprint("R", n), 1000+n))
	}
	if known := w.breaker.Callers(); known > 300 {
		t.Errorf("%d callers are remembered", known)
	}
}

// TestAReplayTakesNoProbeOfACallerAlone: what sends nothing is given back here too.
func TestAReplayTakesNoProbeOfACallerAlone(t *testing.T) {
	w := newWorld(t)
	w.dislikes(wrongAccount)
	w.createdBy(honest, ofMoney("honest", 1000))
	first := ofMoney("bad-first", 1500)
	w.createdBy(insider, first)
	w.bads(insider, "a", 20)
	w.clock.pass(2*time.Minute + time.Second)
	w.createdBy(insider, first) // a replay
	w.wants("after a replay", w.createdBy(insider, ofMoney("good", 2000)), payout.Processing)
}

// TestAStreamBesideMistakesOfAnotherCaller: three wrong accounts of his own, and one lost answer,
// do not make the provider's outage out of the stream.
func TestAStreamBesideMistakesOfAnotherCaller(t *testing.T) {
	w := newWorld(t)
	w.dislikes(wrongAccount)
	w.createdBy(honest, ofMoney("honest", 1000))
	w.bads(honest, "own", 3)
	w.bads(insider, "a", 18)
	answer := w.vexora.answer
	w.vexora.answer = w.unclear
	w.createdBy(honest, ofMoney("lost", 1001))
	w.vexora.answer = answer
	w.bads(insider, "b", 5)
	w.wants("beside the stream", w.createdBy(honest, ofMoney("honest-2", 1002)), payout.Processing)
	if len(w.store.SharedState.Pauses) != 0 {
		t.Errorf("%+v", w.store.SharedState.Pauses)
	}
}

// TestAnotherCallerTriesAtOnceAfterAProbeThatToldNothing: he waits for nobody's thirty seconds.
func TestAnotherCallerTriesAtOnceAfterAProbeThatToldNothing(t *testing.T) {
	w := afterAnOutage(t)
	w.dislikes(wrongAccount)
	if sent := w.bads(insider, "a", 3); sent != 1 {
		t.Errorf("%d probes of one caller", sent)
	}
	w.wants("at once", w.createdBy(honest, ofMoney("honest", 5000)), payout.Processing)
}
