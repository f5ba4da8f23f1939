package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// words are what may be said of a payout, and by whom.
var words = map[string]func(w *world, p payout.Payout, f payout.Finding){
	"a plain callback": func(w *world, p payout.Payout, f payout.Finding) { w.receive(w.claim(p, f)) },
	"an ambiguous one": func(w *world, p payout.Payout, f payout.Finding) {
		c := w.claim(p, f)
		c.Ambiguous = "it could be cut otherwise"
		w.receive(c)
	},
	"another amount": func(w *world, p payout.Payout, f payout.Finding) {
		c := w.claim(p, f)
		c.Amounts = []money.Amount{amount(w.t, "500", money.KHR)}
		w.receive(c)
	},
	"a later attempt": func(w *world, p payout.Payout, f payout.Finding) {
		p.Attempt++
		w.receive(w.claim(p, f))
	},
	"a doubtful code": func(w *world, p payout.Payout, f payout.Finding) {
		c := w.claim(p, f)
		c.Doubtful = true
		w.receive(c)
	},
	"a line of a file": func(w *world, p payout.Payout, f payout.Finding) {
		w.importBy(file(p.Provider, row(1, p, f)), dara)
	},
}

// Whatever keeps a queued payout from going by itself does so too if it came while the
// submission was on its way that then was not sent, or after its process was given up.
func TestAWordCountsTheSameBeforeAndAfterNotSent(t *testing.T) {
	for _, provider := range payout.Providers() {
		for _, ask := range []bool{false, true} {
			for who, say := range words {
				for _, f := range []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundUnlisted, payout.FoundUnclear} {
					after := goesByItself(t, provider, ask, "after", func(w *world, p payout.Payout) { say(w, p, f) })
					for _, when := range []string{"before", "before, expired"} {
						if goes := goesByItself(t, provider, ask, when, func(w *world, p payout.Payout) { say(w, p, f) }); goes != after {
							t.Errorf("%s, callbacks asked about %v: %s says %s %s not sent: goes by itself %v, and %v after it", provider, ask, who, f, when, goes, after)
						}
					}
				}
			}
		}
	}
}

// goesByItself reports whether a payout that was not sent is sent later, by nobody's order.
func goesByItself(t *testing.T, provider payout.Provider, ask bool, when string, say func(*world, payout.Payout)) bool {
	t.Helper()
	w := newWorld(t)
	if ask {
		w.pull(dara, askFirst)
	}
	w.vexora.told, w.monetix.told = w.unclear, w.unclear
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		if when == "before, expired" {
			w.clock.pass(61 * time.Second)
			w.sweep() // the process slept: unknown
		}
		if when != "after" {
			say(w, p)
		}
		return w.notSent(p)
	}
	w.monetix.answer = w.vexora.answer
	p := w.mustCreate(draftFor(provider))
	if when == "after" {
		say(w, p)
	}
	w.vexora.answer, w.monetix.answer = w.says(payout.FoundProcessing), w.says(payout.FoundProcessing)
	sent := len(w.vexora.sent) + len(w.monetix.sent)
	w.sweepFor(8, 2*time.Minute)
	return len(w.vexora.sent)+len(w.monetix.sent) > sent
}

// A lost table had begun another attempt. It is asked about, and nobody sends it alone.
func TestAnUnbelievedWordAboutALaterAttemptIsAskedAbout(t *testing.T) {
	for _, ahead := range []payout.Attempt{1, 7} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.pull(dara, askFirst)
		later := p
		later.Attempt += ahead
		w.receive(w.claim(later, payout.FoundSucceeded))
		asked := map[payout.Attempt]bool{}
		w.connectors[Vexora] = &asking{w.vexora, asked}
		w.vexora.told = w.unclear
		w.sweepFor(10, 3*time.Minute)
		if now := w.stored(p.ID); now.SafeToPayAgain() || w.outcomeOf("R1") != payout.OutcomeUnknown || ahead == 1 && !asked[2] {
			t.Errorf("%d ahead: safe %v, asked about %v, heard %v, outcome %s", ahead, now.SafeToPayAgain(), asked, now.Heard, w.outcomeOf("R1"))
		}
		sent := len(w.vexora.sent)
		if _, err := w.operator.Resend(bg, w.order(p.ID, stranger, "")); err == nil || len(w.vexora.sent) > sent {
			t.Errorf("%d ahead: one person has sent it: %v", ahead, err)
		}
	}
}

// asking remembers what the provider was asked about.
type asking struct {
	*provider
	about map[payout.Attempt]bool
}

func (a *asking) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	a.about[about] = true
	return a.provider.Ask(ctx, p, about)
}

