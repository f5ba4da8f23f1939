package payout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// oldWords are the genuine texts that somebody may hold: each takes certainty away, and is no
// failure of the payout as we know it.
func oldWords() map[string]func(*payout.Claim) {
	return map[string]func(*payout.Claim){
		"in progress": func(c *payout.Claim) { c.Finding = payout.FoundProcessing },
		"unlisted":    func(c *payout.Claim) { c.Finding = payout.FoundUnlisted },
		"nothing":     func(c *payout.Claim) { c.Finding = payout.FoundUnclear },
		"doubtful":    func(c *payout.Claim) { c.Finding, c.Doubtful = payout.FoundFailed, true },
	}
}

func wavered(p payout.Payout) int {
	n := 0
	for _, f := range p.Heard {
		if strings.Contains(string(f), ".wavered.") {
			n++
		}
	}
	return n
}

// One old text, whatever it says, is posted after each answer that the attempt failed: the rounds
// that are left are for new words, and the payout becomes safe to pay again.
func TestOneOldTextOfAnyKindUsesUpNoRounds(t *testing.T) {
	for word, is := range oldWords() {
		for _, name := range both {
			for _, about := range []string{"the only attempt", "the one before", "one that was withdrawn"} {
				w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
				if about == "one that was withdrawn" {
					w.named(name).answer = w.notSent
				}
				p := w.mustCreate(draftFor(name))
				old := w.claim(p, payout.FoundFailed)
				is(&old)
				if about == "one that was withdrawn" {
					w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
				} else {
					w.receive(old)
					w.receive(w.claim(p, payout.FoundFailed))
				}
				w.named(name).told = w.says(payout.FoundFailed)
				w.sweepFor(10, 10*time.Minute)
				if about == "the one before" {
					w.named(name).answer = w.notSent
					w.resendByTwo(p.ID)
				}
				raised := len(w.signals.raised)
				for range 15 {
					old.At = w.clock.Now()
					w.receive(old)
					w.sweepFor(3, 10*time.Minute)
				}
				now := w.stored(p.ID)
				if n := wavered(now); n > 3 {
					t.Errorf("%s of %s at %s: it took certainty away %d times, heard %v", word, about, name, n, now.Heard)
				}
				called := slices.DeleteFunc(slices.Clone(w.signals.raised[raised:]), func(s payout.Signal) bool { return s == payout.SignalPaused })
				if len(called) > 8 {
					t.Errorf("%s of %s at %s: %d signals: %v", word, about, name, len(called), called)
				}
				if about == "the only attempt" && !now.SafeToPayAgain() {
					t.Errorf("%s at %s: not safe, heard %v", word, name, now.Heard)
				}
			}
		}
	}
}

// The same of a text that names another amount, after which nothing is ever safe: it calls people
// three times, and is asked about once each time.
func TestOneOldTextOfAnotherAmountCallsPeopleThreeTimes(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		old := w.claim(p, payout.FoundFailed)
		old.Amounts = old.Amounts[:0:0]
		old.Suspect = "it states no amount"
		w.receive(old)
		w.receive(w.claim(p, payout.FoundFailed))
		w.named(name).told = w.says(payout.FoundFailed)
		w.sweepFor(10, 10*time.Minute)
		raised, asked := len(w.signals.raised), w.named(name).asked
		for range 15 {
			old.At = w.clock.Now()
			w.receive(old)
			w.sweepFor(3, 10*time.Minute)
		}
		if n, m := len(w.signals.raised)-raised, w.named(name).asked-asked; n > 3 || m > 15 || wavered(w.stored(p.ID)) > 3 {
			t.Errorf("%s: %d signals, asked %d times, heard %v", name, n, m, w.stored(p.ID).Heard)
		}
	}
}

