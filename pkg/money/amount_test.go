package money

import (
	"errors"
	"math"
	"testing"
)

func amount(t *testing.T, minor int64, c Currency) Amount {
	t.Helper()
	a, err := New(minor, c)
	if err != nil {
		t.Fatalf("New(%d, %s): %v", minor, c, err)
	}
	return a
}

func TestNewTakesOneToTheLimitInAKnownCurrency(t *testing.T) {
	tests := []struct {
		name     string
		minor    int64
		currency Currency
		want     error
	}{
		{"the smallest amount", 1, KHR, nil},
		{"the largest amount", maxMinor, USD, nil},
		{"zero is not an amount", 0, KHR, ErrRange},
		{"a debt is not an amount", -1, KHR, ErrRange},
		{"one above the limit", maxMinor + 1, USD, ErrRange},
		{"the ends of int64", math.MinInt64, USD, ErrRange},
		{"another currency", 100, "EUR", ErrCurrency},
		{"no currency", 100, "", ErrCurrency},
		{"the currency is looked at first", 0, "khr", ErrCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := New(tt.minor, tt.currency)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if err != nil && !a.IsZero() {
				t.Errorf("an error came with the amount %s", a)
			}
			if err == nil && (a.Minor() != tt.minor || a.Currency() != tt.currency) {
				t.Errorf("got %d %s", a.Minor(), a.Currency())
			}
		})
	}
}

func TestTheZeroValueIsNoAmount(t *testing.T) {
	var none Amount
	if !none.IsZero() || none.String() != "" || none.Currency() != "" {
		t.Errorf("zero value: %q %q", none, none.Currency())
	}
	if text, ok := none.WholeText(); ok {
		t.Errorf("no amount has the whole text %q", text)
	}
	if amount(t, 1, KHR).IsZero() {
		t.Error("one minor unit counts as no amount")
	}
}

func TestAmountsAreComparedByValue(t *testing.T) {
	parsed, err := Parse("50000", KHR)
	if err != nil {
		t.Fatal(err)
	}
	if parsed != amount(t, 5_000_000, KHR) {
		t.Error("the seed's 50000 riel and Monetix' 5000000 are not equal")
	}
	if amount(t, 100, KHR) == amount(t, 100, USD) {
		t.Error("one riel equals one dollar")
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		minor int64
		text  string
		whole string // empty where there is a fraction
	}{
		{1, "0.01", ""},
		{10, "0.10", ""},
		{99, "0.99", ""},
		{100, "1.00", "1"},
		{1250, "12.50", ""},
		{5_000_000, "50000.00", "50000"},
		{6_000_000_000, "60000000.00", "60000000"}, // beyond 32 bits
		{maxMinor - 1, "99999999999.99", ""},
		{maxMinor, "100000000000.00", "100000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			a := amount(t, tt.minor, KHR)
			if a.String() != tt.text {
				t.Errorf("String() = %q", a)
			}
			whole, ok := a.WholeText()
			if whole != tt.whole || ok != (tt.whole != "") {
				t.Errorf("WholeText() = %q, %v", whole, ok)
			}
			major, fraction := a.Major()
			if major*100+fraction != tt.minor || fraction > 99 {
				t.Errorf("Major() = %d, %d", major, fraction)
			}
		})
	}
}

func TestAddStaysWithinLimitAndCurrency(t *testing.T) {
	sum, err := amount(t, 250, USD).Add(amount(t, 50, USD))
	if err != nil || sum != amount(t, 300, USD) {
		t.Errorf("2.50 + 0.50 = %s, %v", sum, err)
	}
	tests := []struct {
		name string
		a, b Amount
		want error
	}{
		{"beyond the limit", amount(t, maxMinor, USD), amount(t, 1, USD), ErrRange},
		{"twice the limit", amount(t, maxMinor, USD), amount(t, maxMinor, USD), ErrRange},
		{"two currencies", amount(t, 1, USD), amount(t, 1, KHR), ErrCurrency},
		{"an amount and none", amount(t, 1, USD), Amount{}, ErrCurrency},
		{"none and none", Amount{}, Amount{}, ErrCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if sum, err := tt.a.Add(tt.b); !errors.Is(err, tt.want) || !sum.IsZero() {
				t.Errorf("got %s, %v", sum, err)
			}
		})
	}
}

func TestCompareAndExceeds(t *testing.T) {
	small, large := amount(t, 100, KHR), amount(t, 101, KHR)
	tests := []struct {
		name    string
		a, b    Amount
		order   int
		err     error
		exceeds bool
	}{
		{"less", small, large, -1, nil, false},
		{"equal does not exceed", large, large, 0, nil, false},
		{"more", large, small, 1, nil, true},
		{"a cap in another currency stops", small, amount(t, 500, USD), 0, ErrCurrency, true},
		{"a missing cap stops", small, Amount{}, 0, ErrCurrency, true},
		{"no amount has no order", Amount{}, Amount{}, 0, ErrCurrency, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			order, err := tt.a.Compare(tt.b)
			if order != tt.order || !errors.Is(err, tt.err) {
				t.Errorf("Compare = %d, %v", order, err)
			}
			if tt.a.Exceeds(tt.b) != tt.exceeds {
				t.Errorf("Exceeds = %v", !tt.exceeds)
			}
		})
	}
}
