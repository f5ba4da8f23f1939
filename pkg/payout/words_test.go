package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

var bg = context.Background()

// restored is a world on the backup of a world in which everything was queued.
func restored(t *testing.T, name payout.Provider) (*world, payout.Payout) {
	before := newWorld(t)
	before.over(payout.Floor{Held: held(Vexora, Monetix)})
	p := before.mustCreate(draftFor(name))
	after := newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	after.store.Payouts = before.store.copy().Payouts
	after.clock.pass(2 * time.Minute)
	return after, p
}

func TestRestoreCancelByOne(t *testing.T) {
	for _, name := range payout.Providers() {
		w, p := restored(t, name)
		if done, err := w.operator.Cancel(bg, w.order(p.ID, stranger, "")); err == nil && done.Payout.Status == payout.Cancelled {
			t.Errorf("%s: one stranger cancelled what the lost table may have sent: %s", name, done.Payout.Status)
		}
	}
}

func TestRestoreMonetixRefusalSafeAtOnce(t *testing.T) {
	w, p := restored(t, Monetix)
	w.monetix.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	w.resendByTwo(p.ID)
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("safe: %s sent %d heard %v", s.Status, s.Sent, s.Heard)
	}
}

func TestAfterARestoreAFailureAtVexoraIsNotSafe(t *testing.T) {
	w, p := restored(t, Vexora)
	w.resendByTwo(p.ID)
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	w.ask()
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("safe: %s sent %d heard %v", s.Status, s.Sent, s.Heard)
	}
}

func TestRestoreNotSentIsCertainlyNotSent(t *testing.T) {
	w, p := restored(t, Vexora)
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.resendByTwo(p.ID)
	s := w.stored(p.ID)
	if s.Status == payout.Queued {
		t.Errorf("%s, sent %d: the lost table may have sent it", s.Status, s.Sent)
	}
	if done, err := w.operator.Cancel(bg, w.order(p.ID, stranger, "")); err == nil {
		t.Errorf("cancelled by one: %s", done.Payout.Status)
	}
}

func TestAfterARestoreASecondSubmissionIsNotSafe(t *testing.T) {
	before := newWorld(t)
	before.vexora.answer = before.unclear
	p := before.mustCreate(draft("R1"))
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(2 * time.Minute)
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.resendByTwo(p.ID)
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	w.ask()
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("safe: %s sent %d heard %v", s.Status, s.Sent, s.Heard)
	}
}

func TestAfterARestoreAFailureIsNotShownSafe(t *testing.T) {
	before := newWorld(t)
	p := before.failedForCertain("R1")
	backup := before.store.copy()
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, ""))) // attempt 2, taken by the provider
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	w.store.Payouts = backup.Payouts
	w.clock.pass(30 * time.Minute)
	if s := w.stored(p.ID); s.AsRestored(before.clock.Now().Add(time.Minute)).SafeToPayAgain() {
		t.Errorf("safe after the restore, and attempt 2 is under way: %v", s.Heard)
	}
	// A file names the attempt that the table lost.
	second := row(1, p, payout.FoundSucceeded)
	second.Reference = string(p.ID.ProviderReference(2))
	r := w.importBy(file(Vexora, second), dara)
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("safe though a file names attempt 2 as paid: %v, asked about %v", r.Counts, w.vexora.about)
	}
}

func (w *world) duringQuery(do func()) {
	told := w.vexora.told
	once := false
	w.vexora.told = func(p payout.Payout) payout.Claim {
		c := told(p)
		if !once {
			once = true
			w.vexora.mu.Unlock()
			do()
			w.vexora.mu.Lock()
		}
		return c
	}
}

