package payout

import "strings"

// LocalPhone brings a Cambodian phone number into its national form without the
// trunk zero, digits only. Blanks and dashes are dropped; the country code 855 is
// dropped only where it cannot be the start of a subscriber number: after "+" or
// "00", or when 11 or 12 digits are left. A foreign number keeps its code: see
// [ForeignPhone]. False means that something other than a phone number was written.
func LocalPhone(text string) (string, bool) {
	digits, international := internationalDigits(text)
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	if international && digits[0] == '0' {
		return "", false // no country has such a code
	}
	if international || len(digits) == 11 || len(digits) == 12 {
		digits = strings.TrimPrefix(digits, cambodia)
	}
	digits = strings.TrimPrefix(digits, "0")
	return digits, digits != ""
}

// ForeignPhone reports whether a number was written with the code of another country:
// after "+" or "00" stands something else than 855. Without its code it would be the
// number of somebody in Cambodia.
func ForeignPhone(text string) bool {
	digits, international := internationalDigits(text)
	return international && !strings.HasPrefix(digits, cambodia)
}

// cambodia is the country code.
const cambodia = "855"

// withoutSeparators takes out what people write between the digits of a number.
var withoutSeparators = strings.NewReplacer(" ", "", "-", "")

// internationalDigits drops blanks, dashes and the sign of an international number, and
// reports whether there was one.
func internationalDigits(text string) (digits string, international bool) {
	digits = withoutSeparators.Replace(text)
	for _, sign := range []string{"+", "00"} {
		if rest, found := strings.CutPrefix(digits, sign); found {
			return rest, true
		}
	}
	return digits, false
}
