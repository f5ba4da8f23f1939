package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"slices"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func TestOnlyWhatIsDocumentedIsResentByItself(t *testing.T) {
	for _, test := range []struct {
		provider payout.Provider
		sent     int
	}{{Monetix, 2}, {Vexora, 1}} {
		w := newWorld(t)
		connector := map[payout.Provider]*provider{Vexora: w.vexora, Monetix: w.monetix}[test.provider]
		accepted := connector.answer
		connector.answer, connector.told = w.unclear, w.absent
		p := w.mustCreate(draftFor(test.provider))
		w.clock.pass(2 * time.Minute)
		w.sweep()
		if len(connector.sent) != 1 {
			t.Fatalf("%s: resent %v after the submission", test.provider, 2*time.Minute)
		}
		connector.answer = accepted
		for range 10 {
			w.clock.pass(5 * time.Minute)
			w.sweep()
		}
		if len(connector.sent) != test.sent {
			t.Errorf("%s: sent %d times, want %d", test.provider, len(connector.sent), test.sent)
		}
		if stored := w.stored(p.ID); test.sent == 2 && stored.Status != payout.Processing {
			t.Errorf("%s: %s", test.provider, stored.Status)
		}
		for _, reference := range connector.sent {
			if reference != connector.sent[0] {
				t.Errorf("%s: resent as %s", test.provider, reference)
			}
		}
	}
}

func TestAnAutomaticResendIsBoundedAndNeverLate(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	w.mustCreate(draftFor(Monetix))
	for range 200 {
		w.clock.pass(10 * time.Minute)
		w.sweep()
	}
	if n := len(w.monetix.sent); n < 2 || n > 4 {
		t.Errorf("sent %d times", n)
	}
}

func TestTheSameMoneyToTheSameRecipientWaitsWhileTheFirstIsUnknown(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	first := w.mustCreate(draft("R1"))
	w.vexora.answer = accepted

	again := draft("R2")
	again.Beneficiary.Phone, again.Description = "012345678", "the same, tried again"
	second := w.mustCreate(again)
	if second.Status != payout.Queued || second.SimilarTo != first.ID || len(w.vexora.sent) != 1 {
		t.Fatalf("%s, similar to %q, sent %d", second.Status, second.SimilarTo, len(w.vexora.sent))
	}
	other := draft("R3")
	other.Amount = "50001"
	if p := w.mustCreate(other); p.Status != payout.Processing {
		t.Errorf("another amount is %s", p.Status)
	}
	w.clock.pass(30 * time.Minute)
	w.sweep()
	if stored := w.stored(second.ID); stored.Status != payout.Queued {
		t.Errorf("the sweep made it %s", stored.Status)
	}
	done := w.must(w.operator.Resend(context.Background(), w.order(second.ID, dara, "")))
	if done.Payout.Status != payout.Processing || len(done.Payout.Attention) != 0 {
		t.Errorf("confirmed: %s with attention %v", done.Payout.Status, done.Payout.Attention)
	}
}

func TestASettledPayoutHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer = w.unclear
	first := w.mustCreate(draft("R1"))
	w.vexora.answer = accepted
	w.receive(w.claim(first, payout.FoundSucceeded))
	if p := w.mustCreate(draft("R2")); p.Status != payout.Processing {
		t.Errorf("%s: the first one is settled", p.Status)
	}
}

func TestAWindowHoldsWhatWasPaidAMomentAgo(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	first := w.mustCreate(draft("R1"))
	w.receive(w.claim(first, payout.FoundSucceeded))
	if p := w.mustCreate(draft("R2")); p.Status != payout.Queued || p.SimilarTo != first.ID {
		t.Errorf("%s, similar to %q", p.Status, p.SimilarTo)
	}
	w.clock.pass(61 * time.Minute)
	if p := w.mustCreate(draft("R3")); p.Status != payout.Processing {
		t.Errorf("after the window: %s", p.Status)
	}
}

func TestARefusalAboutUsStopsEveryFunctionForAWhile(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundAboutUs, Code: "403", At: w.clock.Now()}
	}
	first := w.mustCreate(draft("R1"))
	if first.Status != payout.Queued {
		t.Fatalf("status %s", first.Status)
	}
	w.vexora.answer = accepted
	elsewhere := payout.NewBreaker(w.store, payout.Floor{Caps: most(t)})
	elsewhere.Refresh(context.Background(), w.clock.Now())
	other := first
	other.Provider = Monetix
	if elsewhere.Stops(bg, first, w.clock.Now()) != payout.QueuedPaused || elsewhere.Stops(bg, other, w.clock.Now()) != "" {
		t.Error("another function does not see the pause, or sees too much")
	}
	if p := w.mustCreate(draft("R2")); p.Status != payout.Queued {
		t.Errorf("status %s while paused", p.Status)
	}
	for range 5 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if stored := w.stored(first.ID); stored.Status != payout.Processing {
		t.Errorf("after the pause: %s", stored.Status)
	}
}

