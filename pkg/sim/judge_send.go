package sim

import (
	"slices"

	"cambodia-payouts/pkg/payout"
)

// authority is on whose word something is done. The more a payout may pay twice, the more people
// have to want it sent (decision 0008): what cannot pay twice goes by itself or by order of one,
// everything else by order of two.
type authority int

const (
	byItself authority = iota
	byOne
	byTwo
)

// on reports on whose word the acting process changes an item. It reads the register and the
// proposal itself. Two principals of one person are one, and somebody whom the register does not
// know is nobody.
func (w *world) on(before *payout.Payout, action payout.Action) authority {
	if w.acting == nil || w.acting.errand.order == nil {
		return byItself
	}
	g := w.acting.errand.order
	if before == nil || !waits(*before) || before.Proposal.Action != action || before.Proposal.As != g.order.As && action == payout.Resolve {
		return byOne
	}
	if registered.differ(proposer(*before), g.order.By) {
		return byTwo
	}
	return byOne
}

// judgeSend looks at every right to submit, as it is written. The fence is the moment: whoever
// has the right may send it, and nothing that is said afterwards comes in time. A right that is
// renewed under the same token is none.
//
// Submissions are counted with it. The count is what closes an attempt, or not ("the only
// submission that may have arrived"), so that one which is not counted makes an uncertain failure
// look certain.
func (w *world) judgeSend(before *payout.Payout, after payout.Payout) {
	if after.Status != payout.Submitting || before != nil && before.Lease.Token == after.Lease.Token {
		return
	}
	d := w.about(after.ID)
	by := w.on(before, payout.Resend)
	if by == byItself {
		w.judgeSimilar(before, after)
	}
	d.ordered = d.ordered || by != byItself
	if before == nil {
		return
	}
	lost := after.Sent - before.Sent - 1 // those that a lost table may have made are counted too
	if after.Attempt == before.Attempt && lost != 0 && (lost != 1 || w.restoredAt.IsZero()) {
		w.report(countedAll, "%s: %d after %d", after.Reference, after.Sent, before.Sent)
	}
	w.judgeRepeats(d, *before, after, by)
	w.judgeFreed(d, *before, by)
	if !after.RedactedAt.IsZero() {
		w.report(redactedSent, "%s", after.Reference)
	}
	// Two people may overrule every word, since that is what they are asked for. From then on the
	// older words speak of an attempt that they went on from.
	if by == byTwo {
		w.pairs[after.ID]++
		d.pairedAt = w.now
		return
	}
	if why := w.speaksAgainst(d, *before); why != "" {
		w.report(againstAWord, "%s is sent from %s, attempt %d: %s", after.Reference, before.Status, after.Attempt, why)
	}
}

// speaksAgainst says why a payout may not be sent by itself or by one person, "" if
// it may. It is the judges' own "may it be sent?" (decision 0015), from the words that were
// delivered and not from the facts of the item. Before, each road had an answer of its own, and
// the sweep sent an attempt beside the word that the one before was paid (docs/proof.md, seed
// 4820).
func (w *world) speaksAgainst(d *dossier, p payout.Payout) string {
	switch {
	case p.Status == payout.Failed && !safe(p):
		return "the failure is not safe"
	case p.Status == payout.Unknown && traitsOf(p.Provider).paysAgain:
		return "an earlier submission may have arrived"
	case p.Status == payout.Unknown && d.olderPaid(p):
		return "an older attempt is said to be paid"
	case p.Status == payout.Unknown && d.elsewhereUnsettling(p):
		return "another attempt is spoken of, which is not believed, and nobody has asked since"
	case w.lost[p.ID] && !w.sameAccount(p.Provider):
		return "the table that was lost may have sent it"
	case p.Status == payout.Unknown:
		return "" // documented: the same payment_id may be sent again
	}
	return d.against(p)
}

// sameAccount reports whether people have told the acting process that the provider's account is the
// one of the lost table: where repetitions are refused, the lost ones are then refused too.
// Without their word, another project may have taken the payout in the lost time, and refuses
// nothing (decision 0027).
func (w *world) sameAccount(name payout.Provider) bool {
	return !traitsOf(name).paysAgain && w.acting != nil && w.acting.box != nil && w.acting.box.settings.same
}

// judgeQueued looks at every payout that goes back to the queue. "Queued" is the one open state
// of which a client is told that nothing has left, and one person may cancel it for good.
func (w *world) judgeQueued(before *payout.Payout, after payout.Payout) {
	if before == nil || after.Status != payout.Queued || before.Status == payout.Queued {
		return
	}
	doubted := w.lost[after.ID] && slices.ContainsFunc(after.History, func(e payout.Entry) bool { return e.Status == payout.Unknown })
	if sent := w.requests[string(after.ProviderReference())]; sent > 0 || doubted {
		w.report(queuedUnsent, "%s, attempt %d: %d requests have left, and a lost table may have sent more: %t", after.Reference, after.Attempt, sent, doubted)
	}
}

// judgeUnsent looks at a payout whose process came to its end without sending: it
// knows that nothing left, however long it took. An unknown payout holds the same money and calls
// people after an hour, so that calling one unknown for nothing has its price, too.
func (w *world) judgeUnsent(id payout.ID, unhurt bool) {
	p := w.table.Payouts[id]
	submissions := 0
	for _, e := range p.History {
		if e.Status == payout.Submitting {
			submissions++
		}
	}
	if submissions > 1 { // another process was given the right to send, which ended this one's
		return
	}
	if unhurt && p.Status == payout.Unknown && p.Sent == 1 && w.requests[string(p.ProviderReference())] == 0 && !w.lost[id] {
		w.report(slowCounts, "%s is unknown, and its process knows that nothing was sent", p.Reference)
	}
}

// mostRepeats is how often a lost attempt is sent again without a person, whether a connection
// comes about or not. It is the bound of the domain, written down again, so that a larger one
// there is noticed.
const mostRepeats = 3

// judgeRepeats counts the repetitions that nobody ordered. A restored table knows of fewer
// than there were. Repetitions that did not connect count like the others: an earlier version did
// not count them, and they put off the call for a person without end (docs/proof.md, seed 1291).
func (w *world) judgeRepeats(d *dossier, before, after payout.Payout, by authority) {
	if by != byItself || before.Status != payout.Unknown || after.Attempt != before.Attempt {
		return
	}
	if d.repeated == nil {
		d.repeated = map[payout.Attempt]int{}
	}
	if d.repeated[after.Attempt]++; d.repeated[after.Attempt] > mostRepeats && w.restoredAt.IsZero() {
		w.report(fewRepeats, "%s has been repeated %d times", after.Reference, d.repeated[after.Attempt])
	}
}