func TestDoubtSettledByAnEarlierQuestion(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	differs := row(1, p, payout.FoundFailed)
	differs.Amount = amount(t, "50001", money.KHR)
	w.clock.pass(6 * time.Minute)
	w.importBy(file(Vexora, differs), dara) // asks again
	w.clock.pass(time.Minute)
	w.duringQuery(func() {
		if v := w.receive(w.claim(p, payout.FoundProcessing)); v != payout.Noted || w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("%s", v)
		}
	})
	asked := w.vexora.asked
	w.sweep()
	s := w.stored(p.ID)
	if s.SafeToPayAgain() {
		t.Errorf("safe by an answer to a question that began before the doubt: %v, asked %d, next %v", s.Heard, w.vexora.asked-asked, s.QueryAt)
	}
}

func TestDoubtOfOlderSettledByAnEarlierQuestionSends(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2, queued
	c := w.claim(p, payout.FoundProcessing)
	w.receive(c) // a doubt
	w.vexora.answer, w.vexora.told = w.says(payout.FoundProcessing), w.says(payout.FoundFailed)
	w.duringQuery(func() {
		again := w.claim(p, payout.FoundProcessing)
		again.Code = "retrying" // another word, while the status query is on its way
		w.receive(again)
	})
	sent := len(w.vexora.sent)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if len(w.vexora.sent) != sent {
		t.Errorf("attempt 2 was sent by itself; asked about %v", w.vexora.about)
	}
}

func TestProcessingAnswerAfterCertaintyIsIgnored(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.says(payout.FoundProcessing)
	w.ask() // unknown -> processing, by a query
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	if s := w.stored(p.ID); !s.SafeToPayAgain() {
		t.Fatalf("%v", s.Heard)
	}
	differs := row(1, p, payout.FoundFailed)
	differs.Amount = amount(t, "50001", money.KHR)
	w.clock.pass(6 * time.Minute)
	w.importBy(file(Vexora, differs), dara) // asks again
	w.vexora.told = w.says(payout.FoundProcessing)
	w.clock.pass(time.Minute)
	w.sweep()
	if s := w.stored(p.ID); s.SafeToPayAgain() {
		t.Errorf("the provider itself answers processing, and it is safe: %v", s.Heard)
	}
}

func TestStatementAskedAboutAnotherAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.unclear
	again := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))).Payout // attempt 2, unknown
	w.receive(w.claim(p, payout.FoundProcessing))                          // attempt 1 is doubted
	s := file(Vexora, row(1, again, payout.FoundFailed))
	w.clock.pass(2 * time.Minute)
	w.vexora.told = w.unclear
	w.importBy(s, dara)
	w.clock.pass(time.Second)
	before := len(w.vexora.about)
	w.sweep()
	about := w.vexora.about[before:]
	w.clock.pass(time.Second)
	w.importBy(s, bopha)
	if st := w.stored(p.ID); st.Status.Final() {
		t.Errorf("%s by the file, and only attempts %v were asked about (present: %d)", st.Status, about, st.Attempt)
	}
}

func TestStatementOlderThanTheLastSubmission(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundFailed))
	w.clock.pass(time.Minute)
	w.importBy(s, dara)
	w.clock.pass(time.Minute)
	w.sweep() // asked, and not known
	w.clock.pass(time.Minute)
	w.resendByTwo(p.ID) // sent again, after the file
	asked := w.vexora.asked
	w.importBy(s, bopha)
	if st := w.stored(p.ID); st.Status == payout.Failed {
		t.Errorf("failed by a file older than the last submission (sent %d), asked %d times since", st.Sent, w.vexora.asked-asked)
	}
}

func TestStatementQuestionBegunBefore(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundSucceeded))
	w.clock.pass(2 * time.Minute)
	w.duringQuery(func() {
		w.importBy(s, dara)
		w.clock.pass(time.Second)
	})
	w.sweep()
	w.clock.pass(time.Second)
	w.importBy(s, bopha)
	if st := w.stored(p.ID); st.Status.Final() {
		t.Errorf("%s, and no question began since the file came", st.Status)
	}
}

func TestStatementTwoLinesOneReference(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundFailed), row(2, p, payout.FoundSucceeded))
	w.importBy(s, dara)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.importBy(s, bopha)
	if st := w.stored(p.ID); st.Status == payout.Failed {
		t.Errorf("failed, and the same file says that it was paid")
	}
}

