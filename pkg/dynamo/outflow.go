package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// The buckets of the outflow brake stand in the shared state's partition, behind the changes of the
// controls: "board" < "change#" < "outflow#" < "proposal". So a glance at the shared state, which
// reads two items from its beginning, reads none of them but where there is nothing else.
const (
	outflowPrefix = "outflow#"
	// behindTimes sorts after every time.
	behindTimes = "~"

	attrStart = "start"
	attrMinor = "minor"
)

// outflowKey begins the sort keys of one provider and currency. The time of the bucket follows,
// then the version of the controls, which tells what was counted before a release from what came
// after it.
func outflowKey(p payout.Provider, of money.Currency) string {
	return outflowPrefix + string(p) + "#" + string(of) + "#"
}

// CountOutflow implements payout.Coordination. Adding needs no reading, so that processes that count
// at one moment lose nothing; a repeated write counts twice. That is the side to err on: nobody
// may be able to bring about a count that is too low (decision 0025).
func (s *Store) CountOutflow(ctx context.Context, b payout.OutflowBucket, until time.Time) error {
	u := &update{expression: newExpression()}
	u.set(attrSchema, count(SchemaVersion))
	u.set(attrStart, moment(b.Start))
	u.set(attrVersion, count(b.Version))
	u.set(attrExpiresAt, epoch(until))
	u.grow(attrMinor, count(b.Minor))
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), UpdateExpression: pointer(u),
		Key:                      itemKey(kindBoard, fmt.Sprintf("%s%s#%09d", outflowKey(b.Provider, b.Currency), stamp(b.Start), b.Version)),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	if err != nil {
		return unclear("count what was submitted", err)
	}
	return nil
}

// OutflowSince implements payout.Coordination with one query, as a rule: an hour has thirteen buckets,
// and one more for each change of the controls. Here all answers of DynamoDB's are read: a bucket
// that is left out would be money that nobody counts.
func (s *Store) OutflowSince(ctx context.Context, p payout.Provider, of money.Currency, since time.Time) ([]payout.OutflowBucket, error) {
	key, e := outflowKey(p, of), newExpression()
	// The upper end keeps other providers and currencies out, and what stands behind the buckets.
	condition := fmt.Sprintf("%s = %s AND %s BETWEEN %s AND %s", e.name(attrPK), e.value("board", text(kindBoard)),
		e.name(attrSK), e.value("from", text(key+stamp(since))), e.value("to", text(key+behindTimes)))
	query := &dynamodb.QueryInput{
		TableName: aws.String(s.table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String(condition), ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
	var all []payout.OutflowBucket
	for {
		out, err := s.api.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("dynamo: read what was submitted: %w", err)
		}
		for _, i := range out.Items {
			r := newReader(i)
			all = append(all, payout.OutflowBucket{
				Provider: p, Currency: of, Start: r.moment(attrStart), Version: int(r.number(attrVersion)), Minor: r.number(attrMinor),
			})
			if err := r.failure(); err != nil {
				return nil, fmt.Errorf("dynamo: read what was submitted: %w", err)
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return all, nil
		}
		query.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
