package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most bytes that are kept of texts from outside.
const (
	messageLimit   = 160 // what a provider or a person writes, as a history shows it
	codeLimit      = 64  // a provider's code
	numberLimit    = 128 // a provider's own number, or a reference that is not ours
	principalLimit = 256
)

// shows reports whether a character may be stored and shown: it is none that ends a
// line, moves a cursor, changes the direction of what follows, or is not seen at all.
func shows(r rune) bool { return !unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }

// brailleBlank is a pattern of no dots: a symbol by its category, and nothing to a reader.
const brailleBlank = '\u2800'

// Unseen reports whether a reader sees nothing of a character, or a blank: it does not tell
// two names apart for whoever reads them.
func Unseen(r rune) bool {
	return unicode.IsSpace(r) || r == brailleBlank ||
		unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// legible takes out of a text what must not be shown. What separates becomes a blank.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case shows(r):
			return r
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}

// clip cuts a text at a character boundary.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// Printable makes a text fit to be read: legible, and clipped. It is for texts by which
// nothing is decided; see [named] for the others.
func Printable(text string) string {
	return strings.TrimSpace(clip(legible(text), messageLimit))
}

// markDigits is how much of a digest tells two marked texts apart.
const markDigits = 12

// named makes a code, a number or a reference fit to be stored. One that is legible and
// short enough stays as it is. Of every other one the legible beginning is kept, with a
// mark made of the whole text: two that differ still differ, and the same one is the
// same again, so that what is stored can be compared with what would be stored.
func named(text string, limit int) string {
	clean := legible(text)
	if clean == text && len(text) <= limit {
		return text
	}
	digest := sha256.Sum256([]byte(text))
	mark := "~" + hex.EncodeToString(digest[:])[:markDigits]
	return clip(clean, limit-len(mark)) + mark
}

// marked is a text of [named] that has a mark.
var marked = regexp.MustCompile(`^(.*~)[0-9a-f]{12}$`)

// Unmarked is a text of a provider's as a reader may see it: that something was taken out is
// shown, and the mark is not. It is a plain hash of all that was said, so that whoever can guess
// the rest, and not the number of an account in it, could try that out.
func Unmarked(text string) string {
	if found := marked.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return text
}

// shown is the principal as histories keep it. Who is one person is never decided by it.
func (p Principal) shown() Principal { return Principal(named(string(p), principalLimit)) }

// cleaned is the claim as it is weighed and stored. Every road on which a claim comes in
// leads through here: a provider may say what it likes, and what it says travels to
// histories, events, files and terminals.
func (c Claim) cleaned() Claim {
	c.Reference = named(c.Reference, numberLimit)
	c.ProviderID = named(c.ProviderID, numberLimit)
	if c.said == "" {
		c.said = named(c.Code, codeLimit)
		c.Code = codeOf(c.said, c.Source)
	}
	c.Message = Printable(c.Message)
	c.By = c.By.shown()
	return c
}
