package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func TestResendIgnoresTheSameMoney(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.says(payout.FoundNotSent), w.absent
	p := w.mustCreate(draft("P")) // queued, not connected
	w.vexora.answer = w.unclear
	w.mustCreate(draft("A")) // the same money, unknown
	w.vexora.answer = w.says(payout.FoundProcessing)
	sent := len(w.vexora.sent)
	if _, err := w.operator.Resend(bg, w.order(p.ID, stranger, "")); problemOf(err) != payout.OrderNotPossible || len(w.vexora.sent) != sent {
		t.Errorf("sent by one person, who was told of no duplicate: %v", err)
	}
	if stored := w.stored(p.ID); stored.SimilarTo == "" {
		t.Error("the payout does not show the other one")
	}
	w.must(w.operator.Resend(bg, w.order(p.ID, stranger, ""))) // who has seen it orders it again
	if len(w.vexora.sent) != sent+1 {
		t.Error("the order was not carried out")
	}
}

func TestNewAttemptIgnoresTheSameMoneyPaidMeanwhile(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = 24 * time.Hour })
	p := w.failedForCertain("R1")
	second := w.another("R2") // safe to pay again: the merchant does
	if second.Status == payout.Queued {
		second = w.must(w.operator.Resend(bg, w.order(second.ID, dara, ""))).Payout
	}
	w.receive(w.claim(second, payout.FoundSucceeded))
	sent := len(w.vexora.sent)
	if _, err := w.operator.Resend(bg, w.order(p.ID, stranger, "")); problemOf(err) != payout.OrderNotPossible || len(w.vexora.sent) != sent {
		t.Errorf("sent by one person, and %s is paid: %v", second.Reference, err)
	}
}

func TestWindowCountsFromCreation(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = 10 * time.Minute })
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.mustCreate(draft("R1"))
	w.clock.pass(30 * time.Minute)
	w.over(payout.Floor{})
	w.sweep()
	w.receive(w.claim(p, payout.FoundSucceeded)) // paid now
	w.clock.pass(time.Minute)
	if q := w.another("R2"); q.Status != payout.Queued {
		t.Errorf("%s: the same money was paid a minute ago", q.Status)
	}
}

func TestFullHistoryForgetsANewMismatch(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	other := func(minor int64) payout.Claim {
		c := w.claim(p, payout.FoundSucceeded)
		a, _ := money.New(minor, money.KHR)
		c.Amounts = []money.Amount{a}
		return c
	}
	for n := range 50 {
		w.receive(other(int64(100 + n)))
	}
	before := w.stored(p.ID)
	v := w.receive(other(4_999_900))
	after := w.stored(p.ID)
	if after.Version == before.Version {
		t.Errorf("%s: acknowledged, and neither kept nor counted (%d entries, %d dropped)", v, len(after.History), after.HistoryDropped)
	}
}

func TestFullHistoryReviewConfirmsWhatNobodySaw(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 50 {
		c := w.claim(p, payout.FoundFailed)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	c := w.claim(p, payout.FoundFailed)
	c.Code = "a new word"
	v := w.receive(c)
	if done := w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed))); !done.Awaiting {
		t.Errorf("reviewed, though a new word came in between (%s)", v)
	}
}

func TestSequenceWithAFullHistory(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1"))
	for n := range 60 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	seen := w.stored(p.ID).Sequence()
	c := w.claim(p, payout.FoundSucceeded)
	c.Amounts = []money.Amount{amount(t, "1", money.KHR)}
	w.receive(c)
	c.Amounts = []money.Amount{amount(t, "2", money.KHR)}
	w.receive(c)
	order := w.order(p.ID, dara, "")
	order.Sequence = seen
	st := w.stored(p.ID)
	if _, err := w.operator.Resend(bg, order); problemOf(err) != payout.OrderOutdated {
		t.Errorf("accepted (%v); sequence %d then, %d now, dropped %d, heard %v", err, seen, st.Sequence(), st.HistoryDropped, st.Heard)
	}
}

// The callback says processing, then our own POST's answer is a refusal.
func TestRefusalAfterAProcessingCallback(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = func(p payout.Payout) payout.Claim {
		w.receive(w.claim(p, payout.FoundProcessing))
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	p := w.mustCreate(draftFor(Monetix))
	if st := w.stored(p.ID); st.SafeToPayAgain() {
		t.Errorf("safe: %s; a verified callback has just said processing; next question %v", st.Status, st.QueryAt)
	}
}

// Doubt raised during the LAST confirming status query of an end: is it asked about again?
func TestReopenLostDuringAQuestion(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.duringQuery(func() {
		c := w.claim(p, payout.FoundUnlisted)
		w.receive(c)
	})
	w.ask()
	asked := w.vexora.asked
	for range 10 {
		w.ask()
	}
	if w.vexora.asked == asked {
		t.Errorf("an unlisted word came while the question was under way, and nobody asks about it: %v", w.stored(p.ID).Attention)
	}
}
