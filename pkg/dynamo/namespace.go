package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// kindNamespace is both keys and the one attribute of the marker item. It is no payout id, so
// that no payout ever stands at it.
const kindNamespace = "namespace"

// BindNamespace implements payout.Store. The first write to a table decides; all
// later ones are refused and compare what the refusal shows, so that binding at
// every start writes nothing and sets off no stream. Ids and provider references are derived in
// the namespace (decision 0001): under another one, the same reference would be another payout,
// and would be paid again. So a mismatch stops the start.
func (s *Store) BindNamespace(ctx context.Context, ns payout.Namespace) error {
	const doing = "bind the namespace"
	_, err := s.api.PutItem(ctx, s.putIfAbsent(item{
		attrPK: text(kindNamespace), attrSK: text(kindNamespace), attrSchema: count(SchemaVersion),
		kindNamespace: &types.AttributeValueMemberS{Value: string(ns)},
	}))
	if err == nil {
		return nil
	}
	marker, bound := refused(err)
	if !bound {
		return unclear(doing, err)
	}
	// A marker that cannot be read is unclear, and no mismatch: nobody has seen another
	// namespace.
	r := newReader(marker)
	r.require(kindNamespace)
	stored := payout.Namespace(r.text(kindNamespace))
	if err := r.failure(); err != nil {
		return unclear(doing, err)
	}
	if stored != ns {
		return fmt.Errorf("%w: %q, not %q", payout.ErrNamespace, stored, ns)
	}
	return nil
}
