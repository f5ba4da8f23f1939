package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func TestALostAnswerIsResolvedByAQuestionAndSentOnce(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundUnclear, At: w.clock.Now()}
	}
	w.vexora.told = func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, ProviderID: "N1", At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Unknown {
		t.Fatalf("status %s", p.Status)
	}
	w.sweep()
	if w.vexora.asked != 0 {
		t.Error("asked before the time")
	}
	w.clock.pass(payout.DefaultFirstQuery)
	w.sweep()
	stored := w.stored(p.ID)
	if stored.Status != payout.Succeeded || len(w.vexora.sent) != 1 || !stored.QueryAt.IsZero() {
		t.Errorf("%s, sent %d, due %v", stored.Status, len(w.vexora.sent), stored.QueryAt)
	}
}

func TestASubmissionWhoseProcessDiedBecomesUnknownAndIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.store.fault = func(n int) fault {
		if n >= 2 && n <= 2 {
			return lostBefore // the record is lost with the process
		}
		return none
	}
	p := w.mustCreate(draft("R1"))
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundAbsent, At: w.clock.Now()}
	}
	w.clock.pass(payout.DefaultFirstQuery)
	w.sweep()
	stored := w.stored(p.ID)
	if stored.Status != payout.Unknown || w.vexora.asked != 1 {
		t.Fatalf("%s, asked %d", stored.Status, w.vexora.asked)
	}
	for range 20 {
		w.clock.pass(30 * time.Minute)
		w.sweep()
	}
	stored = w.stored(p.ID)
	if _, raised := stored.Attention[payout.UnknownTooLong]; !raised || stored.Status != payout.Unknown {
		t.Errorf("after ten hours: %s with attention %v", stored.Status, stored.Attention)
	}
	if stored.DueAt.IsZero() || len(w.vexora.sent) != 1 {
		t.Errorf("due %v, sent %d", stored.DueAt, len(w.vexora.sent))
	}
	if len(stored.History) > 5 {
		t.Errorf("questions that change nothing left %d entries", len(stored.History))
	}
}

func TestAQueuedPayoutIsSubmittedBySweepOnceAndHeldWhenOld(t *testing.T) {
	w := newWorld(t)
	first := true
	accepted := w.vexora.answer
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		if first {
			first = false
			return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
		}
		return accepted(p)
	}
	p := w.mustCreate(draft("R1"))
	w.clock.pass(payout.DefaultFirstQuery)
	w.sweep()
	if got := w.stored(p.ID); got.Status != payout.Processing || got.Sent != 1 {
		t.Errorf("%s with %d sent", got.Status, got.Sent)
	}

	w.over(payout.Floor{Held: held(Vexora)})
	held := w.mustCreate(draft("R2"))
	for range 90 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	w.over(payout.Floor{})
	w.clock.pass(time.Minute)
	w.sweep()
	stored := w.stored(held.ID)
	if _, raised := stored.Attention[payout.QueuedTooLong]; stored.Status != payout.Queued || !raised {
		t.Errorf("%s with attention %v", stored.Status, stored.Attention)
	}
}

func TestTwoSweepsDoNotDoTheSameWork(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(draft("R1"))
	w.clock.pass(payout.DefaultFirstQuery)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.sweep()
	}()
	w.sweep()
	<-done
	if w.vexora.asked != 1 {
		t.Errorf("asked %d times", w.vexora.asked)
	}
}

func TestAFailureBorneByACallbackIsConfirmedAndThenRests(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, Code: "00029", At: w.clock.Now()}
	}
	w.clock.pass(6 * time.Minute)
	w.sweep()
	stored := w.stored(p.ID)
	if !stored.SafeToPayAgain() || !stored.QueryAt.IsZero() {
		t.Errorf("safe %v, due %v", stored.SafeToPayAgain(), stored.QueryAt)
	}
}

