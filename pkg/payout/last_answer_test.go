package payout_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// whatever does something at random that a provider, its callbacks, a file or people may do, and
// says what it was.
func (w *world) whatever(r *rand.Rand, name payout.Provider, id payout.ID) string {
	said := []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundUnlisted}[r.IntN(5)]
	p, pr := w.stored(id), w.named(name)
	switch r.IntN(8) {
	case 0, 1:
		w.receive(w.claim(p, said))
		return "callback " + string(said)
	case 2:
		w.receive(unbelieved(w.claim(p, said)))
		return "unbelieved callback " + string(said)
	case 3:
		s := file(name, row(1, p, said))
		w.clock.pass(2 * time.Minute)
		w.importBy(s, dara)
		w.sweepFor(2, 5*time.Minute)
		w.importBy(s, bopha)
		return "file of two " + string(said)
	case 4:
		pr.told = w.says(said)
		return "answers " + string(said)
	case 5:
		pr.told = w.unclear
		return "answers nothing"
	case 6:
		_, err1 := w.operator.Resend(bg, w.order(id, dara, ""))
		_, err2 := w.operator.Resend(bg, w.order(id, bopha, ""))
		return fmt.Sprint("resend ", err1 == nil, err2 == nil)
	}
	as := []payout.Resolution{payout.ResolvedFailed, payout.ResolvedSucceeded, payout.Reviewed}[r.IntN(3)]
	_, err1 := w.operator.Resolve(bg, w.order(id, dara, as))
	_, err2 := w.operator.Resolve(bg, w.order(id, bopha, as))
	return fmt.Sprint("resolve ", as, err1 == nil, err2 == nil)
}

// From some moment on the provider gives one answer. If it was asked, either the payout counts as
// that, or people are called for money; and nobody is told to pay again unless it says returned.
func TestWhatAPayoutCountsAsAgreesWithTheLastAnswer(t *testing.T) {
	counts := map[payout.Finding]string{payout.FoundSucceeded: "succeeded", payout.FoundFailed: "failed", payout.FoundReturned: "returned"}
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		name, w := both[r.IntN(2)], newWorld(t)
		pr := w.named(name)
		pr.answer = []func(payout.Payout) payout.Claim{w.unclear, w.says(payout.FoundProcessing), w.notSent, w.says(payout.FoundFailed)}[r.IntN(4)]
		pr.told = w.unclear
		id := w.mustCreate(draftFor(name)).ID
		var happened []string
		for range 1 + r.IntN(7) {
			happened = append(happened, w.whatever(r, name, id))
			w.sweepFor(r.IntN(4), time.Duration(1+r.IntN(40))*time.Minute)
		}
		before := w.stored(id)
		last := []payout.Finding{payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned}[r.IntN(3)]
		pr.told = w.says(last)
		w.sweepFor(80, time.Hour)
		now := w.stored(id)
		if !now.AnsweredAt.After(before.AnsweredAt) {
			continue // it rested: nobody asked
		}
		is, called, pay := string(now.Status), false, last != payout.FoundFailed && now.SafeToPayAgain()
		if now.Return != nil {
			is = "returned"
		}
		for _, reason := range now.Attention.Reasons() {
			called = called || reason == payout.Contradiction || reason == payout.CallbackMismatch || reason == payout.DoublePaymentSuspected
			pay = pay || last != payout.FoundReturned && strings.HasPrefix(now.NextAction(reason), "the money came back")
		}
		if len(now.Attention) > 0 && now.Outcome() != payout.OutcomeUnknown {
			t.Errorf("seed %d: %s is said with attention %v", seed, now.Outcome(), now.Attention.Reasons())
		}
		if is != counts[last] && !called || pay {
			t.Errorf("seed %d, %s: %v; it answers %s, and the payout counts as %s, attention %v, told to pay %t", seed, name, happened, last, is, now.Attention.Reasons(), pay)
		}
	}
}
