package payout_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// sentTwice is a payout at Vexora that went twice under one tradeNo by order of two people, and
// of which nobody knows more. Vexora may pay both, with a number for each.
func (w *world) sentTwice() payout.Payout {
	w.t.Helper()
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.clock.pass(10 * time.Minute)
	w.resendByTwo(p.ID)
	return w.stored(p.ID)
}

// numbered has a callback say that a payout is so, under a number of the provider's.
func (w *world) numbered(p payout.Payout, f payout.Finding, number string) payout.Payout {
	w.t.Helper()
	c := w.claim(p, f)
	c.ProviderID = number
	w.receive(c)
	return w.stored(p.ID)
}

// lines are rows about one payout, each written as "number finding"; "-" is no number.
func lines(p payout.Payout, written ...string) []payout.StatementRow {
	var rows []payout.StatementRow
	for n, text := range written {
		number, finding, _ := strings.Cut(text, " ")
		r := row(n+1, p, payout.Finding(finding))
		r.ProviderID, r.Raw = strings.TrimPrefix(number, "-"), []byte(text)
		rows = append(rows, r)
	}
	return rows
}

// kinds is what a report says of each line of a file with so many rows.
func kinds(r statement.Report, rows int) []statement.Kind {
	all := slices.Repeat([]statement.Kind{statement.Matched}, rows)
	for _, l := range r.Lines {
		if l.Line > 0 {
			all[l.Line-1] = l.Kind
		}
	}
	return all
}

// checked compares a file, and changes nothing.
func (w *world) checked(s statement.File) statement.Report {
	w.t.Helper()
	s.Check = true
	return w.importBy(s, stranger)
}

// appliedByTwo has two people import a file, the second one when the provider was asked.
func (w *world) appliedByTwo(s statement.File) statement.Report {
	w.t.Helper()
	w.clock.pass(2 * time.Minute)
	w.importBy(s, dara)
	w.sweepFor(3, 5*time.Minute)
	report := w.importBy(s, bopha)
	if report.Awaiting {
		w.t.Error("not applied")
	}
	return report
}

func (w *world) raised(id payout.ID, r payout.Reason) bool {
	_, there := w.stored(id).Attention[r]
	return there
}

// said is a provider that answers every status query in the same way.
func (w *world) said(f payout.Finding, number string) func(payout.Payout) payout.Claim {
	return func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: f, ProviderID: number, Code: "0000", At: w.clock.Now()}
	}
}

func TestALineThatSaysPaidUnderAnotherNumberIsNoMatch(t *testing.T) {
	for _, c := range []struct {
		ours, line string
		want       statement.Kind
	}{
		{"V-1 succeeded", "V-1 succeeded", statement.Matched},
		{"V-1 succeeded", "- succeeded", statement.Matched},
		{"- succeeded", "V-2 succeeded", statement.Matched},
		{"V-1 succeeded", "V-2 succeeded", statement.Conflict},
		{"V-1 succeeded", "V-2 returned", statement.Conflict},
		{"V-1 returned", "V-1 returned", statement.Matched},
		{"V-1 returned", "V-2 returned", statement.Conflict},
		{"V-1 processing", "V-1 succeeded", statement.StillOpen},
		{"V-1 processing", "V-2 succeeded", statement.Conflict},
		{"V-1 processing", "V-2 processing", statement.StillOpen},
		// After a resend a failure under another number is ordinary.
		{"V-1 processing", "V-2 failed", statement.StillOpen},
		{"V-1 failed", "V-2 failed", statement.Matched},
	} {
		w := newWorld(t)
		p := w.sentTwice()
		number, finding, _ := strings.Cut(c.ours, " ")
		p = w.numbered(p, payout.Finding(finding), strings.TrimPrefix(number, "-"))
		if got := kinds(w.checked(file(Vexora, lines(p, c.line)...)), 1)[0]; got != c.want {
			t.Errorf("ours %s, the file's %s: %s, want %s", c.ours, c.line, got, c.want)
		}
	}
}