func TestAnAnswerAfterTheLeaseIsStillHeard(t *testing.T) {
	w := newWorld(t)
	w.vexora.during = func() {
		w.clock.pass(2 * time.Minute) // the process was frozen
		w.vexora.mu.Unlock()
		w.sweep()
		w.vexora.mu.Lock()
	}
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundAbsent, At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	if stored := w.stored(p.ID); stored.Status != payout.Processing || p.Status != payout.Processing {
		t.Errorf("stored %s, told %s", stored.Status, p.Status)
	}
}

func TestPhoneNumbersComeIntoNationalForm(t *testing.T) {
	tests := map[string]string{
		"+855 12 345 678": "12345678", "00855-12-345-678": "12345678", "85512345678": "12345678",
		"855123456789": "123456789", "012 345 678": "12345678", "0971234567": "971234567",
		"123456789": "123456789", "85512345": "85512345", "+855 0 12 345 678": "12345678",
	}
	for text, want := range tests {
		if got, ok := payout.LocalPhone(text); !ok || got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"", "+", "12a45678", "١٢٣٤٥٦٧٨", "0", "+855", "+012345678", "00012345678"} {
		if got, ok := payout.LocalPhone(text); ok {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestDerivedNumbersDecodeBack(t *testing.T) {
	id := payout.DeriveID("dev", "KHPO202605160001")
	reference := id.ProviderReference(7)
	if len(reference) != 29 {
		t.Errorf("%s has %d characters", reference, len(reference))
	}
	back, attempt, ok := payout.ParseProviderReference(string(reference))
	if !ok || back != id || attempt != 7 {
		t.Errorf("decoded %s, attempt %d, %v", back, attempt, ok)
	}
	if payout.DeriveID("prod", "KHPO202605160001") == id {
		t.Error("two namespaces share an id")
	}
	for _, foreign := range []string{"", "payment_47", string(reference) + "1", "p" + string(reference[1:]), string(reference[:27]) + "00"} {
		if _, _, ok := payout.ParseProviderReference(foreign); ok {
			t.Errorf("%q counts as ours", foreign)
		}
	}
}

func TestABacklogIsSweptInOneGo(t *testing.T) {
	w := newWorld(t)
	const backlog = 180 // over several batches of one shard at least
	for n := range backlog * payout.Shards {
		d := draft(fmt.Sprintf("R%d", n))
		d.Destination.AccountNumber = fmt.Sprintf("1%07d", n)
		w.mustCreate(d)
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if w.vexora.asked != backlog*payout.Shards {
		t.Errorf("asked about %d of %d", w.vexora.asked, backlog*payout.Shards)
	}
}

// A sweep that slept through its visibility does not take the row from the one that has
// taken it up since.
func TestASlowSweepLeavesARowToWhoeverHasTakenItUpSince(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = w.unclear
	p := w.mustCreate(draft("R1"))
	w.clock.pass(payout.DefaultFirstQuery)
	var until time.Time
	w.duringQuery(func() {
		w.clock.pass(2 * time.Minute)
		w.sweepUpTo(p.ID)
		until = w.stored(p.ID).DueAt
	})
	w.sweep()
	if due := w.stored(p.ID).DueAt; !due.Equal(until) {
		t.Errorf("due at %v, and the other sweep has it until %v", due, until)
	}
}

// sweepUpTo takes a payout up, as a sweep does that is then frozen.
func (w *world) sweepUpTo(id payout.ID) {
	w.t.Helper()
	w.takeUntil(id, w.clock.Now().Add(90*time.Second))
}

func (w *world) takeUntil(id payout.ID, until time.Time) {
	w.t.Helper()
	if _, err := w.store.Apply(bg, payout.Step{
		ID: id, When: payout.Guard{DueAt: w.stored(id).DueAt}, Then: payout.Change{At: w.clock.Now(), DueAt: &until, Taken: true},
	}); err != nil {
		w.t.Fatal(err)
	}
}
