package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// A busy process never reads the shared state again.
func TestABusyProcessLearnsThatTheSameMoneyIsUnknown(t *testing.T) {
	w := newWorld(t)
	// One process makes R1 unknown, and says so on the shared state and on the recipient's list.
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	first := w.mustCreate(draft("R1"))
	if first.Status != payout.Unknown || !w.store.SharedState.UnsettledUntil.After(w.clock.Now()) {
		t.Fatal(first.Status)
	}
	// Another process had its first glance at the shared state a moment before.
	said := w.store.SharedState
	w.store.SharedState = payout.Shared{}
	w.over(payout.Floor{})
	w.breaker.Refresh(bg, w.clock.Now())
	w.store.SharedState = said
	// The busy process goes on creating other payouts, one every 20 s, for an hour.
	w.vexora.answer = w.says(payout.FoundProcessing)
	for n := range 180 {
		w.clock.pass(20 * time.Second)
		d := draft(fmt.Sprint("other", n))
		d.Destination.AccountNumber = fmt.Sprint("7000", n)
		w.mustCreate(d)
	}
	if second := w.another("R2"); second.Status != payout.Queued {
		t.Errorf("R1 has been %s for an hour, its recipient's list says so, and R2 is %s", w.stored(first.ID).Status, second.Status)
	}
}

// Nobody was asked at all.
func TestAFileMakesNoReturnWithoutAQuestion(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.monetix.told = w.says(payout.FoundSucceeded)
	w.ask()
	asked := w.monetix.asked
	s := file(Monetix, row(1, p, payout.FoundReturned))
	w.importBy(s, dara)
	w.importBy(s, bopha)
	if st := w.stored(p.ID); st.Return != nil {
		t.Errorf("returned after %d questions", w.monetix.asked-asked)
	}
}

// Silence takes away the doubt that a file raised about a later attempt.
func TestSilenceDoesNotMakeAFailureSafeAgain(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	line := row(1, p, payout.FoundSucceeded)
	line.Reference = string(p.ID.ProviderReference(2)) // the table that was lost had made it
	w.importBy(file(Vexora, line), dara)
	if w.stored(p.ID).SafeToPayAgain() {
		t.Fatal("setup")
	}
	w.vexora.told = w.unclear // outer 8000, 5xx, timeouts: no answer at all
	for range 40 {
		w.clock.pass(6 * time.Hour)
		w.sweep()
	}
	st := w.stored(p.ID)
	if st.SafeToPayAgain() {
		t.Errorf("safe again: attempt 2 is paid by a file of the provider's, and %d questions brought no answer; heard %v", w.vexora.asked, st.Heard)
	}
	sent := len(w.vexora.sent)
	w.vexora.answer = w.says(payout.FoundProcessing)
	if _, err := w.operator.Resend(bg, w.order(p.ID, stranger, "")); err == nil && len(w.vexora.sent) > sent {
		t.Errorf("and one person, who is in no register, has sent %s a second time", w.vexora.sent[sent])
	}
}

// Restored Monetix payout goes by itself beside the same money that is unknown.
func TestAfterARestoreAQueuedPayoutDoesNotGoBesideTheSameMoney(t *testing.T) {
	before := newWorld(t)
	d := draftFor(Monetix)
	before.over(payout.Floor{Held: held(Monetix)})
	first := before.mustCreate(d) // queued: held
	before.over(payout.Floor{})
	d.Reference = "R2"
	before.monetix.answer = before.unclear
	before.clock.pass(time.Minute)
	before.store.SharedState = payout.Shared{}
	second := before.mustCreate(d) // the same money, unknown
	if first.Status != payout.Queued || second.Status != payout.Unknown {
		t.Fatal(first.Status, second.Status)
	}
	at := before.clock.Now().Add(time.Second)
	w := newWorldWith(t, vouched(at))
	copied := before.store.copy()
	w.store.Payouts, w.store.Lists, w.store.SharedState = copied.Payouts, before.store.Lists, before.store.SharedState
	w.clock.pass(3 * time.Minute)
	w.monetix.told = func(p payout.Payout) payout.Claim {
		if p.ID == second.ID {
			return w.unclear(p)
		}
		return w.absent(p)
	}
	for range 12 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if len(w.monetix.sent) > 0 {
		t.Errorf("sent %v by itself; the same money to the same recipient is %s; attention %v", w.monetix.sent, w.stored(second.ID).Status, w.stored(first.ID).Attention)
	}
}

