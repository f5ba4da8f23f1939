package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// TestWhatWaitedTooLongGoesUnderALargerBound: what a hold, an outage or a refusal about us kept
// waiting for longer than the bound goes by nobody's order, until a process with a larger bound
// sweeps: then it goes by itself, once, within the hour in which such a payout is looked at.
func TestWhatWaitedTooLongGoesUnderALargerBound(t *testing.T) {
	for name, test := range map[string]struct{ begin, end func(w *world) }{
		"held": {
			func(w *world) { w.pull(dara, holdAll) },
			func(w *world) { w.pull(dara, releaseAll); w.pull(bopha, releaseAll) },
		},
		"refused about us": {
			func(w *world) { w.vexora.answer = w.says(payout.FoundAboutUs) },
			func(w *world) { w.vexora.answer = w.says(payout.FoundProcessing) },
		},
		"no connection": {
			func(w *world) { w.vexora.answer = w.says(payout.FoundNotSent) },
			func(w *world) { w.vexora.answer = w.says(payout.FoundProcessing) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.begin(w)
			var ids []payout.ID
			for n := range 5 {
				d := draft(fmt.Sprintf("R%d", n))
				d.Destination.AccountNumber, d.Destination.AccountID = fmt.Sprintf("8899%04d", n), fmt.Sprintf("lanton_8899%04d", n)
				ids = append(ids, w.mustCreate(d).ID)
			}
			w.sweepFor(120, time.Minute)
			test.end(w)
			w.vexora.sent = nil // tries that were refused
			w.sweepFor(180, time.Minute)
			for _, id := range ids {
				if p := w.stored(id); p.Status != payout.Queued || len(w.vexora.sent) != 0 {
					t.Fatalf("under the bound: %s, sent %d", p.Status, len(w.vexora.sent))
				}
			}
			w.deploy(func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
			w.sweepFor(65, time.Minute)
			for _, id := range ids {
				p := w.stored(id)
				if _, waits := p.Attention[payout.QueuedTooLong]; waits || p.Status != payout.Processing {
					t.Errorf("under a larger one: %s with %v", p.Status, p.Attention.Reasons())
				}
			}
			if len(w.vexora.sent) != len(ids) {
				t.Errorf("sent %d times", len(w.vexora.sent))
			}
		})
	}
}

// TestARestoreThatTookHoursReleasesWhatPeopleVouchedFor: accounting for the lost time takes
// longer than the bound, so that what was posted again goes only under a larger one.
func TestARestoreThatTookHoursReleasesWhatPeopleVouchedFor(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	w := restoredFrom(t, lost, nil, Monetix)
	have.serve(w, "A", payout.FoundSucceeded)
	w.over(payout.Floor{RestoredAt: w.clock.Now().Add(-time.Minute), Held: held(Monetix, Vexora)})
	p := w.mustCreate(draftFor(Monetix))
	w.sweepFor(180, time.Minute)
	w.over(payout.Floor{})
	w.sweepFor(60, 2*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Queued || len(w.monetix.sent) != 0 {
		t.Fatalf("under the bound: %s, sent %d", now.Status, len(w.monetix.sent))
	}
	w.deploy(func(policy *payout.Policy) { policy.QueuedMaxAge = 24 * time.Hour })
	w.sweepFor(65, time.Minute)
	if now := w.stored(p.ID); now.Status == payout.Queued || len(w.monetix.sent) != 1 {
		t.Errorf("under a larger one: %s with %v, sent %d", now.Status, now.Attention.Reasons(), len(w.monetix.sent))
	}
}
