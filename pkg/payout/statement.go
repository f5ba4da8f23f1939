package payout

import (
	"crypto/sha256"
	"fmt"
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
	// Identities are what the register of people may know the sender by.
	Identities []Principal
	// Check compares, and changes nothing.
	Check bool

	sender signatory // unless it is only a check
	named  string    // [Statement.name], made once
}

// Key names the statement: the same file for the same days, read in the same way. Another
// mapping may read the opposite out of the same bytes.
func (s Statement) Key() string {
	digest := sha256.New()
	for _, row := range s.Rows {
		fmt.Fprintf(digest, "%q %q %q %s %d %q\n", row.Reference, row.ProviderID, row.Finding, row.Amount.Currency(), row.Amount.Minor(), row.Code)
		if row.Zero {
			fmt.Fprintln(digest, "zero")
		}
	}
	return fmt.Sprintf("%s/%s/%s/%s/%x", s.Provider, s.From, s.To, s.Hash, digest.Sum(nil)[:8])
}

// name is the statement in the words of a history. It is made of what is kept of its rows: who
// may read payouts could try out the rest of a short file from the beginning of its hash.
func (s Statement) name() string {
	digest := sha256.New()
	for _, row := range s.Rows {
		fmt.Fprintf(digest, "%d %q\n", row.Line, row.Raw)
	}
	return fmt.Sprintf("%x", digest.Sum(nil)[:4])
}

// StatementProposal is who sent a statement first.
type StatementProposal struct {
	Person   Person
	Identity Principal // what the register knew the person by
	By       Principal
	At       time.Time
}

// StatementRow is one line of a statement.
type StatementRow struct {
	Line       int // of the file, from 1
	Reference  string
	ProviderID string
	Amount     money.Amount // zero when the line has none
	Zero       bool         // the line has one, and it is 0: that can be read, and is no [money.Amount]
	Finding    Finding      // FoundUnlisted for a word that the mapping does not know
	Code       string       // the provider's word for the status, verbatim
	Message    string
	// Raw is what is kept of the line, and what its evidence is the hash of: nothing of it may
	// be personal, since who may read the hash could try it out.
	Raw []byte
}

// said is what a line says, for the history: whoever is on call cannot read its text.
func (r StatementRow) said() string {
	if r.Finding == FoundUnlisted {
		return "a word that the mapping does not know"
	}
	return string(r.Finding)
}

// LineKind says what came of comparing one line, or one payout, with the other
// side.
type LineKind string

// The kinds of lines. All but Matched are worth a look.
const (
	Matched   LineKind = "matched"    // both sides agree
	Closed    LineKind = "closed"     // two people ended, by the statement, what was open
	StillOpen LineKind = "still_open" // ours is open, and stays so for now
	// UnknownWord is about a payout of ours that has ended, by a word that the mapping does not
	// know: nobody can say whether both sides agree.
	UnknownWord LineKind = "unknown_word"
	// DoublePaid is another payment than the one that counts: of an attempt that a later one
	// replaced, or of the same reference under another number of the provider's.
	DoublePaid    LineKind = "double_paid"
	RepeatedLine  LineKind = "repeated_line"  // the same payment stands in the file before
	Conflict      LineKind = "conflict"       // we hold another end, or another number of the provider's
	AmountDiffers LineKind = "amount_differs" // same payout, other money
	// UnreadableAmount is about a payout of ours, with an amount that cannot be read. It ends and
	// raises nothing.
	UnreadableAmount LineKind = "unreadable_amount"
	Missing          LineKind = "missing"      // ours, of these days, and not in the statement
	Extra            LineKind = "extra"        // in the statement, and not ours
	NotImported      LineKind = "not_imported" // the line could not be read or stored; send the file again
)

// ReportLine is one finding of an import.
type ReportLine struct {
	Kind       LineKind
	Line       int // of the file; zero for Missing
	PayoutID   ID
	Reference  Reference // the merchant's
	ProviderID string
	// OurProviderID is the provider's number that we hold, where the line names another one.
	OurProviderID string
	Ours          Status // before the import
	Theirs        Finding
	OurAmount     money.Amount
	TheirWord     string
	TheirAmount   money.Amount
	TheirZero     bool // they state zero
	// Heard tells whether a verified callback that was believed had brought the end, or the return.
	Heard bool
	// Outdated: the payout was sent since the first person sent the file, so that the line ends
	// nothing until that person sends it anew.
	Outdated bool

	row     StatementRow
	attempt Attempt // that the line is about
	payout  *Payout
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
