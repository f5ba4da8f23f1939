package payout_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// What is doubted holds the same money, whatever became of the attempt after it.
func TestADoubtBesideAnotherAttemptHoldsTheSameMoney(t *testing.T) {
	ends := map[string]func(w *world, p payout.Payout){
		"waits":          func(*world, payout.Payout) {},
		"is withdrawn":   func(w *world, p payout.Payout) { w.cancelByTwo(p.ID) },
		"goes and fails": nil,
	}
	for name, end := range ends {
		for _, finding := range []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded} {
			w := newWorld(t)
			p := w.failedForCertain("R1")
			w.vexora.answer = w.notSent
			if end == nil {
				w.vexora.answer = w.says(payout.FoundProcessing)
			}
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			w.receive(w.claim(p, finding)) // about the first attempt
			w.vexora.told = w.unclear
			if end == nil {
				w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
			} else {
				end(w, p)
			}
			w.sweepFor(10, 3*time.Minute)
			w.vexora.answer = w.says(payout.FoundProcessing)
			if second := w.another("R2"); second.Status != payout.Queued {
				now := w.stored(p.ID)
				t.Errorf("the first is %s, the next %s: %s, owed %v, heard %v; the same money is %s", finding, name, now.Status, now.RecipientOwed, now.Heard, second.Status)
			}
		}
	}
}

// A callback that nobody looks beside does what a look and a decision would have done, after
// any history.
func TestTheWriteWithoutALookDoesWhatADecisionDoes(t *testing.T) {
	t.Parallel()
	histories := 2000
	if racing {
		histories = 200
	}
	for seed := range histories {
		w := newWorld(t)
		p, log := w.anyHistory(rand.New(rand.NewPCG(uint64(seed), 7)))
		before := w.stored(p.ID)
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		short := w.anyCallback(r, before)
		long := short
		long.Raw = bytes.Repeat([]byte("x"), 5000) // too long for a write without a look
		backup := maps.Clone(w.store.Payouts)
		w.receive(short)
		blind := w.stored(p.ID)
		w.store.Payouts = backup
		w.receive(long)
		looked := w.stored(p.ID)
		if a, b := gist(blind), gist(looked); a != b && blind.Status != before.Status { // else: other bytes leave another trace
			t.Errorf("seed %d: %s; then %s about %s\nblind  %s\nlooked %s", seed, strings.Join(log, ", "), short.Finding, short.Reference, a, b)
		}
	}
}

// gist is all that counts of a payout, its bodies aside.
func gist(p payout.Payout) string {
	return fmt.Sprint(p.Status, p.Heard, p.Attention.Reasons(), " owed ", p.RecipientOwed, " polls ", p.Polls, p.QueryAt, p.Sent,
		p.Failure, p.Return, p.ProviderID, p.Lease, p.QueuedReason, p.Proposal.Action, p.AskedAt, len(p.History))
}

// anyHistory is a payout of which anything has become, and how.
func (w *world) anyHistory(r *rand.Rand) (payout.Payout, []string) {
	findings := append([]payout.Finding{payout.FoundNotSent, payout.FoundAboutUs}, statedOrNot...)
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		c := w.says(findings[r.IntN(len(findings))])(p)
		c.Doubtful, c.Conclusive = c.Finding == payout.FoundFailed && r.IntN(4) == 0, r.IntN(3) == 0
		return c
	}
	w.vexora.told = func(p payout.Payout) payout.Claim { return w.says(statedOrNot[r.IntN(len(statedOrNot))])(p) }
	w.monetix.answer, w.monetix.told = w.vexora.answer, w.vexora.told
	p := w.mustCreate(draftFor(payout.Providers()[r.IntN(2)]))
	var log []string
	steps := map[string]func(){
		"callback": func() { w.receive(w.anyCallback(r, w.stored(p.ID))) },
		"sweep":    w.sweep,
		"resend": func() {
			if o, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err == nil && o.Awaiting {
				_, _ = w.operator.Resend(bg, w.order(p.ID, bopha, ""))
			}
		},
		"review": func() {
			_, _ = w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed))
			_, _ = w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed))
		},
	}
	names := []string{"callback", "callback", "sweep", "sweep", "resend", "review"}
	for range 2 + r.IntN(9) {
		w.clock.pass(time.Duration(1+r.IntN(2000)) * time.Second)
		name := names[r.IntN(len(names))]
		steps[name]()
		log = append(log, name)
	}
	w.clock.pass(time.Second)
	return p, log
}

var statedOrNot = []payout.Finding{
	payout.FoundProcessing, payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundUnlisted, payout.FoundAbsent, payout.FoundUnclear,
}

// anyCallback is a verified callback about any attempt of a payout.
func (w *world) anyCallback(r *rand.Rand, p payout.Payout) payout.Claim {
	about := p
	if r.IntN(3) == 0 {
		about.Attempt = max(1, p.Attempt-1+payout.Attempt(r.IntN(3)))
	}
	c := w.claim(about, statedOrNot[r.IntN(len(statedOrNot))])
	c.ProviderID, c.OnlyIfFirst = p.ProviderID, r.IntN(6) == 0
	c.Doubtful = c.Finding == payout.FoundFailed && r.IntN(5) == 0
	if r.IntN(8) == 0 {
		c.Amounts = []money.Amount{amount(w.t, "500", money.KHR)}
	}
	return c
}
