package payout

import (
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
)

// Step is one conditional write to one payout. Stores apply it atomically: either
// the guard holds and the whole change is made, or nothing is.
//
// Every step makes its own guard false (it leaves the guarded status, moves the
// guarded due time, or raises the guarded version), so a write that is sent twice
// takes effect once.
type Step struct {
	ID   ID
	When Guard
	Then Change
}

// Guard is what must hold of the stored payout. Fields that are zero ask for
// nothing; a guard that asks for nothing at all still asks for existence.
type Guard struct {
	Statuses []Status
	Token    string    // the lease that the writer holds
	Version  int64     // the version that the writer has read
	DueAt    time.Time // the due time that the sweep has seen
	Sent     int       // exactly so many submissions may have arrived
	Claimed  *Claimed
	// Notice is what the writer has read of how far the merchant was told.
	Notice *NoticeSeen
	// Uncomplicated asks that the payout has no attention, room in its history, no inquiry, and no
	// more facts than a first attempt that was sent, so that a change can be made without
	// having read any of them.
	Uncomplicated bool
}

// Claimed is what a claim says about the payout itself, to be compared within the
// write: neither provider's signature separates fields safely, so even a verified
// claim may not be about the payout it seems to be about.
type Claimed struct {
	Provider    Provider
	ProviderID  string // must be the stored one, where both are known
	Attempt     Attempt
	Amount      money.Amount // zero: the claim states none
	Description *string      // nil: the claim echoes none
}

// Change is what a step does. Fields that are zero change nothing.
type Change struct {
	At          time.Time // becomes UpdatedAt; never zero
	Status      Status
	ProviderID  string
	Failure     *Failure
	Return      *Return
	Heard       []Fact             // added to what was heard; facts never go
	Answered    map[Attempt]string // all numbers, the new one included; nil: unchanged. The step guards the version
	Entry       *Entry
	Dropped     bool       // count an entry that found no room
	Unwritten   []string   // all keys that are remembered of those, this one included; nil: unchanged
	Attention   *Attention // the whole new set, possibly empty
	Lease       *Lease     // the zero lease ends the right to submit
	Sent        *int
	SubmittedAt time.Time
	// QueryAt is when the provider is asked next, NotifyAt when there is something to
	// tell the merchant, DueAt the earlier of the two, or of the next inquiry; the zero time:
	// never. [Step]s are made by [Payout.step], which keeps them together.
	QueryAt  *time.Time
	NotifyAt *time.Time // and the notice is fresh
	DueAt    *time.Time
	Polls    *int
	Turn     *int // every new status begins with none
	Taken    bool // a sweep takes the payout up
	// Inquiries are all of them, those that change included; nil: unchanged. The step guards the version.
	Inquiries map[Attempt]Inquiry
	// AskedAt and AnsweredAt are set by the answer to a status query; zero: unchanged.
	AskedAt, AnsweredAt time.Time
	// SpokenAt is set by a word that takes certainty away, or opens an inquiry; zero: unchanged.
	SpokenAt time.Time
	// QueuedReason is set with or without a status; every other status clears it.
	QueuedReason QueuedReason
	// Noted: the recipient's list has the payout.
	Noted bool
	// Owed: the payout became unsettled, other than by becoming unknown.
	Owed      bool
	Proposal  *Proposal // the zero proposal withdraws
	SimilarTo ID
	SimilarBy Principal // of SimilarTo, and together with it alone
	Similar   []Similar // all of them; nil: unchanged
	Beside    *int      // how many of those people want the payout beside
	// NewAttempt starts the next attempt, under a new provider reference, and
	// clears what the ended one left behind; the history keeps it.
	NewAttempt bool
	// Redaction replaces what identifies a person.
	Redaction *Redaction
	// Notice replaces all that is known of telling the merchant, NotifyAt included.
	Notice *Notice
	// Quiet leaves UpdatedAt and the version alone: how far the merchant was told
	// is no news about the money, and must not refuse a write about it.
	Quiet bool
}

// Holds evaluates the guard. Stores that cannot run Go inside their write (the
// DynamoDB one) translate it; the conformance suite compares the two.
func (g Guard) Holds(p Payout) bool {
	return (len(g.Statuses) == 0 || slices.Contains(g.Statuses, p.Status)) &&
		(g.Token == "" || g.Token == p.Lease.Token) &&
		(g.Version == 0 || g.Version == p.Version) &&
		(g.DueAt.IsZero() || g.DueAt.Equal(p.DueAt)) &&
		(g.Sent == 0 || g.Sent == p.Sent) &&
		(g.Claimed == nil || g.Claimed.of(p)) &&
		(g.Notice == nil || g.Notice.of(p)) &&
		(!g.Uncomplicated || p.uncomplicated())
}

