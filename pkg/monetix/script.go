package monetix

import (
	"io"
	"slices"
	"strconv"

	"cambodia-payouts/pkg/jsontree"
)

// Members that are never signed, at any depth: the signature itself, and a matter
// of Monetix' payment page that all its libraries leave out.
const (
	signatureMember = "signature"
	frameMember     = "frame_mode"
)

// neverSigned reports a member that makes no line, whatever it holds. In arrays libraries differ.
func neverSigned(name string, inArray bool) bool {
	return name == frameMember || name == signatureMember && !inArray
}

// script holds the lines of a tree in document order, all in one buffer. Nobody has
// proved anything when it is written, so it is written once, whatever is tried with it.
type script struct {
	buffer []byte
	lines  []line
	orders [orders][]int // what was sorted already
}

// line is one scalar, path:value, as offsets into the buffer.
type line struct {
	start, colon, end int
	// php is the end of the value as PHP writes it: 1.50 as 1.5.
	php int
	// inArray: it is below a member called signature inside an array. Monetix'
	// libraries differ in whether such lines are signed.
	inArray bool
}

func (s *script) line(i int) []byte    { return s.buffer[s.lines[i].start:s.lines[i].end] }
func (s *script) phpLine(i int) []byte { return s.buffer[s.lines[i].start:s.lines[i].php] }
func (s *script) path(i int) []byte    { return s.buffer[s.lines[i].start:s.lines[i].colon] }

// write writes the lines of a tree; false if all lines together have more bytes than
// the limit. They are counted first: every line repeats its whole path, and a small body
// can have a text of gigabytes.
func write(tree jsontree.Value, limit int) (*script, bool) {
	counter := writer{limit: limit}
	if counter.value(tree, false, false); counter.size > limit {
		return nil, false
	}
	w := writer{
		limit: limit, path: counter.path[:0],
		into: &script{buffer: make([]byte, 0, counter.size), lines: make([]line, 0, counter.lines)},
	}
	w.value(tree, false, false)
	return w.into, true
}

// writer walks a tree, with one path that grows and shrinks.
type writer struct {
	path        []byte
	limit       int
	size, lines int
	into        *script // nil to count alone
}

func (w *writer) value(v jsontree.Value, inArray, signature bool) {
	switch v.Kind() {
	case jsontree.Object:
		w.object(v, inArray, signature)
	case jsontree.Array:
		for i := range v.Len() {
			length := w.descend()
			w.path = strconv.AppendInt(w.path, int64(i), 10)
			w.value(v.At(i).Value, true, signature)
			w.path = w.path[:length]
		}
	default:
		w.leaf(v, signature)
	}
}

func (w *writer) object(v jsontree.Value, inArray, signature bool) {
	for i := range v.Len() {
		m := v.At(i)
		if neverSigned(m.Name, inArray) {
			continue
		}
		length := w.descend()
		w.path = append(w.path, m.Name...)
		w.value(m.Value, inArray, signature || m.Name == signatureMember)
		w.path = w.path[:length]
	}
}

// descend begins the next name of the path, and returns how long the path is without.
func (w *writer) descend() int {
	length := len(w.path)
	if length > 0 {
		w.path = append(w.path, ':')
	}
	return length
}

func (w *writer) leaf(v jsontree.Value, signature bool) {
	value := valueText(v)
	w.lines++
	w.size += len(w.path) + 1 + len(value)
	if w.into == nil || w.size > w.limit {
		return
	}
	s := w.into
	l := line{start: len(s.buffer), inArray: signature}
	s.buffer = append(append(s.buffer, w.path...), ':')
	l.colon = len(s.buffer) - 1
	s.buffer = append(s.buffer, value...)
	l.end, l.php = len(s.buffer), len(s.buffer)
	if v.Kind() == jsontree.Number {
		l.php -= len(value) - phpLength(value)
	}
	s.lines = append(s.lines, l)
}

// text is one text that a correct sender may have signed.
type text struct {
	*script
	order []int // the lines that it has
	// inArrays has the lines of signatures inside arrays, php the numbers as PHP writes
	// them.
	inArrays, php bool
}

func (t text) leavesOut(i int) bool { return t.lines[i].inArray && !t.inArrays }

// kept are those lines of an order that the text has; nil of nil.
func (t text) kept(order []int) []int {
	if !slices.ContainsFunc(order, t.leavesOut) {
		return order
	}
	return slices.DeleteFunc(slices.Clone(order), t.leavesOut)
}

func (t text) written(i int) []byte {
	if t.php {
		return t.phpLine(i)
	}
	return t.line(i)
}

// size is how many bytes are streamed in any order, a last separator included.
func (t text) size() int {
	n := 0
	for i := range t.lines {
		if !t.leavesOut(i) {
			n += len(t.written(i)) + 1
		}
	}
	return n
}

const separator = ';'

// streamed is how much of a text is handed on at once: a MAC takes many short lines
// slowly.
const streamed = 4 << 10

// stream writes the text, and never holds it whole. Neither a MAC nor a builder fails.
func (t text) stream(to io.Writer) {
	chunk := make([]byte, 0, streamed)
	for n, i := range t.order {
		line := t.written(i)
		if len(chunk)+len(line)+1 > streamed {
			_, _ = to.Write(chunk)
			chunk = chunk[:0]
		}
		if n > 0 {
			chunk = append(chunk, separator)
		}
		if len(line) < streamed {
			chunk = append(chunk, line...)
			continue
		}
		_, _ = to.Write(chunk)
		_, _ = to.Write(line)
		chunk = chunk[:0]
	}
	_, _ = to.Write(chunk)
}
