package payout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// row is a statement line about a payout.
func row(line int, p payout.Payout, f payout.Finding) payout.StatementRow {
	return payout.StatementRow{
		Line: line, Reference: string(p.ProviderReference()), ProviderID: p.ProviderID,
		Amount: p.Amount, Finding: f, Code: string(f), Raw: []byte("a,b"),
	}
}

// importBy imports a statement as somebody.
func (w *world) importBy(s statement.File, by payout.Principal) statement.Report {
	w.t.Helper()
	s.By, s.Identities = by, []payout.Principal{by}
	report, err := w.importer.Import(context.Background(), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// file is a statement of one provider.
func file(provider payout.Provider, rows ...payout.StatementRow) statement.File {
	return statement.File{Provider: provider, Hash: "h1", Rows: rows}
}

func (w *world) counts(r statement.Report, want map[statement.Kind]int) {
	w.t.Helper()
	for kind, n := range want {
		if r.Counts[kind] != n {
			w.t.Errorf("%s: %d lines, want %d", kind, r.Counts[kind], n)
		}
	}
}

// aMonth makes payouts of every kind, and the file that the provider has of them.
func (w *world) aMonth() (map[string]payout.Payout, statement.File) {
	made := map[string]payout.Payout{}
	accepted := w.vexora.answer
	for n, name := range []string{"paid", "unheard", "lost-paid", "lost-failed", "lost-open", "other-state", "not-there"} {
		d := draft(name)
		d.Destination.AccountNumber += strconv.Itoa(n) // no possible duplicates
		w.vexora.answer = accepted
		if name[:4] == "lost" {
			w.vexora.answer = w.unclear
		}
		made[name] = w.mustCreate(d)
	}
	for _, name := range []string{"paid", "other-state"} {
		w.receive(w.claim(made[name], payout.FoundSucceeded))
	}
	unheard := w.claim(made["unheard"], payout.FoundSucceeded)
	unheard.Source = payout.FromAnswer
	w.receive(unheard)
	s := file(Vexora,
		row(1, made["paid"], payout.FoundSucceeded), row(2, made["unheard"], payout.FoundSucceeded),
		row(3, made["lost-paid"], payout.FoundSucceeded), row(4, made["lost-failed"], payout.FoundFailed),
		row(5, made["lost-open"], payout.FoundProcessing), row(6, made["other-state"], payout.FoundFailed),
		payout.StatementRow{Line: 7, Reference: "by hand", Amount: made["paid"].Amount, Finding: payout.FoundSucceeded},
	)
	s.From, s.To = "2026-05-16", "2026-05-16"
	w.clock.pass(time.Second) // the file is younger than what it tells of
	return made, s
}

func (w *world) statuses(made map[string]payout.Payout, want map[string]payout.Status) {
	w.t.Helper()
	for name, status := range want {
		if got := w.stored(made[name].ID).Status; got != status {
			w.t.Errorf("%s is %s, want %s", name, got, status)
		}
	}
}

func TestAStatementIsMatchedThreeWaysAndAskedAbout(t *testing.T) {
	w := newWorld(t)
	made, s := w.aMonth()
	before := map[payout.ID]payout.Payout{}
	for _, p := range made {
		before[p.ID] = w.stored(p.ID)
	}
	s.Check = true
	report := w.importBy(s, stranger)
	w.counts(report, map[statement.Kind]int{
		statement.Matched: 2, statement.StillOpen: 3, statement.Conflict: 1, statement.Extra: 1, statement.Missing: 1,
	})
	if report.Unheard != 1 || len(report.Lines) != 6 || report.Awaiting {
		t.Errorf("unheard %d, %d lines, awaiting %v", report.Unheard, len(report.Lines), report.Awaiting)
	}
	for _, p := range made {
		if got := w.stored(p.ID).Version; got != before[p.ID].Version {
			t.Errorf("a check wrote to %s", p.Reference)
		}
	}

	s.Check = false
	if report := w.importBy(s, dara); !report.Awaiting {
		t.Error("one person's import was carried out")
	}
	w.statuses(made, map[string]payout.Status{
		"paid": payout.Succeeded, "lost-paid": payout.Unknown, "lost-failed": payout.Unknown,
		"other-state": payout.Succeeded, "not-there": payout.Processing,
	})
	for _, name := range []string{"lost-paid", "lost-failed", "other-state", "not-there"} {
		if p := w.stored(made[name].ID); p.DueAt.IsZero() || p.DueAt.After(w.clock.Now()) || len(p.Attention) > 0 {
			t.Errorf("%s is asked about at %v, attention %v", name, p.DueAt, p.Attention)
		}
	}
}

func TestASecondPersonAppliesWhatTheProviderDoesNotAnswer(t *testing.T) {
	w := newWorld(t)
	made, s := w.aMonth()
	w.clock.pass(time.Minute) // the leases of the submissions are over
	w.importBy(s, dara)
	if again := w.importBy(s, darasToken); !again.Awaiting || again.Pending != 0 {
		t.Error("the same person counted twice")
	}
	if early := w.importBy(s, bopha); !early.Awaiting || early.Pending != 2 || w.stored(made["lost-paid"].ID).Status != payout.Unknown {
		t.Errorf("applied before the provider was asked: pending %d", early.Pending)
	}
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if p.Reference == "other-state" {
			return payout.Claim{Finding: payout.FoundSucceeded, At: w.clock.Now()}
		}
		return w.absent(p)
	}
	w.clock.pass(time.Minute)
	w.sweep()
	report := w.importBy(s, bopha)
	w.counts(report, map[statement.Kind]int{statement.Closed: 2, statement.Matched: 2, statement.StillOpen: 1, statement.Conflict: 1})
	if report.Awaiting || report.ProposedBy != dara {
		t.Errorf("awaiting %v, first sent by %s", report.Awaiting, report.ProposedBy)
	}
	w.statuses(made, map[string]payout.Status{"lost-paid": payout.Succeeded, "lost-failed": payout.Failed, "lost-open": payout.Unknown, "other-state": payout.Succeeded})
	ended := w.stored(made["lost-failed"].ID)
	if last := ended.History[len(ended.History)-1]; last.By != bopha || last.Source != payout.FromStatement || ended.SafeToPayAgain() {
		t.Errorf("by %q from %s, safe %v", last.By, last.Source, ended.SafeToPayAgain())
	}
	if _, raised := w.stored(made["other-state"].ID).Attention[payout.Contradiction]; !raised {
		t.Error("two people say that a paid payout failed, and nobody is called")
	}
	writes := w.store.writes
	w.importBy(s, bopha)
	if w.store.writes != writes {
		t.Error("applying again wrote something")
	}
}

func TestAFileNeverOverrulesTheProvidersOwnAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	s := file(Vexora, row(1, p, payout.FoundSucceeded))
	w.importBy(s, dara)
	w.clock.pass(time.Minute)
	w.sweep() // "processing", says the provider
	report := w.importBy(s, bopha)
	if stored := w.stored(p.ID); stored.Status != payout.Processing || report.Counts[statement.StillOpen] != 1 {
		t.Errorf("%s, %v", stored.Status, report.Counts)
	}
}

