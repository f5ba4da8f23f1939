package money

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
)

// maxMinor is the largest amount in minor units, 10^13: the upper bound of
// Monetix' payment.amount (docs/providers.md), and small enough that a sum of two
// cannot overflow an int64.
const maxMinor int64 = 10_000_000_000_000

// ErrRange says that an amount is zero, negative or above [maxMinor].
var ErrRange = errors.New("money: amount out of range")

// Amount is a positive sum of money. Amounts may be compared with ==; the zero
// value means "no amount stated" and is not the same as zero riel, which cannot
// be paid out.
type Amount struct {
	minor    int64
	currency Currency
}

// New makes an amount of 1 to [maxMinor] minor units.
func New(minor int64, c Currency) (Amount, error) {
	if !c.known() {
		return Amount{}, ErrCurrency
	}
	if minor < 1 || minor > maxMinor {
		return Amount{}, ErrRange
	}
	return Amount{minor: minor, currency: c}, nil
}

// Minor is the amount in minor units, the way Monetix sends it.
func (a Amount) Minor() int64 { return a.minor }

// Currency is empty when no amount is stated.
func (a Amount) Currency() Currency { return a.currency }

// IsZero tells that no amount is stated.
func (a Amount) IsZero() bool { return a == Amount{} }

// Major splits the amount into whole units and the minor units beyond them.
func (a Amount) Major() (whole, fraction int64) {
	return a.minor / minorPerMajor, a.minor % minorPerMajor
}

// String is the canonical text in major units, always with two decimals
// ("50000.00"), and empty when no amount is stated. The currency is left out:
// on every wire it travels in a field of its own, or not at all.
func (a Amount) String() string {
	if a.IsZero() {
		return ""
	}
	whole, fraction := a.Major()
	return fmt.Sprintf("%d.%02d", whole, fraction)
}

// WholeText is the amount without decimals ("50000"). It is false when there is
// a fraction: Vexora takes whole riel, and cutting one off would move money.
func (a Amount) WholeText() (string, bool) {
	whole, fraction := a.Major()
	if a.IsZero() || fraction != 0 {
		return "", false
	}
	return strconv.FormatInt(whole, 10), true
}

// Add sums two amounts of one currency. It fails with [ErrCurrency] or, above
// [maxMinor], with [ErrRange].
func (a Amount) Add(b Amount) (Amount, error) {
	if a.currency != b.currency {
		return Amount{}, ErrCurrency
	}
	return New(a.minor+b.minor, a.currency)
}

// Compare orders two amounts of one currency like [cmp.Compare]. Amounts of
// different currencies have no order, which is [ErrCurrency].
func (a Amount) Compare(b Amount) (int, error) {
	if !a.currency.known() || a.currency != b.currency {
		return 0, ErrCurrency
	}
	return cmp.Compare(a.minor, b.minor), nil
}

// Exceeds tells whether an amount breaks a limit. A limit that is not stated or
// is in another currency counts as broken: a cap that cannot be applied must
// stop money, not let it through.
func (a Amount) Exceeds(limit Amount) bool {
	order, err := a.Compare(limit)
	return err != nil || order > 0
}
