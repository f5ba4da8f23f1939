package dynamo

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/payout"
)

// attrOrphanOf is the payout id that a foreign claim names, if it has our format.
const attrOrphanOf = "payout_id"

const attrReceivedAt = "received_at"

// KeepOrphan implements payout.Store with one conditional put: the claim's key is
// the item's key, so a repetition is refused. Providers sign each retry anew, so the key is made
// of what is said and not of the bytes; see [payout.Claim.Key]. The place in the list has a random
// part. By that, a put of ours whose answer was lost is told from somebody else's: whoever keeps an
// orphan first calls people for it.
func (s *Store) KeepOrphan(ctx context.Context, o payout.Orphaned) (bool, error) {
	kept := encodeOrphan(o)
	_, err := s.api.PutItem(ctx, s.putIfAbsent(kept))
	if stored, repeated := refused(err); repeated {
		return newReader(stored).text(attrDayKey) == newReader(kept).text(attrDayKey), nil
	}
	if err != nil {
		return false, unclear("keep an orphan", err)
	}
	return true, nil
}

// DueOrphans implements payout.Orphans. Orphans have a partition of the due index of their
// own, so that no sweep takes them for payouts. What it lists may have been redacted a moment
// ago; the write finds that out.
func (s *Store) DueOrphans(ctx context.Context, until time.Time, limit int) ([]string, error) {
	rows, err := s.dueRows(ctx, orphanShard, until, limit)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, i := range rows {
		r := newReader(i)
		keys = append(keys, strings.TrimPrefix(r.text(attrPK), orphanKeyPrefix))
		if err := r.failure(); err != nil {
			return nil, fmt.Errorf("dynamo: list orphans that are due: %w", err)
		}
	}
	return keys, nil
}

// RedactOrphan implements payout.Orphans. The due time that it takes away is its condition, so a
// repeated write changes nothing, and one that is not there is not made. The reference and the
// provider's number stay, since nobody could ask the provider without them; so does the hash
// (decision 0020).
func (s *Store) RedactOrphan(ctx context.Context, key string, at time.Time) error {
	then := &update{expression: newExpression()}
	then.set(attrRedactedAt, moment(at))
	for _, name := range []string{attrMessage, attrRaw, attrDueAt, attrDueShard} {
		then.set(name, nil)
	}
	when := &condition{expression: then.expression}
	when.exists(attrDueAt)
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: itemKey(orphanKeyPrefix+key, kindOrphan),
		UpdateExpression: pointer(then), ConditionExpression: pointer(when),
		ExpressionAttributeNames: then.names, ExpressionAttributeValues: then.values,
	})
	if _, gone := refused(err); gone || err == nil {
		return nil
	}
	return unclear("redact an orphan", err)
}

// encodeOrphan is the whole item. It has no time to live: what was acknowledged to a provider is
// never deleted, only its texts go.
func encodeOrphan(o payout.Orphaned) item {
	i := item{
		attrPK: text(orphanKeyPrefix + o.Key), attrSK: text(kindOrphan), attrSchema: count(SchemaVersion),
	}
	i.put(attrOrphanOf, text(string(o.ID)))
	i.put(attrProvider, text(string(o.Provider)))
	i.put(attrReference, text(o.Reference))
	i.put(attrProviderID, text(o.ProviderID))
	i.put(attrFinding, text(string(o.Finding)))
	i.amount(o.Amount)
	i.put(attrCode, text(o.Code))
	i.put(attrMessage, text(o.Message))
	i.put(attrReceivedAt, moment(o.ReceivedAt))
	i.put(attrEvidence, text(o.Evidence))
	i.put(attrRaw, blob(pack(o.Raw)))
	i.put(attrRedactedAt, moment(o.RedactedAt))
	if !o.RedactAt.IsZero() {
		i[attrDueShard], i[attrDueAt] = text(orphanShard), moment(o.RedactAt)
	}
	i.put(attrDayShard, text(orphanShard))
	// Cursors hold this, so that nothing in it is made of the claim: whoever sees a masked number
	// would try it out.
	i.put(attrDayKey, text(sortKey(o.ReceivedAt, rand.Text())))
	return i
}

// decodeOrphan requires what every claim has. Its amount may be missing: not every claim states
// one.
func decodeOrphan(i item) (payout.Orphaned, error) {
	r := newReader(i)
	r.require(attrSchema, attrProvider, attrReceivedAt)
	o := payout.Orphaned{
		Key:        strings.TrimPrefix(r.text(attrPK), orphanKeyPrefix),
		ID:         payout.ID(r.text(attrOrphanOf)),
		Provider:   r.provider(),
		Reference:  r.text(attrReference),
		ProviderID: r.text(attrProviderID),
		Finding:    payout.Finding(r.text(attrFinding)),
		Amount:     r.amount(),
		Code:       r.text(attrCode),
		Message:    r.text(attrMessage),
		ReceivedAt: r.moment(attrReceivedAt),
		Evidence:   r.text(attrEvidence),
		Raw:        r.evidence(),
		RedactAt:   r.moment(attrDueAt),
		RedactedAt: r.moment(attrRedactedAt),
	}
	return o, r.failure()
}