func TestOnePersonsFileMovesAndSendsNothing(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.importBy(file(Vexora, row(1, p, payout.FoundFailed)), dara)
	if done := w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, ""))); !done.Awaiting || len(w.vexora.sent) != 1 {
		t.Error("one person imported a failure and sent the payout again")
	}
	if _, err := w.importer.Import(context.Background(), statement.File{Provider: Vexora, Hash: "h2", Identities: []payout.Principal{stranger}}); problemOf(err) != payout.OrderPeopleNotRegistered {
		t.Errorf("a stranger's import: %v", err)
	}
}

func TestAFileThatNamesAQueuedPayoutHoldsIt(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = func(payout.Payout) payout.Claim { return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()} }
	w.vexora.told = w.absent
	p := w.mustCreate(draft("R1"))
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
	for range 5 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if stored := w.stored(p.ID); len(w.vexora.sent) != 1 || stored.WaitsFor() != payout.QueuedSpokenOf || w.vexora.asked == 0 {
		t.Errorf("sent %d times, waits for %q, asked %d times", len(w.vexora.sent)-1, stored.WaitsFor(), w.vexora.asked)
	}
}

func TestAFileThatDoubtsACertainFailureTakesTheCertaintyUntilTheAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
	if w.stored(p.ID).SafeToPayAgain() {
		t.Error("still safe, though a file says that it was paid")
	}
	w.clock.pass(time.Minute)
	w.sweep()
	if stored := w.stored(p.ID); !stored.SafeToPayAgain() || len(stored.Attention) > 0 {
		t.Errorf("the provider confirmed the failure again: safe %v, attention %v", stored.SafeToPayAgain(), stored.Attention)
	}
}