// Every order of lines about one reference, beside everything that we may hold of it. What is
// told is the kinds, and whether a person has to know of a second payment when two people have
// had the file applied.
func TestTwoNumbersOfOneReferenceAreTwoPayments(t *testing.T) {
	const (
		matched, repeated, twice = statement.Matched, statement.RepeatedLine, statement.DoublePaid
		open, conflict, closed   = statement.StillOpen, statement.Conflict, statement.Closed
	)
	for _, c := range []struct {
		ours  string // what a callback has said before; "" nothing
		lines []string
		want  []statement.Kind
		two   bool
	}{
		{"V-1 succeeded", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{matched, twice}, true},
		{"V-1 succeeded", []string{"V-2 succeeded", "V-1 succeeded"}, []statement.Kind{twice, matched}, true},
		{"- succeeded", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{matched, twice}, true},
		{"", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{closed, twice}, true},
		{"V-2 processing", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{twice, closed}, true},
		{"V-1 failed", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{conflict, twice}, true},
		// The same payment may stand there often.
		{"V-1 succeeded", []string{"V-1 succeeded", "V-1 succeeded"}, []statement.Kind{matched, repeated}, false},
		{"V-1 succeeded", []string{"V-1 succeeded", "V-2 succeeded", "V-1 succeeded"}, []statement.Kind{matched, twice, repeated}, true},
		{"", []string{"V-1 succeeded", "V-2 succeeded", "V-2 succeeded"}, []statement.Kind{closed, twice, repeated}, true},
		{"", []string{"V-1 succeeded", "V-2 succeeded", "V-3 succeeded"}, []statement.Kind{closed, twice, twice}, true},
		{"V-9 succeeded", []string{"V-1 succeeded", "V-2 succeeded"}, []statement.Kind{twice, twice}, true},
		// A line without a number may be about any of them.
		{"V-1 succeeded", []string{"- succeeded", "V-1 succeeded"}, []statement.Kind{matched, repeated}, false},
		{"", []string{"- succeeded", "V-1 succeeded", "V-2 succeeded"}, []statement.Kind{closed, repeated, twice}, true},
		{"", []string{"V-1 succeeded", "- succeeded"}, []statement.Kind{closed, repeated}, false},
		{"V-1 succeeded", []string{"- succeeded", "V-2 succeeded"}, []statement.Kind{matched, conflict}, false},
		{"", []string{"- succeeded", "- succeeded"}, []statement.Kind{closed, repeated}, false},
		// One of two payments came back: the file does not contradict itself.
		{"V-1 succeeded", []string{"V-1 succeeded", "V-2 returned"}, []statement.Kind{matched, twice}, true},
		{"", []string{"V-1 succeeded", "V-2 returned"}, []statement.Kind{closed, twice}, true},
		{"", []string{"V-1 succeeded", "V-2 succeeded", "V-2 returned"}, []statement.Kind{closed, twice, twice}, true},
		// The same payment twice, with two ends: nobody knows which one is meant.
		{"", []string{"V-1 succeeded", "V-1 failed"}, []statement.Kind{conflict, conflict}, false},
		{"", []string{"V-1 succeeded", "V-1 failed", "V-2 succeeded"}, []statement.Kind{conflict, conflict, twice}, true},
		{"", []string{"V-1 failed", "V-2 failed"}, []statement.Kind{closed, repeated}, false},
		{"", []string{"V-1 processing", "V-2 processing"}, []statement.Kind{open, repeated}, false},
	} {
		w := newWorld(t)
		p := w.sentTwice()
		if number, finding, some := strings.Cut(c.ours, " "); some {
			p = w.numbered(p, payout.Finding(finding), strings.TrimPrefix(number, "-"))
		}
		name := fmt.Sprintf("ours %q, the file's %q", c.ours, c.lines)
		report := w.appliedByTwo(file(Vexora, lines(p, c.lines...)...))
		if got := kinds(report, len(c.lines)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		w.vexora.told = w.said(payout.FoundSucceeded, "V-1")
		w.sweepFor(12, 6*time.Hour)
		if got := w.raised(p.ID, payout.DoublePaymentSuspected); got != c.two {
			t.Errorf("%s: a second payment is told: %v, want %v; %v", name, got, c.two, w.stored(p.ID).Attention.Reasons())
		}
	}
}

// Whatever lines of one reference stand in whatever order: with two numbers of what went a person
// is told, with one nobody is, and each payment but one is double_paid once.
func TestAnyOrderOfLinesTellsOfASecondPayment(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 400 {
		w := newWorld(t)
		p := w.sentTwice()
		ours := []string{"", "V-1", "V-9"}[r.IntN(3)]
		if ours != "" {
			p = w.numbered(p, payout.FoundSucceeded, ours)
		}
		var written []string
		shown := map[string]bool{}
		for range 1 + r.IntN(5) {
			number := []string{"-", "V-1", "V-2", "V-3"}[r.IntN(4)]
			written = append(written, number+" succeeded")
			shown[number] = true
		}
		delete(shown, "-")
		others := len(shown)
		if ours == "" || shown[ours] {
			others--
		}
		two := len(shown) > 1
		if !two {
			others = 0
		}
		report := w.appliedByTwo(file(Vexora, lines(p, written...)...))
		alone := ours != "" && len(shown) == 1 && !shown[ours] // one payment, and not ours
		if report.Counts[statement.DoublePaid] != others || w.raised(p.ID, payout.DoublePaymentSuspected) != two || w.raised(p.ID, payout.Contradiction) != alone {
			t.Errorf("ours %q, the file's %q: %v, %v, attention %v", ours, written, report.Counts, kinds(report, len(written)), w.stored(p.ID).Attention.Reasons())
		}
	}
}

// Whatever a payout is when two people vouch for two payments of it: a person has to know until
// it was looked into, and it is never safe to pay again.
func TestASecondPaymentOfAFileIsToldInEveryState(t *testing.T) {
	for name, make := range map[string]func(*world) payout.Payout{
		"processing, and says so": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.vexora.told = w.said(payout.FoundProcessing, "")
			return p
		},
		"unknown": (*world).sentTwice,
		"queued": func(w *world) payout.Payout {
			w.vexora.answer, w.vexora.told = w.notSent, w.absent
			return w.mustCreate(draft("R1"))
		},
		"cancelled": func(w *world) payout.Payout {
			w.vexora.answer, w.vexora.told = w.notSent, w.absent
			p := w.mustCreate(draft("R1"))
			return w.must(w.operator.Cancel(bg, w.order(p.ID, dara, ""))).Payout
		},
		"failed for certain": func(w *world) payout.Payout { return w.failedForCertain("R1") },
		"succeeded": func(w *world) payout.Payout {
			w.vexora.told = w.said(payout.FoundSucceeded, "V-1")
			return w.numbered(w.sentTwice(), payout.FoundSucceeded, "V-1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := make(w)
			s := file(Vexora, lines(p, "V-1 succeeded", "V-2 succeeded")...)
			w.appliedByTwo(s)
			writes := w.store.writes
			w.importBy(s, bopha)
			if w.store.writes != writes {
				t.Error("applying again wrote something")
			}
			w.sweepFor(12, 6*time.Hour)
			now := w.stored(p.ID)
			if !w.raised(p.ID, payout.DoublePaymentSuspected) || now.SafeToPayAgain() || len(w.vexora.sent) > 2 {
				t.Errorf("%s, attention %v, safe %v, heard %v, sent %d", now.Status, now.Attention.Reasons(), now.SafeToPayAgain(), now.Heard, len(w.vexora.sent))
			}
			w.reviewed(p.ID)
			w.clock.pass(time.Hour)
			s.Hash = "h2" // the month's file has the lines of the day's
			w.appliedByTwo(s)
			if w.raised(p.ID, payout.DoublePaymentSuspected) {
				t.Error("what was looked into is raised again")
			}
		})
	}
}

