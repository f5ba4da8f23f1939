package payout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cambodia-payouts/pkg/money"
)

// Statement is a provider's list of what it did, read from a file.
type Statement struct {
	Provider Provider
	// Hash is the lower-case hexadecimal SHA-256 of the file. A file is imported
	// once.
	Hash string
	// From and To are the UTC days (YYYY-MM-DD) that the statement covers, both
	// included. Payouts of ours that were created on them and are not in the file
	// are reported as missing.
	From, To string
	Rows     []StatementRow
	By       Principal
}

// StatementRow is one line of a statement.
type StatementRow struct {
	Line       int // of the file, from 1
	Reference  string
	ProviderID string
	Amount     money.Amount // zero when the line has none
	Finding    Finding      // FoundUnlisted for a word that the mapping does not know
	Code       string       // the provider's word for the status, verbatim
	Message    string
	Raw        []byte // the line as it stands in the file
}

// Archive keeps reports.
type Archive interface {
	// KeepReport stores a report under its statement's hash, if there is none.
	KeepReport(ctx context.Context, hash string, report []byte) error
	// FindReport returns the report of a statement, ErrNotFound if it was never
	// imported to the end.
	FindReport(ctx context.Context, hash string) ([]byte, error)
}

// LineKind says what came of comparing one line, or one payout, with the other
// side.
type LineKind string

// The kinds of lines. All but Matched are worth a look.
const (
	Matched       LineKind = "matched"        // both sides agree
	Closed        LineKind = "closed"         // the statement settled a payout of ours that was open
	Missing       LineKind = "missing"        // ours, of these days, and not in the statement
	Extra         LineKind = "extra"          // in the statement, and not ours
	AmountDiffers LineKind = "amount_differs" // same payout, other money
	StateConflict LineKind = "state_conflict" // we hold another end
	StillOpen     LineKind = "still_open"     // the statement does not settle it either
	NotImported   LineKind = "not_imported"   // the line could not be stored; import the file again
)

// ReportLine is one finding of an import.
type ReportLine struct {
	Kind        LineKind
	Line        int // of the file; zero for Missing
	PayoutID    ID
	Reference   Reference // the merchant's
	ProviderID  string
	Ours        Status // before the import
	Theirs      Finding
	OurAmount   money.Amount
	TheirWord   string
	TheirAmount money.Amount
	// Heard tells whether a callback or a question had brought an end before.
	Heard bool
}

// Report is what an import found.
type Report struct {
	Provider Provider
	Hash     string
	From, To string
	By       Principal
	At       time.Time
	Counts   map[LineKind]int
	// Unheard counts the matched payouts whose end no callback and no question had
	// told us: the third way to compare.
	Unheard int
	Lines   []ReportLine // all but the matched ones
}

// Importer is the story "import a statement": the provider's own books settle what
// nobody else could, and show what does not agree.
type Importer struct {
	store    Store
	receiver *Receiver
	now      func() time.Time
}

// NewImporter returns an importer.
func NewImporter(store Store, receiver *Receiver, now func() time.Time) *Importer {
	return &Importer{store: store, receiver: receiver, now: now}
}

// importers is how many lines are compared side by side.
const importers = 16

// Import compares a statement with the payouts and applies each line as a claim of
// the provider's. Repeating it, wholly or after it was cut off, changes nothing
// more: a claim that was heard before is recognised. An error means that nothing
// can be said about the file as a whole.
func (i *Importer) Import(ctx context.Context, s Statement) (Report, error) {
	report := Report{
		Provider: s.Provider, Hash: s.Hash, From: s.From, To: s.To, By: s.By, At: i.now(),
		Counts: map[LineKind]int{},
	}
	lines := i.compare(ctx, s)
	seen := map[ID]bool{}
	for _, line := range lines {
		seen[line.PayoutID] = true
	}
	missing, err := i.missing(ctx, s, seen)
	if err != nil {
		return Report{}, fmt.Errorf("list what is missing: %w", err)
	}
	for _, line := range append(lines, missing...) {
		report.add(line)
	}
	return report, nil
}

func (r *Report) add(line ReportLine) {
	r.Counts[line.Kind]++
	if line.Kind != Matched {
		r.Lines = append(r.Lines, line)
		return
	}
	if !line.Heard {
		r.Unheard++
	}
}

// Complete reports whether every line was stored, so that the file need not be
// imported again.
func (r Report) Complete() bool { return r.Counts[NotImported] == 0 }

