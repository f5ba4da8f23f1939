package monetix_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

const testSecret = "monetix-test-secret"

var at = time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)

func clock() time.Time { return at }

// keys are credentials that a test can rotate.
type keys struct {
	sets      []monetix.Credentials
	err       error
	refreshed []monetix.Credentials // what Refresh brings; nil for nothing new
	refreshes int
}

func (k *keys) Current(context.Context) (monetix.Credentials, error) {
	if len(k.sets) == 0 {
		return monetix.Credentials{}, k.err
	}
	return k.sets[0], k.err
}

func (k *keys) Verifying(context.Context) ([]monetix.Credentials, error) { return k.sets, k.err }

func (k *keys) Refresh(context.Context) (bool, error) {
	k.refreshes++
	if k.refreshed == nil {
		return false, nil
	}
	k.sets = k.refreshed
	return true, nil
}

func credentials(t *testing.T, base, secret string) monetix.Credentials {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return monetix.Credentials{BaseURL: u, ProjectID: 1234, Secret: secrets.New(secret)}
}

func testKeys(t *testing.T, base string) *keys {
	return &keys{sets: []monetix.Credentials{credentials(t, base, testSecret)}}
}

// example is the page's own payout.
func example(t *testing.T) payout.Payout {
	t.Helper()
	amount, err := money.Parse("50000.00", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	return payout.Payout{
		ID: payout.DeriveID("test", "payment_47"), Reference: "payment_47", Provider: monetix.Name, Attempt: 1,
		Amount: amount, Sent: 1,
		Destination: payout.Destination{
			Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890",
			Branch: "Banteay Meanchey Branch", City: "Serei Saophoan", Province: "Banteay Meanchey",
		},
		Beneficiary: payout.Beneficiary{
			ID: "customer_1234", FirstName: "John", LastName: "Doe", Email: "johndoe@example.com",
			Phone: "123456789", IPAddress: "198.51.100.47",
		},
	}
}
