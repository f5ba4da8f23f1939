package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A failure by callback; the status query is on its way (the provider has answered "failed"
// already) when "processing" comes by callback. It is acknowledged and nothing is written, so
// the guard (Asked.Entries == entries) sees nothing, and the older answer closes the attempt.
func TestAWordDuringTheConfirmingQuestionIsSeen(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	var verdict payout.Verdict
	w.duringQuery(func() { verdict = w.receive(w.claim(p, payout.FoundProcessing)) })
	w.ask()
	s := w.stored(p.ID)
	if s.SafeToPayAgain() {
		t.Errorf("safe: the provider said 'processing' after the question had begun (verdict %s); heard %v, next question %v", verdict, s.Heard, s.QueryAt)
	}
}

// The same while the payout is in progress, and the answer itself ends it.
func TestAWordDuringTheEndingQuestionIsSeen(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	if w.stored(p.ID).Status != payout.Processing {
		t.Fatal("setup")
	}
	w.vexora.told = w.says(payout.FoundFailed)
	var verdict payout.Verdict
	w.duringQuery(func() {
		c := w.claim(p, payout.FoundProcessing)
		c.Code, c.Raw = "retrying", []byte(`{"another":"word"}`)
		verdict = w.receive(c)
	})
	w.ask()
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("safe: the provider said 'processing, retrying' after the question had begun (verdict %s); heard %v", verdict, s.Heard)
	}
}

// A doubted older attempt of a queued payout: the same word comes again during the status query.
func TestADoubtThatComesAgainDuringItsQuestionIsAskedAboutAgain(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2, queued
	w.receive(w.claim(p, payout.FoundProcessing))          // a doubt about attempt 1
	w.vexora.answer, w.vexora.told = w.says(payout.FoundProcessing), w.says(payout.FoundFailed)
	var verdict payout.Verdict
	w.duringQuery(func() {
		again := w.claim(p, payout.FoundProcessing) // signed anew: other bytes, same word
		again.Raw = []byte(`{"a":1,"timestamp":"later"}`)
		verdict = w.receive(again)
	})
	sent := len(w.vexora.sent)
	for range 3 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if len(w.vexora.sent) != sent && len(w.vexora.about) < 3 { // one status query, and two after the word
		t.Errorf("attempt 2 went by itself (verdict %s); asked about %v; heard %v", verdict, w.vexora.about, w.stored(p.ID).Heard)
	}
}

// People resolved as succeeded, without a number. Two payments under two provider numbers
// are reported; both are "repeated": nothing is stored, nobody is called.
func TestTwoPaymentsAfterPeopleResolvedAreNoRepetitions(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.resendByTwo(p.ID)
	w.clock.pass(5 * time.Minute)
	w.sweep()
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedSucceeded)))
	w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.ResolvedSucceeded)))
	s := w.stored(p.ID)
	if s.Status != payout.Succeeded {
		t.Fatal(s.Status)
	}
	a, b := w.claim(p, payout.FoundSucceeded), w.claim(p, payout.FoundSucceeded)
	a.ProviderID, a.Raw = "VX-A", []byte("a")
	b.ProviderID, b.Raw = "VX-B", []byte("b")
	va, vb := w.receive(a), w.receive(b)
	s2 := w.stored(p.ID)
	if len(s2.Attention) == 0 {
		t.Errorf("two payments, VX-A and VX-B: verdicts %s, %s; number held %q, entries %d -> %d, attention %v",
			va, vb, s2.ProviderID, len(s.History), len(s2.History), s2.Attention)
	}
}

// A success by callback alone; the provider is taken out while it is to be confirmed, and
// comes back. Not one status query was asked, no person is called, and nobody ever asks again.
func TestNoConfirmationIsUsedUpWhileTheProviderIsTakenOut(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded)) // perhaps by a leaked key
	delete(w.connectors, Vexora)
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	w.connectors[Vexora] = w.vexora
	asked := w.vexora.asked
	for range 200 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	s := w.stored(p.ID)
	if _, raised := s.Attention[payout.Contradiction]; !raised && w.vexora.asked == asked {
		t.Errorf("%s by one callback; asked %d times, ever; attention %v; polls %d; next question %v", s.Status, w.vexora.asked, s.Attention, s.Polls, s.QueryAt)
	}
}

