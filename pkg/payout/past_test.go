package payout_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A payout that was in progress in the backup; the lost table saw it fail, and began
// attempt 2. After the restore the status query says that attempt 1 failed.
func TestRestoreFailureLearntAfterwardsIsShownSafe(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix))
	backup := before.store.copy()
	before.receive(before.claim(p, payout.FoundFailed))
	before.monetix.told = before.says(payout.FoundFailed)
	before.ask()
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, ""))) // attempt 2, taken
	if len(before.monetix.sent) != 2 {
		t.Fatal("setup")
	}
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, vouched(at))
	w.store.Payouts = backup.Payouts
	w.clock.pass(30 * time.Minute)
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweep()
	st := w.stored(p.ID)
	if st.AsRestored(at).SafeToPayAgain() {
		t.Errorf("%s, shown as safe; the lost table's attempt 2 is under way; asked about %v; heard %v", st.Status, w.monetix.about, st.Heard)
	}
	for _, e := range st.Events() {
		if e.Type == payout.EventFailureConfirmed {
			t.Errorf("and the merchant is told %s", e.Type)
		}
	}
}

// Failed but not certain in the backup: the GET is masked, the event is not.
func TestRestoreEventSaysSafeWhereTheReadingDoesNot(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix))
	before.receive(before.claim(p, payout.FoundFailed))
	backup := before.store.copy()
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, vouched(at))
	w.store.Payouts = backup.Payouts
	w.clock.pass(30 * time.Minute)
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweep()
	st := w.stored(p.ID)
	for _, e := range st.Events() {
		if e.Type == payout.EventFailureConfirmed {
			t.Errorf("event %s; the reading shows safe=%v", e.Type, st.AsRestored(at).SafeToPayAgain())
		}
	}
}

// The next attempt after a restore counts as its only submission if the failure was learnt after it.
func TestRestoreSecondAttemptCountsAsOnlySubmission(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix)) // processing
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, vouched(at))
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(30 * time.Minute)
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweep()
	w.monetix.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	w.resendByTwo(p.ID)
	st := w.stored(p.ID)
	if st.Status == payout.Failed {
		t.Errorf("attempt %d %s safe=%v sent=%d heard %v: the lost table may have sent attempt 2 before", st.Attempt, st.Status, st.AsRestored(at).SafeToPayAgain(), st.Sent, st.Heard)
	}
}

// LookAhead sees attempt 2 only; the lost table's attempts 1 and 2 were refused outright.
func TestLookAheadPastARefusedAttempt(t *testing.T) {
	before := newWorld(t)
	refuse := func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "504", At: before.clock.Now()}
	}
	accepted := before.monetix.answer
	before.monetix.answer = refuse                                        // no funds
	p := before.mustCreate(draftFor(Monetix))                             // attempt 1 refused
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, ""))) // attempt 2 refused
	before.monetix.answer = accepted
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, ""))) // attempt 3 taken, and paid
	if st := before.stored(p.ID); st.Attempt != 3 || st.Status != payout.Processing {
		t.Fatalf("setup: %d %s", st.Attempt, st.Status)
	}
	w := restoredFrom(t, before, nil, Monetix)
	w.mustCreate(draftFor(Monetix)) // posted again
	third := string(p.ID.ProviderReference(3))
	w.connectors[Monetix] = knows{w.monetix, third, w}
	for range 6 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if len(w.monetix.sent) > 0 {
		t.Errorf("sent %v by itself; asked about %v; the provider has %s in progress", w.monetix.sent, w.monetix.about, third)
	}
}

// knows is a Monetix that has one payment.
type knows struct {
	*provider
	reference string
	w         *world
}

func (k knows) Ask(_ context.Context, po payout.Payout, about payout.Attempt) payout.Claim {
	k.about = append(k.about, about)
	k.provider.about = append(k.provider.about, about)
	if string(po.ID.ProviderReference(about)) == k.reference {
		return payout.Claim{Finding: payout.FoundProcessing, Code: "processing", At: k.w.clock.Now()}
	}
	return k.w.absent(po)
}

