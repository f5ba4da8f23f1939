package payout_test

import (
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
