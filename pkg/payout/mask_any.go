package payout

import (
	"regexp"
	"slices"
	"unicode"
)

var (
	anyNumber = regexp.MustCompile(`\p{Nd}(?:[^\p{L}\p{Nd}]*\p{Nd}){4,}`)
	anyWord   = regexp.MustCompile(`[\p{L}\p{Nd}]{8,}`)
	anyEmail  = regexp.MustCompile(`\S+@\S+`)
)

// leastMixed is how many digits a word of letters and digits has that may be an account's.
const leastMixed = 4

// MaskAny hides what may tell who was paid in a text about a payout that we do not hold: of
// every longer number, and of longer words with digits in them, all but the last four
// characters; and e-mail addresses.
func MaskAny(text string) string {
	if plain := unescaped(text); plain != text {
		if masked := maskAny(plain); masked != plain {
			return masked
		}
	}
	return maskAny(text)
}

func maskAny(text string) string {
	text = anyEmail.ReplaceAllString(text, maskText)
	text = anyWord.ReplaceAllStringFunc(text, func(word string) string {
		runes := []rune(word)
		digits := slices.DeleteFunc(slices.Clone(runes), func(r rune) bool { return !unicode.IsDigit(r) })
		if len(digits) == len(runes) || len(digits) < leastMixed {
			return word
		}
		return maskText + string(runes[len(runes)-shownDigits:])
	})
	return anyNumber.ReplaceAllStringFunc(text, func(number string) string {
		digits := bareNumber(number).runes
		return maskText + string(digits[len(digits)-shownDigits:])
	})
}
