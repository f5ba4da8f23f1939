package payout_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// says is a provider's answer of one finding.
func (w *world) says(f payout.Finding) func(payout.Payout) payout.Claim {
	return func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: f, ProviderID: "N-" + string(p.ID[:6]), Code: codeFor(f), At: w.clock.Now()}
	}
}

// ask has the sweep ask, late enough for every lease to be over.
func (w *world) ask() {
	w.clock.pass(6 * time.Minute)
	w.sweep()
}

// failedForCertain is a Vexora payout whose failure came by a callback and was confirmed.
func (w *world) failedForCertain(reference string) payout.Payout {
	w.t.Helper()
	p := w.mustCreate(draft(reference))
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	stored := w.stored(p.ID)
	if !stored.SafeToPayAgain() {
		w.t.Fatalf("%s, heard %v", stored.Status, stored.Heard)
	}
	return stored
}

// TestSafeToPayAgainByTheContractsTable is the table of the contract, and what takes
// safety away.
func TestSafeToPayAgainByTheContractsTable(t *testing.T) {
	ctx := context.Background()
	byTwo := func(w *world, p payout.Payout) payout.Payout {
		w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
		return w.must(w.operator.Resend(ctx, w.order(p.ID, bopha, ""))).Payout
	}
	refusal := func(w *world) func(payout.Payout) payout.Claim {
		return func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
		}
	}
	otherAmount := func(w *world, p payout.Payout) payout.Claim {
		c := w.claim(p, payout.FoundSucceeded)
		c.Amounts = []money.Amount{amount(w.t, "500", money.KHR)}
		return c
	}
	tests := map[string]struct {
		play func(w *world) payout.Payout
		safe bool
	}{
		"Vexora fails by callback and by query": {func(w *world) payout.Payout { return w.failedForCertain("R1") }, true},
		"Vexora fails by callback alone": {func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			return p
		}, false},
		"Monetix declines by callback and by query": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundFailed))
			w.monetix.told = w.says(payout.FoundFailed)
			w.ask()
			return p
		}, true},
		"Monetix was sent twice, and a query says decline": {func(w *world) payout.Payout {
			accepted := w.monetix.answer
			w.monetix.answer = w.unclear
			p := w.mustCreate(draftFor(Monetix))
			w.monetix.answer = accepted
			w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
			w.monetix.told = w.says(payout.FoundFailed)
			w.ask()
			return p
		}, true},
		"Monetix refuses the only submission": {func(w *world) payout.Payout {
			w.monetix.answer = refusal(w)
			return w.mustCreate(draftFor(Monetix))
		}, true},
		"Monetix refuses the second submission": {func(w *world) payout.Payout {
			w.monetix.answer = w.unclear
			p := w.mustCreate(draftFor(Monetix))
			w.monetix.answer = refusal(w)
			w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
			return p
		}, false},
		"Vexora was sent twice": {func(w *world) payout.Payout {
			w.vexora.answer = w.unclear
			p := w.mustCreate(draft("R1"))
			byTwo(w, p)
			w.vexora.told = w.says(payout.FoundFailed)
			w.ask()
			w.ask()
			return p
		}, false},
		"people resolved it": {func(w *world) payout.Payout {
			w.vexora.answer = w.unclear
			p := w.mustCreate(draft("R1"))
			w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.ResolvedFailed)))
			w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, payout.ResolvedFailed)))
			w.vexora.told = w.says(payout.FoundFailed)
			w.ask()
			return p
		}, false},
		"a code that may hide a payment": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.monetix.told = func(p payout.Payout) payout.Claim {
				c := w.says(payout.FoundFailed)(p)
				c.Doubtful = true
				return c
			}
			w.receive(w.claim(p, payout.FoundFailed))
			w.ask()
			return p
		}, false},
		"a query that began before the lease was over": {func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundUnlisted))
			w.vexora.told = w.says(payout.FoundFailed)
			w.clock.pass(20 * time.Second)
			w.sweep()
			return p
		}, false},
		"then a success of another amount": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(otherAmount(w, p))
			w.ask()
			return p
		}, false},
		"then a success of an attempt that was never made": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			c := w.claim(p, payout.FoundSucceeded)
			c.Reference = string(p.ID.ProviderReference(7))
			w.receive(c)
			w.ask()
			return p
		}, false},
		"then an unlisted status": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundUnlisted))
			return p
		}, false},
		"then an unlisted status, asked about again": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundUnlisted))
			w.ask()
			return p
		}, true},
		"then processing": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundProcessing))
			return p
		}, false},
		"then processing, asked about again": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundProcessing))
			w.ask()
			return p
		}, true},
		"processing before the confirmation": {func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			w.receive(w.claim(p, payout.FoundProcessing))
			w.vexora.told = w.says(payout.FoundFailed)
			w.ask()
			return p
		}, true},
		"a contradiction, reviewed, and confirmed once more": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.Reviewed)))
			w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, payout.Reviewed)))
			w.ask()
			return p
		}, false},
		"two attempts, both certain": {func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			again := w.must(w.operator.Resend(ctx, w.order(p.ID, dara, ""))).Payout
			w.receive(w.claim(again, payout.FoundFailed))
			w.ask()
			return p
		}, true},
		"two attempts, the first one never certain": {func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			again := byTwo(w, p)
			w.receive(w.claim(again, payout.FoundFailed))
			w.vexora.told = w.says(payout.FoundFailed)
			w.ask()
			return p
		}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.stored(test.play(w).ID)
			if p.Status != payout.Failed && test.safe || p.SafeToPayAgain() != test.safe {
				t.Errorf("%s, safe %v, heard %v", p.Status, p.SafeToPayAgain(), p.Heard)
			}
			confirmed := slices.ContainsFunc(p.Events(), func(e payout.Event) bool { return e.Type == payout.EventFailureConfirmed })
			if test.safe && !confirmed {
				t.Errorf("nobody is told: %v", p.Events())
			}
		})
	}
}

