package vexora_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

const (
	rielSecret   = "vexora-test-secret-0001"
	dollarSecret = "vexora-test-secret-0002"
)

var at = time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)

func clock() time.Time { return at }

// keys are credentials that a test can rotate.
type keys struct {
	sets      []vexora.Credentials
	err       error
	refreshed []vexora.Credentials // what Refresh brings; nil for nothing new
	refreshes int
}

func (k *keys) Current(context.Context) (vexora.Credentials, error) {
	if len(k.sets) == 0 {
		return nil, k.err
	}
	return k.sets[0], k.err
}

func (k *keys) Verifying(context.Context) ([]vexora.Credentials, error) { return k.sets, k.err }

func (k *keys) Refresh(context.Context) (bool, error) {
	k.refreshes++
	if k.refreshed == nil {
		return false, nil
	}
	k.sets = k.refreshed
	return true, nil
}

func credentials(t *testing.T, base, riel, dollars string) vexora.Credentials {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return vexora.Credentials{
		money.KHR: {BaseURL: u, MerchantNo: "0000000001", Secret: secrets.New(riel)},
		money.USD: {BaseURL: u, MerchantNo: "0000000002", Secret: secrets.New(dollars)},
	}
}

func testKeys(t *testing.T, base string) *keys {
	return &keys{sets: []vexora.Credentials{credentials(t, base, rielSecret, dollarSecret)}}
}

func amount(t *testing.T, text string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// example is the page's own payout.
func example(t *testing.T) payout.Payout {
	t.Helper()
	return payout.Payout{
		ID: payout.DeriveID("test", "KHPO202605160001"), Reference: "KHPO202605160001",
		Provider: vexora.Name, Attempt: 1, Sent: 1, Amount: amount(t, "50000.00", money.KHR),
		Destination: payout.Destination{
			Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_88990011", AccountNumber: "88990011",
		},
		Beneficiary: payout.Beneficiary{
			ID: "customer_123", FirstName: "Sophea", LastName: "Chan", Email: "sophea.chan@example.com", Phone: "123456789",
		},
		Description: "payout_KHPO202605160001",
	}
}
