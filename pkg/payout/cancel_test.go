package payout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// outcomeOf is what a create request under a used reference says of that reference.
func (w *world) outcomeOf(reference string) payout.Outcome {
	w.t.Helper()
	d := draft(reference)
	d.Amount = "60000"
	_, err := w.create(d)
	var refused *payout.Refusal
	if !errors.As(err, &refused) {
		w.t.Fatalf("%s is not refused: %v", reference, err)
	}
	return refused.Outcome
}

// queuedAgain is a payout whose first attempt failed for certain and whose second one waits,
// since no connection came about.
func (w *world) queuedAgain(reference string) payout.Payout {
	w.t.Helper()
	p := w.failedForCertain(reference)
	w.vexora.answer = w.notSent
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	return p // as its first attempt is known
}

func (w *world) cancelByTwo(id payout.ID) {
	w.t.Helper()
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Cancel(context.Background(), w.order(id, by, "")))
	}
}

func (w *world) contradicted(id payout.ID) bool {
	_, raised := w.stored(id).Attention[payout.Contradiction]
	return raised
}

func TestAPayoutCancelledBesideADoubtIsAskedAboutUntilTheProviderAnswers(t *testing.T) {
	for name, before := range map[string]int{"at once": 0, "after questions without an answer": 5} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.queuedAgain("R1")
			w.receive(w.claim(p, payout.FoundProcessing)) // a late word about the first attempt
			w.vexora.told = w.unclear
			w.sweepFor(before, 3*time.Minute)
			w.cancelByTwo(p.ID)
			if s := w.stored(p.ID); s.Status != payout.Cancelled || s.Polls != 0 {
				t.Fatalf("%s after %d questions", s.Status, s.Polls)
			}
			if got := w.outcomeOf("R1"); got != payout.OutcomeUnknown {
				t.Errorf("the outcome is %s while the first attempt may be paid", got)
			}
			w.vexora.told = w.says(payout.FoundSucceeded)
			asked := w.vexora.asked
			w.sweepFor(3, 10*time.Minute)
			if s := w.stored(p.ID); w.vexora.asked == asked || !w.contradicted(p.ID) || s.Status != payout.Cancelled {
				t.Errorf("asked %d more, %s with %v", w.vexora.asked-asked, s.Status, s.Attention.Reasons())
			}
		})
	}
}

func TestTheOutcomeOfACancelledPayoutIsFinalOnceTheDoubtIsSettled(t *testing.T) {
	w := newWorld(t)
	p := w.queuedAgain("R1")
	w.receive(w.claim(p, payout.FoundProcessing))
	w.cancelByTwo(p.ID)
	w.vexora.told = w.says(payout.FoundFailed)
	asked := w.vexora.asked
	w.sweepFor(10, 10*time.Minute)
	s := w.stored(p.ID)
	if got := w.outcomeOf("R1"); got != payout.OutcomeFinal || w.vexora.asked != asked+1 {
		t.Errorf("the outcome is %s after %d questions; %v, heard %v", got, w.vexora.asked-asked, s.Attention.Reasons(), s.Heard)
	}
}

func TestALateWordAfterOnePersonsCancelTakesTheFinalOutcomeAway(t *testing.T) {
	w := newWorld(t)
	p := w.queuedAgain("R1")
	w.must(w.operator.Cancel(context.Background(), w.order(p.ID, dara, "")))
	if got := w.outcomeOf("R1"); got != payout.OutcomeFinal {
		t.Fatalf("before the word the outcome is %s", got)
	}
	w.vexora.told = w.unclear
	w.receive(w.claim(p, payout.FoundProcessing))
	w.sweepFor(6, 3*time.Minute)
	if got := w.outcomeOf("R1"); got != payout.OutcomeUnknown {
		t.Errorf("the outcome is %s, and the first attempt is in progress", got)
	}
}

func TestAPayoutCancelledAfterARestoreIsAskedAbout(t *testing.T) {
	restored := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	w := newWorldWith(t, func(p *payout.Policy) { p.RestoredAt = restored })
	p := w.mustCreate(draft("R1")) // the lost table had sent it, and the merchant's job posts it again
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.sweepFor(3, time.Hour)
	w.cancelByTwo(p.ID)
	if got := w.outcomeOf("R1"); got != payout.OutcomeUnknown {
		t.Errorf("the outcome is %s of what a lost table may have sent", got)
	}
	w.sweepFor(3, 10*time.Minute)
	if !w.contradicted(p.ID) {
		t.Errorf("asked %d, attention %v: nobody is told that it is paid", w.vexora.asked, w.stored(p.ID).Attention.Reasons())
	}
}

// What waited in the backup is cancelled before a sweep could doubt it.
func TestAPayoutOfTheBackupThatTwoPeopleCancelMayHaveBeenSent(t *testing.T) {
	before := newWorld(t)
	before.vexora.answer = before.notSent
	p := before.mustCreate(draft("R1"))
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(2 * time.Minute)
	w.cancelByTwo(p.ID)
	if got := w.outcomeOf("R1"); got != payout.OutcomeUnknown {
		t.Errorf("the outcome is %s of what a lost table may have sent", got)
	}
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.sweepFor(3, 10*time.Minute)
	if !w.contradicted(p.ID) {
		t.Errorf("attention %v: nobody is told that it is paid", w.stored(p.ID).Attention.Reasons())
	}
}

func TestAPayoutThatWasCertainlyNeverSentIsCancelledWithoutQuestions(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Cancel(context.Background(), w.order(p.ID, dara, "")))
	w.sweepFor(10, time.Hour)
	if got := w.outcomeOf("R1"); w.vexora.asked != 0 || got != payout.OutcomeFinal {
		t.Errorf("asked %d, outcome %s", w.vexora.asked, got)
	}
}
