package payout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Whoever cannot read the controls holds everything. Nothing else in the log would say why.
func TestControlsThatCannotBeReadAreTold(t *testing.T) {
	w := newWorld(t)
	port := &sometimes{memory: w.store}
	type told struct {
		err   error
		blind bool
	}
	var heard []told
	breaker := payout.NewBreaker(port, payout.Floor{Caps: most(t)}).OnUnread(func(_ context.Context, err error, blind bool) { heard = append(heard, told{err, blind}) })
	p := payout.Payout{Provider: Vexora, Amount: amount(t, "1", money.KHR)}
	breaker.Ordered(bg, p, w.clock.Now())
	if len(heard) > 0 || breaker.Blind(bg, w.clock.Now()) != nil {
		t.Fatalf("read, and told %v, %v", heard, breaker.Blind(bg, w.clock.Now()))
	}
	port.failing = true
	for _, step := range []struct {
		after time.Duration
		blind bool
	}{{10 * time.Second, false}, {30 * time.Second, true}} {
		heard = nil
		w.clock.pass(step.after)
		breaker.Ordered(bg, p, w.clock.Now())
		if len(heard) == 0 || heard[0].err == nil || heard[0].blind != step.blind {
			t.Errorf("%s later: told %v", step.after, heard)
		}
		if err := breaker.Blind(bg, w.clock.Now()); (err != nil) != step.blind || step.blind && !errors.Is(err, heard[0].err) {
			t.Errorf("%s later: %v", step.after, err)
		}
	}
	port.failing = false
	w.clock.pass(10 * time.Second)
	if breaker.Ordered(bg, p, w.clock.Now()); breaker.Blind(bg, w.clock.Now()) != nil {
		t.Errorf("read again: %v", breaker.Blind(bg, w.clock.Now()))
	}
}

// A sweep that finds nothing due looks at the controls too, and fails if it cannot read them:
// queued payouts wait for nobody knows what.
func TestASweepFailsWhileNobodyCanReadTheControls(t *testing.T) {
	w := newWorld(t)
	if err := w.sweeper.Survey(bg); err != nil {
		t.Fatal(err)
	}
	*w.breaker = *payout.NewBreaker(noShared{w.store}, payout.Floor{Caps: most(t)})
	if err := w.sweeper.Survey(bg); err == nil || len(w.signals.surveys) != 2 {
		t.Errorf("%v after %d surveys of the review queue", err, len(w.signals.surveys))
	}
}
