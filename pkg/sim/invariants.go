package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// fullForMoves reports whether a payout has no room for a move that is no end: by its entries,
// or by what is written in them. A move has room up to 36 entries and 16 KB (pkg/payout/room.go),
// and from 13 KB on its entry may not fit. Such a payout counts a move in place of an entry,
// which would else look like a change without one.
func fullForMoves(p payout.Payout) bool { return p.Sequence() >= 36 || p.Size() > 13<<10 }

// report records the first broken promise. With Only set, histories go on past all other
// promises, which is how one judge is looked at alone.
func (w *world) report(promise, format string, values ...any) {
	if w.violation == nil && (w.only == "" || w.only == promise) {
		w.violation = &Violation{promise, fmt.Sprintf(format, values...)}
		w.tell("BROKEN: %v", w.violation)
	}
}

// arrived judges that a request reached a provider. A client who was told "not_started" pays
// under another reference (decision 0026). It is judged as the request arrives, whoever sent it:
// an earlier request of the same client that was slow, the sweep, or an order.
func (w *world) arrived(reference string) {
	for _, c := range w.clients {
		if w.promises[c.reference] && strings.HasPrefix(reference, string(c.id.ProviderReference(1))[:27]) {
			w.report("not_started is never said of a payout that will be sent", "%s", c.reference)
		}
	}
}

// executed judges an execution. It is the first promise, judged by the only witness that cannot
// be wrong: the provider's ledger, over all attempts and all projects of a payout. Money that
// came back does not count, since paying again is right then. Each resend that two people ordered
// may pay once more, which is what two people are asked for.
func (w *world) executed(e *entry) {
	w.tell("%-24s the money of …%s moves", "", e.reference[25:])
	total := 0
	for _, pl := range w.platforms {
		for _, other := range slices.Concat(slices.Collect(maps.Values(pl.ledger)), pl.former) {
			if !strings.HasPrefix(other.reference, e.reference[:27]) {
				continue
			}
			for i, paid := range other.payments {
				if present := other == e && i == len(e.payments)-1; present || !paid.cameBack(w.now) {
					total++
				}
			}
		}
	}
	id, _, _ := payout.ParseProviderReference(e.reference)
	if total > 1+w.pairs[id] {
		w.report(executedOnce, "%s was executed %d times, and two people ordered %d", e.reference, total, w.pairs[id])
	}
}

// judgeProjects judges that a project takes what others have, which know nothing of each other:
// once for each time that two people ordered. At Monetix a payment_id is unique within one
// project alone. A payout that moved to another project is refused by neither, although each of
// them keeps its word (decision 0027).
func (w *world) judgeProjects(pl *platform, fresh entry) {
	others := 0
	for _, e := range pl.all(fresh.reference) {
		if e.plan.end != refused {
			others++
		}
	}
	if id, _, _ := payout.ParseProviderReference(fresh.reference); others > w.pairs[id] {
		w.report(executedOnce, "%s is taken by %d projects, and two people ordered %d", fresh.reference, others+1, w.pairs[id])
	}
}

// judgeChange looks at every change of an item as it is made. The order matters where a judge
// reads the dossier: orders and sendings are judged by what was known before the change, safety
// and advice by what is known with it.
//
// A final state is rewritten by nothing. Only a new attempt of a failed payout leaves one, and
// that is another submission under another provider reference.
//
// Each change has one entry, so that the history is what happened: a write that was applied twice
// shows as two entries, a change that nobody can explain later as none.
func (w *world) judgeChange(before *payout.Payout, after payout.Payout) {
	w.judgeSend(before, after)
	w.judgePeople(before, after)
	w.judgeQueued(before, after)
	w.noteChange(before, after)
	w.judgeSafe(after)
	w.judgeAdvice(after)
	w.judgeBounds(after)
	w.judgeBelief(before, after)
	if after.Status == payout.Submitting && (before == nil || before.Lease.Token != after.Lease.Token) {
		w.controls.fencedAt[string(after.ProviderReference())] = w.now
		w.fences[string(after.ProviderReference())]++
	}
	if before == nil {
		return
	}
	w.judgeTake(*before, after)
	w.judgeKept(*before, after)
	w.judgeRead(*before, after)
	newAttempt := after.Attempt == before.Attempt+1 && before.Status == payout.Failed
	if before.Status.Final() && after.Status != before.Status && !newAttempt {
		w.report("a final state is never rewritten", "%s from %s to %s", after.Reference, before.Status, after.Status)
	}
	w.judgeFailure(before, after)
	w.judgeExpiry(*before, after)
	grown := after.Sequence() - before.Sequence()
	switch {
	case grown < 0 || grown > 1:
		w.report("every change has one history entry", "%s has %d entries after %d", after.Reference, after.Sequence(), before.Sequence())
	case after.Status != before.Status && grown == 0 && !after.Status.Final() && after.HistoryDropped > before.HistoryDropped && fullForMoves(*before):
		// It is counted: the rest of the room is for ends.
	case after.Status != before.Status && grown == 0:
		w.report("every change has one history entry", "%s went from %s to %s without one", after.Reference, before.Status, after.Status)
	case after.Status != before.Status && after.History[len(after.History)-1].Status != after.Status:
		w.report("every change has one history entry", "the last entry of %s tells of another status", after.Reference)
	}
}

