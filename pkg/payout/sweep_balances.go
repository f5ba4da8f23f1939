package payout

import (
	"context"
	"errors"
	"time"

	"cambodia-payouts/pkg/money"
)

// Balance is what a provider says that we can pay out. It may be zero or, by an
// overdraft, less.
type Balance struct {
	Currency money.Currency
	// Available is in minor units. What is finer than one cannot be paid out and
	// is left off.
	Available int64
}

// balanceEvery is how often a sweeper asks for balances. A payroll empties an
// account in minutes; a status query a minute would be a burden that no page allows.
const balanceEvery = 5 * time.Minute

// balanceFor is how long the status query may take. A provider that does not answer it must not
// use up the time of the invocation, in which payouts are asked about.
const balanceFor = 5 * time.Second

// Balances asks the providers that can be asked what is left, from time to time,
// and raises SignalLowBalance below the reserve of the policy. An error means that
// a status query failed, or took longer than five seconds; no payout depends on it. An invocation
// that is about to end does not ask.
func (s *Sweeper) Balances(ctx context.Context) error {
	now := s.ports.Now()
	end, bounded := ctx.Deadline()
	if now.Sub(s.aside.balancesAt) < balanceEvery || bounded && now.Add(balanceFor).After(end) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, balanceFor)
	defer cancel()
	s.aside.balancesAt = now
	var failures []error
	for _, name := range Providers() {
		teller, can := s.ports.Connectors[name].(BalanceReporter)
		if !can {
			continue
		}
		balances, err := teller.Balances(ctx)
		failures = append(failures, err)
		for _, b := range balances {
			s.ports.Signals.Balance(ctx, name, b)
			if reserve, set := s.policy.Reserves[b.Currency]; set && b.Available < reserve.Minor() {
				s.ports.Signals.Signal(ctx, SignalLowBalance, name, "")
			}
		}
	}
	return errors.Join(failures...)
}
