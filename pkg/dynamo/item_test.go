package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

var at = time.Date(2026, 5, 16, 8, 10, 5, 123_000_000, time.UTC)

// recorder keeps what a store sends; it answers nothing.
type recorder struct {
	dynamo.API
	put    *dynamodb.PutItemInput
	update *dynamodb.UpdateItemInput
	err    error
}

func (r *recorder) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	r.put = in
	return &dynamodb.PutItemOutput{}, r.err
}

func (r *recorder) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	r.update = in
	return &dynamodb.UpdateItemOutput{}, r.err
}

// What the providers send about a usual payout.
const (
	vexoraAnswer   = `{"msg":"success","code":"0000","timestamp":1778919000123,"success":true,"data":{"tradeNo":"PABCDEFGHIJKLMNOPQRSTUVWXYZ01","platFormTradeNo":"VXKHPO9C2F72QW6M4A8N1","status":"0015","message":"Processing","remark":"May salary"}}`
	vexoraCallback = `{"tradeNo":"PABCDEFGHIJKLMNOPQRSTUVWXYZ01","platFormTradeNo":"VXKHPO9C2F72QW6M4A8N1","amount":"50000","status":"0000","message":"SUCCESS","successTime":"2026-05-16 15:10:05","timestamp":"1778919005000","remark":"May salary","sign":"9cba00e2c40dacaeae6912063b95fc18"}`
	monetixAnswer  = `{"status":"success","request_id":"3f2b8a1c9d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a-2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c-00000001","project_id":1234,"payment_id":"PABCDEFGHIJKLMNOPQRSTUVWXYZ01"}`
)

func monetixCallback() string {
	return `{"project_id":1234,"payment":{"id":"PABCDEFGHIJKLMNOPQRSTUVWXYZ01","type":"payout","status":"success","date":"2026-05-16T08:10:05+0000","method":"Banks Cambodia","sum":{"amount":5000000,"currency":"KHR"},"description":"May salary"},"customer":{"id":"customer_123"},"operation":{"id":5028800010128225,"type":"payout","status":"success","date":"2026-05-16T08:10:05+0000","created_date":"2026-05-16T08:10:00+0000","request_id":"3f2b8a1c9d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a-2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c-00000001","sum_initial":{"amount":5000000,"currency":"KHR"},"sum_converted":{"amount":5000000,"currency":"KHR"},"code":"0","message":"Success","provider":{"id":12345,"payment_id":"123abc123-123","auth_code":""}},"signature":"` +
		"U7HQO7ToISZhMPKdM4XrUKQtoYzFvoB3cs9CRd4xeYG2QU7HQO7ToISZhMPKdM4XrUKQtoYzFvoB3cs9CRd4xg==" + `"}`
}

// finished is a usual payout that was created, taken and paid.
func finished(t *testing.T, provider payout.Provider) payout.Payout {
	t.Helper()
	sum, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	number, answer, callback := "VXKHPO9C2F72QW6M4A8N1", vexoraAnswer, vexoraCallback
	to := payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_88990011", AccountNumber: "88990011"}
	if provider == monetix.Name {
		number, answer, callback = "3f2b8a1c9d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a-2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c-00000001", monetixAnswer, monetixCallback()
		to = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890", Branch: "Banteay Meanchey Branch", City: "Serei Saophoan", Province: "Banteay Meanchey"}
	}
	entry := func(source payout.Source, status payout.Status, finding payout.Finding, raw string) payout.Entry {
		return payout.Entry{
			At: at, Source: source, Status: status, Finding: finding, ProviderCode: "0000", Message: "Processing",
			ClaimKey: "Qm9keUtleVE1", Evidence: payout.HashEvidence([]byte(raw)), Raw: []byte(raw),
		}
	}
	return payout.Payout{
		ID: payout.DeriveID("prod", "KHPO202605160001"), Reference: "KHPO202605160001", Provider: provider, Attempt: 1,
		Status: payout.Succeeded, ProviderID: number, Amount: sum, Destination: to,
		Beneficiary: payout.Beneficiary{
			ID: "customer_123", FirstName: "Sophea", LastName: "Chan", Email: "sophea.chan@example.com",
			Phone: "+855 12 345 678", IPAddress: "198.51.100.47",
		},
		Description: "May salary", Metadata: map[string]string{"order": "42"},
		CreatedBy: "arn:aws:iam::111122223333:role/payroll", Fingerprint: "1.abcdefghijklmnopqrstuvwx",
		History: []payout.Entry{
			{At: at, Source: payout.FromCreate, Status: payout.Submitting},
			entry(payout.FromAnswer, payout.Processing, payout.FoundProcessing, answer),
			entry(payout.FromCallback, payout.Succeeded, payout.FoundSucceeded, callback),
		},
		CreatedAt: at, UpdatedAt: at, CompletedAt: at, StatusAt: at, SubmittedAt: at, DueAt: at.Add(5 * time.Minute), Sent: 1, Version: 3,
	}
}

