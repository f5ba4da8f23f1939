package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// shut is a provider for which no submission can be written any more: its callback address
// was broken, or the bank was taken out of the settings.
type shut struct{ *provider }

func (shut) Prepare(context.Context, payout.Payout) (payout.Submission, []payout.Fault, error) {
	return nil, []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured}}, nil
}

// A payout that would be sent again, but cannot be written, is unknown all the same.
func TestAnUnknownPayoutThatCannotBeWrittenCallsAPerson(t *testing.T) {
	for _, most := range []time.Duration{time.Hour, 72 * time.Hour} {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = most })
		w.monetix.answer, w.monetix.told = w.unclear, w.absent
		p := w.mustCreate(draftFor(Monetix))
		w.connectors[Monetix] = shut{w.monetix}
		failed := 0
		for range 70 {
			w.clock.pass(2 * time.Minute)
			if _, err := w.sweeper.Sweep(bg, p.ID.Shard()); err != nil {
				failed++
			}
		}
		stored := w.stored(p.ID)
		if _, raised := stored.Attention[payout.UnknownTooLong]; !raised || stored.Polls == 0 {
			t.Errorf("QUEUED_MAX_AGE %v: unknown for two hours, asked %d times, attention %v", most, stored.Polls, stored.Attention)
		}
		if failed == 0 {
			t.Errorf("QUEUED_MAX_AGE %v: no sweep said why nothing is sent", most)
		}
	}
}