// One person's (and two people's) file names a queued payout's earlier attempt, whose
// failure is not certain, as paid.
func TestFileAboutAnUncertainEarlierAttemptOfAQueuedPayout(t *testing.T) {
	for _, found := range []payout.Finding{payout.FoundSucceeded, payout.FoundProcessing} {
		w := newWorld(t)
		accepted := w.vexora.answer
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed)) // by a callback alone
		w.vexora.answer = w.says(payout.FoundNotSent)
		w.resendByTwo(p.ID) // attempt 2: queued
		if st := w.stored(p.ID); st.Status != payout.Queued || st.Attempt != 2 {
			t.Fatal(st.Status)
		}
		w.importBy(file(Vexora, row(1, p, found)), dara) // attempt 1 was paid, says the file
		w.vexora.answer, w.vexora.told = accepted, w.unclear
		sent := len(w.vexora.sent)
		for range 3 {
			w.clock.pass(2 * time.Minute)
			w.sweep()
		}
		if len(w.vexora.sent) > sent {
			t.Errorf("%s: sent by itself: asked about %v, heard %v", found, w.vexora.about, w.stored(p.ID).Heard)
		}
		w2 := w.importBy(file(Vexora, row(1, p, found)), bopha)
		t.Logf("second: %v pending %d attention %v", w2.Counts, w2.Pending, w.stored(p.ID).Attention)
	}
}

// Two people's file about a queued payout's certain earlier attempt is pending for ever.
func TestFileAboutAQueuedPayoutsEarlierAttemptIsPendingForEver(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2: queued
	s := file(Vexora, row(1, p, payout.FoundSucceeded))
	w.importBy(s, dara)
	w.vexora.told = w.unclear
	for range 20 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	r := w.importBy(s, bopha)
	st := w.stored(p.ID)
	if r.Awaiting {
		t.Errorf("pending %d after 20 h and %d questions about %v; attention %v", r.Pending, w.vexora.asked, w.vexora.about, st.Attention)
	}
}

// A fact without an entry. The provider's own answer "in progress" comes between two people.
func TestAnAnswerInProgressBetweenTheTwoPeople(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // by a callback
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	seen := w.stored(p.ID)
	w.vexora.told = w.says(payout.FoundProcessing)
	w.ask()
	mid := w.stored(p.ID)
	order := w.order(p.ID, bopha, "")
	order.Sequence = seen.Sequence()
	o, err := w.operator.Resend(bg, order)
	if err == nil && !o.Awaiting {
		t.Errorf("attempt 2 is sent; the provider had answered 'in progress' between the two; facts %v -> %v, entries %d -> %d", seen.Heard, mid.Heard, len(seen.History), len(mid.History))
	}
}

// The same, by one status query that began before another one that said "in progress".
func TestAnOlderQuestionClosesAfterANewerSaidInProgress(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.clock.pass(6 * time.Minute)
	w.vexora.told = w.says(payout.FoundFailed)
	first := true
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if !first {
			return w.says(payout.FoundProcessing)(p)
		}
		first = false
		c := w.says(payout.FoundFailed)(p)
		w.vexora.mu.Unlock()
		w.clock.pass(2 * time.Minute) // this process sleeps; another sweep takes over
		w.sweep()
		w.vexora.mu.Lock()
		return c
	}
	w.sweep()
	if st := w.stored(p.ID); st.SafeToPayAgain() {
		t.Errorf("safe; the provider's latest answer, to a later question, was 'in progress': %v, next %v", st.Heard, st.QueryAt.Sub(w.clock.Now()))
	}
}

// A later attempt is closed before it is made.
func TestAnAttemptThatIsClosedBeforeItIsMade(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.ask()
	second := row(1, p, payout.FoundSucceeded)
	second.Reference = string(p.ID.ProviderReference(2))
	w.importBy(file(Monetix, second), dara)
	w.clock.pass(time.Minute)
	w.sweep() // the provider: attempt 2 failed
	if heard := facts(w.stored(p.ID)); !slices.Contains(heard, "2.closed.2") {
		t.Fatalf("setup: %v", heard)
	}
	w.resendByTwo(p.ID) // attempt 2 now
	if heard := facts(w.stored(p.ID)); !slices.Contains(heard, "2.wavered.2") {
		t.Errorf("it is certain that what has just been sent failed: %v", heard)
	}
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	st := w.stored(p.ID)
	if st.SafeToPayAgain() || st.Attempt != 2 || st.Status != payout.Failed {
		t.Fatalf("attempt %d %s, safe by a callback alone; heard %v", st.Attempt, st.Status, st.Heard)
	}
	w.monetix.about = nil
	w.sweepFor(3, 5*time.Minute)
	if !slices.Contains(w.monetix.about, 2) {
		t.Errorf("nobody asks whether it failed: %v, next %v", w.monetix.about, w.stored(p.ID).QueryAt)
	}
}

