package monetix

import (
	"cmp"
	"strings"

	"cambodia-payouts/pkg/jsontree"
)

// scalar reads a member as it stands in the signed text. It is the only reader of what a
// claim is made of: a signature vouches for the text, in which 3041 and "3041", true and 1,
// null and nothing are the same, and whoever has a genuine callback may choose among them.
func scalar(v jsontree.Value, name string) string {
	member, _ := v.Member(name)
	return valueText(member)
}

// isScalar reports whether a member is one, so that a line of the signed text has it.
func isScalar(v jsontree.Value, name string) bool {
	member, _ := v.Member(name)
	return signs(member)
}

// signs reports whether a value makes a line of the signed text.
func signs(v jsontree.Value) bool {
	kind := v.Kind()
	return kind != jsontree.Invalid && kind != jsontree.Object && kind != jsontree.Array
}

// valueText writes a scalar, and nothing for everything else. Numbers keep their literal text: an operation's id
// has more digits than a binary fraction holds.
func valueText(v jsontree.Value) string {
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
		return v.Literal()
	}
	return "" // null, and what has no line
}

// respelt reports whether a value is a number that PHP would write in another way. Both
// writings verify, and nothing tells which of them was signed.
func respelt(v jsontree.Value) bool {
	literal := v.Literal()
	return v.Kind() == jsontree.Number && (strings.ContainsAny(literal, "eE") || phpLength(literal) != len(literal))
}

// phpLength is how much of a number PHP prints: not the zeros behind the point. It
// works on the text alone.
func phpLength(literal string) int {
	if !strings.Contains(literal, ".") || strings.ContainsAny(literal, "eE") {
		return len(literal)
	}
	return len(strings.TrimSuffix(strings.TrimRight(literal, "0"), "."))
}

// plainCode is a code as the tables list it: the same number without zeros before it or
// behind a point. What is no whole number stays as it is.
func plainCode(code string) string {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(code), ".")
	digits := whole != "" && run([]byte(whole), isDigit) == len(whole)
	if !digits || strings.Trim(fraction, "0") != "" {
		return code
	}
	return cmp.Or(strings.TrimLeft(whole, "0"), "0")
}
