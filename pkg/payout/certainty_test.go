package payout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// What takes the certainty of a failure away, and what does not: a callback that does not tell
// what became of the payout, a word that comes late, a word for which the history has no room.
func TestACallbackThatTellsNothingTakesTheCertaintyAway(t *testing.T) {
	for _, f := range []payout.Finding{payout.FoundUnclear, payout.FoundAbsent} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.receive(w.claim(p, f))
		now := w.stored(p.ID)
		if now.SafeToPayAgain() || now.QueryAt.After(w.clock.Now()) || now.QueryAt.IsZero() {
			t.Errorf("%s: safe %v, asked at %v", f, now.SafeToPayAgain(), now.QueryAt)
		}
		w.ask()
		if now = w.stored(p.ID); !now.SafeToPayAgain() {
			t.Errorf("%s: the provider says that it failed, and it is not safe: %v", f, now.Heard)
		}
	}
}

// The same of an attempt that another one followed: it is that one that has to be asked about.
func TestACallbackThatTellsNothingOfAnEarlierAttemptTakesTheCertaintyAway(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	second := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))).Payout
	w.receive(w.claim(second, payout.FoundFailed))
	w.ask()
	if !w.stored(p.ID).SafeToPayAgain() {
		t.Fatal(w.stored(p.ID).Heard)
	}
	w.receive(w.claim(p, payout.FoundUnclear))
	before := len(w.vexora.about)
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("safe: %v", now.Heard)
	}
	w.ask()
	w.ask()
	if now := w.stored(p.ID); !slices.Contains(w.vexora.about[before:], 1) || !now.SafeToPayAgain() {
		t.Errorf("asked about %v; heard %v", w.vexora.about[before:], now.Heard)
	}
}

// While nothing is certain there is nothing to take away.
func TestACallbackThatTellsNothingIsNoDoubtBeforeTheEndIsCertain(t *testing.T) {
	for name, end := range map[string]func(*world, payout.Payout){
		"open":   func(*world, payout.Payout) {},
		"failed": func(w *world, p payout.Payout) { w.receive(w.claim(p, payout.FoundFailed)) },
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		end(w, p)
		before := w.stored(p.ID).Heard
		w.receive(w.claim(p, payout.FoundUnclear))
		if now := w.stored(p.ID); !slices.Equal(now.Heard, before) {
			t.Errorf("%s: heard %v", name, now.Heard)
		}
	}
}

// Whoever holds an old callback must not keep a failure uncertain for ever.
func TestAnOldCallbackThatTellsNothingWearsOut(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for range 6 {
		w.receive(w.claim(p, payout.FoundUnclear))
		w.ask()
	}
	w.receive(w.claim(p, payout.FoundUnclear))
	if now := w.stored(p.ID); now.SafeToPayAgain() || wavered(now) > 3 {
		t.Errorf("the seventh repetition counts, or is not asked about: %v", now.Heard)
	}
	w.sweepFor(6, time.Minute)
	if now := w.stored(p.ID); !now.SafeToPayAgain() {
		t.Errorf("the seventh repetition is not settled by the answer: %+v", now.Inquiries)
	}
	news := w.claim(p, payout.FoundUnclear)
	news.Code = "something else"
	w.receive(news)
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("a new word does not: %v", now.Heard)
	}
}

// "In progress" while the failure is still to be confirmed is the ordinary order of callbacks:
// it holds nobody else's money and moves no status query. When all status queries were used up without
// an answer, it is news, once.
func TestInProgressAfterAFailureThatIsNotConfirmed(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	late := w.claim(p, payout.FoundProcessing)
	late.Code = "late"
	due := w.stored(p.ID).QueryAt
	w.receive(late)
	if now := w.stored(p.ID); !now.QueryAt.Equal(due) || w.another("R2").Status != payout.Processing {
		t.Errorf("asked at %v, before %v; the same money is %s", now.QueryAt, due, w.stored(payout.DeriveID("test", "R2")).Status)
	}

	w.vexora.told = w.unclear
	w.sweepFor(80, time.Hour) // nobody answers
	asked := w.vexora.asked
	if now := w.stored(p.ID); !now.QueryAt.IsZero() {
		t.Fatalf("asked %d times, and again at %v", asked, now.QueryAt)
	}
	w.receive(late)
	if now := w.stored(p.ID); !now.QueryAt.IsZero() {
		t.Error("an old word asks again")
	}
	late.Code = "later"
	w.receive(late)
	if w.stored(p.ID).QueryAt.IsZero() {
		t.Error("nobody is asked about news")
	}
	w.ask()
	w.clock.pass(time.Minute)
	if w.another("R3").Status != payout.Queued {
		t.Error("the same money goes")
	}
}

func TestADoubtIsKeptThoughTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for n := range 40 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	full := w.stored(p.ID)
	c := w.claim(p, payout.FoundProcessing)
	w.receive(c)
	if now := w.stored(p.ID); len(now.Heard) == len(full.Heard) || now.QueryAt.After(w.clock.Now()) {
		t.Errorf("%d entries, %d dropped: heard %v, asked at %v", len(now.History), now.HistoryDropped, now.Heard, now.QueryAt)
	}
}

// A failure is taken away and confirmed again fourteen times at the most.
func TestWhatWaversTooOftenIsNeverSafeAgain(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for n := 1; n <= 17; n++ {
		c := w.claim(p, payout.FoundProcessing)
		c.Code = fmt.Sprint("77", n)
		w.receive(c)
		if w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("safe after %d words in progress", n)
		}
		w.ask()
		if safe := w.stored(p.ID).SafeToPayAgain(); safe != (n < 15) {
			t.Errorf("after %d words and the provider's answer to each: safe %v", n, safe)
		}
	}
}

// A code that may hide a payment, where one was heard before. An answer adds nothing; a callback
// with another code is kept, and asked about.
func TestMoreCodesThatMayHideAPayment(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.saysDoubtful
	w.ask()
	first := w.stored(p.ID)
	if first.SafeToPayAgain() || !keeps(first, "10602") {
		t.Fatalf("%v, history %v", first.Heard, first.History)
	}
	w.clock.pass(time.Minute)
	d := draftFor(Monetix)
	d.Reference = "R2"
	if second := w.mustCreate(d); second.Status != payout.Queued {
		t.Errorf("the same money is %s", second.Status)
	}
	codes := 0
	w.monetix.told = func(p payout.Payout) payout.Claim {
		codes++
		c := w.saysDoubtful(p)
		c.Code = fmt.Sprint("1060", codes)
		return c
	}
	w.ask()
	w.ask()
	if now := w.stored(p.ID); len(now.History) != len(first.History) || codes < 2 {
		t.Errorf("%d answers of one kind left %d entries", codes, len(now.History)-len(first.History))
	}
	other := w.doubtful(p)
	other.Code = "10999"
	w.receive(other)
	now := w.stored(p.ID)
	if !keeps(now, "10999") || now.QueryAt.After(w.clock.Now()) {
		t.Errorf("kept %v, asked at %v", keeps(now, "10999"), now.QueryAt)
	}
	w.ask()
	w.receive(other)
	if again := w.stored(p.ID); len(again.History) != len(now.History) || !again.QueryAt.After(w.clock.Now()) {
		t.Errorf("the same again: %d entries more, asked at %v", len(again.History)-len(now.History), again.QueryAt)
	}
}

// Money came back. The same again, in other words, is no second return; under another number
// it is a payment that we do not know.
func TestAReturnThatIsToldTwice(t *testing.T) {
	for number, contradicts := range map[string]bool{"": false, "the same": false, "another": true} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundReturned))
		again := w.claim(p, payout.FoundReturned)
		again.Code = "in other words"
		if number != "the same" {
			again.ProviderID = number
		}
		w.receive(again)
		if w.contradicted(p.ID) != contradicts {
			t.Errorf("number %q: contradicted %v", number, !contradicts)
		}
	}
}

// A failure of an attempt that was never made is not ours: somebody else may have begun it.
func TestACallbackAboutAnAttemptThatWasNeverMadeSaysSo(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	next := p
	next.Attempt++
	w.receive(w.claim(next, payout.FoundFailed))
	now := w.stored(p.ID)
	if _, called := now.Attention[payout.CallbackMismatch]; !called || now.SafeToPayAgain() {
		t.Errorf("attention %v, safe %v", now.Attention.Reasons(), now.SafeToPayAgain())
	}
}