func TestOnePersonsFileWithTwoPaymentsHasTheProviderAsked(t *testing.T) {
	w := newWorld(t)
	p := w.numbered(w.sentTwice(), payout.FoundSucceeded, "V-1")
	w.vexora.told = w.said(payout.FoundSucceeded, "V-1")
	w.sweepFor(12, 6*time.Hour)
	asked := w.vexora.asked
	w.importBy(file(Vexora, lines(p, "V-1 succeeded", "V-2 succeeded")...), dara)
	w.sweepFor(1, time.Minute)
	if w.vexora.asked == asked || len(w.stored(p.ID).Attention) > 0 {
		t.Errorf("asked %d times more, attention %v", w.vexora.asked-asked, w.stored(p.ID).Attention.Reasons())
	}
}

// The file shows one payment, under another number than ours.
func TestALoneLineUnderAnotherNumberCallsAPersonAndEndsNothing(t *testing.T) {
	for _, c := range []struct {
		ours, line string
		want       payout.Status
		reason     payout.Reason
	}{
		{"V-1 succeeded", "V-2 succeeded", payout.Succeeded, payout.Contradiction},
		{"V-1 succeeded", "V-2 returned", payout.Succeeded, payout.Contradiction},
		{"V-1 processing", "V-2 succeeded", payout.Processing, payout.CallbackMismatch},
		{"V-1 processing", "V-2 returned", payout.Processing, payout.CallbackMismatch},
	} {
		for _, told := range []func(*world) func(payout.Payout) payout.Claim{
			func(w *world) func(payout.Payout) payout.Claim { return w.unclear },
			func(w *world) func(payout.Payout) payout.Claim { return w.said(payout.FoundProcessing, "V-1") },
		} {
			w := newWorld(t)
			number, finding, _ := strings.Cut(c.ours, " ")
			p := w.numbered(w.sentTwice(), payout.Finding(finding), number)
			w.vexora.told = told(w)
			w.appliedByTwo(file(Vexora, lines(p, c.line)...))
			now := w.stored(p.ID)
			if now.Status != c.want || !w.raised(p.ID, c.reason) || now.ProviderID != "V-1" || now.Return != nil {
				t.Errorf("%+v: %s, number %s, return %v, attention %v", c, now.Status, now.ProviderID, now.Return, now.Attention.Reasons())
			}
		}
	}
}

