package dynamo_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/storetest"
	"cambodia-payouts/pkg/vexora"
)

// endpoint is a DynamoDB wire implementation; the test that needs one is passed
// over without, unless CI demands it.
func endpoint(t *testing.T) string {
	t.Helper()
	address := os.Getenv("DYNAMODB_ENDPOINT")
	switch {
	case address != "":
	case os.Getenv("REQUIRE_DYNAMODB") != "":
		t.Fatal("REQUIRE_DYNAMODB is set, and DYNAMODB_ENDPOINT is not")
	default:
		t.Skip("needs DYNAMODB_ENDPOINT; `make test-aws` starts one and runs this")
	}
	return address
}

// counter counts the requests that leave.
type counter struct {
	http.RoundTripper
	n     atomic.Int64
	table string
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

func client(address string, transport http.RoundTripper) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(address), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		// The SDK's retries, without its patience.
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxBackoff, o.RateLimiter = time.Millisecond, ratelimit.None
		}),
		HTTPClient: &http.Client{Transport: transport, Timeout: 10 * time.Second},
	})
}

// table makes an empty table and a store on it.
func table(t *testing.T, address string) (*dynamo.Store, *counter) {
	t.Helper()
	wire := &counter{RoundTripper: http.DefaultTransport}
	api := client(address, wire)
	name := "payouts-" + strings.ToLower(rand.Text())
	if _, err := api.CreateTable(context.Background(), dynamo.TableSchema(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := api.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)}); err != nil {
			t.Error(err)
		}
	})
	wire.n.Store(0)
	wire.table = name
	return dynamo.New(api, name), wire
}

func TestConformance(t *testing.T) {
	address := endpoint(t)
	storetest.Run(t, func(t *testing.T) payout.Store {
		s, _ := table(t, address)
		return s
	})
}

// TestRequestsOnTheWire counts what the cost page and the design promise: one
// request for each step of the ordinary path, refused or not.
func TestRequestsOnTheWire(t *testing.T) {
	s, wire := table(t, endpoint(t))
	p := finished(t, vexora.Name)
	ctx := context.Background()
	never := time.Time{}
	step := payout.Step{ID: p.ID, When: payout.Guard{DueAt: at.Add(time.Hour)}, Then: payout.Change{At: at, DueAt: &never}}
	for _, test := range []struct {
		name string
		do   func()
		want int64
	}{
		{"insert", func() { _ = s.Insert(ctx, p, payout.Whenever) }, 1},
		{"insert again, refused with the item", func() { _ = s.Insert(ctx, p, payout.Whenever) }, 1},
		{"apply, refused with the item", func() { _, _ = s.Apply(ctx, step) }, 1},
		{"apply", func() { _, _ = s.Apply(ctx, payout.Step{ID: p.ID, Then: payout.Change{At: at}}) }, 1},
		{"get", func() { _, _ = s.Get(ctx, p.ID) }, 1},
		{"board", func() { _, _ = s.Shared(ctx) }, 1},
	} {
		before := wire.n.Load()
		test.do()
		if got := wire.n.Load() - before; got != test.want {
			t.Errorf("%s: %d requests, want %d", test.name, got, test.want)
		}
	}
}