func TestAnItemOfTheTimeBeforeFactsIsNeverSafe(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	p.Heard = slices.DeleteFunc(slices.Clone(p.Heard), func(f payout.Fact) bool { return f == "1.sent" })
	if p.SafeToPayAgain() {
		t.Error("safe")
	}
}

func TestFactsAreWrittenWhenTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for n := range 60 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	full := w.stored(p.ID)
	c := w.claim(p, payout.FoundSucceeded)
	c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
	w.receive(c)
	after := w.stored(p.ID)
	if len(after.History) > payout.HistoryLimit || !slices.Contains(after.Heard, "1.mismatch") {
		t.Errorf("%d entries before, %d after, heard %v", len(full.History), len(after.History), after.Heard)
	}
	w.receive(c)
	if again := w.stored(p.ID); len(again.History) != len(after.History) || again.HistoryDropped != after.HistoryDropped || len(again.Heard) != len(after.Heard) {
		t.Errorf("the repetition was written again: %d entries, %d dropped", len(again.History), again.HistoryDropped)
	}
}

// The first case of the issue, as it was seen.
func TestWhatASweepWouldSendIsHeldByAWordAboutAnEarlierAttempt(t *testing.T) {
	for name, f := range map[string]payout.Finding{"paid": payout.FoundSucceeded, "in progress": payout.FoundProcessing, "unlisted": payout.FoundUnlisted} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.failedForCertain("R1")
			w.vexora.answer = w.says(payout.FoundNotSent)
			second := w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, ""))).Payout
			if second.Status != payout.Queued || second.Attempt != 2 {
				t.Fatalf("%s, attempt %d", second.Status, second.Attempt)
			}
			c := w.claim(p, f)
			w.receive(c)
			w.vexora.answer, w.vexora.told = w.says(payout.FoundProcessing), w.says(payout.FoundUnclear)
			sent := len(w.vexora.sent)
			for range 30 {
				w.clock.pass(time.Minute)
				w.sweep()
			}
			stored := w.stored(p.ID)
			if len(w.vexora.sent) != sent || stored.Status != payout.Queued || stored.WaitsFor() != payout.QueuedSpokenOf {
				t.Errorf("sent %d times more, %s, waits for %q", len(w.vexora.sent)-sent, stored.Status, stored.WaitsFor())
			}
			if one := w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, ""))); !one.Awaiting || len(w.vexora.sent) != sent {
				t.Error("one person sent it")
			}
		})
	}
}

