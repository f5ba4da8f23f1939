package monetix

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// order is a way in which Monetix' libraries sort. They agree on everything that Gate is
// known to send, and part where an array has eleven items or more.
type order int

const (
	byLine    order = iota // whole lines, by bytes
	byNatural              // paths, runs of digits by their value
	byPath                 // paths, by bytes
	byPHPLine              // whole lines, with numbers as PHP writes them
	orders
)

// compare never finds two lines equal: what a library leaves in its place stays in
// document order.
func (s *script) compare(by order, a, b int) int {
	c := 0
	switch by {
	case byLine:
		c = bytes.Compare(s.line(a), s.line(b))
	case byNatural:
		c = natural(s.path(a), s.path(b))
	case byPath:
		c = bytes.Compare(s.path(a), s.path(b))
	case byPHPLine:
		c = bytes.Compare(s.phpLine(a), s.phpLine(b))
	}
	return cmp.Or(c, cmp.Compare(a, b))
}

// sorted are the lines in an order. Usually all orders are the one that is known
// already, and are not sorted again.
func (s *script) sorted(by order) []int {
	if s.orders[by] != nil {
		return s.orders[by]
	}
	known := s.orders[byLine]
	if known == nil {
		known = make([]int, len(s.lines))
		for i := range known {
			known[i] = i
		}
	}
	compare := func(a, b int) int { return s.compare(by, a, b) }
	if !slices.IsSortedFunc(known, compare) {
		known = slices.Clone(known)
		slices.SortFunc(known, compare)
	}
	s.orders[by] = known
	return known
}

// natural compares runs of digits by their value, everything else by bytes: 2
// comes before 10.
func natural(a, b []byte) int {
	// Strangers choose how much two paths have in common. All of it is passed over at
	// once, except a run of digits that could go on differently.
	same := common(a, b)
	for same > 0 && isDigit(a[same-1]) {
		same--
	}
	a, b = a[same:], b[same:]
	for len(a) > 0 && len(b) > 0 {
		x, y := token(a), token(b)
		if c := compareTokens(a[:x], b[:y]); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return cmp.Compare(len(a), len(b))
}

// common is how many bytes two texts begin with alike.
func common(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for i+8 <= n && binary.NativeEndian.Uint64(a[i:]) == binary.NativeEndian.Uint64(b[i:]) {
		i += 8
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// token is the length of the run of digits, or of the one byte, that a text begins with.
func token(s []byte) int {
	return max(1, run(s, isDigit))
}

// run is how many bytes at the beginning are such.
func run(s []byte, such func(byte) bool) int {
	n := 0
	for n < len(s) && such(s[n]) {
		n++
	}
	return n
}

func compareTokens(x, y []byte) int {
	if isDigit(x[0]) && isDigit(y[0]) {
		p, q := x[run(x, isZero):], y[run(y, isZero):]
		return cmp.Or(cmp.Compare(len(p), len(q)), bytes.Compare(p, q))
	}
	return bytes.Compare(x, y)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isZero(b byte) bool  { return b == '0' }
