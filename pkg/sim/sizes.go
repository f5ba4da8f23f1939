package sim

import (
	"bytes"
	"hash/fnv"
	"strings"
	"unicode"

	"cambodia-payouts/pkg/payout"
)

// habit is drawn from the reference and not from the choices, so that histories stay what
// they were. A provider has the same habits with a payout in all that it says of it. It is one of
// a few draws that cost no choice; [world.limitOutflow] is another.
func (e *entry) habit(of string) uint32 {
	digest := fnv.New32a()
	_, _ = digest.Write([]byte(of + e.reference))
	return digest.Sum32()
}

// remarks is the text beside a status: mostly short, sometimes without end, sometimes
// nothing that a terminal should see. Such texts must neither fill the item nor reach a terminal
// as they are (decision 0019).
func (e *entry) remarks() string {
	switch e.habit("remarks") % 10 {
	case 0:
		return strings.Repeat("the beneficiary's bank takes its time; ", 150)
	case 1:
		return "m\x1b[2J\u202e\u0085" + strings.Repeat("m", 300)
	}
	return "m"
}

// described is what a merchant writes beside a payout. It is drawn from the reference, as a
// provider's habits are. Khmer in it shows whether an echo that lost its letters is still known
// as ours.
func described(reference payout.Reference) string {
	habit := (&entry{reference: string(reference)}).habit("described")
	return []string{"May", "ប្រាក់ខែ ឧសភា", "ប្រាក់ខែ May 7", "Café"}[habit%4]
}

// echo is our description as the provider's database gives it back: as it was, or with what its
// character set does not have replaced or left out. Pages say that it is echoed, and nowhere that
// it is unchanged (docs/providers.md). A comparison of bytes would call each of these a mismatch,
// and end none of the payouts.
func (e *entry) echo() string {
	replaced := []rune{0, '?', '\ufffd', -1}[e.habit("echo")%4]
	if replaced == 0 {
		return e.remark
	}
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII {
			return r
		}
		return replaced
	}, e.remark)
}

// swollen is a body as somebody may pass it on who has seen it: longer, where nobody signs. One
// genuine callback with blanks before it filled an item until no write about it was possible
// (decision 0019). 9,000 blanks are more than a body that is kept may have.
func swollen(e *entry, body []byte) []byte {
	if e.habit("swollen")%5 > 0 {
		return body
	}
	return append(bytes.Repeat([]byte(" "), 9000), body...)
}

// judgeBounds looks whether a stored payout is within its bounds. Texts are bounded at 160 bytes,
// the longest that the domain keeps of a message, and hold no control or format characters.
func (w *world) judgeBounds(p payout.Payout) {
	bodies := 0
	for n, e := range p.History {
		bodies += len(e.Raw)
		if len(e.Raw) > payout.BodyLimit {
			w.report(boundedItem, "%s: entry %d keeps %d bytes", p.Reference, n+1, len(e.Raw))
		}
		for _, text := range []string{e.ProviderCode, e.Message, p.ProviderID} {
			if len(text) > 160 || strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.C) }) {
				w.report(boundedItem, "%s: entry %d says %.40q, of %d bytes", p.Reference, n+1, text, len(text))
			}
		}
	}
	if p.Size() > payout.ItemLimit || bodies > payout.BodiesLimit || len(p.History) > payout.HistoryLimit {
		w.report(boundedItem, "%s: %d bytes, %d of bodies, %d entries", p.Reference, p.Size(), bodies, len(p.History))
	}
}
