package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// sheet is a statement file. Its lines are written from the provider's ledger and then spoilt.
// hash stands for the bytes: who brings the same file again brings the same hash.
type sheet struct {
	world    *world
	provider payout.Provider
	kind     string
	hash     string
	rows     []payout.StatementRow
}

// importStatement has the domain import a file. It is the one place that knows how
// that is done.
func (c *container) importStatement(ctx context.Context, s *sheet, by payout.Principal, identities []payout.Principal) (statement.Report, error) {
	return c.importer.Import(ctx, statement.File{
		Provider: s.provider, Hash: s.hash, Rows: s.rows, By: by, Identities: identities,
	})
}

// The kinds of statement. Only the first is as it should be. The others are what people upload by
// mistake or on purpose: yesterday's export, the wrong columns, the unit of another report, two
// files put together, a table that somebody edited.
var sheetKinds = []string{
	"true", "late", "wrong ends", "one wrong amount", "another unit", "repeated lines", "references that were never sent",
	"older attempts", "attempts that were never made", "another column",
}

// bringStatement has one or two people import a provider's statement. Half of the time a second
// one brings the same file, which is what it takes to end anything (decision 0010). In some of
// these pairs it is the same person, or somebody whom the register does not know.
func (w *world) bringStatement() {
	c := w.choices
	s := w.write(c.provider(), sheetKinds[c.weighted(25, 12, 18, 8, 6, 8, 12, 6, 5, 5)])
	if len(s.rows) == 0 {
		return
	}
	first := c.pick(len(principals))
	w.carry(s, principals[first])
	if c.chance(50) {
		other := principals[(first+1+c.pick(len(principals)-1))%len(principals)]
		w.in(time.Duration([]int{0, 30, 200}[c.pick(3)])*time.Second, func() { w.carry(s, other) })
	}
}

// audit has two people import the true files of the providers that have paid twice under one
// reference, and the second one again, since the provider may have to be asked first. No answer
// tells of the second payment, so somebody has to read it in the books.
func (w *world) audit() {
	for _, of := range payout.Providers() {
		s := w.write(of, "true")
		if !slices.ContainsFunc(s.rows, s.second) {
			continue
		}
		w.carry(s, principals[0])
		for _, after := range []time.Duration{5 * time.Minute, 10 * time.Minute} {
			w.in(after, func() { w.carry(s, principals[2]) })
		}
	}
}

// carry has one person import one file. The words of the file are noted before the import, as
// those of a callback are before it is received: the import may be stored and never answered.
func (w *world) carry(s *sheet, by payout.Principal) {
	w.invoke(fmt.Sprintf("import (%s) by %s", s.kind, registered[by]), 25*time.Second, func(ctx context.Context, c *container) {
		c.current.errand.sheet, c.current.errand.carrier = s, by
		w.brought[s.hash] = append(w.brought[s.hash], by)
		w.carried[s.hash] = append(w.carried[s.hash], c.now())
		for _, row := range s.rows {
			w.noteWord(row.Reference, s.spoken(w, row))
		}
		begun, twice := w.now, s.secondPayments(w)
		report, err := w.mutant.imports(c.importStatement)(ctx, s, by, identities(by))
		if err == nil && !report.Awaiting && report.Complete() {
			w.vouched(begun, twice)
		}
	}, nil)
}

// spoken is a line as the judges remember it. A line under another number than the payout's
// speaks of another payment of it.
func (s *sheet) spoken(w *world, row payout.StatementRow) spoken {
	says := map[payout.Finding]sense{
		payout.FoundSucceeded: saysPaid, payout.FoundFailed: saysFailed, payout.FoundReturned: saysReturned, payout.FoundProcessing: saysProcessing,
	}[row.Finding]
	id, _, _ := payout.ParseProviderReference(row.Reference)
	p, there := w.table.Payouts[id]
	return spoken{
		says: says, source: payout.FromStatement, mismatch: there && p.Amount != row.Amount,
		another: says.moved() && row.ProviderID != providerNumber(s.provider, row.Reference, 1), second: s.second(row),
	}
}

