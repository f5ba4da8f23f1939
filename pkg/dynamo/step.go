package dynamo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// updateInput translates a step into one request. The conformance suite compares
// the translation with [payout.Guard.Holds] and [payout.Change.Apply], which are
// what a step means.
func updateInput(table string, s payout.Step) *dynamodb.UpdateItemInput {
	shared := newExpression()
	when := &condition{expression: shared}
	when.guard(s.When)
	then := &update{expression: shared}
	then.change(s.ID, s.Then)
	return &dynamodb.UpdateItemInput{
		TableName:                 aws.String(table),
		Key:                       payoutKey(s.ID),
		ConditionExpression:       pointer(when),
		UpdateExpression:          pointer(then),
		ExpressionAttributeNames:  shared.names,
		ExpressionAttributeValues: shared.values,
		// The item after the write, or the item that refused it, comes back in the
		// same answer: a read would be a second request, and might see a later state.
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// guard is [payout.Guard.Holds] in DynamoDB's words. Without its first term, an update of an
// absent item would make one: DynamoDB inserts what it does not find.
func (c *condition) guard(g payout.Guard) {
	c.exists(attrStatus) // an item without one says only that nothing was started; see [Store.TurnAway]
	c.oneOf(attrStatus, g.Statuses)
	c.asked(attrToken, text(g.Token))
	c.asked(attrVersion, number(g.Version))
	c.asked(attrDueAt, moment(g.DueAt))
	c.asked(attrSent, number(g.Sent))
	if g.Claimed != nil {
		c.claimed(*g.Claimed)
	}
	if g.Notice != nil {
		c.equal(attrNotifyToken, text(g.Notice.Token))
		c.equal(attrFresh, flag(g.Notice.Fresh))
		c.equal(attrNotifyAt, moment(g.Notice.At))
		c.equal(attrQueryAt, moment(g.Notice.QueryAt))
		// Otherwise the due time is a term already, under the same placeholder.
		if g.DueAt.IsZero() {
			c.equal(attrDueAt, moment(g.Notice.DueAt))
		}
	}
	// What was said of the payout, or waits for a person, has to be read before anything is
	// written. The plain fact must be there, too: a set without it may be as small and hold
	// doubts alone (decision 0017, "A write without a look").
	if g.Uncomplicated {
		c.absent(attrAttention)
		c.absent(attrInquiries)
		history := c.name(attrHistory)
		c.add("(attribute_not_exists(%s) OR size(%s) < %s)",
			history, history, c.value("limit", count(payout.UnreadEntries)))
		heard := c.name(attrHeard)
		c.add("contains(%s, %s)", heard, c.value("plain", text(string(payout.PlainFact))))
		c.add("size(%s) <= %s", heard, c.value("facts", count(payout.PlainFacts)))
	}
}

// oneOf asks for one of the statuses from which the transition table lets the payout come. None
// at all asks for nothing, as in every other field of a guard.
func (c *condition) oneOf(attribute string, statuses []payout.Status) {
	if len(statuses) == 0 {
		return
	}
	var placeholders []string
	for n, s := range statuses {
		label := fmt.Sprintf("old_%s_%d", attribute, n)
		// Not text(): an empty status must be compared, not left out.
		placeholders = append(placeholders, c.value(label, &types.AttributeValueMemberS{Value: string(s)}))
	}
	c.add("%s IN (%s)", c.name(attribute), strings.Join(placeholders, ", "))
}

// claimed compares what a claim says with what is stored, inside the write. There is no look
// before a callback's write, and neither provider's signature keeps its fields apart: even a
// verified claim may be about another payout than it seems.
func (c *condition) claimed(claim payout.Claimed) {
	c.equal(attrProvider, text(string(claim.Provider)))
	c.equal(attrAttempt, number(int(claim.Attempt)))
	// The first number that is heard of is taken; a second one under the same reference may be
	// another payment's, and has to be decided on.
	if claim.ProviderID != "" {
		stored := c.name(attrProviderID)
		c.add("(attribute_not_exists(%s) OR %s = %s)", stored, stored, c.value("old_"+attrProviderID, text(claim.ProviderID)))
	}
	if !claim.Amount.IsZero() {
		c.equal(attrAmount, number(claim.Amount.Minor()))
		c.equal(attrCurrency, text(string(claim.Amount.Currency())))
	}
	if claim.Description != nil {
		c.equal(attrDescription, text(*claim.Description))
	}
}

// change is [payout.Change.Apply] in DynamoDB's words. It reads nothing of the item, so it is
// right for whatever stands there when the guard holds.
func (u *update) change(id payout.ID, c payout.Change) {
	// A quiet change is of the notifier: it must not make a write about the money fail, which is
	// guarded by the version (decision 0011).
	if !c.Quiet {
		u.set(attrUpdatedAt, moment(c.At))
		u.raise(attrVersion)
	}
	if c.Status != "" {
		u.enter(c)
	}
	u.asserted(attrProviderID, text(c.ProviderID))
	u.asserted(attrFailure, encodeFailure(c.Failure))
	u.asserted(attrReturn, encodeReturn(c.Return))
	if c.SimilarTo != "" {
		u.set(attrSimilarTo, text(string(c.SimilarTo)))
		u.set(attrSimilarBy, text(string(c.SimilarBy)))
	}
	if c.Similar != nil {
		u.set(attrSimilar, keys(c.Similar))
	}
	if c.Beside != nil {
		u.set(attrBeside, number(*c.Beside))
	}
	// Facts are added to others that the writer may not know. The two maps are written whole, by
	// somebody who has read them and guards the version.
	u.grow(attrHeard, set(c.Heard))
	u.asserted(attrAnswered, encodeAnswered(c.Answered))
	u.asserted(attrInquiries, encodeInquiries(c.Inquiries))
	u.queued(c)
	if c.Redaction != nil {
		u.redact(c)
	} else if c.Entry != nil {
		u.extend(attrHistory, encodeHistory(*c.Entry))
	}
	if c.Taken {
		u.raise(attrTaken)
	}
	if c.Dropped {
		u.raise(attrDropped)
	}
	if c.Unwritten != nil {
		u.set(attrUnwritten, keys(c.Unwritten))
	}
	if c.Attention != nil {
		u.setAll(attentionAttributes(id, *c.Attention))
	}
	u.proposal(c)
	u.schedule(id, c)
}

// queued says what a queued payout waits for; every other status clears it. A reason that stayed
// behind would tell people that a payout waits which may be on its way.
func (u *update) queued(c payout.Change) {
	switch {
	case c.QueuedReason != "":
		u.set(attrQueued, text(string(c.QueuedReason)))
	case c.Status != "":
		u.set(attrQueued, nil)
	}
}

// enter is what every new status brings with it.
func (u *update) enter(c payout.Change) {
	u.set(attrStatus, text(string(c.Status)))
	u.set(attrStatusAt, moment(c.At))
	// What becomes unknown owes its recipient's list an entry. Schedule writes the same attribute
	// for what is owed or noted, and one update must not name it twice.
	if c.Status == payout.Unknown && !c.Noted && !c.Owed {
		u.set(attrOwesList, flag(true))
	}
	if c.Status.Final() {
		u.set(attrCompletedAt, moment(c.At))
	}
	if c.NewAttempt {
		u.anew(c)
	}
}

// anew raises the attempt and clears what the ended one left behind, except what
// the change itself sets. What the change sets is left out here, because one update cannot both
// remove and set an attribute. The history keeps what came of the ended attempt.
func (u *update) anew(c payout.Change) {
	u.raise(attrAttempt)
	if c.AskedAt.IsZero() {
		u.set(attrAskedAt, nil)
	}
	if c.AnsweredAt.IsZero() {
		u.set(attrAnsweredAt, nil)
	}
	if c.ProviderID == "" {
		u.set(attrProviderID, nil)
	}
	if c.Failure == nil {
		u.set(attrFailure, nil)
	}
	if !c.Status.Final() {
		u.set(attrCompletedAt, nil)
	}
}

// redact replaces the parts that hold personal data. The new entry, if there is
// one, is written with the history: one expression cannot do both to one list. Only attributes
// that hold personal data are named, so what an earlier or later version keeps beside them is not
// touched.
func (u *update) redact(c payout.Change) {
	history := c.Redaction.History
	if c.Entry != nil {
		history = append(slices.Clip(history), *c.Entry)
	}
	u.set(attrDestination, encodeDestination(c.Redaction.Destination))
	u.set(attrBeneficiary, encodeBeneficiary(c.Redaction.Beneficiary))
	u.set(attrHistory, encodeHistory(history...))
	u.set(attrDescription, nil)
	u.set(attrMetadata, nil)
	u.set(attrFingerprint, text(string(c.Redaction.Fingerprint)))
	u.set(attrRecipient, text(string(c.Redaction.Recipient)))
	u.set(attrFailure, encodeFailure(c.Redaction.Failure))
	u.set(attrReturn, encodeReturn(c.Redaction.Return))
	u.set(attrRedactedAt, moment(c.Redaction.At))
}

// proposal keeps or withdraws an order that waits; every change of status
// withdraws it. Both people confirm one state (decision 0008), so an order of before must not be
// completed by somebody who sees another one.
func (u *update) proposal(c payout.Change) {
	switch {
	case c.Proposal != nil:
		u.set(attrProposal, encodeProposal(*c.Proposal))
	case c.Status != "":
		u.set(attrProposal, nil)
	}
}

// asserted is set for fields whose empty value changes nothing. Such a change cannot take the
// value away; only a new attempt and a redaction do, by set.
func (u *update) asserted(attribute string, v types.AttributeValue) {
	if v != nil {
		u.set(attribute, v)
	}
}

// schedule writes the rights and the times: who may submit, when the provider is asked, what the
// merchant was told, and the due time, which moves the index row with it.
func (u *update) schedule(id payout.ID, c payout.Change) {
	if c.Lease != nil {
		u.set(attrToken, text(c.Lease.Token))
		u.set(attrLeaseUntil, moment(c.Lease.Until))
	}
	if c.Sent != nil {
		u.set(attrSent, number(*c.Sent))
	}
	u.asserted(attrSubmittedAt, moment(c.SubmittedAt))
	if c.QueryAt != nil {
		u.set(attrQueryAt, moment(*c.QueryAt))
	}
	if c.Notice != nil {
		u.setAll(noticeAttributes(*c.Notice))
	}
	// Fresh is what the table's stream wakes notify-merchant up for, so it goes with every new
	// time.
	if c.NotifyAt != nil {
		u.set(attrNotifyAt, moment(*c.NotifyAt))
		u.set(attrFresh, flag(true))
	}
	if c.DueAt != nil {
		u.setAll(dueAttributes(id, moment(*c.DueAt)))
	}
	if c.Polls != nil {
		u.set(attrPolls, number(*c.Polls))
	}
	if c.Turn != nil {
		u.set(attrTurn, number(*c.Turn))
	}
	u.asserted(attrAskedAt, moment(c.AskedAt))
	u.asserted(attrAnsweredAt, moment(c.AnsweredAt))
	u.asserted(attrSpokenAt, moment(c.SpokenAt))
	// The list was written first: then nothing is owed any more, whatever made it owed.
	if c.Owed && !c.Noted {
		u.set(attrOwesList, flag(true))
	}
	if c.Noted {
		u.set(attrOwesList, nil)
	}
}
