package payout

import (
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escapeForm is a character as markup writes it: a tag, an HTML entity, bytes in percent
// encoding, an escape of JSON. At the end of a text one may be cut off.
var escapeForm = regexp.MustCompile(`</?[A-Za-z][^<>]*>|&#?\w+;|(?:%[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[a-z]|&#?\w*$|%[0-9A-Fa-f]?$|\\u?[0-9A-Fa-f]*$`)

// mostWrapped is how often one escape may be escaped: %2520 is a blank, twice.
const mostWrapped = 3

// reading is one way to read a text: what its characters mean, and where in the text each of
// them stands.
type reading struct {
	runes    []rune
	from, to []int
}

// literally reads a text as it stands.
func literally(text string) reading {
	var as reading
	for i, r := range []rune(text) {
		as.add(r, i, i+1)
	}
	return as
}

func (as *reading) add(r rune, from, to int) {
	as.runes, as.from, as.to = append(as.runes, r), append(as.from, from), append(as.to, to)
}

// copy adds n characters of another reading, from one on.
func (as *reading) copy(of reading, at, n int) int {
	for i := at; i < at+n; i++ {
		as.add(of.runes[i], of.from[i], of.to[i])
	}
	return n
}

// unescaped reads the escapes of markup as what they mean.
func (as reading) unescaped() reading {
	for range mostWrapped {
		next, changed := as.unwrapped()
		if !changed {
			break
		}
		as = next
	}
	return as
}

// unwrapped reads each escape as what it means, once.
func (as reading) unwrapped() (next reading, changed bool) {
	text, at, done := string(as.runes), 0, 0
	for _, found := range escapeForm.FindAllStringIndex(text, -1) {
		before, escape := text[done:found[0]], text[found[0]:found[1]]
		at += next.copy(as, at, utf8.RuneCountInString(before))
		last := at + utf8.RuneCountInString(escape) - 1
		for _, r := range meant(escape) {
			next.add(r, as.from[at], as.to[last])
		}
		at, done, changed = last+1, found[1], true
	}
	next.copy(as, at, len(as.runes)-at)
	return next, changed
}

// meant is what one escape means, a blank if nobody knows.
func meant(escape string) string {
	said := ""
	switch {
	case escape[0] == '&':
		said = html.UnescapeString(escape)
	case escape[0] == '%':
		raw, _ := hex.DecodeString(strings.ReplaceAll(escape, "%", ""))
		said = string(raw)
	case strings.HasPrefix(escape, `\u`), strings.HasPrefix(escape, `\x`):
		if n, err := strconv.ParseInt(escape[2:], 16, 32); err == nil {
			said = string(rune(n))
		}
	}
	if said == "" || said == escape {
		return " "
	}
	return said
}
