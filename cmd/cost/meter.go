package main

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/dynamo"
)

// phase is what a request is made for; the context carries it.
type phase string

type phaseKey struct{}

// during marks every request that is made under a context as one of the phase.
func during(ctx context.Context, p phase) context.Context {
	return context.WithValue(ctx, phaseKey{}, p)
}

// units are what a phase used. Reads are in half units: an eventually consistent
// one costs half. Whole numbers throughout: a sum of fractions of a unit would differ in the last
// digit from run to run.
type units struct {
	requests, writes, halfReads int64
	largest                     int // bytes of the largest item written
}

// meter is the table, counting. It stands between the store and the SDK's client, so that it
// counts what the store asks for. What the SDK repeats by itself is not seen.
type meter struct {
	dynamo.API
	mu   sync.Mutex
	used map[phase]*units
}

// note charges one request to the phase of its context.
func (m *meter) note(ctx context.Context, add func(*units)) {
	p, _ := ctx.Value(phaseKey{}).(phase)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used[p] == nil {
		m.used[p] = &units{}
	}
	m.used[p].requests++
	add(m.used[p])
}

type attributes = map[string]types.AttributeValue

// PutItem counts a put. A put that is refused costs what it would have written. The indexes cost
// nothing then.
func (m *meter) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	defer inTurn(ctx)()
	out, err := m.API.PutItem(ctx, in, o...)
	m.note(ctx, func(u *units) { u.wrote(nil, in.Item, err == nil) })
	return out, err
}

// UpdateItem looks at the item before and after. Its price follows the larger of the two, which
// the answer alone would not tell. The two readings are the meter's own and cost nobody.
func (m *meter) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	defer inTurn(ctx)()
	before := m.stored(ctx, in)
	out, err := m.API.UpdateItem(ctx, in, o...)
	after := m.stored(ctx, in)
	m.note(ctx, func(u *units) { u.wrote(before, after, err == nil) })
	return out, err
}

// stored reads without being counted.
func (m *meter) stored(ctx context.Context, in *dynamodb.UpdateItemInput) attributes {
	out, err := m.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: in.TableName, Key: in.Key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil
	}
	return out.Item
}

// GetItem counts a read.
func (m *meter) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	defer inTurn(ctx)()
	out, err := m.API.GetItem(ctx, in, o...)
	if err == nil {
		m.note(ctx, func(u *units) { u.read(dynamo.ItemSize(out.Item), aws.ToBool(in.ConsistentRead)) })
	}
	return out, err
}

// BatchGetItem counts each item by itself. DynamoDB rounds each of them up to 4 KB, and a Query
// only their sum.
func (m *meter) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	defer inTurn(ctx)()
	out, err := m.API.BatchGetItem(ctx, in, o...)
	if err == nil {
		m.note(ctx, func(u *units) {
			for _, items := range out.Responses {
				for _, i := range items {
					u.read(dynamo.ItemSize(i), true)
				}
			}
		})
	}
	return out, err
}

// Query counts all that it read together.
func (m *meter) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	defer inTurn(ctx)()
	out, err := m.API.Query(ctx, in, o...)
	if err == nil {
		m.note(ctx, func(u *units) {
			total := 0
			for _, i := range out.Items {
				total += dynamo.ItemSize(i)
			}
			u.read(total, aws.ToBool(in.ConsistentRead))
		})
	}
	return out, err
}

// read: a unit is 4 KB, consistently. An empty answer costs one unit.
func (u *units) read(bytes int, consistent bool) {
	blocks := int64(max(1, (bytes+4095)/4096))
	if consistent {
		blocks *= 2
	}
	u.halfReads += blocks
}

// wrote: a unit is 1 KB of the larger of both items; each index takes a unit to lose
// a row and a unit to gain one, and none while its row stays as it is. Rows hold
// keys only, so they are never larger. A write that was refused changes no row.
func (u *units) wrote(before, after attributes, applied bool) {
	bytes := max(dynamo.ItemSize(before), dynamo.ItemSize(after))
	u.writes += int64(max(1, (bytes+1023)/1024))
	u.largest = max(u.largest, bytes)
	if !applied {
		return
	}
	for _, index := range dynamo.TableSchema("").GlobalSecondaryIndexes {
		old, fresh := rowOf(index, before), rowOf(index, after)
		switch {
		case old == fresh:
		case old == "" || fresh == "":
			u.writes++
		default:
			u.writes += 2
		}
	}
}

// rowOf is an item's row in an index, empty if it has none. An item that lacks one of the index's
// keys is not in it: that is what makes an index sparse.
func rowOf(index types.GlobalSecondaryIndex, item attributes) string {
	row := ""
	for _, key := range index.KeySchema {
		text, there := item[*key.AttributeName].(*types.AttributeValueMemberS)
		if !there {
			return ""
		}
		row += text.Value + "\x00"
	}
	return row
}
