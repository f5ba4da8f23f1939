package dynamo

import (
	"context"
	"strings"

	"cambodia-payouts/pkg/payout"
)

// attrOrphanOf is the payout id that a foreign claim names, if it has our format.
const attrOrphanOf = "payout_id"

const attrReceivedAt = "received_at"

// KeepOrphan implements payout.Store with one conditional put: the claim's key is
// the item's key, so a repetition is refused.
func (s *Store) KeepOrphan(ctx context.Context, o payout.Orphaned) (bool, error) {
	_, err := s.api.PutItem(ctx, s.putIfAbsent(encodeOrphan(o)))
	if _, repeated := refused(err); repeated {
		return false, nil
	}
	if err != nil {
		return false, unclear("keep an orphan", err)
	}
	return true, nil
}

func encodeOrphan(o payout.Orphaned) item {
	i := item{
		attrPK: text(orphanKeyPrefix + o.Key), attrSK: text(kindOrphan), attrSchema: count(schemaVersion),
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
	i.put(attrDayShard, text(orphanShard))
	i.put(attrDayKey, text(sortKey(o.ReceivedAt, o.Key)))
	return i
}

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
	}
	return o, r.failure()
}
