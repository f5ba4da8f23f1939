package sim

import (
	"time"

	"cambodia-payouts/pkg/payout"
)

// judgeTwins looks at a payout that nobody ordered to be sent: is the same money on
// its way to the same recipient?
func (w *world) judgeTwins(before *payout.Payout, p payout.Payout) {
	if w.acting == nil || w.acting.box == nil {
		return
	}
	box, d := w.acting.box, w.about(p.ID)
	if d.ordered {
		return // a person has confirmed it before
	}
	if !p.Lease.Until.After(box.now()) {
		return // the process slept; its right to send is over
	}
	// How long an id may have no payout is told by two clocks; wrong ones are left out.
	inWindow := box.settings.window > 0 && box.skew == 0 && !d.skewed && (before == nil || d.window > 0)
	for _, other := range w.clients {
		q, there := w.table.items[other.id]
		if !there || q.ID == p.ID || w.recipient(q) != w.recipient(p) {
			continue
		}
		k := w.about(q.ID)
		close := p.CreatedAt.Sub(q.CreatedAt).Abs() < window/2
		if inWindow && close && k.window > 0 && !k.skewed && k.selfSent && !k.ordered {
			w.blame(oneOfTwins, "%s is sent, and %s was%s", p.Reference, q.Reference, otherwise(p, q))
		}
		if before == nil && w.mustBeKnown(k, q, box) {
			w.blame(heldTwin, "%s is sent, and %s is %s, since %s%s", p.Reference, q.Reference, q.Status, k.unknownAt.Sub(start), otherwise(p, q))
		}
	}
}

// otherwise tells that one account is written in two ways.
func otherwise(p, q payout.Payout) string {
	if p.Destination.AccountNumber == q.Destination.AccountNumber {
		return ""
	}
	return ", with its number written otherwise"
}

// mustBeKnown reports whether everybody had time to learn that a payout is unknown, or that
// its failure is contradicted.
func (w *world) mustBeKnown(d *dossier, q payout.Payout, box *container) bool {
	if since, contradicted := q.Attention[payout.Contradiction]; contradicted && q.Status == payout.Failed && q.RedactedAt.IsZero() {
		return w.faults == 0 && !w.settledAt.IsZero() && w.now.Sub(w.settledAt) > twinAfter/2 && w.settledAt.After(since)
	}
	if q.Status != payout.Unknown {
		return false
	}
	if w.faults == 0 && !w.settledAt.IsZero() && w.now.Sub(w.settledAt) > twinAfter/2 && w.settledAt.After(d.unknownAt) {
		return true // whatever was owed had time to be made good
	}
	// A process that was frozen knows what it knew when it began.
	return !d.notedAt.IsZero() && w.acting.begun.Sub(d.notedAt) > time.Minute && !box.blindAt.After(d.notedAt) && box.skew == 0
}

// recipient names the money and who gets it, however his number is written.
func (w *world) recipient(p payout.Payout) string {
	for _, c := range w.clients {
		if c.id == p.ID {
			return string(p.Destination.Type) + " " + c.recipient + " " + p.Amount.String()
		}
	}
	return ""
}
