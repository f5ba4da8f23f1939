package people

import (
	"context"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// Source holds the register; a *secrets.Cache[Register] is one.
type Source interface {
	Current(ctx context.Context) (Register, error)
}

// Live is the register as the secret has it now. It implements payout.People.
type Live struct{ source Source }

// New returns the people of a source.
func New(source Source) Live { return Live{source} }

// Who implements payout.People. An error of the store is its own: it says nothing
// about the caller, who may come again.
func (l Live) Who(ctx context.Context, identities []payout.Principal) (payout.Person, error) {
	register, err := l.source.Current(ctx)
	if err != nil {
		return "", fmt.Errorf("read the register of people: %w", err)
	}
	return register.Who(identities)
}