// opening is a connector that does something while a submission is opened: after the
// recipient's list was written, before the fence.
type opening struct {
	*provider
	do func()
}

func (o *opening) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	if do := o.do; do != nil {
		o.do = nil
		do()
	}
	return o.provider.Prepare(ctx, p)
}

// With a window, a resend and a create of the same money at one moment both go.
func TestOfAResendAndACreateAtOneMomentOneIsHeld(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = 10 * time.Minute })
	p := w.failedForCertain("R1") // safe to pay again
	w.clock.pass(time.Hour)
	w.vexora.answer = w.says(payout.FoundProcessing)
	o := &opening{provider: w.vexora}
	w.connectors[Vexora] = o
	sent := len(w.vexora.sent)
	var other payout.Payout
	o.do = func() { other = w.another("R2") }                    // the merchant pays again under another reference
	again, err := w.operator.Resend(bg, w.order(p.ID, dara, "")) // and a person sends it again
	if err == nil && len(w.vexora.sent) == sent+2 {
		t.Errorf("both went, one moment apart and inside the window: %s is %s, %s is %s", again.Payout.Reference, again.Payout.Status, other.Reference, other.Status)
	}
}

// The evidence of a first mismatch with a full history.
func TestTheBodyOfAMismatchIsKeptWithItsEntry(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 60 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	before := w.stored(p.ID)
	c := w.claim(p, payout.FoundSucceeded)
	c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
	c.Raw = []byte(`{"amount":"500"}`)
	w.receive(c)
	st := w.stored(p.ID)
	if len(st.History) > len(before.History) {
		last := st.History[len(st.History)-1]
		if len(last.Raw) == 0 {
			t.Errorf("entry %d: source %s, finding %q, evidence %q, raised %v", len(st.History), last.Source, last.Finding, last.Evidence, last.Raised)
		}
	}
}

// Who reviewed, with a full history.
func TestAReviewNamesWhoGaveItThoughTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 60 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	for range 1 {
		w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)))
		w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed)))
	}
	st := w.stored(p.ID)
	last := st.History[len(st.History)-1]
	if last.By != bopha {
		t.Errorf("%d entries, the last: source %s by %q: %q evidence %q cleared %v", len(st.History), last.Source, last.By, last.Message, last.Evidence, last.Cleared)
	}
}

// History grows beyond 50.
func TestTheHistoryNeverGrowsBeyondItsLimit(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 100 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
		_, _ = w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed)) // they may be refused in the end
		_, _ = w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed))
	}
	if st := w.stored(p.ID); len(st.History) > payout.HistoryLimit {
		t.Errorf("%d entries", len(st.History))
	}
}

// A return that comes by a callback alone is never asked about.
func TestAReturnByCallbackIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.vexora.told = w.says(payout.FoundSucceeded)
	for range 10 {
		w.ask()
	}
	asked := w.vexora.asked
	w.receive(w.claim(p, payout.FoundReturned))
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if w.vexora.asked == asked {
		t.Errorf("return %v, attention %v, and the provider was not asked once in 60 h", w.stored(p.ID).Return, w.stored(p.ID).Attention)
	}
}

// After a restore one "not found" about the next attempt calls the failure safe.
func TestAfterARestoreANotFoundDoesNotMakeAFailureSafe(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix)) // in progress
	before.receive(before.claim(p, payout.FoundFailed))
	backup := before.store.copy()
	before.monetix.told = before.says(payout.FoundFailed)
	before.ask()                                                          // safe
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, ""))) // attempt 2, taken; the table is lost now
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, vouched(at))
	w.store.Payouts = backup.Payouts
	w.clock.pass(30 * time.Minute)
	w.connectors[Monetix] = tells{w.monetix, map[payout.Attempt]payout.Finding{1: payout.FoundFailed, 2: payout.FoundAbsent}, w}
	for range 4 {
		w.ask()
	}
	st := w.stored(p.ID)
	if st.AsRestored(at).SafeToPayAgain() {
		t.Errorf("safe, events %s; attempt 2 is in progress, and 3061/3062 prove nothing (%s); heard %v", names(st.Events()), monetix.Provider.Facts().Recovery.AbsentMeansNotSent, st.Heard)
	}
}

