package payout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// rich is a provider that can be asked for its balance.
type rich struct {
	payout.Connector
	left  int64
	fault error
	asked int
}

func (r *rich) Balances(context.Context) ([]payout.Balance, error) {
	r.asked++
	return []payout.Balance{{Currency: money.KHR, Available: r.left}}, r.fault
}

func TestALowBalanceIsToldBeforePayoutsFail(t *testing.T) {
	reserve, err := money.Parse("1000000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		left int64
		low  bool
	}{
		"enough":    {100_000_000, false},
		"not quite": {99_999_999, true},
		"nothing":   {0, true},
		"overdrawn": {-1, true},
	} {
		w := newWorldWith(t, func(p *payout.Policy) { p.Reserves = map[money.Currency]money.Amount{money.KHR: reserve} })
		till := &rich{Connector: w.vexora, left: test.left}
		w.connectors[payout.Vexora] = till
		if err := w.sweeper.Balances(context.Background()); err != nil {
			t.Fatal(err)
		}
		if low := slices.Contains(w.signals.raised, payout.SignalLowBalance); low != test.low {
			t.Errorf("%s: low is %v", name, low)
		}
		w.clock.pass(4 * time.Minute)
		_ = w.sweeper.Balances(context.Background())
		if till.asked != 1 {
			t.Errorf("%s: asked %d times in four minutes", name, till.asked)
		}
		w.clock.pass(2 * time.Minute)
		till.fault = errors.New("no answer")
		if err := w.sweeper.Balances(context.Background()); err == nil || till.asked != 2 {
			t.Errorf("%s: asked %d times, %v", name, till.asked, err)
		}
	}
}
