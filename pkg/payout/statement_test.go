package payout_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// row is a statement line about a payout.
func row(line int, p payout.Payout, f payout.Finding) payout.StatementRow {
	return payout.StatementRow{
		Line: line, Reference: string(p.ProviderReference()), ProviderID: p.ProviderID,
		Amount: p.Amount, Finding: f, Code: string(f), Raw: []byte("a,b"),
	}
}

func TestAStatementIsMatchedThreeWaysAndSettlesWhatIsUnknown(t *testing.T) {
	w := newWorld(t)
	made := map[string]payout.Payout{}
	accepted := w.vexora.answer
	for n, name := range []string{"paid", "unheard", "lost-paid", "lost-failed", "lost-open", "other-amount", "other-state", "not-there"} {
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

	foreign := payout.StatementRow{Line: 8, Reference: "by hand", Amount: made["paid"].Amount, Finding: payout.FoundSucceeded}
	wrong := row(6, made["other-amount"], payout.FoundSucceeded)
	wrong.Amount = amount(t, "500.00", money.KHR)
	statement := payout.Statement{
		Provider: payout.Vexora, Hash: "h1", From: "2026-05-16", To: "2026-05-16",
		Rows: []payout.StatementRow{
			row(1, made["paid"], payout.FoundSucceeded), row(2, made["unheard"], payout.FoundSucceeded),
			row(3, made["lost-paid"], payout.FoundSucceeded), row(4, made["lost-failed"], payout.FoundFailed),
			row(5, made["lost-open"], payout.FoundProcessing), wrong,
			row(7, made["other-state"], payout.FoundFailed), foreign,
		},
	}
	report, err := w.importer.Import(context.Background(), statement)
	if err != nil {
		t.Fatal(err)
	}
	want := map[payout.LineKind]int{
		payout.Matched: 2, payout.Closed: 2, payout.StillOpen: 1, payout.AmountDiffers: 1,
		payout.StateConflict: 1, payout.Extra: 1, payout.Missing: 1,
	}
	for kind, n := range want {
		if report.Counts[kind] != n {
			t.Errorf("%s: %d lines, want %d", kind, report.Counts[kind], n)
		}
	}
	if report.Unheard != 1 || len(report.Lines) != 7 || !report.Complete() {
		t.Errorf("unheard %d, %d lines", report.Unheard, len(report.Lines))
	}
	for name, status := range map[string]payout.Status{
		"paid": payout.Succeeded, "lost-paid": payout.Succeeded, "lost-failed": payout.Failed,
		"other-amount": payout.Processing, "other-state": payout.Succeeded, "not-there": payout.Processing,
	} {
		if got := w.stored(made[name].ID).Status; got != status {
			t.Errorf("%s is %s, want %s", name, got, status)
		}
	}
	if f := w.stored(made["lost-failed"].ID).Failure; f == nil || !f.SafeToPayAgain {
		t.Errorf("failure %+v: the provider's books confirm it", f)
	}
	for name, reason := range map[string]payout.Reason{
		"other-amount": payout.CallbackMismatch, "other-state": payout.Contradiction,
	} {
		if _, raised := w.stored(made[name].ID).Attention[reason]; !raised {
			t.Errorf("%s has attention %v", name, w.stored(made[name].ID).Attention)
		}
	}

	writes := map[payout.ID]int64{}
	for _, p := range made {
		writes[p.ID] = w.stored(p.ID).Version
	}
	w.clock.pass(time.Hour)
	if _, err := w.importer.Import(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
	for name, p := range made {
		if got := w.stored(p.ID).Version; got != writes[p.ID] {
			t.Errorf("importing again wrote to %s", name)
		}
	}
}

func TestALineThatCannotBeStoredIsReportedAndComesAgain(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	statement := payout.Statement{Provider: payout.Vexora, Rows: []payout.StatementRow{row(1, p, payout.FoundSucceeded)}}
	w.store.fault = func(int) fault { return lostBefore }
	report, err := w.importer.Import(context.Background(), statement)
	if err != nil || report.Complete() {
		t.Fatalf("complete %v, %v", report.Complete(), err)
	}
	w.store.fault = func(int) fault { return none }
	report, err = w.importer.Import(context.Background(), statement)
	if err != nil || report.Counts[payout.Closed] != 1 {
		t.Errorf("%v, %v", report.Counts, err)
	}
}

func TestALineFromAnotherProviderMovesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	report, err := w.importer.Import(context.Background(), payout.Statement{
		Provider: payout.Monetix, Rows: []payout.StatementRow{row(1, p, payout.FoundFailed)},
	})
	if err != nil || report.Counts[payout.Extra] != 1 {
		t.Errorf("%v, %v", report.Counts, err)
	}
	if got := w.stored(p.ID).Status; got != payout.Processing {
		t.Errorf("status %s", got)
	}
}
