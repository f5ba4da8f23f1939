package edge

import (
	"strings"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/payout"
)

// payoutView is a payout as callers see it: numbers masked, amounts canonical. Everything that is
// left out of it stays inside: the fingerprint, the facts, tokens, leases and bodies. Members are
// only added: clients read them by name.
type payoutView struct {
	ID                payout.ID                `json:"id"`
	Reference         payout.Reference         `json:"reference,omitempty"`
	Status            payout.Status            `json:"status"`
	Provider          payout.Provider          `json:"provider"`
	ProviderReference payout.ProviderReference `json:"provider_reference"`
	ProviderID        string                   `json:"provider_id,omitempty"`
	Amount            string                   `json:"amount"`
	Currency          string                   `json:"currency"`
	Destination       destinationView          `json:"destination"`
	Beneficiary       beneficiaryView          `json:"beneficiary"`
	Description       string                   `json:"description,omitempty"`
	Metadata          map[string]string        `json:"metadata,omitempty"`
	CreatedBy         payout.Principal         `json:"created_by,omitempty"`
	Failure           *failureView             `json:"failure,omitempty"`
	Outcome           payout.Outcome           `json:"outcome,omitempty"`
	Return            *returnView              `json:"return,omitempty"`
	Attention         []attentionView          `json:"attention"`
	Sequence          int                      `json:"sequence"`
	CreatedAt         string                   `json:"created_at"`
	UpdatedAt         string                   `json:"updated_at"`
	CompletedAt       string                   `json:"completed_at,omitempty"`
	Attempt           payout.Attempt           `json:"attempt"`
	QueuedReason      payout.QueuedReason      `json:"queued_reason,omitempty"`
	Proposal          *proposalView            `json:"proposal,omitempty"`
	SimilarTo         payout.ID                `json:"similar_to,omitempty"`
	SimilarBy         payout.Principal         `json:"similar_by,omitempty"`
	SimilarIDs        []payout.ID              `json:"similar_ids,omitempty"`
	RedactedAt        string                   `json:"redacted_at,omitempty"`
	History           []entryView              `json:"history,omitempty"`
	HistoryDropped    int                      `json:"history_dropped,omitempty"`
	Notification      *notificationView        `json:"notification,omitempty"`
}

// notificationView is how far the merchant was told, by sequences of events (which
// are not those of the history).
type notificationView struct {
	Events    int    `json:"events"`    // that there are
	Published int    `json:"published"` // the last one in the feed
	Tried     int    `json:"tried"`     // the last one that the webhook was tried with
	Owed      []int  `json:"owed"`      // tried, and not taken
	NextAt    string `json:"next_at,omitempty"`
}

type destinationView struct {
	Type          payout.DestinationType `json:"type,omitempty"`
	Wallet        string                 `json:"wallet,omitempty"`
	AccountID     string                 `json:"account_id,omitempty"`
	Bank          string                 `json:"bank,omitempty"`
	AccountNumber string                 `json:"account_number,omitempty"`
	Branch        string                 `json:"branch,omitempty"`
	City          string                 `json:"city,omitempty"`
	Province      string                 `json:"province,omitempty"`
}