// The operator is shown the first of two only.
func TestCompareShowsOnlyTheFirst(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	a := w.mustCreate(draft("A"))                           // unknown
	p := w.another("P")                                     // held because of A
	b := w.another("B")                                     // held because of A
	w.must(w.operator.Resend(bg, w.order(b.ID, bopha, ""))) // sent: unknown as well
	if w.stored(b.ID).Status != payout.Unknown || w.stored(p.ID).SimilarTo != a.ID {
		t.Fatal("setup")
	}
	sent := len(w.vexora.sent)
	_, err := w.operator.Resend(bg, w.order(p.ID, stranger, ""))
	if err == nil && len(w.vexora.sent) > sent {
		t.Errorf("sent by one person who was shown A alone (similar_to %s); B is %s", w.stored(p.ID).SimilarTo, w.stored(b.ID).Status)
	}
}

// An `error` that speaks of one submission closes an earlier attempt that was sent twice.
func TestAnErrorClosesAnEarlierAttemptThatWasSentTwice(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // the same payment_id twice
	w.receive(w.claim(p, payout.FoundFailed))              // declined
	w.monetix.answer = w.says(payout.FoundNotSent)
	w.resendByTwo(p.ID)                           // attempt 2: queued
	w.receive(w.claim(p, payout.FoundProcessing)) // attempt 1 is in progress
	w.monetix.answer = w.says(payout.FoundProcessing)
	w.monetix.told = func(payout.Payout) payout.Claim { // "error", of one submission
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Code: "2641", At: w.clock.Now()}
	}
	sent := len(w.monetix.sent)
	for range 4 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if len(w.monetix.sent) > sent {
		t.Errorf("attempt 2 went by itself; attempt 1 was sent twice and the answer speaks of one of them: %v", w.stored(p.ID).Heard)
	}
}