func TestAnUnbelievedCodeThatMayHideAPaymentTakesTheCertaintyAway(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.ask()
	w.pull(dara, askFirst)
	w.receive(w.claim(p, payout.FoundFailed))
	if !w.stored(p.ID).SafeToPayAgain() {
		t.Error("a failure takes a failure's certainty away")
	}
	w.receive(w.doubtful(p))
	w.monetix.told = w.unclear
	w.sweepFor(20, time.Hour)
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("safe, though nobody has answered: %v", now.Heard)
	}
}

// Somebody names a payout that was withdrawn, before or after that. It has no final outcome,
// and a person is called when the provider does not answer.
func TestACancelledPayoutThatIsSpokenOfIsNotFinal(t *testing.T) {
	for name, say := range map[string]func(w *world, p payout.Payout){
		"a callback that is not believed": func(w *world, p payout.Payout) {
			w.pull(dara, askFirst)
			w.receive(w.claim(p, payout.FoundSucceeded))
		},
		"one person's file": func(w *world, p payout.Payout) {
			w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		},
		"a callback": func(w *world, p payout.Payout) { w.receive(w.claim(p, payout.FoundSucceeded)) },
	} {
		w := newWorld(t)
		w.vexora.answer, w.vexora.told = w.notSent, w.unclear
		p := w.mustCreate(draft("R1"))
		w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
		if got := w.outcomeOf("R1"); got != payout.OutcomeFinal {
			t.Fatalf("cancelled, outcome %s", got)
		}
		say(w, p)
		w.sweepFor(20, 6*time.Hour)
		now := w.stored(p.ID)
		if _, called := now.Attention[payout.Contradiction]; w.outcomeOf("R1") != payout.OutcomeUnknown || !called {
			t.Errorf("%s: outcome %s, attention %v, heard %v", name, w.outcomeOf("R1"), now.Attention.Reasons(), now.Heard)
		}
		if w.clock.pass(time.Minute); w.another("R2").Status != payout.Queued {
			t.Errorf("%s: the same money goes under another reference", name)
		}
	}
}

// What is shown and what a reused reference is answered come from one reading.
func TestTheOutcomeAfterARestoreIsThatOfTheReading(t *testing.T) {
	before := newWorld(t)
	before.failedForCertain("R1")
	at := before.clock.Now().Add(time.Second)
	w := newWorldWith(t, func(p *payout.Policy) { p.RestoredAt = at })
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(24 * time.Hour)
	same, err := w.create(draft("R1"))
	if got := w.outcomeOf("R1"); err != nil || same.Payout.SafeToPayAgain() || got != payout.OutcomeUnknown {
		t.Errorf("%v: safe %v, outcome %s", err, same.Payout.SafeToPayAgain(), got)
	}
}

// A payout fails, and the provider has not been asked yet. Nobody believes the word that comes
// before or after; until the provider answers, the same money waits.
func TestAnUnbelievedWordBesideAFailureThatIsNotCertainHoldsTheSameMoney(t *testing.T) {
	for _, answers := range []bool{false, true} {
		for _, before := range []bool{false, true} {
			w := newWorld(t)
			p := w.mustCreate(draft("R1"))
			w.vexora.told = w.unclear
			unbelieved := w.claim(p, payout.FoundSucceeded)
			unbelieved.Unbelieved = true
			if before {
				w.receive(unbelieved)
			}
			w.receive(w.claim(p, payout.FoundFailed))
			if !before {
				w.receive(unbelieved)
			}
			if answers {
				w.vexora.told = w.says(payout.FoundFailed)
			}
			w.sweepFor(3, 2*time.Minute)
			want := payout.Queued
			if answers {
				want = payout.Processing
			}
			if second := w.another("R2"); second.Status != want {
				t.Errorf("the provider answers %v, the word came before %v: the same money under R2 is %s, not %s; heard %v", answers, before, second.Status, want, w.stored(p.ID).Heard)
			}
		}
	}
}

// The order of the two words does not matter: one that proves nothing came while the payout was
// in progress, and the failure after it.
func TestAWordThatProvesNothingBeforeAFailureHoldsTheSameMoney(t *testing.T) {
	for _, found := range []payout.Finding{payout.FoundSucceeded, payout.FoundProcessing, payout.FoundUnlisted} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		word := w.claim(p, found)
		word.Unbelieved = true
		w.receive(word)
		w.receive(w.claim(p, payout.FoundFailed)) // not certain until it is asked about
		w.vexora.told = w.unclear
		w.clock.pass(2 * time.Minute)
		w.sweep()
		w.clock.pass(time.Minute) // every function has looked at the shared state
		if second := w.another("R2"); second.Status != payout.Queued {
			t.Errorf("%s: the same money is %s, heard %v", found, second.Status, w.stored(p.ID).Heard)
		}
		w.vexora.told = w.says(payout.FoundFailed)
		w.sweepFor(8, 20*time.Minute)
		if third := w.another("R3"); third.Status != payout.Processing {
			t.Errorf("%s: the failure is certain now, and the same money is %s, heard %v", found, third.Status, w.stored(p.ID).Heard)
		}
	}
}
