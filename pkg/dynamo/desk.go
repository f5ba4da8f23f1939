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

// Kinds of items that are not payouts.
const (
	kindBoard     = "board"
	kindUnsettled = "unsettled"
	kindReport    = "report"
)

const (
	unsettledKeyPrefix = "unsettled#"
	reportKeyPrefix    = "report#"
	pausePrefix        = "pause_" // and the provider's name: one attribute each

	attrUnsettledUntil = "unsettled_until"
	attrPayoutID       = "payout_id"
	attrReport         = "report"
	attrWhy            = "why"
	attrSince          = "since"
	attrUntil          = "until"
)

func itemKey(pk, kind string) item { return item{attrPK: text(pk), attrSK: text(kind)} }

// Board implements payout.Desk with one consistent read.
func (s *Store) Board(ctx context.Context) (payout.Board, error) {
	r, err := s.fetch(ctx, itemKey(kindBoard, kindBoard))
	if err != nil {
		return payout.Board{}, fmt.Errorf("dynamo: read the board: %w", err)
	}
	board := payout.Board{Pauses: map[payout.Provider]payout.Pause{}, UnsettledUntil: r.moment(attrUnsettledUntil)}
	for _, p := range payout.Pausable {
		if pause := r.child(pausePrefix + string(p)); pause != nil {
			board.Pauses[p] = payout.Pause{
				Provider: p, Why: pause.text(attrWhy), Since: pause.moment(attrSince), Until: pause.moment(attrUntil),
			}
		}
	}
	return board, r.failure()
}

// fetch reads an item; an absent one is read as empty.
func (s *Store) fetch(ctx context.Context, key item) (*reader, error) {
	out, err := s.api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.table), Key: key, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return newReader(out.Item), nil
}

// PinPause implements payout.Desk.
func (s *Store) PinPause(ctx context.Context, p payout.Pause) error {
	i := item{}
	i.put(attrWhy, text(p.Why))
	i.put(attrSince, moment(p.Since))
	i.put(attrUntil, moment(p.Until))
	return s.pin(ctx, pausePrefix+string(p.Provider), nested(i))
}

// pin sets one attribute of the board.
func (s *Store) pin(ctx context.Context, name string, v types.AttributeValue) error {
	u := &update{expression: newExpression()}
	u.set(attrSchema, count(schemaVersion))
	u.set(name, v)
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: itemKey(kindBoard, kindBoard), UpdateExpression: pointer(u),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	if err != nil {
		return unclear("pin to the board", err)
	}
	return nil
}

// PinUnsettled implements payout.Desk. The payout is stored before the board says
// that it is worth looking.
func (s *Store) PinUnsettled(ctx context.Context, u payout.Unsettled, until time.Time) error {
	i := itemKey(unsettledKeyPrefix+string(u.Key), kindUnsettled)
	i.put(attrSchema, count(schemaVersion))
	i.put(attrPayoutID, text(string(u.ID)))
	i.put(attrAt, moment(u.At))
	if _, err := s.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table), Item: i}); err != nil {
		return unclear("pin an unsettled payout", err)
	}
	return s.pin(ctx, attrUnsettledUntil, moment(until))
}

// FindUnsettled implements payout.Desk.
func (s *Store) FindUnsettled(ctx context.Context, key payout.RecipientKey) (payout.Unsettled, error) {
	r, err := s.fetch(ctx, itemKey(unsettledKeyPrefix+string(key), kindUnsettled))
	if err != nil {
		return payout.Unsettled{}, fmt.Errorf("dynamo: find an unsettled payout: %w", err)
	}
	if !r.has(attrPayoutID) {
		return payout.Unsettled{}, payout.ErrNotFound
	}
	return payout.Unsettled{Key: key, ID: payout.ID(r.text(attrPayoutID)), At: r.moment(attrAt)}, r.failure()
}

// KeepReport implements payout.Archive; a report that is there already stays.
func (s *Store) KeepReport(ctx context.Context, hash string, report []byte) error {
	i := itemKey(reportKeyPrefix+hash, kindReport)
	i.put(attrSchema, count(schemaVersion))
	i.put(attrReport, blob(pack(report)))
	_, err := s.api.PutItem(ctx, s.putIfAbsent(i))
	if _, there := refused(err); there || err == nil {
		return nil
	}
	return unclear("keep a report", err)
}

// FindReport implements payout.Archive.
func (s *Store) FindReport(ctx context.Context, hash string) ([]byte, error) {
	r, err := s.fetch(ctx, itemKey(reportKeyPrefix+hash, kindReport))
	if err != nil {
		return nil, fmt.Errorf("dynamo: find a report: %w", err)
	}
	if !r.has(attrReport) {
		return nil, payout.ErrNotFound
	}
	report, err := unpack(r.blob(attrReport))
	if err != nil {
		return nil, fmt.Errorf("dynamo: find a report: %w", err)
	}
	return report, nil
}
