package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cambodia-payouts/pkg/money"
)

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

// Legible is the row with numbers and a code that are harmless, and no longer than ours.
func (r StatementRow) Legible() StatementRow {
	r.Reference, r.ProviderID, r.Code = named(r.Reference, numberLimit), named(r.ProviderID, numberLimit), named(r.Code, codeLimit)
	return r
}

// StatementProposal is who sent a statement first.
type StatementProposal struct {
	Person   Person
	Identity Principal // what the register knew the person by
	By       Principal
	At       time.Time
}

// Statements is the use case "a provider's statement": what its lines may do to payouts, and who
// has to vouch for that. A file is a weak word. One registered person's has the provider asked, and
// two people's may end what the provider itself does not answer. It overrules nothing that the
// provider said, and makes nothing safe to pay again.
type Statements struct {
	writer
	people People
	now    func() time.Time
}

// NewStatements returns what statements may do to the payouts of a store.
func NewStatements(receiver *Receiver, people People, now func() time.Time) *Statements {
	return &Statements{writer: receiver.writer, people: people, now: now}
}

// Sender is the registered person who sends a statement.
type Sender struct{ signatory }

// Person is the sender's name in the register.
func (s Sender) Person() Person { return s.person }

// Sender finds the registered person behind identities; *OrderRefused if there is none.
func (s *Statements) Sender(ctx context.Context, identities []Principal) (Sender, error) {
	by, err := who(ctx, s.people, identities)
	return Sender{by}, err
}

// First finds who sent a statement first, by its key. Other: somebody else did, so that the sender
// is the second of two. Stands: what was sent first still counts.
func (s *Statements) First(ctx context.Context, key string, by Sender) (first StatementProposal, other, stands bool, err error) {
	first, err = s.store.FindProposal(ctx, key)
	switch {
	case errors.Is(err, ErrNotFound):
		return StatementProposal{}, false, false, nil
	case err != nil:
		return StatementProposal{}, false, false, fmt.Errorf("find who sent the statement first: %w", err)
	case s.now().Sub(first.At) > proposalFor || !first.At.After(s.policy.LastRestore()):
		return first, false, false, nil
	}
	if other, stands, err = by.first(first.Person, first.Identity); err != nil {
		return StatementProposal{}, false, false, unregistered(err)
	}
	return first, other, stands, nil
}

// Propose keeps that somebody sent a statement first, at a time.
func (s *Statements) Propose(ctx context.Context, key string, by Sender, principal Principal, at time.Time) error {
	first := StatementProposal{Person: by.person, Identity: by.identity, By: principal.shown(), At: at}
	if err := s.store.KeepProposal(ctx, key, first, s.now().Add(2*proposalFor)); err != nil {
		return fmt.Errorf("keep who sent the statement first: %w", err)
	}
	return nil
}
