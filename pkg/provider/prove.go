package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// fixed are keys that were read already. They never change, so that a forged sample does
// not make Secrets Manager be read again.
type fixed[C any] struct{ held C }

func (f fixed[C]) Current(context.Context) (C, error)     { return f.held, nil }
func (f fixed[C]) Verifying(context.Context) ([]C, error) { return []C{f.held}, nil }
func (f fixed[C]) Refresh(context.Context) (bool, error)  { return false, nil }

// believes holds a verifier to both halves of its work: a signed sample is read as what
// it says, and the same text with another amount is refused.
func believes(ctx context.Context, v payout.Verifier, body []byte, sample payout.Payout) error {
	claim, err := v.Verify(ctx, body)
	switch {
	case err != nil:
		return fmt.Errorf("a callback signed with the configured secret is refused: %w", err)
	case claim.Finding != payout.FoundSucceeded, claim.Reference != string(sample.ProviderReference()),
		claim.Suspect+claim.Ambiguous != "", !agrees(claim.Amounts, sample.Amount):
		return errors.New("a callback is read as something else than it says")
	}
	forged := strings.Replace(string(body), "50000", "50001", 1)
	if _, err := v.Verify(ctx, []byte(forged)); !errors.Is(err, payout.ErrCallbackSignature) {
		return fmt.Errorf("a forged callback is not refused for its signature (%v)", err)
	}
	return nil
}

func agrees(amounts []money.Amount, with money.Amount) bool {
	return len(amounts) > 0 && !slices.ContainsFunc(amounts, func(a money.Amount) bool { return a != with })
}

// SampleNumber is the account number of every sample.
const SampleNumber = "88990011"