// second reports whether the file shows another payment of the same reference beside a row, each
// with a number of its own.
func (s *sheet) second(row payout.StatementRow) bool {
	went := func(r payout.StatementRow) bool {
		return r.Finding == payout.FoundSucceeded || r.Finding == payout.FoundReturned
	}
	return went(row) && slices.ContainsFunc(s.rows, func(r payout.StatementRow) bool {
		return went(r) && r.Reference == row.Reference && !sameNumber(r.ProviderID, row.ProviderID)
	})
}

// sameNumber reports whether two numbers may be of one payment: a line without one could be of
// any.
func sameNumber(a, b string) bool { return a == "" || b == "" || a == b }

// secondPayments are the attempts of which a file shows two payments, of payouts that have come
// as far.
func (s *sheet) secondPayments(w *world) []string {
	var twice []string
	for _, row := range s.rows {
		id, attempt, ours := payout.ParseProviderReference(row.Reference)
		p, there := w.table.Payouts[id]
		if ours && there && p.Status != payout.Orphan && p.Provider == s.provider && attempt <= p.Attempt && s.second(row) {
			twice = append(twice, row.Reference)
		}
	}
	return twice
}

// knows reports whether the file can tell what became of something that was sent at a time: a
// person had it after that, before the one who brings it now. What was sent after the first
// person had the file cannot stand in it, although the second person brings it later.
func (s *sheet) knows(sent time.Time) bool {
	by := registered[s.world.acting.errand.carrier]
	brought := s.world.brought[s.hash]
	for n, at := range s.world.carried[s.hash] {
		if registered[brought[n]] != by && at.After(sent) {
			return true
		}
	}
	return false
}

// people are the persons who have brought the file, one of them perhaps while another one's import
// slept.
func (s *sheet) people() int { return len(people(s.world.brought[s.hash])) }

// write writes a provider's statement. A late one ends some minutes before now, as exports do
// whose day has ended.
func (w *world) write(of payout.Provider, kind string) *sheet {
	s := &sheet{world: w, provider: of, kind: kind}
	at := w.now
	if kind == "late" {
		at = at.Add(-time.Duration(1+w.choices.pick(8)) * time.Minute)
	}
	pl := w.platforms[of]
	for _, c := range w.clients {
		for attempt := range payout.Attempt(5) {
			if e := pl.ledger[string(c.id.ProviderReference(attempt+1))]; e != nil {
				s.enter(e, at)
			}
		}
	}
	w.spoil(s)
	var text strings.Builder
	for i := range s.rows {
		s.rows[i].Line = i + 1
		s.rows[i].Raw = fmt.Appendf(nil, "%s,%s,%s,%s", s.rows[i].Reference, s.rows[i].ProviderID, s.rows[i].Amount, s.rows[i].Finding)
		text.Write(s.rows[i].Raw)
	}
	s.hash = payout.HashEvidence([]byte(text.String()))
	return s
}

// enter writes a line for each payment of an entry, and one for what is not paid, or not yet.
// What was refused has no line: no page says that a provider books what it did not take.
func (s *sheet) enter(e *entry, at time.Time) {
	number, unpaid := 1, e.plan.end != refused && !e.acceptedAt.After(at)
	for _, p := range e.payments {
		if p.at.After(at) {
			continue
		}
		s.add(e.reference, number, e.amount, p.plan.state(at.Sub(p.acceptedAt)))
		number++
		unpaid = unpaid && !p.acceptedAt.Equal(e.acceptedAt)
	}
	if unpaid {
		s.add(e.reference, number, e.amount, e.state(at))
	}
}