func TestALineNeverInsertsAnything(t *testing.T) {
	w := newWorld(t)
	never := payout.DeriveID("test", "R1")
	planted := payout.StatementRow{Line: 1, Reference: string(never.ProviderReference(1)), Amount: amount(t, "50000", money.KHR), Finding: payout.FoundSucceeded}
	for _, by := range []payout.Principal{dara, bopha} {
		if r := w.importBy(file(Vexora, planted), by); r.Counts[statement.Extra] != 1 {
			t.Errorf("%v", r.Counts)
		}
	}
	if p := w.mustCreate(draft("R1")); p.Status != payout.Processing {
		t.Errorf("the reference is %s", p.Status)
	}
}

func TestRepeatedLinesAndTwoPaidAttemptsAreNoMatches(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundProcessing, At: w.clock.Now()}
	}
	again := w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, ""))).Payout
	w.receive(w.claim(again, payout.FoundSucceeded))
	older := row(1, p, payout.FoundSucceeded) // of the first attempt
	s := file(Vexora, older, row(2, again, payout.FoundSucceeded), row(3, again, payout.FoundSucceeded))
	report := w.importBy(s, dara)
	w.counts(report, map[statement.Kind]int{statement.Matched: 1, statement.DoublePaid: 1, statement.RepeatedLine: 1})
	w.clock.pass(time.Minute)
	w.sweep()
	if last := w.vexora.about[len(w.vexora.about)-1]; last != 1 {
		t.Errorf("asked about attempt %d", last)
	}
}

func TestAFileWithAnotherUnitIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	var all []payout.Payout
	for n := range 120 {
		d := draft("R" + strconv.Itoa(n))
		d.Destination.AccountNumber = "1" + strconv.Itoa(1_000_000+n)
		all = append(all, w.mustCreate(d))
	}
	differing := func(n, factor int) statement.File {
		s := file(Vexora)
		for i, p := range all {
			r := row(i+1, p, payout.FoundSucceeded)
			if i < n {
				r.Amount, _ = money.New(p.Amount.Minor()*int64(factor+i%2*(factor%2)), p.Amount.Currency())
			}
			s.Rows = append(s.Rows, r)
		}
		return s
	}
	one := file(Vexora, differing(1, 100).Rows[0])
	two := file(Vexora, differing(2, 4).Rows[:2]...)
	for name, s := range map[string]statement.File{
		"a hundredfold": differing(120, 100), "three of 120": differing(3, 3), "one line, a hundredfold": one, "two lines, one factor": two,
	} {
		s.Identities = []payout.Principal{dara}
		var implausible *statement.Implausible
		writes := w.store.writes
		if _, err := w.importer.Import(context.Background(), s); !errors.As(err, &implausible) || w.store.writes != writes {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]statement.File{"none": differing(0, 1), "two of 120": differing(2, 3)} {
		s.Identities = []payout.Principal{dara}
		if r, err := w.importer.Import(context.Background(), s); err != nil {
			t.Errorf("%s: %v, %v", name, r.Counts, err)
		}
	}
}

func TestALineThatCannotBeStoredIsReportedAndComesAgain(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.clock.pass(2 * time.Minute)
	s := file(Vexora, row(1, p, payout.FoundSucceeded))
	w.importBy(s, dara)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.store.fault = func(int) fault { return lostBefore }
	if report := w.importBy(s, bopha); report.Complete() {
		t.Fatal("complete, though nothing was stored")
	}
	w.store.fault = func(int) fault { return none }
	if report := w.importBy(s, bopha); report.Counts[statement.Closed] != 1 {
		t.Errorf("%v", report.Counts)
	}
}

// Whoever sent a file of which something was not stored has not vouched for it: nobody has been
// asked about that line yet, so the next person is the first.
func TestAFileThatIsNotStoredWholeHasNoFirstPerson(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.clock.pass(2 * time.Minute)
	s, first := file(Vexora, row(1, p, payout.FoundFailed)), w.store.writes+1
	w.store.fault = func(n int) fault { return map[bool]fault{true: lostBefore}[n == first] }
	if report := w.importBy(s, dara); report.Complete() || len(w.store.Statements) > 0 {
		t.Fatalf("%v, %d proposals", report.Counts, len(w.store.Statements))
	}
	if report := w.importBy(s, bopha); !report.Awaiting || report.Pending != 0 || len(w.store.Statements) != 1 {
		t.Errorf("the second person found a first one: %+v", report)
	}
}

func TestALineFromAnotherProviderMovesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	for _, by := range []payout.Principal{dara, bopha} {
		if report := w.importBy(file(Monetix, row(1, p, payout.FoundFailed)), by); report.Counts[statement.Extra] != 1 {
			t.Errorf("%v", report.Counts)
		}
	}
	if got := w.stored(p.ID).Status; got != payout.Processing {
		t.Errorf("status %s", got)
	}
}

// Attempt 1 failed by a callback; the end of the attempt after it rests on our answer alone.
func TestWhatIsMissingIsAskedAboutByThePresentAttempt(t *testing.T) {
	for _, again := range []bool{false, true} {
		w := newWorld(t)
		if again {
			p := w.failedForCertain("R1")
			w.vexora.answer = w.says(payout.FoundSucceeded)
			w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
		} else {
			w.vexora.answer = w.says(payout.FoundSucceeded)
			w.mustCreate(draft("R1"))
		}
		w.vexora.told = w.absent
		w.sweepFor(1, 24*time.Hour)
		asked := w.vexora.asked
		day := file(Vexora)
		day.From, day.To = "2026-05-16", "2026-05-16"
		w.importBy(day, dara)
		w.sweepFor(1, 2*time.Minute)
		if w.vexora.asked == asked {
			t.Errorf("after another attempt %v: the provider is not asked about what its file misses", again)
		}
	}
}

// A line about an earlier attempt that was paid. With a later one that may pay, too, it is a
// double payment; beside one that does not, a conflict.
func TestALineThatSaysThatAnEarlierAttemptWasPaid(t *testing.T) {
	for answer, want := range map[payout.Finding]statement.Kind{
		payout.FoundProcessing: statement.DoublePaid, payout.FoundUnclear: statement.DoublePaid,
		payout.FoundSucceeded: statement.DoublePaid, payout.FoundNotSent: statement.Conflict, payout.FoundFailed: statement.Conflict,
	} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.vexora.answer = w.says(answer)
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		r := w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		if r.Counts[want] != 1 {
			t.Errorf("%s: %v", answer, r.Counts)
		}
	}
}

// A slip in a reference: nobody was ever four attempts further.
func TestALineAboutAFarAttemptIsASlip(t *testing.T) {
	for ahead, doubts := range map[payout.Attempt]bool{3: true, 4: false} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		far := p
		far.Attempt += ahead
		w.importBy(file(Vexora, row(1, far, payout.FoundSucceeded)), dara)
		w.vexora.told = w.says(payout.FoundFailed)
		if w.sweepFor(6, time.Minute); slices.Contains(w.vexora.about, far.Attempt) != doubts {
			t.Errorf("%d ahead: asked about %v", ahead, w.vexora.about)
		}
		if now := w.stored(p.ID); now.SafeToPayAgain() == doubts {
			t.Errorf("%d ahead: safe %v, heard %v", ahead, now.SafeToPayAgain(), now.Heard)
		}
	}
}

// What the first person sent counts for a day; the second one's file after that is a first one.
func TestAFileOfTheDayBeforeIsNoFirstPersons(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.sweepFor(1, 5*time.Minute)
	s := file(Vexora, row(1, w.stored(p.ID), payout.FoundSucceeded))
	w.importBy(s, dara)
	w.sweepFor(25, time.Hour)
	w.importBy(s, bopha)
	if now := w.stored(p.ID); now.Status != payout.Unknown {
		t.Errorf("%s by two files a day apart", now.Status)
	}
}

// One person sends one file each minute, and its lines lie: each payout is asked about now and then,
// not once a file.
func TestOnePersonsFileAsksNowAndThen(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = w.says(payout.FoundSucceeded)
	var rows []payout.StatementRow
	for n := range 5 {
		p := w.mustCreate(ofMoney(fmt.Sprint("R", n), 1000+n))
		w.receive(w.claim(p, payout.FoundSucceeded))
		rows = append(rows, row(n+1, p, payout.FoundProcessing))
	}
	w.sweepFor(60, 10*time.Minute)
	asked := w.vexora.asked
	for range 60 {
		w.importBy(file(Vexora, rows...), dara)
		w.sweepFor(1, time.Minute)
	}
	if n := w.vexora.asked - asked; n < 5 || n > 5*13 {
		t.Errorf("5 payouts were asked about %d times in an hour of files", n)
	}
}
