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

// recipientItem is the key of a list. The recipient's key is an HMAC under the stack's key, so
// the table does not show whose list it is (decision 0020).
func recipientItem(key payout.RecipientKey) item {
	return itemKey(recipientKeyPrefix+string(key), kindRecipient)
}

// listed is how a payout stands on its recipient's list: "ID@TIME", and "#TOKEN" for a fence. The
// text has the entry in it as a whole, because DynamoDB takes members out of a set by their
// value: whoever takes his own entry off names it in full, and takes off nobody else's (decision
// 0017).
func listed(u payout.Unsettled) string {
	member := string(u.ID) + "@" + stamp(u.At)
	if u.Token != "" {
		member += "#" + u.Token
	}
	return member
}

// NoteUnsettled implements payout.Recipients. The payout is on its list before the shared state
// says that lists are worth a look. So whoever is sent to look by the shared state finds it
// there. Adding to a set needs no reading, and twice is once. A crowded list is worth a look as
// well, so the shared state is written for it, too.
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

// growList adds to a list that has room, or has the payout already. The whole list comes back
// with the write that adds to it: of two creates at one moment, the second one to be added sees
// the first, which a reading before or after would not guarantee. DynamoDB counts and adds in one
// step, so the limit holds however many add at once.
func (s *Store) growList(ctx context.Context, u payout.Unsettled, most int, keep time.Time) ([]payout.Unsettled, error) {
	then := &update{expression: newExpression()}
	then.set(attrSchema, count(SchemaVersion))
	then.set(attrExpiresAt, epoch(keep))
	then.grow(attrPayouts, set([]string{listed(u)}))
	when := &condition{expression: then.expression}
	name := when.name(attrPayouts)
	// What is on the list already is no more on it than before, and its note still keeps the list
	// longer.
	when.add("(attribute_not_exists(%s) OR size(%s) < %s OR contains(%s, %s))",
		name, name, when.value("most", count(most)), name, when.value("self", text(listed(u))))
	out, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: recipientItem(u.Key),
		UpdateExpression: pointer(then), ConditionExpression: pointer(when),
		ExpressionAttributeNames: then.names, ExpressionAttributeValues: then.values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	// The list comes even so: people are shown all of it, and order beside it.
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

// ForgetUnsettled implements payout.Recipients. It has no condition and leaves the list's time to
// live alone: an entry that is gone already is no error, and a list with less on it needs to stay
// no longer. There must be at least one entry, since DynamoDB knows no empty set.
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

// readList reads a recipient's list, the oldest payouts first where their ids are equal. A member
// that has no time is an error: dropped, it would hide a payout of the same money.
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
