package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Why a text is not an amount, besides [ErrRange] and [ErrCurrency].
var (
	// ErrSyntax says that the text is not a plain decimal number.
	ErrSyntax = errors.New("money: not a plain decimal number")
	// ErrPrecision says that the number can be read but is finer than a minor
	// unit. It is never rounded: the sender meant something we cannot pay.
	ErrPrecision = errors.New("money: finer than a minor unit")
)

const (
	// maxText bounds the work on hostile input; the largest amount takes 15 bytes.
	maxText = 64
	// maxWholeDigits is the length of MaxMinor in major units, 100000000000. Longer
	// whole parts are out of range before they are converted, so nothing overflows.
	maxWholeDigits = 12
)

// Parse reads the merchant's amount in major units: ASCII digits with at most
// one point, digits on both sides of it, at most two behind it. Signs,
// exponents, blanks, separators and leading zeros are [ErrSyntax], so that one
// amount has few spellings and none that people read differently.
func Parse(text string, c Currency) (Amount, error) {
	whole, fraction, err := split(text, c)
	if err != nil {
		return Amount{}, err
	}
	return assemble(whole, fraction, c)
}

// ParseExact reads an amount as providers print it. It is [Parse], but any
// number of zeros may follow the second decimal: Vexora's pages show "3.0000"
// and "9998989.1200".
func ParseExact(text string, c Currency) (Amount, error) {
	whole, fraction, err := split(text, c)
	if err != nil {
		return Amount{}, err
	}
	if len(fraction) > minorDigits {
		beyond := strings.TrimRight(fraction[minorDigits:], "0")
		fraction = fraction[:minorDigits] + beyond
	}
	return assemble(whole, fraction, c)
}

// ParseMinor reads an amount in minor units: ASCII digits and nothing else, as
// Monetix writes them ("5000000", as a JSON number or as text).
func ParseMinor(text string, c Currency) (Amount, error) {
	if !c.known() {
		return Amount{}, ErrCurrency
	}
	if !digits(text) || len(text) > maxText {
		return Amount{}, ErrSyntax
	}
	minor, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: %w", ErrRange, err)
	}
	return New(minor, c)
}

// ParseBalance reads what an account holds as a provider prints it, in minor units.
// Unlike an amount it may be zero or negative. What is finer than a minor unit is
// left off, towards less: nobody can pay it out.
func ParseBalance(text string, c Currency) (int64, error) {
	unsigned, negative := strings.CutPrefix(text, "-")
	whole, fraction, err := split(unsigned, c)
	if err != nil {
		return 0, err
	}
	const mostDigits = 16 // of major units; two more still fit into an int64
	if len(whole) > mostDigits {
		return 0, ErrRange
	}
	kept := (fraction + strings.Repeat("0", minorDigits))[:minorDigits]
	minor, err := strconv.ParseInt(whole+kept, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRange, err)
	}
	if !negative {
		return minor, nil
	}
	if len(fraction) > minorDigits && strings.Trim(fraction[minorDigits:], "0") != "" {
		minor++
	}
	return -minor, nil
}

// split checks the spelling and returns the digits before and behind the point.
func split(text string, c Currency) (whole, fraction string, err error) {
	if !c.known() {
		return "", "", ErrCurrency
	}
	if len(text) > maxText {
		return "", "", ErrSyntax
	}
	whole, fraction, pointed := strings.Cut(text, ".")
	if !digits(whole) || pointed && !digits(fraction) {
		return "", "", ErrSyntax
	}
	// "010" is eight to some readers and ten to others.
	if len(whole) > 1 && whole[0] == '0' {
		return "", "", ErrSyntax
	}
	return whole, fraction, nil
}

// assemble turns checked digits into minor units without leaving the integers.
func assemble(whole, fraction string, c Currency) (Amount, error) {
	if len(fraction) > minorDigits {
		return Amount{}, ErrPrecision
	}
	if len(whole) > maxWholeDigits {
		return Amount{}, ErrRange
	}
	padded := fraction + strings.Repeat("0", minorDigits-len(fraction))
	minor, err := strconv.ParseInt(whole+padded, 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: %w", ErrRange, err)
	}
	return New(minor, c)
}

// digits tells whether the text is one or more of 0 to 9. It looks at bytes, so
// that the digits of other scripts, Khmer included, do not pass.
func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
