package localstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// schemaVersion is written into every document. The file belongs to one machine,
// so a newer document than this program knows is refused rather than guessed at.
// Version 5 keeps the provider's numbers by attempt (answered): documents are written
// whole, and a program that does not know them would drop them. The table's version did not rise
// for that: there, a step names single attributes, and what it does not know stays.
const schemaVersion = 5

// amount is a sum in minor units; nil in a document when none is stated. Minor units keep the
// number whole in JSON: no reader turns it into a fraction.
type amount struct {
	Minor    int64          `json:"minor"`
	Currency money.Currency `json:"currency"`
}

// The documents below have the fields of the domain's types in the same order, so
// that Go converts one into the other, and stops compiling when one has a field
// more. A zero value is left out, so that a document of an earlier release and one with an empty
// field read the same.
type (
	// The number in full, until the redaction: it is what the provider is sent. The file is its
	// owner's alone; see fileMode.
	destination struct {
		Type          payout.DestinationType `json:"type,omitzero"`
		Wallet        string                 `json:"wallet,omitzero"`
		AccountID     string                 `json:"account_id,omitzero"`
		Bank          string                 `json:"bank,omitzero"`
		AccountNumber string                 `json:"account_number,omitzero"`
		Branch        string                 `json:"branch,omitzero"`
		City          string                 `json:"city,omitzero"`
		Province      string                 `json:"province,omitzero"`
	}
	beneficiary struct {
		ID        string `json:"id,omitzero"`
		FirstName string `json:"first_name,omitzero"`
		LastName  string `json:"last_name,omitzero"`
		Email     string `json:"email,omitzero"`
		Phone     string `json:"phone,omitzero"`
		IPAddress string `json:"ip_address,omitzero"`
	}
	failure struct {
		Code         payout.FailureCode `json:"code,omitzero"`
		ProviderCode string             `json:"provider_code,omitzero"`
		Message      string             `json:"message,omitzero"`
	}
	// It has a time of its own, since money may come back long after the end.
	returned struct {
		At           time.Time `json:"at"`
		ProviderCode string    `json:"provider_code,omitzero"`
		Message      string    `json:"message,omitzero"`
	}
	// A body is kept as it came, in base64 as JSON has it. It is not packed, as it is in the
	// table: a local file costs nothing.
	entry struct {
		At           time.Time        `json:"at"`
		Source       payout.Source    `json:"source,omitzero"`
		Status       payout.Status    `json:"status,omitzero"`
		Finding      payout.Finding   `json:"finding,omitzero"`
		ProviderCode string           `json:"provider_code,omitzero"`
		Message      string           `json:"message,omitzero"`
		By           payout.Principal `json:"by,omitzero"`
		Proposer     payout.Person    `json:"person,omitzero"`
		ClaimKey     string           `json:"claim,omitzero"`
		Evidence     string           `json:"evidence,omitzero"`
		Raw          []byte           `json:"raw,omitempty"`
		Confirmed    bool             `json:"confirmed,omitzero"`
		Raised       []payout.Reason  `json:"raised,omitempty"`
		Cleared      []payout.Reason  `json:"cleared,omitempty"`
	}
	// An order that waits for its second person, and the state that both have to confirm.
	proposal struct {
		Action   payout.Action     `json:"action,omitzero"`
		As       payout.Resolution `json:"as,omitzero"`
		By       payout.Principal  `json:"by,omitzero"`
		Person   payout.Person     `json:"person,omitzero"`
		Identity payout.Principal  `json:"identity,omitzero"`
		At       time.Time         `json:"at,omitzero"`
		Evidence string            `json:"evidence,omitzero"`
		Attempt  payout.Attempt    `json:"attempt,omitzero"`
		Entries  int               `json:"entries,omitzero"`
	}
	// Marked is a count of takings and no time; see [payout.Inquiry].
	inquiry struct {
		Open     bool          `json:"open,omitzero"`
		Marked   int64         `json:"marked,omitzero"`
		OpenedAt time.Time     `json:"opened_at,omitzero"`
		Tries    int           `json:"tries,omitzero"`
		AskedAt  time.Time     `json:"asked_at,omitzero"`
		Due      time.Time     `json:"due,omitzero"`
		Called   payout.Reason `json:"called,omitzero"`
		Confirms bool          `json:"confirms,omitzero"`
	}
	lease struct {
		Token string    `json:"token,omitzero"`
		Until time.Time `json:"until,omitzero"`
	}
	// It holds a lease of another type than the domain's, so it is copied by hand in documentOf
	// and payout.
	notice struct {
		At       time.Time `json:"at,omitzero"`
		Fed      int       `json:"fed,omitzero"`
		Tried    int       `json:"tried,omitzero"`
		Owed     []int     `json:"owed,omitempty"`
		Fresh    bool      `json:"fresh,omitzero"`
		Failures int       `json:"failures,omitzero"`
		Lease    lease     `json:"lease,omitzero"`
		Unclear  time.Time `json:"unclear,omitzero"`
	}
)

