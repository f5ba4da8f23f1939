package payout

import "strings"

// LocalPhone brings a Cambodian phone number into its national form without the
// trunk zero, digits only. Blanks and dashes are dropped; the country code 855 is
// dropped only where it cannot be the start of a subscriber number: after "+" or
// "00", or when 11 or 12 digits are left. False means that something other than a
// phone number was written.
func LocalPhone(text string) (string, bool) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
	digits, international := strings.CutPrefix(digits, "+")
	if !international {
		digits, international = strings.CutPrefix(digits, "00")
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	if international || len(digits) == 11 || len(digits) == 12 {
		digits = strings.TrimPrefix(digits, "855")
	}
	digits = strings.TrimPrefix(digits, "0")
	return digits, digits != ""
}
