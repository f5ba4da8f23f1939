package dynamo_test

import (
	"encoding/base64"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attributeJSON writes an item as DynamoDB does on the wire.
func attributeJSON(item map[string]types.AttributeValue) string {
	raw, err := json.Marshal(wireMap(item))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func wireMap(item map[string]types.AttributeValue) map[string]any {
	all := map[string]any{}
	for name, v := range item {
		all[name] = wireValue(v)
	}
	return all
}

func wireValue(v types.AttributeValue) map[string]any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": base64.StdEncoding.EncodeToString(v.Value)}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberSS:
		set := []any{}
		for _, each := range v.Value {
			set = append(set, each)
		}
		return map[string]any{"SS": set}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": wireMap(v.Value)}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, e := range v.Value {
			list = append(list, wireValue(e))
		}
		return map[string]any{"L": list}
	}
	return map[string]any{"NULL": true}
}
