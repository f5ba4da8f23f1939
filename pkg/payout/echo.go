package payout

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sameText reports whether an echoed description is ours. Pages say that it is echoed, and
// nowhere that it is unchanged: what a page or a database makes of it (entities, other blanks and
// cases, accents of their own or none) leaves the letters and digits as they are, or takes those
// out that its character set does not have. Escapes in it are read as what they mean, and ours as
// what a program makes of it that takes its bytes for those of another character set. A text that
// has no letters or digits is compared as it stands, and a part of ours is another text.
func sameText(echoed, ours string) bool {
	if echoed == ours {
		return true
	}
	meant := string(literally(echoed).unescaped(echoEscapes).runes)
	return sameReading(echoed, ours) || meant != echoed && sameReading(meant, ours)
}

// sameReading compares two texts as they stand, with other forms of a sign as the plain ones, and
// ours as it is misread. Whatever is left of that has letters beyond ASCII; but few signs of it are
// letters, and many texts have the same ones, so all of its signs are compared.
func sameReading(echoed, ours string) bool {
	if sameSigns(echoed, ours) || sameSigns(norm.NFKC.String(echoed), norm.NFKC.String(ours)) {
		return true
	}
	return beyondASCII(essence(echoed)) && slices.ContainsFunc(misread(ours), func(ours string) bool { return outlived(seen(echoed), seen(ours)) })
}

func beyondASCII(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// echoEscapes are characters as JSON, a programming language or an address writes them. Tags are
// none of them: what stands in one is a part of the text.
var echoEscapes = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}`)

// mostMisread is how often a text is taken for one of another character set on its way.
const mostMisread = 2

// windows1252 are the signs of Windows-1252 from 0x80 on where they differ from Latin-1.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// misread is what a text is to a program that reads its UTF-8 as Latin-1, or as Windows-1252.
func misread(text string) []string {
	var all []string
	for _, high := range [][]rune{nil, windows1252} {
		said := text
		for range mostMisread {
			var b strings.Builder
			for _, raw := range []byte(said) {
				sign := rune(raw)
				if n := int(raw) - utf8.RuneSelf; n >= 0 && n < len(high) {
					sign = high[n]
				}
				b.WriteRune(sign)
			}
			said = b.String()
			all = append(all, said)
		}
	}
	return all
}

// sameSigns compares two texts by their letters and digits.
func sameSigns(echoed, ours string) bool {
	bare := essence(ours)
	if bare == "" {
		return beyondASCII(ours) && outlived(signs(echoed), signs(ours)) // else there was nothing to lose
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
// If nothing was left that could differ (all of ours is Khmer, say, and all of the echo status query
// marks), the echo tells nothing, and it is taken for ours. How many signs there are is no proof:
// one may stand for a character, a byte or a word. The description is a guard beside the identity
// and not the identity: reference, amount and currency are compared by themselves, and an echo
// that is missing is none to compare either, so whoever could leave it out gains nothing by
// status query marks. The other error is worse: each callback and each answer about a merchant who
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

// essence is the letters, the signs on them and the digits of a text. A status query mark or a
// replacement character, which stand for what was lost, are none of them.
func essence(text string) string {
	return only(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Mn, unicode.Mc) })
}

// signs is all that is seen of a text, but for what may stand for something that was lost.
func signs(text string) string {
	return only(text, func(r rune) bool { return r != '?' && r != utf8.RuneError })
}

// seen is the signs of a text without blanks.
func seen(text string) string {
	return only(text, func(r rune) bool { return r != '?' && r != utf8.RuneError && !unicode.IsSpace(r) })
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