// The same of a failure: it is never confirmed.
func TestAFailureIsConfirmedWhenTheProviderIsBack(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	delete(w.connectors, Vexora)
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	w.connectors[Vexora] = w.vexora
	for range 200 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	s := w.stored(p.ID)
	if !s.SafeToPayAgain() && len(s.Attention) == 0 {
		t.Errorf("asked %d times; heard %v; nobody is called", w.vexora.asked, s.Heard)
	}
}

// A replay of an old reference puts it on its recipient's list as of now, so that the
// next payout of the same money is held long after the window.
func TestAReplayDoesNotRenewTheWindow(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	first := w.mustCreate(draft("R1"))
	w.receive(w.claim(first, payout.FoundSucceeded))
	w.clock.pass(30 * 24 * time.Hour)
	if again, err := w.create(draft("R1")); err != nil || !again.Replayed {
		t.Fatal(err)
	}
	w.clock.pass(time.Minute)
	if q := w.another("R2"); q.Status == payout.Queued {
		t.Errorf("R1 was paid 30 days ago, the window is an hour, and R2 is %s, %s", q.Status, q.QueuedReason)
	}
}

// A failure whose certainty a later word took away: the merchant, told that it is safe,
// pays under another reference, and nothing holds that one.
func TestADoubtedFailureHoldsTheSameMoney(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.told = w.says(payout.FoundProcessing)
	w.receive(w.claim(p, payout.FoundProcessing))
	w.ask() // and the provider itself says "in progress"
	s := w.stored(p.ID)
	if s.SafeToPayAgain() {
		t.Fatal("setup")
	}
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.clock.pass(time.Minute) // the shared state is read again
	if q := w.another("R2"); q.Status != payout.Queued {
		t.Errorf("R1 is %s, its provider says it is in progress (%v), and R2, the same money, is %s", s.Status, s.Heard, q.Status)
	}
}

// The clock goes back an hour: the shared state is not read until it has caught up.
func TestAClockThatWentBackReadsTheBoard(t *testing.T) {
	w := newWorld(t)
	w.breaker.Refresh(bg, w.clock.Now())
	w.clock.pass(-time.Hour)
	now := w.clock.Now()
	w.store.SharedState.Pauses[Vexora] = payout.Pause{Provider: Vexora, Why: "refused_about_us", Since: now, Until: now.Add(50 * time.Minute)}
	w.clock.pass(40 * time.Minute)
	if p := w.mustCreate(draft("R1")); p.Status != payout.Queued {
		t.Errorf("%s: the provider has been paused on the shared for 40 minutes", p.Status)
	}
}

// A verified callback that is neither an end nor a repetition is acknowledged, and kept nowhere.
func TestAnUnclearCallbackIsKept(t *testing.T) {
	w := newWorld(t)
	d := draftFor(Monetix)
	p := w.mustCreate(d)
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.ask()
	before := w.stored(p.ID)
	if !before.SafeToPayAgain() {
		t.Fatal(before.Heard)
	}
	c := w.claim(p, payout.FoundUnclear) // "error" with 3041: a payment exists under this number
	c.Code = "3041"
	v := w.receive(c)
	after := w.stored(p.ID)
	if after.Version == before.Version {
		t.Errorf("acknowledged as %s; entries %d -> %d, safe %v: a word that is no failure came after the certainty", v, len(before.History), len(after.History), after.SafeToPayAgain())
	}
}

// "error" after a resend: acknowledged, kept nowhere, not asked about.
func TestAnErrorAfterAResendIsKept(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.mustCreate(draftFor(Monetix))
	w.ask() // sent again by itself
	w.clock.pass(2 * time.Minute)
	w.sweep()
	before := w.stored(p.ID)
	if before.Sent != 2 {
		t.Fatal(before.Sent)
	}
	c := w.claim(p, payout.FoundFailed)
	c.OnlyIfFirst = true
	v := w.receive(c)
	after := w.stored(p.ID)
	if after.Version == before.Version {
		t.Errorf("acknowledged as %s; entries %d -> %d, status %s, next question in %v", v, len(before.History), len(after.History), after.Status, after.QueryAt.Sub(w.clock.Now()))
	}
}

