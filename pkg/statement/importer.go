package statement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cambodia-payouts/pkg/payout"
)

// Payouts is what the import reads of the table; payout.Store has it.
type Payouts interface {
	// Get reads a payout; payout.ErrNotFound if there is none.
	Get(ctx context.Context, id payout.ID) (payout.Payout, error)
	// ListDay lists the payouts that were created on a UTC day.
	ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error)
}

// Importer is the use case "import a statement": a file shows what does not agree with our
// payouts, and what may be done by it is the domain's to say; see [payout.Statements].
type Importer struct {
	payouts Payouts
	files   *payout.Statements
	now     func() time.Time
	workers int
}

// importers is how many lines are compared side by side. Each line is one consistent read, and
// 5,000 rows have to end within one invocation.
const importers = 16

// NewImporter returns an importer.
func NewImporter(payouts Payouts, files *payout.Statements, now func() time.Time) *Importer {
	return &Importer{payouts: payouts, files: files, now: now, workers: importers}
}

// InTurn has the importer take one line after the other. The simulation needs it: what is done side
// by side cannot be told again in the same order.
func (i *Importer) InTurn() *Importer {
	i.workers = 1
	return i
}

// Import compares a statement with the payouts. The first registered person's import has
// the provider asked about each difference; the same file from a second one within a day
// applies it. Repeating it changes nothing more. An error means that nothing can be said
// about the file as a whole: *Implausible, *payout.OrderRefused, or trouble with the store.
func (i *Importer) Import(ctx context.Context, f File) (Report, error) {
	report := Report{
		Provider: f.Provider, Hash: f.Hash, Name: f.name(), From: f.From, To: f.To, By: f.By, At: i.now(),
		Counts: map[Kind]int{},
	}
	if !f.Check {
		var err error
		if f.sender, err = i.files.Sender(ctx, f.Identities); err != nil {
			return Report{}, err // before thousands of payouts are read
		}
	}
	f.named = report.Name
	lines := i.side(len(f.Rows), func(n int) Line { return i.compare(ctx, f, f.Rows[n]) })
	// Before anything is written or asked: a file in another unit would put hundreds of payouts
	// before people.
	if err := plausible(lines); err != nil {
		return Report{}, err
	}
	repeatedLines(lines)
	missing, err := i.missing(ctx, f, lines)
	if err != nil {
		return Report{}, fmt.Errorf("list what is missing: %w", err)
	}
	lines = append(lines, missing...)
	if !f.Check {
		if lines, err = i.give(ctx, f, &report, lines); err != nil {
			return Report{}, err
		}
	}
	for _, line := range lines {
		report.add(line)
	}
	return report, nil
}

// side does something for each of so many lines, several side by side.
func (i *Importer) side(n int, do func(int) Line) []Line {
	lines := make([]Line, n)
	if i.workers == 1 {
		for at := range n {
			lines[at] = do(at)
		}
		return lines
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, i.workers)
	for at := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			lines[at] = do(at)
		})
	}
	wait.Wait()
	return lines
}

// give carries a statement out as far as the people who sent it may.
func (i *Importer) give(ctx context.Context, f File, report *Report, lines []Line) ([]Line, error) {
	first, other, stands, err := i.files.First(ctx, f.Key(), f.sender)
	switch {
	case err != nil:
		return nil, err
	case other:
		return i.applyAll(ctx, f, first, report, lines), nil
	}
	// The same person may send it again, since the first time may have been cut off.
	report.Awaiting = true
	asked := i.side(len(lines), func(n int) Line { return i.doubt(ctx, f, lines[n]) })
	if stands && !overtaken(lines, first) || !whole(asked) {
		return asked, nil
	}
	return asked, i.files.Propose(ctx, f.Key(), f.sender, f.By, report.At)
}

// overtaken reports whether a payout of a line was sent after the first person sent the file, so
// that two people's file ends nothing there. If that person vouches for the file anew, it counts
// from now on.
func overtaken(lines []Line, first payout.StatementProposal) bool {
	return slices.ContainsFunc(lines, func(l Line) bool {
		return l.differs() && l.payout != nil && l.payout.SentAfter(first.At)
	})
}

// whole reports whether every line could be compared and asked about. The first person's order
// counts only from then on.
func whole(lines []Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool { return l.Kind == NotImported })
}

