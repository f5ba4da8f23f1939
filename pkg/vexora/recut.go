package vexora

import (
	"regexp"
	"strings"
)

// plainName is the form of every documented member name.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// reads are the members that a claim is made of.
var reads = []string{"tradeNo", "platFormTradeNo", "amount", "status", "message", "remark"}

// ambiguity says why the signed text could be cut into other fields than those that
// came, "" if it could not: fields are joined without a separator, and so whoever may
// choose a part of an honest text, the remark of a deposit say, could cut it into a
// notification about a payout of ours. Then what was really signed is still in the text:
// a name that we read stands in it once more than among the fields.
func (n notification) ambiguity() string {
	var text strings.Builder
	n.fields.stream(&text, n.spelled)
	expected := map[string]int{}
	for _, f := range n.fields {
		if !plainName.MatchString(f.name) {
			return "a member name has characters that no documented one has"
		}
		if f.signed(n.spelled) != "" {
			expected[f.name] = 1
		}
	}
	for _, name := range reads {
		if strings.Count(text.String(), name+"=") != expected[name] {
			return "the signed text holds " + name + " more often than the notification"
		}
		if free := name == "message" || name == "remark"; !free && strings.Contains(n.value(name), "=") {
			return "a value that decides could hold the members behind it"
		}
	}
	return ""
}
