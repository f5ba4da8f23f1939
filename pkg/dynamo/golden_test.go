package dynamo_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// golden is a finished payout as the present schema version writes it. A change
// that writes items otherwise adds another file, and the older ones must still be
// read: tables live longer than releases.
const golden = "testdata/item_v4.json"

// TestItemsOfVersion1AreRead: they have no query_at, and were due for one reason.
func TestItemsOfVersion1AreRead(t *testing.T) {
	p := finished(t, vexora.Name)
	p.QueryAt = p.DueAt
	readsAs(t, "testdata/item_v1.json", p)
}

// TestItemsOfVersion2AreRead: they keep no facts, and so are never safe to pay again.
func TestItemsOfVersion2AreRead(t *testing.T) {
	p := told(t)
	p.Failure = nil
	readsAs(t, "testdata/item_v2.json", p)
}

// TestItemsOfVersion3AreRead: they remember no words without room, no unclear rounds of telling,
// and no recipient of what was redacted.
func TestItemsOfVersion3AreRead(t *testing.T) {
	p := ofVersion3(t)
	p.Recipient, p.Unwritten, p.Notice.Unclear = "", nil, time.Time{}
	readsAs(t, "testdata/item_v3.json", p)
}

// TestTheOlderNameOfASourceIsRead: what telling the merchant was called before.
func TestTheOlderNameOfASourceIsRead(t *testing.T) {
	p := ofVersion3(t)
	p.Recipient, p.Unwritten, p.Notice.Unclear = "abcdefghijklmnopqrstuvwx", []string{"k2", "k1"}, at.Add(-time.Hour)
	p.History[0].Source = "herald"
	r := &recorder{}
	if err := dynamo.New(r, "t").Insert(t.Context(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	read, err := dynamo.New(holder{item: r.put.Item}, "t").Get(t.Context(), p.ID)
	if err != nil || read.History[0].Source != payout.FromNotifier || read.History[1].Source != p.History[1].Source {
		t.Errorf("%+v %v", read.History, err)
	}
}

// told is a finished payout of which the merchant is being told.
func told(t *testing.T) payout.Payout {
	t.Helper()
	p := finished(t, vexora.Name)
	p.QueryAt = p.DueAt
	p.Notice = payout.Notice{At: at.Add(90 * time.Second), Fed: 2, Tried: 2, Owed: []int{1, 2}, Fresh: true, Failures: 1, Lease: payout.Lease{Token: "t", Until: at.Add(time.Minute)}}
	p.History[2].Raised, p.History[2].Cleared = []payout.Reason{payout.Returned}, []payout.Reason{payout.UnlistedStatus}
	return p
}

// readsAs reads a kept item and compares it with the payout that it was.
func readsAs(t *testing.T, file string, p payout.Payout) {
	t.Helper()
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(kept, &decoded); err != nil {
		t.Fatal(err)
	}
	item, _ := attribute(decoded).(*types.AttributeValueMemberM)
	read, err := dynamo.New(holder{item: item.Value}, "t").Get(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Attention) == 0 {
		read.Attention = p.Attention
	}
	if !reflect.DeepEqual(read, p) {
		t.Errorf("read    %+v\nwritten %+v", read, p)
	}
}

// ofVersion3 is a payout of which no field of that version is empty.
func ofVersion3(t *testing.T) payout.Payout {
	t.Helper()
	p := told(t)
	p.Heard, p.History[2].Confirmed = payout.Heard{"1.paid", "1.sent"}, true
	p.QueuedReason, p.RecipientOwed = payout.QueuedSpokenOf, true
	p.AskedAt, p.AnsweredAt = at.Add(time.Minute), at.Add(time.Second)
	p.Proposal.Person, p.Proposal.Evidence, p.Proposal.Attempt, p.Proposal.Entries = "Dara", "ab", 1, 4
	p.Proposal.Identity = "arn:dara"
	return p
}

func TestItemsOfEverySchemaVersionAreRead(t *testing.T) {
	p := ofVersion3(t)
	p.Recipient, p.Unwritten, p.Notice.Unclear = "abcdefghijklmnopqrstuvwx", []string{"k2", "k1"}, at.Add(-time.Hour)
	r := &recorder{}
	if err := dynamo.New(r, "t").Insert(context.Background(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	written, err := json.MarshalIndent(wireValue(&types.AttributeValueMemberM{Value: r.put.Item}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, append(written, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var decoded, fresh map[string]any
	if err := errors.Join(json.Unmarshal(kept, &decoded), json.Unmarshal(written, &fresh)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(withoutBytes(decoded), withoutBytes(fresh)) {
		t.Error("items are written otherwise: keep the old file, add one for the new schema version, and read both")
	}
	readsAs(t, golden, p)
}

// withoutBytes blanks what is compressed: its bytes may differ between Go versions.
func withoutBytes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := map[string]any{}
		for name, each := range v {
			if _, isText := each.(string); isText && name == "B" {
				each = ""
			}
			copied[name] = withoutBytes(each)
		}
		return copied
	case []any:
		var copied []any
		for _, each := range v {
			copied = append(copied, withoutBytes(each))
		}
		return copied
	}
	return v
}

// holder is a table with one item.
type holder struct {
	dynamo.API
	item map[string]types.AttributeValue
}

func (h holder) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: h.item}, nil
}

// attribute is the way back.
func attribute(v any) types.AttributeValue {
	for kind, value := range v.(map[string]any) {
		switch kind {
		case "S":
			return &types.AttributeValueMemberS{Value: value.(string)}
		case "N":
			return &types.AttributeValueMemberN{Value: value.(string)}
		case "B":
			raw, err := base64.StdEncoding.DecodeString(value.(string))
			if err != nil {
				panic(err)
			}
			return &types.AttributeValueMemberB{Value: raw}
		case "BOOL":
			return &types.AttributeValueMemberBOOL{Value: value.(bool)}
		case "SS":
			set := &types.AttributeValueMemberSS{}
			for _, each := range value.([]any) {
				set.Value = append(set.Value, each.(string))
			}
			return set
		case "L":
			list := &types.AttributeValueMemberL{}
			for _, each := range value.([]any) {
				list.Value = append(list.Value, attribute(each))
			}
			return list
		case "M":
			members := map[string]types.AttributeValue{}
			for name, each := range value.(map[string]any) {
				members[name] = attribute(each)
			}
			return &types.AttributeValueMemberM{Value: members}
		}
	}
	panic("not an attribute")
}
