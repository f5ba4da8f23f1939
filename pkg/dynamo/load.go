package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// loads bounds the reads of one page. One answer carries at most 16 MB, so a
// hundred of the largest items need three of them; the rest is for throttling. What is not loaded
// by then, some thirteen seconds later, is an error.
const loads = 8

// firstPause is the wait before the second read; each later one is twice as long.
const firstPause = 50 * time.Millisecond

// errIncomplete fails the list instead of shortening it; the caller asks for the same page again.
var errIncomplete = errors.New("dynamo: the table kept handing back only part of a page")

// load reads the items of the rows, in the order of the rows. A row whose item is
// gone is skipped: an index may be a moment behind. A row that could not be read
// is an error, because a list with silent gaps would hide a payout.
func (s *Store) load(ctx context.Context, rows []row) ([]item, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	found, err := s.batch(ctx, rows)
	if err != nil {
		return nil, fmt.Errorf("dynamo: load a page: %w", err)
	}
	var items []item
	for _, r := range rows {
		if i, there := found[keyOf(r.key)]; there {
			items = append(items, i)
		}
	}
	return items, nil
}

// batch reads the items of up to a page of keys, which is also DynamoDB's limit for one request.
// What an answer left out, for its size or for want of capacity, is asked for again.
func (s *Store) batch(ctx context.Context, rows []row) (map[string]item, error) {
	open := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, r := range rows {
		open.Keys = append(open.Keys, r.key)
	}
	found := make(map[string]item, len(rows))
	for pause := firstPause; pause < firstPause<<loads; pause *= 2 {
		out, err := s.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{s.table: open},
		})
		if err != nil {
			return nil, err
		}
		for _, i := range out.Responses[s.table] {
			found[keyOf(i)] = i
		}
		// It has the form of a request, with the consistent read that was asked for.
		open = out.UnprocessedKeys[s.table]
		if len(open.Keys) == 0 {
			return found, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
	return nil, errIncomplete
}

// keyOf is an item's key as one text. A batch comes in any order and without what is not there,
// so the items are matched by it.
func keyOf(i item) string {
	r := newReader(i)
	return r.text(attrPK) + " " + r.text(attrSK)
}
