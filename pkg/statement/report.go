package statement

import (
	"fmt"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Kind says what came of comparing one line, or one payout, with the other
// side.
type Kind string

// The kinds of lines. All but Matched are worth a look.
const (
	Matched   Kind = "matched"    // both sides agree
	Closed    Kind = "closed"     // two people ended, by the statement, what was open
	StillOpen Kind = "still_open" // ours is open, and stays so for now
	// UnknownWord is about a payout of ours that has ended, by a word that the mapping does not
	// know: nobody can say whether both sides agree.
	UnknownWord Kind = "unknown_word"
	// DoublePaid is another payment than the one that counts: of an attempt that a later one
	// replaced, or of the same reference under another number of the provider's.
	DoublePaid    Kind = "double_paid"
	RepeatedLine  Kind = "repeated_line"  // the same payment stands in the file before
	Conflict      Kind = "conflict"       // we hold another end, or another number of the provider's
	AmountDiffers Kind = "amount_differs" // same payout, other money
	// UnreadableAmount is about a payout of ours, with an amount that cannot be read. It ends and
	// raises nothing.
	UnreadableAmount Kind = "unreadable_amount"
	Missing          Kind = "missing"      // ours, of these days, and not in the statement
	Extra            Kind = "extra"        // in the statement, and not ours
	NotImported      Kind = "not_imported" // the line could not be read or stored; send the file again
)

// Line is one finding of an import.
type Line struct {
	Kind       Kind
	Line       int // of the file; zero for Missing
	PayoutID   payout.ID
	Reference  payout.Reference // the merchant's
	ProviderID string
	// OurProviderID is the provider's number that we hold, where the line names another one.
	OurProviderID string
	Ours          payout.Status // before the import
	Theirs        payout.Finding
	OurAmount     money.Amount
	TheirWord     string
	TheirAmount   money.Amount
	TheirZero     bool // they state zero
	// Heard tells whether a verified callback that was believed had brought the end, or the return.
	Heard bool
	// Outdated: the payout was sent since the first person sent the file, so that the line ends
	// nothing until that person sends it anew.
	Outdated bool

	row     payout.StatementRow
	attempt payout.Attempt // that the line is about
	payout  *payout.Payout
	pending bool // the provider has to be asked first
	// unsettled: of a missing payout, the provider itself has not told its end.
	unsettled bool
	// ambiguous: the file says something else of the same reference.
	ambiguous bool
	// second: the file shows another payment of the same reference, which counts.
	second bool
	// cause is why it could not be imported.
	cause error
}

// Report is what an import found.
type Report struct {
	Provider payout.Provider
	Hash     string
	Name     string // what histories call the statement
	From, To string
	By       payout.Principal
	// ProposedBy is who sent the file first; empty while By is the first.
	ProposedBy payout.Principal
	// Persons are the two people by whom it was applied, the first one first.
	Persons []payout.Person
	At      time.Time
	// Awaiting: nothing has been applied yet, or not all of it. Another registered person
	// has to send the same file, or the same one once more.
	Awaiting bool
	// Pending counts the lines whose payout the provider has not been asked about since
	// the file came first.
	Pending int
	// Outdated counts the lines whose payout was sent, or sent again, after the file came first:
	// it cannot say what became of that. Its first sender has to send it anew.
	Outdated int
	Counts   map[Kind]int
	// Unheard counts the matched payouts whose end no callback had brought: the third way to
	// compare. Many of them mean that callbacks do not arrive.
	Unheard int
	Lines   []Line // all but the matched ones
}

// add counts a line, and keeps it unless both sides agree: a report is read by people.
func (r *Report) add(line Line) {
	r.Counts[line.Kind]++
	if line.Kind != Matched {
		r.Lines = append(r.Lines, line)
		return
	}
	if !line.Heard {
		r.Unheard++
	}
}

// Complete reports whether every line was read and stored, so that the file need not be
// imported again.
func (r Report) Complete() bool { return r.Counts[NotImported] == 0 }

// Trouble is why lines were not imported, nil if all were. Of several causes it is one that a
// person has to look into; see [payout.Unstored].
func (r Report) Trouble() error {
	if r.Complete() {
		return nil
	}
	cause := payout.ErrUnclear
	for _, line := range r.Lines {
		if line.Kind != NotImported {
			continue
		}
		if line.cause == nil {
			line.cause = payout.ErrUnclear
		}
		if cause = line.cause; payout.Unstored(cause) {
			break
		}
	}
	return fmt.Errorf("some lines could not be read or stored: %w", cause)
}