func TestSilenceStopsSubmissionsAndTheFirstAnswerLetsThemGo(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	for n := range 20 {
		d := draft(fmt.Sprintf("R%d", n))
		d.Destination.AccountNumber = fmt.Sprintf("1000%d", n)
		w.mustCreate(d)
	}
	if n := len(w.vexora.sent); n != 5 {
		t.Errorf("sent %d into the silence", n)
	}
	w.vexora.answer = accepted
	for range 10 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if n := len(w.vexora.sent); n != 20 {
		t.Errorf("sent %d after it", n)
	}
}

func TestARestoredTablePaysNobodyTwice(t *testing.T) {
	before := newWorld(t)
	before.vexora.told = before.absent
	before.over(payout.Floor{Held: held(Vexora, Monetix)})
	queued := before.mustCreate(draft("queued in the backup"))
	backup := before.store.copy()
	before.over(payout.Floor{})
	before.clock.pass(5 * time.Minute)
	before.sweep() // the lost table sends what the backup has as queued
	lost := before.mustCreate(draft("made after the backup"))

	after := newWorldWith(t, vouched(before.clock.Now()))
	after.store.Payouts = backup.Payouts
	after.clock.pass(10 * time.Minute)
	after.vexora.told = after.absent
	if p := after.mustCreate(draft("made after the backup")); p.ID != lost.ID || p.Status != payout.Queued {
		t.Errorf("the lost reference is %s", p.Status)
	}
	for range 30 {
		after.clock.pass(10 * time.Minute)
		after.sweep()
	}
	if n := len(after.vexora.sent); n != 0 {
		t.Errorf("sent %d payouts again", n)
	}
	stored := after.stored(queued.ID)
	if _, raised := stored.Attention[payout.UnknownTooLong]; stored.Status != payout.Unknown || !raised {
		t.Errorf("%s with attention %v", stored.Status, stored.Attention)
	}
}

// In the lost time the first attempt was refused, and a second one was paid.
func TestAfterARestoreTheProviderIsAskedAboutALaterAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		told payout.Finding
		sent int
	}{"paid": {payout.FoundSucceeded, 0}, "no answer": {payout.FoundUnclear, 0}, "not found": {payout.FoundAbsent, 1}} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, vouched(time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)))
			w.monetix.told = w.says(test.told)
			p := w.mustCreate(draftFor(Monetix))
			if p.Status != payout.Queued || p.WaitsFor() != payout.QueuedRestored {
				t.Fatalf("created as %s, waits for %q", p.Status, p.WaitsFor())
			}
			for range 5 {
				w.clock.pass(2 * time.Minute)
				w.sweep()
			}
			if len(w.monetix.sent) != test.sent || w.monetix.about[0] != 2 {
				t.Errorf("sent %d times, asked about %v", len(w.monetix.sent), w.monetix.about)
			}
			if stored := w.stored(p.ID); test.told == payout.FoundSucceeded && stored.WaitsFor() != payout.QueuedSpokenOf {
				t.Errorf("waits for %q, heard %v", stored.WaitsFor(), stored.Heard)
			}
		})
	}
}

func TestWhatALostTableMayHaveSentTakesTwoPeopleForEver(t *testing.T) {
	before := newWorldWith(t, func(p *payout.Policy) { p.RestoredAt = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC) })
	p := before.mustCreate(draft("R1"))
	after := newWorld(t) // RESTORED_AT was taken away
	after.store.Payouts = before.store.copy().Payouts
	for range 5 {
		after.clock.pass(2 * time.Minute)
		after.sweep()
	}
	stored := after.stored(p.ID)
	if stored.Status != payout.Queued || stored.WaitsFor() != payout.QueuedRestored || len(after.vexora.sent) != 0 {
		t.Errorf("%s, waits for %q, sent %d times", stored.Status, stored.WaitsFor(), len(after.vexora.sent))
	}
}

func TestACallbackAboutALostPayoutBlocksItsReference(t *testing.T) {
	w := newWorld(t)
	lost := payout.DeriveID("test", "R1")
	if v := w.receive(payout.Claim{
		Source: payout.FromCallback, Provider: Vexora, Reference: string(lost.ProviderReference(1)),
		Finding: payout.FoundSucceeded, Amounts: []money.Amount{amount(t, "50000", money.KHR)}, At: w.clock.Now(),
	}); v != payout.KeptAsOrphan {
		t.Fatalf("verdict %s", v)
	}
	if _, err := w.create(draft("R1")); err == nil || len(w.vexora.sent) != 0 {
		t.Errorf("%v, sent %d", err, len(w.vexora.sent))
	}
}

