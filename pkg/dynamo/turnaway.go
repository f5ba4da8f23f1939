package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// attrTurnedAway is all that an item at a payout's key has besides its keys while there is no
// payout: up to when requests are turned away. A payout that is stored takes its place whole.
// Without a status it is no payout to any guard, and without keys of the indexes it is in no
// list.
const attrTurnedAway = "turned_away"

// turnedAwayFor is how long that is remembered, much longer than a request can be running. It is
// the marker alone that DynamoDB deletes by it: the payout that replaces it has no such
// attribute.
const turnedAwayFor = 24 * time.Hour

// isTurnedAway tells the marker from a payout, which never has the attribute.
func isTurnedAway(i item) bool {
	_, there := i[attrTurnedAway]
	return there
}

// TurnAway implements payout.Store with one UpdateItem. The time only grows. The caller may say
// "not started" when it returns nil, and not before: of an insert and a turning away, one wins
// (decision 0026).
func (s *Store) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	u := &update{expression: newExpression()}
	u.set(attrSchema, count(SchemaVersion))
	u.set(attrTurnedAway, moment(until))
	u.set(attrExpiresAt, epoch(until.Add(turnedAwayFor)))
	when := &condition{expression: u.expression}
	// Where a payout stands, the refusal brings it, and the caller answers from it.
	when.absent(attrStatus)
	turned := when.name(attrTurnedAway)
	when.add("(attribute_not_exists(%s) OR %s < %s)", turned, turned, when.value("new_"+attrTurnedAway, moment(until)))
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: payoutKey(id),
		UpdateExpression: pointer(u), ConditionExpression: pointer(when),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	// A later time turns the same requests away and more. It may also be our own earlier try.
	if stored, was := refused(err); was && isTurnedAway(stored) {
		return nil // up to then, or later
	}
	if err != nil {
		return writeError("turn away from "+string(id), err)
	}
	return nil
}