func TestAnEarlierAttemptThatIsFoundToHaveFailedLetsTheQueuedOneGo(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer = w.says(payout.FoundNotSent)
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	w.receive(w.claim(p, payout.FoundProcessing)) // late, about the first attempt
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.ask()
	w.ask()
	if stored := w.stored(p.ID); stored.Status != payout.Processing || stored.Attempt != 2 || w.vexora.about[len(w.vexora.about)-1] != 1 {
		t.Errorf("%s, attempt %d, asked about %v", stored.Status, stored.Attempt, w.vexora.about)
	}
}

func TestALateWordAboutAnEarlierAttemptIsAskedAboutBeforeAnybodyIsCalled(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	w.receive(w.claim(p, payout.FoundProcessing))
	if stored := w.stored(p.ID); len(stored.Attention) != 0 || stored.QueryAt.After(w.clock.Now()) {
		t.Errorf("attention %v, asked at %v", stored.Attention, stored.QueryAt)
	}
	w.vexora.told = w.says(payout.FoundProcessing)
	w.ask()
	w.ask()
	stored := w.stored(p.ID)
	if _, raised := stored.Attention[payout.DoublePaymentSuspected]; !raised || !slices.Contains(w.vexora.about[1:], 1) {
		t.Errorf("attention %v, asked about %v", stored.Attention, w.vexora.about)
	}
}

func TestAQueuedPayoutOfWhichSomethingWasSaidIsNotSentByItself(t *testing.T) {
	for name, change := range map[string]func(*payout.Claim){
		"a mismatch":         func(c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "1", money.KHR)} },
		"an unlisted status": func(c *payout.Claim) { c.Finding = payout.FoundUnlisted },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			accepted := w.vexora.answer
			w.vexora.answer, w.vexora.told = w.says(payout.FoundNotSent), w.absent
			p := w.mustCreate(draft("R1"))
			c := w.claim(p, payout.FoundSucceeded)
			change(&c)
			w.receive(c)
			w.vexora.answer = accepted
			for _, step := range []string{"raised", "reviewed"} {
				for range 5 {
					w.clock.pass(2 * time.Minute)
					w.sweep()
				}
				if len(w.vexora.sent) != 1 || w.vexora.asked == 0 {
					t.Fatalf("%s: sent %d times, asked %d times", step, len(w.vexora.sent)-1, w.vexora.asked)
				}
				w.must(w.operator.Resolve(context.Background(), w.order(p.ID, dara, payout.Reviewed)))
				w.must(w.operator.Resolve(context.Background(), w.order(p.ID, bopha, payout.Reviewed)))
			}
			w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
			if done := w.must(w.operator.Resend(context.Background(), w.order(p.ID, sokha, ""))); done.Payout.Status != payout.Processing {
				t.Errorf("two people ordered it: %s", done.Payout.Status)
			}
		})
	}
}

func TestAnAnswerAskedForBeforeAResendEndsNothing(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.clock.pass(2 * time.Minute)
	w.vexora.told = func(payout.Payout) payout.Claim {
		w.vexora.mu.Unlock() // while the status query is under way, two people send again
		w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
		w.must(w.operator.Resend(context.Background(), w.order(p.ID, bopha, "")))
		w.vexora.mu.Lock()
		return payout.Claim{Finding: payout.FoundFailed, At: w.clock.Now()}
	}
	w.sweep()
	if stored := w.stored(p.ID); stored.Status != payout.Unknown || stored.QueryAt.IsZero() {
		t.Errorf("%s, asked next at %v", stored.Status, stored.QueryAt)
	}
}

