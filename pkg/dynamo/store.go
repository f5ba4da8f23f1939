package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"cambodia-payouts/pkg/payout"
)

// API is what the store uses of the SDK's DynamoDB client. There is no delete and
// no scan in it, and the functions' roles allow neither.
type API interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

var _ payout.Store = (*Store)(nil)

// Store is a payout.Store on one table. All that it remembers is where the feed
// ended when it last looked; the SDK's retries may be on or off, since a write that
// arrives twice is refused the second time and shows the caller's own token.
type Store struct {
	api   API
	table string

	mu    sync.Mutex
	tails [payout.Shards]int64
}

// New returns a store on a table that was made like [TableSchema].
func New(api API, table string) *Store { return &Store{api: api, table: table} }

// sleep waits, unless the caller goes first: an invocation that is over must not wait on.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Insert implements payout.Store with one PutItem. An item that has only turned requests away
// gives way to a request that arrived later (decision 0026). A payout has no such attribute, and
// a comparison with an absent one is false, so a payout is never replaced.
func (s *Store) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	when := &condition{expression: newExpression()}
	when.add("(attribute_not_exists(%s) OR %s < %s)", when.name(attrPK),
		when.name(attrTurnedAway), when.value("arrived", moment(arrived)))
	// A put, because it takes the marker's place as a whole. An update would keep the marker's
	// time to live, and DynamoDB would delete the payout a day later.
	put := s.putIf(encodePayout(p), when)
	put.ExpressionAttributeValues = when.values
	_, err := s.api.PutItem(ctx, put)
	if stored, was := refused(err); was && isTurnedAway(stored) {
		return payout.ErrTurnedAway
	}
	if err != nil {
		return writeError("insert "+string(p.ID), err)
	}
	return nil
}

// putIfAbsent is a put that refuses to replace anything, and shows what is there.
func (s *Store) putIfAbsent(i item) *dynamodb.PutItemInput {
	when := &condition{expression: newExpression()}
	when.absent(attrPK)
	return s.putIf(i, when)
}

// putIf asks for the item that refuses it: whoever is refused learns in the same request what is
// stored, and whether it is his own earlier try.
func (s *Store) putIf(i item, when *condition) *dynamodb.PutItemInput {
	return &dynamodb.PutItemInput{
		TableName:                           aws.String(s.table),
		Item:                                i,
		ConditionExpression:                 pointer(when),
		ExpressionAttributeNames:            when.names,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// Apply implements payout.Store with one UpdateItem. Only a step that would make
// the item too large takes a second one, without the evidence; see the package
// comment.
func (s *Store) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	doing := "apply to " + string(step.ID)
	out, err := s.api.UpdateItem(ctx, updateInput(s.table, step))
	if tooLarge(err) && step.Then.Entry != nil {
		out, err = s.api.UpdateItem(ctx, updateInput(s.table, withoutRaw(step)))
	}
	if err != nil {
		return payout.Payout{}, writeError(doing, err)
	}
	// The write has been made. Unclear has the caller read again, which an error that sounds like
	// "not written" would not.
	after, err := decodePayout(out.Attributes)
	if err != nil {
		return payout.Payout{}, fmt.Errorf("dynamo: %s: %w: applied, but unreadable: %w", doing, payout.ErrUnclear, err)
	}
	return after, nil
}

// withoutRaw keeps the hash of the evidence and leaves the bytes out.
func withoutRaw(step payout.Step) payout.Step {
	bare := *step.Then.Entry
	bare.Raw = nil
	step.Then.Entry = &bare
	return step
}

// Get implements payout.Store with one consistent read. An eventually consistent one could miss
// an insert that was acknowledged, and a create would be told that nothing was started. An item
// that only turns requests away is no payout.
func (s *Store) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	out, err := s.api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.table), Key: payoutKey(id), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return payout.Payout{}, fmt.Errorf("dynamo: get %s: %w", id, throttled(err))
	}
	if len(out.Item) == 0 || isTurnedAway(out.Item) {
		return payout.Payout{}, payout.ErrNotFound
	}
	p, err := decodePayout(out.Item)
	if err != nil {
		return payout.Payout{}, fmt.Errorf("dynamo: get %s: %w", id, err)
	}
	return p, nil
}

// writeError says what an error means for a write to a payout. Only a false
// condition is certain. Everything else, a throttle and a validation error
// included, is unclear: an earlier try of the SDK's may have arrived. Whoever takes such an error
// for "not written" may submit a second time, or tell a client that he can pay under another
// reference.
func writeError(doing string, err error) error {
	stored, was := refused(err)
	if !was {
		return unclear(doing, err)
	}
	if len(stored) == 0 || isTurnedAway(stored) {
		return &payout.Refused{}
	}
	current, err := decodePayout(stored)
	if err != nil {
		return unclear(doing+", refused by an unreadable item", err)
	}
	return &payout.Refused{Current: &current}
}

// unclear is the error of a write that may have been made, also for what is no payout. It keeps
// the cause for the log.
func unclear(doing string, err error) error {
	return fmt.Errorf("dynamo: %s: %w: %w", doing, payout.ErrUnclear, throttled(err))
}

// throttles are the codes by which DynamoDB, or a key of KMS behind it, turns requests away
// because there are too many.
var throttles = []string{"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}

// throttled marks the error of a request that was turned away for that. It is told apart because
// whoever has seen a genuine callback can bring it about, by posting it again and again: it must
// page nobody and send no version back (decision 0023).
func throttled(err error) error {
	var refusal smithy.APIError
	if errors.As(err, &refusal) && slices.Contains(throttles, refusal.ErrorCode()) {
		return fmt.Errorf("%w: %w", payout.ErrThrottled, err)
	}
	return err
}

// refused tells whether the condition was false, and what made it so. The item is empty if there
// is none at the key, or if the request did not ask for it.
func refused(err error) (item, bool) {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return nil, false
	}
	return failed.Item, true
}

// tooLarge recognises the item size limit. DynamoDB has no error code for it, only
// this sentence of a ValidationException; if the sentence ever changes, the write
// is unclear, as any other.
func tooLarge(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && refusal.ErrorCode() == "ValidationException" &&
		strings.Contains(refusal.ErrorMessage(), "exceeded the maximum allowed size")
}
