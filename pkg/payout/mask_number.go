package payout

import (
	"regexp"
	"strings"
)

// Number is a number of the provider's own. It is hidden only if the whole number of the
// recipient is in it, perhaps without the zeros before it: parts of it are there by chance. One
// that was cut off or was not legible is no number but a text, and is masked as texts are.
func (m Mask) Number(text string) string {
	if Unmarked(text) != text || m.anybody && !numberForm.MatchString(text) {
		return m.named(text)
	}
	for _, as := range m.readings(text) {
		bare := bareNumber(string(as.runes))
		for _, number := range m.numbers {
			whole := strings.TrimLeft(string(number), "0")
			if len([]rune(whole)) > leastQuoted && strings.Contains(string(bare.runes), whole) {
				return m.Text(text)
			}
		}
	}
	return text
}

// numberForm is that of a provider's number. Of an orphan nobody can tell whether one is an
// account's; without it nobody could ask the provider.
var numberForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// named is the text without what it quotes, and without the mark of one that was cut off or was
// not legible.
func (m Mask) named(text string) string {
	shown := Unmarked(text)
	if shown == text {
		return m.Text(text)
	}
	return m.text(strings.TrimSuffix(shown, "~"), len(text) > numberLimit-shownDigits) + "~"
}
