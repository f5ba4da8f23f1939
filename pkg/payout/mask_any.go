package payout

import (
	"regexp"
	"unicode"
	"unicode/utf8"
)

var (
	anyNumber = regexp.MustCompile(`\p{Nd}(?:[^\p{L}\p{Nd}]*\p{Nd}){4,}`)
	anyWord   = regexp.MustCompile(`[\p{L}\p{Nd}]{8,}`)
	anyEmail  = regexp.MustCompile(`\S+\s*@\s*\S+`)
)

// leastMixed is how many digits a word of letters and digits has that may be an account's.
const leastMixed = 4

// MaskAny hides what may tell who was paid in a text about a payout that we do not hold: of
// every longer number, and of longer words with digits in them, all but the last four
// characters; and e-mail addresses.
func MaskAny(text string) string { return Mask{anybody: true}.Text(text) }

// Shown is the orphan as whoever may read it sees it. Its reference was chosen by whoever paid, so
// it is masked as the message is, unless it has our own form: we made that one.
func (o Orphaned) Shown() Orphaned {
	m := Mask{anybody: true}
	if o.ID == "" {
		o.Reference = m.named(o.Reference)
	}
	o.ProviderID, o.Message = m.Number(o.ProviderID), m.Text(o.Message)
	return o
}

// hiddenOfAnybody says which characters of a text without markup may tell of somebody.
func hiddenOfAnybody(runes []rune) []bool {
	text, hidden := string(runes), make([]bool, len(runes))
	each := func(form *regexp.Regexp, found func(part []rune, hidden []bool)) {
		for _, at := range form.FindAllStringIndex(text, -1) {
			from := utf8.RuneCountInString(text[:at[0]])
			to := from + utf8.RuneCountInString(text[at[0]:at[1]])
			found(runes[from:to], hidden[from:to])
		}
	}
	each(anyEmail, func(_ []rune, hidden []bool) { hide(hidden) })
	each(anyWord, func(word []rune, hidden []bool) {
		digits := len(digitsAt(word))
		if digits >= leastMixed && digits < len(word) {
			hide(hidden[:len(word)-shownDigits])
		}
	})
	each(anyNumber, func(number []rune, hidden []bool) {
		digits := digitsAt(number)
		hide(hidden[:digits[len(digits)-shownDigits]])
	})
	return hidden
}

// digitsAt is where the digits of a text are.
func digitsAt(runes []rune) (at []int) {
	for i, r := range runes {
		if unicode.IsDigit(r) {
			at = append(at, i)
		}
	}
	return at
}