// tells is a provider that answers by attempt.
type tells struct {
	*provider
	what map[payout.Attempt]payout.Finding
	w    *world
}

func (k tells) Ask(_ context.Context, po payout.Payout, about payout.Attempt) payout.Claim {
	k.provider.about = append(k.provider.about, about)
	f, there := k.what[about]
	if !there {
		f = payout.FoundAbsent
	}
	return payout.Claim{Finding: f, Code: codeFor(f), At: k.w.clock.Now()}
}

// The attempt after the next.
func TestAfterARestoreTheAttemptAfterTheNextIsNotForgotten(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix))
	before.receive(before.claim(p, payout.FoundFailed))
	backup := before.store.copy()
	at := before.clock.Now().Add(time.Minute)
	w := newWorldWith(t, vouched(at))
	w.store.Payouts = backup.Payouts
	w.clock.pass(30 * time.Minute)
	// The lost table: attempt 1 declined, attempt 2 refused outright (not found), attempt 3 paid.
	w.connectors[Monetix] = tells{w.monetix, map[payout.Attempt]payout.Finding{1: payout.FoundFailed, 2: payout.FoundAbsent, 3: payout.FoundSucceeded}, w}
	for range 40 {
		w.ask()
	}
	st := w.stored(p.ID)
	if st.AsRestored(at).SafeToPayAgain() {
		t.Errorf("safe, events %s; attempt 3 is paid, asked about %v; heard %v", names(st.Events()), w.monetix.about, st.Heard)
	}
}

// fullOf has more than the limit of entries, by words and reviews.
func (w *world) fullOf(p payout.Payout) {
	for n := range 30 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
		_, _ = w.operator.Resolve(bg, w.order(p.ID, dara, payout.Reviewed))
		_, _ = w.operator.Resolve(bg, w.order(p.ID, bopha, payout.Reviewed))
	}
}

// An answer about the attempt before is none about this one. Where the history could not tell
// them apart, no other attempt is begun.
func TestAForgedSuccessOfAnotherAttemptCallsForAPerson(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1")) // taken: an answer knows of attempt 1
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.answer, w.vexora.told = w.unclear, w.says(payout.FoundUnclear)
	w.resendByTwo(p.ID) // attempt 2 never arrives
	w.receive(w.claim(w.stored(p.ID), payout.FoundSucceeded))
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if st := w.stored(p.ID); len(st.Attention) == 0 {
		t.Errorf("no answer ever knew of attempt 2, it is %s, and nobody is called", st.Status)
	}
}

func TestNoAttemptBeginsThatTheHistoryHasNoRoomFor(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	p = w.stored(p.ID)
	for len(p.History) < payout.UnreadEntries {
		p.History = append(p.History, p.History[0])
	}
	w.store.Payouts[p.ID] = p
	for _, by := range []payout.Principal{sokha, bopha} {
		if _, err := w.operator.Resend(bg, w.order(p.ID, by, "")); err == nil {
			t.Errorf("%s ordered another attempt with %d entries", by, len(w.stored(p.ID).History))
		}
	}
}

// News that is lost when the history is full.
func TestAReturnIsToldThoughTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.fullOf(p)
	w.receive(w.claim(p, payout.FoundReturned))
	st := w.stored(p.ID)
	for _, e := range st.Events() {
		if e.Type == payout.EventReturned {
			return
		}
	}
	t.Errorf("return %v, %d entries, and no event payout.returned", st.Return, len(st.History))
}

func TestCertaintyIsToldThoughTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.fullOf(p)
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	st := w.stored(p.ID)
	for _, e := range st.Events() {
		if e.Type == payout.EventFailureConfirmed {
			return
		}
	}
	t.Errorf("safe %v, %d entries, and no event payout.failure_confirmed", st.SafeToPayAgain(), len(st.History))
}

