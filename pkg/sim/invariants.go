package sim

import (
	"fmt"
	"slices"
	"strings"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// blame records the first broken promise.
func (w *world) blame(promise, format string, values ...any) {
	if w.violation == nil {
		w.violation = &Violation{promise, fmt.Sprintf(format, values...)}
		w.tell("BROKEN: %v", w.violation)
	}
}

// arrived judges that a request reached a provider.
func (w *world) arrived(reference string) {
	for _, c := range w.clients {
		if w.promises[c.reference] && strings.HasPrefix(reference, string(c.id.ProviderReference(1))[:27]) {
			w.blame("not_started is never said of a payout that will be sent", "%s", c.reference)
		}
	}
}

// executed judges an execution.
func (w *world) executed(e *entry) {
	w.tell("%-24s the money of …%s moves", "", e.reference[25:])
	total := 0
	for _, pl := range w.platforms {
		for reference, other := range pl.ledger {
			if strings.HasPrefix(reference, e.reference[:27]) {
				total += other.executed
			}
		}
	}
	if total > 1 {
		w.blame("a payout is executed at most once", "%s was executed %d times", e.reference, total)
	}
}

// judgeChange looks at every change of an item as it is made.
func (w *world) judgeChange(before *payout.Payout, after payout.Payout) {
	if before == nil {
		return
	}
	newAttempt := after.Attempt == before.Attempt+1 && before.Status == payout.Failed
	if before.Status.Final() && after.Status != before.Status && !newAttempt {
		w.blame("a final state is never rewritten", "%s from %s to %s", after.Reference, before.Status, after.Status)
	}
	w.judgeFailure(before, after)
	grown := after.Sequence() - before.Sequence()
	switch {
	case grown < 0 || grown > 1:
		w.blame("every change has one history entry", "%s has %d entries after %d", after.Reference, after.Sequence(), before.Sequence())
	case after.Status != before.Status && grown == 0:
		w.blame("every change has one history entry", "%s went from %s to %s without one", after.Reference, before.Status, after.Status)
	case after.Status != before.Status && after.History[len(after.History)-1].Status != after.Status:
		w.blame("every change has one history entry", "the last entry of %s tells of another status", after.Reference)
	}
}

// judgeFailure looks at every payout that is called failed on the strength of an
// answer, ours to a request or the provider's to a question: if the provider has
// paid or will pay it, it said no such thing.
func (w *world) judgeFailure(before *payout.Payout, after payout.Payout) {
	if after.Status != payout.Failed || before.Status == payout.Failed {
		return
	}
	last := after.History[len(after.History)-1]
	e := w.platforms[after.Provider].ledger[string(after.ProviderReference())]
	if (last.Source == payout.FromAnswer || last.Source == payout.FromQuery) && e != nil && e.plan.end == paid {
		w.blame("unknown is never failed", "%s was called failed, and its provider pays it", after.Reference)
	}
}

// judgeCreate compares what a merchant is told with what is stored.
func (w *world) judgeCreate(c *client, t *told) {
	stored, there := w.table.items[c.id]
	switch {
	case t.status < 300 && (!there || t.ID != c.id):
		w.blame("what is acknowledged is stored", "%s was answered %d, and is not there", c.reference, t.status)
	case t.status == 201 && !slices.ContainsFunc(stored.History, func(e payout.Entry) bool { return any(string(e.Status)) == t.Status }):
		w.blame("what is acknowledged is stored", "%s was answered %v, and never was", c.reference, t.Status)
	case t.replayed && w.askedFor[c.reference] < 2 && !takenOver(stored):
		w.blame("a first request is no replay", "%s", c.reference)
	case t.Outcome == payout.OutcomeFinal && !stored.Status.Final():
		w.blame("final is said of what has ended", "%s is %s", c.reference, stored.Status)
	case t.Outcome == payout.NotStarted && w.running[c.reference] == 1:
		w.promises[c.reference] = true
		for attempt := range payout.Attempt(3) {
			if w.platforms[c.provider].ledger[string(c.id.ProviderReference(attempt+1))] != nil {
				w.blame("not_started is never said of a payout that was sent", "%s", c.reference)
			}
		}
	}
}

// takenOver tells that the process was frozen for so long that a sweep took its
// payout for lost. What it finds then is not its own any more.
func takenOver(p payout.Payout) bool {
	return slices.ContainsFunc(p.History, func(e payout.Entry) bool { return e.Source == payout.FromSweep })
}

// judgeCallback compares what a provider is told with what is stored.
func (w *world) judgeCallback(pl *platform, e *entry, said word, r edge.Reply) {
	if said.forged && r.StatusCode < 300 {
		w.blame("only the provider is believed", "a forged callback was answered %d", r.StatusCode)
	}
	if said.forged || r.StatusCode != 200 {
		return
	}
	id, attempt, _ := payout.ParseProviderReference(e.reference)
	p, there := w.table.items[id]
	mismatch := func() bool { _, raised := p.Attention[payout.CallbackMismatch]; return raised }
	switch {
	case !there:
		w.blame("what is acknowledged is stored", "a callback about %s was thanked for, and is not there", e.reference)
	case p.Status == payout.Orphan || p.Attempt != attempt:
	case said.times > 1 && !mismatch() && !settledByPeople(p):
		w.blame("another amount is never accepted", "%s states %d times the amount, and nobody is told", e.reference, said.times)
	case said.says != endless && !said.odd && said.times < 2 && !p.Status.Final() && !mismatch():
		w.blame("what is acknowledged is stored", "a final callback about %s was thanked for, and it is %s", e.reference, p.Status)
	}
}

// settledByPeople tells that people have cleared what was raised.
func settledByPeople(p payout.Payout) bool {
	return slices.ContainsFunc(p.History, func(e payout.Entry) bool { return e.Source == payout.FromOperator })
}

// judgeQuiet looks at the end: everything has come to its true end, or lies on a
// desk.
func (w *world) judgeQuiet() {
	for _, c := range w.clients {
		p, there := w.table.items[c.id]
		if !there || p.Status == payout.Orphan {
			continue // never fenced; or lost by a restore, and its reference blocked
		}
		w.judgeEnd(c, p)
		w.judgeTold(p)
	}
	if found := w.secretsIn(w.log.String()); found != "" {
		w.blame("no secret and no full account number in any output", "%s is in the log", found)
	}
	if found := w.secretsIn(w.replies.String()); found != "" {
		w.blame("no secret and no full account number in any output", "%s is in an answer", found)
	}
}

func (w *world) judgeEnd(c *client, p payout.Payout) {
	told := len(p.Attention) > 0
	if !p.Status.Final() && (!told || p.DueAt.IsZero()) {
		w.blame("at quiet every payout is final, or on a desk with a next check", "%s is %s, attention %v, next check %v", c.reference, p.Status, p.Attention.Reasons(), p.DueAt)
	}
	moved, stayed := false, false
	for attempt := range p.Attempt {
		e := w.platforms[p.Provider].ledger[string(p.ID.ProviderReference(attempt+1))]
		moved = moved || e != nil && e.executed > 0
		stayed = stayed || e != nil && e.executed > 0 && e.plan.end == paid
	}
	if told || settledByPeople(p) {
		return
	}
	switch {
	case p.Status == payout.Succeeded && !moved:
		w.blame("what we call succeeded was paid", "%s", c.reference)
	case p.Status.Final() && p.Status != payout.Succeeded && stayed: // Vexora has no word but "failed" for what came back
		w.blame("what was paid is never called failed", "%s is %s, asked %d times, next at %v, due %v", c.reference, p.Status, p.Polls, p.QueryAt, p.DueAt)
	}
}
