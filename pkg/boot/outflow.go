package boot

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Outflow is OUTFLOW_LIMITS: the most that may be submitted in one hour. Empty means that
// nobody counts.
type Outflow struct {
	Limits OutflowLimits `env:"OUTFLOW_LIMITS"`
}

// OutflowLimits are the limits by provider and currency, in major units:
// {"vexora": {"KHR": "40000000"}}.
type OutflowLimits struct{ payout.OutflowLimits }

// UnmarshalText implements encoding.TextUnmarshaler. A member that is not known, or no limit
// at all, is refused: the brake would be off where somebody believes that it is on.
func (l *OutflowLimits) UnmarshalText(text []byte) error {
	var written map[string]map[string]string
	if err := json.Unmarshal(text, &written); err != nil {
		return errors.New(`must be an object such as {"vexora": {"KHR": "40000000"}}, with each amount in quotes`)
	}
	limits := payout.OutflowLimits{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(written)) {
		p := payout.Provider(name)
		if !payout.Known(p) {
			faults = append(faults, fmt.Errorf("members must name %v", payout.Providers()))
			continue
		}
		byCurrency, err := hourly(written[name])
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
		limits[p] = byCurrency
	}
	if len(written) == 0 {
		faults = append(faults, errors.New("names no limit; leave it empty to count nothing"))
	}
	l.OutflowLimits = limits
	return errors.Join(faults...)
}

// hourly reads the limits of one provider. A code that is quoted in a fault is cut, since it may be
// anything.
func hourly(written map[string]string) (map[money.Currency]money.Amount, error) {
	if len(written) == 0 {
		return nil, errors.New("names no limit")
	}
	limits := map[money.Currency]money.Amount{}
	var faults []error
	for _, code := range slices.Sorted(maps.Keys(written)) {
		most, err := money.Parse(written[code], money.Currency(code))
		if err != nil {
			faults = append(faults, fmt.Errorf("%.8q: %w", code, err))
			continue
		}
		limits[most.Currency()] = most
	}
	return limits, errors.Join(faults...)
}