func TestPersonalDataGoesSomeDaysAfterTheEnd(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 30 * 24 * time.Hour })
	w.vexora.told = func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 29 {
		w.clock.pass(24 * time.Hour)
		w.sweep()
	}
	if stored := w.stored(p.ID); stored.Destination.AccountNumber != "88990011" {
		t.Fatal("too early")
	}
	w.clock.pass(48 * time.Hour)
	w.sweep()
	stored := w.stored(p.ID)
	if stored.Destination.AccountNumber != "****0011" || stored.Beneficiary.Email != "redacted" || stored.RedactedAt.IsZero() {
		t.Errorf("%+v %+v", stored.Destination, stored.Beneficiary)
	}
	if stored.Amount != p.Amount || stored.Recipient == "" || !stored.DueAt.IsZero() {
		t.Error("more than personal data went")
	}
	for _, e := range stored.History {
		if len(e.Raw) > 0 || (e.Source == payout.FromCallback && e.Evidence == "") {
			t.Errorf("entry %s: %d raw bytes, evidence %q", e.Source, len(e.Raw), e.Evidence)
		}
	}
	if got := refusalOf(w.create(draft("R1"))); got.Kind != payout.ReferenceReused || got.Existing != p.ID || got.Outcome != payout.OutcomeFinal {
		t.Errorf("the same request after redaction: %+v", got)
	}
}

func TestASuccessByCallbackIsConfirmedOnce(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 10 {
		w.clock.pass(6 * time.Minute)
		w.sweep()
	}
	if stored := w.stored(p.ID); w.vexora.asked != 1 || !stored.DueAt.IsZero() {
		t.Errorf("asked %d times, due %v", w.vexora.asked, stored.DueAt)
	}
}

func TestAForgedSuccessIsContradictedByTheQuestion(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, Code: "00029", At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.clock.pass(6 * time.Minute)
	w.sweep()
	stored := w.stored(p.ID)
	if _, raised := stored.Attention[payout.Contradiction]; !raised || stored.Status != payout.Succeeded {
		t.Errorf("%s with attention %v", stored.Status, stored.Attention)
	}
}

// A provider may answer status queries while its payouts get lost. Status queries about payouts of
// before must not let a whole payroll go after them.
func TestAnsweredQuestionsDoNotEndAnOutageOfSubmissions(t *testing.T) {
	t.Parallel()
	sent := map[bool]int{}
	for _, answers := range []bool{false, true} {
		w := newWorld(t)
		before := w.mustCreate(to("before", 70_000_000))
		processing := w.vexora.told
		w.vexora.answer = w.unclear
		w.vexora.told = func(p payout.Payout) payout.Claim {
			if answers && p.ID == before.ID {
				return processing(p)
			}
			return w.unclear(p)
		}
		for n := range 60 * 6 { // one in ten seconds
			w.clock.pass(10 * time.Second)
			w.mustCreate(to(fmt.Sprint("R", n), 80_000_000+n))
			if n%6 == 5 {
				c := w.claim(w.stored(before.ID), payout.FoundUnlisted)
				c.Code, c.Amounts = fmt.Sprint("x", n), nil
				w.receive(c) // so that it is asked about
				w.sweep()
			}
		}
		sent[answers] = len(w.vexora.sent)
	}
	t.Log("lost while no question was answered, and while one was:", sent[false], sent[true])
	if sent[true] > sent[false]+10 {
		t.Errorf("%d went into the outage, not %d", sent[true], sent[false])
	}
}

// to is a payout to an account of its own.
func to(reference string, account int) payout.Draft {
	d := draft(reference)
	d.Destination.AccountNumber = fmt.Sprint(account)
	return d
}

// At Vexora a lost table may have begun the attempt that is begun now. Ours was not sent; a
// failure says nothing for certain of that one.
func TestAnAttemptThatALostTableMayHaveBegunIsNeverClosedAtVexora(t *testing.T) {
	before := newWorld(t)
	p := before.failedForCertain("R1")
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(time.Hour)
	w.vexora.answer, w.vexora.told = w.notSent, w.says(payout.FoundFailed)
	w.resendByTwo(p.ID)
	w.ask()
	w.ask()
	if now := w.stored(p.ID); now.Attempt != 2 || now.SafeToPayAgain() || slices.Contains(now.Heard, "2.closed.2") {
		t.Errorf("attempt %d, %s: heard %v", now.Attempt, now.Status, now.Heard)
	}
}
