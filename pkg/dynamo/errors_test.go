package dynamo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// answering is a store whose table answers every request alike, on the wire.
func answering(t *testing.T, status int, body string) (*dynamo.Store, *counter) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	wire := &counter{RoundTripper: http.DefaultTransport}
	return dynamo.New(client(server.URL, wire), "payouts"), wire
}

func awsError(kind, message string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + kind + `","message":"` + message + `"}`
}

func TestOnlyAFalseConditionIsCertain(t *testing.T) {
	p := finished(t, vexora.Name)
	step := payout.Step{ID: p.ID, Then: payout.Change{At: at}}
	for name, test := range map[string]struct {
		status  int
		body    string
		refused bool
	}{
		"a false condition":         {400, awsError("ConditionalCheckFailedException", "The conditional request failed"), true},
		"a throttle":                {400, awsError("ProvisionedThroughputExceededException", "slow down"), false},
		"a missing table":           {400, awsError("ResourceNotFoundException", "no table"), false},
		"a validation error":        {400, awsError("ValidationException", "bad"), false},
		"an item that is too large": {400, awsError("ValidationException", "Item size has exceeded the maximum allowed size"), false},
		"a conflict":                {400, awsError("TransactionConflictException", "conflict"), false},
		"an internal error":         {500, awsError("InternalServerError", "oops"), false},
		"garbage":                   {200, "<html>", false},
		"an unreadable refusal":     {400, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"m","Item":{"pk":{"S":"x"}}}`, false},
	} {
		s, wire := answering(t, test.status, test.body)
		_, apply := s.Apply(context.Background(), step)
		for kind, err := range map[string]error{"insert": s.Insert(context.Background(), p, payout.Whenever), "apply": apply} {
			var refused *payout.Refused
			if errors.As(err, &refused) != test.refused || errors.Is(err, payout.ErrUnclear) == test.refused {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
		if wire.n.Load() < 2 {
			t.Errorf("%s: %d requests", name, wire.n.Load())
		}
	}
}

// Whoever has seen a genuine callback can post it so often that DynamoDB turns the item's writes
// away. That must page nobody and send no version back.
func TestAThrottleIsToldFromATableThatTakesNothing(t *testing.T) {
	p := finished(t, vexora.Name)
	for kind, throttle := range map[string]bool{
		"ProvisionedThroughputExceededException": true, "ThrottlingException": true, "RequestLimitExceeded": true,
		"AccessDeniedException": false, "ValidationException": false,
	} {
		s, _ := answering(t, 400, awsError(kind, "no"))
		_, apply := s.Apply(context.Background(), payout.Step{ID: p.ID, Then: payout.Change{At: at}})
		_, get := s.Get(context.Background(), p.ID)
		for doing, err := range map[string]error{"insert": s.Insert(context.Background(), p, payout.Whenever), "apply": apply, "get": get} {
			if errors.Is(err, payout.ErrThrottled) != throttle || payout.Unstored(err) == throttle {
				t.Errorf("%s, %s: %v", kind, doing, err)
			}
		}
	}
}

func TestReadErrorsNeverSayNotFound(t *testing.T) {
	for _, body := range []string{awsError("InternalServerError", "x"), awsError("ResourceNotFoundException", "x")} {
		s, _ := answering(t, 400, body)
		if _, err := s.Get(context.Background(), finished(t, vexora.Name).ID); err == nil || errors.Is(err, payout.ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
	s, _ := answering(t, 200, `{}`)
	if _, err := s.Get(context.Background(), finished(t, vexora.Name).ID); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestABrokenItemIsAnErrorAndNeverHalfAPayout(t *testing.T) {
	r := &recorder{}
	if err := dynamo.New(r, "t").Insert(context.Background(), finished(t, vexora.Name), payout.Whenever); err != nil {
		t.Fatal(err)
	}
	whole := `{"Item":` + attributeJSON(r.put.Item) + `}`
	s, _ := answering(t, 200, whole)
	if _, err := s.Get(context.Background(), finished(t, vexora.Name).ID); err != nil {
		t.Fatalf("the whole item: %v", err)
	}
	for _, name := range []string{"pk", "schema", "version", "provider", "attempt", "status", "created_at", "updated_at", "reference", "amount", "currency", "destination", "fingerprint"} {
		item := map[string]types.AttributeValue{}
		for k, v := range r.put.Item {
			item[k] = v
		}
		delete(item, name)
		s, _ := answering(t, 200, `{"Item":`+attributeJSON(item)+`}`)
		if _, err := s.Get(context.Background(), finished(t, vexora.Name).ID); err == nil {
			t.Errorf("without %s it was read", name)
		}
		item[name] = &types.AttributeValueMemberBOOL{Value: true}
		s, _ = answering(t, 200, `{"Item":`+attributeJSON(item)+`}`)
		_, err := s.Get(context.Background(), finished(t, vexora.Name).ID)
		if err == nil || strings.Contains(err.Error(), "88990011") {
			t.Errorf("with a wrong type of %s: %v", name, err)
		}
	}
}