// judgeExpiry looks at every submission that a sweep calls lost: its process may only be
// slow, and keeps the lease by which its answer counts. By that answer the end is known before a
// status query could find it. If the sweep took the token away, the answer would be a stranger's,
// and lost.
func (w *world) judgeExpiry(before, after payout.Payout) {
	lost := before.Status == payout.Submitting && after.Status == payout.Unknown && lastEntry(after).Source == payout.FromSweep
	if lost && after.Lease.Token != before.Lease.Token {
		w.report(slowCounts, "%s is called lost, and its process has lost its lease", after.Reference)
	}
}

// judgeStep looks at a write as it is asked for. DynamoDB refuses a set with the same text
// twice, and the table of the simulation would take it. A write that works here and fails in
// production would leave every promise behind it untried.
func (w *world) judgeStep(step payout.Step) {
	facts := slices.Sorted(slices.Values(step.Then.Heard))
	if len(slices.Compact(facts)) < len(step.Then.Heard) {
		w.report(takenByStore, "it adds %v", step.Then.Heard)
	}
}

// judgeFailure looks at every payout that is called failed on the strength of an
// answer, ours to a request or the provider's to a status query: if the provider has
// paid or will pay it, it said no such thing. It stands beside [world.judgeSafe]: a failure that
// is not called safe still tells the merchant something that is not so. A payout that Vexora was
// sent twice is left out: one of two payments may fail and the other be paid.
func (w *world) judgeFailure(before *payout.Payout, after payout.Payout) {
	if after.Status != payout.Failed || before.Status == payout.Failed {
		return
	}
	last := after.History[len(after.History)-1]
	e := w.platforms[after.Provider].ledger[string(after.ProviderReference())]
	sentTwice := traitsOf(after.Provider).paysAgain && w.requests[string(after.ProviderReference())] > 1
	if (last.Source == payout.FromAnswer || last.Source == payout.FromQuery) && e != nil && e.plan.end == paid && !sentTwice {
		w.report("unknown is never failed", "%s was called failed, and its provider pays it", after.Reference)
	}
}

// judgeCreate compares what a merchant is told with what is stored. What the nth request under
// a reference is told speaks of it and of all before it, running or not. 201 is said only of what
// was stored with that status; a first request that is answered as a replay has taken its own
// write for somebody else's; "final" and "not_started" are what merchants act upon. The first
// three attempts are looked up at the provider, since a reference that was sent once was started,
// whatever became of it.
func (w *world) judgeCreate(c *client, nth int, t *told) {
	stored, there := w.table.Payouts[c.id]
	switch {
	case t.status < 300 && (!there || t.ID != c.id):
		w.report("what is acknowledged is stored", "%s was answered %d, and is not there", c.reference, t.status)
	case t.status == 201 && !slices.ContainsFunc(stored.History, func(e payout.Entry) bool { return any(string(e.Status)) == t.Status }):
		w.report("what is acknowledged is stored", "%s was answered %v, and never was", c.reference, t.Status)
	case t.replayed && w.askedFor[c.reference] < 2 && !takenOver(stored):
		w.report("a first request is no replay", "%s", c.reference)
	case t.redacted && (t.status < 300 || t.Outcome == payout.NotStarted || t.Code == "reference-reused" && t.Payout != "/v1/payouts/"+string(c.id)):
		w.report(redactedMute, "%s is answered %d %s", c.reference, t.status, t.Outcome)
	case t.Outcome == payout.OutcomeFinal && !hasEnded(stored):
		w.report("final is said of what has ended", "%s is %s", c.reference, stored.Status)
	case t.Outcome == payout.NotStarted && w.askedFor[c.reference] == nth:
		w.promises[c.reference] = true
		for attempt := range payout.Attempt(3) {
			if w.platforms[c.provider].ledger[string(c.id.ProviderReference(attempt+1))] != nil {
				w.report("not_started is never said of a payout that was sent", "%s", c.reference)
			}
		}
	}
}

// hasEnded reports whether the payout is at an end, or an attempt of it was: the process that
// answers may have slept since it looked.
func hasEnded(p payout.Payout) bool {
	return p.Status.Final() || slices.ContainsFunc(p.History, func(e payout.Entry) bool { return e.Status.Final() })
}

// takenOver tells that the process was frozen for so long that a sweep took its
// payout for lost, or that a callback ended it before anything was sent. What it
// finds then is not its own any more.
func takenOver(p payout.Payout) bool {
	return slices.ContainsFunc(p.History, func(e payout.Entry) bool {
		return e.Source == payout.FromSweep || e.Source == payout.FromCallback
	})
}

