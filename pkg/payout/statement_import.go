package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Importer is the use case "import a statement": a file shows what does not agree, and two
// people may end by it what the provider itself does not answer. A file is a weak word.
// It overrules nothing that the provider said, and makes nothing safe to pay again.
type Importer struct {
	store    Store
	receiver *Receiver
	people   People
	now      func() time.Time
	workers  int
}

// importers is how many lines are compared side by side.
const importers = 16

// NewImporter returns an importer.
func NewImporter(store Store, receiver *Receiver, people People, now func() time.Time) *Importer {
	return &Importer{store: store, receiver: receiver, people: people, now: now, workers: importers}
}

// InTurn has the importer take one line after the other.
func (i *Importer) InTurn() *Importer {
	i.workers = 1
	return i
}

// Import compares a statement with the payouts. The first registered person's import has
// the provider asked about each difference; the same file from a second one within a day
// applies it. Repeating it changes nothing more. An error means that nothing can be said
// about the file as a whole: *Implausible, *OrderRefused, or trouble with the store.
func (i *Importer) Import(ctx context.Context, s Statement) (Report, error) {
	report := Report{
		Provider: s.Provider, Hash: s.Hash, Name: s.name(), From: s.From, To: s.To, By: s.By, At: i.now(),
		Counts: map[LineKind]int{},
	}
	if !s.Check {
		var err error
		if s.sender, err = who(ctx, i.people, s.Identities); err != nil {
			return Report{}, err // before thousands of payouts are read
		}
	}
	s.By, s.named = s.By.shown(), report.Name
	lines := i.side(len(s.Rows), func(n int) ReportLine { return i.compare(ctx, s, s.Rows[n]) })
	if err := plausible(lines); err != nil {
		return Report{}, err
	}
	repeatedLines(lines)
	missing, err := i.missing(ctx, s, lines)
	if err != nil {
		return Report{}, fmt.Errorf("list what is missing: %w", err)
	}
	lines = append(lines, missing...)
	if !s.Check {
		if lines, err = i.give(ctx, s, &report, lines); err != nil {
			return Report{}, err
		}
	}
	for _, line := range lines {
		report.add(line)
	}
	return report, nil
}

// side does something for each of so many lines, several side by side.
func (i *Importer) side(n int, do func(int) ReportLine) []ReportLine {
	lines := make([]ReportLine, n)
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
func (i *Importer) give(ctx context.Context, s Statement, report *Report, lines []ReportLine) ([]ReportLine, error) {
	now := i.now()
	first, err := i.store.FindProposal(ctx, s.Key())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("find who sent the statement first: %w", err)
	}
	other, stands, unread := false, false, error(nil)
	if err == nil && now.Sub(first.At) <= proposalFor && first.At.After(i.receiver.policy.LastRestore()) {
		other, stands, unread = s.sender.first(first.Person, first.Identity)
	}
	switch {
	case unread != nil:
		return nil, unregistered(unread)
	case other:
		return i.applyAll(ctx, s, first, report, lines), nil
	}
	// The same person may send it again, since the first time may have been cut off.
	report.Awaiting = true
	asked := i.side(len(lines), func(n int) ReportLine { return i.scheduleQuery(ctx, s, lines[n]) })
	if stands && !overtaken(lines, first) || !whole(asked) {
		return asked, nil
	}
	first = StatementProposal{Person: s.sender.person, Identity: s.sender.identity, By: s.By, At: report.At}
	if err := i.store.KeepProposal(ctx, s.Key(), first, now.Add(2*proposalFor)); err != nil {
		return nil, fmt.Errorf("keep who sent the statement first: %w", err)
	}
	return asked, nil
}

// overtaken reports whether a payout of a line was sent after the first person sent the file, so
// that two people's file ends nothing there. If that person vouches for the file anew, it counts
// from now on.
func overtaken(lines []ReportLine, first StatementProposal) bool {
	return slices.ContainsFunc(lines, func(l ReportLine) bool {
		return l.differs() && l.payout != nil && l.payout.sentAfter(first.At)
	})
}

// sentAfter reports whether the last submission may have reached the provider after a time: whoever
// has the right to submit may do so until the lease is over.
func (p Payout) sentAfter(at time.Time) bool { return !at.After(p.SubmittedAt.Add(leaseFor)) }

func whole(lines []ReportLine) bool {
	return !slices.ContainsFunc(lines, func(l ReportLine) bool { return l.Kind == NotImported })
}