type beneficiaryView struct {
	ID        string `json:"id,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	IPAddress string `json:"ip_address,omitempty"`
}

// failureView is the failure as it stands now. SafeToPayAgain is computed from the facts at every
// reading and never stored, so that a copy of an earlier answer proves nothing (decision 0015).
type failureView struct {
	Code           payout.FailureCode `json:"code"`
	ProviderCode   string             `json:"provider_code,omitempty"`
	Message        string             `json:"message,omitempty"`
	SafeToPayAgain bool               `json:"safe_to_pay_again"`
}

// returnView stands beside the status succeeded: money that came back does not rewrite an end.
type returnView struct {
	At           string `json:"at"`
	ProviderCode string `json:"provider_code,omitempty"`
	Message      string `json:"message,omitempty"`
}

type attentionView struct {
	Reason payout.Reason `json:"reason"`
	Since  string        `json:"since"`
	// NextAction is the one safe thing to do about it.
	NextAction string `json:"next_action"`
}

// proposalView is an order that waits for a second principal.
type proposalView struct {
	Action payout.Action     `json:"action"`
	As     payout.Resolution `json:"as,omitempty"`
	By     payout.Principal  `json:"by"`
	Person payout.Person     `json:"person"`
	At     string            `json:"at"`
	// Evidence is the SHA-256 of what the order rests on; the second person has to give
	// the same. The text is the evidence of the last history entry.
	Evidence string         `json:"evidence_sha256"`
	Attempt  payout.Attempt `json:"attempt"`
	// Sequence is that of the payout as the order has to find it.
	Sequence int `json:"sequence"`
	// Replaces is whose order waited until this one came, which is another order.
	Replaces payout.Person `json:"replaces,omitempty"`
}

// entryView is one entry of the history, without its body: that has a route and a right of its own.
// Sequence is its number in that route's path.
type entryView struct {
	Sequence     int              `json:"sequence"`
	At           string           `json:"at"`
	Source       payout.Source    `json:"source"`
	Status       payout.Status    `json:"status"`
	Finding      payout.Finding   `json:"finding,omitempty"`
	ProviderCode string           `json:"provider_code,omitempty"`
	Message      string           `json:"message,omitempty"`
	Evidence     string           `json:"evidence,omitempty"`
	By           payout.Principal `json:"by,omitempty"`
	Raised       []payout.Reason  `json:"raised,omitempty"`
	Cleared      []payout.Reason  `json:"cleared,omitempty"`
}

// view shows a payout without its history. Messages and numbers of a provider are masked too, since
// banks quote account numbers in them.
func view(p payout.Payout) payoutView {
	quoted := p.Mask()
	v := payoutView{
		ID: p.ID, Reference: p.Reference, Status: p.Status, Provider: p.Provider,
		ProviderReference: p.ProviderReference(), ProviderID: quoted.Number(p.ProviderID),
		Destination: viewDestination(p.Destination), Beneficiary: viewBeneficiary(p.Beneficiary),
		Description: p.Description, Metadata: p.Metadata, CreatedBy: p.CreatedBy,
		Attention: viewAttention(p), Sequence: p.Sequence(),
		CreatedAt: instant(p.CreatedAt), UpdatedAt: instant(p.UpdatedAt), CompletedAt: instant(p.CompletedAt),
		HistoryDropped: p.HistoryDropped, Attempt: p.Attempt, SimilarTo: p.SimilarTo, SimilarBy: p.SimilarBy, RedactedAt: instant(p.RedactedAt),
	}
	if o := p.Proposal; o != (payout.Proposal{}) {
		v.Proposal = &proposalView{o.Action, o.As, o.By, o.Person, instant(o.At), o.Evidence, o.Attempt, o.Entries - p.HistoryDropped, p.Replaced()}
	}
	if p.Status == payout.Queued {
		v.QueuedReason = p.WaitsFor()
	}
	// An orphan at a payout's key may have no amount.
	if !p.Amount.IsZero() {
		v.Amount, v.Currency = p.Amount.String(), string(p.Amount.Currency())
	}
	// A cancelled payout may still have the outcome unknown: an earlier attempt of it may pay
	// (docs/events.md).
	if p.Status.Final() {
		v.Outcome = p.Outcome()
	}
	if f := p.Failure; f != nil {
		v.Failure = &failureView{f.Code, f.ProviderCode, quoted.Text(f.Message), p.SafeToPayAgain()}
	}
	if r := p.Return; r != nil {
		v.Return = &returnView{instant(r.At), r.ProviderCode, quoted.Text(r.Message)}
	}
	return v
}

// viewWithHistory shows a payout and every entry of its history.
func viewWithHistory(p payout.Payout) payoutView {
	v, quoted := view(p), p.Mask()
	for i, e := range p.History {
		v.History = append(v.History, entryView{
			Sequence: i + 1, At: instant(e.At), Source: e.Source, Status: e.Status, Finding: e.Finding,
			ProviderCode: e.ProviderCode, Message: e.Shown(quoted), Evidence: e.Evidence, By: e.By,
			Raised: e.Raised, Cleared: e.Cleared,
		})
	}
	for _, similar := range p.Similar {
		v.SimilarIDs = append(v.SimilarIDs, similar.ID())
	}
	n := p.Notice
	v.Notification = &notificationView{
		Events: len(p.Events()), Published: n.Fed, Tried: n.Tried, Owed: append([]int{}, n.Owed...), NextAt: instant(n.At),
	}
	return v
}

// viewDestination masks the account id like the number: in the provider's own example it contains
// it.
func viewDestination(d payout.Destination) destinationView {
	return destinationView{
		Type: d.Type, Wallet: d.Wallet, AccountID: mask(d.AccountID), Bank: d.Bank,
		AccountNumber: mask(d.AccountNumber), Branch: d.Branch, City: d.City, Province: d.Province,
	}
}

func viewBeneficiary(b payout.Beneficiary) beneficiaryView {
	return beneficiaryView{
		ID: b.ID, FirstName: b.FirstName, LastName: b.LastName, Email: b.Email,
		Phone: mask(b.Phone), IPAddress: b.IPAddress,
	}
}

// viewAttention lists the reasons with what to do about each. The list is [] where nobody is
// needed.
func viewAttention(p payout.Payout) []attentionView {
	views := []attentionView{}
	for _, r := range p.Attention.Reasons() {
		views = append(views, attentionView{Reason: r, Since: instant(p.Attention[r]), NextAction: p.NextAction(r)})
	}
	return views
}

var withoutSeparators = strings.NewReplacer(" ", "", "-", "")

// mask hides all but the last four characters, and at least half of a short
// number; the length is not told either. Blanks and dashes go first, so that the last four
// characters are the same however the number was written.
func mask(number string) string {
	if number == "" || number == payout.Redacted {
		return number
	}
	plain := []rune(withoutSeparators.Replace(number))
	shown := min(4, len(plain)/2)
	return "****" + string(plain[len(plain)-shown:])
}

// instant writes a time in RFC 3339, UTC, with milliseconds; nothing for none. Milliseconds are
// what the stores keep, so that what is shown is all that there is.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// orphanView is a claim that matches no payout of ours.
type orphanView struct {
	PayoutID          payout.ID       `json:"payout_id,omitempty"`
	Provider          payout.Provider `json:"provider"`
	ProviderReference string          `json:"provider_reference"`
	ProviderID        string          `json:"provider_id,omitempty"`
	Finding           payout.Finding  `json:"finding"`
	Amount            string          `json:"amount,omitempty"`
	Currency          string          `json:"currency,omitempty"`
	ProviderCode      string          `json:"provider_code,omitempty"`
	Message           string          `json:"message,omitempty"`
	Evidence          string          `json:"evidence"`
	ReceivedAt        string          `json:"received_at"`
}

// viewOrphan masks before anything is copied. Nobody knows whose payout it is, so that any run of
// digits in it may be somebody's account.
func viewOrphan(o payout.Orphaned) orphanView {
	o = o.Shown()
	v := orphanView{
		PayoutID: o.ID, Provider: o.Provider, ProviderReference: o.Reference, ProviderID: o.ProviderID,
		Finding: o.Finding, ProviderCode: o.Code, Message: o.Message, Evidence: o.Evidence,
		ReceivedAt: instant(o.ReceivedAt),
	}
	if !o.Amount.IsZero() {
		v.Amount, v.Currency = o.Amount.String(), string(o.Amount.Currency())
	}
	return v
}

// bankView is a row of the bank directory: slug, name, and by the name of each provider what it
// calls the bank, and whether payouts to it are enabled there.
type bankView map[string]any

type bankRouteView struct {
	Code    bank.Code   `json:"code"`
	Enabled bool        `json:"enabled"`
	Source  bank.Source `json:"source"`
}
