package payout_test

import (
	"errors"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// asks is one create request that arrives now.
func (w *world) asks(d payout.Draft) (payout.Payout, *payout.Refusal) {
	created, err := w.create(d)
	var refusal *payout.Refusal
	errors.As(err, &refusal)
	return created.Payout, refusal
}

// A request is slow: the merchant gives up on it and sends it again, and the second one is
// refused, for what came between. Whoever is told that nothing was started pays under another
// reference, so the first one must not go any more.
func TestNotStartedIsSaidOfTheSlowRequestToo(t *testing.T) {
	troubles := map[string]func(w *world, d *payout.Draft){
		"the key cannot be read": func(w *world, _ *payout.Draft) { w.keyFault = errors.New("throttled") },
		"a cap was lowered": func(w *world, _ *payout.Draft) {
			w.pull(dara, payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: amount(w.t, "100", money.KHR)}})
			w.clock.pass(10 * time.Second)
		},
		"another body under the same reference": func(_ *world, d *payout.Draft) { d.Amount = "0" },
	}
	for name, trouble := range troubles {
		for _, queued := range []bool{false, true} {
			w := newWorld(t)
			slow := &opening{provider: w.vexora}
			w.connectors[Vexora] = slow
			d := draft("R1")
			var second *payout.Refusal
			slow.do = func() {
				again := d
				w.clock.pass(3 * time.Second)
				trouble(w, &again)
				_, second = w.asks(again)
				w.keyFault = nil
				if queued {
					w.pull(dara, holdAll)
					w.clock.pass(10 * time.Second)
				}
			}
			first, refused := w.asks(d)
			if second == nil || second.Outcome != payout.NotStarted {
				t.Fatalf("%s: the second request is told %+v", name, second)
			}
			if len(w.vexora.sent) > 0 || len(w.store.Payouts) > 0 || refused == nil || refused.Outcome != payout.NotStarted || refused.Kind != payout.Unavailable {
				t.Errorf("%s: the first one was told %s, %+v, after the second was told that nothing had been started", name, first.Status, refused)
			}
		}
	}
}

// What was refused is posted again as soon as the merchant has read why.
func TestACorrectedRequestIsTaken(t *testing.T) {
	for _, off := range []time.Duration{0, -5 * time.Minute, 5 * time.Minute} { // of the clock of the process that refused
		w := newWorld(t)
		arrived := w.clock.Now()
		w.clock.pass(off)
		wrong := draft("R1")
		wrong.Arrived, wrong.Amount = arrived, "0"
		if _, refused := w.asks(wrong); refused == nil || refused.Outcome != payout.NotStarted {
			t.Fatalf("%+v", refused)
		}
		w.clock.pass(-off)
		right := draft("R1")
		right.Arrived = arrived.Add(time.Millisecond)
		if off > 0 { // never longer than a request lasts
			right.Arrived = arrived.Add(30*time.Second + time.Millisecond)
		}
		w.clock.pass(time.Minute)
		if p, refused := w.asks(right); refused != nil || p.Status != payout.Processing {
			t.Errorf("a clock that is off by %s: %s, %+v", off, p.Status, refused)
		}
	}
}

// An event that was written by hand names any time, or none.
func TestARequestOfAnotherYearCameNow(t *testing.T) {
	for _, said := range []time.Time{{}, time.UnixMilli(0), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)} {
		w := newWorld(t)
		wrong, right := draft("R1"), draft("R1")
		wrong.Arrived, right.Arrived, wrong.Amount = said, said, "0"
		_, refused := w.asks(wrong)
		w.clock.pass(time.Second)
		if p, again := w.asks(right); refused == nil || again != nil || p.Status != payout.Processing {
			t.Errorf("%s: %+v, then %s, %+v", said, refused, p.Status, again)
		}
	}
}

// Whether the table turns earlier requests away is not certain: then nothing is said.
func TestNotStartedIsNotSaidWithoutTheTable(t *testing.T) {
	for _, f := range []fault{lostBefore, lostAfter} {
		w := newWorld(t)
		w.store.fault = func(int) fault { return f }
		d := draft("R1")
		d.Amount = "0"
		if _, refused := w.asks(d); refused == nil || refused.Outcome != payout.OutcomeUnknown {
			t.Errorf("%+v", refused)
		}
	}
}