// An open payout for which people are called "reviewed": money attention taken away.
func TestAReviewDoesNotChangeTheOutcomeOfAReference(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.receive(w.claim(p, payout.FoundSucceeded))
	d := draft("R1")
	d.Amount = "50001"
	_, err := w.create(d)
	before := err.(*payout.Refusal).Outcome
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
	_, err = w.create(d)
	after := err.(*payout.Refusal).Outcome
	if after != before {
		t.Errorf("outcome %s, after a review %s; facts %v", before, after, w.stored(p.ID).Heard)
	}
}

// A failure that nobody has confirmed, and its reference: is it "final"?
func TestTheOutcomeOfAnUncertainFailureIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.resendByTwo(p.ID) // twice at Vexora: never safe
	w.receive(w.claim(p, payout.FoundFailed))
	d := draft("R1")
	d.Amount = "50001"
	_, err := w.create(d)
	if o := err.(*payout.Refusal).Outcome; o == payout.OutcomeFinal && !w.stored(p.ID).SafeToPayAgain() {
		t.Errorf("outcome %s says that paying under another reference cannot pay twice; safe is false", o)
	}
}

// A redacted payout; a late contradiction brings personal data back, for ever.
func TestAWordAfterTheRedactionKeepsNoBody(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 24 * time.Hour })
	w.vexora.told = w.says(payout.FoundSucceeded)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 100 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if w.stored(p.ID).RedactedAt.IsZero() {
		t.Fatal("setup")
	}
	c := w.claim(p, payout.FoundFailed)
	c.Raw = []byte("Sophea Chan 88990011")
	w.receive(c)
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
	for range 1000 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	for _, e := range w.stored(p.ID).History {
		if e.Source == payout.FromCallback && len(e.Raw) > 0 {
			t.Errorf("after 40 days: %s", e.Raw)
		}
	}
}

// The process that sleeps. Its status query was answered "failed"; while it sleeps another
// sweep asks, and the provider's newer answer is "in progress" (a repetition: nothing is
// written down). The sleeper goes on: its older answer ends the payout, and makes it safe.
func TestAnOlderAnswerDoesNotOutliveANewerOne(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	first := true
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if !first {
			return w.says(payout.FoundProcessing)(p)
		}
		first = false
		c := w.says(payout.FoundFailed)(p)
		w.vexora.mu.Unlock()
		w.clock.pass(time.Hour) // this process sleeps; another sweep takes over
		w.sweep()
		w.vexora.mu.Lock()
		return c
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	s := w.stored(p.ID)
	if s.SafeToPayAgain() {
		t.Errorf("safe by an answer of %v; the provider answered 'in progress' to a later question, answered_at was newer; heard %v, history %d", s.AskedAt, s.Heard, len(s.History))
	}
}

// An endpoint that is gone keeps the documented repetition from happening.
func TestAGoneEndpointDoesNotStopTheDocumentedRepetition(t *testing.T) {
	w := newWorld(t)
	w.endpoint.always = payout.Delivery{Result: payout.Gone}
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.mustCreate(draftFor(Monetix))
	w.news(p.ID)
	w.monetix.answer = w.says(payout.FoundProcessing)
	for range 25 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	s := w.stored(p.ID)
	if len(w.monetix.sent) == 1 {
		t.Errorf("%s after 50 minutes, sent once, attention %v: the webhook is gone, and so nobody sends the payout again", s.Status, s.Attention.Reasons())
	}
}

// A sleeping status query turns answered_at back, and a file of two overrules the answer that
// the provider gave after the file had come first.
func TestASleepingQuestionTurnsNoTimeBack(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundFailed))
	first := true
	w.vexora.told = func(p payout.Payout) payout.Claim {
		c := w.says(payout.FoundProcessing)(p)
		if !first {
			return c
		}
		first = false
		w.vexora.mu.Unlock()
		w.clock.pass(time.Minute)
		w.importBy(s, dara)
		w.clock.pass(2 * time.Minute)
		w.sweep() // asked for the file; the provider answers "in progress"
		w.clock.pass(time.Minute)
		w.vexora.mu.Lock()
		return c // the sleeper goes on
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.vexora.told = w.unclear // and then the provider is not to be reached
	w.importBy(s, dara)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.importBy(s, bopha)
	if after := w.stored(p.ID); after.Status != payout.Processing {
		t.Errorf("%s by a file; the provider had answered 'in progress' to a question that was asked for this file; asked %d, answered_at %v", after.Status, w.vexora.asked, after.AnsweredAt)
	}
}