func TestStatementTwoLinesKeepSafety(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	r := w.importBy(file(Vexora, row(1, p, payout.FoundFailed), row(2, p, payout.FoundSucceeded)), dara)
	if st := w.stored(p.ID); st.SafeToPayAgain() {
		t.Errorf("safe, though the file says that it was paid: %v; next question %v", r.Counts, st.QueryAt)
	}
	s2 := file(Vexora, row(1, p, payout.FoundFailed), row(2, p, payout.FoundSucceeded))
	w.importBy(s2, bopha)
	if st := w.stored(p.ID); len(st.Attention) == 0 {
		t.Errorf("two people's file says that a failed payout was paid, and nobody is called")
	}
}

func TestCancelHidesAnUncertainAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // by a callback alone
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.resendByTwo(p.ID) // attempt 2 was not sent
	done, err := w.operator.Cancel(bg, w.order(p.ID, stranger, ""))
	if err == nil && done.Payout.Status == payout.Cancelled {
		t.Errorf("one stranger cancelled; attempt 1 was sent and its failure is not certain: %v", done.Payout.Heard)
	}
	w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
	w.must(w.operator.Cancel(bg, w.order(p.ID, bopha, "")))
	w.receive(w.claim(p, payout.FoundSucceeded))
	if _, ok := w.stored(p.ID).Attention[payout.Contradiction]; !ok {
		t.Errorf("paid and cancelled: %v", w.stored(p.ID).Attention)
	}
}

func TestPaidOlderAttemptCannotEndAsSucceeded(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2, queued
	w.receive(w.claim(p, payout.FoundSucceeded))           // attempt 1 was paid
	_, err1 := w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedSucceeded))
	if err1 != nil {
		t.Errorf("%s: %v", w.stored(p.ID).Status, err1)
	}
}

func TestACrowdedListEmpties(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Minute })
	for n := range payout.MostUnsettled {
		p := w.another(fmt.Sprint("R", n))
		if p.Status == payout.Queued {
			p = w.insist(p.ID)
		}
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.clock.pass(time.Second / 2)
	}
	for range 3 {
		w.clock.pass(30 * 24 * time.Hour)
		w.sweep()
	}
	if p := w.another("next"); p.Status == payout.Queued {
		t.Errorf("%s because of %s, which is %s, three months later", p.Status, p.SimilarTo, w.stored(p.SimilarTo).Status)
	}
}

func TestConfirmedDuplicateHidesALaterOne(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	a := w.mustCreate(draft("A")) // unknown
	p := w.another("P")           // held because of A
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // confirmed against A, not connected
	w.vexora.answer = w.unclear
	b := w.another("B")
	w.must(w.operator.Resend(bg, w.order(b.ID, dara, ""))) // B is unknown as well
	if st := w.stored(p.ID); st.Status != payout.Queued || st.SimilarTo != a.ID || w.stored(b.ID).Status != payout.Unknown {
		t.Fatalf("%s %s", st.Status, w.stored(b.ID).Status)
	}
	w.vexora.answer = accepted
	sent := len(w.vexora.sent)
	for range 3 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if len(w.vexora.sent) != sent {
		t.Errorf("sent by itself, and B is %s: nobody compared the two", w.stored(b.ID).Status)
	}
}

type noShared struct{ *memory }

func (noShared) Shared(context.Context) (payout.Shared, error) {
	return payout.Shared{}, fmt.Errorf("throttled")
}

func TestBoardUnreadableAtStart(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	w.mustCreate(draft("A")) // unknown; on the list, and the shared state says so
	w.vexora.answer = w.says(payout.FoundProcessing)
	*w.breaker = *payout.NewBreaker(noShared{w.store}, payout.Floor{Caps: most(t)}) // another process starts, and cannot read the shared state
	if p := w.another("B"); p.Status != payout.Queued {
		t.Errorf("%s: nobody could tell whether the same money is unsettled", p.Status)
	}
}

