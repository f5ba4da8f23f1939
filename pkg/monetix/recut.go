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
func (s *script) ambiguity(tree jsontree.Value, agreed []string) string {
	if !plainNames(tree) {
		return "a member name has characters that no documented one has"
	}
	for i := range tree.Len() {
		name := tree.At(i).Name
		if !slices.Contains(documented, name) && !slices.Contains(agreed, name) && !onlySigns(tree.At(i)) {
			return "the callback has a member that is not documented"
		}
	}
	for _, read := range reads {
		expected, value := 0, follow(tree, read.path)
		if signs(value) {
			expected = 1
		}
		if s.count(read.begin) != expected {
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
	if s.countErrors() != len(codes) {
		return "the signed text and the callback do not have the same reasons"
	}
	if slices.ContainsFunc(others, func(other place) bool { return s.count(other.begin) > 0 }) {
		return "the signed text has members of another message than a callback"
	}
	return ""
}

// numberRespelt: of 20102.0 nobody can tell whether it was signed as 20102, which is another
// code wherever codes are compared as text.
const numberRespelt = "a number is not written as it is signed"

const holdsMore = "a value that decides could hold the members behind it"

// onlySigns reports whether a member is the "general" of another layout, with the
// signature and nothing that is signed.
func onlySigns(m jsontree.Member) bool {
	return m.Name == "general" && m.Value.Kind() == jsontree.Object && m.Value.Len() == 1 && m.Value.At(0).Name == signatureMember
}

func plainNames(v jsontree.Value) bool {
	for i := range v.Len() {
		m := v.At(i)
		if v.Kind() == jsontree.Object && !plainName.MatchString(m.Name) || !plainNames(m.Value) {
			return false
		}
	}
	return true
}

// follow is what a claim reads at a path.
func follow(v jsontree.Value, path []string) jsontree.Value {
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
func (s *script) countErrors() int {
	n := 0
	for i := range s.lines {
		for rest, more := s.line(i), true; more; {
			var part []byte
			part, rest, more = bytes.Cut(rest, semicolon)
			if bytes.HasPrefix(part, errorsBegin) && errorCode.Match(part) {
				n++
			}
		}
	}
	return n
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

// count is how often a place begins a line of the text, or what could be one: whatever
// follows a ";".
func (s *script) count(begin []byte) int {
	n := 0
	for i := range s.lines {
		for rest, more := s.line(i), true; more; {
			var part []byte
			part, rest, more = bytes.Cut(rest, semicolon)
			if bytes.HasPrefix(part, begin) {
				n++
			}
		}
	}
	return n
}

var semicolon = []byte{separator}