func TestAUsualFinishedItemStaysUnderTwoKilobytes(t *testing.T) {
	for _, provider := range payout.Providers() {
		r := &recorder{}
		p := finished(t, provider)
		p.QueryAt, p.Notice = p.DueAt, payout.Notice{Fed: 3, Tried: 3}
		for n := range p.History {
			p.History[n].ClaimKey = "Qm9keUtleVE1.ZGVzY3Jp" // of a claim that echoes the description
		}
		if err := dynamo.New(r, "t").Insert(context.Background(), p, payout.Whenever); err != nil {
			t.Fatal(err)
		}
		bytes := dynamo.ItemSize(r.put.Item)
		t.Logf("%s: %d bytes", provider, bytes)
		if bytes >= 2048 {
			t.Errorf("%s: %d bytes; a write of more than 2,048 costs a third unit", provider, bytes)
		}
	}
}

func TestTheClaimOfACallbackIsOneGuardedUpdate(t *testing.T) {
	r := &recorder{}
	p := finished(t, vexora.Name)
	description := "May salary"
	_, _ = dynamo.New(r, "t").Apply(context.Background(), payout.Step{
		ID: p.ID,
		When: payout.Guard{
			Statuses: payout.Succeeded.Arrivals(), Uncomplicated: true,
			Claimed: &payout.Claimed{Provider: p.Provider, ProviderID: "VX1", Attempt: 1, Amount: p.Amount, Description: &description},
		},
		Then: payout.Change{At: at, Status: payout.Succeeded, Entry: &p.History[2], ProviderID: "VX1", Heard: []payout.Fact{"1.paid"}},
	})
	condition, update := *r.update.ConditionExpression, *r.update.UpdateExpression
	for _, want := range []string{
		"attribute_exists(#status)", "#status IN (", "#provider = :old_provider", "#attempt = :old_attempt", "#amount = :old_amount",
		"#currency = :old_currency", "#description = :old_description", "(attribute_not_exists(#provider_id) OR #provider_id = :old_provider_id)", "attribute_not_exists(#attention)", "size(#history) < :limit",
	} {
		if !strings.Contains(condition, want) {
			t.Errorf("%s is not in the condition: %s", want, condition)
		}
	}
	for _, want := range []string{"#status = :new_status", "list_append(", "#version = if_not_exists(", "#completed_at = ", " REMOVE ", "#proposal", "ADD #heard :more_heard"} {
		if !strings.Contains(update, want) {
			t.Errorf("%s is not in the update: %s", want, update)
		}
	}
	if r.update.ReturnValues != types.ReturnValueAllNew || r.update.ReturnValuesOnConditionCheckFailure != types.ReturnValuesOnConditionCheckFailureAllOld {
		t.Error("the item does not come back in the same request")
	}
	var placeholders []string
	for name := range r.update.ExpressionAttributeNames {
		if !strings.Contains(condition+update, name) {
			placeholders = append(placeholders, name)
		}
	}
	if len(placeholders) > 0 {
		t.Error("DynamoDB refuses names that are not used:", fmt.Sprint(placeholders))
	}
}