// Attempt 99 after a restore.
func TestTheLastAttemptIsNotAskedAboutAsAttempt100(t *testing.T) {
	w0 := newWorld(t)
	p := w0.mustCreate(draftFor(Monetix))
	p = w0.stored(p.ID)
	p.Attempt = 99
	w0.store.Payouts[p.ID] = p
	w0.receive(w0.claim(p, payout.FoundFailed))
	w := newWorldWith(t, vouched(w0.clock.Now().Add(time.Minute)))
	w.store.Payouts = w0.store.copy().Payouts
	w.clock.pass(10 * time.Minute)
	w.monetix.told = w.says(payout.FoundFailed)
	for range 4 {
		w.ask()
	}
	st := w.stored(p.ID)
	if len(st.Attention) > 0 {
		t.Errorf("asked about %v; %v; heard %v", w.monetix.about, st.Attention, st.Heard)
	}
}

// A pruner that is slow takes an unknown payout off its list.
func TestASlowPrunerLeavesWhatBecameUnknownMeanwhile(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1")) // unknown: on the list
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	// A create of the same money has read the list, has found R1 settled, and will take it off.
	p = w.stored(p.ID)
	settled := w.store.Lists
	var key payout.RecipientKey
	for k := range settled {
		key = k
	}
	seen, _ := w.store.FindUnsettled(bg, key)
	if len(seen) != 1 || !p.SafeToPayAgain() {
		t.Fatal(seen, p.Heard)
	}
	w.vexora.told = w.absent
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) // attempt 2: lost, unknown
	w.clock.pass(2 * time.Minute)
	w.sweep() // it is on the list already, so nothing is owed any more
	if st := w.stored(p.ID); st.Status != payout.Unknown || st.RecipientOwed {
		t.Fatal(st.Status, st.RecipientOwed)
	}
	if err := w.store.ForgetUnsettled(bg, key, seen); err != nil { // the slow one's write
		t.Fatal(err)
	}
	w.vexora.answer = accepted
	if second := w.another("R2"); second.Status != payout.Queued {
		t.Errorf("R1 is %s, nothing is owed, and R2 is %s", w.stored(p.ID).Status, second.Status)
	}
}

// What was cancelled in the lost time is paid by itself.
func TestAfterARestoreWhatMayHaveBeenCancelledIsNotSentByItself(t *testing.T) {
	before := newWorld(t)
	before.over(payout.Floor{Held: held(Monetix)})
	p := before.mustCreate(draftFor(Monetix)) // queued: held
	backup := before.store.copy()
	before.must(before.operator.Cancel(bg, before.order(p.ID, dara, "")))
	w := newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	w.store.Payouts = backup.Payouts
	w.monetix.told = w.absent
	w.clock.pass(3 * time.Minute)
	for range 12 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if len(w.monetix.sent) > 0 {
		t.Errorf("sent %v by itself, asked about %v", w.monetix.sent, w.monetix.about)
	}
}

// A file that comes while the payout is on its way does not hold it when it comes back to the queue.
func TestAFileHoldsWhatComesBackToTheQueueAfterIt(t *testing.T) {
	for _, when := range []string{"after", "before"} {
		w := newWorld(t)
		accepted := w.vexora.answer
		w.vexora.answer, w.vexora.told = w.says(payout.FoundNotSent), w.absent
		paid := func() {
			p := w.stored(payout.DeriveID("test", "R1"))
			w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		}
		if when == "before" {
			w.vexora.during = paid
		}
		p := w.mustCreate(draft("R1"))
		if p.Status != payout.Queued {
			t.Fatal(p.Status)
		}
		w.vexora.during = nil
		if when == "after" {
			paid()
		}
		w.vexora.answer = accepted
		for range 3 {
			w.clock.pass(2 * time.Minute)
			w.sweep()
		}
		if n := len(w.vexora.sent); n != 1 {
			t.Errorf("the file came %s: sent by itself, asked %d times, waits for %q, heard %v", when, w.vexora.asked, w.stored(p.ID).WaitsFor(), w.stored(p.ID).Heard)
		}
	}
}

