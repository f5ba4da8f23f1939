package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Source says where a history entry comes from.
type Source string

// The sources of history entries.
const (
	FromCreate    Source = "create"    // the merchant's request
	FromAnswer    Source = "answer"    // the provider's answer to the submission
	FromCallback  Source = "callback"  // a verified callback
	FromQuery     Source = "query"     // the provider's answer to our status query
	FromSweep     Source = "sweep"     // our own clock
	FromOperator  Source = "operator"  // a person at the review queue
	FromStatement Source = "statement" // a row of the provider's statement
	FromNotifier  Source = "notifier"  // what became of telling the merchant
)

// ReadSource is the source that a stored entry names. What telling the merchant was called
// before is read as what it is called now.
func ReadSource(stored string) Source {
	if stored == "herald" {
		return FromNotifier
	}
	return Source(stored)
}

// UnmarshalText implements encoding.TextUnmarshaler by [ReadSource].
func (s *Source) UnmarshalText(stored []byte) error {
	*s = ReadSource(string(stored))
	return nil
}

// Entry is one change of a payout. Its sequence is its place in the history,
// counted from 1.
type Entry struct {
	At           time.Time
	Source       Source
	Status       Status  // the status after the change
	Finding      Finding // what the provider claimed; empty for our own doings
	ProviderCode string
	Message      string
	By           Principal // who gave the order; empty for everything else
	// Proposer is the person of the register whose order waits for a second person with this
	// entry; empty for everything else, and where an older version wrote it. What one person
	// may propose is counted by it: the message holds what he wrote himself.
	Proposer Person
	// ClaimKey recognises a repetition of the same claim; see [Claim.Key].
	ClaimKey string
	// Evidence is the lower-case hexadecimal SHA-256 of the raw bytes.
	Evidence string
	// Raw is what the provider sent, byte for byte; empty where only its hash is kept (see
	// [BodyLimit]).
	Raw []byte
	// Confirmed: with this change the payout became safe to pay again.
	Confirmed bool
	// Raised and Cleared are the reasons for attention that came or went with the
	// change.
	Raised  []Reason
	Cleared []Reason
}

// returned reports whether the entry is the one by which the payout counts as returned. Its
// finding would not tell: it is what somebody said, of another amount perhaps, or unbelieved.
func (e Entry) returned() bool { return slices.Contains(e.Raised, Returned) }

// HashEvidence names raw bytes by their SHA-256 in lower-case hexadecimal.
func HashEvidence(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

// presentAttempt is what the history holds of the present attempt. Another one begins where a
// payout leaves "failed"; nothing else does.
func (p Payout) presentAttempt() []Entry {
	for n := len(p.History) - 1; n > 0; n-- {
		if p.History[n-1].Status == Failed && p.History[n].Status != Failed {
			return p.History[n:]
		}
	}
	return p.History
}
