package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// returnsTold is how many returns the merchant was told of.
func returnsTold(p payout.Payout) (n int) {
	for _, e := range p.Events() {
		if e.Type == payout.EventReturned {
			n++
		}
	}
	return n
}

// Whoever is told that the money came back may pay again. So he is told once of what the payout
// counts as returned by, and of nothing that somebody only said.
func TestAReturnIsToldOnceAndNothingElseIs(t *testing.T) {
	for name, test := range map[string]struct {
		road func(w *world) payout.Payout
		want int
	}{
		"a callback": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.receive(w.claim(p, payout.FoundReturned))
			return p
		}, 1},
		"a callback, and an answer": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.monetix.told = w.says(payout.FoundReturned)
			w.receive(w.claim(p, payout.FoundReturned))
			return p
		}, 1},
		"an unbelieved callback, and an answer": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.monetix.told = w.says(payout.FoundReturned)
			w.receive(unbelieved(w.claim(p, payout.FoundReturned)))
			return p
		}, 1},
		"an unbelieved callback that no answer bears out": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.monetix.told = w.says(payout.FoundSucceeded)
			w.receive(unbelieved(w.claim(p, payout.FoundReturned)))
			return p
		}, 0},
		"another amount": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			c := w.claim(p, payout.FoundReturned)
			c.Amounts = []money.Amount{amount(w.t, "500", money.KHR)}
			w.receive(c)
			return p
		}, 0},
		"an earlier attempt": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundFailed))
			w.clock.pass(2 * time.Minute)
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			second := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))).Payout
			w.receive(w.claim(second, payout.FoundSucceeded))
			w.receive(w.claim(p, payout.FoundReturned))
			return p
		}, 0},
		"another number, after a return": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.receive(w.claim(p, payout.FoundReturned))
			c := w.claim(p, payout.FoundReturned)
			c.ProviderID = "N-other"
			w.receive(c)
			return p
		}, 1},
	} {
		w := newWorld(t)
		p := test.road(w)
		w.sweepFor(30, 30*time.Minute)
		now := w.stored(p.ID)
		if n := returnsTold(now); n != test.want || n != map[bool]int{true: 1}[now.Return != nil] {
			t.Errorf("%s: %s, told of %d returns, returned %v, attention %v", name, now.Status, n, now.Return != nil, now.Attention)
		}
	}
}

// unbelieved is a callback that came while nobody believes any.
func unbelieved(c payout.Claim) payout.Claim {
	c.Unbelieved = true
	return c
}

// An answer that says "returned" of something else does not bear out a callback of later.
func TestAnAnswerAboutSomethingElseConfirmsNoReturn(t *testing.T) {
	for _, about := range []string{"nothing", "another amount"} {
		w := newWorld(t)
		p := w.mustCreate(draftFor(Monetix))
		w.monetix.told = w.says(payout.FoundSucceeded)
		if about != "nothing" {
			w.monetix.told = func(q payout.Payout) payout.Claim {
				c := w.says(payout.FoundReturned)(q)
				c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
				return c
			}
		}
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.sweepFor(2, 6*time.Minute)
		w.monetix.told = w.says(payout.FoundSucceeded)
		w.sweepFor(5, 20*time.Minute)
		if len(w.stored(p.ID).Attention) > 0 {
			w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
			w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
		}
		w.receive(w.claim(p, payout.FoundReturned))
		w.sweepFor(60, 30*time.Minute)
		now := w.stored(p.ID)
		if _, contradicted := now.Attention[payout.Contradiction]; !contradicted || now.NextAction(payout.Returned) != "it is said that the money came back: ask the provider; do not pay again before it answers that it did" {
			t.Errorf("after an answer about %s: %v, next %q", about, now.Attention, now.NextAction(payout.Returned))
		}
	}
}
