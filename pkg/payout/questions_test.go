package payout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func (w *world) called(id payout.ID, reason payout.Reason) bool {
	_, called := w.stored(id).Attention[reason]
	return called
}

// An answer that took longer than the sweep's hold on the payout counts as one status query: the
// next comes after the usual wait.
func TestASlowAnswerCountsAsAQuestion(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.clock.pass(6 * time.Minute)
	w.duringQuery(func() { w.clock.pass(2 * time.Minute) })
	w.sweep()
	if now := w.stored(p.ID); now.Polls != 1 || !now.QueryAt.After(w.clock.Now()) {
		t.Errorf("%d questions, the next at %v, now %v", now.Polls, now.QueryAt, w.clock.Now())
	}
}

// What came while the status query was under way does not lose the answer.
func TestAnAnswerIsWeighedAgainAfterAWordDuringItsQuestion(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.clock.pass(6 * time.Minute)
	w.duringQuery(func() { w.receive(w.claim(p, payout.FoundUnlisted)) })
	w.sweep()
	if now := w.stored(p.ID); now.Status != payout.Succeeded {
		t.Errorf("%s: the answer is lost", now.Status)
	}
}

// A payout that is unknown for an hour calls a person: by a signal, and with an entry that says
// why. Not before, also where a repetition cannot go because the account is another one.
func TestAPayoutThatIsUnknownForAnHourCallsAPerson(t *testing.T) {
	w := newWorld(t)
	w.monetix.account = "project 1"
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.account = "project 2"
	for range 11 {
		w.clock.pass(5 * time.Minute)
		w.sweepAnyway()
	}
	if w.called(p.ID, payout.UnknownTooLong) {
		t.Error("called within the hour")
	}
	if w.stored(p.ID).AskedAt.IsZero() {
		t.Error("no question counts")
	}
	w.clock.pass(6 * time.Minute)
	w.sweepAnyway()
	now := w.stored(p.ID)
	told := slices.ContainsFunc(now.History, func(e payout.Entry) bool { return e.Message == "no end is known for too long" })
	if !w.called(p.ID, payout.UnknownTooLong) || !slices.Contains(w.signals.raised, payout.SignalUnknownTooLong) || !told {
		t.Errorf("attention %v, signals %v, told %v", now.Attention.Reasons(), w.signals.raised, told)
	}
	if len(w.monetix.sent) != 1 || now.AskedAt.IsZero() {
		t.Errorf("sent %d times, asked at %v", len(w.monetix.sent), now.AskedAt)
	}
}

// A queued payout of which something was said is asked about, and calls a person when it is too
// old to be sent; the status queries do not run faster for that.
func TestAQueuedPayoutThatIsSpokenOfCallsWhenItIsTooOld(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.notSent, w.unclear
	p := w.mustCreate(draft("R1"))
	w.importBy(file(Vexora, row(1, p, payout.FoundUnlisted)), dara)
	w.sweepFor(11, 5*time.Minute)
	if w.called(p.ID, payout.QueuedTooLong) {
		t.Error("called within the hour")
	}
	w.sweepFor(2, 5*time.Minute)
	if now := w.stored(p.ID); !w.called(p.ID, payout.QueuedTooLong) || now.Status != payout.Queued {
		t.Errorf("%s, attention %v", now.Status, now.Attention.Reasons())
	}
	w.sweepFor(1, time.Hour)
	if now := w.stored(p.ID); !now.QueryAt.After(w.clock.Now()) {
		t.Errorf("asked again at %v, now %v", now.QueryAt, w.clock.Now())
	}
}

// The provider turns out to have a payout that was queued, and that a file had named. It is
// asked about as any other.
func TestAQueuedPayoutThatIsFoundInProgressIsAskedAboutSoon(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.importBy(file(Vexora, row(1, p, payout.FoundUnlisted)), dara)
	w.ask()
	now := w.stored(p.ID)
	if now.Status != payout.Processing {
		t.Fatal(now.Status)
	}
	asked := w.vexora.asked
	w.sweepFor(3, 2*time.Minute)
	if w.vexora.asked < asked+2 {
		t.Errorf("asked %d times in six minutes", w.vexora.asked-asked)
	}
}

// A payout was withdrawn that a lost table may have sent. It is asked about until an answer
// settles that; an answer that does not settle it ends nothing.
func TestACancelledPayoutThatMayStillPayIsAskedAboutOn(t *testing.T) {
	w, p := restored(t, Monetix)
	w.monetix.told = w.unclear
	w.cancelByTwo(p.ID)
	w.ask()
	w.sweepFor(4, time.Hour)
	if w.monetix.asked < 3 {
		t.Errorf("asked %d times; %v", w.monetix.asked, w.stored(p.ID).Heard)
	}
}

// An answer that disagrees with an end is written down once, and calls a person at the seventh,
// which is an hour after the first.
func TestTheSeventhAnswerThatDisagreesCalls(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundProcessing)
	entries := 0
	for n := 1; n <= 7; n++ {
		for asked := w.vexora.asked; w.vexora.asked == asked; {
			w.clock.pass(time.Minute)
			w.sweep()
		}
		now := w.stored(p.ID)
		if n == 1 {
			entries = len(now.History)
		}
		if n < 7 && len(now.History) != entries {
			t.Errorf("answer %d: %d entries more", n, len(now.History)-entries)
		}
		if w.called(p.ID, payout.Contradiction) != (n == 7) {
			t.Errorf("answer %d: attention %v", n, now.Attention.Reasons())
		}
	}
}

