package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// Due implements payout.Store with one query of one partition. The index may be
// behind the items, which is why a row is only a hint until a step with its due
// time as guard goes through. The sweep takes a row up by moving its due time, under that guard,
// so of two sweeps one goes on.
func (s *Store) Due(ctx context.Context, shard int, until time.Time, limit int) ([]payout.Due, error) {
	rows, err := s.dueRows(ctx, sharded("due", shard), until, limit)
	if err != nil {
		return nil, err
	}
	var due []payout.Due
	for _, found := range rows {
		r := newReader(found)
		due = append(due, payout.Due{ID: r.id(), DueAt: r.dueTime()})
		if err := r.failure(); err != nil {
			return nil, fmt.Errorf("dynamo: list what is due: %w", err)
		}
	}
	return due, nil
}

// dueRows reads one partition of the index, as far as it is due. Oldest first, so that nothing
// waits behind what came later. One answer is enough: what it leaves out, for the limit or for
// DynamoDB's megabyte, is due still when the sweep asks again.
func (s *Store) dueRows(ctx context.Context, partition string, until time.Time, limit int) ([]map[string]types.AttributeValue, error) {
	when := &condition{expression: newExpression()}
	when.equal(attrDueShard, text(partition))
	when.add("%s <= %s", when.name(attrDueAt), when.value("until", text(stamp(until))))
	out, err := s.api.Query(ctx, &dynamodb.QueryInput{
		TableName:                 aws.String(s.table),
		IndexName:                 aws.String(dueIndex),
		KeyConditionExpression:    pointer(when),
		ExpressionAttributeNames:  when.names,
		ExpressionAttributeValues: when.values,
		Limit:                     aws.Int32(int32(max(limit, 1))),
	})
	if err != nil {
		return nil, fmt.Errorf("dynamo: list what is due: %w", err)
	}
	return out.Items, nil
}
