package payout_test

// Each of these dies with a guard whose removal no other test of this package notices.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func TestGuardCancelProposedIsNotAResendConfirmed(t *testing.T) { // proposal: action
	w := newWorld(t)
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundUnlisted))
	w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); !o.Awaiting || len(w.vexora.sent) != 1 {
		t.Error("one cancels, the other resends, and it is sent")
	}
}

func TestGuardAWordBetweenTheTwoPeople(t *testing.T) { // proposal: entries
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.receive(w.claim(p, payout.FoundUnlisted))
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); !o.Awaiting || len(w.vexora.sent) != 1 {
		t.Error("sent, and the first person never saw the word")
	}
}

func TestGuardTwoTicketsAreNotOne(t *testing.T) { // proposal: evidence
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)))
	other := w.order(p.ID, bopha, payout.ResolvedFailed)
	other.Evidence = "ticket 4712"
	if o := w.must(w.operator.Resolve(bg, other)); !o.Awaiting {
		t.Error("confirmed on other evidence")
	}
}

func TestGuardAnInconclusiveAnswerClosesNothing(t *testing.T) { // conclusive
	w := newWorld(t)
	w.vexora.answer = w.says(payout.FoundFailed)
	if p := w.mustCreate(draft("R1")); p.Status != payout.Failed || p.SafeToPayAgain() {
		t.Errorf("%s, safe %v", p.Status, p.SafeToPayAgain())
	}
}

func TestGuardAnOlderAttemptSentTwiceIsNeverClosed(t *testing.T) { // resent fact
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	two := func() payout.Payout {
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		return w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))).Payout
	}
	two() // the same reference twice
	w.receive(w.claim(p, payout.FoundFailed))
	second := two() // attempt 2
	w.vexora.told = w.says(payout.FoundFailed)
	w.receive(w.claim(second, payout.FoundFailed))
	w.receive(w.claim(p, payout.FoundUnlisted)) // has attempt 1 asked about
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
	for range 6 {
		w.ask()
	}
	if st := w.stored(p.ID); st.Attempt != 2 || st.SafeToPayAgain() {
		t.Errorf("attempt %d, safe %v, heard %v, asked about %v", st.Attempt, st.SafeToPayAgain(), st.Heard, w.vexora.about)
	}
}

func TestGuardAnErrorCallbackAfterAResendFailsNothing(t *testing.T) { // direct: Sent
	w := newWorld(t)
	w.monetix.answer = w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	c := w.claim(p, payout.FoundFailed)
	c.OnlyIfFirst = true
	w.receive(c)
	if st := w.stored(p.ID); st.Status != payout.Unknown {
		t.Errorf("%s", st.Status)
	}
}

func TestGuardWhatALostTableMayHaveSentIsCancelledByTwo(t *testing.T) { // cancel: Sent == 0
	w := newWorldWith(t, func(p *payout.Policy) { p.RestoredAt = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC) })
	p := w.mustCreate(draft("R1"))
	if o, err := w.operator.Cancel(bg, w.order(p.ID, dara, "")); err != nil || !o.Awaiting {
		t.Errorf("%v, %s", err, o.Payout.Status)
	}
}

func TestGuardARefusalAfterARestoreIsNotOfTheOnlySubmission(t *testing.T) { // lost at create, at an attempt
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	w := newWorldWith(t, vouched(at))
	refuse := func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	w.monetix.answer = refuse
	w.monetix.told = w.absent
	created := w.mustCreate(draftFor(Monetix))
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if p := w.stored(created.ID); p.Status != payout.Unknown || len(w.monetix.sent) != 1 {
		t.Errorf("sent %d times: %s", len(w.monetix.sent), p.Status)
	}
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix))
	before.receive(before.claim(p, payout.FoundFailed))
	w = newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	w.clock.pass(2 * time.Minute)
	w.monetix.answer = refuse
	w.store.Payouts = before.store.copy().Payouts
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); o.Payout.Attempt != 2 || o.Payout.Status != payout.Unknown {
		t.Errorf("attempt %d: %s", o.Payout.Attempt, o.Payout.Status)
	}
}

func TestGuardAFileWaitsADayForItsSecondPerson(t *testing.T) { // import: 24 h
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundFailed))
	w.importBy(s, dara)
	w.clock.pass(25 * time.Hour)
	w.sweep()
	if r := w.importBy(s, bopha); !r.Awaiting || w.stored(p.ID).Status == payout.Failed {
		t.Error("applied after 25 h")
	}
}

func TestGuardAnAnswerThatALaterOneOvertookEndsNothing(t *testing.T) { // weigh: answeredSince
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	asked := 0
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if asked++; asked > 1 {
			return w.says(payout.FoundProcessing)(p)
		}
		failed := w.says(payout.FoundFailed)(p)
		w.vexora.mu.Unlock() // this process sleeps over its answer, and another one asks
		defer w.vexora.mu.Lock()
		w.clock.pass(time.Hour)
		w.sweep()
		return failed
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if now := w.stored(p.ID); now.Status != payout.Processing || asked != 2 {
		t.Errorf("%s after %d questions", now.Status, asked)
	}
}

func TestGuardAnErrorOfOneSubmissionFailsNoOlderItemThatWasSentTwice(t *testing.T) { // direct: Sent, without facts of accounts
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.mustCreate(draftFor(Monetix))
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	old := w.stored(p.ID)
	old.Heard = slices.DeleteFunc(slices.Clone(old.Heard), func(f payout.Fact) bool { return strings.Contains(string(f), ".at-") })
	w.store.Payouts[p.ID] = old
	failed := w.claim(p, payout.FoundFailed)
	failed.OnlyIfFirst = true
	w.receive(failed)
	if now := w.stored(p.ID); now.Sent != 2 || now.Status != payout.Unknown {
		t.Errorf("sent %d times, %s", now.Sent, now.Status)
	}
}

// A write that has read nothing meets a first attempt that was sent, and of which nothing was said.
func TestAWriteThatReadsNothingMeetsAPlainPayoutAlone(t *testing.T) {
	for plain, heard := range map[bool][]payout.Heard{
		true:  {{"1.sent"}, {"1.at-e3b0c442", "1.sent"}},
		false: {nil, {"1.unlisted"}, {"1.at-e3b0c442"}, {"1.at-e3b0c442", "1.paid"}, {"2.sent"}, {"1.at-e3b0c442", "1.paid", "1.sent"}},
	} {
		for _, h := range heard {
			if got := (payout.Guard{Uncomplicated: true}).Holds(payout.Payout{Heard: h}); got != plain {
				t.Errorf("of %v: %t", h, got)
			}
		}
	}
}
