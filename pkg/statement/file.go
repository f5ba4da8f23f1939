package statement

import (
	"crypto/sha256"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// File is a provider's list of what it did, read from a file.
type File struct {
	Provider payout.Provider
	// Hash is the lower-case hexadecimal SHA-256 of the file. A file is imported
	// once.
	Hash string
	// From and To are the UTC days (YYYY-MM-DD) that the statement covers, both
	// included. Payouts of ours that were created on them and are not in the file
	// are reported as missing.
	From, To string
	Rows     []payout.StatementRow
	By       payout.Principal
	// Identities are what the register of people may know the sender by.
	Identities []payout.Principal
	// Check compares, and changes nothing.
	Check bool

	sender payout.Sender // unless it is only a check
	named  string        // [File.name], made once
}

// Key names the statement: the same file for the same days, read in the same way. Another
// mapping may read the opposite out of the same bytes. The kept report and the first person's order
// are found by it, so that two people have confirmed the same reading of the same bytes.
func (f File) Key() string {
	digest := sha256.New()
	for _, row := range f.Rows {
		fmt.Fprintf(digest, "%q %q %q %s %d %q\n", row.Reference, row.ProviderID, row.Finding, row.Amount.Currency(), row.Amount.Minor(), row.Code)
		if row.Zero {
			fmt.Fprintln(digest, "zero")
		}
	}
	return fmt.Sprintf("%s/%s/%s/%s/%x", f.Provider, f.From, f.To, f.Hash, digest.Sum(nil)[:8])
}

// name is the statement in the words of a history. It is made of what is kept of its rows: who
// may read payouts could try out the rest of a short file from the beginning of its hash.
func (f File) name() string {
	digest := sha256.New()
	for _, row := range f.Rows {
		fmt.Fprintf(digest, "%d %q\n", row.Line, row.Raw)
	}
	return fmt.Sprintf("%x", digest.Sum(nil)[:4])
}
