package monetix

import (
	"bytes"
	"cmp"
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

// key is what a line is sorted by.
type key struct {
	bytes []byte
	line  int
}

// compare never finds two lines equal: what a library leaves in its place stays in
// document order.
func (k key) compare(other key) int {
	if c := bytes.Compare(k.bytes, other.bytes); c != 0 {
		return c
	}
	return cmp.Compare(k.line, other.line)
}

// keys are those of all lines, as far as is known in their order.
func (s *script) keys(by order) []key {
	keys := make([]key, len(s.lines))
	var digits []byte
	if by == byNatural {
		digits = make([]byte, 0, len(s.buffer)+len(s.buffer)/2)
	}
	for i := range keys {
		line := i
		if s.orders[byLine] != nil {
			line = s.orders[byLine][i]
		}
		keys[i].line = line
		switch by {
		case byLine:
			keys[i].bytes = s.line(line)
		case byPHPLine:
			keys[i].bytes = s.phpLine(line)
		case byPath:
			keys[i].bytes = s.path(line)
		case byNatural:
			before := len(digits)
			digits = natural(digits, s.path(line))
			keys[i].bytes = digits[before:]
		}
	}
	return keys
}

// sorted are the lines in an order. Usually all orders are the one that is known already;
// an order that is not is left alone if may is false, and comes back as nil.
func (s *script) sorted(by order, may bool) []int {
	if s.orders[by] != nil {
		return s.orders[by]
	}
	keys := s.keys(by)
	if slices.IsSortedFunc(keys, key.compare) && s.orders[byLine] != nil {
		s.orders[by] = s.orders[byLine]
		return s.orders[by]
	}
	if !may {
		return nil
	}
	slices.SortFunc(keys, key.compare)
	s.orders[by] = make([]int, len(keys))
	for i, k := range keys {
		s.orders[by][i] = k.line
	}
	return s.orders[by]
}

// natural appends a path so that its bytes sort as PHP sorts the path: runs of digits by
// their value (2 before 10), everything else by bytes. A run becomes a digit, as whatever
// is compared with it expects, the length of its value, and its value.
func natural(to, path []byte) []byte {
	for len(path) > 0 {
		other := run(path, isNoDigit)
		to, path = append(to, path[:other]...), path[other:]
		if digits := run(path, isDigit); digits > 0 {
			value := path[run(path[:digits], isZero):digits]
			n := len(value)
			to = append(to, '0', byte(n>>16), byte(n>>8), byte(n)) // no text is longer
			to, path = append(to, value...), path[digits:]
		}
	}
	return to
}

// run is how many bytes at the beginning are such.
func run(s []byte, such func(byte) bool) int {
	n := 0
	for n < len(s) && such(s[n]) {
		n++
	}
	return n
}

func isDigit(b byte) bool   { return b >= '0' && b <= '9' }
func isNoDigit(b byte) bool { return !isDigit(b) }
func isZero(b byte) bool    { return b == '0' }