func TestQueuedBehindADoubtCallsNobody(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.receive(w.claim(p, payout.FoundProcessing))
	w.vexora.told = w.unclear
	for n := range 24 {
		w.clock.pass(15 * time.Minute)
		w.sweep()
		if st := w.stored(p.ID); len(st.Attention) > 0 {
			t.Logf("called after %v", time.Duration(n+1)*15*time.Minute)
			return
		}
	}
	t.Errorf("queued for 6 h past QUEUED_MAX_AGE (1 h), and nobody is called: %s", w.stored(p.ID).WaitsFor())
}

func TestResolvedAndProviderSaysProcessing(t *testing.T) {
	for _, as := range []payout.Resolution{payout.ResolvedFailed, payout.ResolvedSucceeded} {
		w := newWorld(t)
		w.vexora.answer, w.vexora.told = w.unclear, w.absent
		p := w.mustCreate(draft("R1"))
		w.must(w.operator.Resolve(bg, w.order(p.ID, dara, as)))
		w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, as)))
		w.vexora.told = w.says(payout.FoundProcessing) // for the first time
		for range 60 {
			w.clock.pass(time.Hour)
			w.sweep()
		}
		if _, raised := w.stored(p.ID).Attention[payout.Contradiction]; !raised {
			t.Errorf("%s: the provider has it in progress, asked %d times, and nobody is called", as, w.vexora.asked)
		}
	}
}

func TestFileEndedAndProviderSaysProcessing(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundFailed))
	w.importBy(s, dara)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.importBy(s, bopha)
	w.vexora.told = w.says(payout.FoundProcessing)
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if st := w.stored(p.ID); len(st.Attention) == 0 {
		t.Errorf("%s by a file, the provider answers processing %d times, and nobody is called", st.Status, w.vexora.asked)
	}
}

func TestReturnedEventWithAFullHistory(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 60 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	w.receive(w.claim(p, payout.FoundReturned))
	for _, e := range w.stored(p.ID).Events() {
		if e.Type == payout.EventReturned {
			return
		}
	}
	t.Errorf("no payout.returned; return %v", w.stored(p.ID).Return)
}

func TestStaleQuestionEndsAnothersLease(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.clock.pass(2 * time.Minute)
	// While the status query is on its way, two people send again; while that is on its
	// way, the status query's non-answer comes.
	w.vexora.answer = w.says(payout.FoundAboutUs)
	stage := make(chan struct{})
	done := make(chan struct{})
	w.vexora.during = func() {
		w.vexora.mu.Unlock()
		close(stage)
		<-done
		w.vexora.mu.Lock()
	}
	w.vexora.told = func(payout.Payout) payout.Claim {
		w.vexora.mu.Unlock()
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		go func() { _, _ = w.operator.Resend(bg, w.order(p.ID, bopha, "")) }()
		<-stage
		w.vexora.mu.Lock()
		return payout.Claim{Finding: payout.FoundUnclear, At: w.clock.Now()}
	}
	w.sweep()
	mid := w.stored(p.ID)
	if mid.Status != payout.Submitting || mid.Lease.Token == "" {
		t.Errorf("%s, lease %q, while the submission is under way", mid.Status, mid.Lease.Token)
	}
	close(done)
	time.Sleep(50 * time.Millisecond)
	if st := w.stored(p.ID); len(st.Attention) == 0 || st.Sent != 1 {
		t.Errorf("%s, attention %v, sent %d: the refusal about us is lost", st.Status, st.Attention, st.Sent)
	}
}

func TestReviewedDuplicateGoesByItself(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	w.mustCreate(draft("A"))
	p := w.another("P")
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
	w.vexora.answer = accepted
	for range 30 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if len(w.vexora.sent) > 1 {
		t.Errorf("reviewed moves nothing, and it was sent")
	}
}

func TestMappingChangedBetweenTheTwo(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.importBy(file(Vexora, row(1, p, payout.FoundFailed)), bopha) // the same bytes, read by another mapping
	if st := w.stored(p.ID); st.Status == payout.Failed {
		t.Errorf("%s: the first person's file said paid", st.Status)
	}
}
