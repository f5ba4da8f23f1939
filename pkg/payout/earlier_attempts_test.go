package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// secondOnItsWay is a payout whose first attempt failed for certain, and whose second one the
// provider has; it is returned as its first attempt is known.
func (w *world) secondOnItsWay(reference string) payout.Payout {
	w.t.Helper()
	p := w.failedForCertain(reference)
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	return p
}

// The first attempt is said to be in progress after all. The same word again is nothing new
// while it is doubted; another one is, and so is the same one once the doubt was settled.
func TestAWordAboutAnEarlierAttemptCountsAsLongAsItIsNews(t *testing.T) {
	w := newWorld(t)
	p := w.secondOnItsWay("R1")
	first := w.claim(p, payout.FoundProcessing)
	w.receive(first)
	once := w.stored(p.ID)
	if v := w.receive(first); v != payout.Repeated || len(w.stored(p.ID).History) != len(once.History) {
		t.Errorf("the same word: %s", v)
	}
	other := w.claim(p, payout.FoundProcessing)
	other.Code = "another"
	if v := w.receive(other); v != payout.Noted || !keeps(w.stored(p.ID), "another") {
		t.Errorf("another word: %s", v)
	}
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	w.ask()
	if now := w.stored(p.ID); !slices.Contains(now.Heard, "1.closed.2") {
		t.Fatalf("heard %v", now.Heard)
	}
	if w.receive(first); !slices.Contains(w.stored(p.ID).Heard, "1.wavered.2") {
		t.Errorf("after the provider's answer: heard %v", w.stored(p.ID).Heard)
	}
}

// It is the earlier attempt that is asked about, also after the one that followed has ended and
// all status queries about that are used up.
func TestADoubtAfterTheLastQuestionIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	p := w.secondOnItsWay("R1")
	w.receive(w.claim(w.stored(p.ID), payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.ask()
	before := len(w.vexora.about)
	w.receive(w.claim(p, payout.FoundProcessing))
	w.vexora.told = w.unclear
	w.sweepFor(3, 10*time.Minute)
	if !slices.Contains(w.vexora.about[before:], 1) {
		t.Errorf("asked about %v", w.vexora.about[before:])
	}
}

// Two people went on from a failure that was not certain. As long as the present attempt is
// open, that one alone is asked about.
func TestAnUncertainEarlierAttemptWaitsForTheEndOfThePresentOne(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.resendByTwo(p.ID)
	w.sweepFor(4, 10*time.Minute)
	if len(w.vexora.about) < 3 || slices.Contains(w.vexora.about, 1) {
		t.Errorf("asked about %v", w.vexora.about)
	}
}

// People have ended the first attempt, or it was paid. There is nothing left to ask about it.
func TestAnEarlierAttemptThatIsSettledIsNotAskedAbout(t *testing.T) {
	for name, end := range map[string]func(w *world, p payout.Payout){
		"people ended it": func(w *world, p payout.Payout) {
			for _, by := range []payout.Principal{dara, bopha} {
				w.must(w.operator.Resolve(bg, w.order(p.ID, by, payout.ResolvedFailed)))
			}
		},
		"it was paid": func(w *world, p payout.Payout) {
			w.receive(w.claim(p, payout.FoundFailed))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.reviewed(p.ID)
		},
	} {
		w := newWorld(t)
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		p := w.mustCreate(draft("R1"))
		end(w, p)
		w.vexora.answer = w.says(payout.FoundSucceeded)
		w.resendByTwo(p.ID)
		before := len(w.vexora.about)
		w.sweepFor(30, time.Hour)
		if about := w.vexora.about[before:]; w.stored(p.ID).Attempt != 2 || slices.Contains(about, 1) {
			t.Errorf("%s: asked about %v", name, about)
		}
	}
}

// A refusal that speaks of one submission alone says enough of an attempt that had one.
func TestARefusalOfTheOnlySubmissionClosesAnEarlierAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.resendByTwo(p.ID)
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	w.monetix.told = func(p payout.Payout) payout.Claim {
		c := w.says(payout.FoundFailed)(p)
		c.OnlyIfFirst = true
		return c
	}
	for range 6 {
		w.ask()
	}
	if now := w.stored(p.ID); !now.SafeToPayAgain() {
		t.Errorf("asked about %v, heard %v", w.monetix.about, now.Heard)
	}
}

