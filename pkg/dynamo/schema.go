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
//
// A change that writes items otherwise keeps a golden item of the version before in testdata, and
// reads both: a canary runs two versions at once, and tables live longer than releases.
const SchemaVersion = 4

// Attributes of keys and indexes. They are part of the deployment: the template
// declares the same names.
const (
	// Outside checks read and write pk, sk and due_at under these names (section 8 of the
	// contract).
	attrPK             = "pk"
	attrSK             = "sk"
	attrDueShard       = "due_shard"
	attrDueAt          = "due_at"
	attrDayShard       = "day_shard"
	attrDayKey         = "day_key"
	attrAttentionShard = "attention_shard"
	attrAttentionSince = "attention_since"
)

// The indexes. DynamoDB reads a global index eventually consistently only, so a row is a hint:
// whatever is shown is read from the item, and whatever is done is guarded by it. An index whose
// partition takes no more writes refuses the write to the table, it does not lag
// (docs/quotas.md); so the narrowest index bounds the service, and each is spread over the shards
// of the ids.
const (
	dueIndex       = "due-index"
	dayIndex       = "day-index"
	attentionIndex = "attention-index"
	// The parts of the attention index. Everything stood in the first one before they were two. A
	// payout moves between the parts in the write that changes its reasons. An older version
	// lists the first part alone, so what is about money has to be in that one (decision 0028).
	gravePartition = "attention"
	lightPartition = "attention-light"
)

// Sort keys: what kind of item it is.
const (
	kindPayout = "payout"
	kindOrphan = "orphan" // a claim about a payout that is not ours
)

// orphanShard is the one partition of the day index that holds every orphan. They
// are rare, and "what came in that we cannot place" is one query. One partition takes 1,000
// writes a second (docs/quotas.md), and only a claim that verified comes so far.
const orphanShard = "orphans#0"

// orphanKeyPrefix keeps the keys of foreign claims apart from payout ids.
const orphanKeyPrefix = "orphan#"

// timeFormat has a fixed width, so that text order is time order. It stands in sort keys, index
// rows and guards: in another format, the rows that are stored would not sort among the new ones,
// and no stored due time would equal the guard's.
const timeFormat = "2006-01-02T15:04:05.000Z"

// dayFormat is a partition of the day index, a day in UTC, as callers of ListDay write it.
const dayFormat = "2006-01-02"

// stamp writes a time; Format cuts off what is finer than a millisecond.
func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// sortKey orders rows by time and then by name, so that rows of one millisecond
// still have one order across all shards, which a cursor can rely on.
func sortKey(t time.Time, name string) string { return stamp(t) + "#" + name }

// sharded names one partition of an index.
func sharded(partition string, shard int) string { return partition + "#" + strconv.Itoa(shard) }

// shards names every partition of an index. Every list has to ask all of them, and their number
// is part of the stored keys: more shards would need a new index (docs/quotas.md).
func shards(partition string) []string {
	names := make([]string, payout.Shards)
	for n := range names {
		names[n] = sharded(partition, n)
	}
	return names
}

// payoutKey is where the payout of an id stands. Insert, TurnAway and a claim about a lost payout
// write to this one key, so DynamoDB orders them, and one condition decides who was first.
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
		// Both images: notify-merchant counts a submission for the outflow brake by comparing
		// them, since Lambda's filter cannot ask for what a write has changed (decision 0025).
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
