package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// A payout that people are called for is kept beyond the retention. It is looked at once a day,
// never in a circle, and holds nobody's money if its end is certain.
func TestAnEndThatWaitsForPeopleIsLookedAtNowAndThen(t *testing.T) {
	for name, end := range map[string]func(w *world, p payout.Payout){
		"returned": func(w *world, p payout.Payout) {
			w.vexora.told = w.says(payout.FoundReturned)
			w.receive(w.claim(p, payout.FoundReturned))
		},
		"failed, and contradicted": func(w *world, p payout.Payout) {
			w.receive(w.claim(p, payout.FoundFailed))
			w.receive(w.claim(p, payout.FoundSucceeded))
		},
	} {
		w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 5 * day })
		p := w.mustCreate(draft("R1"))
		end(w, p)
		for range 20 {
			w.clock.pass(12 * time.Hour)
			w.sweep()
			now := w.stored(p.ID)
			if !now.QueryAt.After(w.clock.Now()) || now.QueryAt.Sub(w.clock.Now()) > 5*day {
				t.Fatalf("%s: after %v it is looked at at %v", name, w.clock.Now().Sub(p.CreatedAt), now.QueryAt)
			}
		}
		if name == "returned" && w.listed() > 0 {
			t.Errorf("%s: it is on a list", name)
		}
	}
}

// Nobody is asked about an orphan at a payout's own key, and one day its data goes.
func TestAnOrphanIsNotAskedAbout(t *testing.T) {
	w := retaining(t)
	lost := payout.Payout{ID: payout.DeriveID("test", "R1"), Attempt: 1, Provider: Vexora, Amount: amount(t, "50000", money.KHR)}
	if v := w.receive(w.claim(lost, payout.FoundSucceeded)); v != payout.KeptAsOrphan || !slices.Contains(w.signals.raised, payout.SignalOrphanOfOurs) {
		t.Errorf("%s, signals %v", v, w.signals.raised)
	}
	w.pass(40)
	if now := w.stored(lost.ID); w.vexora.asked > 0 || now.RedactedAt.IsZero() {
		t.Errorf("asked %d times, redacted at %v", w.vexora.asked, now.RedactedAt)
	}
}

// What is not covered by the signature is not kept.
func TestAPaddedBodyIsNotKept(t *testing.T) {
	for _, padded := range []bool{false, true} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		c := w.claim(p, payout.FoundSucceeded)
		c.Padded = padded
		w.receive(c)
		h := w.stored(p.ID).History
		if last := h[len(h)-1]; (len(last.Raw) == 0) != padded || last.Evidence != payout.HashEvidence(c.Raw) {
			t.Errorf("padded %v: %d bytes are kept, evidence %s", padded, len(last.Raw), last.Evidence)
		}
	}
}
