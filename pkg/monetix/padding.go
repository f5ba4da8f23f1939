package monetix

import "cambodia-payouts/pkg/jsontree"

// paddingLimit is how much longer than twice its signed part a callback may be. Honest ones
// have blanks, escapes, a signature and perhaps a frame_mode.
const paddingLimit = 1 << 10

// padded reports whether much of a callback is not signed: blanks, members that are never
// signed, empty objects and arrays, and characters that are written as escapes. Anybody
// who has seen one genuine callback can add any number of them.
func padded(tree jsontree.Value, body []byte) bool {
	signed := tree.Length(func(m jsontree.Member) bool { return m.Name == signatureMember || m.Name == frameMember })
	return len(body) > 2*signed+paddingLimit
}
