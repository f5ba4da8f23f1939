package payout

import (
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escapes are characters as markup writes them: a comment, an instruction or the border of literal
// text, of HTML, XML or a programming language; a tag; an HTML entity, which numbers and some
// names are without a semicolon too; bytes in percent encoding; an escape of JSON or of a
// programming language. At the end of a text one may be cut off. What a no-break blank is made
// of ends there: a digit behind it is one of the number that it sets apart.
const escapes = `(?s:<!--.*?(?:-->|$)|/\*.*?\*/)|<!\[CDATA\[|\]\]>|</?[A-Za-z!?][^<>]*>|&#(?:160|[xX][aA]0);?|&#(?:\d+|[xX][0-9A-Fa-f]+);?|&#?\w+;|&(?:nbsp|shy|amp|quot|middot|lt|gt)|` +
	`(?:%[0-9A-Fa-f]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}`

// rareEscapes stand in ordinary texts by chance as well (a=30, C:\012), so that they are read in
// a reading of their own: octal escapes, and of quoted-printable digits and what sets them apart.
const rareEscapes = `\\[0-7]{3}|=3[0-9]|=2[0Dd]|=[Cc]2=[Aa]0`

const endings = `\\[a-z]|&#?\w*$|%[0-9A-Fa-f]?$|\\u?[0-9A-Fa-f]*$`

// escapeSigns are what all of these begin with: a text without any has no other meaning.
const escapeSigns = `</]&%\=`

var (
	escapeForm = regexp.MustCompile(escapes + "|" + endings)
	anyEscape  = regexp.MustCompile(escapes + "|" + rareEscapes + "|" + endings)
)

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

// unescaped reads the escapes of a form as what they mean.
func (as reading) unescaped(form *regexp.Regexp) reading {
	for range mostWrapped {
		next, changed := as.unwrapped(form)
		if !changed {
			break
		}
		as = next
	}
	return as
}

// unwrapped reads each escape as what it means, once.
func (as reading) unwrapped(form *regexp.Regexp) (next reading, changed bool) {
	text, at, done := string(as.runes), 0, 0
	for _, found := range form.FindAllStringIndex(text, -1) {
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
	case escape[0] == '%', escape[0] == '=':
		raw, _ := hex.DecodeString(strings.NewReplacer("%", "", "=", "").Replace(escape))
		said = string(raw)
	case strings.HasPrefix(escape, `\u`), strings.HasPrefix(escape, `\x`):
		if n, err := strconv.ParseInt(strings.Trim(escape[2:], "{}"), 16, 32); err == nil {
			said = string(rune(n))
		}
	case len(escape) == len(`\060`):
		if n, err := strconv.ParseInt(escape[1:], 8, 32); err == nil {
			said = string(rune(n))
		}
	}
	if said == "" || said == escape {
		return " "
	}
	return said
}