// document is one stored payout. The amount and the notice have other types than in the domain,
// so it cannot be converted as a whole; a field that is forgotten in one of the two directions is
// found by the suite.
type document struct {
	Schema         int                         `json:"schema"`
	ID             payout.ID                   `json:"id"`
	Reference      payout.Reference            `json:"reference,omitzero"`
	Provider       payout.Provider             `json:"provider"`
	Attempt        payout.Attempt              `json:"attempt"`
	Status         payout.Status               `json:"status"`
	ProviderID     string                      `json:"provider_id,omitzero"`
	Amount         *amount                     `json:"amount,omitzero"`
	Destination    destination                 `json:"destination,omitzero"`
	Beneficiary    beneficiary                 `json:"beneficiary,omitzero"`
	Description    string                      `json:"description,omitzero"`
	Metadata       map[string]string           `json:"metadata,omitempty"`
	CreatedBy      payout.Principal            `json:"created_by,omitzero"`
	Fingerprint    payout.Fingerprint          `json:"fingerprint,omitzero"`
	Heard          []payout.Fact               `json:"heard,omitempty"`
	Answered       map[payout.Attempt]string   `json:"answered,omitempty"`
	Failure        *failure                    `json:"failure,omitzero"`
	Return         *returned                   `json:"return,omitzero"`
	Attention      map[payout.Reason]time.Time `json:"attention,omitempty"`
	Proposal       proposal                    `json:"proposal,omitzero"`
	SimilarTo      payout.ID                   `json:"similar_to,omitzero"`
	SimilarBy      payout.Principal            `json:"similar_by,omitzero"`
	Similar        []payout.Similar            `json:"similar_ids,omitempty"`
	Beside         int                         `json:"beside,omitzero"`
	QueuedReason   payout.QueuedReason         `json:"queued_reason,omitzero"`
	History        []entry                     `json:"history,omitempty"`
	HistoryDropped int                         `json:"history_dropped,omitzero"`
	Unwritten      []string                    `json:"unwritten,omitempty"`
	Recipient      payout.RecipientKey         `json:"recipient,omitzero"`
	CreatedAt      time.Time                   `json:"created_at"`
	UpdatedAt      time.Time                   `json:"updated_at"`
	CompletedAt    time.Time                   `json:"completed_at,omitzero"`
	RedactedAt     time.Time                   `json:"redacted_at,omitzero"`
	StatusAt       time.Time                   `json:"status_at,omitzero"`
	Sent           int                         `json:"sent,omitzero"`
	SubmittedAt    time.Time                   `json:"submitted_at,omitzero"`
	Lease          lease                       `json:"lease,omitzero"`
	QueryAt        time.Time                   `json:"query_at,omitzero"`
	DueAt          time.Time                   `json:"due_at,omitzero"`
	Notice         notice                      `json:"notice,omitzero"`
	Polls          int                         `json:"polls,omitzero"`
	Turn           int                         `json:"turn,omitzero"`
	Inquiries      map[payout.Attempt]inquiry  `json:"inquiries,omitempty"`
	Taken          int64                       `json:"taken,omitzero"`
	AskedAt        time.Time                   `json:"asked_at,omitzero"`
	AnsweredAt     time.Time                   `json:"answered_at,omitzero"`
	SpokenAt       time.Time                   `json:"spoken_at,omitzero"`
	RecipientOwed  bool                        `json:"recipient_owed,omitzero"`
	Version        int64                       `json:"version"`
}

