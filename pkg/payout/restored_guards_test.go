package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// What somebody tightens between the two orders that release a restored table, the second person
// has not seen: both have to order anew. Also what is in force by the restore alone is kept then.
func TestWhatIsTightenedBetweenTheTwoOrdersOfARestoreIsSeen(t *testing.T) {
	for name, change := range map[string]payout.ControlChange{
		"a provider": {Submissions: gates{"monetix": payout.GateHeld}},
		"everything": {Submissions: gates{payout.Everything: payout.GateHeld}},
		"callbacks":  {Callbacks: payout.AskFirst},
	} {
		w := fromBackup(t)
		w.pull(dara, anew)
		set := w.pull(anyone, change)
		if room, err := w.operator.Controls(bg); err != nil || len(room.Changes) != 1 || set.Controls.Version != 1 || set.Controls.Belief() != payout.AskFirst {
			t.Errorf("%s: version %d with %d changes, callbacks %s (%v)", name, set.Controls.Version, len(room.Changes), set.Controls.Belief(), err)
		}
		if second := w.pull(bopha, anew); !second.Awaiting {
			t.Errorf("%s: two release it, and one of them has not seen it", name)
		}
		if w.pull(anyone, change).Controls.Version != 1 {
			t.Errorf("%s: ordered twice, it is two changes", name)
		}
		if last := w.pull(dara, anew); last.Awaiting || last.Controls.Belief() != payout.Believe {
			t.Errorf("%s: both have ordered anew, and it is not released", name)
		}
	}
}

// What failed for certain in a backup may have gone on in the lost table.
func TestWhatFailedInABackupHoldsWithinTheWindow(t *testing.T) {
	before := newWorldWith(t, withWindow)
	before.failedForCertain("R1")
	told := before.clock.Now().Add(time.Minute)
	after := newWorldWith(t, func(p *payout.Policy) {
		withWindow(p)
		p.Remembered = func() time.Time { return told }
	})
	after.store.released(told)
	after.store.Payouts, after.store.Lists = before.store.copy().Payouts, before.store.Lists
	after.clock.pass(told.Sub(after.clock.Now()) + time.Minute)
	if salary := after.another("salary"); salary.Status != payout.Queued || salary.SimilarTo == "" {
		t.Errorf("%s beside it, similar to %q", salary.Status, salary.SimilarTo)
	}
}

// A payout that was withdrawn is not certain beside an attempt of its own that failed by a callback
// alone.
func TestWhatIsWithdrawnBesideAnUncertainAttemptHolds(t *testing.T) {
	w := newWorldWith(t, withWindow)
	p := w.createdBy(insider, draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	accepted := w.vexora.answer
	w.vexora.answer = w.notSent
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
	w.vexora.answer = accepted
	w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
	w.must(w.operator.Cancel(bg, w.order(p.ID, bopha, "")))
	if now := w.stored(p.ID); now.Status != payout.Cancelled || now.Attempt != 2 {
		t.Fatalf("attempt %d is %s", now.Attempt, now.Status)
	}
	w.store.SharedState.Pauses = nil
	w.over(payout.Floor{})
	if salary := w.another("salary"); salary.Status != payout.Queued || salary.SimilarTo == "" {
		t.Errorf("%s beside it, similar to %q", salary.Status, salary.SimilarTo)
	}
}

// postedAgain is a world over a restored table, and a payout that was posted to it.
func postedAgain(t *testing.T) (*world, payout.Draft) {
	t.Helper()
	at := time.Date(2026, 5, 16, 8, 9, 0, 0, time.UTC)
	w := newWorldWith(t, func(p *payout.Policy) {
		p.RestoredAt, p.SameAccounts, p.QueuedMaxAge = at, []payout.Provider{Monetix}, 24*time.Hour
	})
	w.store.released(at)
	w.monetix.account = "project"
	w.monetix.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundAbsent, At: w.clock.Now(), Account: "project"}
	}
	d := draft("R1")
	d.Provider, d.Currency, d.Amount = Monetix, "USD", "100"
	d.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "123456789"}
	return w, d
}

// What is posted again after a restore, and is unknown, is repeated by itself while people vouch for
// the account and somebody looks ahead, and no more once RESTORED_AT is taken away: a lost table may
// have begun another attempt.
func TestWhatWasPostedAgainIsNotRepeatedByItselfLater(t *testing.T) {
	for _, gone := range []bool{false, true} {
		w, d := postedAgain(t)
		w.monetix.answer = w.unclear
		p := w.mustCreate(d)
		w.sweepFor(3, time.Minute)
		if gone {
			w.deploy(func(p *payout.Policy) { p.RestoredAt, p.SameAccounts = time.Time{}, nil })
		}
		before := len(w.monetix.sent)
		w.sweepFor(10, 3*time.Minute)
		if again := len(w.monetix.sent) > before; again == gone {
			t.Errorf("without RESTORED_AT (%t) it is %s, and was repeated: %t", gone, w.stored(p.ID).Status, again)
		}
	}
}

// Nobody looks ahead for what one person orders.
func TestOnePersonSendsNothingWhileATableIsRestored(t *testing.T) {
	w, d := postedAgain(t)
	p := w.mustCreate(d)
	w.clock.pass(25 * time.Hour)
	sent := len(w.monetix.sent)
	ordered, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if err != nil || !ordered.Awaiting || len(w.monetix.sent) > sent {
		t.Errorf("%s: awaiting %t, sent %d more, %v", p.Status, ordered.Awaiting, len(w.monetix.sent)-sent, err)
	}
}

// unreadable is a coordination port whose shared state gives no answer.
type unreadable struct{ payout.Coordination }

func (unreadable) Shared(context.Context) (payout.Shared, error) {
	return payout.Shared{}, payout.ErrUnclear
}

// A sweep that has not read the shared state knows of no restore, so it closes nothing and tells nothing.
func TestASweepThatKnowsOfNoRestoreClosesNothing(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draft("R1"))
	before.receive(before.claim(p, payout.FoundFailed))
	told := before.clock.Now().Add(30 * time.Second)
	var w *world
	w = newWorldWith(t, func(p *payout.Policy) { p.Remembered = func() time.Time { return w.breaker.RestoredAt() } })
	w.store.Payouts = before.store.copy().Payouts
	w.store.released(told)
	*w.breaker = *payout.NewBreaker(unreadable{w.store}, payout.Floor{Caps: most(t)})
	w.vexora.told = w.says(payout.FoundFailed)
	failed := 0
	for range 3 {
		w.clock.pass(2 * time.Minute)
		for shard := range payout.Shards {
			if _, err := w.sweeper.Sweep(bg, shard); err != nil {
				failed++
			}
		}
	}
	for _, e := range w.stored(p.ID).AsRestored(told).Events() {
		if e.Type == payout.EventFailureConfirmed {
			t.Errorf("the merchant would be told %s", e.Type)
		}
	}
	if failed == 0 || w.vexora.asked > 0 {
		t.Errorf("%d sweeps failed, and the provider was asked %d times", failed, w.vexora.asked)
	}
}