// Vexora was sent the same reference twice, so that no answer makes the failure certain. One
// that agrees ends the status queries all the same.
func TestAFailureThatCannotBecomeCertainIsNotAskedAboutForEver(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.resendByTwo(p.ID)
	w.receive(w.claim(p, payout.FoundFailed))
	w.sweepFor(80, time.Hour)
	late := w.claim(p, payout.FoundProcessing)
	w.receive(late)
	asked := w.vexora.asked
	w.vexora.told = w.says(payout.FoundFailed)
	w.sweepFor(20, time.Hour)
	if now := w.stored(p.ID); w.vexora.asked != asked+1 || now.SafeToPayAgain() {
		t.Errorf("asked %d times; safe %v, heard %v", w.vexora.asked-asked, now.SafeToPayAgain(), now.Heard)
	}
}

// A mismatch about an attempt that failed for certain doubts that attempt; one about an attempt
// that is not certain has nothing to doubt.
func TestAMismatchDoubtsWhatWasCertain(t *testing.T) {
	w := newWorld(t)
	p := w.secondOnItsWay("R1")
	say := func(about payout.Payout) {
		c := w.claim(about, payout.FoundFailed)
		c.Amounts = nil
		c.Suspect = "no amount"
		w.receive(c)
	}
	say(w.stored(p.ID))
	if heard := w.stored(p.ID).Heard; slices.Contains(heard, "2.wavered.1") || !slices.Contains(heard, "2.mismatch") {
		t.Errorf("about the open one: heard %v", heard)
	}
	say(p)
	if heard := w.stored(p.ID).Heard; !slices.Contains(heard, "1.wavered.1") {
		t.Errorf("about the one that failed: heard %v", heard)
	}
}

// A restored table: the attempt that the lost one may have begun. Of the 98th, too, which has
// one more.
func TestTheAttemptThatALostTableMayHaveBegunIsNotSafe(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	p := in(t, payout.Failed)
	p.SubmittedAt = at.Add(-time.Hour)
	for p.Attempt = 1; p.Attempt <= 99; p.Attempt++ {
		p.Heard = p.Heard.With(
			fact(p.Attempt, "sent"), fact(p.Attempt, "closed.1"))
		if !p.SafeToPayAgain() {
			t.Fatalf("attempt %d: %v", p.Attempt, p.Heard)
		}
		if safe := p.AsRestored(at).SafeToPayAgain(); safe != (p.Attempt == 99) {
			t.Errorf("attempt %d: safe %v after a restore", p.Attempt, safe)
		}
	}
}

// Before a payout that is posted again after a restore goes, the next attempt is asked about. That
// one has failed: somebody had begun it, so nothing goes by itself.
func TestARefusedNextAttemptOfALostTableHoldsTheRepetition(t *testing.T) {
	w := restoredFrom(t, newWorld(t), nil, Monetix)
	p := w.mustCreate(draftFor(Monetix))
	w.connectors[Monetix] = byAttempt{w.monetix, map[payout.Attempt]payout.Finding{1: payout.FoundAbsent, 2: payout.FoundFailed, 3: payout.FoundAbsent}, w}
	w.ask()
	w.ask()
	if now := w.stored(p.ID); len(w.monetix.sent) > 0 || !slices.Contains(w.monetix.about, 2) || now.Status != payout.Queued {
		t.Errorf("sent %d times, %s, asked about %v", len(w.monetix.sent), now.Status, w.monetix.about)
	}
}

