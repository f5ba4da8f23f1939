package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A provider reference has two digits for the attempt: there is no 100th.
func TestTheLastAttemptIsTheNinetyNinth(t *testing.T) {
	for attempt, possible := range map[payout.Attempt]bool{98: true, 99: false} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		p.Attempt = attempt
		for a := payout.FirstAttempt; a <= attempt; a++ {
			p.Heard = p.Heard.With(fact(a, "sent"), fact(a, "closed.1"))
		}
		w.store.Payouts[p.ID] = p
		_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
		if (err == nil) != possible || (len(w.vexora.sent) == 2) != possible {
			t.Errorf("after attempt %d: %v, sent %d times", attempt, err, len(w.vexora.sent)-1)
		}
	}
}

// The fence is written twice, because its acknowledgement was lost on the way. It is ours all
// the same, and goes, once.
func TestAFenceThatIsWrittenTwiceIsOurs(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	at := w.store.writes + 1
	w.store.fault = func(n int) fault {
		if n == at {
			return retried
		}
		return none
	}
	w.vexora.answer = w.says(payout.FoundProcessing)
	done, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if err != nil || done.Payout.Status != payout.Processing || len(w.vexora.sent) != 2 {
		t.Errorf("%v: %s, sent %d times", err, done.Payout.Status, len(w.vexora.sent)-1)
	}
}

// What has not arrived the first time is sent once: it counts as a single submission when a
// later attempt has followed.
func TestASubmissionThatDidNotArriveIsNoRepetition(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.clock.pass(2 * time.Minute)
	w.sweep() // from the queue
	w.receive(w.claim(p, payout.FoundFailed))
	w.resendByTwo(p.ID)
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	for range 6 {
		w.ask()
	}
	if now := w.stored(p.ID); now.Attempt != 2 || !now.SafeToPayAgain() {
		t.Errorf("attempt %d, asked about %v, heard %v", now.Attempt, w.vexora.about, now.Heard)
	}
}

// Nothing was said of a new attempt.
func TestANewAttemptIsNotDoubted(t *testing.T) {
	w := newWorld(t)
	p := w.secondOnItsWay("R1")
	if heard := w.stored(p.ID).Heard; slices.Contains(heard, "2.wavered.1") || slices.Contains(heard, "2.lost") || slices.Contains(heard, "2.resent") {
		t.Errorf("heard %v", heard)
	}
}

// Submissions are paused while the connection is being opened. The order is refused for that,
// and may be given again.
func TestAPauseWhileTheConnectionIsOpenedRefusesTheOrder(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.connectors[Vexora] = &opening{w.vexora, func() {
		w.refusesAboutUs(false, func(payout.Reference) bool { return true })
		d := draft("R2")
		d.Destination.AccountNumber = "12121212"
		w.mustCreate(d)
	}}
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); problemOf(err) != payout.OrderPaused {
		t.Errorf("%v", err)
	}
	if now := w.stored(p.ID); now.Status != payout.Failed {
		t.Errorf("%s", now.Status)
	}
}
