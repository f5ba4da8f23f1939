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
		w.connectors[Vexora] = till
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

// slowTill is a provider that does not answer a status query for its balance.
type slowTill struct {
	payout.Connector
	asked   int
	allowed time.Duration // how long the status query may take; zero for ever
}

func (r *slowTill) Balances(ctx context.Context) ([]payout.Balance, error) {
	r.asked++
	if end, bounded := ctx.Deadline(); bounded {
		r.allowed = time.Until(end)
	}
	return nil, errors.New("no answer")
}

// No payout waits for a balance: the status query takes a few seconds at most, and none of those
// that the invocation needs for its end.
func TestABalanceTakesNobodysTime(t *testing.T) {
	w := newWorld(t)
	till := &slowTill{Connector: w.vexora}
	w.connectors[Vexora] = till
	short, cancel := context.WithDeadline(bg, w.clock.Now().Add(4*time.Second))
	defer cancel()
	if err := w.sweeper.Balances(short); err != nil || till.asked != 0 {
		t.Errorf("with four seconds left: %v, asked %d times", err, till.asked)
	}
	if err := w.sweeper.Balances(bg); err == nil || till.asked != 1 || till.allowed <= 0 || till.allowed > 5*time.Second {
		t.Errorf("with time left: %v, asked %d times, for %v", err, till.asked, till.allowed)
	}
}
