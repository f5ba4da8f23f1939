package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

func recipientItem(key payout.RecipientKey) item {
	return itemKey(recipientKeyPrefix+string(key), kindRecipient)
}

// listed is how a payout stands on its recipient's list: "ID@TIME", and "#TOKEN" for a fence.
func listed(u payout.Unsettled) string {
	member := string(u.ID) + "@" + stamp(u.At)
	if u.Token != "" {
		member += "#" + u.Token
	}
	return member
}

// NoteUnsettled implements payout.Recipients. The payout is on its list before the shared state
// says that lists are worth a look. Adding to a set needs no reading, and twice is once.
func (s *Store) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, keep, until time.Time) ([]payout.Unsettled, error) {
	list, err := s.growList(ctx, u, most, keep)
	if err != nil && !errors.Is(err, payout.ErrCrowded) {
		return nil, err
	}
	if !until.IsZero() {
		if failed := s.set(ctx, attrUnsettledUntil, moment(until)); failed != nil {
			return nil, failed
		}
	}
	return list, err
}

// growList adds to a list that has room, or has the payout already.
func (s *Store) growList(ctx context.Context, u payout.Unsettled, most int, keep time.Time) ([]payout.Unsettled, error) {
	then := &update{expression: newExpression()}
	then.set(attrSchema, count(SchemaVersion))
	then.set(attrExpiresAt, epoch(keep))
	then.grow(attrPayouts, set([]string{listed(u)}))
	when := &condition{expression: then.expression}
	name := when.name(attrPayouts)
	when.add("(attribute_not_exists(%s) OR size(%s) < %s OR contains(%s, %s))",
		name, name, when.value("most", count(most)), name, when.value("self", text(listed(u))))
	out, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: recipientItem(u.Key),
		UpdateExpression: pointer(then), ConditionExpression: pointer(when),
		ExpressionAttributeNames: then.names, ExpressionAttributeValues: then.values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if crowded, full := refused(err); full {
		list, err := readList(u.Key, newReader(crowded))
		return list, errors.Join(payout.ErrCrowded, err)
	}
	if err != nil {
		return nil, unclear("note an unsettled payout", err)
	}
	return readList(u.Key, newReader(out.Attributes))
}

// FindUnsettled implements payout.Recipients with one consistent read.
func (s *Store) FindUnsettled(ctx context.Context, key payout.RecipientKey) ([]payout.Unsettled, error) {
	r, err := s.fetch(ctx, recipientItem(key))
	if err != nil {
		return nil, fmt.Errorf("dynamo: find unsettled payouts: %w", err)
	}
	return readList(key, r)
}

// ForgetUnsettled implements payout.Recipients.
func (s *Store) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	var members []string
	for _, u := range settled {
		members = append(members, listed(u))
	}
	e := newExpression()
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: recipientItem(key),
		UpdateExpression:         aws.String("DELETE " + e.name(attrPayouts) + " " + e.value("settled", set(members))),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if err != nil {
		return unclear("forget settled payouts", err)
	}
	return nil
}

// readList reads a recipient's list, the oldest payouts first where their ids are equal.
func readList(key payout.RecipientKey, r *reader) ([]payout.Unsettled, error) {
	var list []payout.Unsettled
	for _, member := range r.set(attrPayouts) {
		id, rest, _ := strings.Cut(member, "@")
		at, token, _ := strings.Cut(rest, "#")
		created, err := time.Parse(timeFormat, at)
		if err != nil {
			r.fail(attrPayouts, errors.New("has a member without a time"))
		}
		list = append(list, payout.Unsettled{Key: key, ID: payout.ID(id), At: created, Token: token})
	}
	return list, r.failure()
}
