package payout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// another is the same money to the same recipient under another reference.
func (w *world) another(reference string) payout.Payout { return w.mustCreate(draft(reference)) }

// TestEveryRoadIntoDoubtHoldsTheSameMoney: the recipient's list is written by whatever
// makes a payout unknown.
func TestEveryRoadIntoDoubtHoldsTheSameMoney(t *testing.T) {
	ctx := context.Background()
	roads := map[string]func(w *world) payout.Payout{
		"a lost answer": func(w *world) payout.Payout {
			w.vexora.answer = w.unclear
			return w.mustCreate(draft("R1"))
		},
		"the queue": func(w *world) payout.Payout {
			w.vexora.answer = w.says(payout.FoundNotSent)
			p := w.mustCreate(draft("R1"))
			w.vexora.answer = w.unclear
			w.clock.pass(2 * time.Minute)
			w.sweep()
			return p
		},
		"a person's resend": func(w *world) payout.Payout {
			p := w.failedForCertain("R1")
			w.vexora.answer = w.unclear
			w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
			return p
		},
		"a process that died": func(w *world) payout.Payout {
			w.store.fault = func(n int) fault {
				if n == 2 {
					return lostBefore
				}
				return none
			}
			p := w.mustCreate(draft("R1"))
			w.store.Lists = map[payout.RecipientKey][]payout.Unsettled{} // it died before it noted anything
			w.vexora.told = w.absent
			w.clock.pass(2 * time.Minute)
			w.sweep()
			return p
		},
		"a note that failed": func(w *world) payout.Payout {
			w.store.listFault = errors.New("throttled")
			w.vexora.answer, w.vexora.told = w.unclear, w.absent
			p := w.mustCreate(draft("R1"))
			w.store.listFault = nil
			w.clock.pass(2 * time.Minute)
			w.sweep()
			return p
		},
	}
	for name, road := range roads {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			accepted := w.vexora.answer
			first := road(w)
			if got := w.stored(first.ID).Status; got != payout.Unknown {
				t.Fatalf("the first one is %s", got)
			}
			w.vexora.answer = accepted
			w.clock.pass(time.Minute) // every function has looked at the shared state
			if second := w.another("R2"); second.Status != payout.Queued || second.SimilarTo != first.ID || second.WaitsFor() != payout.QueuedDuplicate {
				t.Errorf("the second one is %s, similar to %q", second.Status, second.SimilarTo)
			}
		})
	}
}

func TestAQueuedPayoutWaitsForTheSameMoneyThatBecameUnknownMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.says(payout.FoundNotSent), w.absent
	waiting := w.mustCreate(draft("R1"))
	w.vexora.answer = w.unclear
	second := w.another("R2")
	w.vexora.answer = w.says(payout.FoundProcessing)
	for range 3 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	stored := w.stored(waiting.ID)
	if stored.Status != payout.Queued || stored.SimilarTo != second.ID || stored.WaitsFor() != payout.QueuedDuplicate {
		t.Errorf("%s, similar to %q", stored.Status, stored.SimilarTo)
	}
	w.must(w.operator.Resend(context.Background(), w.order(waiting.ID, dara, "")))
	if stored := w.stored(waiting.ID); stored.Status != payout.Processing {
		t.Errorf("confirmed: %s", stored.Status)
	}
}

func TestARestoreHoldsTheSameMoney(t *testing.T) {
	before := newWorld(t)
	before.over(payout.Floor{Held: held(Monetix)})
	d := draftFor(Monetix)
	first := before.mustCreate(d)
	after := newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	after.store.Payouts = before.store.copy().Payouts
	after.clock.pass(2 * time.Minute)
	after.sweep()
	d.Reference = "R2"
	after.clock.pass(time.Minute)
	second := after.mustCreate(d)
	if second.Status != payout.Queued || second.SimilarTo != "" { // it waits for the restore, whoever it is to
		t.Errorf("%s, similar to %q", second.Status, second.SimilarTo)
	}
	sent := len(after.monetix.sent)
	after.monetix.told = after.unclear
	after.sweepFor(2, 2*time.Minute)
	if now := after.stored(second.ID); len(after.monetix.sent) > sent || now.SimilarTo != first.ID {
		t.Errorf("%s, similar to %q", now.Status, now.SimilarTo)
	}
}

func TestAConfirmedDuplicateDoesNotHideTheFirst(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	first := w.mustCreate(draft("R1"))
	second := w.another("R2")
	w.must(w.operator.Resend(context.Background(), w.order(second.ID, dara, ""))) // unknown as well
	w.receive(w.claim(w.stored(second.ID), payout.FoundSucceeded))
	if third := w.another("R3"); third.Status != payout.Queued || third.SimilarTo != first.ID {
		t.Errorf("%s, similar to %q", third.Status, third.SimilarTo)
	}
}

func TestOfTwoCreatesAtOneMomentOneIsHeld(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	var inner payout.Payout
	w.vexora.during = func() { // while the first one is on its way
		w.vexora.mu.Unlock()
		inner = w.another("R2")
		w.vexora.mu.Lock()
	}
	first := w.mustCreate(draft("R1"))
	if first.Status != payout.Processing || inner.Status != payout.Queued || inner.SimilarTo != first.ID {
		t.Errorf("%s and %s, similar to %q", first.Status, inner.Status, inner.SimilarTo)
	}
}

func TestANoteWithoutAPayoutIsForgottenSoon(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	w.store.fault = func(int) fault { return lostBefore }
	if _, err := w.create(draft("R1")); err == nil {
		t.Fatal("fenced")
	}
	w.store.fault = func(int) fault { return none }
	if p := w.another("R2"); p.Status != payout.Queued {
		t.Errorf("a moment later: %s, and the first may be on its way", p.Status)
	}
	w.clock.pass(3 * time.Minute)
	if p := w.another("R3"); p.Status != payout.Processing {
		t.Errorf("after three minutes: %s", p.Status)
	}
}

func TestSpellingsOfAWalletAreOneRecipient(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	for n, number := range []string{"012345678", "12345678", "85512345678", "855012345678"} {
		d := draft(fmt.Sprint("R", n))
		d.Destination.AccountNumber = number
		if p := w.mustCreate(d); (p.Status == payout.Processing) != (n == 0) {
			t.Errorf("%s: %s", number, p.Status)
		}
	}
}

// resendByTwo has both people order a payout.
func (w *world) resendByTwo(id payout.ID) {
	w.t.Helper()
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Resend(context.Background(), w.order(id, by, "")))
	}
}

// insist orders a payout until everything of the same money has been shown.
func (w *world) insist(id payout.ID) payout.Payout {
	w.t.Helper()
	for range payout.MostUnsettled + 1 {
		done, err := w.operator.Resend(context.Background(), w.order(id, dara, ""))
		if err == nil {
			return done.Payout
		}
	}
	w.t.Fatal("never sent")
	return payout.Payout{}
}

func TestACrowdedListHoldsEverybody(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Minute })
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	for n := range payout.MostUnsettled + 5 {
		p := w.another(fmt.Sprint("R", n))
		if p.Status == payout.Queued {
			w.insist(p.ID)
		}
		w.over(payout.Floor{}) // silence has not paused anything yet
		w.store.SharedState.Pauses = map[payout.Provider]payout.Pause{}
		w.clock.pass(time.Second)
	}
	if p := w.another("last"); p.Status != payout.Queued || p.SimilarTo == "" {
		t.Errorf("%s, similar to %q", p.Status, p.SimilarTo)
	}
}
