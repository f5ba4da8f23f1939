package sim

import (
	"fmt"
	"time"

	"cambodia-payouts/pkg/payout"
)

// judgeSimilar looks at a payout that nobody ordered to be sent: is the same money on its way to
// the same recipient? A merchant who hears nothing pays under another reference, and to every
// provider these are two payments. So one that is unknown or doubted holds the others back
// (decision 0017), as far as the process that sends could know of it.
func (w *world) judgeSimilar(before *payout.Payout, p payout.Payout) {
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
	for _, other := range w.clients {
		q, there := w.table.Payouts[other.id]
		if !there || q.ID == p.ID || w.recipient(q) != w.recipient(p) {
			continue
		}
		k := w.about(q.ID)
		fresh := before == nil || before.Status == payout.Queued // what is repeated is its own money
		if fresh && w.mustBeKnown(k, q, box) {
			w.report(heldSimilar, "%s is sent, and %s is %s, since %s%s", p.Reference, q.Reference, q.Status, k.unknownAt.Sub(start), otherwise(p, q))
		}
		if fresh && w.doubtKnown(k, q, box) {
			since, why := k.doubted(q)
			w.report(heldDoubted, "%s is sent, and %s is %s: %s, since %s%s", p.Reference, q.Reference, q.Status, why, since.Sub(start), otherwise(p, q))
		}
	}
}

// judgeLeaving looks at a request to submit as it leaves: with a window, of two of the same money
// that nobody ordered one leaves. At the fence it would be too early: what waited in the queue
// looks once more after it. Only payouts that were made within half a window of each other are
// judged, and by clocks that are right: at the edge of a window two clocks may answer
// differently.
func (w *world) judgeLeaving(reference string, box *container) {
	id, _, _ := payout.ParseProviderReference(reference)
	p, there := w.table.Payouts[id]
	d := w.about(id)
	d.left, d.leftUnder = true, box.settings.window
	// How long an id may have no payout is told by two clocks; wrong ones are left out.
	if !there || d.ordered || !d.compared() || box.skew != 0 || !p.Lease.Until.After(box.now()) {
		return
	}
	for _, other := range w.clients {
		q, there := w.table.Payouts[other.id]
		if !there || q.ID == p.ID || w.recipient(q) != w.recipient(p) {
			continue
		}
		close := p.CreatedAt.Sub(q.CreatedAt).Abs() < window/2
		// Whether it is safe to pay again is another promise; nobody compares with what is redacted.
		holds := !q.SafeToPayAgain() && q.RedactedAt.IsZero()
		if k := w.about(q.ID); close && holds && k.left && k.compared() && !k.ordered {
			w.report(oneOfSimilar, "%s is sent, and %s was%s", p.Reference, q.Reference, otherwise(p, q))
		}
	}
}

// compared reports whether a payout was made, and left, by processes that have a window. A
// process of before a change of the settings may have none, and compares with nobody.
func (d *dossier) compared() bool { return d.window > 0 && d.leftUnder > 0 && !d.skewed }

// doubted finds what speaks of money that a payout may still move, or have moved, whatever its
// status, and since when it was known; zero: nothing does. Of what is with its provider, or
// ended well, only the attempts before count. What is kept, and speaks of money, doubts a payout
// that failed, waits or was withdrawn as much as one that is unknown: several roads into doubt
// once owed the list nothing (docs/proof.md, seeds 62, 1313, 2472, 2767).
func (d *dossier) doubted(q payout.Payout) (time.Time, string) {
	if d.resolved || q.Status == payout.Succeeded || q.Status == payout.Orphan {
		return time.Time{}, ""
	}
	open := q.Status == payout.Processing || q.Status == payout.Submitting || q.Status == payout.Unknown
	if q.Status == payout.Queued && raised(q, payout.PossibleDuplicate) {
		return time.Time{}, "" // it waits itself: two must not hold each other
	}
	for _, s := range d.spoken {
		// Until a failure was certain once, "processing" is ordinary beside it.
		ordinary := q.Status == payout.Failed && s.says == saysProcessing && !s.mismatch && d.refused[s.attempt].IsZero()
		if ordinary || open && s.attempt >= q.Attempt || !s.kept || s.attempt < q.Attempt && s.at.Before(d.pairedAt) {
			continue
		}
		switch {
		case s.mismatch, s.attempt > q.Attempt && s.says != saysNothing, s.says.moved(), d.open(s), s.unbelieved != "" && d.unsettling(s, q):
			return s.at, fmt.Sprintf("attempt %d was said to be %s%s", s.attempt, s.says, s.unbelieved)
		}
	}
	return time.Time{}, ""
}

// doubtKnown reports whether everybody had time to learn that a payout is doubted: nothing is
// owed to its recipient's list, and has not been since before the acting process began, or there
// was an hour without trouble to make it good. A clock that ran ahead, where the doubt was noted,
// has the list made good later. A judge that allowed more would miss a list that is never made
// good; one that allowed less would blame the five seconds within which other processes learn of
// trouble (decision 0009).
func (w *world) doubtKnown(d *dossier, q payout.Payout, box *container) bool {
	since, why := d.doubted(q)
	if why == "" {
		return false
	}
	if calm := w.faults == 0 && !w.settledAt.IsZero(); calm && w.now.Sub(w.settledAt) > similarAfter/2 && w.now.Sub(since) > similarAfter/2 {
		return true
	}
	if d.listedAt.After(since) {
		since = d.listedAt
	}
	return !q.RecipientOwed && w.acting.begun.Sub(since) > 2*time.Minute && !box.blindAt.After(since) && box.skew == 0
}

// otherwise tells that one account is written in two ways. It is for the report alone: whoever
// reads of such a break should look at the spelling first.
func otherwise(p, q payout.Payout) string {
	if p.Destination.AccountNumber == q.Destination.AccountNumber {
		return ""
	}
	return ", with its number written otherwise"
}

// mustBeKnown reports whether everybody had time to learn that a payout is unknown. A container
// that could not read the shared state since, or whose clock is off, is not blamed.
func (w *world) mustBeKnown(d *dossier, q payout.Payout, box *container) bool {
	if q.Status != payout.Unknown {
		return false
	}
	if w.faults == 0 && !w.settledAt.IsZero() && w.now.Sub(w.settledAt) > similarAfter/2 && w.settledAt.After(d.unknownAt) {
		return true // whatever was owed had time to be made good
	}
	// A process that was frozen knows what it knew when it began.
	return !d.notedAt.IsZero() && w.acting.begun.Sub(d.notedAt) > time.Minute && !box.blindAt.After(d.notedAt) && box.skew == 0
}

// recipient names the money and who gets it, however his number is written. The clients know who
// is meant; the key of the domain's lists must not decide what the judges compare.
func (w *world) recipient(p payout.Payout) string {
	for _, c := range w.clients {
		if c.id == p.ID {
			return string(p.Destination.Type) + " " + c.recipient + " " + p.Amount.String()
		}
	}
	return ""
}
