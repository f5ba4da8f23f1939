package dynamo_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/dynamo"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type keptItem struct {
	recorder
	in *dynamodb.PutItemInput
}

func (s *keptItem) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	s.in = in
	return &dynamodb.PutItemOutput{}, nil
}
func (s *keptItem) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: s.in.Item}, nil
}

func TestALargeReportIsKeptEmpty(t *testing.T) {
	api := &keptItem{}
	s := dynamo.New(api, "t")
	report := bytes.Repeat([]byte(`{"a":1}`), 1<<18)
	if err := s.KeepReport(context.Background(), "h", report, time.Time{}); err == nil {
		t.Error("kept without its lines")
	}
}
