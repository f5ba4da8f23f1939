package dynamo

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Attributes of items and of the maps inside them: readable for a person who
// looks at the table at night, short because names are paid for like values. Items of every
// earlier version hold these names. One that is renamed is read as absent from all of them,
// without an error, since what a reader does not know is left aside.
const (
	attrSchema      = "schema"
	attrVersion     = "version"
	attrReference   = "reference"
	attrProvider    = "provider"
	attrAttempt     = "attempt"
	attrStatus      = "status"
	attrStatusAt    = "status_at"
	attrProviderID  = "provider_id"
	attrAmount      = "amount" // minor units
	attrCurrency    = "currency"
	attrDestination = "destination"
	attrBeneficiary = "beneficiary"
	attrDescription = "description"
	attrMetadata    = "metadata"
	attrCreatedBy   = "created_by"
	attrFingerprint = "fingerprint"
	attrFailure     = "failure"
	attrReturn      = "return"
	attrAttention   = "attention"
	attrHistory     = "history"
	attrDropped     = "history_dropped"
	attrCreatedAt   = "created_at"
	attrUpdatedAt   = "updated_at"
	attrCompletedAt = "completed_at"
	attrSent        = "sent"
	attrSubmittedAt = "submitted_at"
	attrToken       = "lease_token"
	attrLeaseUntil  = "lease_until"
	attrPolls       = "polls"
	attrTurn        = "turn"
	attrQueryAt     = "query_at"
	attrNotifyAt    = "notify_at"
	attrFed         = "fed"
	attrTried       = "tried"
	attrOwed        = "owed"
	attrFailures    = "notify_failures"
	attrFresh       = "news" // the stream's filter looks for it; see the template
	attrNotifyToken = "notify_token"
	attrNotifyUntil = "notify_until"
	attrUnclear     = "notify_unclear"
	attrProposal    = "proposal"
	attrSimilarTo   = "similar_to"
	attrSimilarBy   = "similar_by"
	attrSimilar     = "similar_ids" // with a blank between them
	attrBeside      = "beside"
	attrRedactedAt  = "redacted_at"
	attrHeard       = "heard" // a set: a write adds to it without having read it
	attrQueued      = "queued_reason"
	attrAskedAt     = "asked_at"
	attrAnsweredAt  = "answered_at"
	attrSpokenAt    = "spoken_at"
	attrOwesList    = "recipient_owed"
	attrRecipient   = "recipient" // since it was redacted
	attrUnwritten   = "unwritten" // keys of claims, the latest last, with a blank between them
	attrTaken       = "taken"
	attrInquiries   = "inquiries" // a map from the attempt; written whole, under the version
	attrAnswered    = "answered"  // a map from the attempt; written whole, under the version

	// Members of the maps inside: of a history entry, a failure, a return, a proposal.
	attrAt       = "at"
	attrSource   = "source"
	attrFinding  = "finding"
	attrCode     = "code"
	attrMessage  = "message"
	attrClaim    = "claim"
	attrEvidence = "evidence"
	attrRaw      = "raw"
	attrBy       = "by"
	attrRaised   = "raised"
	attrCleared  = "cleared"
	attrAction   = "action"
	attrAs       = "as"
	attrPerson   = "person"
	attrIdentity = "identity"
	attrEntries  = "entries"

	// Of an inquiry.
	attrOpen       = "o"
	attrMarked     = "m"
	attrConfirms   = "c"
	attrCalled     = "p"
	attrOpenedAt   = "s"
	attrTries      = "t"
	attrInquiredAt = "a"
	attrInquiryDue = "d"

	attrConfirmed    = "confirmed"
	attrProviderCode = "provider_code"
)

// encodePayout is the whole item of a payout, index attributes included. Only Insert writes an
// item whole. A step names single attributes, so that an older version beside this one does not
// drop what it has never heard of.
func encodePayout(p payout.Payout) item {
	i := payoutKey(p.ID)
	i[attrSchema] = count(SchemaVersion)
	i[attrVersion] = count(p.Version) // always there: every update adds one to it
	i.put(attrReference, text(string(p.Reference)))
	i.put(attrProvider, text(string(p.Provider)))
	i.put(attrAttempt, number(int(p.Attempt)))
	i.put(attrStatus, text(string(p.Status)))
	i.put(attrProviderID, text(p.ProviderID))
	i.amount(p.Amount)
	i.put(attrDestination, encodeDestination(p.Destination))
	i.put(attrBeneficiary, encodeBeneficiary(p.Beneficiary))
	i.put(attrDescription, text(p.Description))
	i.put(attrMetadata, texts(p.Metadata))
	i.put(attrCreatedBy, text(string(p.CreatedBy)))
	i.put(attrFingerprint, text(string(p.Fingerprint)))
	i.put(attrHeard, set(p.Heard))
	i.put(attrAnswered, encodeAnswered(p.Answered))
	i.put(attrInquiries, encodeInquiries(p.Inquiries))
	i.put(attrTaken, number(int(p.Taken)))
	i.put(attrQueued, text(string(p.QueuedReason)))
	i.put(attrFailure, encodeFailure(p.Failure))
	i.put(attrReturn, encodeReturn(p.Return))
	i.put(attrProposal, encodeProposal(p.Proposal))
	i.put(attrSimilarTo, text(string(p.SimilarTo)))
	i.put(attrSimilarBy, text(string(p.SimilarBy)))
	i.put(attrSimilar, keys(p.Similar))
	i.put(attrBeside, number(p.Beside))
	i.put(attrHistory, encodeHistory(p.History...))
	i.put(attrDropped, number(p.HistoryDropped))
	i.put(attrUnwritten, keys(p.Unwritten))
	i.put(attrRecipient, text(string(p.Recipient)))
	i.times(p)
	i.indexes(p)
	return i
}