// documentOf describes a payout whose times were cut before. Every field of [payout.Payout] that
// is stored has to stand here and in payout, below; the suite fills every field and fails where
// one does not come back.
func documentOf(p payout.Payout) document {
	d := document{
		Schema: schemaVersion, ID: p.ID, Reference: p.Reference, Provider: p.Provider, Attempt: p.Attempt,
		Status: p.Status, ProviderID: p.ProviderID, Amount: amountOf(p.Amount),
		Destination: destination(p.Destination), Beneficiary: beneficiary(p.Beneficiary),
		Description: p.Description, Metadata: p.Metadata, CreatedBy: p.CreatedBy, Fingerprint: p.Fingerprint,
		Heard: p.Heard, Answered: p.Answered, QueuedReason: p.QueuedReason,
		AskedAt: p.AskedAt, AnsweredAt: p.AnsweredAt, SpokenAt: p.SpokenAt, RecipientOwed: p.RecipientOwed,
		Failure: (*failure)(p.Failure), Return: (*returned)(p.Return), Attention: p.Attention,
		HistoryDropped: p.HistoryDropped, Unwritten: p.Unwritten, Recipient: p.Recipient, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		CompletedAt: p.CompletedAt, StatusAt: p.StatusAt, Sent: p.Sent, SubmittedAt: p.SubmittedAt,
		Proposal: proposal(p.Proposal), SimilarTo: p.SimilarTo, SimilarBy: p.SimilarBy, Similar: p.Similar, Beside: p.Beside, RedactedAt: p.RedactedAt,
		Lease: lease(p.Lease), DueAt: p.DueAt, Polls: p.Polls, Turn: p.Turn, Taken: p.Taken, Inquiries: toInquiries[inquiry](p.Inquiries), Version: p.Version, QueryAt: p.QueryAt,
		Notice: notice{
			At: p.Notice.At, Fed: p.Notice.Fed, Tried: p.Notice.Tried, Owed: p.Notice.Owed,
			Fresh: p.Notice.Fresh, Failures: p.Notice.Failures, Lease: lease(p.Notice.Lease), Unclear: p.Notice.Unclear,
		},
	}
	for _, e := range p.History {
		d.History = append(d.History, entry(e))
	}
	return d
}

// payout is the way back. What an older document does not have reads as empty, but for the time
// of the status query of version 1.
func (d document) payout() (payout.Payout, error) {
	sum, err := d.Amount.money()
	if err != nil {
		return payout.Payout{}, err
	}
	p := payout.Payout{
		ID: d.ID, Reference: d.Reference, Provider: d.Provider, Attempt: d.Attempt,
		Status: d.Status, ProviderID: d.ProviderID, Amount: sum,
		Destination: payout.Destination(d.Destination), Beneficiary: payout.Beneficiary(d.Beneficiary),
		Description: d.Description, Metadata: d.Metadata, CreatedBy: d.CreatedBy, Fingerprint: d.Fingerprint,
		Heard: d.Heard, Answered: d.Answered, QueuedReason: d.QueuedReason,
		AskedAt: d.AskedAt, AnsweredAt: d.AnsweredAt, SpokenAt: d.SpokenAt, RecipientOwed: d.RecipientOwed,
		Failure: (*payout.Failure)(d.Failure), Return: (*payout.Return)(d.Return), Attention: d.Attention,
		HistoryDropped: d.HistoryDropped, Unwritten: d.Unwritten, Recipient: d.Recipient, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		CompletedAt: d.CompletedAt, StatusAt: d.StatusAt, Sent: d.Sent, SubmittedAt: d.SubmittedAt,
		Proposal: payout.Proposal(d.Proposal), SimilarTo: d.SimilarTo, SimilarBy: d.SimilarBy, Similar: d.Similar, Beside: d.Beside, RedactedAt: d.RedactedAt,
		Lease: payout.Lease(d.Lease), DueAt: d.DueAt, Polls: d.Polls, Turn: d.Turn, Taken: d.Taken, Inquiries: toInquiries[payout.Inquiry](d.Inquiries), Version: d.Version, QueryAt: d.QueryAt,
		Notice: payout.Notice{
			At: d.Notice.At, Fed: d.Notice.Fed, Tried: d.Notice.Tried, Owed: d.Notice.Owed,
			Fresh: d.Notice.Fresh, Failures: d.Notice.Failures, Lease: payout.Lease(d.Notice.Lease), Unclear: d.Notice.Unclear,
		},
	}
	if d.Schema == 1 { // there was only one reason to be due
		p.QueryAt = d.DueAt
	}
	for _, e := range d.History {
		p.History = append(p.History, payout.Entry(e))
	}
	return p, nil
}