// A queued attempt that something was said of is asked about, also while no answer settles what was
// said of another one.
func TestAQueuedAttemptIsAskedAboutBesideADoubtThatStays(t *testing.T) {
	for _, word := range []string{"unclear", "ambiguous", "unlisted", "file", "restore"} {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		p := w.mustCreate(draft("R1"))
		w.sweepFor(1, 2*time.Minute)
		w.resendByTwo(p.ID) // sent twice: no answer closes it
		w.sweepFor(1, 3*time.Minute)
		w.vexora.told = w.says(payout.FoundFailed)
		w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		w.sweepFor(10, time.Hour)
		first := w.stored(p.ID)
		w.vexora.answer = w.notSent
		w.resendByTwo(p.ID)
		w.receive(w.claim(first, payout.FoundProcessing))
		if word == "restore" {
			w = restoredFrom(t, w, w.store.copy())
		}
		now := w.stored(p.ID)
		c := w.claim(now, payout.FoundSucceeded)
		switch word {
		case "unclear":
			c.Finding = payout.FoundUnclear
		case "ambiguous":
			c.Ambiguous = "it could be cut otherwise"
		case "unlisted":
			c.Finding = payout.FoundUnlisted
		case "file":
			w.importBy(file(Vexora, row(2, now, payout.FoundSucceeded)), dara)
		}
		if word != "file" && word != "restore" {
			w.receive(c)
		}
		w.vexora.about = nil
		w.answers(map[payout.Attempt]payout.Finding{1: payout.FoundFailed, 2: payout.FoundSucceeded})
		w.sweepFor(48, time.Hour)
		if !slices.Contains(w.vexora.about, 2) {
			t.Errorf("%s: attempt 2 was never asked about: %v; %s, heard %v", word, w.vexora.about, w.stored(p.ID).Status, w.stored(p.ID).Heard)
		}
	}
}

// All that was certain is doubted anew, one word each: each attempt is asked about again.
func TestEachAttemptThatIsDoubtedAnewIsAskedAboutAgain(t *testing.T) {
	for attempts := 2; attempts <= 7; attempts++ {
		w := newWorld(t)
		p := w.uncertain(attempts)
		w.vexora.told = w.says(payout.FoundFailed)
		w.sweepFor(100, time.Hour)
		w.vexora.about = nil
		for a := payout.FirstAttempt; a <= p.Attempt; a++ {
			old := p
			old.Attempt = a
			w.receive(w.claim(old, payout.FoundProcessing))
		}
		w.sweepFor(100, 6*time.Hour)
		for a := payout.FirstAttempt; a <= p.Attempt; a++ {
			if !slices.Contains(w.vexora.about, a) {
				t.Errorf("%d attempts: %d is not asked about again: %v", attempts, a, w.vexora.about)
			}
		}
	}
}

// A payout that has rested since before turns were counted hears a word as any other does: it is
// asked about, and the same money is held.
func TestAPayoutThatRestedBeforeTurnsWereCountedHearsWords(t *testing.T) {
	w := newWorldWith(t, within(24*time.Hour, 24*time.Hour))
	p := w.uncertain(3)
	w.vexora.told = w.unclear
	w.sweepFor(300, time.Hour)
	old := w.stored(p.ID)
	old.Turn = 0
	w.store.Payouts[p.ID] = old
	w.vexora.about = nil
	w.receive(w.claim(old, payout.FoundProcessing))
	w.sweepFor(3, time.Minute)
	if q := w.mustCreate(draft("R2")); q.Status != payout.Queued || len(w.vexora.about) == 0 {
		t.Errorf("the same money is %s, asked about %v", q.Status, w.vexora.about)
	}
}

// A question about an earlier attempt is under way while two people go on, and the next attempt does
// not connect. Its answer is no turn of the new status: an attempt that was paid is asked about first.
func TestAnAnswerOfTheStatusBeforeIsNoTurn(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
	p := w.uncertain(3)
	accepted, resent := w.vexora.answer, false
	w.vexora.told = func(q payout.Payout) payout.Claim {
		switch about := w.vexora.about[len(w.vexora.about)-1]; {
		case about == 2 && !resent:
			resent = true
			w.vexora.mu.Unlock()
			defer w.vexora.mu.Lock()
			w.vexora.answer = w.notSent
			w.resendByTwo(p.ID)
		case about == 1 && resent:
			return w.says(payout.FoundSucceeded)(q)
		}
		return w.unclear(q)
	}
	for n := 0; n < 30 && !resent; n++ {
		w.sweepFor(1, 5*time.Minute)
	}
	w.vexora.answer = accepted
	w.freed()
	sent := len(w.vexora.sent)
	w.sweepFor(20, 30*time.Second)
	if now := w.stored(p.ID); !resent || len(w.vexora.sent) > sent || !slices.Contains(now.Heard, "1.paid") {
		t.Errorf("resent %t, %s, sent %d times more, asked about %v, heard %v", resent, now.Status, len(w.vexora.sent)-sent, w.vexora.about, now.Heard)
	}
}