func TestAnEndThatTheProviderDoesNotKnowCallsForAPerson(t *testing.T) {
	tests := map[string]struct {
		ended, told payout.Finding
		raised      bool
	}{
		"succeeded, and processing for ever": {payout.FoundSucceeded, payout.FoundProcessing, true},
		"succeeded, and never found":         {payout.FoundSucceeded, payout.FoundAbsent, true},
		"failed, and processing for ever":    {payout.FoundFailed, payout.FoundProcessing, true},
		"failed, and never found":            {payout.FoundFailed, payout.FoundAbsent, false},
		"succeeded, and unlisted for ever":   {payout.FoundSucceeded, payout.FoundUnlisted, true},
		"succeeded, and no answer":           {payout.FoundSucceeded, payout.FoundUnclear, false},
		"failed, and no answer":              {payout.FoundFailed, payout.FoundUnclear, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, test.ended))
			w.vexora.told = w.says(test.told)
			for range 6 {
				w.ask()
			}
			if _, early := w.stored(p.ID).Attention[payout.Contradiction]; early {
				got := w.stored(p.ID).Attention
				t.Errorf("called after half an hour: %v", got)
			}
			for range 60 {
				w.clock.pass(time.Hour)
				w.sweep()
			}
			stored := w.stored(p.ID)
			if _, raised := stored.Attention[payout.Contradiction]; raised != test.raised || stored.SafeToPayAgain() {
				t.Errorf("attention %v, safe %v", stored.Attention, stored.SafeToPayAgain())
			}
			if w.vexora.asked > 9 {
				t.Errorf("asked %d times", w.vexora.asked)
			}
		})
	}
}

func TestASuccessThatRestsOnCallbacksAloneCallsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.says(payout.FoundUnclear)
	p := w.mustCreate(draft("R1")) // it never arrived
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if _, raised := w.stored(p.ID).Attention[payout.Contradiction]; !raised || w.vexora.asked > 9 {
		t.Errorf("attention %v after %d questions", w.stored(p.ID).Attention, w.vexora.asked)
	}
}

func TestAFailureThatAnswersDoubtIsAskedAboutAfterTheNextAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.ask() // "processing", says the provider
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Resend(context.Background(), w.order(p.ID, by, "")))
	}
	asked := len(w.vexora.about)
	w.ask()
	w.ask()
	if _, raised := w.stored(p.ID).Attention[payout.DoublePaymentSuspected]; !raised || !slices.Contains(w.vexora.about[asked:], 1) {
		t.Errorf("attention %v, asked about %v", w.stored(p.ID).Attention, w.vexora.about)
	}
}

func TestAnAnswerInProgressToOurSecondSubmissionAsksAgain(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.vexora.during = func() { // the first submission failed meanwhile
		w.receive(w.claim(p, payout.FoundFailed))
	}
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	w.must(w.operator.Resend(context.Background(), w.order(p.ID, bopha, "")))
	stored := w.stored(p.ID)
	if stored.Status != payout.Failed || stored.QueryAt.IsZero() || stored.QueryAt.After(w.clock.Now().Add(10*time.Minute)) {
		t.Errorf("%s, asked next at %v", stored.Status, stored.QueryAt)
	}
}

func TestAWordAboutACancelledPayoutIsAContradiction(t *testing.T) {
	for _, f := range []payout.Finding{payout.FoundFailed, payout.FoundSucceeded, payout.FoundProcessing} {
		w := newWorld(t)
		w.vexora.answer = w.says(payout.FoundNotSent)
		p := w.mustCreate(draft("R1"))
		w.must(w.operator.Cancel(context.Background(), w.order(p.ID, dara, "")))
		w.receive(w.claim(p, f))
		if _, raised := w.stored(p.ID).Attention[payout.Contradiction]; !raised {
			t.Errorf("%s: attention %v", f, w.stored(p.ID).Attention)
		}
	}
}

func TestAProviderThatIsTakenOutIsNoReasonToStaySilent(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	delete(w.connectors, Vexora)
	for range 40 {
		w.clock.pass(10 * time.Minute)
		w.sweep()
	}
	stored := w.stored(p.ID)
	if _, raised := stored.Attention[payout.UnknownTooLong]; !raised || stored.Polls > 20 {
		t.Errorf("attention %v after %d questions", stored.Attention, stored.Polls)
	}
}

func TestADoubtAfterARestoreOutlivesAResendThatWasNotSent(t *testing.T) {
	before := newWorld(t)
	before.over(payout.Floor{Held: held(Vexora)})
	p := before.mustCreate(draft("R1"))
	backup := before.store.copy()
	after := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	after.store.Payouts = backup.Payouts
	after.clock.pass(2 * time.Minute)
	after.sweep()
	if got := after.stored(p.ID); got.Status != payout.Unknown {
		t.Fatalf("%s", got.Status)
	}
	after.vexora.answer = after.says(payout.FoundNotSent)
	after.must(after.operator.Resend(context.Background(), after.order(p.ID, dara, "")))
	after.must(after.operator.Resend(context.Background(), after.order(p.ID, bopha, "")))
	if got := after.stored(p.ID); got.Status != payout.Unknown {
		t.Errorf("%s: the lost table may have sent it", got.Status)
	}
}