// amount writes minor units: the guard of a claim compares whole numbers, in which no two
// spellings of one sum exist.
func (i item) amount(a money.Amount) {
	i.put(attrAmount, number(a.Minor()))
	i.put(attrCurrency, text(string(a.Currency())))
}

// times writes the times and counts of the payout, its submissions, its status queries and its
// notices. DueAt is not among them, since it belongs to an index.
func (i item) times(p payout.Payout) {
	i.put(attrCreatedAt, moment(p.CreatedAt))
	i.put(attrUpdatedAt, moment(p.UpdatedAt))
	i.put(attrCompletedAt, moment(p.CompletedAt))
	i.put(attrStatusAt, moment(p.StatusAt))
	i.put(attrSent, number(p.Sent))
	i.put(attrSubmittedAt, moment(p.SubmittedAt))
	i.put(attrToken, text(p.Lease.Token))
	i.put(attrLeaseUntil, moment(p.Lease.Until))
	i.put(attrPolls, number(p.Polls))
	i.put(attrTurn, number(p.Turn))
	i.put(attrAskedAt, moment(p.AskedAt))
	i.put(attrAnsweredAt, moment(p.AnsweredAt))
	i.put(attrSpokenAt, moment(p.SpokenAt))
	i.put(attrOwesList, flag(p.RecipientOwed))
	i.put(attrQueryAt, moment(p.QueryAt))
	for _, pair := range noticeAttributes(p.Notice) {
		i.put(pair.name, pair.value)
	}
	i.put(attrRedactedAt, moment(p.RedactedAt))
}

// indexes adds what puts the payout into the three indexes. The day never changes
// after the insert; the other two are also written by steps, in the same way.
func (i item) indexes(p payout.Payout) {
	day := sharded(p.CreatedAt.UTC().Format(dayFormat), p.ID.Shard())
	if p.Status == payout.Orphan {
		day = orphanShard // nobody created it, so it has no creation day
	}
	i.put(attrDayShard, text(day))
	i.put(attrDayKey, text(sortKey(p.CreatedAt, string(p.ID))))
	for _, pair := range attentionAttributes(p.ID, p.Attention) {
		i.put(pair.name, pair.value)
	}
	for _, pair := range dueAttributes(p.ID, moment(p.DueAt)) {
		i.put(pair.name, pair.value)
	}
}

// attribute is one name and value; a nil value means that it is absent. What an insert puts into
// an item and what a step sets are listed by the same functions, so that both write an index
// alike.
type attribute struct {
	name  string
	value types.AttributeValue
}

// attentionAttributes belong together: a payout is in the attention index exactly
// while it has a reason. The sort key is the time of the oldest reason: the review queue is read
// oldest first.
func attentionAttributes(id payout.ID, a payout.Attention) []attribute {
	since, raised := a.Since()
	if !raised {
		return []attribute{{name: attrAttention}, {name: attrAttentionShard}, {name: attrAttentionSince}}
	}
	reasons := item{}
	for reason, at := range a {
		reasons.put(string(reason), moment(at))
	}
	return []attribute{
		{attrAttention, nested(reasons)},
		{attrAttentionShard, text(sharded(reviewPartition(a), id.Shard()))},
		{attrAttentionSince, text(sortKey(since, string(id)))},
	}
}

// reviewPartition keeps what is about money apart, so that it is found however much else waits. A
// payroll that somebody held waits in the light part as a whole, and must not hide a double
// payment (decision 0028).
func reviewPartition(a payout.Attention) string {
	if a.Grave() {
		return gravePartition
	}
	return lightPartition
}

// dueAttributes belong together in the same way. Without them no sweep finds the payout any more,
// so a payout has none only when nobody has anything to ask about it or to tell of it.
func dueAttributes(id payout.ID, due types.AttributeValue) []attribute {
	if due == nil {
		return []attribute{{name: attrDueAt}, {name: attrDueShard}}
	}
	return []attribute{{attrDueAt, due}, {attrDueShard, text(sharded("due", id.Shard()))}}
}

