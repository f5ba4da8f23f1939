package sim

import (
	"time"

	"cambodia-payouts/pkg/payout"
)

// quiet is how long the world is watched after the chaos. It outlasts the eight status queries
// after an end, which take eight hours (decision 0016), and the calls for a person after a
// day.
const quiet = 5 * 24 * time.Hour

// similarAfter is when, after the chaos, what is still unknown is asked for again under another
// reference. By then everything that was owed to a list has had time to be written.
const similarAfter = 2 * time.Hour

// auditAfter is when, after the chaos, people read the books of a provider that paid twice.
const auditAfter = 3 * time.Hour

// mostRounds bounds the sweeps of that time. What is held above a cap is looked at each minute
// until it is too old, for a day, each of a handful of payouts at a second of its own.
const mostRounds = 15_000

// settle lets everything go right until nothing happens any more. Without this half nothing could
// be said of the end: in the chaos every payout may be unknown for a good reason. With it,
// whatever is open has had its status queries answered, and a payout that still rests in silence
// was forgotten.
func (w *world) settle() {
	w.calm()
	end := w.now.Add(quiet)
	for rounds := 0; rounds < mostRounds && w.violation == nil; rounds++ {
		next, some := w.nextDue()
		for w.violation == nil && w.before(next, some) && w.step() {
			next, some = w.nextDue()
		}
		if w.violation != nil || !some || next.After(end) || w.resting() {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		w.sweep()
		for len(w.waiting) > 0 && w.step() { // the sweep itself, up to its end
		}
	}
}

// calm ends the chaos. Clocks are set right, pauses end, the feed answers, and two people release
// what is held. What providers have drawn stays so: one that is silent for an hour is silent, and
// an answer about another payment is given again. A container whose clock jumped is marked, since
// what it read last is then of any time.
func (w *world) calm() {
	w.tell("from here on nothing goes wrong")
	w.faults, w.planned, w.record, w.settledAt = 0, map[int]fate{}, false, w.now
	for _, c := range w.pool {
		c.jumped, c.skew = c.skew != 0, 0
	}
	clear(w.paused)
	w.feedOutUntil = time.Time{}
	if w.settings.changed {
		w.pool = nil // whatever ran with the old settings is gone by now
	}
	w.in(0, w.release)
	if w.scripted == nil {
		w.in(similarAfter, w.lateSimilar)
		w.in(auditAfter, w.audit)
	}
}

// before reports whether something happens before the sweep has to look. An event of this very
// moment goes first, since the sweep may be due because of it.
func (w *world) before(due time.Time, some bool) bool {
	at, more := w.next()
	return more && (!some || at.Before(due) || !at.After(w.now))
}

// lateSimilar has the same money asked for under another reference while the first payout is
// unknown, or doubted. Nothing goes wrong any more: it must be held. A payout whose amount is not
// the client's own is left out, since another body has taken the reference.
func (w *world) lateSimilar() {
	for _, c := range w.clients {
		p, there := w.table.Payouts[c.id]
		if _, doubt := w.about(c.id).doubted(p); there && (p.Status == payout.Unknown || doubt != "" || p.Status == payout.Failed && raised(p, payout.Contradiction)) {
			twin := w.newClient(9, c.provider, c)
			if p.Amount.Minor() == int64(c.amount)*100 {
				w.clients = append(w.clients, twin)
				twin.post()
			}
			return
		}
	}
}

// nextDue is when the sweep has something to do. It brings the index up to date as well: it lags
// in the chaos alone.
func (w *world) nextDue() (time.Time, bool) {
	var next time.Time
	for id, p := range w.table.Payouts {
		w.table.show(id, p.DueAt)
		if !p.DueAt.IsZero() && (next.IsZero() || p.DueAt.Before(next)) {
			next = p.DueAt
		}
	}
	return next, !next.IsZero()
}

// resting tells that nothing more will change: a day is over, and whatever is not
// final lies on a review queue. Fifty hours are longer than the eight status queries after an end
// take (decision 0016).
func (w *world) resting() bool {
	if w.now.Sub(start) < 50*time.Hour {
		return false
	}
	for _, p := range w.table.Payouts {
		if !p.Status.Final() && len(p.Attention) == 0 {
			return false
		}
	}
	return true
}