// Of the second attempt something was said that the provider's answers never settle. The first
// one, whose failure was never certain either, is asked about all the same, and tells that it
// was paid.
func TestADoubtThatIsNeverSettledHidesNoOtherAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	for range 2 {
		w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		w.resendByTwo(p.ID)
	}
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	second := w.stored(p.ID)
	second.Attempt = 2
	w.receive(w.claim(second, payout.FoundProcessing))
	w.vexora.told = func(p payout.Payout) payout.Claim {
		switch w.vexora.about[len(w.vexora.about)-1] {
		case 1:
			return w.says(payout.FoundSucceeded)(p)
		case 2:
			return w.unclear(p)
		}
		return w.says(payout.FoundFailed)(p)
	}
	w.sweepFor(40, time.Hour)
	now := w.stored(p.ID)
	if now.Attempt != 3 || !slices.Contains(w.vexora.about, 1) || !slices.Contains(now.Heard, "1.paid") {
		t.Errorf("asked about %v, attempt %d, heard %v", w.vexora.about, now.Attempt, now.Heard)
	}
}

// uncertain is a payout whose attempts have failed by callbacks alone, so many of them.
func (w *world) uncertain(attempts int) payout.Payout {
	w.t.Helper()
	p := w.mustCreate(draft("R1"))
	for range attempts - 1 {
		w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		w.resendByTwo(p.ID)
	}
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	w.vexora.about = nil
	return w.stored(p.ID)
}

// answers has the provider answer about each attempt apart; about all others it is unclear.
func (w *world) answers(by map[payout.Attempt]payout.Finding) {
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if f, known := by[w.vexora.about[len(w.vexora.about)-1]]; known {
			return w.says(f)(p)
		}
		return w.unclear(p)
	}
}

// Something was said of an earlier attempt that no answer settles: people are called, however many
// others are asked about beside it.
func TestADoubtThatIsNeverSettledCallsPeople(t *testing.T) {
	for _, attempts := range []int{2, 3, 4, 5, 6, 8} {
		for doubt := 1; doubt < attempts; doubt++ {
			w := newWorld(t)
			p := w.uncertain(attempts)
			old := p
			old.Attempt = payout.Attempt(doubt)
			w.receive(w.claim(old, payout.FoundProcessing))
			w.answers(map[payout.Attempt]payout.Finding{p.Attempt: payout.FoundFailed})
			w.sweepFor(200, time.Hour)
			if now := w.stored(p.ID); !slices.Contains(now.Attention.Reasons(), payout.DoublePaymentSuspected) {
				t.Errorf("%d attempts, attempt %d doubted: called %v, asked about %v", attempts, doubt, now.Attention.Reasons(), w.vexora.about)
			}
		}
	}
}

// Whatever the provider answers about some of them, and does not about others, each attempt before
// the one that ended is asked about: of one that was paid everybody learns.
func TestEveryUncertainAttemptIsAskedAboutAfterTheEnd(t *testing.T) {
	for _, before := range []int{3, 4, 6} {
		for settled := range 1 << before {
			w := newWorld(t)
			p := w.uncertain(before + 1)
			answers := map[payout.Attempt]payout.Finding{p.Attempt: payout.FoundFailed}
			for n := range before {
				if settled>>n&1 == 1 {
					answers[payout.Attempt(n+1)] = payout.FoundFailed
				}
			}
			w.answers(answers)
			w.sweepFor(60, time.Hour)
			for a := payout.FirstAttempt; a < p.Attempt; a++ {
				if !slices.Contains(w.vexora.about, a) {
					t.Errorf("%d attempts, settled %b: attempt %d was never asked about: %v", before, settled, a, w.vexora.about)
				}
			}
		}
	}
}

