package sim

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// loseAttempts composes a restore between the attempts of payouts that mostly fail: in the lost
// time two people have some of them sent again and again, and after it they go on where the
// backup stands. What a table has forgotten may have been paid.
func (w *world) loseAttempts() {
	c := w.choices
	w.unlucky = true
	w.in(time.Duration(60+c.pick(300))*time.Second, func() {
		older := w.backup()
		long := 600 + c.pick(2400)
		for range 2 + c.pick(5) {
			w.in(time.Duration(c.pick(long))*time.Second, w.tryAgain)
		}
		w.in(time.Duration(long)*time.Second, func() { w.restore(older) })
		for range 1 + c.pick(4) { // once submissions are released
			w.in(time.Duration(long+360+c.pick(1800))*time.Second, w.tryAgain)
		}
	})
}

// tryAgain has two people send again what has failed, or is unknown, on both sides of a restore.
func (w *world) tryAgain() {
	id, some := w.anyone()
	if p := w.table.items[id]; !some || p.Status != payout.Failed && p.Status != payout.Unknown {
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
