package monetix

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/secrets"
)

// Members that are never signed, at any depth: the signature itself, and a matter
// of Monetix' payment page that all its libraries leave out.
const (
	signatureMember = "signature"
	frameMember     = "frame_mode"
)

// Sign is the base64 text of the HMAC-SHA512 over the canonical text of a tree.
// Members called signature may be there; they are not signed.
func Sign(tree jsontree.Value, secret secrets.Secret) string {
	return base64.StdEncoding.EncodeToString(digest(Canonical(tree), secret))
}

func digest(text string, secret secrets.Secret) []byte {
	mac := hmac.New(sha512.New, []byte(secret.Reveal()))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Canonical is the text that is signed: a line path:value for every scalar, sorted
// and joined by ";" (Signature generation and verification). Neither ":" nor ";"
// is escaped in values, so {"a":"1;b:2"} and {"a":"1","b":"2"} have one text:
// whoever verifies a signature has verified the text, and not the fields; see
// [payout.Payout.Decide].
func Canonical(tree jsontree.Value) string {
	return join(leaves(tree, reading{}), byLine)
}

// leaf is one scalar with its place in the tree.
type leaf struct{ path, value string }

func (l leaf) line() string { return l.path + ":" + l.value }

// reading is a way to read a tree in which Monetix' own libraries differ.
type reading struct {
	// keepInArrays signs members called signature inside arrays.
	keepInArrays bool
	// phpNumbers writes 1.50 as 1.5, as PHP does with what is not an integer.
	phpNumbers bool
}

func leaves(tree jsontree.Value, r reading) []leaf {
	var all []leaf
	var walk func(path string, v jsontree.Value, inArray bool)
	below := func(path, name string) string {
		if path == "" {
			return name
		}
		return path + ":" + name
	}
	walk = func(path string, v jsontree.Value, inArray bool) {
		switch v.Kind() {
		case jsontree.Object:
			for _, m := range v.Members() {
				if m.Name == frameMember || (m.Name == signatureMember && !(inArray && r.keepInArrays)) {
					continue
				}
				walk(below(path, m.Name), m.Value, inArray)
			}
		case jsontree.Array:
			for i, element := range v.Elements() {
				walk(below(path, strconv.Itoa(i)), element, true)
			}
		default:
			all = append(all, leaf{path, valueText(v, r)})
		}
	}
	walk("", tree, false)
	return all
}

// valueText writes a scalar. Numbers keep their literal text: an operation's id
// has more digits than a binary fraction holds.
func valueText(v jsontree.Value, r reading) string {
	switch v.Kind() {
	case jsontree.String:
		text, _ := v.Text()
		return text
	case jsontree.Bool:
		if v.Literal() == "true" {
			return "1"
		}
		return "0"
	case jsontree.Number:
		if r.phpNumbers {
			return phpNumber(v.Literal())
		}
		return v.Literal()
	}
	return "" // null
}

// phpNumber drops the zeros behind the point that PHP does not print. It works on
// the text alone.
func phpNumber(literal string) string {
	if !strings.Contains(literal, ".") || strings.ContainsAny(literal, "eE") {
		return literal
	}
	return strings.TrimSuffix(strings.TrimRight(literal, "0"), ".")
}

// order sorts leaves.
type order func(a, b leaf) int

// The orders of Monetix' libraries. They agree on everything that Gate is known to
// send, and part where an array has eleven items or more.
var (
	byLine    order = func(a, b leaf) int { return cmp.Compare(a.line(), b.line()) }
	byPath    order = func(a, b leaf) int { return cmp.Compare(a.path, b.path) }
	byNatural order = func(a, b leaf) int { return natural(a.path, b.path) }
)

func join(all []leaf, by order) string {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, by)
	lines := make([]string, len(sorted))
	for i, l := range sorted {
		lines[i] = l.line()
	}
	return strings.Join(lines, ";")
}

// natural compares runs of digits by their value, everything else by bytes: 2
// comes before 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, restA := token(a)
		y, restB := token(b)
		if c := compareTokens(x, y); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// token cuts off a run of digits, or one byte.
func token(s string) (head, rest string) {
	end := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if end == 0 {
		end = 1
	}
	return s[:end], s[end:]
}

func compareTokens(x, y string) int {
	if isDigit(x[0]) && isDigit(y[0]) {
		p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		return cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q))
	}
	return cmp.Compare(x, y)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// candidates are the texts that a correct sender may have signed, each once.
// Usually all of them are the same.
func candidates(tree jsontree.Value) []string {
	var texts []string
	for _, r := range []reading{{}, {keepInArrays: true}, {phpNumbers: true}, {keepInArrays: true, phpNumbers: true}} {
		all := leaves(tree, r)
		for _, by := range []order{byLine, byNatural, byPath} {
			if text := join(all, by); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}
