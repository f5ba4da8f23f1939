package payout

import (
	"time"

	"cambodia-payouts/pkg/money"
)

// Orphaned is a verified claim that matches no payout of ours: somebody paid by
// hand in the provider's dashboard, or the table was restored to a time before
// the payout.
type Orphaned struct {
	// Key recognises a repetition; see [Claim.Key].
	Key        string
	ID         ID // set when the reference has our own format
	Provider   Provider
	Reference  string // as the provider wrote it, legible and bounded
	ProviderID string
	Finding    Finding
	Amount     money.Amount // zero when the claim states none
	Code       string
	Message    string
	ReceivedAt time.Time
	Evidence   string
	Raw        []byte
	// RedactAt is when message and body have to go, RedactedAt when they went; zero: never,
	// not yet.
	RedactAt, RedactedAt time.Time
}

// orphaned keeps a claim, cleaned before, whose reference cannot be ours.
func (c Claim) orphaned() Orphaned {
	if c.Ambiguous != "" { // one of a kind and day: who can make one can make any number
		c.keptKey = Claim{Source: c.Source, Provider: c.Provider, Suspect: c.Ambiguous, Code: c.At.UTC().Format(time.DateOnly)}.impersonalKey()
		c.Reference = ""
	}
	c = c.withoutWords().disbelieved()
	return Orphaned{
		Key:        impersonal(c.Key()),
		Provider:   c.Provider,
		Reference:  c.Reference,
		ProviderID: c.ProviderID,
		Finding:    c.Finding,
		Amount:     c.amount(),
		Code:       c.Code,
		Message:    c.Message,
		ReceivedAt: c.At,
		Evidence:   HashEvidence(c.Raw),
		Raw:        c.body(),
	}
}

// orphanPayout keeps a claim at the key that the payout would have, so that a
// later create of its reference finds the key taken and cannot send again.
func (c Claim) orphanPayout(id ID, attempt Attempt) Payout {
	c = c.withoutWords()
	return Payout{
		ID: id, Provider: c.Provider, Attempt: attempt,
		Status: Orphan, StatusAt: c.At, ProviderID: c.ProviderID,
		Amount: c.amount(), History: []Entry{*c.entry(Orphan)},
		CreatedAt: c.At, UpdatedAt: c.At, CompletedAt: c.At, Version: 1,
	}
}

// OrphanedOf shows a payout of status Orphan as the claim it holds.
func OrphanedOf(p Payout) Orphaned {
	o := Orphaned{
		ID: p.ID, Provider: p.Provider, Reference: string(p.ProviderReference()),
		ProviderID: p.ProviderID, Amount: p.Amount, ReceivedAt: p.CreatedAt, RedactedAt: p.RedactedAt,
	}
	if len(p.History) > 0 {
		first := p.History[0]
		o.Finding, o.Key = first.Finding, first.ClaimKey
		o.Code, o.Message = first.ProviderCode, first.Message
		o.Evidence, o.Raw = first.Evidence, first.Raw
	}
	return o
}

func (c Claim) amount() money.Amount {
	if len(c.Amounts) == 0 {
		return money.Amount{}
	}
	return c.Amounts[0]
}
