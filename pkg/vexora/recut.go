package vexora

import (
	"regexp"
	"slices"
	"strings"
)

// plainName is the form of every documented member name.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// documented are the members of a notification, of a payout or a deposit: those of Vexora's
// own pages, and those of its sister platform's.
var documented = []string{
	"amount", "channelCode", "message", "platFormTradeNo", "remark", "status", "successTime", "timestamp", "tradeNo", "wayCode",
}

// numbers and codes are the forms of the values that decide, as Vexora writes them. No name
// that may stand behind one of them begins with such a character: names are sorted.
var (
	numbers = regexp.MustCompile(`^[0-9.]+$`)
	codes   = regexp.MustCompile(`^[A-Z0-9]+$`)
)

// decides are the members that decide, and the form of each. The others that are read are
// texts for people, which may hold anything.
var decides = map[string]*regexp.Regexp{"amount": numbers, "status": numbers, "tradeNo": codes, "platFormTradeNo": codes}

// ambiguity says why the signed text could be cut into other fields than those that
// came, "" if it could not: fields are joined without a separator, and so whoever may
// choose a part of an honest text, the remark of a deposit say, could cut it into a
// notification about a payout of ours. Then what was really signed is still in the text:
// a documented name stands in it once more than among the fields.
//
// Only fields that are signed are judged. The rest anybody who has one genuine notification
// can add: it cuts nothing, and must not take anything away.
func (n notification) ambiguity() string {
	signed := n.signed()
	text := signed.text()
	for _, f := range signed {
		if !plainName.MatchString(f.name) {
			return "a member name has characters that no documented one has"
		}
	}
	for _, name := range documented {
		if strings.Count(text, name+"=") != signed.count(name) {
			return "the signed text holds " + name + " more often than the notification"
		}
	}
	for i, f := range signed {
		form, does := decides[f.name]
		switch {
		case !does:
		case strings.Contains(f.value, "="):
			return "a value that decides could hold the members behind it"
		case signed.openEnd(i) && !form.MatchString(f.value):
			return "a value that decides could hold the beginning of the next name"
		}
	}
	return ""
}

// signed are the fields that stand in the signed text, with their values there.
func (n notification) signed() fields {
	all := make(fields, 0, len(n.fields))
	for _, f := range n.fields {
		if value := f.signed(n.spelled); value != "" {
			all = append(all, field{name: f.name, value: value})
		}
	}
	return all
}

// openEnd reports that the name behind a field is not documented. Its first letters could be
// the last ones of the field's value.
func (f fields) openEnd(i int) bool {
	return i+1 < len(f) && !slices.Contains(documented, f[i+1].name)
}

// echo is the remark, which is compared with ours and may hold anything; nothing where it could
// begin or hold another member. Ours has no "=".
func (n notification) echo() string {
	signed := n.signed()
	i := slices.IndexFunc(signed, func(f field) bool { return f.name == "remark" })
	if i < 0 || signed.openEnd(i) || strings.Contains(signed[i].value, "=") {
		return ""
	}
	return signed[i].value
}

func (f fields) count(name string) int {
	if slices.ContainsFunc(f, func(each field) bool { return each.name == name }) {
		return 1
	}
	return 0
}

func (f fields) text() string {
	var text strings.Builder
	f.stream(&text, false)
	return text.String()
}
