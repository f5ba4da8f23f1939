package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// lostAtMonetix is a payout whose only submission had no answer; from then on no connection
// comes about, and status queries answer that the payout is not known.
func (w *world) lostAtMonetix() payout.Payout {
	w.t.Helper()
	w.monetix.answer = w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.answer, w.monetix.told = w.notSent, w.absent
	return p
}

func TestAPersonIsCalledWithinTheHourWhileRepetitionsDoNotConnect(t *testing.T) {
	for _, age := range []time.Duration{time.Hour, 48 * time.Hour} {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = age })
		p := w.lostAtMonetix()
		w.sweepFor(65, time.Minute)
		s := w.stored(p.ID)
		if _, called := s.Attention[payout.UnknownTooLong]; !called {
			t.Errorf("QUEUED_MAX_AGE %v: %s since %v, attention %v, %d entries", age, s.Status, w.clock.Now().Sub(s.CreatedAt), s.Attention.Reasons(), len(s.History))
		}
	}
}

func TestARepetitionThatDoesNotConnectIsTriedAFewTimesOnly(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 48 * time.Hour })
	p := w.lostAtMonetix()
	w.sweepFor(48, 15*time.Minute)
	s, repeated := w.stored(p.ID), 0
	for _, e := range s.History {
		if e.Status == payout.Submitting && e.Source == payout.FromSweep {
			repeated++
		}
	}
	if repeated != 3 || len(s.History) > 12 || s.Sent != 1 {
		t.Errorf("repeated %d times by itself, %d entries, sent %d", repeated, len(s.History), s.Sent)
	}
}

// An earlier attempt is asked about in turn with the present one. That the present one is open for
// too long is known at each question, whichever it is about.
func TestAPersonIsCalledInTimeWhileAnEarlierAttemptIsAskedAboutToo(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		w.receive(w.claim(p, payout.FoundFailed))
		w.resendByTwo(p.ID)
		if now := w.stored(p.ID); now.Attempt != 2 || now.Status != payout.Processing {
			t.Fatalf("%s: attempt %d is %s", name, now.Attempt, now.Status)
		}
		w.receive(w.claim(p, payout.FoundProcessing))
		w.named(name).told = w.says(payout.FoundProcessing)
		w.sweepFor(55, time.Hour)
		if now := w.stored(p.ID); !slices.Contains(now.Attention.Reasons(), payout.UnknownTooLong) {
			t.Errorf("%s: %s since %v, attention %v, asked about %v", name, now.Status, w.clock.Now().Sub(now.StatusAt), now.Attention.Reasons(), w.named(name).about)
		}
	}
}

// A payout that waits since something was said of it is asked about itself, less and less often.
func TestAPayoutThatWaitsForPeopleIsAskedAboutLessAndLess(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		w.named(name).answer = w.notSent
		p := w.mustCreate(draftFor(name))
		c := w.claim(p, payout.FoundSucceeded)
		c.Ambiguous = "it could be cut otherwise"
		w.receive(c)
		w.named(name).told = w.absent
		w.sweepFor(12*60, time.Minute)
		if now := w.stored(p.ID); now.WaitsFor() != payout.QueuedSpokenOf || w.named(name).asked == 0 || w.named(name).asked > 20 {
			t.Errorf("%s: %s (%s), asked %d times", name, now.Status, now.WaitsFor(), w.named(name).asked)
		}
	}
}