// Monetix pays a reference once, as it documents, and a reversal has a request of its own.
func TestAReturnUnderANumberOfItsOwnIsNoSecondPaymentAtMonetix(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  []statement.Kind
		back  bool
	}{
		{[]string{"M-2 returned"}, []statement.Kind{statement.Conflict}, true},
		{[]string{"M-1 succeeded", "M-2 returned"}, []statement.Kind{statement.Conflict, statement.Conflict}, false}, // nobody knows which one is meant
	} {
		w := newWorld(t)
		w.monetix.answer = w.said(payout.FoundProcessing, "M-1")
		p := w.numbered(w.mustCreate(draftFor(Monetix)), payout.FoundSucceeded, "M-1")
		w.monetix.told = w.unclear
		s := file(Monetix, lines(p, c.lines...)...)
		report := w.appliedByTwo(s)
		now := w.stored(p.ID)
		if got := kinds(report, len(c.lines)); !slices.Equal(got, c.want) || (now.Return != nil) != c.back ||
			w.raised(p.ID, payout.Contradiction) || w.raised(p.ID, payout.DoublePaymentSuspected) {
			t.Errorf("%q: %v, return %v, attention %v", c.lines, got, now.Return, now.Attention.Reasons())
		}
	}
}

func TestTwoPaymentsOfAnEarlierAttemptAreBothKept(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	report := w.appliedByTwo(file(Vexora, lines(p, "V-1 succeeded", "V-2 succeeded")...))
	filed := 0
	for _, e := range w.stored(p.ID).History {
		if e.Source == payout.FromStatement && e.Finding == payout.FoundSucceeded {
			filed++
		}
	}
	if report.Counts[statement.DoublePaid] != 2 || filed != 2 || !w.raised(p.ID, payout.DoublePaymentSuspected) {
		t.Errorf("%v, %d entries, attention %v", report.Counts, filed, w.stored(p.ID).Attention.Reasons())
	}
}

