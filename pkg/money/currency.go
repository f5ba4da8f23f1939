package money

import "errors"

// Currency is an ISO 4217 alphabetic code. Only the constants below are valid:
// both providers pay out in these two and in nothing else.
type Currency string

// The currencies of the two seed pages.
const (
	KHR Currency = "KHR"
	USD Currency = "USD"
)

// ErrCurrency says that a currency is not one of ours, or that two amounts of
// different currencies met.
var ErrCurrency = errors.New("money: unsupported or mismatched currency")

// minorDigits counts the digits behind the point. ISO 4217 gives the riel two as
// well, although no coin of that size exists; Monetix counts in them (its Banks
// of Cambodia page sends 50 000.00 KHR as 5000000).
const minorDigits = 2

// minorPerMajor is ten to the power of minorDigits.
const minorPerMajor = 100

// ParseCurrency reads a code exactly as it is written on the wire; "khr" is not
// a currency, because providers compare the text and not its meaning.
func ParseCurrency(text string) (Currency, error) {
	c := Currency(text)
	if !c.known() {
		return "", ErrCurrency
	}
	return c, nil
}

// MinorDigits is the number of digits behind the point, and 0 for a currency
// that is not one of ours.
func (c Currency) MinorDigits() int {
	if !c.known() {
		return 0
	}
	return minorDigits
}

func (c Currency) known() bool {
	return c == KHR || c == USD
}
