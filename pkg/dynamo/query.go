package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"cambodia-payouts/pkg/cursor"
	"cambodia-payouts/pkg/payout"
)

// parallel bounds how many partitions of a list are asked at once.
const parallel = 4

// pageLimit is the most rows of a page, and what one BatchGetItem can load.
const pageLimit = payout.LongestPage

// listing is one list: the same sort order in one or more partitions of an index. The order has
// to be total: a page ends behind one row, so no two rows may have one sort key.
type listing struct {
	name          string // what its cursors are bound to
	index         string
	partitionAttr string
	sortAttr      string
	partitions    []string
	newestFirst   bool
}

// row is what an index knows: the key of an item and its place in the list.
type row struct {
	key  item
	sort string
}

// rows returns the keys of one page in order, and the cursor of the next page if
// there is one. The rows of every partition follow one order, so the place of the
// last row is all that has to be remembered, whatever is inserted meanwhile.
func (s *Store) rows(ctx context.Context, l listing, q payout.PageQuery) ([]row, string, error) {
	start, err := cursor.Key(l.name, q.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := min(max(q.Limit, 1), pageLimit)
	merged, err := s.merge(ctx, l, start, limit+1) // one more shows whether the list goes on
	if err != nil || len(merged) <= limit {
		return merged, "", err
	}
	page := merged[:limit]
	next, err := cursor.After(l.name, page[limit-1].sort)
	return page, next, err
}

// merge asks every partition for as many rows as the whole page may need. They may all stand in
// one of them, and what is read in vain is keys alone.
func (s *Store) merge(ctx context.Context, l listing, start string, limit int) ([]row, error) {
	parts := make([][]row, len(l.partitions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for n, partition := range l.partitions {
		group.Go(func() (err error) {
			parts[n], err = s.partition(ctx, l, partition, start, limit)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("dynamo: list %s: %w", l.name, err)
	}
	merged := slices.Concat(parts...)
	slices.SortFunc(merged, func(a, b row) int {
		if l.newestFirst {
			a, b = b, a
		}
		return cmp.Compare(a.sort, b.sort)
	})
	return merged[:min(limit, len(merged))], nil
}

// partition reads the first rows of one partition behind the start. An answer may
// be cut short by its size; the paginator goes on until the limit or the end.
func (s *Store) partition(ctx context.Context, l listing, partition, start string, limit int) ([]row, error) {
	var rows []row
	pages := dynamodb.NewQueryPaginator(s.api, s.queryInput(l, partition, start, limit))
	for pages.HasMorePages() && len(rows) < limit {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, found := range page.Items {
			r := newReader(found)
			r.require(attrPK, attrSK, l.sortAttr)
			rows = append(rows, row{
				key: item{attrPK: found[attrPK], attrSK: found[attrSK]}, sort: r.text(l.sortAttr),
			})
			if err := r.failure(); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

// queryInput reads strictly behind the start, which is the row that the last page has shown. The
// filters of a list are not in it: an index has keys only, and DynamoDB applies its limit before
// a filter.
func (s *Store) queryInput(l listing, partition, start string, limit int) *dynamodb.QueryInput {
	when := &condition{expression: newExpression()}
	when.equal(l.partitionAttr, text(partition))
	if start != "" {
		beyond := ">"
		if l.newestFirst {
			beyond = "<"
		}
		when.add("%s %s %s", when.name(l.sortAttr), beyond, when.value("after", text(start)))
	}
	return &dynamodb.QueryInput{
		TableName:                 aws.String(s.table),
		IndexName:                 aws.String(l.index),
		KeyConditionExpression:    pointer(when),
		ExpressionAttributeNames:  when.names,
		ExpressionAttributeValues: when.values,
		ScanIndexForward:          aws.Bool(!l.newestFirst),
		Limit:                     aws.Int32(int32(limit)),
	}
}
