package payout

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// escapeForm is a character as markup writes it: a tag, an HTML entity, bytes in percent
// encoding, an escape of JSON. At the end of a text one may be cut off.
var escapeForm = regexp.MustCompile(`</?[A-Za-z][^<>]*>|&#?\w+;|(?:%[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[a-z]|&#?\w*$|%[0-9A-Fa-f]?$|\\u?[0-9A-Fa-f]*$`)

// mostWrapped is how often one escape may be escaped: %2520 is a blank, twice.
const mostWrapped = 3

// unescaped is a text with letters and digits for the escapes that mean some, and a blank for
// all others: it is shown, so that nothing may come back that was cleaned away before.
func unescaped(text string) string {
	first := text
	for range mostWrapped {
		next := escapeForm.ReplaceAllStringFunc(text, meant)
		if next == text {
			break
		}
		text = next
	}
	if text == first {
		return first
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(markup, r) {
			return ' '
		}
		return r
	}, text)
}

// markup is what escapes are made of. It may come out of an escape, to be read once more.
const markup = `&%\#;`

// meant is what one escape means.
func meant(escape string) string {
	var said string
	switch {
	case strings.HasPrefix(escape, "&#x"), strings.HasPrefix(escape, "&#X"):
		said = character(strings.TrimSuffix(escape[3:], ";"), 16)
	case strings.HasPrefix(escape, "&#"):
		said = character(strings.TrimSuffix(escape[2:], ";"), 10)
	case escape == "&amp;":
		said = "&"
	case escape[0] == '%':
		raw, _ := hex.DecodeString(strings.ReplaceAll(escape, "%", ""))
		said = string(raw)
	case strings.HasPrefix(escape, `\u`), strings.HasPrefix(escape, `\x`):
		said = character(escape[2:], 16)
	}
	if said == "" {
		return " "
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(markup, r) {
			return r
		}
		return ' '
	}, said)
}

func character(number string, base int) string {
	n, err := strconv.ParseInt(number, base, 32)
	if err != nil {
		return ""
	}
	return string(rune(n))
}
