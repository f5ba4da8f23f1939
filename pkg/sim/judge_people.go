package sim

import (
	"cambodia-payouts/pkg/payout"
)

// judgePeople looks at what people and files bring about. A file is somebody's upload: it may be
// wrong, old, or forged by whoever brings it. So it inserts nothing (an invented line would block
// a reference that is still to come), ends nothing without a second person, and ends nothing that
// was sent after it was there (decisions 0010 and 0016).
func (w *world) judgePeople(before *payout.Payout, after payout.Payout) {
	last := lastEntry(after)
	if before == nil {
		if last.Source == payout.FromStatement {
			w.report("a file inserts nothing at a payout's key", "%s", after.ID)
		}
		return
	}
	ended := after.Status.Final() && after.Status != before.Status && after.Status != payout.Cancelled
	switch {
	case w.acting == nil:
	case last.Source == payout.FromStatement && ended:
		s := w.acting.errand.sheet
		if s == nil || s.people() < 2 {
			w.report(endAlone, "%s is called %s on a file (%s)", after.Reference, after.Status, s.kind)
		} else if !s.knows(before.SubmittedAt) {
			w.report(olderFile, "%s is called %s on a file (%s) that was there before it was sent at %s", after.Reference, after.Status, s.kind, before.SubmittedAt)
		}
	case w.acting.errand.order != nil:
		w.judgeOrder(before, after, ended)
	}
}

// judgeOrder looks at what an order brought about. Ends and reviews take two registered people
// (decision 0008), and both on the same evidence: two who mean different things have not checked
// each other. A cancellation is left out here, since one person may withdraw what was certainly
// not sent.
func (w *world) judgeOrder(before *payout.Payout, after payout.Payout, ended bool) {
	g := w.acting.errand.order
	reviewed := g.order.As == payout.Reviewed && len(after.Attention) < len(before.Attention)
	by := w.on(before, g.action)
	if (ended && g.action == payout.Resolve || reviewed) && by != byTwo {
		w.report(endAlone, "%s becomes %s, %v, by %s alone after %s", after.Reference, after.Status, after.Attention.Reasons(), g.order.By, proposer(*before))
	}
	sent := after.Status == payout.Submitting && before.Status != payout.Submitting
	carriedOut := ended || reviewed || sent && w.speaksAgainst(w.about(after.ID), *before) != ""
	first := w.about(after.ID).proposed
	if carriedOut && by == byTwo && first != nil && first.order.Evidence != g.order.Evidence {
		w.report(sameOrder, "%s: %q and %q", after.Reference, first.order.Evidence, g.order.Evidence)
	}
}