// The status queries about an end are used up. Somebody is called unless the last answer agrees with
// it, or no answer ever spoke against it.
func TestTheLastAnswerAboutAnEnd(t *testing.T) {
	tests := map[string]struct {
		answer      payout.Finding // to the submission
		end         payout.Finding // by a callback
		first, last payout.Finding
		doubtful    bool
		called      bool
	}{
		"failed, first in progress, then silence":             {payout.FoundProcessing, payout.FoundFailed, payout.FoundProcessing, payout.FoundUnclear, false, true},
		"failed, first in progress, then a doubtful code":     {payout.FoundProcessing, payout.FoundFailed, payout.FoundProcessing, payout.FoundFailed, true, false},
		"succeeded, first in progress, then succeeded":        {payout.FoundProcessing, payout.FoundSucceeded, payout.FoundProcessing, payout.FoundSucceeded, false, false},
		"failed, and no answer ever":                          {payout.FoundUnclear, payout.FoundFailed, payout.FoundUnclear, payout.FoundUnclear, false, false},
		"returned, and returned":                              {payout.FoundProcessing, payout.FoundReturned, payout.FoundReturned, payout.FoundReturned, false, false},
		"returned by a callback alone, and succeeded for all": {payout.FoundProcessing, payout.FoundReturned, payout.FoundSucceeded, payout.FoundSucceeded, false, true},
		"returned, first succeeded, then returned":            {payout.FoundProcessing, payout.FoundReturned, payout.FoundSucceeded, payout.FoundReturned, false, false},
	}
	for name, test := range tests {
		w := newWorld(t)
		w.vexora.answer = w.says(test.answer)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, test.end))
		w.vexora.told = w.says(test.first)
		w.ask()
		w.vexora.told = func(p payout.Payout) payout.Claim {
			c := w.says(test.last)(p)
			c.Doubtful = test.doubtful
			return c
		}
		w.sweepFor(60, time.Hour)
		if now := w.stored(p.ID); w.called(p.ID, payout.Contradiction) != test.called {
			t.Errorf("%s: attention %v after %d questions, heard %v", name, now.Attention.Reasons(), w.vexora.asked, now.Heard)
		}
	}
}

// "Paid" settles the status queries about a success, whatever a callback about something else said.
func TestAnAnswerPaidSettlesASuccess(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	next := p
	next.Attempt++
	w.receive(w.claim(next, payout.FoundReturned))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.sweepFor(10, time.Hour)
	if now := w.stored(p.ID); w.vexora.asked != 1 || slices.Contains(now.Heard, "1.unfinished") {
		t.Errorf("asked %d times, heard %v", w.vexora.asked, now.Heard)
	}
}

// A doubt about an earlier attempt calls a person when the status queries are used up, not before.
func TestADoubtBesideAnEndCallsAfterTheQuestions(t *testing.T) {
	w := newWorld(t)
	p := w.secondOnItsWay("R1")
	w.receive(w.claim(w.stored(p.ID), payout.FoundSucceeded))
	w.vexora.told = w.unclear
	w.receive(w.claim(p, payout.FoundProcessing))
	before := w.vexora.asked
	for w.vexora.asked < before+4 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if w.called(p.ID, payout.DoublePaymentSuspected) {
		t.Errorf("called after %d questions", w.vexora.asked-before)
	}
	w.sweepFor(60, time.Hour)
	if !w.called(p.ID, payout.DoublePaymentSuspected) {
		t.Errorf("not called: %v", w.stored(p.ID).Attention.Reasons())
	}
}

// An ordinary status query writes no list. An answer that takes a certainty away does, and if that
// fails, the payout is looked at again within a minute.
func TestOnlyADoubtIsNotedByAQuestion(t *testing.T) {
	for _, fails := range []bool{false, true} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.ask()
		if len(w.store.Lists) > 0 {
			t.Errorf("a payout in progress is noted: %v", w.store.Lists)
		}
		w.receive(w.claim(p, payout.FoundFailed))
		w.vexora.told = w.saysDoubtful
		if fails {
			w.store.listFault = fmt.Errorf("throttled")
		}
		w.ask()
		now := w.stored(p.ID)
		if wait := now.QueryAt.Sub(w.clock.Now()); fails && wait > time.Minute || !fails && len(w.store.Lists) == 0 {
			t.Errorf("the list fails %v: next in %v, owed %v, lists %v", fails, wait, now.RecipientOwed, w.store.Lists)
		}
	}
}

// One more answer that takes a certainty away, when no status query is left: the next look is the
// ordinary one.
func TestADoubtThatWasNotedIsNotLookedAtAtOnce(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = func(p payout.Payout) payout.Claim { return w.says(payout.FoundFailed)(p) }
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.says(payout.FoundReturned)
	w.ask()
	if now := w.stored(p.ID); now.QueryAt.Before(w.clock.Now().Add(time.Hour)) {
		t.Errorf("owed %v, next at %v, now %v", now.RecipientOwed, now.QueryAt, w.clock.Now())
	}
}