// A word of the provider between the two people: it is acknowledged and not written, so
// the second one confirms over it, and the money goes.
func TestTwoPeopleDoNotConfirmOverAWord(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // not confirmed: a new attempt takes two
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	v := w.receive(w.claim(p, payout.FoundProcessing)) // the provider: it is in progress
	sent := len(w.vexora.sent)
	done, err := w.operator.Resend(bg, w.order(p.ID, bopha, ""))
	if len(w.vexora.sent) != sent {
		t.Errorf("attempt %d is sent (%v): 'in progress' came between the two people (%s) and stands in no history", done.Payout.Attempt, err, v)
	}
}

// The same of an end: two people resolve as failed over a word "in progress".
func TestTwoPeopleDoNotResolveOverAWord(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1")) // processing
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)))
	c := w.claim(p, payout.FoundProcessing)
	c.Code, c.Message = "0015", "handed to the bank"
	v := w.receive(c)
	done, err := w.operator.Resolve(bg, w.order(p.ID, bopha, payout.ResolvedFailed))
	if err == nil && done.Payout.Status == payout.Failed {
		t.Errorf("failed by two people; the provider's new word between them (%s) stands in no history", v)
	}
}

// Two returns, of two provider numbers, of a payout that was paid twice.
func TestASecondReturnIsNoRepetition(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	a, b := w.claim(p, payout.FoundReturned), w.claim(p, payout.FoundReturned)
	b.ProviderID, b.Code, b.Raw = "ANOTHER", "other", []byte("b")
	w.receive(a)
	before := w.stored(p.ID)
	v := w.receive(b)
	if after := w.stored(p.ID); after.Version == before.Version {
		t.Errorf("a return under another provider number is acknowledged as %s, and kept nowhere", v)
	}
}

// A failure under another number than the one that is held, of a payout that was sent twice.
func TestAFailureOfAnotherNumberIsKept(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.resendByTwo(p.ID)
	a, b := w.claim(p, payout.FoundFailed), w.claim(p, payout.FoundFailed)
	b.ProviderID, b.Code, b.Raw = "ANOTHER", "other", []byte("b")
	w.receive(a)
	before := w.stored(p.ID)
	v := w.receive(b)
	if after := w.stored(p.ID); after.Version == before.Version {
		t.Errorf("a failure under another provider number and code is acknowledged as %s, and kept nowhere", v)
	}
}

// An older attempt that two people left behind, uncertain. While attempt 2 is queued and
// attempt 1 turns out to be in progress by an ANSWER that came to a status query about it.
func TestAnUncertainAttemptIsAskedAboutBeforeTheQueuedOneGoes(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // uncertain
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.resendByTwo(p.ID) // attempt 2: no connection, so queued
	if s := w.stored(p.ID); s.Status != payout.Queued || s.Attempt != 2 {
		t.Fatal(s.Status)
	}
	w.vexora.answer, w.vexora.told = w.says(payout.FoundProcessing), w.says(payout.FoundProcessing) // attempt 1 is in progress, whoever asks
	for range 20 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	s := w.stored(p.ID)
	if len(w.vexora.sent) > 2 {
		t.Errorf("attempt 2 went by itself from the queue; asked about %v before; attempt 1 is not closed: %v", w.vexora.about, s.Heard)
	}
}

// A set with the same word twice is refused by DynamoDB, and the row would come back for ever.
func TestNoChangeAddsAFactTwice(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.receive(w.claim(p, payout.FoundSucceeded)) // a contradiction: asked about at once
	w.store.added = nil
	w.vexora.told = w.says(payout.FoundProcessing)
	w.ask()
	for _, facts := range w.store.added {
		if unique := slices.Compact(slices.Sorted(slices.Values(facts))); len(unique) != len(facts) {
			t.Errorf("added %v", facts)
		}
	}
	if len(w.store.added) == 0 {
		t.Error("nothing was heard")
	}
}
