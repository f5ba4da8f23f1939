package sim

import (
	"time"

	"cambodia-payouts/pkg/payout"
)

// sendBack composes payments that come back beside others that do not: one is said to have failed
// first, so that two people go on from it, and each attempt may be paid, and come back, or not. What
// people are then told to do hangs on all of them together.
func (w *world) sendBack() {
	c := w.choices
	w.comesBack = true
	w.faults = []int{0, 3, 12}[c.weighted(40, 35, 25)]
	w.vouching = c.pick(3) > 0
	tried := w.clients[c.pick(len(w.clients))]
	for n := range 2 + c.pick(3) {
		w.in(time.Duration(20+150*n+c.pick(120))*time.Second, func() { w.tryAgain(tried.id) })
	}
	for range c.weighted(40, 30, 30) { // a return that never was
		w.in(time.Duration(60+c.pick(600))*time.Second, func() {
			p, there := w.table.Payouts[tried.id]
			if !there || p.Status == payout.Orphan {
				return
			}
			w.spreadWord(p, payout.Attempt(1+c.pick(int(p.Attempt))), word{says: returned})
		})
	}
}

// backOrNot is the plan of a payout in such a history. The "failed" that comes before is a lie,
// on which two people go on while the money is still there or still on its way.
func (w *world) backOrNot(p plan) plan {
	c := w.choices
	p.end = []ending{returned, paid, declined}[c.weighted(55, 30, 15)]
	p.after, p.visible = time.Duration(1+c.pick(400))*time.Second, 0
	truth := word{after: p.after + time.Second, says: p.end, truth: true}
	p.words = nil
	if p.end == returned && c.chance(60) {
		p.words = append(p.words, word{after: time.Second, says: paid, truth: true})
	}
	if c.chance(60) {
		p.words = append(p.words, word{after: time.Duration(1+c.pick(30)) * time.Second, says: declined})
	}
	if c.chance(75) {
		p.words = append(p.words, truth)
	}
	return p
}