func TestWhatALostTableMayHaveSentTwiceIsNeverSafe(t *testing.T) {
	before := newWorld(t)
	before.vexora.answer = before.unclear
	p := before.mustCreate(draft("R1"))
	during := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	during.store.Payouts = before.store.copy().Payouts
	during.vexora.told = during.absent
	during.ask()
	after := newWorld(t) // RESTORED_AT was taken away
	after.store.Payouts = during.store.copy().Payouts
	after.vexora.told = after.says(payout.FoundFailed)
	after.clock.pass(time.Hour)
	after.ask()
	after.ask()
	if stored := after.stored(p.ID); stored.Status != payout.Failed || stored.SafeToPayAgain() {
		t.Errorf("%s, heard %v", stored.Status, stored.Heard)
	}
}

func TestARedactedPayoutIsNeverSentAgain(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 24 * time.Hour })
	p := w.failedForCertain("R1")
	w.clock.pass(25 * time.Hour)
	w.sweep()
	if stored := w.stored(p.ID); stored.RedactedAt.IsZero() || !stored.SafeToPayAgain() {
		t.Fatalf("redacted at %v, safe %v", stored.RedactedAt, stored.SafeToPayAgain())
	}
	for _, by := range []payout.Principal{dara, bopha} {
		if _, err := w.operator.Resend(context.Background(), w.order(p.ID, by, "")); problemOf(err) != payout.OrderNotPossible || len(w.vexora.sent) != 1 {
			t.Errorf("%v", err)
		}
	}
}

// Two people went on from a failure of which nobody was certain. It is asked about when the
// new attempt has ended, so that the payout can become safe to pay again.
func TestAnUncertainFailureIsAskedAboutAfterTheAttemptThatFollowed(t *testing.T) {
	for _, end := range []string{"callback", "answer"} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed)) // by a callback alone
		if end == "answer" {
			w.vexora.answer = func(payout.Payout) payout.Claim {
				return payout.Claim{Finding: payout.FoundFailed, Conclusive: true, Code: "00029", At: w.clock.Now()}
			}
		}
		w.resendByTwo(p.ID)
		if end == "callback" {
			w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		}
		w.vexora.told = w.says(payout.FoundFailed)
		w.vexora.about = nil
		for range 6 {
			w.ask()
		}
		st := w.stored(p.ID)
		if st.Attempt != 2 || st.Status != payout.Failed || !st.SafeToPayAgain() {
			t.Errorf("ended by %s: attempt %d, %s, heard %v, asked about %v", end, st.Attempt, st.Status, st.Heard, w.vexora.about)
		}
		if len(st.Attention) > 0 {
			t.Errorf("attention %v", st.Attention)
		}
	}
}

// The same, and the provider says that the first attempt was paid: two payments.
func TestAnEarlierAttemptThatWasPaidIsFoundAfterTheOneThatFollowed(t *testing.T) {
	for _, end := range []payout.Finding{payout.FoundFailed, payout.FoundSucceeded} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		w.resendByTwo(p.ID)
		w.receive(w.claim(w.stored(p.ID), end))
		w.connectors[Vexora] = byAttempt{w.vexora, map[payout.Attempt]payout.Finding{1: payout.FoundSucceeded, 2: end}, w}
		for range 6 {
			w.ask()
		}
		if _, raised := w.stored(p.ID).Attention[payout.DoublePaymentSuspected]; !raised {
			t.Errorf("attempt 2 %s: attention %v, asked about %v", end, w.stored(p.ID).Attention, w.vexora.about)
		}
	}
}

// byAttempt is a provider that answers differently about each attempt.
type byAttempt struct {
	*provider
	found map[payout.Attempt]payout.Finding
	w     *world
}

func (b byAttempt) Ask(_ context.Context, _ payout.Payout, about payout.Attempt) payout.Claim {
	b.provider.about = append(b.provider.about, about)
	return payout.Claim{Finding: b.found[about], Code: codeFor(b.found[about]), At: b.w.clock.Now()}
}