// toInquiries is nil for none. It converts both ways, since the two types have the same fields.
func toInquiries[To, From inquiry | payout.Inquiry](all map[payout.Attempt]From) map[payout.Attempt]To {
	var to map[payout.Attempt]To
	for attempt, one := range all {
		if to == nil {
			to = map[payout.Attempt]To{}
		}
		to[attempt] = To(one)
	}
	return to
}

// amountOf is nil for none: an orphan's claim may state no amount, and a zero sum in no currency
// would be no amount either.
func amountOf(a money.Amount) *amount {
	if a.IsZero() {
		return nil
	}
	return &amount{Minor: a.Minor(), Currency: a.Currency()}
}

func (a *amount) money() (money.Amount, error) {
	if a == nil {
		return money.Amount{}, nil
	}
	return money.New(a.Minor, a.Currency)
}

// encode writes a payout as JSON. The times are cut here, so that no road into the file keeps
// finer ones than the table would.
func encode(p payout.Payout) ([]byte, error) {
	written, err := json.Marshal(documentOf(cut(p)))
	if err != nil {
		return nil, fmt.Errorf("encode payout %s: %w", p.ID, err)
	}
	return written, nil
}

// decode reads a payout back; a document that is not whole is an error and never
// half a payout, since half a payout might be paid again.
func decode(written []byte) (payout.Payout, error) {
	var d document
	if err := json.Unmarshal(written, &d); err != nil {
		return payout.Payout{}, fmt.Errorf("decode a payout: %w", err)
	}
	if err := d.check(); err != nil {
		return payout.Payout{}, fmt.Errorf("decode payout %s: %w", d.ID, err)
	}
	p, err := d.payout()
	if err != nil {
		return payout.Payout{}, fmt.Errorf("decode payout %s: %w", d.ID, err)
	}
	return p, nil
}

// check asks for what every payout has. An orphan has neither reference nor fingerprint, and
// perhaps no amount: it was made of a callback.
func (d document) check() error {
	_, ok := payout.ParseID(string(d.ID))
	switch {
	case d.Schema < 1 || d.Schema > schemaVersion:
		return fmt.Errorf("schema %d is not known", d.Schema)
	case !ok:
		return errors.New("no id")
	case !payout.Known(d.Provider):
		return errors.New("no provider")
	case !slices.Contains(payout.Statuses, d.Status):
		return errors.New("no status")
	case d.Attempt < payout.FirstAttempt || d.Version < 1 || d.CreatedAt.IsZero() || d.UpdatedAt.IsZero():
		return errors.New("no attempt, version or time")
	case d.Status != payout.Orphan && (d.Amount == nil || d.Reference == "" || d.Fingerprint == ""):
		return errors.New("no amount, reference or fingerprint")
	}
	return nil
}