// Of an attempt that we never made, nobody here can say which payment counts.
func TestTwoPaymentsOfAnAttemptThatWasNeverMadeAreConflicts(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	next := p
	next.Attempt++
	report := w.appliedByTwo(file(Vexora, lines(next, "V-1 succeeded", "V-2 succeeded")...))
	if report.Counts[statement.Conflict] != 2 || !w.raised(p.ID, payout.CallbackMismatch) {
		t.Errorf("%v, attention %v", report.Counts, w.stored(p.ID).Attention.Reasons())
	}
}

// A second payment of another amount is one, too.
func TestASecondPaymentOfAnotherAmountIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.numbered(w.sentTwice(), payout.FoundSucceeded, "V-1")
	rows := lines(p, "V-1 succeeded", "V-2 succeeded", "V-3 succeeded")
	rows[1].Amount, rows[2].Amount = amount(t, "70000", p.Amount.Currency()), payout.StatementRow{}.Amount
	for n := range 98 { // so that two amounts are few
		d := draft("other-" + strconv.Itoa(n))
		d.Destination.AccountNumber = "1" + strconv.Itoa(1_000_000+n)
		rows = append(rows, row(n+4, w.mustCreate(d), payout.FoundProcessing))
	}
	report := w.appliedByTwo(file(Vexora, rows...))
	if report.Counts[statement.DoublePaid] != 2 || !w.raised(p.ID, payout.DoublePaymentSuspected) {
		t.Errorf("%v, attention %v", report.Counts, w.stored(p.ID).Attention.Reasons())
	}
}

func TestAnotherReadingOfTheNumbersIsAnotherStatement(t *testing.T) {
	w := newWorld(t)
	p := w.sentTwice()
	if file(Vexora, lines(p, "V-1 succeeded")...).Key() == file(Vexora, lines(p, "V-2 succeeded")...).Key() {
		t.Error("one key for both")
	}
}

