package monetix

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"cambodia-payouts/pkg/jsontree"
)

// plainName is the form of every documented member name.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// documented are the members that a callback may have at the top. Others may be agreed
// on with Monetix; see [Settings].
var documented = []string{
	"project_id", "payment", "customer", "account", "operation", "errors", signatureMember, frameMember,
	"clarification_fields", "additional_data", "provider_extra_fields", "decision", "interface_type",
	"recurring", "redirect_data", "display_data",
}

// place is a path of the signed text: its names, and how a line begins with it.
type place struct {
	path  []string
	begin []byte
	// free: a text for people, which may hold anything. All other values decide, and none of
	// them has a ";".
	free bool
}

func placeOf(path string) place {
	names := strings.Split(path, ":")
	last := names[len(names)-1]
	return place{names, []byte(path + ":"), last == "description" || last == "message"}
}

// first is the name of the first element of an array.
const first = "0"

// reads are the places of the scalars that a claim is made of.
var reads = []place{
	placeOf("project_id"),
	placeOf("payment:id"), placeOf("payment:type"), placeOf("payment:status"), placeOf("payment:description"),
	placeOf("payment:sum:amount"), placeOf("payment:sum:currency"),
	placeOf("operation:type"), placeOf("operation:status"), placeOf("operation:request_id"),
	placeOf("operation:code"), placeOf("operation:message"),
	placeOf("operation:sum_initial:amount"), placeOf("operation:sum_initial:currency"),
	placeOf("errors:" + first + ":code"), placeOf("errors:" + first + ":message"),
}

// others are members that callbacks do not have, and that everything else has which is
// signed with the same key: requests to Gate begin with general, and a payment page is
// asked for with a payment_id.
var others = []place{placeOf("general"), placeOf("payment_id")}

// ambiguity says why the signed text could be cut into another tree than the one that
// came, "" if it could not: neither ":" nor ";" is escaped, and so whoever may choose a
// part of an honest text, the description of a purchase say, could cut it into a callback
// about a payout of ours. Then what was really signed is still in the text: a path that we
// read stands in it more often than in the tree, or one that no callback has.
//
// Only what makes a line of the text is judged. The rest nobody signed, and anybody who has
// one genuine callback can add it: it cuts nothing, and must not take anything away.
func (t text) ambiguity(tree jsontree.Value, agreed []string) string {
	if _, plain := t.names(tree, false, false); !plain {
		return "a member name has characters that no documented one has"
	}
	if t.hasUndocumented(agreed) {
		return "the callback has a member that is not documented"
	}
	for _, read := range reads {
		expected, value := 0, at(tree, read.path)
		if signs(value) {
			expected = 1
		}
		if t.count(read.begin) != expected {
			return "the signed text and the callback do not name the same members equally often"
		}
		if respelt(value) {
			return numberRespelt
		}
		if text, _ := value.Text(); !read.free && strings.ContainsRune(text, separator) {
			return holdsMore
		}
	}
	codes := codesIn(tree)
	for _, code := range codes {
		if respelt(code) {
			return numberRespelt
		}
		if text, _ := code.Text(); strings.ContainsRune(text, separator) {
			return holdsMore
		}
	}
	if t.countErrors() != len(codes) {
		return "the signed text and the callback do not have the same reasons"
	}
	if slices.ContainsFunc(others, func(other place) bool { return t.count(other.begin) > 0 }) {
		return "the signed text has members of another message than a callback"
	}
	return ""
}

// numberRespelt: of 20102.0 nobody can tell whether it was signed as 20102, which is another
// code wherever codes are compared as text.
const numberRespelt = "a number is not written as it is signed"

const holdsMore = "a value that decides could hold the members behind it"

// hasUndocumented reports a line of a member at the top that nobody documents or agreed on.
func (t text) hasUndocumented(agreed []string) bool {
	for i := range t.lines {
		name, _, _ := bytes.Cut(t.path(i), colon)
		if top := string(name); !t.leavesOut(i) && !slices.Contains(documented, top) && !slices.Contains(agreed, top) {
			return true
		}
	}
	return false
}

// names reports whether a value makes a line of the text, and whether all names on the way to
// such lines are of the form that documented ones have.
func (t text) names(v jsontree.Value, inArray, signature bool) (signed, plain bool) {
	if signs(v) {
		return !signature || t.inArrays, true
	}
	plain = true
	for i := range v.Len() {
		m, array := v.At(i), v.Kind() == jsontree.Array
		if !array && neverSigned(m.Name, inArray) {
			continue
		}
		below, fine := t.names(m.Value, inArray || array, signature || m.Name == signatureMember)
		signed = signed || below
		plain = plain && fine && (!below || array || plainName.MatchString(m.Name))
	}
	return signed, plain
}

// at is what a claim reads at a path.
func at(v jsontree.Value, path []string) jsontree.Value {
	for _, name := range path {
		switch {
		case name != first:
			v, _ = v.Member(name)
		case v.Kind() == jsontree.Array && v.Len() > 0:
			v = v.At(0).Value
		default:
			return jsontree.Value{}
		}
	}
	return v
}

// errorCode is how the code of any reason begins a line.
var errorCode = regexp.MustCompile(`^errors:[0-9]+:code:`)

// countErrors is how often the text holds the code of a reason.
func (t text) countErrors() int {
	return t.parts(func(part []byte) bool { return bytes.HasPrefix(part, errorsBegin) && errorCode.Match(part) })
}

var errorsBegin = []byte("errors:")

// codesIn are the codes of all reasons.
func codesIn(tree jsontree.Value) []jsontree.Value {
	var codes []jsontree.Value
	list, _ := tree.Member("errors")
	for _, item := range list.Elements() {
		if code, _ := item.Member("code"); signs(code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// count is how often a place begins a line of the text, or what could be one.
func (t text) count(begin []byte) int {
	return t.parts(func(part []byte) bool { return bytes.HasPrefix(part, begin) })
}

// parts counts such lines of the text, and what could be lines: whatever follows a ";".
func (t text) parts(such func(part []byte) bool) int {
	n := 0
	for i := range t.lines {
		if t.leavesOut(i) {
			continue
		}
		for rest, more := t.line(i), true; more; {
			var part []byte
			if part, rest, more = bytes.Cut(rest, semicolon); such(part) {
				n++
			}
		}
	}
	return n
}

var colon, semicolon = []byte{':'}, []byte{separator}