// An unlisted callback during the POST, then a conclusive refusal.
func TestRefusalAfterAnUnlistedCallback(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = func(p payout.Payout) payout.Claim {
		w.receive(w.claim(p, payout.FoundUnlisted))
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	p := w.mustCreate(draftFor(Monetix))
	if st := w.stored(p.ID); st.SafeToPayAgain() {
		t.Errorf("safe: %s; a verified callback has just said something unlisted; %v; next question %v", st.Status, st.Heard, st.QueryAt)
	}
}

// Processing and failed callbacks during the POST, then the refusal.
func TestRefusalAfterProcessingAndFailedCallbacks(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = func(p payout.Payout) payout.Claim {
		w.receive(w.claim(p, payout.FoundProcessing))
		w.receive(w.claim(p, payout.FoundFailed))
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	p := w.mustCreate(draftFor(Monetix))
	if st := w.stored(p.ID); st.SafeToPayAgain() {
		t.Errorf("safe: %s; callbacks said processing; %v", st.Status, st.Heard)
	}
}

// A doubt about an earlier attempt is asked about at once.
func TestADoubtAboutAnEarlierAttemptWaits(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // processing
	w.vexora.told = w.says(payout.FoundProcessing)
	for w.stored(p.ID).Polls < 9 {
		w.clock.pass(24*time.Hour + time.Minute)
		w.sweep()
	}
	before := len(w.vexora.about)
	w.receive(w.claim(p, payout.FoundProcessing)) // attempt 1 is in progress after all
	w.vexora.told = w.unclear
	for range 20 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	about := w.vexora.about[before:]
	for _, a := range about {
		if a == 1 {
			return
		}
	}
	t.Errorf("in 20 h asked about %v; attention %v", about, w.stored(p.ID).Attention)
}

// A file during a status query: the request to ask is lost.
func TestAFileDuringAQuestionIsNotAskedAbout(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1")) // processing
	w.vexora.told = w.says(payout.FoundProcessing)
	for w.stored(p.ID).Polls < 9 {
		w.clock.pass(24*time.Hour + time.Minute)
		w.sweep()
	}
	w.vexora.told = w.unclear
	s := file(Vexora, row(1, p, payout.FoundFailed))
	w.clock.pass(24*time.Hour + time.Minute)
	w.duringQuery(func() { w.importBy(s, dara); w.clock.pass(10 * time.Second) })
	w.sweep()
	asked := w.vexora.asked
	for range 23 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if w.vexora.asked == asked {
		r := w.importBy(s, bopha)
		t.Errorf("not asked in 23 h after the file; the second person's file: pending %d, next question %v", r.Pending, w.stored(p.ID).QueryAt.Sub(w.clock.Now()))
	}
}

// A new attempt by two people is on no list, so the window does not hold the next one.
func TestWindowForgetsANewAttemptByTwo(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	x := w.mustCreate(draft("X"))
	w.receive(w.claim(x, payout.FoundFailed))
	for n := range 12 {
		w.clock.pass(24 * time.Hour) // so that the list forgets X, too
		q := w.another(fmt.Sprint("Q", n))
		if q.Status == payout.Queued {
			t.Fatal(q.SimilarTo)
		}
		w.receive(w.claim(q, payout.FoundSucceeded))
	}
	w.clock.pass(2 * time.Hour)
	w.orderBesideAll(x.ID, dara)
	again := w.orderBesideAll(x.ID, bopha).Payout
	w.receive(w.claim(again, payout.FoundSucceeded)) // paid now
	w.clock.pass(time.Minute)
	if q := w.another("Y"); q.Status != payout.Queued {
		t.Errorf("%s: the same money was paid a minute ago by X", q.Status)
	}
}

// A file names a queued payout with a word that the mapping does not know.
func TestFileWithAnUnknownWordAboutAQueuedPayout(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1")) // queued
	w.importBy(file(Vexora, row(1, p, payout.FoundUnlisted)), dara)
	w.importBy(file(Vexora, row(1, p, payout.FoundUnlisted)), bopha)
	w.vexora.answer = accepted
	sent := len(w.vexora.sent)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if len(w.vexora.sent) > sent {
		t.Errorf("sent by itself, and two people's file names it: %v", w.stored(p.ID).Heard)
	}
}

func TestFileWithAnUnknownWordAboutASafeFailure(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	asked := w.vexora.asked
	w.importBy(file(Vexora, row(1, p, payout.FoundUnlisted)), dara)
	w.clock.pass(time.Minute)
	w.vexora.told = w.unclear
	w.sweep()
	if st := w.stored(p.ID); st.SafeToPayAgain() && w.vexora.asked == asked {
		t.Errorf("safe, and nobody asked: the file has it in a state that nobody knows")
	}
}

// The 51st is on no list and owes nothing.
func TestTheOneBeyondTheListIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	var all []payout.Payout
	n := 0
	w.vexora.during = func() {
		if n++; n > payout.MostUnsettled {
			return
		}
		w.vexora.mu.Unlock()
		all = append(all, w.another(fmt.Sprint("N", n)))
		w.vexora.mu.Lock()
	}
	last := w.another("N0") // the first to begin is the last to be noted
	w.vexora.during = nil
	if st := w.stored(last.ID); st.Status != payout.Unknown || len(all) != payout.MostUnsettled {
		t.Fatal(st.Status, len(all))
	}
	for _, p := range all {
		w.receive(w.claim(p, payout.FoundSucceeded))
	}
	for range 8 {
		w.ask()
	}
	w.vexora.answer = w.says(payout.FoundProcessing)
	if p := w.another("next"); p.Status != payout.Queued {
		t.Errorf("%s, and the same money is %s (owed %v)", p.Status, w.stored(last.ID).Status, w.stored(last.ID).RecipientOwed)
	}
}

// A monthly file: one answer that lags calls a person at once.
func TestOneLaggingAnswerLongAfterTheEndCallsAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.ask()
	w.clock.pass(20 * 24 * time.Hour)
	s := file(Vexora)
	day := p.CreatedAt.Format(time.DateOnly)
	s.From, s.To = day, day
	w.importBy(s, dara) // the file of another day: the payout is missing
	w.vexora.told = w.absent
	w.clock.pass(time.Minute)
	w.sweep()
	if st := w.stored(p.ID); len(st.Attention) > 0 {
		t.Errorf("one person's file without it, one answer 'not found' 20 days later, and it is %v after %d question", st.Attention, st.Polls)
	}
}

// A doubt about an earlier attempt of an ended payout is given up in silence.
func TestADoubtBesideAnEndIsGivenUpInSilence(t *testing.T) {
	for _, end := range []payout.Finding{payout.FoundSucceeded, payout.FoundFailed} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		second := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))).Payout
		w.receive(w.claim(second, end))
		w.vexora.told = w.unclear
		before := len(w.vexora.about)
		w.receive(w.claim(p, payout.FoundProcessing)) // attempt 1 is in progress after all
		for range 30 * 24 {
			w.clock.pass(time.Hour)
			w.sweep()
		}
		if st := w.stored(p.ID); len(st.Attention) == 0 {
			t.Errorf("%s: a month later nobody was called; asked about %v, polls %d, next %v, heard %v", end, w.vexora.about[before:], st.Polls, st.QueryAt, st.Heard)
		}
	}
}

