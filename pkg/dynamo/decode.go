package dynamo

import (
	"errors"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// decodePayout reads an item back. Attributes it does not know are left aside, as
// a newer version may have written them; anything that it does know and cannot
// read is an error. A payout that is half read would be a payout that somebody
// may pay again.
func decodePayout(i item) (payout.Payout, error) {
	r := newReader(i)
	r.require(attrPK, attrSchema, attrVersion, attrProvider, attrAttempt, attrStatus, attrCreatedAt, attrUpdatedAt)
	p := payout.Payout{
		ID:             r.id(),
		Reference:      payout.Reference(r.text(attrReference)),
		Provider:       r.provider(),
		Attempt:        payout.Attempt(r.number(attrAttempt)),
		Status:         r.status(),
		ProviderID:     r.text(attrProviderID),
		Amount:         r.amount(),
		Destination:    decodeDestination(r.child(attrDestination)),
		Beneficiary:    decodeBeneficiary(r.child(attrBeneficiary)),
		Description:    r.text(attrDescription),
		Metadata:       r.texts(attrMetadata),
		CreatedBy:      payout.Principal(r.text(attrCreatedBy)),
		Fingerprint:    payout.Fingerprint(r.text(attrFingerprint)),
		Heard:          r.heard(),
		Answered:       r.answered(),
		QueuedReason:   payout.QueuedReason(r.text(attrQueued)),
		RecipientOwed:  r.flag(attrOwesList),
		Attention:      decodeAttention(r.child(attrAttention)),
		Proposal:       decodeProposal(r.child(attrProposal)),
		SimilarTo:      payout.ID(r.text(attrSimilarTo)),
		SimilarBy:      payout.Principal(r.text(attrSimilarBy)),
		Similar:        r.twins(attrSimilar),
		Beside:         int(r.number(attrBeside)),
		History:        decodeHistory(r.children(attrHistory)),
		HistoryDropped: int(r.number(attrDropped)),
		Unwritten:      r.keys(attrUnwritten),
		Recipient:      payout.RecipientKey(r.text(attrRecipient)),
		Version:        r.number(attrVersion),
	}
	if r.number(attrSchema) < 1 {
		r.fail(attrSchema, errors.New("is not a version"))
	}
	r.outcome(&p)
	r.times(&p)
	// A payout without a reference or an amount exists only as an orphan.
	if p.Status != payout.Orphan {
		r.require(attrReference, attrAmount, attrDestination, attrFingerprint)
	}
	return p, r.failure()
}

// id is that of the item's key. The marker, the feed and whatever else has another form of key
// are never read as a payout.
func (r *reader) id() payout.ID {
	id, ok := payout.ParseID(r.text(attrPK))
	if !ok {
		r.fail(attrPK, errors.New("is not a payout id"))
	}
	return id
}

// provider is an error where this program has none of that name: nobody here could tell its
// claims or ask it, so the item is left to a version that can.
func (r *reader) provider() payout.Provider {
	p := payout.Provider(r.text(attrProvider))
	if !payout.Known(p) {
		r.fail(attrProvider, errors.New("is not a provider"))
	}
	return p
}

// status is an error for one that this version does not list. A newer version may have written
// it; to guess what may follow it could move money.
func (r *reader) status() payout.Status {
	s := payout.Status(r.text(attrStatus))
	if !slices.Contains(payout.Statuses, s) {
		r.fail(attrStatus, errors.New("is not a status"))
	}
	return s
}

// amount is zero when none is stored, and an error when half of one is. Half of one would be a
// sum in no currency, and a claim is compared with both.
func (r *reader) amount() money.Amount {
	if !r.has(attrAmount) && !r.has(attrCurrency) {
		return money.Amount{}
	}
	a, err := money.New(r.number(attrAmount), money.Currency(r.text(attrCurrency)))
	if err != nil {
		r.fail(attrAmount, err)
	}
	return a
}

// outcome reads what only some payouts have. An absent map is none, an empty one is a failure or
// a return of which nothing else is known.
func (r *reader) outcome(p *payout.Payout) {
	if f := r.child(attrFailure); f != nil {
		p.Failure = &payout.Failure{
			Code:         payout.FailureCode(f.text(attrCode)),
			ProviderCode: f.text(attrProviderCode),
			Message:      f.text(attrMessage),
		}
	}
	if back := r.child(attrReturn); back != nil {
		p.Return = &payout.Return{
			At: back.moment(attrAt), ProviderCode: back.text(attrProviderCode), Message: back.text(attrMessage),
		}
	}
}

// times reads what [item.times] and the due index hold, older items included.
func (r *reader) times(p *payout.Payout) {
	p.CreatedAt, p.UpdatedAt = r.moment(attrCreatedAt), r.moment(attrUpdatedAt)
	p.CompletedAt, p.StatusAt = r.moment(attrCompletedAt), r.moment(attrStatusAt)
	p.Sent, p.SubmittedAt = int(r.number(attrSent)), r.moment(attrSubmittedAt)
	p.Lease = payout.Lease{Token: r.text(attrToken), Until: r.moment(attrLeaseUntil)}
	p.DueAt, p.Polls = r.moment(attrDueAt), int(r.number(attrPolls))
	p.Turn = int(r.number(attrTurn))
	p.Inquiries, p.Taken = r.inquiries(), r.number(attrTaken)
	p.RedactedAt = r.moment(attrRedactedAt)
	p.AskedAt, p.AnsweredAt, p.SpokenAt = r.moment(attrAskedAt), r.moment(attrAnsweredAt), r.moment(attrSpokenAt)
	p.QueryAt, p.Notice = r.moment(attrQueryAt), r.notice()
	if r.number(attrSchema) == 1 && !r.has(attrNotifyAt) && p.QueryAt.IsZero() {
		p.QueryAt = p.DueAt // there was only one reason to be due
	}
}

func (r *reader) notice() payout.Notice {
	return payout.Notice{
		At: r.moment(attrNotifyAt), Fed: int(r.number(attrFed)), Tried: int(r.number(attrTried)), Owed: r.numbers(attrOwed),
		Failures: int(r.number(attrFailures)), Fresh: r.flag(attrFresh),
		Lease:   payout.Lease{Token: r.text(attrNotifyToken), Until: r.moment(attrNotifyUntil)},
		Unclear: r.moment(attrUnclear),
	}
}

func decodeProposal(r *reader) payout.Proposal {
	return payout.Proposal{
		Action: payout.Action(r.text(attrAction)), As: payout.Resolution(r.text(attrAs)),
		By: payout.Principal(r.text(attrBy)), At: r.moment(attrAt), Person: payout.Person(r.text(attrPerson)),
		Identity: payout.Principal(r.text(attrIdentity)),
		Evidence: r.text(attrEvidence), Attempt: payout.Attempt(r.number(attrAttempt)), Entries: int(r.number(attrEntries)),
	}
}

func decodeDestination(r *reader) payout.Destination {
	return payout.Destination{
		Type:          payout.DestinationType(r.text("type")),
		Wallet:        r.text("wallet"),
		AccountID:     r.text("account_id"),
		Bank:          r.text("bank"),
		AccountNumber: r.text("account_number"),
		Branch:        r.text("branch"),
		City:          r.text("city"),
		Province:      r.text("province"),
	}
}

func decodeBeneficiary(r *reader) payout.Beneficiary {
	return payout.Beneficiary{
		ID:        r.text("id"),
		FirstName: r.text("first_name"),
		LastName:  r.text("last_name"),
		Email:     r.text("email"),
		Phone:     r.text("phone"),
		IPAddress: r.text("ip_address"),
	}
}

func decodeAttention(r *reader) payout.Attention {
	if r == nil {
		return nil
	}
	all := payout.Attention{}
	for reason := range r.of {
		all[payout.Reason(reason)] = r.moment(reason)
	}
	return all
}

// decodeHistory reads the entries in their order: the sequence of an event is the place of its
// entry, so an entry that is left out would number all later events anew.
func decodeHistory(entries []*reader) []payout.Entry {
	var all []payout.Entry
	for _, r := range entries {
		all = append(all, payout.Entry{
			At:           r.moment(attrAt),
			Source:       payout.ReadSource(r.text(attrSource)),
			Status:       payout.Status(r.text(attrStatus)),
			Finding:      payout.Finding(r.text(attrFinding)),
			ProviderCode: r.text(attrCode),
			Message:      r.text(attrMessage),
			By:           payout.Principal(r.text(attrBy)),
			Proposer:     payout.Person(r.text(attrPerson)),
			ClaimKey:     r.text(attrClaim),
			Evidence:     r.text(attrEvidence),
			Raw:          r.evidence(),
			Confirmed:    r.flag(attrConfirmed),
			Raised:       r.reasons(attrRaised),
			Cleared:      r.reasons(attrCleared),
		})
	}
	return all
}

// heard is nil for none, as in every item from before facts were kept: what was sent then is
// never safe to pay again (decision 0015).
func (r *reader) heard() payout.Heard {
	var all payout.Heard
	for _, fact := range r.set(attrHeard) {
		all = append(all, payout.Fact(fact))
	}
	return all
}

// keys is nil for none.
func (r *reader) keys(name string) []string {
	return append([]string(nil), strings.Fields(r.text(name))...)
}

// twins are the payouts that hold this one, in the order in which they were shown.
func (r *reader) twins(name string) []payout.Similar {
	var all []payout.Similar
	for _, twin := range r.keys(name) {
		all = append(all, payout.Similar(twin))
	}
	return all
}

func (r *reader) reasons(name string) []payout.Reason {
	var all []payout.Reason
	for _, word := range r.words(name) {
		all = append(all, payout.Reason(word))
	}
	return all
}

// evidence is the body as it came. One that cannot be unpacked is an error of the whole payout:
// it is the proof of an entry, and a payout without it would look as if nothing had been kept.
func (r *reader) evidence() []byte {
	raw, err := unpack(r.blob(attrRaw))
	if err != nil {
		r.fail(attrRaw, err)
	}
	return raw
}

// dueTime is what an index row says about when a payout is due.
func (r *reader) dueTime() time.Time {
	r.require(attrDueAt)
	return r.moment(attrDueAt)
}
