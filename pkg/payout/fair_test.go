package payout_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

const (
	honest  payout.Principal = "arn:aws:iam::111122223333:role/payroll"
	insider payout.Principal = "arn:aws:iam::111122223333:role/cashback"
)

// createdBy is a payout that a caller asked for.
func (w *world) createdBy(by payout.Principal, d payout.Draft) payout.Payout {
	w.t.Helper()
	return w.createdAt(w.creator, by, d)
}

func (w *world) createdAt(at *payout.Creator, by payout.Principal, d payout.Draft) payout.Payout {
	w.t.Helper()
	created, err := at.Create(bg, d, by)
	if err != nil {
		w.t.Fatal(err)
	}
	return created.Payout
}

var (
	wrongAccount = payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: "8000"}
	bare403      = payout.Claim{Finding: payout.FoundAboutUs, Uncoded: true}
	noAnswer     = payout.Claim{Finding: payout.FoundUnclear} // a gateway's own error, say
)

// dislikes has Vexora answer every payout whose reference begins with "bad" like this.
func (w *world) dislikes(bad payout.Claim) {
	answer := w.says(payout.FoundProcessing)
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		if strings.HasPrefix(string(p.Reference), "bad") {
			c := bad
			c.At = w.clock.Now()
			return c
		}
		return answer(p)
	}
	w.vexora.told = w.absent // of what was refused the provider knows nothing
}

// stream is what one caller posts that the provider does not like: perSecond at once, in every
// second that every divides, until a second.
type stream struct {
	bad                     payout.Claim
	every, perSecond, until int
}

// TestOneCallerDoesNotHoldUpAllOthers: one caller may create, and posts payouts that the provider
// does not like. Another one runs a payroll of ten minutes beside that.
func TestOneCallerDoesNotHoldUpAllOthers(t *testing.T) {
	t.Parallel()
	const always = 2 * 3600
	for name, s := range map[string]stream{
		"8000, one a second":                 {wrongAccount, 1, 1, always},
		"8000, one in 5 s":                   {wrongAccount, 5, 1, always},
		"8000, one a second, three minutes":  {wrongAccount, 1, 1, 180},
		"8000, two a second, ten minutes":    {wrongAccount, 1, 2, 600},
		"403 without a code, one a second":   {bare403, 1, 1, always},
		"403 without a code, one in 4 s":     {bare403, 4, 1, always},
		"403 without a code, one in 30 s":    {bare403, 30, 1, always},
		"403 without a code, for one minute": {bare403, 1, 1, 60},
		"no answer, one a second":            {noAnswer, 1, 1, always},
		"no answer, one in 30 s":             {noAnswer, 30, 1, always},
		"no answer, for one minute":          {noAnswer, 1, 1, 60},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.dislikes(s.bad)
			s.beside(w, w.creator, 72*60)
			apart := newWorld(t)
			apart.dislikes(s.bad)
			s.beside(apart, apart.elsewhereCreator(), 72*60)
		})
	}
}

