package sim

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// loseAttempts composes a restore between the attempts of payouts of which the first ones fail: in
// the lost time two people have one of them sent until it is paid, and after it they go on where
// the backup stands. What a table has forgotten was paid.
func (w *world) loseAttempts() {
	c := w.choices
	w.paidFrom = payout.Attempt(2 + c.pick(2))
	first := time.Duration(60+c.pick(240)) * time.Second
	w.faults = min(w.faults, 12) // much has to go well for so many attempts
	w.vouching = c.pick(4) > 0
	tried := w.clients[c.pick(len(w.clients))].id
	for _, of := range w.clients { // which tells for certain how an attempt ended
		if of.provider == payout.Monetix {
			tried = of.id
		}
	}
	again := func(after time.Duration) { w.in(after, func() { w.tryAgain(tried) }) }
	w.in(first, func() {
		older := w.backup()
		long := time.Duration(900+c.pick(900)) * time.Second
		for n := range 2 + c.pick(2) {
			again(time.Duration(10+300*n+c.pick(200)) * time.Second)
		}
		w.in(long, func() { w.restore(older) })
		for n := range 1 + c.pick(3) { // once submissions are released
			again(long + time.Duration(360+600*n+c.pick(600))*time.Second)
		}
	})
}

// tryAgain has two people send a payout again that has failed, or is unknown.
func (w *world) tryAgain(id payout.ID) {
	if p := w.table.items[id]; p.Status != payout.Failed && p.Status != payout.Unknown {
		return
	}
	for n := range 2 {
		w.in(time.Duration(5*n)*time.Second, func() { w.order(id, given{action: payout.Resend}, n, 0) })
	}
}

// carefree is a store that forgets which payouts a lost table may have sent again.
type carefree struct{ session }

func (s carefree) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	step.Then.Heard = slices.DeleteFunc(slices.Clone(step.Then.Heard), func(f payout.Fact) bool {
		return strings.HasSuffix(string(f), ".restored")
	})
	return s.session.Apply(ctx, step)
}
