package money

import (
	"errors"
	"testing"
)

func TestParseCurrencyTakesTheExactCodesOnly(t *testing.T) {
	for _, text := range []string{"KHR", "USD"} {
		c, err := ParseCurrency(text)
		if err != nil || string(c) != text {
			t.Errorf("%s: %q, %v", text, c, err)
		}
		if c.MinorDigits() != 2 {
			t.Errorf("%s has %d minor digits", text, c.MinorDigits())
		}
	}
	for _, text := range []string{"", "khr", "Usd", "EUR", "USDT", " USD", "USD\n", "KHR\x00", "៛", "116", "840"} {
		c, err := ParseCurrency(text)
		if !errors.Is(err, ErrCurrency) || c != "" {
			t.Errorf("%q: %q, %v", text, c, err)
		}
		if n := Currency(text).MinorDigits(); n != 0 {
			t.Errorf("%q has %d minor digits", text, n)
		}
	}
}