func (c Claimed) of(p Payout) bool {
	return c.Provider == p.Provider && c.Attempt == p.Attempt && SameNumber(c.ProviderID, p.ProviderID) &&
		(c.Amount.IsZero() || c.Amount == p.Amount) &&
		(c.Description == nil || *c.Description == p.Description)
}

func (p Payout) uncomplicated() bool {
	return len(p.Inquiries) == 0 && len(p.Attention) == 0 && len(p.History) < UnreadEntries && len(p.Heard) <= PlainFacts && slices.Contains(p.Heard, PlainFact)
}

// Apply returns the payout after the change. It shares no memory with p that a
// later change could write to.
func (c Change) Apply(p Payout) Payout {
	if !c.Quiet {
		p.UpdatedAt = c.At
		p.Version++
	}
	if c.Status != "" {
		p = c.enter(p)
	}
	if c.ProviderID != "" {
		p.ProviderID = c.ProviderID
	}
	if c.Failure != nil {
		p.Failure = c.Failure
	}
	if c.Return != nil {
		p.Return = c.Return
	}
	p.Heard = p.Heard.With(c.Heard...)
	if c.Answered != nil {
		p.Answered = maps.Clone(c.Answered)
	}
	if c.Entry != nil {
		p.History = append(slices.Clip(p.History), *c.Entry)
	}
	if c.Dropped {
		p.HistoryDropped++
	}
	if c.Unwritten != nil {
		p.Unwritten = slices.Clone(c.Unwritten)
	}
	if c.Attention != nil {
		p.Attention = maps.Clone(*c.Attention)
	}
	if c.Proposal != nil {
		p.Proposal = *c.Proposal
	}
	if c.SimilarTo != "" {
		p.SimilarTo, p.SimilarBy = c.SimilarTo, c.SimilarBy
	}
	if c.Similar != nil {
		p.Similar = slices.Clone(c.Similar)
	}
	if c.Beside != nil {
		p.Beside = *c.Beside
	}
	if c.QueuedReason != "" {
		p.QueuedReason = c.QueuedReason
	}
	if c.Owed {
		p.RecipientOwed = true
	}
	if c.Noted {
		p.RecipientOwed = false
	}
	if c.Redaction != nil {
		p = c.Redaction.apply(p)
	}
	return c.applySchedule(p)
}

// anew is the payout as its next attempt finds it.
func (p Payout) anew() Payout {
	p.Attempt++
	p.ProviderID, p.Failure, p.CompletedAt = "", nil, time.Time{}
	p.AskedAt, p.AnsweredAt = time.Time{}, time.Time{}
	return p
}

func (c Change) enter(p Payout) Payout {
	if c.NewAttempt {
		p = p.anew()
	}
	p.Status, p.StatusAt = c.Status, c.At
	p.Proposal = Proposal{} // it was made about another state
	p.QueuedReason = ""
	if c.Status == Unknown {
		p.RecipientOwed = true
	}
	if c.Status.Final() {
		p.CompletedAt = c.At
	}
	return p
}

func (c Change) applySchedule(p Payout) Payout {
	if c.Lease != nil {
		p.Lease = *c.Lease
	}
	if c.Sent != nil {
		p.Sent = *c.Sent
	}
	if !c.SubmittedAt.IsZero() {
		p.SubmittedAt = c.SubmittedAt
	}
	if c.QueryAt != nil {
		p.QueryAt = *c.QueryAt
	}
	if c.Notice != nil {
		p.Notice = *c.Notice
	}
	if c.NotifyAt != nil {
		p.Notice.At, p.Notice.Fresh = *c.NotifyAt, true
	}
	if c.DueAt != nil {
		p.DueAt = *c.DueAt
	}
	if c.Polls != nil {
		p.Polls = *c.Polls
	}
	if c.Turn != nil {
		p.Turn = *c.Turn
	}
	if c.Taken {
		p.Taken++
	}
	if c.Inquiries != nil {
		p.Inquiries = maps.Clone(c.Inquiries)
	}
	if !c.AskedAt.IsZero() {
		p.AskedAt = c.AskedAt
	}
	if !c.AnsweredAt.IsZero() {
		p.AnsweredAt = c.AnsweredAt
	}
	if !c.SpokenAt.IsZero() {
		p.SpokenAt = c.SpokenAt
	}
	return p
}