func (i *Importer) compare(ctx context.Context, s Statement) []ReportLine {
	lines := make([]ReportLine, len(s.Rows))
	var wait sync.WaitGroup
	slots := make(chan struct{}, importers)
	for n, row := range s.Rows {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			lines[n] = i.one(ctx, s, row)
		})
	}
	wait.Wait()
	return lines
}

// one compares a line with the payout as it stood before, then applies it.
func (i *Importer) one(ctx context.Context, s Statement, row StatementRow) ReportLine {
	line := ReportLine{Line: row.Line, ProviderID: Printable(row.ProviderID), Theirs: row.Finding, TheirWord: Printable(row.Code), TheirAmount: row.Amount}
	id, _, ours := ParseProviderReference(row.Reference)
	var before *Payout
	if ours {
		p, err := i.store.Get(ctx, id)
		switch {
		case err == nil:
			before, line.PayoutID = &p, id
			line.Reference, line.Ours, line.OurAmount, line.Heard = p.Reference, p.Status, p.Amount, p.endHeard()
		case !errors.Is(err, ErrNotFound):
			line.Kind = NotImported
			return line
		}
	}
	if _, err := i.receiver.Receive(ctx, s.claim(row, i.now())); err != nil {
		line.Kind = NotImported
		return line
	}
	line.Kind = before.against(row, s.Provider)
	return line
}

// claim is a line as the provider's word. A failure that its books confirm is
// conclusive.
func (s Statement) claim(row StatementRow, at time.Time) Claim {
	c := Claim{
		Source: FromStatement, Provider: s.Provider, Reference: row.Reference, ProviderID: row.ProviderID,
		Finding: row.Finding, Code: row.Code, Message: row.Message,
		Conclusive: row.Finding == FoundFailed, Raw: row.Raw, At: at,
	}
	if row.Finding == FoundFailed {
		c.Failure = FailureDeclined
	}
	if row.Amount.IsZero() {
		c.Suspect = "the statement line states no readable amount"
	} else {
		c.Amounts = []money.Amount{row.Amount}
	}
	return c
}

// against says how a line compares with the payout that it names, nil if there is
// none.
func (p *Payout) against(row StatementRow, from Provider) LineKind {
	switch {
	case p == nil || p.Status == Orphan || p.Provider != from:
		return Extra
	case row.Amount != p.Amount:
		return AmountDiffers
	case row.Finding == FoundUnlisted, row.Finding == FoundProcessing && !p.Status.Final():
		return StillOpen
	case !p.Status.Final():
		return Closed
	}
	agreed := map[Finding]bool{
		FoundSucceeded: p.Status == Succeeded,
		FoundReturned:  p.Status == Succeeded && p.Return != nil,
		FoundFailed:    p.Status == Failed,
	}
	if agreed[row.Finding] {
		return Matched
	}
	return StateConflict
}

// endHeard reports whether the provider itself had told us the end of a payout.
func (p Payout) endHeard() bool {
	for _, e := range p.History {
		if e.Status.Final() && (e.Source == FromCallback || e.Source == FromQuery) {
			return true
		}
	}
	return false
}

// missing lists the provider's payouts of the days that the statement covers and
// does not mention. It moves none of them: a statement can be late.
func (i *Importer) missing(ctx context.Context, s Statement, seen map[ID]bool) ([]ReportLine, error) {
	var lines []ReportLine
	for _, day := range days(s.From, s.To) {
		q := PageQuery{Provider: s.Provider, Limit: 100}
		for {
			page, err := i.store.ListDay(ctx, day, q)
			if err != nil {
				return nil, err
			}
			for _, p := range page.Payouts {
				if !seen[p.ID] && p.expectedInStatement() {
					lines = append(lines, ReportLine{
						Kind: Missing, PayoutID: p.ID, Reference: p.Reference, ProviderID: p.ProviderID,
						Ours: p.Status, OurAmount: p.Amount, Heard: p.endHeard(),
					})
				}
			}
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
	}
	return lines, nil
}

// expectedInStatement leaves out what the provider never had.
func (p Payout) expectedInStatement() bool {
	return p.Status == Succeeded || p.Status == Processing || p.Status == Unknown
}

// MostStatementDays bounds what one statement may cover.
const MostStatementDays = 35

// days lists the days from one to another, both included; none unless both are
// given.
func days(from, to string) []string {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	if err1 != nil || err2 != nil {
		return nil
	}
	var all []string
	for day := first; !day.After(last) && len(all) < MostStatementDays; day = day.AddDate(0, 0, 1) {
		all = append(all, day.Format(time.DateOnly))
	}
	return all
}
