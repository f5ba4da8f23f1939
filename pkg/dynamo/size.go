package dynamo

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// ItemSize is what DynamoDB counts an item as, in bytes, by its documented rule: names and values
// in UTF-8, numbers by their digits, three bytes for a list or a map and one for each element. It
// is for what a payout costs and for tests. No write asks for it: the domain counts with
// [payout.Payout.Size], which knows nothing of a store, and a test shows that no item exceeds that.
func ItemSize(item map[string]types.AttributeValue) int {
	total := 0
	for name, v := range item {
		total += len(name) + valueSize(v)
	}
	return total
}

// valueSize is the same of one value. A number takes about one byte for two digits and one more,
// so it is rounded up; what is left, a flag, takes one.
func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberSS:
		total := 3
		for _, text := range v.Value {
			total += 1 + len(text)
		}
		return total
	case *types.AttributeValueMemberM:
		return 3 + ItemSize(v.Value) + len(v.Value)
	case *types.AttributeValueMemberL:
		total := 3
		for _, e := range v.Value {
			total += 1 + valueSize(e)
		}
		return total
	}
	return 1
}
