package boot_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/wire"
)

const (
	processes = 4
	each      = 25
)

// raced is what one process counted.
type raced struct{ New, Replayed, Refused int }

func wireClient() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(os.Getenv("DYNAMODB_ENDPOINT")), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// TestOneReferenceFromSeveralProcessesIsSubmittedOnce runs this test binary four
// times over one table. In such a child it does the creates.
func TestOneReferenceFromSeveralProcessesIsSubmittedOnce(t *testing.T) {
	if table := os.Getenv("RACE_TABLE"); table != "" {
		counted := race(t, table, os.Getenv("RACE_SANDBOX"))
		raw, err := json.Marshal(counted)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nraced %s\n", raw)
		return
	}
	if os.Getenv("DYNAMODB_ENDPOINT") == "" {
		if os.Getenv("REQUIRE_DYNAMODB") != "" {
			t.Fatal("REQUIRE_DYNAMODB is set, and DYNAMODB_ENDPOINT is not")
		}
		t.Skip("needs DYNAMODB_ENDPOINT; `make test-aws` starts one and runs this")
	}
	table := "race-" + strings.ToLower(rand.Text())
	if _, err := wireClient().CreateTable(context.Background(), dynamo.TableSchema(table)); err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Config{Monetix: sandbox.MonetixProject{ProjectID: 1234, Secret: "monetix-test-secret"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box.Handler())
	defer server.Close()
	defer func() { _ = box.Close(context.Background()) }()

	total := raced{}
	for _, counted := range children(t, table, server.URL) {
		total.New, total.Replayed, total.Refused = total.New+counted.New, total.Replayed+counted.Replayed, total.Refused+counted.Refused
	}
	t.Logf("%d processes, %d creates each: %+v", processes, each, total)
	if total != (raced{New: 1, Replayed: processes*each - 1}) {
		t.Errorf("%+v", total)
	}
	if ledger := box.Ledger(); len(ledger) != 1 || ledger[0].Requests != 1 {
		t.Errorf("the sandbox has %+v", ledger)
	}
}

// children runs the processes side by side and reads what they counted.
func children(t *testing.T, table, box string) []raced {
	t.Helper()
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		all  []raced
	)
	for range processes {
		wait.Go(func() {
			child := exec.Command(os.Args[0], "-test.run=^TestOneReferenceFromSeveralProcessesIsSubmittedOnce$")
			child.Env = append(os.Environ(), "RACE_TABLE="+table, "RACE_SANDBOX="+box)
			out, err := child.CombinedOutput()
			_, after, found := strings.Cut(string(out), "\nraced ")
			line, _, _ := strings.Cut(after, "\n")
			var counted raced
			if err != nil || !found || json.Unmarshal([]byte(line), &counted) != nil {
				t.Errorf("child: %v\n%s", err, out)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, counted)
		})
	}
	wait.Wait()
	return all
}

func race(t *testing.T, table, box string) raced {
	t.Helper()
	d := wire.Parts{
		Store: dynamo.New(wireClient(), table), Log: slog.New(slog.DiscardHandler),
		Secrets: secrets.NewStaticSource(map[string]string{
			"stack-key": stackKey,
			"monetix":   fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": 1234, "secret_key": "monetix-test-secret"}`, box),
		}, nil),
	}
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("VEXORA_SECRET_ID="))).Creator(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		counted raced
	)
	for range each {
		wait.Go(func() {
			created, err := creator.Create(context.Background(), payout.Draft{
				Reference: "RACE", Amount: "50000", Currency: "KHR",
				Destination: payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"},
				Beneficiary: payout.Beneficiary{ID: "c", FirstName: "A", LastName: "B", Email: "a@example.com", Phone: "12345678", IPAddress: "::1"},
			}, "me")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				counted.Refused++
			case created.Replayed:
				counted.Replayed++
			default:
				counted.New++
			}
		})
	}
	wait.Wait()
	return counted
}
