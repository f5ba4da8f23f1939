package dynamo

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// SchemaVersion is written into every item. A reader accepts newer items and
// leaves aside what it does not know. Version 2 tells status queries to the provider
// (query_at) from news for the merchant (notify_at); due_at is the earlier. Version 3
// keeps facts (heard), from which it is computed whether a payout is safe to pay again;
// an item without them never is. Version 4 keeps the recipient's key from redaction on
// (recipient), the keys of words that found no room (unwritten), and since when it is not
// clear how far the feed was written (notify_unclear).
const SchemaVersion = 4

// Attributes of keys and indexes. They are part of the deployment: the template
// declares the same names.
const (
	attrPK             = "pk"
	attrSK             = "sk"
	attrDueShard       = "due_shard"
	attrDueAt          = "due_at"
	attrDayShard       = "day_shard"
	attrDayKey         = "day_key"
	attrAttentionShard = "attention_shard"
	attrAttentionSince = "attention_since"
)

const (
	dueIndex       = "due-index"
	dayIndex       = "day-index"
	attentionIndex = "attention-index"
	// The parts of the attention index. Everything stood in the first one before they were two.
	gravePartition = "attention"
	lightPartition = "attention-light"
)

// Sort keys: what kind of item it is.
const (
	kindPayout = "payout"
	kindOrphan = "orphan" // a claim about a payout that is not ours
)

// orphanShard is the one partition of the day index that holds every orphan. They
// are rare, and "what came in that we cannot place" is one status query.
const orphanShard = "orphans#0"

// orphanKeyPrefix keeps the keys of foreign claims apart from payout ids.
const orphanKeyPrefix = "orphan#"

// timeFormat has a fixed width, so that text order is time order.
const timeFormat = "2006-01-02T15:04:05.000Z"

const dayFormat = "2006-01-02"

// stamp writes a time; Format cuts off what is finer than a millisecond.
func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// sortKey orders rows by time and then by name, so that rows of one millisecond
// still have one order across all shards, which a cursor can rely on.
func sortKey(t time.Time, name string) string { return stamp(t) + "#" + name }

// sharded names one partition of an index.
func sharded(partition string, shard int) string { return partition + "#" + strconv.Itoa(shard) }

// shards names every partition of an index.
func shards(partition string) []string {
	names := make([]string, payout.Shards)
	for n := range names {
		names[n] = sharded(partition, n)
	}
	return names
}

func payoutKey(id payout.ID) item {
	return item{attrPK: text(string(id)), attrSK: text(kindPayout)}
}

// TableSchema describes the table for tests and local runs. A deployment creates
// it from the template, which must say the same.
func TableSchema(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(attrPK, attrSK),
		AttributeDefinitions: textAttributes(attrPK, attrSK, attrDueShard, attrDueAt,
			attrDayShard, attrDayKey, attrAttentionShard, attrAttentionSince),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			keysOnly(dueIndex, attrDueShard, attrDueAt),
			keysOnly(dayIndex, attrDayShard, attrDayKey),
			keysOnly(attentionIndex, attrAttentionShard, attrAttentionSince),
		},
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	}
}

func keySchema(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(partition), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
	}
}

func textAttributes(names ...string) []types.AttributeDefinition {
	var all []types.AttributeDefinition
	for _, name := range names {
		all = append(all, types.AttributeDefinition{
			AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return all
}

// keysOnly is an index that copies nothing of the payout: it stays small, it is
// not written when only the payout's contents change, and it holds no personal
// data.
func keysOnly(name, partition, sort string) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName:  aws.String(name),
		KeySchema:  keySchema(partition, sort),
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
	}
}
