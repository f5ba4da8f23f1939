package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// notSent is the answer to a submission that found no connection.
func (w *world) notSent(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
}

func (w *world) sweepFor(times int, every time.Duration) {
	for range times {
		w.clock.pass(every)
		w.sweep()
	}
}

// refusedForGood is a documented final refusal of the submission that it answers.
func (w *world) refusedForGood(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
}

// everyWord is everything that may be said of a payout beside the answer to its submission.
func everyWord(t *testing.T) map[string]func(*world, payout.Payout) {
	callback := func(f payout.Finding, change func(*payout.Claim)) func(*world, payout.Payout) {
		return func(w *world, p payout.Payout) {
			c := w.claim(p, f)
			if change != nil {
				change(&c)
			}
			w.receive(c)
		}
	}
	filed := func(f payout.Finding) func(*world, payout.Payout) {
		return func(w *world, p payout.Payout) { w.importBy(file(Monetix, row(2, p, f)), dara) }
	}
	return map[string]func(*world, payout.Payout){
		"processing":                          callback(payout.FoundProcessing, nil),
		"unlisted":                            callback(payout.FoundUnlisted, nil),
		"number taken":                        callback(payout.FoundUnclear, func(c *payout.Claim) { c.Code = "3041" }),
		"failed":                              callback(payout.FoundFailed, nil),
		"failed, in doubt":                    callback(payout.FoundFailed, func(c *payout.Claim) { c.Doubtful = true }),
		"failed, of the first only, in doubt": callback(payout.FoundFailed, func(c *payout.Claim) { c.Doubtful, c.OnlyIfFirst = true, true }),
		"succeeded":                           callback(payout.FoundSucceeded, nil),
		"returned":                            callback(payout.FoundReturned, nil),
		"mismatch":                            callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "500", money.KHR)} }),
		"ambiguous":                           callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Ambiguous = "it could be cut otherwise" }),
		"of another attempt": callback(payout.FoundProcessing, func(c *payout.Claim) {
			id, _, _ := payout.ParseProviderReference(c.Reference)
			c.Reference = string(id.ProviderReference(3))
		}),
		"a file says paid":        filed(payout.FoundSucceeded),
		"a file says in progress": filed(payout.FoundProcessing),
		"a file says failed":      filed(payout.FoundFailed),
	}
}

// safeBeside plays a conclusive refusal of the only submission with a word before or after it,
// and status queries that are not answered.
func safeBeside(t *testing.T, say func(*world, payout.Payout), before bool) bool {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.refusedForGood, w.unclear
	if before {
		w.monetix.during = func() {
			w.monetix.during = nil
			for _, p := range w.store.Payouts {
				say(w, p)
			}
		}
	}
	p := w.mustCreate(draftFor(Monetix))
	if !before {
		say(w, w.stored(p.ID))
	}
	w.sweepFor(1, 6*time.Minute)
	return w.stored(p.ID).SafeToPayAgain()
}

func TestNoWordBeforeAConclusiveRefusalIsWorthLessThanAfterIt(t *testing.T) {
	for name, say := range everyWord(t) {
		t.Run(name, func(t *testing.T) {
			if safeBeside(t, say, true) && !safeBeside(t, say, false) {
				t.Error("safe if it came before the refusal, and not if it came after it")
			}
		})
	}
}

func TestAConclusiveRefusalOfWhatAFileNamedIsAskedAboutFirst(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.notSent, w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.importBy(file(Monetix, row(2, p, payout.FoundSucceeded)), dara)
	w.sweepFor(1, 3*time.Minute)
	w.monetix.answer = w.refusedForGood
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Resend(context.Background(), w.order(p.ID, by, "")))
	}
	if s := w.stored(p.ID); s.Status != payout.Failed || s.SafeToPayAgain() || s.Polls != 0 {
		t.Errorf("%s, safe %v, %d questions; heard %v", s.Status, s.SafeToPayAgain(), s.Polls, s.Heard)
	}
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweepFor(1, 10*time.Minute)
	if s := w.stored(p.ID); !s.SafeToPayAgain() {
		t.Errorf("not safe after the provider's answer; heard %v", s.Heard)
	}
}

// What was said of an attempt that failed before says nothing against the refusal of the next.
func TestAConclusiveRefusalOfASecondAttemptClosesIt(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.says(payout.FoundProcessing)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundUnclear))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweepFor(1, 10*time.Minute)
	w.monetix.answer = w.refusedForGood
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	if s := w.stored(p.ID); s.Attempt != 2 || !s.SafeToPayAgain() {
		t.Errorf("attempt %d %s, safe %v, heard %v", s.Attempt, s.Status, s.SafeToPayAgain(), s.Heard)
	}
}
