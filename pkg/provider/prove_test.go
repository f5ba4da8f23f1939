package provider

import (
	"context"
	"strings"
	"testing"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// verifier is one that went wrong.
type verifier func(body []byte) (payout.Claim, error)

func (v verifier) Verify(_ context.Context, body []byte) (payout.Claim, error) { return v(body) }

func TestAVerifierThatBelievesOrRefusesTooMuchIsSeen(t *testing.T) {
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	sample := payout.Payout{ID: "po_selftestselftestselftestse", Attempt: 1, Amount: amount}
	right := payout.Claim{Finding: payout.FoundSucceeded, Reference: string(sample.ProviderReference()), Amounts: []money.Amount{sample.Amount}}
	careful := func(body []byte) (payout.Claim, error) {
		if strings.Contains(string(body), "50001") {
			return payout.Claim{}, payout.ErrCallbackSignature
		}
		return right, nil
	}
	for name, test := range map[string]struct {
		verify verifier
		ok     bool
	}{
		"careful":             {careful, true},
		"believes everything": {func([]byte) (payout.Claim, error) { return right, nil }, false},
		"refuses everything":  {func([]byte) (payout.Claim, error) { return payout.Claim{}, payout.ErrCallbackSignature }, false},
		"reads another end": {func(body []byte) (payout.Claim, error) {
			c, err := careful(body)
			c.Finding = payout.FoundFailed
			return c, err
		}, false},
		"reads no amount": {func(body []byte) (payout.Claim, error) {
			c, err := careful(body)
			c.Amounts = nil
			return c, err
		}, false},
	} {
		if err := believes(context.Background(), test.verify, []byte(`{"amount":"50000"}`), sample); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
