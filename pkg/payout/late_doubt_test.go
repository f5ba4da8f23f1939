package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// forgetting is a world that keeps personal data for a week.
func forgetting(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 7 * day })
}

// later lets days pass in which lists go that were not written.
func (w *world) later(days int) {
	w.t.Helper()
	for range days {
		w.pass(1)
		w.store.expire(w.clock.Now())
	}
}

// holdsBack reports whether the same money is held under another reference.
func (w *world) holdsBack(d payout.Draft, reference string) bool {
	w.t.Helper()
	d.Reference = payout.Reference(reference)
	p := w.mustCreate(d)
	if p.Status == payout.Queued {
		w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
	}
	return p.Status == payout.Queued
}

// Redaction does not end the hold of the same money, and waits for its end: until then people
// may have the payout sent again, who need its account.
func TestAFailureThatIsNotCertainHoldsTheSameMoneyBeyondRedaction(t *testing.T) {
	w := forgetting(t)
	d := draftFor(Monetix)
	p := w.mustCreate(d)
	w.receive(w.doubtful(p))
	w.monetix.told = w.saysDoubtful
	w.later(14)
	if s := w.stored(p.ID); s.Status != payout.Failed || len(s.Attention) > 0 || !s.RedactedAt.IsZero() {
		t.Fatalf("%s, attention %v, redacted at %v", s.Status, s.Attention, s.RedactedAt)
	}
	if !w.holdsBack(d, "R2") {
		t.Error("after 14 days the same money goes beside a failure that is not certain")
	}
	w.later(14)
	if !w.holdsBack(d, "R3") {
		t.Error("after 28 days the same money goes beside a failure that is not certain")
	}
	w.later(4)
	if s := w.stored(p.ID); s.RedactedAt.IsZero() || !s.DueAt.IsZero() {
		t.Errorf("after 32 days: redacted at %v, due at %v", s.RedactedAt, s.DueAt)
	}
	w.later(14)
	if w.holdsBack(d, "R4") {
		t.Error("after 46 days it is held still")
	}
}

// A provider says of a failure whose account is gone that it was paid.
func TestADoubtAfterRedactionHoldsTheSameMoney(t *testing.T) {
	w := forgetting(t)
	p := w.failedForCertain("R1")
	w.later(10)
	if s := w.stored(p.ID); s.RedactedAt.IsZero() || s.Recipient == "" {
		t.Fatalf("redacted at %v, recipient %q", s.RedactedAt, s.Recipient)
	}
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.sweepFor(3, 5*time.Minute)
	if s := w.stored(p.ID); s.RecipientOwed || len(w.store.Lists) != 1 {
		t.Errorf("owed %v, %d lists", s.RecipientOwed, len(w.store.Lists))
	}
	if !w.holdsBack(draft("R1"), "R2") {
		t.Error("the same money goes at once")
	}
	w.later(15)
	if !w.holdsBack(draft("R1"), "R3") {
		t.Error("the same money goes on the 25th day")
	}
	other := draft("R1")
	other.Destination.AccountNumber = "99990011" // the same last digits
	if w.holdsBack(other, "R4") {
		t.Error("another account is held")
	}
	w.later(20) // 30 days after the word
	if s := w.stored(p.ID); !s.DueAt.IsZero() {
		t.Errorf("due for ever, at %v", s.DueAt)
	}
}

// A doubt whose body has to be sealed is redacted, and held on: neither ends the other.
func TestALateDoubtIsSealedAndHolds(t *testing.T) {
	w := forgetting(t)
	p := w.failedForCertain("R1")
	w.later(10)
	w.vexora.told = w.saysDoubtful
	w.receive(w.doubtful(p))
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
	w.later(5)
	s := w.stored(p.ID)
	for n, e := range s.History {
		if len(e.Raw) > 0 || e.Source == payout.FromQuery && e.Evidence != "" && len(e.Evidence) == 64 {
			t.Errorf("entry %d was not redacted: %+v", n+1, e)
		}
	}
	if !s.Proposal.At.IsZero() {
		t.Error("an order that waits no more is still there")
	}
	if !w.holdsBack(draft("R1"), "R2") {
		t.Error("the same money goes")
	}
}

// A replay with another account puts a redacted payout on that account's list. It holds nothing
// there: whose list it stands on is known.
func TestARedactedPayoutHoldsItsOwnRecipientAlone(t *testing.T) {
	w := forgetting(t)
	p := w.failedForCertain("R1")
	w.later(10)
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.sweepFor(3, 5*time.Minute)
	own := w.stored(p.ID).Recipient
	other := draft("R9")
	other.Destination.AccountNumber = "77665544"
	accepted := w.vexora.answer
	w.vexora.answer = w.unclear
	w.mustCreate(other)
	w.vexora.answer = accepted
	for key := range w.store.Lists {
		if key != own {
			w.store.Lists[key] = []payout.Unsettled{{Key: key, ID: p.ID, At: w.clock.Now()}}
		}
	}
	if w.holdsBack(other, "R2") {
		t.Error("it holds another recipient's money")
	}
	if !w.holdsBack(draft("R1"), "R3") {
		t.Error("it holds its own no more")
	}
}