// Two people are not shown the same money.
func TestTwoPeopleAreNotShownTheSameMoney(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.says(payout.FoundNotSent), w.absent
	p := w.mustCreate(draft("P"))               // queued
	w.receive(w.claim(p, payout.FoundUnlisted)) // spoken of: takes two
	w.vexora.answer = w.unclear
	a := w.mustCreate(draft("A")) // unknown
	sent := len(w.vexora.sent)
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err == nil || w.stored(p.ID).SimilarTo != a.ID {
		t.Errorf("not shown: %v", err)
	}
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	if w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); len(w.vexora.sent) == sent {
		t.Error("they want both, and may")
	}
}

// After a restore one person's order becomes one for two, and the comparison goes.
func TestARestoreTakesTheComparisonAway(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	w := newWorldWith(t, vouched(at))
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	d := draftFor(Monetix)
	p := w.mustCreate(d) // queued: restored
	d.Reference = "A"
	a := w.mustCreate(d)
	w.clock.pass(2 * time.Hour)
	w.resendByTwo(a.ID) // unknown
	sent := len(w.monetix.sent)
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err == nil || w.stored(p.ID).SimilarTo != a.ID {
		t.Errorf("not shown: %v", err)
	}
	if len(w.monetix.sent) > sent {
		t.Errorf("sent; similar_to %q, and A is %s", w.stored(p.ID).SimilarTo, w.stored(a.ID).Status)
	}
}

// The later attempt that does not exist: a person's file with one wrong digit.
func TestAFileAboutAnAttemptThatNeverWas(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	wrong := row(1, p, payout.FoundFailed)
	wrong.Finding = payout.FoundProcessing
	wrong.Reference = string(p.ID.ProviderReference(7))
	w.importBy(file(Vexora, wrong), dara)
	w.vexora.told = w.absent
	for range 30 * 24 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	st := w.stored(p.ID)
	if !st.SafeToPayAgain() && len(st.Attention) == 0 {
		t.Errorf("not safe for ever, nobody is called; asked about %v; heard %v", w.vexora.about, st.Heard)
	}
}

// The same at Vexora: the second attempt is closed as if sent once.
func TestRestoreVexoraSecondAttempt(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draft("R1")) // processing
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = at })
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(30 * time.Minute)
	w.receive(w.claim(p, payout.FoundFailed))
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	two := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))).Payout // attempt 2; the lost table may have sent it too
	w.vexora.told = w.says(payout.FoundFailed)
	w.receive(w.claim(two, payout.FoundFailed))
	w.ask()
	st := w.stored(p.ID)
	for _, f := range st.Heard {
		if f == "2.closed.1" {
			t.Errorf("attempt 2 at Vexora is closed, and may have been sent twice: sent %d, heard %v", st.Sent, st.Heard)
		}
	}
}

// The provider answers that a replaced attempt is in progress, in the words in which it
// said so while that attempt was the present one.
func TestAnAnswerThatWasHeardInBetterTimesCallsNobody(t *testing.T) {
	for _, early := range []bool{false, true} {
		w := newWorld(t)
		if early {
			w.vexora.answer = w.unclear
		}
		p := w.mustCreate(draft("R1"))
		if early {
			w.vexora.told = w.says(payout.FoundProcessing)
			w.ask() // unknown -> processing, by a status query
		}
		w.receive(w.claim(p, payout.FoundFailed))
		w.vexora.told = w.says(payout.FoundFailed)
		w.ask() // certain
		w.vexora.answer = w.says(payout.FoundProcessing)
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2
		w.receive(w.claim(p, payout.FoundProcessing))          // attempt 1 is in progress after all
		w.vexora.told = w.says(payout.FoundProcessing)         // and so says the provider itself
		for range 22 {
			w.clock.pass(time.Hour)
			w.sweep()
		}
		if st := w.stored(p.ID); len(st.Attention) == 0 {
			t.Errorf("asked before: %v: two payments are under way, asked about %v, and nobody is called: %v", early, w.vexora.about, st.Heard)
		}
	}
}