// applyAll settles each line by the word of two people. What is pending or outdated keeps the
// report open, so that it is not archived and the file can be sent again.
func (i *Importer) applyAll(ctx context.Context, f File, first payout.StatementProposal, report *Report, lines []Line) []Line {
	report.ProposedBy, report.Persons = first.By, []payout.Person{first.Person, f.sender.Person()}
	applied := i.side(len(lines), func(n int) Line { return i.settle(ctx, f, first, lines[n]) })
	for _, line := range applied {
		if line.pending {
			report.Pending++
		}
		if line.Outdated {
			report.Outdated++
		}
	}
	report.Awaiting = report.Pending+report.Outdated > 0
	return applied
}

// compare says how a line of the file stands to the payout that it names. The reference leads to
// the payout by itself (decision 0001), so that a line costs one read and no search.
func (i *Importer) compare(ctx context.Context, f File, row payout.StatementRow) Line {
	row = row.Legible()
	line := Line{
		Line: row.Line, ProviderID: row.ProviderID, Theirs: row.Finding,
		TheirWord: row.Code, TheirAmount: row.Amount, TheirZero: row.Zero, row: row, Kind: Extra,
	}
	id, attempt, ours := payout.ParseProviderReference(row.Reference)
	if !ours {
		return line
	}
	p, err := i.payouts.Get(ctx, id)
	switch {
	case errors.Is(err, payout.ErrNotFound):
		return line
	case err != nil:
		return line.failed(err)
	// An item that is not this provider's payout is no payout of ours to compare with.
	case p.Status == payout.Orphan || p.Provider != f.Provider:
		return line
	}
	line.take(p)
	line.attempt, line.Kind = attempt, against(p, row, attempt)
	if attempt == p.Attempt && !payout.SameNumber(p.ProviderID, row.ProviderID) {
		line.OurProviderID = p.Mask().Number(p.ProviderID)
	}
	return line
}

// take fills in our side.
func (l *Line) take(p payout.Payout) {
	l.payout, l.PayoutID, l.Reference = &p, p.ID, p.Reference
	l.Ours, l.OurAmount, l.Heard = p.Status, p.Amount, p.CallbackHeard()
}

// differs reports whether the provider has to be asked about a line.
func (l Line) differs() bool {
	switch l.Kind {
	case Conflict, AmountDiffers, UnreadableAmount, DoublePaid, StillOpen, UnknownWord:
		return l.payout != nil
	case Missing:
		return l.unsettled
	}
	return false
}

// doubt has the provider asked at once about a line that differs.
func (i *Importer) doubt(ctx context.Context, f File, line Line) Line {
	if !line.differs() {
		return line
	}
	p, err := i.reread(ctx, line)
	if err == nil {
		err = i.files.Doubt(ctx, p, f.filed(line))
	}
	if err != nil {
		return line.failed(err)
	}
	return line
}

// reread finds the payout of a line again. What is missing in the file may be many payouts,
// which are not held meanwhile.
func (i *Importer) reread(ctx context.Context, line Line) (payout.Payout, error) {
	if line.payout != nil {
		return *line.payout, nil
	}
	return i.payouts.Get(ctx, line.PayoutID)
}

// settle applies a line that two people vouch for. What is missing in a file is never ended by it:
// that a file does not list a payout proves nothing (decision 0010).
func (i *Importer) settle(ctx context.Context, f File, first payout.StatementProposal, line Line) Line {
	if !line.differs() || line.Kind == Missing {
		return line
	}
	word := f.filed(line)
	word.First = first
	settled, err := i.files.Settle(ctx, *line.payout, word)
	if err != nil {
		return line.failed(err)
	}
	line.pending, line.Outdated = settled.Pending, settled.Outdated
	if settled.Ended {
		line.Kind = Closed
	}
	return line
}

// filed is a line as a word about its payout, by whoever sends the file.
func (f File) filed(line Line) payout.Filed {
	return payout.Filed{
		Row: line.row, Statement: f.named, By: f.By, Person: f.sender.Person(),
		Second: line.second, Ambiguous: line.ambiguous,
	}
}

// failed is the line as one that was not imported, and why.
func (l Line) failed(cause error) Line {
	l.Kind, l.cause = NotImported, cause
	return l
}