// noticeAttributes are written together: a notice is replaced as a whole. Its empty members are
// in the list, too: they remove what an earlier notice has left, and with a lease or a count of
// before beside the new times, an event could be sent twice, or not at all.
func noticeAttributes(n payout.Notice) []attribute {
	return []attribute{
		{attrNotifyAt, moment(n.At)}, {attrFed, number(n.Fed)}, {attrTried, number(n.Tried)}, {attrOwed, numbers(n.Owed)},
		{attrFailures, number(n.Failures)}, {attrFresh, flag(n.Fresh)}, {attrNotifyToken, text(n.Lease.Token)}, {attrNotifyUntil, moment(n.Lease.Until)},
		{attrUnclear, moment(n.Unclear)},
	}
}

func encodeDestination(d payout.Destination) types.AttributeValue {
	i := item{}
	i.put("type", text(string(d.Type)))
	i.put("wallet", text(d.Wallet))
	i.put("account_id", text(d.AccountID))
	i.put("bank", text(d.Bank))
	i.put("account_number", text(d.AccountNumber))
	i.put("branch", text(d.Branch))
	i.put("city", text(d.City))
	i.put("province", text(d.Province))
	return nested(i)
}

func encodeBeneficiary(b payout.Beneficiary) types.AttributeValue {
	i := item{}
	i.put("id", text(b.ID))
	i.put("first_name", text(b.FirstName))
	i.put("last_name", text(b.LastName))
	i.put("email", text(b.Email))
	i.put("phone", text(b.Phone))
	i.put("ip_address", text(b.IPAddress))
	return nested(i)
}

// encodeFailure is nil for none.
func encodeFailure(f *payout.Failure) types.AttributeValue {
	if f == nil {
		return nil
	}
	i := item{}
	i.put(attrCode, text(string(f.Code)))
	i.put(attrProviderCode, text(f.ProviderCode))
	i.put(attrMessage, text(f.Message))
	return &types.AttributeValueMemberM{Value: i} // also when empty: a failure is a fact
}

// encodeReturn is nil for none. A return is a fact, too: it stays when its members are empty.
func encodeReturn(r *payout.Return) types.AttributeValue {
	if r == nil {
		return nil
	}
	i := item{}
	i.put(attrAt, moment(r.At))
	i.put(attrProviderCode, text(r.ProviderCode))
	i.put(attrMessage, text(r.Message))
	return &types.AttributeValueMemberM{Value: i}
}

// encodeProposal is nil for none. The zero proposal, which withdraws one, is therefore an absent
// attribute.
func encodeProposal(p payout.Proposal) types.AttributeValue {
	i := item{}
	i.put(attrAction, text(string(p.Action)))
	i.put(attrAs, text(string(p.As)))
	i.put(attrBy, text(string(p.By)))
	i.put(attrPerson, text(string(p.Person)))
	i.put(attrIdentity, text(string(p.Identity)))
	i.put(attrAt, moment(p.At))
	i.put(attrEvidence, text(p.Evidence))
	i.put(attrAttempt, number(int(p.Attempt)))
	i.put(attrEntries, number(p.Entries))
	return nested(i)
}

// keys is nil for none. No key of a claim, and no id, has a blank. Their order is kept, as a set
// would not keep it: the first of the similar ids are those that people want the payout beside.
func keys[K ~string](of []K) types.AttributeValue {
	words := make([]string, len(of))
	for n, key := range of {
		words[n] = string(key)
	}
	return text(strings.Join(words, " "))
}

// encodeHistory is nil for no entries, so that an empty history is absent.
func encodeHistory(entries ...payout.Entry) types.AttributeValue {
	if len(entries) == 0 {
		return nil
	}
	list := &types.AttributeValueMemberL{}
	for _, e := range entries {
		list.Value = append(list.Value, &types.AttributeValueMemberM{Value: encodeEntry(e)})
	}
	return list
}

// encodeEntry is one entry of the history. The hash of a body is kept beside the body: it stays
// when the body is too long, finds no room, or is redacted.
func encodeEntry(e payout.Entry) item {
	i := item{}
	i.put(attrAt, moment(e.At))
	i.put(attrSource, text(string(e.Source)))
	i.put(attrStatus, text(string(e.Status)))
	i.put(attrFinding, text(string(e.Finding)))
	i.put(attrCode, text(e.ProviderCode))
	i.put(attrMessage, text(e.Message))
	i.put(attrBy, text(string(e.By)))
	i.put(attrPerson, text(string(e.Proposer)))
	i.put(attrClaim, text(e.ClaimKey))
	i.put(attrEvidence, text(e.Evidence))
	i.put(attrRaw, blob(pack(e.Raw)))
	i.put(attrConfirmed, flag(e.Confirmed))
	i.put(attrRaised, words(e.Raised))
	i.put(attrCleared, words(e.Cleared))
	return i
}
