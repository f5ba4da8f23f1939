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
// the backup stands. What a table has forgotten was paid. Most often the failure is certain before
// the backup, so that nothing is asked any more, and RESTORED_AT is taken away before people go
// on: then nothing but what the table remembers speaks of the attempts that are lost. The numbers
// are such that the rare thing is the usual one here: drawn freely, a restore would hardly ever
// fall between attempts of which a later one pays.
func (w *world) loseAttempts() {
	c := w.choices
	w.paidFrom = payout.Attempt(2 + c.weighted(25, 75))
	first := time.Duration(60+c.pick(240)) * time.Second
	if c.chance(75) {
		first = time.Duration(480+c.pick(240)) * time.Second // an end is asked about after five minutes
	}
	w.faults = []int{0, 3, 12}[c.weighted(50, 30, 20)] // much has to go well for so many attempts
	w.vouching = c.pick(4) > 0
	tried := w.clients[c.pick(len(w.clients))]
	if c.chance(80) { // which tells for certain how an attempt ended
		tried.banked()
	}
	again := func(after time.Duration) { w.in(after, func() { w.tryAgain(tried.id) }) }
	w.in(first, func() {
		older := w.backup()
		long := time.Duration(1000+c.pick(800)) * time.Second
		for n := range 3 + c.pick(2) {
			again(time.Duration(10+240*n+c.pick(120)) * time.Second)
		}
		w.in(long, func() { w.restore(older) })
		if c.chance(85) {
			w.in(long+time.Duration(180+c.pick(240))*time.Second, w.trust)
		}
		for n := range 1 + c.pick(3) { // once submissions are released, and what failed before is asked about
			again(long + time.Duration(480+1200*n+c.pick(600))*time.Second)
		}
	})
}

// plain is a plan without doubt: it ends at once, whoever asks is told so, and one callback says
// it. What is at stake in such histories is what the table has forgotten; doubtful codes would
// hide it behind promises that hold for other reasons.
func (p plan) plain(pays bool) plan {
	p.end, p.after, p.visible = declined, time.Second, 0
	if pays {
		p.end = paid
	}
	modelOf(p.manner.of).certain(&p.manner)
	p.words = []word{{after: p.after + time.Second, says: p.end, truth: true}}
	return p
}

// tryAgain has two people send a payout again that has failed, or is unknown. Two people may
// order everything, so that the guards for one person do not stand in the way of the history.
func (w *world) tryAgain(id payout.ID) {
	if p := w.table.Payouts[id]; p.Status != payout.Failed && p.Status != payout.Unknown {
		return
	}
	for n := range 2 {
		w.in(time.Duration(5*n)*time.Second, func() { w.order(id, given{action: payout.Resend}, n, 0) })
	}
}

// carefree is a store that forgets which payouts a lost table may have sent again. It is half of
// the mutant lost-attempts-forgotten; the other half is a policy that does not know of the
// restore what the table remembers.
type carefree struct{ session }

func (s carefree) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	step.Then.Heard = slices.DeleteFunc(slices.Clone(step.Then.Heard), func(f payout.Fact) bool {
		return strings.HasSuffix(string(f), ".restored")
	})
	return s.session.Apply(ctx, step)
}