func (i *Importer) applyAll(ctx context.Context, s Statement, first StatementProposal, report *Report, lines []ReportLine) []ReportLine {
	report.ProposedBy, report.Persons = first.By, []Person{first.Person, s.sender.person}
	applied := i.side(len(lines), func(n int) ReportLine { return i.apply(ctx, s, first, lines[n]) })
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

// compare says how a line of the file stands to the payout that it names.
func (i *Importer) compare(ctx context.Context, s Statement, row StatementRow) ReportLine {
	row.Reference, row.ProviderID = named(row.Reference, numberLimit), named(row.ProviderID, numberLimit)
	row.Code = named(row.Code, codeLimit)
	line := ReportLine{
		Line: row.Line, ProviderID: row.ProviderID, Theirs: row.Finding,
		TheirWord: row.Code, TheirAmount: row.Amount, TheirZero: row.Zero, row: row, Kind: Extra,
	}
	id, attempt, ours := ParseProviderReference(row.Reference)
	if !ours {
		return line
	}
	p, err := i.store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return line
	case err != nil:
		return line.failed(err)
	case p.Status == Orphan || p.Provider != s.Provider:
		return line
	}
	line.take(p)
	line.attempt, line.Kind = attempt, p.against(row, attempt)
	if attempt == p.Attempt && !sameNumber(p.ProviderID, row.ProviderID) {
		line.OurProviderID = p.Mask().Number(p.ProviderID)
	}
	return line
}

// take fills in our side.
func (l *ReportLine) take(p Payout) {
	l.payout, l.PayoutID, l.Reference = &p, p.ID, p.Reference
	l.Ours, l.OurAmount, l.Heard = p.Status, p.Amount, p.callbackHeard()
}

// differs reports whether the provider has to be asked about a line.
func (l ReportLine) differs() bool {
	switch l.Kind {
	case Conflict, AmountDiffers, UnreadableAmount, DoublePaid, StillOpen, UnknownWord:
		return l.payout != nil
	case Missing:
		return l.unsettled
	}
	return false
}

// scheduleQuery has the provider asked at once about a line that differs. A file that says
// otherwise than a certain failure takes the certainty away until the answer.
func (i *Importer) scheduleQuery(ctx context.Context, s Statement, line ReportLine) ReportLine {
	if !line.differs() {
		return line
	}
	p, err := i.reread(ctx, line)
	if err != nil {
		return line.failed(err)
	}
	for range rounds {
		now := i.now()
		change := Change{At: now, Heard: p.doubtedBy(line.row)}
		p.askOnce(&change)
		if len(change.Heard) > 0 {
			change = *p.withEntry(change, s.entry(line, p.Status, now))
		}
		if change.QueryAt == nil && len(change.Heard) == 0 {
			return line
		}
		if _, err = i.store.Apply(ctx, p.step(change)); err == nil {
			return line
		}
		current, err := refusal(err)
		if err != nil || current == nil {
			return line.failed(err)
		}
		p = *current
	}
	return line.failed(errBusy)
}

// askOnce has the provider asked once more, at once. Unlike [Payout.reopen] it gives no
// status query back that was used up: whoever sends a file again and again must not keep a
// person from being called. Only a new doubt begins anew, of which there are few.
func (p Payout) askOnce(change *Change) {
	p.reopen(change)
	if change.Polls != nil && len(change.Heard) == 0 {
		*change.Polls = min(p.Polls, confirmations-1)
	}
}

// reread finds the payout of a line again. What is missing in the file may be many payouts,
// which are not held meanwhile.
func (i *Importer) reread(ctx context.Context, line ReportLine) (Payout, error) {
	if line.payout != nil {
		return *line.payout, nil
	}
	return i.store.Get(ctx, line.PayoutID)
}

// doubtedBy are the facts that a line adds by one person's word.
func (p Payout) doubtedBy(row StatementRow) []Fact {
	_, about, ours := ParseProviderReference(row.Reference)
	switch {
	case !ours, about > p.Attempt+attemptsAhead: // a slip: nobody was ever that far
		return nil
	case p.Heard.wavered(about) >= mostRepeated: // the provider has answered every time
		return nil
	}
	return p.takenAway(about, wasFiled, row.Finding == FoundFailed)
}

func (s Statement) entry(line ReportLine, status Status, at time.Time) *Entry {
	return &Entry{
		At: at, Source: FromStatement, Status: status, By: s.By, Raw: line.row.Raw, Evidence: HashEvidence(line.row.Raw),
		Message: fmt.Sprintf("line %d of statement %s, sent by %s, says %s; the provider is asked", line.Line, s.named, s.sender.person, line.row.said()),
	}
}

// apply carries out a line that two people vouch for.
func (i *Importer) apply(ctx context.Context, s Statement, first StatementProposal, line ReportLine) ReportLine {
	if !line.differs() || line.Kind == Missing {
		return line
	}
	c, p := s.claim(line.row, first, i.now()), *line.payout
	for range rounds {
		d, some := line.worth(c, p, first)
		if !some {
			return line
		}
		verdict, next, err := i.receiver.write(ctx, p, d)
		switch {
		case err != nil || verdict == "" && next == nil:
			return line.failed(err)
		case verdict != "":
			if d.Change != nil && d.Change.Status.Final() {
				line.Kind = Closed
			}
			return line
		}
		p = *next
	}
	return line.failed(errBusy)
}

// failed is the line as one that was not imported, and why; nil: nobody knows.
func (l ReportLine) failed(cause error) ReportLine {
	l.Kind, l.cause = NotImported, cause
	return l
}
