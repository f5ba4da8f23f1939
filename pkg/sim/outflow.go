package sim

import (
	"context"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// outflowHolds is the promise of the outflow brake. It is a weak promise on purpose: the outflow
// limit bounds a leak and is no cap (decision 0025), so what it misses while the stream is on its
// way is not judged.
const outflowHolds = "more than the limit of an hour holds the provider"

// hourly is the limit of the worlds that have one: one payout fits into it, and no second one.
var hourly = func() payout.OutflowLimits {
	most, err := money.Parse("60000", money.KHR)
	if err != nil {
		panic(err)
	}
	limits := payout.OutflowLimits{}
	for _, p := range payout.Providers() {
		limits[p] = map[money.Currency]money.Amount{money.KHR: most}
	}
	return limits
}()

// limitOutflow gives one world in so many a limit. It is drawn from what the history was
// composed of, and not by one more choice, so that histories without a limit stay what they
// were. What was drawn is as good as chance for this, and costs no choice.
func (w *world) limitOutflow() {
	sum := 0
	for _, drawn := range w.choices.taken {
		sum += drawn
	}
	if sum%limitedOneIn == limitedIf {
		w.limits = hourly
		w.tell("an hour may send %s to each provider", hourly[payout.Providers()[0]][money.KHR])
	}
}

// One world in so many has a limit; zero choices give none, and none of the histories that
// are kept has one.
const (
	limitedOneIn = 13
	limitedIf    = 4
)

// measured is a submission that a process has counted, and says so. Only what was counted and
// answered is one: a count that was lost may be missing in the buckets.
type measured struct {
	provider    payout.Provider
	minor       int64
	begun, done time.Time
}

// count has the stream tell of a submission, as it does in worlds with a limit: at least once,
// at times late or twice, and again if the function dies. It stands for the images of the stream:
// a payout that was not submitting before the write, and is after it.
func (w *world) count(before *payout.Payout, after payout.Payout) {
	if w.limits == nil || after.Status != payout.Submitting || before != nil && before.Status == payout.Submitting {
		return
	}
	for range []int{1, 2}[w.choices.weighted(75, 25)] {
		late := time.Duration(w.choices.weighted(70, 30)) * 20 * time.Second
		w.in(time.Second+late, func() { w.meter(after, 4) })
	}
}

func (w *world) meter(p payout.Payout, tries int) {
	begun, counted := time.Time{}, false
	var held []payout.OutflowHold
	w.invoke("notify-merchant counts", time.Minute, func(ctx context.Context, c *container) {
		begun = w.now
		sums := payout.OutflowSums{}
		sums.Add(p.Provider, p.Amount)
		var err error
		held, err = c.outflow.Count(ctx, sums)
		counted = err == nil
	}, func(died bool) {
		if died && tries > 1 {
			w.in(time.Second, func() { w.meter(p, tries-1) })
		}
		if counted {
			w.measured = append(w.measured, measured{p.Provider, p.Amount.Minor(), begun, w.now})
			w.judgeOutflow(p.Provider)
		}
		if len(held) > 0 {
			w.brakeHeld(p.Provider)
		}
	})
}

// brakeHeld notes a hold of the machine, and has two people let it go after a while. The hold is
// a change of the controls like any other, so the judge of holds watches it too.
func (w *world) brakeHeld(p payout.Provider) {
	w.tell("the outflow brake holds %s", p)
	if _, known := w.controls.heldAt[p]; !known && gateOf(w.table.SharedState.InForce(), p) == payout.GateHeld {
		w.controls.heldAt[p] = w.now
	}
	w.in(time.Duration(20+w.choices.pick(300))*time.Second, w.release)
}

// released notes whom a change lets go: what was counted before does not count any more. A
// release begins a fresh hour, by the version that released and not by a clock (decision 0025).
func (w *world) released(e payout.ControlEntry) {
	for _, p := range payout.Providers() {
		if gateOf(e.Before, p) == payout.GateHeld && gateOf(e.After, p) == payout.GateOpen {
			w.releasedAt[p] = w.now
		}
	}
}

// surelyWithin is how old a submission may be and still be within the hour by every clock.
// Buckets have five minutes, and two clocks may be ten apart.
const surelyWithin = 40 * time.Minute

// judgeOutflow looks at a provider whenever something was counted: every process adds before
// it looks, so that the last one sees them all. What was submitted meanwhile is still on its
// way in the stream; that nothing follows ten seconds after the hold is [heldStays].
func (w *world) judgeOutflow(p payout.Provider) {
	sum := int64(0)
	for _, m := range w.measured {
		if m.provider == p && m.begun.After(w.releasedAt[p]) && w.now.Sub(m.done) < surelyWithin {
			sum += m.minor
		}
	}
	if most := w.limits[p][money.KHR]; sum > most.Minor() && gateOf(w.table.SharedState.InForce(), p) == payout.GateOpen {
		w.report(outflowHolds, "%d were submitted to %s, which is open", sum, p)
	}
}

// uncounting finds nothing of what was counted. It is the mutant counts-in-vain.
type uncounting struct{ session }

func (uncounting) OutflowSince(context.Context, payout.Provider, money.Currency, time.Time) ([]payout.OutflowBucket, error) {
	return nil, nil
}
