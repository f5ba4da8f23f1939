package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// backedUp are payouts at Monetix, which takes repetitions back, as a backup has them.
var backedUp = map[string]func(*world) payout.Payout{
	"unknown": func(w *world) payout.Payout {
		w.monetix.answer = w.unclear
		return w.mustCreate(draftFor(Monetix))
	},
	"submitting": func(w *world) payout.Payout {
		p := w.mustCreate(draftFor(Monetix))
		p = w.stored(p.ID)
		p.Status, p.Lease.Until = payout.Submitting, p.SubmittedAt.Add(time.Minute)
		w.store.Payouts[p.ID] = p
		return p
	},
	"queued": func(w *world) payout.Payout {
		w.over(payout.Floor{Held: held(Monetix)})
		return w.mustCreate(draftFor(Monetix))
	},
	"failed": func(w *world) payout.Payout {
		w.monetix.answer = w.refused
		return w.mustCreate(draftFor(Monetix))
	},
}

// In the lost time the payout failed for certain, or people withdrew it, and the client was told:
// he has paid under another reference. The provider knows nothing of this one any more, or never
// did. No time, and no word about accounts, lets it go again by itself, or by one person.
func TestNothingOfBeforeARestoreIsSentAgainByItself(t *testing.T) {
	for state, backup := range backedUp {
		for _, same := range [][]payout.Provider{nil, {Monetix}} {
			for _, taken := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, vouched for %v, RESTORED_AT taken away %v", state, same, taken), func(t *testing.T) {
					before := newWorld(t)
					p := backup(before)
					w := restoredFrom(t, before, before.store.copy(), same...)
					if taken {
						w = after(t, w)
					}
					w.monetix.told = w.absent
					w.sweepFor(25, 2*time.Minute) // while it is younger than QUEUED_MAX_AGE
					if n := len(w.monetix.sent); n > 0 {
						t.Fatalf("sent %d times by itself: %v", n, w.stored(p.ID).History)
					}
					if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); len(w.monetix.sent) > 0 {
						t.Fatalf("one person has it sent: %v", err)
					}
					w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
					if len(w.monetix.sent) != 1 {
						t.Errorf("two people have it sent %d times", len(w.monetix.sent))
					}
				})
			}
		}
	}
}

// What two people had sent after the restore, and what never left, goes by nobody else.
func TestWhatTwoPeopleCouldNotSendAfterARestoreTakesTwoAgain(t *testing.T) {
	before := newWorld(t)
	before.monetix.answer = before.unclear
	p := before.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, before, before.store.copy(), Monetix)
	w.monetix.answer, w.monetix.told = w.says(payout.FoundNotSent), w.absent
	w.resendByTwo(p.ID)
	sent := len(w.monetix.sent)
	w.sweepFor(20, 2*time.Minute)
	if n := len(w.monetix.sent); n != sent {
		t.Errorf("%s, sent %d times more by itself", w.stored(p.ID).Status, n-sent)
	}
}

// A process that has just started reads of the restore before it weighs anything, and weighs
// nothing as long as it cannot.
func TestAProcessThatHasReadNothingSendsNothingAgain(t *testing.T) {
	before := newWorld(t)
	p := before.failedForCertain("R1")
	for _, unread := range []bool{false, true} {
		var breaker *payout.Breaker
		w := newWorldWith(t, func(policy *payout.Policy) {
			policy.Remembered = func() time.Time { return breaker.RestoredAt() }
		})
		breaker = w.breaker
		w.clock.pass(time.Hour)
		w.store.Payouts = before.store.copy().Payouts
		w.store.released(before.clock.Now().Add(time.Minute))
		if unread {
			*w.breaker = *payout.NewBreaker(noShared{w.store}, payout.Floor{Caps: most(t)})
		}
		o, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
		if len(w.vexora.sent) > 0 || unread != (problemOf(err) == payout.OrderUnavailable) || !unread && !o.Awaiting {
			t.Errorf("unread %v: one person has it sent %d times: %v", unread, len(w.vexora.sent), err)
		}
		again, err := w.create(draft("R1"))
		if unread != (err != nil) || again.Payout.SafeToPayAgain() {
			t.Errorf("unread %v: a repeated create is told that it is safe: %v, %v", unread, again.Payout.SafeToPayAgain(), err)
		}
		before.sweepFor(1, time.Minute)
		_, err = w.sweeper.Sweep(bg, p.ID.Shard())
		if unread != (err != nil) {
			t.Errorf("unread %v: the sweep says %v", unread, err)
		}
	}
}
