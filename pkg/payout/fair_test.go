package payout_test

import (
	"fmt"
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
	created, err := w.creator.Create(bg, d, by)
	if err != nil {
		w.t.Fatal(err)
	}
	return created.Payout
}

var (
	wrongAccount = payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: "8000"}
	bare403      = payout.Claim{Finding: payout.FoundAboutUs, Uncoded: true}
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
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.dislikes(s.bad)
			s.beside(w, 72*60)
		})
	}
}

// beside runs the payroll beside the stream, and says what became of it.
func (s stream) beside(w *world, seconds int) {
	begun := map[payout.ID]time.Time{}
	for second := range seconds {
		for n := range s.perSecond {
			if second%s.every == 0 && second < s.until {
				w.createdBy(insider, ofMoney(fmt.Sprint("bad-", second, "-", n), 100000+s.perSecond*second+n))
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
			w.t.Fatalf("%s has waited for %v (%s), attention %v", p.Reference, waited, p.QueuedReason, p.Attention.Reasons())
		}
	}
}
