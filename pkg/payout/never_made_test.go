package payout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// hasMore is a failure for certain at Monetix, which has two attempts beside it that are not
// ours: the second one failed, and the third one is as it is told.
func hasMore(t *testing.T, third payout.Finding) (*world, payout.Payout) {
	t.Helper()
	w := newWorld(t)
	w.monetix.account = "A"
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = func(payout.Payout) payout.Claim {
		c := payout.Claim{Finding: payout.FoundFailed, Code: "20102", Account: "A", At: w.clock.Now()}
		about := w.monetix.about[len(w.monetix.about)-1]
		if about > 1 { // each has a number of its own
			c.ProviderID = fmt.Sprint("N-", about)
		}
		switch {
		case about == 3:
			c.Finding = third
		case about > 3:
			c.Finding = payout.FoundAbsent
		}
		return c
	}
	w.ask()
	if now := w.stored(p.ID); !now.SafeToPayAgain() {
		t.Fatal(now.Heard)
	}
	return w, p
}

// Whatever has the provider asked about an attempt that we never made: its answer that this one
// failed shows that somebody made it, and may have gone on from there.
func TestAnAnswerAboutAnAttemptThatWasNeverMadeMakesNothingSafe(t *testing.T) {
	for road, say := range map[string]func(w *world, second payout.Payout){
		"one person's file": func(w *world, second payout.Payout) {
			w.importBy(file(Monetix, row(1, second, payout.FoundFailed)), dara)
		},
		"a callback that is not believed": func(w *world, second payout.Payout) {
			w.pull(dara, askFirst)
			w.receive(w.claim(second, payout.FoundFailed))
		},
		"a callback": func(w *world, second payout.Payout) { w.receive(w.claim(second, payout.FoundFailed)) },
	} {
		for _, third := range []payout.Finding{payout.FoundSucceeded, payout.FoundAbsent} {
			w, p := hasMore(t, third)
			second := p
			second.Attempt = 2
			say(w, second)
			w.sweepFor(20, 10*time.Minute)
			now := w.stored(p.ID)
			if now.SafeToPayAgain() || !w.called(p.ID, payout.CallbackMismatch) {
				t.Errorf("%s, the third is %s: safe %v, attention %v, heard %v", road, third, now.SafeToPayAgain(), now.Attention.Reasons(), now.Heard)
			}
			if asked := slices.Contains(w.monetix.about, 3); asked == (road == "a callback") {
				t.Errorf("%s: asked about %v", road, w.monetix.about)
			}
			d := draftFor(Monetix)
			d.Reference = "R2"
			if other := w.mustCreate(d); other.Status != payout.Queued {
				t.Errorf("%s, the third is %s: the same money under R2 is %s, heard %v", road, third, other.Status, now.Heard)
			}
		}
	}
}