// Several earlier attempts that no answer settles cost a few questions in a week: the first round
// comes quickly, the later ones less and less often.
func TestSeveralDoubtsCostAFewQuestions(t *testing.T) {
	for _, attempts := range []int{3, 6} {
		w := newWorld(t)
		p := w.uncertain(attempts)
		w.resendByTwo(p.ID)
		for a := payout.FirstAttempt; a <= p.Attempt; a++ {
			old := p
			old.Attempt = a
			w.receive(w.claim(old, payout.FoundProcessing))
		}
		w.vexora.told = w.unclear
		w.vexora.asked = 0
		w.sweepFor(7*24*20, 3*time.Minute)
		if w.vexora.asked < attempts || w.vexora.asked > 20 {
			t.Errorf("%d attempts: asked %d times: %v", attempts, w.vexora.asked, w.vexora.about)
		}
	}
}

// While a provider is taken out of the configuration nobody is asked, so that no attempt has had
// its turn: the next one waits until each was asked about.
func TestWhatNobodyCouldBeAskedIsNoTurn(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
	p := w.uncertain(2)
	accepted := w.vexora.answer
	w.vexora.answer = w.notSent
	w.resendByTwo(p.ID)
	connector := w.connectors[Vexora]
	delete(w.connectors, Vexora)
	w.vexora.about = nil
	before := w.stored(p.ID).Version
	w.sweepFor(240, 15*time.Second)
	if now := w.stored(p.ID); now.Version-before > 40 {
		t.Errorf("%d writes in an hour without a provider", now.Version-before)
	}
	w.connectors[Vexora] = connector
	w.answers(map[payout.Attempt]payout.Finding{1: payout.FoundSucceeded})
	w.vexora.answer = accepted
	w.freed()
	sent := len(w.vexora.sent)
	w.sweepFor(30, 10*time.Minute)
	if now := w.stored(p.ID); len(w.vexora.sent) > sent || !slices.Contains(now.Heard, "1.paid") {
		t.Errorf("%s, sent %d times more, asked about %v, heard %v", now.Status, len(w.vexora.sent)-sent, w.vexora.about, now.Heard)
	}
}

// The provider's own answer is a new word each time, also when a text that says the same is worn out.
func TestAnAnswerIsNeverWornOut(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for n := range 4 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("77", n)
		w.vexora.told = w.says(payout.FoundUnlisted)
		w.receive(c)
		w.sweepFor(2, 10*time.Minute)
		if w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("round %d: safe after an answer that no page lists: %v", n, w.stored(p.ID).Heard)
		}
		w.vexora.told = w.says(payout.FoundFailed)
		w.sweepFor(4, time.Hour)
		if !w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("round %d: not safe: %v", n, w.stored(p.ID).Heard)
		}
	}
	differs := row(1, p, payout.FoundFailed)
	differs.Amount = amount(t, "50001", money.KHR)
	w.importBy(file(Vexora, differs), dara) // asks again, and says nothing itself
	w.vexora.told = w.says(payout.FoundUnlisted)
	w.sweepFor(1, time.Minute)
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("safe after an answer that no page lists: %v", now.Heard)
	}
}

