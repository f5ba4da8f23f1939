//go:build trial

package trial_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/trial"
	"cambodia-payouts/pkg/wire"
)

const key = "trial-secret-of-the-test"

func setup(t *testing.T, document string) provider.Setup {
	t.Helper()
	banks, err := wire.Banks(nil)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Setup{
		SecretID: "trial", Secrets: secrets.NewStaticSource(map[string]string{"trial": document}, nil), Banks: banks,
		CallbackURL: "https://cb.example.com/t", Now: time.Now,
	}
}

var document = fmt.Sprintf(`{"base_url": "https://trial.example.com", "account": "7", "key": %q}`, key)

func sample(t *testing.T, banks bank.Directory) payout.Payout {
	t.Helper()
	s := trial.Provider.Samples()[0]
	to, err := s.Destination(banks)
	if err != nil {
		t.Fatal(err)
	}
	amount, err := money.New(50000, s.Currency)
	if err != nil {
		t.Fatal(err)
	}
	return payout.Payout{ID: payout.DeriveID("test", "R-1"), Attempt: 1, Provider: trial.Name, Amount: amount, Destination: to}
}

// The selftest that every room has holds the verifier to both halves of its work.
func TestItsOwnSampleIsBelievedAndAForgedOneIsNot(t *testing.T) {
	s := setup(t, document)
	if err := trial.Provider.Prove(t.Context(), s, sample(t, s.Banks)); err != nil {
		t.Error(err)
	}
	placeholder := setup(t, `{"base_url": "https://REPLACE_ME", "account": "REPLACE_ME", "key": "REPLACE_ME"}`)
	if err := trial.Provider.Prove(t.Context(), placeholder, sample(t, s.Banks)); !errors.Is(err, secrets.ErrNotConfigured) {
		t.Errorf("with a placeholder: %v", err)
	}
}

// A callback without a signature, with another one, or of another shape moves nothing.
func TestWhatItDoesNotSignIsRefused(t *testing.T) {
	s := setup(t, document)
	verifier, err := trial.Provider.Verify(s)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{"id": string(sample(t, s.Banks).ProviderReference()), "number": "T1", "state": "paid", "minor": "50000", "currency": "KHR"}
	signed := func(k string) string {
		said["signature"] = trial.Sign(said, secrets.New(k))
		body, _ := json.Marshal(said)
		return string(body)
	}
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"a right one":          {signed(key), nil},
		"another key":          {signed("another-key-of-somebody-else"), payout.ErrCallbackSignature},
		"no signature":         {`{"id":"x"}`, payout.ErrCallbackSignature},
		"another amount":       {strings.Replace(signed(key), "50000", "5000000", 1), payout.ErrCallbackSignature},
		"a number":             {`{"id":1}`, payout.ErrCallbackMalformed},
		"not an object":        {`[]`, payout.ErrCallbackMalformed},
		"no JSON":              {`paid`, payout.ErrCallbackMalformed},
		"a name that is twice": {`{"id":"a","id":"b"}`, payout.ErrCallbackMalformed},
	} {
		if _, err := verifier.Verify(t.Context(), []byte(test.body)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// Every fault of a secret is named, and none of its parts.
func TestASecretThatIsWrongSaysWhy(t *testing.T) {
	_, err := trial.ParseCredentials([]byte(`{"base_url": "ftp://x", "key": "hush-hush", "more": 1, "account": ""}`), provider.URLRules{})
	if err == nil || strings.Contains(err.Error(), "hush") || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}