// If the column is not the provider's number, every line would be a conflict.
func TestAFileInWhichNoNumberIsOursIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	var all []payout.Payout
	for n := range 4 {
		d := draft("R" + strconv.Itoa(n))
		d.Destination.AccountNumber += strconv.Itoa(n)
		p := w.mustCreate(d)
		all = append(all, w.numbered(p, payout.FoundSucceeded, p.ProviderID))
	}
	other := func(n int, f payout.Finding) statement.File {
		s := file(Vexora)
		for i, p := range all {
			r := row(i+1, p, f)
			if i < n {
				r.ProviderID = "row-" + strconv.Itoa(i)
			}
			s.Rows = append(s.Rows, r)
		}
		return s
	}
	refused := func(s statement.File) *statement.Implausible {
		s.Identities = []payout.Principal{dara}
		var implausible *statement.Implausible
		writes := w.store.writes
		if _, err := w.importer.Import(bg, s); errors.As(err, &implausible) && w.store.writes != writes {
			t.Error("something was written")
		}
		return implausible
	}
	without := other(4, payout.FoundSucceeded)
	without.Rows[3].ProviderID = ""
	for name, s := range map[string]statement.File{
		"all four": other(4, payout.FoundSucceeded), "three, and one without a number": without, "all came back": other(4, payout.FoundReturned),
	} {
		got := refused(s)
		if got == nil {
			t.Errorf("%s: not refused", name)
			continue
		}
		if line := got.Lines[0]; !got.Numbers || got.Differing < 3 || line.ProviderID != "row-0" || line.OurProviderID != all[0].ProviderID {
			t.Errorf("%s: %+v, %q and %q", name, *got, line.ProviderID, line.OurProviderID)
		}
	}
	two, same := other(2, payout.FoundSucceeded), other(1, payout.FoundSucceeded)
	two.Rows = two.Rows[:2]
	same.Rows = slices.Repeat(same.Rows[:1], 5)
	for name, s := range map[string]statement.File{
		"one agrees": other(3, payout.FoundSucceeded), "two alone": two, "one payment five times": same, "failures of other submissions": other(4, payout.FoundFailed),
	} {
		if got := refused(s); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The lines of one reference are applied side by side. The guards make it one order.
func TestTwoPaymentsAreToldWhateverTheOrderOfWrites(t *testing.T) {
	for range 30 {
		w := newWorld(t)
		p := w.sentTwice()
		report := w.appliedByTwo(file(Vexora, lines(p, "V-1 succeeded", "V-2 succeeded", "V-3 succeeded")...))
		now := w.stored(p.ID)
		if now.Status != payout.Succeeded || now.ProviderID != "V-1" || !w.raised(p.ID, payout.DoublePaymentSuspected) || report.Counts[statement.Closed] != 1 {
			t.Fatalf("%s, number %q, attention %v, %v", now.Status, now.ProviderID, now.Attention.Reasons(), report.Counts)
		}
	}
}

// Of two lines, one could not be read: it must not look as if it had been.
func TestALineThatCouldNotBeReadStaysSo(t *testing.T) {
	w := newWorld(t)
	p := w.sentTwice()
	rows := lines(p, "V-1 succeeded", "V-1 failed", "V-1 succeeded")
	third := &thirdReadFails{memory: w.store}
	importer := statement.NewImporter(third, payout.NewStatements(payout.NewReceiver(third, w.signals, payout.Policy{}), register, w.clock.Now), w.clock.Now).InTurn()
	s := file(Vexora, rows...)
	s.Check = true
	if report, err := importer.Import(bg, s); err != nil || report.Complete() {
		t.Errorf("%v, %v", report.Counts, err)
	}
}

// thirdReadFails is a store whose third read of a payout finds nobody.
type thirdReadFails struct {
	*memory
	n int
}

func (s *thirdReadFails) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	if s.n++; s.n == 3 {
		return payout.Payout{}, errors.New("throttled")
	}
	return s.memory.Get(ctx, id)
}

// A file showed the second payment alone, as a conflict. That there are two is told by the next
// file, with the very line, and told once.
func TestASecondPaymentIsToldAlsoIfItsLineWasHeardBefore(t *testing.T) {
	w := newWorld(t)
	p := w.sentTwice()
	c := w.claim(p, payout.FoundSucceeded)
	c.ProviderID = "V-1"
	w.receive(c)
	one, two := row(1, p, payout.FoundSucceeded), row(2, p, payout.FoundSucceeded)
	one.ProviderID, two.ProviderID = "V-1", "V-2"
	files := []statement.File{file(Vexora, two), file(Vexora, one, two), file(Vexora, one, two)}
	for n, f := range files {
		f.Hash += string(rune('a' + n))
		w.importBy(f, dara)
		w.sweepFor(3, 5*time.Minute)
		w.importBy(f, bopha)
		_, told := w.stored(p.ID).Attention[payout.DoublePaymentSuspected]
		if want := n == 1; told != want {
			t.Errorf("file %d: a second payment is told %v, want %v: %v, heard %v", n+1, told, want, w.stored(p.ID).Attention.Reasons(), w.stored(p.ID).Heard)
		}
		w.reviewed(p.ID)
	}
}