// Before the next attempt goes, each uncertain one is asked about once: one that was paid is found,
// whatever the others answer. Nothing is asked twice, and the whole takes minutes.
func TestEveryUncertainAttemptIsAskedAboutBeforeTheNextOneGoes(t *testing.T) {
	const before = 5
	for settled := range 1 << before {
		for paid := range before + 1 { // none by 0
			w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
			p := w.uncertain(before)
			accepted := w.vexora.answer
			w.vexora.answer = w.notSent
			w.resendByTwo(p.ID)
			answers := map[payout.Attempt]payout.Finding{}
			for n := range before {
				if settled>>n&1 == 1 {
					answers[payout.Attempt(n+1)] = payout.FoundFailed
				}
			}
			if paid > 0 {
				answers[payout.Attempt(paid)] = payout.FoundSucceeded
			}
			w.answers(answers)
			w.vexora.answer = accepted
			w.freed()
			sent := len(w.vexora.sent)
			w.sweepFor(20, 30*time.Second)
			now := w.stored(p.ID)
			went := len(w.vexora.sent) > sent
			if went != (paid == 0) || !went && !slices.Contains(w.vexora.about, payout.Attempt(paid)) {
				t.Fatalf("settled %b, paid %d: %s, went %v, asked about %v", settled, paid, now.Status, went, w.vexora.about)
			}
			if asked := slices.DeleteFunc(slices.Clone(w.vexora.about), func(a payout.Attempt) bool { return a == now.Attempt }); len(asked) > before {
				t.Fatalf("settled %b, paid %d: asked about %v", settled, paid, w.vexora.about)
			}
		}
	}
}

// All earlier attempts but the first are certain: the next one waits for one question.
func TestTheNextAttemptWaitsForUncertainOnesAlone(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
	p := w.uncertain(1)
	accepted := w.vexora.answer
	for range 5 {
		w.vexora.answer = w.refusedForGood
		w.resendByTwo(p.ID)
	}
	w.vexora.answer = w.notSent
	w.resendByTwo(p.ID)
	w.vexora.answer, w.vexora.told = accepted, w.unclear
	w.vexora.about = nil
	w.freed()
	w.sweepFor(6, 30*time.Second)
	now := w.stored(p.ID)
	if now.Attempt != 7 || now.Status != payout.Processing || len(w.vexora.about) == 0 || slices.Contains(w.vexora.about[1:], 1) {
		t.Errorf("attempt %d is %s, asked about %v", now.Attempt, now.Status, w.vexora.about)
	}
}

// The process slept over its submission, so that the payout was unknown, and an earlier attempt that
// was spoken of was asked about; then it tells that nothing was sent. The next attempt waits until the
// other one was asked about too: a new status begins with no turn.
func TestWhatWasAskedWhileItWasUnknownDoesNotLetTheNextAttemptGo(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
	p := w.uncertain(2)
	accepted := w.vexora.answer
	w.vexora.answer = w.notSent
	w.answers(map[payout.Attempt]payout.Finding{2: payout.FoundFailed})
	w.vexora.during = func() {
		w.vexora.during = nil
		w.vexora.mu.Unlock()
		defer w.vexora.mu.Lock()
		w.sweepFor(2, 3*time.Minute)
		second := p
		second.Attempt = 2
		w.receive(w.claim(second, payout.FoundProcessing))
		w.sweepFor(4, 3*time.Minute)
	}
	w.resendByTwo(p.ID)
	if now := w.stored(p.ID); now.Status != payout.Queued || !slices.Contains(now.Heard, "2.closed.2") || slices.Contains(w.vexora.about, 1) {
		t.Fatalf("%s, heard %v, asked about %v", now.Status, now.Heard, w.vexora.about)
	}
	w.answers(map[payout.Attempt]payout.Finding{1: payout.FoundSucceeded})
	w.vexora.answer = accepted
	w.freed()
	sent := len(w.vexora.sent)
	w.sweepFor(30, time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Queued || len(w.vexora.sent) != sent || !slices.Contains(now.Heard, "1.paid") {
		t.Errorf("%s, sent %d times more, asked about %v, heard %v", now.Status, len(w.vexora.sent)-sent, w.vexora.about, now.Heard)
	}
}
