package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// doubtful is a callback that says "declined" with a code that may hide a payment.
func (w *world) doubtful(p payout.Payout) payout.Claim {
	c := w.claim(p, payout.FoundFailed)
	c.Doubtful, c.Code, c.Raw = true, "10602", []byte(`{"code":10602}`)
	return c
}

// saysDoubtful is a provider that answers so.
func (w *world) saysDoubtful(p payout.Payout) payout.Claim {
	c := w.says(payout.FoundFailed)(p)
	c.Doubtful, c.Code = true, "10602"
	return c
}

func keeps(p payout.Payout, code string) bool {
	for _, e := range p.History {
		if e.ProviderCode == code {
			return true
		}
	}
	return false
}

func TestACodeThatMayHideAPaymentTakesTheCertaintyAway(t *testing.T) {
	for _, during := range []bool{false, true} {
		w := newWorld(t)
		p := w.mustCreate(draftFor(Monetix))
		w.receive(w.claim(p, payout.FoundFailed))
		said := false
		w.monetix.told = func(po payout.Payout) payout.Claim {
			c := w.says(payout.FoundFailed)(po) // the books as they stood
			if during && !said {
				said = true
				w.receive(w.doubtful(p))
			}
			return c
		}
		w.ask()
		if !during {
			w.receive(w.doubtful(p))
		}
		now := w.stored(p.ID)
		if now.SafeToPayAgain() || !keeps(now, "10602") || !now.QueryAt.Equal(w.clock.Now()) {
			t.Errorf("during the question %v: safe %v, kept %v, asked again at %s: %v", during, now.SafeToPayAgain(), keeps(now, "10602"), now.QueryAt, now.Heard)
		}
		w.ask()
		if now = w.stored(p.ID); !now.SafeToPayAgain() {
			t.Errorf("during the question %v: the provider was asked since, and says so for certain: %v", during, now.Heard)
		}
		w.receive(w.doubtful(p)) // may be a late repetition: it counts a few times
		if v := w.receive(w.doubtful(p)); v != payout.Repeated {
			t.Errorf("the same word again: %s", v)
		}
	}
}

func TestACodeThatMayHideAPaymentOfAnOlderAttemptIsKept(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.ask()
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
	w.ask()
	if !w.stored(p.ID).SafeToPayAgain() {
		t.Fatal("setup")
	}
	w.receive(w.doubtful(p))
	if now := w.stored(p.ID); now.SafeToPayAgain() || !keeps(now, "10602") {
		t.Errorf("safe %v, kept %v", now.SafeToPayAgain(), keeps(now, "10602"))
	}
}

// What may yet be paid holds the same money under another reference back, by whichever road
// it came to be so.
func TestAFailureThatIsNotCertainHoldsTheSameMoney(t *testing.T) {
	days := func(w *world, n int) {
		for range n * 24 {
			w.clock.pass(time.Hour)
			w.sweep()
		}
	}
	for name, road := range map[string]func(w *world) payout.Payout{
		"a doubtful answer": func(w *world) payout.Payout {
			w.monetix.told = w.saysDoubtful
			p := w.mustCreate(draftFor(Monetix))
			w.ask()
			return p
		},
		"a doubtful callback": func(w *world) payout.Payout {
			w.monetix.told = w.saysDoubtful
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.doubtful(p))
			w.clock.pass(time.Minute)
			w.sweep()
			return p
		},
		"a doubtful answer, two weeks ago": func(w *world) payout.Payout {
			w.monetix.told = w.saysDoubtful
			p := w.mustCreate(draftFor(Monetix))
			days(w, 14)
			return p
		},
		"a contradiction, six days ago": func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundSucceeded))
			days(w, 6)
			return p
		},
		"a word that took the certainty away, ten days ago": func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundProcessing))
			w.vexora.told = w.says(payout.FoundProcessing)
			days(w, 10)
			return p
		},
		"two people's order": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.vexora.told = w.unclear
			w.clock.pass(25 * time.Hour)
			w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)))
			w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.ResolvedFailed)))
			return p
		},
		"a failure beside another amount": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			c := w.claim(p, payout.FoundSucceeded)
			c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
			w.receive(c)
			w.receive(w.claim(p, payout.FoundFailed))
			w.clock.pass(6 * time.Minute)
			w.sweep()
			return p
		},
	} {
		w := newWorld(t)
		p := w.stored(road(w).ID)
		w.vexora.answer, w.monetix.answer = w.says(payout.FoundProcessing), w.says(payout.FoundProcessing)
		d := draftFor(p.Provider)
		d.Reference = "R2"
		w.clock.pass(5 * time.Second) // a process looks at the shared state that often
		if q := w.mustCreate(d); p.Status != payout.Failed || p.SafeToPayAgain() || q.Status != payout.Queued {
			t.Errorf("%s: the first is %s, safe %v, owed %v, %v; the second is %s", name, p.Status, p.SafeToPayAgain(), p.RecipientOwed, p.Heard, q.Status)
		}
	}
}

func TestACertainFailureHoldsNothing(t *testing.T) {
	w := newWorld(t)
	w.failedForCertain("R1")
	if q := w.another("R2"); q.Status == payout.Queued {
		t.Error("held, though the first is safe to pay again")
	}
}

// A callback about another submission, whose code may hide a payment, is no mere note.
func TestACodeThatMayHideAPaymentOfAnotherNumberTakesTheCertaintyAway(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.ask()
	c := w.doubtful(p)
	c.ProviderID = "another"
	w.receive(c)
	if now := w.stored(p.ID); now.SafeToPayAgain() || !keeps(now, "10602") {
		t.Errorf("safe %v, kept %v", now.SafeToPayAgain(), keeps(now, "10602"))
	}
}
