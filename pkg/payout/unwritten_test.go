package payout_test

import (
	"fmt"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// withoutRoom fills the history of a payout with words of its provider, and says how many more
// were counted.
func (w *world) withoutRoom(id payout.ID, counted int) {
	w.t.Helper()
	full := w.stored(id)
	for n := range 30 {
		full.History = append(full.History, payout.Entry{
			At: w.clock.Now(), Source: payout.FromCallback, Status: full.Status, Finding: payout.FoundFailed, ClaimKey: fmt.Sprint("k", n),
		})
	}
	full.HistoryDropped = counted
	w.store.Payouts[id] = full
}

// However many words were counted: a new one leaves a mark, so that a status query that began before
// it closes nothing.
func TestANewWordWithoutRoomIsSeenByAQuestion(t *testing.T) {
	for _, counted := range []int{0, 29, 30, 3000} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		w.withoutRoom(p.ID, counted)
		w.vexora.told = w.says(payout.FoundFailed)
		var v payout.Verdict
		w.duringQuery(func() { v = w.receive(w.claim(p, payout.FoundProcessing)) })
		w.ask()
		if s := w.stored(p.ID); s.SafeToPayAgain() {
			t.Errorf("%d counted: safe by a question during which the provider said 'in progress' (%s); %d counted now", counted, v, s.HistoryDropped)
		}
	}
}

// The same of two people: the second one has not seen what the provider said meanwhile.
func TestANewWordWithoutRoomIsSeenByTwoPeople(t *testing.T) {
	for _, counted := range []int{0, 29, 30, 3000} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		w.withoutRoom(p.ID, counted)
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		v := w.receive(w.claim(p, payout.FoundProcessing))
		if done := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); !done.Awaiting {
			t.Errorf("%d counted: two people sent it again over a word between them (%s)", counted, v)
		}
	}
}

// The bound is against what one word or one signature can be made to say for ever.
func TestWhatAnybodyCouldRepeatIsCountedAFewTimesOnly(t *testing.T) {
	for name, word := range map[string]func(w *world, p payout.Payout, n int) payout.Claim{
		"a word that found no room, in other bytes": func(w *world, p payout.Payout, n int) payout.Claim {
			c := w.claim(p, payout.FoundProcessing)
			c.Raw = filled(100 + n)
			return c
		},
		"a failure under another number, in other bytes": func(w *world, p payout.Payout, n int) payout.Claim {
			c := w.claim(p, payout.FoundFailed)
			c.ProviderID, c.Raw = "another", filled(100+n)
			return c
		},
		"texts that could be cut otherwise": func(w *world, p payout.Payout, n int) payout.Claim { return w.ambiguous(p, fmt.Sprint(n)) },
		"texts while no callback is believed": func(w *world, p payout.Payout, n int) payout.Claim {
			c := w.claim(p, payout.FoundProcessing)
			c.Unbelieved, c.Code, c.Raw = true, fmt.Sprint("c", n), filled(100+n)
			return c
		},
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		w.withoutRoom(p.ID, 0)
		for n := range 100 {
			if n%20 == 0 {
				w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			}
			w.receive(word(w, p, n))
		}
		if s := w.stored(p.ID); s.HistoryDropped > 31 || len(s.Unwritten) > 1 {
			t.Errorf("%s: %d counted, %d remembered", name, s.HistoryDropped, len(s.Unwritten))
		}
	}
}

// The keys that are remembered are bounded, and the latest are among them.
func TestTheLatestWordsWithoutRoomAreRemembered(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.withoutRoom(p.ID, 0)
	word := func(n int) payout.Claim {
		c := w.claim(p, payout.FoundProcessing)
		c.Code, c.Raw = fmt.Sprint("c", n), filled(100+n)
		return c
	}
	for n := range 50 {
		w.receive(word(n))
	}
	full := w.stored(p.ID)
	if len(full.Unwritten) != 30 || full.HistoryDropped != 50 {
		t.Fatalf("%d remembered, %d counted", len(full.Unwritten), full.HistoryDropped)
	}
	w.receive(word(49))
	if s := w.stored(p.ID); s.HistoryDropped != 50 {
		t.Errorf("the last one was taken for new: %d counted", s.HistoryDropped)
	}
}
