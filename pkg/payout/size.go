package payout

import "strings"

// What a stored payout takes besides the texts that are counted below, in bytes: names,
// numbers, times, and everything whose length is bounded, at its longest (failure, return,
// proposal, attention, notice, facts). The test of pkg/dynamo compares it with what is
// written.
const (
	fixedSize = 4350 + heardLimit + attemptsAhead*inquirySize
	entrySize = 150
	pairSize  = 4 // of the metadata
	// answeredSize is the most that an attempt's number takes in the map of them. Each attempt is
	// fenced with an entry, which keeps the room for it: the number may come when little is left.
	answeredSize = numberLimit + 2 + 1
	// inquirySize is the same of what is asked about an attempt; a few may be asked about that were
	// never made.
	inquirySize = 120
	// unwrittenSize is what the list of keys takes besides them.
	unwrittenSize = 12 + mostCounted
	// mostEntry is the most that an entry without a body takes.
	mostEntry = entrySize + messageLimit + principalLimit + codeLimit + answeredSize + inquirySize + 400
)

// Size is the most that the payout takes in a table, as DynamoDB counts it. Bodies are
// counted as they came; most of them are compressed.
func (p Payout) Size() int {
	total := fixedSize + len(p.Reference) + len(p.Description) + len(p.CreatedBy) + len(p.SimilarBy)
	for name, value := range p.Metadata {
		total += pairSize + len(name) + len(value)
	}
	d, b := p.Destination, p.Beneficiary
	for _, text := range []string{
		d.Wallet, d.AccountID, d.Bank, d.AccountNumber, d.Branch, d.City, d.Province,
		b.ID, b.FirstName, b.LastName, b.Email, b.Phone, b.IPAddress,
	} {
		total += max(len(text), len(Redacted)) // one day it may be redacted
	}
	for _, key := range p.Unwritten {
		total += len(key)
	}
	if len(p.Unwritten) > 0 {
		total += unwrittenSize
	}
	for _, id := range p.Similar {
		total += len(id) + similarEach
	}
	if len(p.Similar) > 0 {
		total += similarSize
	}
	for _, e := range p.History {
		total += e.size()
	}
	return total
}

func (e Entry) size() int {
	total := entrySize + len(e.ProviderCode) + len(e.Message) + len(e.By) + len(e.Proposer) + len(e.ClaimKey) + len(e.Evidence) + len(e.Raw)
	if e.Status == Submitting {
		total += answeredSize + inquirySize
	}
	for _, reasons := range [][]Reason{e.Raised, e.Cleared} {
		for _, reason := range reasons {
			total += 1 + len(reason)
		}
	}
	return total
}

// heardLimit is the most bytes that the facts of a payout take. A hundred usual facts fit.
const heardLimit = 1600

// saidMore stands for facts that found no room. Nobody knows what they were, so it speaks
// against the payout as the worst of them would.
const saidMore Fact = "0.more"

// bounded lists fresh facts as far as there is room for them.
func (h Heard) bounded(fresh []Fact) []Fact {
	total := len(saidMore)
	for _, facts := range [][]Fact{h, fresh} {
		for _, f := range facts {
			total += 1 + len(f)
		}
	}
	if total <= heardLimit {
		return fresh
	}
	for _, f := range h {
		if f == saidMore {
			return nil
		}
	}
	return []Fact{saidMore}
}

// said is the kind of a fact.
func (f Fact) said() word {
	_, said, _ := strings.Cut(string(f), ".")
	return word(said)
}