// What files want asked is never later than what was to be asked anyway, and no clock that was ahead
// puts it off.
func TestAFilePutsNoQuestionOff(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.sweepFor(8, 20*time.Second)
	w.importBy(file(Vexora, row(1, p, payout.FoundFailed)), dara) // a doubt, asked about at once
	w.sweepFor(3, 20*time.Second)
	next, asked := w.stored(p.ID).QueryAt, w.vexora.asked
	w.importBy(file(Vexora, row(1, p, payout.FoundFailed)), dara)
	if now := w.stored(p.ID).QueryAt; asked == 0 || next.Sub(w.clock.Now()) > 4*time.Minute || now.After(next) {
		t.Errorf("asked %d times, next at %v, and after the file at %v", asked, next, now)
	}
	q := w.mustCreate(ofMoney("R2", 7000))
	w.receive(w.claim(q, payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.clock.pass(6 * time.Hour)
	w.sweepFor(4, time.Hour)
	w.clock.pass(-9 * time.Hour) // the clock of who asked was ahead
	asked = w.vexora.asked
	w.importBy(file(Vexora, row(1, q, payout.FoundProcessing)), dara)
	w.sweepFor(2, time.Minute)
	if w.vexora.asked == asked {
		t.Errorf("not asked: next at %v, now %v", w.stored(q.ID).QueryAt, w.clock.Now())
	}
}

// A file that brings no new doubt has one question asked, not a round about each uncertain attempt.
func TestAFileBeginsNoNewRound(t *testing.T) {
	w := newWorld(t)
	p := w.uncertain(5)
	w.vexora.told = w.unclear
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara) // a new doubt
	w.sweepFor(300, time.Hour)
	asked := w.vexora.asked
	for range 10 {
		w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		w.sweepFor(6, time.Minute)
	}
	if n := w.vexora.asked - asked; n > 15 { // the first one's is repeated after 15 seconds, and so on
		t.Errorf("ten files had %d questions asked: %v", n, w.vexora.about)
	}
}

// Between the look and the write of an order that has the merchant told again, the notifier begins:
// the order waits for it, and takes nothing from it.
func TestAnOrderToTellAgainWaitsForWhoTellsNow(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.news(p.ID)
	w.store.fault = func(int) fault {
		now := w.store.Payouts[p.ID]
		now.Notice.Lease = payout.Lease{Token: "another", Until: w.clock.Now().Add(time.Minute)}
		w.store.Payouts[p.ID] = now
		return none
	}
	_, err := w.operator.ResendEvent(bg, payout.Order{ID: p.ID, By: dara, Reason: "the merchant lost it", Event: 1})
	if now := w.stored(p.ID); problemOf(err) != payout.OrderBusy || now.Notice.Lease.Token != "another" {
		t.Errorf("%v, told by %q", err, now.Notice.Lease.Token)
	}
}

// However often others have used up what repetitions may do, a true word counts: the provider pays it
// after all, and says so with a text that was heard before.
func TestATrueWordCountsWhateverOthersHaveRepeated(t *testing.T) {
	for _, name := range both {
		for _, others := range []string{"nobody", "files", "new texts", "the same text"} {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.receive(w.claim(p, payout.FoundFailed))
			w.clock.pass(time.Second)
			w.receive(w.claim(p, payout.FoundProcessing)) // late, before the failure is certain
			w.named(name).told = w.says(payout.FoundFailed)
			w.sweepFor(6, 10*time.Minute)
			p = w.stored(p.ID)
			for n := range 6 {
				switch others {
				case "files":
					f := file(name, row(n+1, p, payout.FoundSucceeded))
					f.Hash = fmt.Sprint("h", n)
					w.importBy(f, dara)
				case "new texts":
					c := w.claim(p, payout.FoundUnlisted)
					c.Code = fmt.Sprint("77", n)
					w.receive(c)
				case "the same text":
					w.receive(w.claim(p, payout.FoundProcessing))
				}
				w.sweepFor(6, time.Hour)
			}
			if !w.stored(p.ID).SafeToPayAgain() {
				t.Fatalf("%s, %s: not safe: %v", name, others, w.stored(p.ID).Heard)
			}
			w.named(name).told = w.says(payout.FoundProcessing)
			w.receive(w.claim(p, payout.FoundProcessing))
			w.sweepFor(1, time.Minute)
			if now := w.stored(p.ID); now.SafeToPayAgain() {
				t.Errorf("%s, %s: the provider pays it and says so, and it is safe: %v", name, others, now.Heard)
			}
		}
	}
}

// An answer that may hide a payment, or that it is in progress, is a new word each time, whatever was
// repeated before.
func TestNoKindOfAnswerIsWornOut(t *testing.T) {
	for word, is := range oldWords() {
		if word == "nothing" {
			continue // an answer that tells nothing says nothing
		}
		for _, name := range both {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.receive(w.claim(p, payout.FoundFailed))
			says := func(q payout.Payout) payout.Claim {
				c := w.says(payout.FoundFailed)(q)
				is(&c)
				return c
			}
			for n := range 5 {
				w.named(name).told = says
				w.sweepFor(2, 10*time.Minute)
				w.named(name).told = w.says(payout.FoundFailed)
				w.sweepFor(8, time.Hour)
				if !w.stored(p.ID).SafeToPayAgain() {
					t.Fatalf("%s at %s: not safe: %v", word, name, w.stored(p.ID).Heard)
				}
				c := w.claim(p, payout.FoundUnlisted)
				c.Code = fmt.Sprint("77", n)
				w.receive(c)
			}
			w.sweepFor(8, time.Hour)
			differs := row(1, p, payout.FoundFailed)
			differs.Amount = amount(t, "50001", money.KHR)
			w.named(name).told = says
			w.importBy(file(name, differs), dara) // asks again, and says nothing itself
			w.sweepFor(1, time.Minute)
			if now := w.stored(p.ID); now.SafeToPayAgain() {
				t.Errorf("%s at %s: safe after the provider's own answer: %v", word, name, now.Heard)
			}
		}
	}
}

// While callbacks are only asked about, since a key may have leaked, an old text counts as often.
func TestOneOldTextUsesUpNoRoundsWhileCallbacksAreNotBelieved(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.told = w.says(payout.FoundFailed)
	for range 12 {
		old := w.claim(p, payout.FoundProcessing)
		old.Unbelieved = true
		w.receive(old)
		w.sweepFor(3, 10*time.Minute)
	}
	if now := w.stored(p.ID); wavered(now) > 3 || !now.SafeToPayAgain() {
		t.Errorf("%d times: %v", wavered(now), now.Heard)
	}
}

// Whoever posts a worn-out text each minute has the provider asked every five minutes at most.
func TestAWornOutTextAsksNowAndThen(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.told = w.says(payout.FoundFailed)
	old := w.claim(p, payout.FoundProcessing)
	for range 10 {
		w.receive(old)
		w.sweepFor(3, 10*time.Minute)
	}
	asked, version := w.vexora.asked, w.stored(p.ID).Version
	for range 120 {
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(1, time.Minute)
	}
	if n := w.vexora.asked - asked; n == 0 || n > 25 || w.stored(p.ID).Version-version > 180 {
		t.Errorf("asked %d times in two hours, %d writes", n, w.stored(p.ID).Version-version)
	}
	w.sweepFor(48, time.Hour)
	if now := w.stored(p.ID); !now.SafeToPayAgain() || len(now.Attention) > 0 {
		t.Errorf("safe %t, attention %v", now.SafeToPayAgain(), now.Attention.Reasons())
	}
}

// The provider of an uncertain failure is taken out of the configuration: the same money stays held as
// long as it would be, people know of a doubt, and the personal data goes in time.
func TestAnEndWhoseProviderIsTakenOutHoldsAndCallsAndForgets(t *testing.T) {
	for _, window := range []time.Duration{0, 24 * time.Hour} {
		for _, days := range []int{2, 4, 10, 25} {
			w := newWorldWith(t, within(window, 24*time.Hour))
			d := draftFor(Monetix)
			p := w.mustCreate(d)
			w.receive(w.doubtful(p))
			w.monetix.told = w.unclear
			w.sweepFor(4, time.Minute)
			delete(w.connectors, Monetix)
			for range days * 24 {
				w.sweepFor(1, time.Hour)
				w.store.expire(w.clock.Now())
			}
			d.Reference, d.Provider = "R2", Vexora
			if q := w.mustCreate(d); q.Status != payout.Queued {
				t.Errorf("window %v, after %d days: the same money is %s", window, days, q.Status)
			}
		}
	}
	for _, attempts := range []int{1, 2} {
		w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 100 * 24 * time.Hour })
		p := w.uncertain(attempts)
		old := p
		old.Attempt = 1
		w.receive(w.claim(old, payout.FoundUnlisted))
		delete(w.connectors, Vexora)
		w.sweepFor(30, 24*time.Hour)
		if attempts > 1 && !w.raised(p.ID, payout.DoublePaymentSuspected) {
			t.Errorf("%d attempts: nobody is called: %v", attempts, w.stored(p.ID).Attention.Reasons())
		}
		w.sweepFor(170, 24*time.Hour)
		if now := w.stored(p.ID); now.RedactedAt.IsZero() {
			t.Errorf("%d attempts: not redacted after 200 days", attempts)
		}
	}
}

// One person's file, each minute, has no attempt left out, and no more asked than files may.
func TestFilesStarveNoRound(t *testing.T) {
	w := newWorld(t)
	p := w.uncertain(6)
	w.vexora.told = w.unclear
	w.sweepFor(300, time.Hour)
	fifth := p
	fifth.Attempt = 5
	w.vexora.about = nil
	w.answers(map[payout.Attempt]payout.Finding{5: payout.FoundSucceeded})
	w.receive(w.claim(fifth, payout.FoundProcessing))
	for range 24 * 60 {
		w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		w.sweepFor(1, time.Minute)
	}
	if !slices.Contains(w.vexora.about, 5) || len(w.vexora.about) > 24*12+12 {
		t.Errorf("asked %d times, about attempt 5: %t", len(w.vexora.about), slices.Contains(w.vexora.about, 5))
	}
}
