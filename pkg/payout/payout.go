package payout

import (
	"time"

	"cambodia-payouts/pkg/money"
)

// DestinationType says what kind of account receives the money.
type DestinationType string

// The kinds of destination.
const (
	WalletDestination DestinationType = "wallet"
	BankDestination   DestinationType = "bank_account"
)

// Lanton is the one wallet that the Vexora disbursement page documents.
const Lanton = "LANTON"

// Destination is the account that receives the money. A wallet has Wallet and
// AccountID; a bank account has Bank (a slug of the bank directory) and may name
// the branch, its city and its province.
type Destination struct {
	Type          DestinationType
	Wallet        string
	AccountID     string
	Bank          string
	AccountNumber string
	Branch        string
	City          string
	Province      string
}

// Beneficiary is the person who is paid. Phone is as the merchant wrote it; each
// connector brings it into its provider's form.
type Beneficiary struct {
	ID        string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	IPAddress string
}

// Principal is who asked: an IAM user or role ARN, or the subject of a token.
type Principal string

// Payout is one payout with its whole history. Only steps change it.
type Payout struct {
	ID          ID
	Reference   Reference
	Provider    Provider
	Attempt     Attempt
	Status      Status
	ProviderID  string // the provider's own number: platFormTradeNo, request_id
	Amount      money.Amount
	Destination Destination
	Beneficiary Beneficiary
	Description string
	Metadata    map[string]string
	CreatedBy   Principal
	Fingerprint Fingerprint
	// Heard holds the facts that decide whether the payout is safe to pay again, and
	// whether it may be sent.
	Heard Heard
	// Answered is, by attempt, the number that the provider answered us with first, to the
	// submission or to a status query; no callback writes it. It only grows. Attempts that were not
	// sent exactly once have none, nor has what an older version was answered.
	Answered  map[Attempt]string
	Failure   *Failure
	Return    *Return
	Attention Attention
	// Proposal is an operator's order that waits for a second principal.
	Proposal Proposal
	// SimilarTo is the earlier payout of the same money to the same recipient
	// because of which this one is held.
	SimilarTo ID
	// SimilarBy is who created that one; empty if nobody can tell.
	SimilarBy Principal
	// Similar is all that held this one when it was last compared, SimilarTo among them: at most
	// [MostListed]. Empty for what an earlier version compared.
	Similar []Similar
	// Beside is how many of those, from the first, people want this one beside.
	Beside int
	// QueuedReason says what a queued payout waits for.
	QueuedReason QueuedReason
	History      []Entry
	// HistoryDropped counts what happened after the history was full.
	HistoryDropped int
	// Unwritten holds the keys of the latest callbacks among them, so that they are recognised
	// when they come again.
	Unwritten []string

	// Recipient is the key of the recipient's list, kept from redaction on: the account that it
	// was made of is gone then, and a doubt may still come. Empty before.
	Recipient RecipientKey

	CreatedAt   time.Time
	UpdatedAt   time.Time
	CompletedAt time.Time // zero until final
	RedactedAt  time.Time // when personal data was taken out; zero: not yet
	StatusAt    time.Time // when the present status began

	// Sent counts the submissions of this attempt that may have reached the
	// provider, those of a lost table included. A refusal of the second one says
	// nothing about the first.
	Sent        int
	SubmittedAt time.Time // when the last submission was fenced
	Lease       Lease
	QueryAt     time.Time // when the provider is asked next; zero: never
	DueAt       time.Time // when the sweep looks next, for a status query, an inquiry or a notice; zero: never
	Polls       int       // status queries asked since the status began
	// Turn is which attempt besides the present one was asked about last, and a hundred for each
	// round of them that is complete, since the status began.
	Turn int
	// Taken counts how often a sweep has taken the payout up: whoever asks for its sake knows by it whether
	// another one has since.
	Taken int64
	// Inquiries are, by attempt, what the provider is asked beside those status queries.
	Inquiries map[Attempt]Inquiry
	// AskedAt is when the provider was last asked, AnsweredAt when its answer last said
	// anything of the payout; zero: never.
	AskedAt, AnsweredAt time.Time
	// SpokenAt is when the latest word came that took certainty away, or opened an inquiry; zero: none
	// did. Neither a full history nor a file leaves an entry that tells it.
	SpokenAt time.Time
	// RecipientOwed: the payout became unsettled, and its recipient's list does not
	// say so yet.
	RecipientOwed bool
	Notice        Notice

	// Version rises with every write and guards the writes that depend on
	// something read before.
	Version int64

	// restored is when its table was restored, as [Payout.AsRestored] was told. It is not stored.
	restored time.Time
}

// Sequence numbers the payout's changes from 1, without a gap: it is the number
// of the latest history entry.
func (p Payout) Sequence() int { return len(p.History) }

// ProviderReference is what the provider knows the present attempt by.
func (p Payout) ProviderReference() ProviderReference { return p.ID.ProviderReference(p.Attempt) }

// Lease is the right to submit a payout once: whoever holds the token may send,
// until the time is over. Tokens are never reused.
type Lease struct {
	Token string
	Until time.Time
}

// FailureCode is our word for why a payout failed, from a short closed list.
type FailureCode string

// The reasons for a failure.
const (
	FailureDeclined     FailureCode = "declined"             // no reason given
	FailureRefused      FailureCode = "request_refused"      // the request never became a payout
	FailureRecipient    FailureCode = "recipient_account"    // the account is wrong, closed or cannot be credited
	FailureLimit        FailureCode = "amount_limit"         // below or above a limit, or too often
	FailureFunds        FailureCode = "insufficient_funds"   // our balance, or the provider's
	FailureRisk         FailureCode = "risk"                 // do not tell the beneficiary why
	FailureProvider     FailureCode = "provider_unavailable" // a technical fault on the way
	FailureConfigured   FailureCode = "provider_configuration"
	FailureResolved     FailureCode = "resolved_by_operator" // two people said so, no provider did
	FailureUnclassified FailureCode = "unclassified"
)

// Failure says why a payout failed. Whether it is safe to pay again is computed; see
// [Payout.SafeToPayAgain].
type Failure struct {
	Code         FailureCode
	ProviderCode string
	Message      string
}

// Return is money that came back after a success. The status stays succeeded,
// since the payout did happen.
type Return struct {
	At           time.Time
	ProviderCode string
	Message      string
}