// add writes a line about one payment: the first, or a later one, of its reference.
func (s *sheet) add(reference string, number int, minor int64, state ending) {
	amount, err := money.New(minor, money.KHR)
	if err != nil {
		return
	}
	row := payout.StatementRow{Reference: reference, ProviderID: providerNumber(s.provider, reference, number), Amount: amount}
	row.Finding, row.Code = findingOf(s.provider, state)
	s.rows = append(s.rows, row)
}

// providerNumber is the provider's number of a payment. Callbacks and answers know the first one
// of a reference alone.
func providerNumber(of payout.Provider, reference string, number int) string {
	first := traitsOf(of).prefix + reference[20:]
	if number == 1 {
		return first
	}
	return fmt.Sprint(first, "-", number)
}

// findingOf is what a file says of a state. Vexora has no word for what came back, so that its
// file says "failed" of it, as its callbacks do.
func findingOf(of payout.Provider, state ending) (payout.Finding, string) {
	switch {
	case state == paid:
		return payout.FoundSucceeded, "success"
	case state == endless:
		return payout.FoundProcessing, "processing"
	case state == returned && traitsOf(of).returns:
		return payout.FoundReturned, "reversed"
	}
	return payout.FoundFailed, "failed"
}

// spoil makes of a true statement one of its kind. "Another column" has numbers of the file's own
// rows where the provider's should be. Such a file agrees with nothing, and is refused whole.
func (w *world) spoil(s *sheet) {
	switch c := w.choices; s.kind {
	case "wrong ends":
		back := c.chance(30) // a wrong word of the mapping, say
		for i := range s.rows {
			if s.turn(i); back && traitsOf(s.provider).returns {
				s.rows[i].Finding, s.rows[i].Code = findingOf(s.provider, returned)
			}
		}
	case "one wrong amount":
		if len(s.rows) > 0 {
			s.scale(c.pick(len(s.rows)), 10)
		}
	case "another unit":
		for i := range s.rows {
			s.scale(i, 100)
		}
	case "repeated lines":
		s.rows = append(s.rows, s.rows...)
		if c.pick(2) > 0 && len(s.rows) > 0 {
			s.turn(0)
		}
	case "another column":
		for i := range s.rows {
			s.rows[i].ProviderID = fmt.Sprint("row-", i)
		}
	case "references that were never sent", "attempts that were never made":
		w.invent(s)
	case "older attempts":
		s.rows = slices.DeleteFunc(s.rows, func(r payout.StatementRow) bool { return w.isPresent(r.Reference) })
		for i := range s.rows {
			if c.pick(2) > 0 {
				s.turn(i)
			}
		}
	}
}

// turn makes a line say the opposite.
func (s *sheet) turn(i int) {
	state := paid
	if s.rows[i].Finding == payout.FoundSucceeded {
		state = declined
	}
	s.rows[i].Finding, s.rows[i].Code = findingOf(s.provider, state)
}

// scale states an amount so many times as large.
func (s *sheet) scale(i int, times int64) {
	if a, err := money.New(s.rows[i].Amount.Minor()*times, money.KHR); err == nil {
		s.rows[i].Amount = a
	}
}

// invent writes lines about what the provider never had. A line that inserted something at a
// payout's key would block a reference that is still to come (decision 0010).
func (w *world) invent(s *sheet) {
	for _, c := range w.clients {
		attempt := payout.Attempt(1)
		if s.kind == "attempts that were never made" {
			attempt = 7
		}
		reference := string(c.id.ProviderReference(attempt))
		if c.provider == s.provider && w.platforms[s.provider].ledger[reference] == nil {
			s.add(reference, 1, int64(c.amount)*100, []ending{paid, declined}[w.choices.pick(2)])
		}
	}
}

// isPresent reports whether a reference names the present attempt of its payout.
func (w *world) isPresent(reference string) bool {
	id, attempt, _ := payout.ParseProviderReference(reference)
	p, there := w.table.Payouts[id]
	return !there || p.Attempt == attempt
}