// elsewhereCreator is a create of another process. It knows of the others what the shared state says.
func (w *world) elsewhereCreator() *payout.Creator {
	w.t.Helper()
	n := 0
	ports := payout.Ports{
		Store: w.store, Connectors: w.connectors, Signals: w.signals, Keys: w, Now: w.clock.Now,
		Breaker:  payout.NewBreaker(w.store, payout.Floor{Caps: most(w.t)}),
		NewToken: func() string { n++; return fmt.Sprint("elsewhere-", n) },
		Pause:    func(context.Context, time.Duration) {}, People: register,
	}
	creator, err := payout.NewCreator(ports, payout.Policy{Namespace: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return creator
}

// beside runs the payroll beside the stream, which comes in at a creator.
func (s stream) beside(w *world, at *payout.Creator, seconds int) {
	w.t.Helper()
	begun := map[payout.ID]time.Time{}
	for second := range seconds {
		for n := range s.perSecond {
			if second%s.every == 0 && second < s.until {
				w.createdAt(at, insider, ofMoney(fmt.Sprint("bad-", second, "-", n), 100000+s.perSecond*second+n))
			}
		}
		if second%20 == 7 && second < 600 {
			begun[w.createdBy(honest, ofMoney(fmt.Sprint("honest-", second), 1000+second)).ID] = w.clock.Now()
		}
		if second%60 == 59 {
			w.sweep()
		}
		w.clock.pass(time.Second)
		w.judgeHonest(begun)
		if second > 900 && len(begun) == 0 {
			return // all of the payroll is with the provider
		}
	}
}

// judgeHonest looks that none of the payouts waits for long, or for a person.
func (w *world) judgeHonest(begun map[payout.ID]time.Time) {
	w.t.Helper()
	for id, since := range begun {
		p := w.stored(id)
		waited := w.clock.Now().Sub(since)
		if p.Status != payout.Queued {
			delete(begun, id)
			continue
		}
		if waited > 4*time.Minute || len(p.Attention) > 0 {
			w.t.Errorf("%s has waited for %v (%s), attention %v", p.Reference, waited, p.QueuedReason, p.Attention.Reasons())
		}
	}
}

// TestNoStreamHoldsUpOthers: at any rate, for any time, out of one to three processes, beside one
// to three honest callers who at times make a mistake of their own.
func TestNoStreamHoldsUpOthers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(18) {
		r := rand.New(rand.NewPCG(seed, 10))
		w := newWorld(t)
		s := stream{
			bad:   []payout.Claim{wrongAccount, bare403, noAnswer}[r.IntN(3)],
			every: []int{1, 1, 2, 4, 10, 30, 60}[r.IntN(7)], perSecond: 1 + r.IntN(2),
			until: []int{30, 120, 600, 1800}[r.IntN(4)],
		}
		w.dislikes(s.bad)
		processes := []*payout.Creator{w.creator, w.elsewhereCreator(), w.elsewhereCreator()}[:1+r.IntN(3)]
		callers, mistakes := 1+r.IntN(3), []int{0, 0, 3, 10}[r.IntN(4)]
		begun := map[payout.ID]time.Time{}
		for second := range 1500 {
			at := processes[r.IntN(len(processes))]
			for n := range s.perSecond {
				if second%s.every == 0 && second < s.until {
					w.createdAt(at, insider, ofMoney(fmt.Sprint("bad-", second, "-", n), 100000+s.perSecond*second+n))
				}
			}
			if second < 900 && r.IntN(15) == 0 {
				by, name := payout.Principal(fmt.Sprint(honest, r.IntN(callers))), "honest-"
				if r.IntN(100) < mistakes {
					name = "bad-own-"
				}
				p := w.createdAt(processes[r.IntN(len(processes))], by, ofMoney(fmt.Sprint(name, second), 1000+second))
				if name == "honest-" {
					begun[p.ID] = w.clock.Now()
				}
			}
			if second%60 == 59 {
				w.sweep()
			}
			w.clock.pass(time.Second)
			if w.judgeHonest(begun); t.Failed() {
				t.Fatalf("seed %d: %+v, %d processes, %d callers, %d %% mistakes", seed, s, len(processes), callers, mistakes)
			}
		}
	}
}

// TestAnOutageStopsAllCallers: nobody is well, and little is sent, whether the provider answers
// without telling anything, or not at all.
func TestAnOutageStopsAllCallers(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]payout.Claim{"8000": wrongAccount, "no answer": noAnswer} {
		for _, processes := range []int{1, 3} {
			for _, callers := range []int{1, 2, 5} {
				sent := sentIntoAnOutage(t, bad, processes, callers)
				// Each process and caller may learn for himself, and tries again now and then.
				if sent > 25*processes*callers+25 {
					t.Errorf("%s, %d processes, %d callers: %d of 900 were sent into an outage", name, processes, callers, sent)
				} else {
					t.Logf("%s, %d processes, %d callers: %d sent", name, processes, callers, sent)
				}
			}
		}
	}
}

// sentIntoAnOutage is how many of 900 payouts are sent in the fifteen minutes of an outage.
func sentIntoAnOutage(t *testing.T, bad payout.Claim, processes, callers int) int {
	t.Helper()
	w := newWorld(t)
	all := []*payout.Creator{w.creator, w.elsewhereCreator(), w.elsewhereCreator()}[:processes]
	r := rand.New(rand.NewPCG(uint64(callers), uint64(processes)))
	create := func(prefix string, n int) {
		w.createdAt(all[r.IntN(processes)], payout.Principal(fmt.Sprint(honest, r.IntN(callers))), ofMoney(fmt.Sprint(prefix, n), 1000+n))
	}
	for n := range 60 {
		create("before-", n)
	}
	w.vexora.told = w.unclear
	w.vexora.answer = func(payout.Payout) payout.Claim { c := bad; c.At = w.clock.Now(); return c }
	before := len(w.vexora.sent)
	for second := range 900 {
		create("during-", 100+second)
		if second%60 == 59 {
			w.sweep()
		}
		w.clock.pass(time.Second)
	}
	return len(w.vexora.sent) - before
}
