package payout

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sameText reports whether an echoed description is ours. Pages say that it is echoed, and
// nowhere that it is unchanged: what a page or a database makes of it (entities, other blanks and
// cases, accents of their own or none) leaves the letters and digits as they are, or takes those
// out that its character set does not have. A text that has none is compared as it stands, and a
// part of ours is another text.
func sameText(echoed, ours string) bool {
	if echoed == ours {
		return true
	}
	bare := essence(ours)
	if bare == "" {
		beyond := strings.ContainsFunc(ours, func(r rune) bool { return r >= utf8.RuneSelf })
		return beyond && outlived(signs(echoed), signs(ours)) // else there was nothing to lose
	}
	theirs := essence(echoed)
	return strings.EqualFold(bare, theirs) || unaccented(bare) == unaccented(theirs) || outlived(theirs, bare)
}

// outlived reports whether what is left of an echo is all that a character set left of ours: it
// says nothing that ours does not say in that order, and every sign that is in all character
// sets, which is ASCII's, is still there. What was lost has another sign in its place (see
// [essence]), or none. A set that has a part of a script has all of it, so that a word with fewer
// Khmer signs in it is another word; of Latin letters, sets have some.
//
// If nothing was left that could differ (all of ours is Khmer, say, and all of the echo question
// marks), the echo tells nothing, and it is taken for ours. How many signs there are is no proof:
// one may stand for a character, a byte or a word. The description is a guard beside the identity
// and not the identity: reference, amount and currency are compared by themselves, and an echo
// that is missing is none to compare either, so whoever could leave it out gains nothing by
// question marks. The other error is worse: each callback and each answer about a merchant who
// writes Khmer would be a mismatch, and none of his payouts would ever end.
func outlived(left, ours string) bool {
	kept, lost := []rune{}, []rune{}
	rest := []rune(left)
	for _, r := range ours {
		switch {
		case len(rest) > 0 && unicode.ToLower(rest[0]) == unicode.ToLower(r):
			kept, rest = append(kept, r), rest[1:]
		case r < utf8.RuneSelf:
			return false
		default:
			lost = append(lost, r)
		}
	}
	return len(rest) == 0 && !slices.ContainsFunc(kept, func(k rune) bool {
		script := scriptOf(k)
		return script != nil && slices.ContainsFunc(lost, func(l rune) bool { return unicode.Is(script, l) })
	})
}

// scriptOf is the script that a sign belongs to, if a character set that has one sign of it has
// them all. Latin is none: ASCII has a part of it, and so has every other set.
func scriptOf(r rune) *unicode.RangeTable {
	if unicode.In(r, unicode.Latin, unicode.Common, unicode.Inherited) {
		return nil
	}
	for _, script := range unicode.Scripts {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// essence is the letters, the signs on them and the digits of a text. A question mark or a
// replacement character, which stand for what was lost, are none of them.
func essence(text string) string {
	return only(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Mn, unicode.Mc) })
}

// signs is all that is seen of a text, but for what may stand for something that was lost.
func signs(text string) string {
	return only(text, func(r rune) bool { return r != '?' && r != utf8.RuneError })
}

func only(text string, counts func(rune) bool) string {
	for range mostWrapped {
		text = html.UnescapeString(text)
	}
	return strings.Map(func(r rune) rune {
		if Unseen(r) || !counts(r) {
			return -1
		}
		return r
	}, text)
}

// accents are the signs on Latin letters. Those of other scripts, such as Khmer's vowels, are
// parts of the word.
var accents = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x0300, Hi: 0x036f, Stride: 1}}}

// unaccented is a text in lower case without accents, whether they are parts of the letters or
// stand behind them.
func unaccented(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(accents, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text)))
}