func TestAFileAboutAnUnknownPayoutHoldsItInTheQueue(t *testing.T) {
	w := newWorld(t)
	accepted := w.vexora.answer
	w.vexora.told = w.absent
	w.vexora.answer = func(p payout.Payout) payout.Claim { // the process slept before its connection was there
		w.vexora.mu.Unlock()
		defer w.vexora.mu.Lock()
		w.clock.pass(2 * time.Minute)
		w.sweep()
		if st := w.stored(p.ID); st.Status != payout.Unknown {
			t.Fatal(st.Status)
		}
		w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Queued {
		t.Fatal(p.Status)
	}
	w.vexora.answer = accepted
	for range 3 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if n := len(w.vexora.sent); n != 1 {
		t.Errorf("sent by itself; heard %v", w.stored(p.ID).Heard)
	}
}

// A file none of whose amounts can be read is not refused whole.
func TestAFileWithoutOneReadableAmountIsRefused(t *testing.T) {
	w := newWorld(t)
	var rows []payout.StatementRow
	var all []payout.Payout
	for n := range 20 {
		d := draft(fmt.Sprint("R", n))
		d.Destination.AccountNumber += fmt.Sprint(n)
		p := w.mustCreate(d)
		w.receive(w.claim(p, payout.FoundFailed))
		all = append(all, p)
		r := row(n+1, p, payout.FoundFailed)
		r.Amount = money.Amount{} // "50.000,00", or a currency written as "Riel"
		rows = append(rows, r)
	}
	w.vexora.told = w.says(payout.FoundFailed)
	w.ask()
	w.ask()
	for _, by := range []payout.Principal{dara, bopha} {
		s := file(Vexora, rows...)
		s.By, s.Identities = by, []payout.Principal{by}
		if _, err := w.importer.Import(bg, s); err != nil {
			return
		}
		w.ask()
	}
	flagged, safe := 0, 0
	for _, p := range all {
		st := w.stored(p.ID)
		if len(st.Attention) > 0 {
			flagged++
		}
		if st.SafeToPayAgain() {
			safe++
		}
	}
	t.Errorf("taken: %d of %d payouts are called mismatches, %d are still safe; nothing takes such a fact away", flagged, len(all), safe)
}

// A file that says that the next attempt of a queued payout was paid: one "not found", and it goes by itself.
func TestAQueuedPayoutIsHeldByAFileAboutItsNextAttempt(t *testing.T) {
	for _, about := range []payout.Attempt{1, 2} {
		w := newWorld(t)
		accepted := w.monetix.answer
		w.monetix.answer, w.monetix.told = w.says(payout.FoundNotSent), w.absent
		p := w.mustCreate(draftFor(Monetix))
		line := row(1, p, payout.FoundSucceeded)
		line.Reference = string(p.ID.ProviderReference(about))
		w.importBy(file(Monetix, line), dara)
		w.monetix.answer = accepted
		for range 6 {
			w.clock.pass(2 * time.Minute)
			w.sweep()
		}
		if n := len(w.monetix.sent); n != 1 {
			t.Errorf("the file says that attempt %d was paid: sent by itself; asked about %v, heard %v", about, w.monetix.about, w.stored(p.ID).Heard)
		}
	}
}

// The status query that a mismatch asks for is forgotten when people begin the next attempt before it was asked.
func TestAMismatchIsAskedAboutAlsoOnceTheNextAttemptBegan(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	c := w.claim(p, payout.FoundSucceeded)
	c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
	w.receive(c) // paid, another amount: "asks the provider at once"
	w.monetix.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	w.resendByTwo(p.ID) // before the next sweep
	w.monetix.told = w.says(payout.FoundSucceeded)
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	for _, about := range w.monetix.about {
		if about == 1 {
			return
		}
	}
	st := w.stored(p.ID)
	t.Errorf("attempt 1 was paid, the payout is %s (attempt %d), asked about %v, attention %v", st.Status, st.Attempt, w.monetix.about, st.Attention)
}