// judgeCallback compares what a provider is told with what is stored. A provider that was thanked
// does not come again, so what it said must be in the item (the second promise). Forged ones must
// not be thanked for at all. An amount that differs, and a text that could be cut otherwise, must
// leave a mark that people see, or be about nothing of ours.
func (w *world) judgeCallback(pl *platform, e *entry, said word, r edge.Reply) {
	if said.forged && r.StatusCode < 300 {
		w.report("only the provider is believed", "a forged callback was answered %d", r.StatusCode)
	}
	if said.forged || r.StatusCode != 200 {
		return
	}
	u := e.utter(said.says, said.odd)
	says := pl.model.sense(u)
	id, attempt, _ := payout.ParseProviderReference(e.reference)
	p, there := w.table.Payouts[id]
	if says == saysNothing || u.status == "error" && p.Sent > 1 {
		return // an error speaks of one submission, and may not be of the last
	}
	anybodys := !there && said.recut // no payout of that reference hears of it
	defer w.noteWord(e.reference, spoken{says: says, mismatch: said.differs(), source: payout.FromCallback, kept: !anybodys, about: e})
	onlyIfFirst := u.status == "error" // after another submission it proves nothing
	switch {
	case anybodys:
	case !there:
		w.report("what is acknowledged is stored", "a callback about %s was thanked for, and is not there", e.reference)
	case p.Status == payout.Orphan || p.Attempt != attempt:
	case said.differs() && !raised(p, payout.CallbackMismatch) && !settledByPeople(p):
		w.report("another amount is never accepted", "%s states %d times the amount, or could be cut otherwise, and nobody is told", e.reference, said.times)
	case says.ends() && !said.differs() && !p.Status.Final() && !raised(p, payout.CallbackMismatch) && !onlyIfFirst:
		w.report("what is acknowledged is stored", "a final callback about %s was thanked for, and it is %s", e.reference, p.Status)
	}
}

// differs reports whether a word cannot be about the payout as it stands.
func (said word) differs() bool { return said.times > 1 || said.recut }

// judgeRecut looks at what became of a callback whose text could be cut otherwise. Its signature
// is right, so that every check but that of decision 0018 passes.
func (w *world) judgeRecut(e *entry, said word, body []byte) {
	if !said.recut {
		return
	}
	id, _, _ := payout.ParseProviderReference(e.reference)
	p := w.table.Payouts[id]
	before := payout.Status("")
	for _, each := range p.History {
		if p.Status != payout.Orphan && each.Evidence == payout.HashEvidence(body) && each.Status != before {
			w.report("re-cut text is not believed", "%s became %s by a text that could be cut otherwise", e.reference, each.Status)
		}
		before = each.Status
	}
}

// settledByPeople tells that people have cleared what was raised.
func settledByPeople(p payout.Payout) bool {
	return slices.ContainsFunc(p.History, func(e payout.Entry) bool { return e.Source == payout.FromOperator })
}

// judgeTake looks at every write by which a sweep takes a payout for itself. Two sweeps that work
// on one row ask twice and repeat twice. The write that takes a row up is the only thing that
// keeps them apart, and it is judged by the taker's own clock, as the guard is; in the minutes in
// which clocks are set right nothing can be said.
func (w *world) judgeTake(before, after payout.Payout) {
	clocksJump := !w.settledAt.IsZero() && w.now.Sub(w.settledAt) < skewed
	if w.acting == nil || clocksJump || !strings.HasPrefix(w.acting.name, "sweep") {
		return
	}
	moved := w.acting.errand.takes && !after.DueAt.Equal(before.DueAt)
	own := before.DueAt.Equal(w.acting.errand.taken)
	if moved {
		w.acting.errand.taken = after.DueAt
	}
	if moved && !own && before.DueAt.After(w.acting.box.now()) {
		w.report(onceTaken, "%s is taken, and is due at %v", after.Reference, before.DueAt)
	}
}

// judgeKept looks whether a reason for attention comes or goes that the change does
// not tell of: somebody wrote over what he had not read. Reasons are a map in the item: somebody
// who writes it back as he read it takes away what was raised meanwhile, and no other promise
// notices a page that is gone.
func (w *world) judgeKept(before, after payout.Payout) {
	last := lastEntry(after)
	if after.HistoryDropped > before.HistoryDropped {
		return // the history has no room for it; the count and the review queue tell of it
	}
	for _, r := range payout.Reasons {
		if raised(before, r) && !raised(after, r) && !slices.Contains(last.Cleared, r) {
			w.report(reasonKept, "%s: %s is gone, and nothing tells of it", after.Reference, r)
		}
		if !raised(before, r) && raised(after, r) && !slices.Contains(last.Raised, r) {
			w.report(reasonKept, "%s: %s is back, and nothing tells of it", after.Reference, r)
		}
	}
}

// judgeRead looks whether an entry was decided on the payout that it is written to.
// Whoever has read nothing writes under a guard of its own; so does an import. It is the accident
// of most published incidents: read, decide, write without a condition (decision 0002). The
// version tells it even where the outcome happens to be right.
func (w *world) judgeRead(before, after payout.Payout) {
	if w.acting == nil || w.acting.errand.sheet != nil || after.Sequence() == before.Sequence() {
		return
	}
	if seen, read := w.acting.errand.seen[after.ID]; read && seen != before.Version {
		w.report(decidedOnRead, "%s is in version %d, and was read in %d", after.Reference, before.Version, seen)
	}
}
