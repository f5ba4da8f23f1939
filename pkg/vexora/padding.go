package vexora

import "cambodia-payouts/pkg/jsontree"

// paddingLimit is how much longer than twice its signed part a notification may be. Honest
// ones have blanks, escapes and a few members without a value.
const paddingLimit = 1 << 10

// padded reports whether much of a notification is not signed: blanks between members,
// members without a value, and characters that are written as escapes. Anybody who has
// seen one genuine notification can add any number of them.
func padded(tree jsontree.Value, body []byte) bool {
	signed := tree.Length(func(m jsontree.Member) bool {
		text, isText := m.Value.Text()
		return m.Name == signMember || m.Value.Kind() == jsontree.Null || isText && text == ""
	})
	return len(body) > 2*signed+paddingLimit
}
