package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// Finance reads by it whether callbacks arrive: what a status query told is none.
func TestAReportSaysOfWhichPayoutsACallbackBroughtTheEnd(t *testing.T) {
	asked := func(w *world, p payout.Payout, f payout.Finding) {
		c := w.claim(p, f)
		c.Source = payout.FromQuery
		w.receive(c)
	}
	for name, test := range map[string]struct {
		bring func(*world, payout.Payout)
		says  payout.Finding // the file
		heard bool
	}{
		"a callback": {func(w *world, p payout.Payout) { w.receive(w.claim(p, payout.FoundSucceeded)) }, payout.FoundSucceeded, true},
		"a question": {func(w *world, p payout.Payout) { asked(w, p, payout.FoundSucceeded) }, payout.FoundSucceeded, false},
		"a question, before a callback that was not believed": {func(w *world, p payout.Payout) {
			asked(w, p, payout.FoundSucceeded)
			w.pull(dara, payout.ControlChange{Callbacks: payout.AskFirst})
			w.clock.pass(time.Minute)
			w.receive(w.claim(p, payout.FoundSucceeded))
		}, payout.FoundSucceeded, false},
		"a question, before a callback about another amount": {func(w *world, p payout.Payout) {
			asked(w, p, payout.FoundSucceeded)
			c := w.claim(p, payout.FoundSucceeded)
			c.Amounts = []money.Amount{amount(w.t, "1", money.KHR)}
			w.receive(c)
		}, payout.FoundSucceeded, false},
		"a callback of the failure": {func(w *world, p payout.Payout) { w.receive(w.claim(p, payout.FoundFailed)) }, payout.FoundFailed, true},
		"a callback of the return": {func(w *world, p payout.Payout) {
			asked(w, p, payout.FoundSucceeded)
			w.receive(w.claim(p, payout.FoundReturned))
		}, payout.FoundReturned, true},
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		test.bring(w, p)
		s := file(Vexora, row(1, p, test.says))
		s.Check = true
		report := w.importBy(s, stranger)
		if report.Counts[statement.Matched] != 1 || (report.Unheard == 0) != test.heard {
			t.Errorf("%s: %v, %d without a callback", name, report.Counts, report.Unheard)
		}
	}
}

// Nobody knows what the line says of the money, so people are told that, and nothing else.
func TestALineWhoseAmountCannotBeReadEndsAndRaisesNothing(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	var rows []payout.StatementRow
	for n, reference := range []string{"R1", "R2"} { // more that agree than one that cannot be read
		d := draft(reference)
		d.Destination.AccountNumber += reference
		rows = append(rows, row(n+1, w.mustCreate(d), payout.FoundSucceeded))
	}
	rows[0].Amount = money.Amount{}
	w.clock.pass(5 * time.Minute) // the file is younger than what it tells of
	s := file(Vexora, rows...)
	w.importBy(s, dara)
	asked := w.vexora.asked
	w.sweepFor(2, time.Minute)
	report := w.importBy(s, bopha)
	w.counts(report, map[statement.Kind]int{statement.UnreadableAmount: 1, statement.Closed: 1})
	id, _, _ := payout.ParseProviderReference(rows[0].Reference)
	if p := w.stored(id); p.Status != payout.Unknown || len(p.Attention) > 0 || w.vexora.asked-asked < 2 {
		t.Errorf("%s, attention %v, asked %d times", p.Status, p.Attention, w.vexora.asked-asked)
	}
}

// Zero can be read, and is no amount of a payout: it differs.
func TestAnAmountOfZeroDiffers(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	var rows []payout.StatementRow
	for n, reference := range []string{"R1", "R2"} {
		d := draft(reference)
		d.Destination.AccountNumber += reference
		rows = append(rows, row(n+1, w.mustCreate(d), payout.FoundSucceeded))
	}
	rows[0].Amount, rows[0].Zero = money.Amount{}, true
	w.clock.pass(5 * time.Minute)
	s, unread := file(Vexora, rows...), file(Vexora, rows...)
	unread.Rows = slices.Clone(rows)
	unread.Rows[0].Zero = false
	if s.Key() == unread.Key() {
		t.Error("a file with zero is the same as one whose amount cannot be read")
	}
	w.importBy(s, dara)
	w.sweepFor(2, time.Minute)
	report := w.importBy(s, bopha)
	w.counts(report, map[statement.Kind]int{statement.AmountDiffers: 1, statement.Closed: 1})
	id, _, _ := payout.ParseProviderReference(rows[0].Reference)
	p := w.stored(id)
	if _, raised := p.Attention[payout.CallbackMismatch]; p.Status != payout.Unknown || !raised {
		t.Errorf("%s, attention %v", p.Status, p.Attention)
	}
}
