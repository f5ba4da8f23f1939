package monetix

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"

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

// reads are the paths of the scalars that a claim is made of.
var reads = [][]string{
	{"project_id"},
	{"payment", "id"}, {"payment", "type"}, {"payment", "status"}, {"payment", "description"},
	{"payment", "sum", "amount"}, {"payment", "sum", "currency"},
	{"operation", "type"}, {"operation", "status"}, {"operation", "request_id"},
	{"operation", "code"}, {"operation", "message"},
	{"operation", "sum_initial", "amount"}, {"operation", "sum_initial", "currency"},
	{"errors", "0", "code"}, {"errors", "0", "message"},
}

// others are members that callbacks do not have, and that everything else has which is
// signed with the same key: requests to Gate begin with general, and a payment page is
// asked for with a payment_id.
var others = []string{"general", "payment_id"}

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
	for _, path := range reads {
		expected := 0
		if kind := follow(tree, path).Kind(); kind != jsontree.Invalid && kind != jsontree.Object && kind != jsontree.Array {
			expected = 1
		}
		if s.count(path...) != expected {
			return "the signed text and the callback do not name the same members equally often"
		}
	}
	if slices.ContainsFunc(others, func(name string) bool { return s.count(name) > 0 }) {
		return "the signed text has members of another message than a callback"
	}
	return ""
}

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

// follow is what a claim reads at a path; numbers count elements of arrays alone.
func follow(v jsontree.Value, path []string) jsontree.Value {
	for _, name := range path {
		if i, err := strconv.Atoi(name); err == nil {
			if v.Kind() != jsontree.Array || i >= v.Len() {
				return jsontree.Value{}
			}
			v = v.At(i).Value
			continue
		}
		v, _ = v.Member(name)
	}
	return v
}

// count is how often a path begins a line of the text, or what could be one: whatever
// follows a ";".
func (s *script) count(path ...string) int {
	var begin []byte
	for _, name := range path {
		begin = append(append(begin, name...), ':')
	}
	n := 0
	for i := range s.lines {
		for part := range bytes.SplitSeq(s.line(i), []byte{separator}) {
			if bytes.HasPrefix(part, begin) {
				n++
			}
		}
	}
	return n
}
