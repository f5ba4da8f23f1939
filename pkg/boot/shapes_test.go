package boot_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"cambodia-payouts/pkg/edge"
)

// shape is a body that nobody signed, made to be dear.
type shape struct{ name, body string }

// The ends of all shapes: a signature of each provider in the right form.
var (
	noSignature = `"signature":"` + base64.StdEncoding.EncodeToString(make([]byte, 64)) + `"`
	noSign      = `"sign":"` + strings.Repeat("0", 32) + `"`
	unsigned    = `{` + noSignature + `,` + noSign + `,"x":`
)

// fill repeats a part with its number, between two ends, as often as fits into a body.
func fill(room int, open, parted, close string, part func(i int) string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := 0; ; i++ {
		next := part(i)
		if i > 0 {
			next = parted + next
		}
		if b.Len()+len(next)+len(close) > room || i > 4090 {
			break
		}
		b.WriteString(next)
	}
	return b.String() + close
}

// wrap puts a value under unsigned members; flat puts members beside them.
func wrap(name string, value func(room int) string) shape {
	return shape{name, unsigned + value(edge.BodyLimit-len(unsigned)-1) + `}`}
}

func flat(name string, part func(i int) string) shape {
	return shape{name, fill(edge.BodyLimit, `{`+noSignature+`,`+noSign+`,`, ",", "}", part)}
}

// deep nests a value 14 objects deep under names of a length.
func deep(length int, inner func(room int) string) func(room int) string {
	return func(room int) string {
		open := strings.Repeat(`{"`+strings.Repeat("n", length)+`":`, 13)
		return open + inner(room-len(open)-13) + strings.Repeat("}", 13)
	}
}

// list fills an array, members an object.
func list(part func(i int) string) func(room int) string {
	return func(room int) string { return fill(room, "[", ",", "]", part) }
}

func members(part func(i int) string) func(room int) string {
	return func(room int) string { return fill(room, "{", ",", "}", part) }
}

func always(part string) func(int) string { return func(int) string { return part } }

// sized is an array that stops at a number of elements.
func sized(n int, part func(i int) string) func(room int) string {
	return func(room int) string {
		i := 0
		return fill(room, "[", ",", "]", func(int) string {
			if i++; i > n {
				return strings.Repeat(" ", room)
			}
			return part(i - 1)
		})
	}
}

// worstShapes are those that were dear once, or were meant to be.
var worstShapes = []shape{
	flat("many short members", func(i int) string { return fmt.Sprintf(`"m%d":1`, i) }),
	flat("many members of one beginning", func(i int) string { return fmt.Sprintf(`"%s%04d":""`, "mmmmmm", 4095-i) }),
	flat("nulls", func(i int) string { return fmt.Sprintf(`"m%d":null`, i) }),
	flat("numbers that PHP writes otherwise", func(i int) string { return fmt.Sprintf(`"m%d":1.50`, i) }),
	flat("digits of one value", func(i int) string { return fmt.Sprintf(`"%s1":1`, strings.Repeat("0", 1+i%2000)) }),
	flat("two long runs of digits", func(i int) string { return fmt.Sprintf(`"%s%d":1.0`, strings.Repeat("1", 15000), i%3) }),
	wrap("a long array", list(always("1"))),
	wrap("a long array of numbers with zeros", list(always("1.10"))),
	wrap("signatures in an array", list(always(`{"signature":1.0}`))),
	wrap("signatures and others in an array", list(always(`{"signature":1.0,"a":1.0}`))),
	wrap("an array of arrays", list(always(`[1,1]`))),
	wrap("deep and wide", deep(4, list(always("1.50")))),
	wrap("deep under long names", deep(2000, list(always("1.50")))),
	wrap("just below the bound", deep(1, sized(4000, always(`1.50`)))),
	wrap("just below the bound, signatures", deep(1, sized(2000, always(`{"signature":1.50}`)))),
	wrap("eleven under a path of twenty thousand bytes", deep(1500, sized(12, always(`{"signature":1.50,"a10":1.0,"a9":2.0}`)))),
	wrap("one path that ends in any digits", deep(2, members(func(i int) string { return fmt.Sprintf(`"1%04d":1.0`, (i*7919)%4096) }))),
	wrap("padded digits", deep(1, members(func(i int) string { return fmt.Sprintf(`"%0*d":1.0`, 1+i%40, i*31%97) }))),
	wrap("one long text", func(room int) string { return `"` + strings.Repeat("x", room-2) + `"` }),
	wrap("one long text of escapes", func(room int) string { return `"` + strings.Repeat(`\u0041`, (room-2)/6) + `"` }),
	wrap("one long number", func(room int) string { return strings.Repeat("9", room) }),
	wrap("zeros behind the point", func(room int) string { return "1." + strings.Repeat("0", room-2) }),
	wrap("a duplicate at the end", members(func(i int) string { return fmt.Sprintf(`"m%d":1`, i%4000) })),
	{"a duplicate of two long names", `{"` + strings.Repeat("a", 30000) + `":1,"` + strings.Repeat("a", 30000) + `":1}`},
	{"an unfinished array", strings.Repeat("[1,", 20000)},
	{"line ends", strings.Repeat("\n", edge.BodyLimit-1) + "x"},
	{"a long signature", `{"signature":"` + strings.Repeat("A", 65000) + `"}`},
	{"a long sign", `{"sign":"` + strings.Repeat("a", 65000) + `"}`},
	{"lone surrogates", `{"a":"` + strings.Repeat(`\ud800`, 10000) + `"}`},
}

func worst(i int) shape { return worstShapes[i%len(worstShapes)] }

// drawShape draws a tree of a random kind: how wide, how deep, how long the names are, what
// they have in common, and what stands at the ends of the branches.
func drawShape(r *rand.Rand) shape {
	d := drawn{Rand: r, name: pick(r, 1, 2, 5, 9, 30, 200, 2000), wide: pick(r, 2, 3, 9, 13, 60, 900, 4000), deep: r.IntN(14),
		alphabet: []string{"0", "01", "019", "ab", "a:", "a1", "a-_1:", "ក្រab", "s"}[r.IntN(9)], left: edge.BodyLimit - len(unsigned) - 200}
	d.kind = r.IntN(6)
	s := shape{fmt.Sprintf("names of %d from %q, %d wide, %d deep, kind %d", d.name, d.alphabet, d.wide, d.deep, d.kind), ""}
	if r.IntN(3) == 0 { // flat, so that Vexora reads it
		d.deep = 0
	}
	var b strings.Builder
	d.object(&b, d.deep)
	s.body = unsigned + b.String() + `}`
	if b.Len() > 2 && d.deep == 0 {
		s.body = `{` + noSignature + `,` + noSign + `,` + b.String()[1:]
	}
	if len(s.body) > edge.BodyLimit {
		return drawShape(r)
	}
	return s
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// drawn is a tree under construction.
type drawn struct {
	*rand.Rand
	name, wide, deep, kind int
	alphabet               string
	left, values           int
}

func (d *drawn) room(cost int) bool {
	d.left -= cost
	d.values++
	return d.left > 0 && d.values < 4080
}

func (d *drawn) object(b *strings.Builder, deep int) {
	b.WriteByte('{')
	begin := strings.Repeat(string([]rune(d.alphabet)[:1]), d.IntN(d.name+1))
	for i := 0; i < d.wide && d.room(d.name+20); i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `"%s%s%d":`, begin, d.letters(), i)
		d.value(b, deep)
	}
	b.WriteByte('}')
}

func (d *drawn) array(b *strings.Builder, deep int) {
	b.WriteByte('[')
	for i := 0; i < d.wide && d.room(4); i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if d.kind == 3 && deep > 0 {
			fmt.Fprintf(b, `{"signature":%s}`, d.scalar())
			d.room(20)
			continue
		}
		d.value(b, deep)
	}
	b.WriteByte(']')
}

func (d *drawn) value(b *strings.Builder, deep int) {
	switch {
	case deep > 0 && (d.IntN(3) > 0 || d.wide < 10):
		if d.IntN(2) == 0 {
			d.object(b, deep-1)
			return
		}
		d.array(b, deep-1)
	default:
		b.WriteString(d.scalar())
	}
}

func (d *drawn) scalar() string {
	switch d.kind {
	case 0:
		return "null"
	case 1, 3:
		return pick(d.Rand, "1.50", "1.0", "-0.00", "10", "1e400")
	case 2:
		text := strings.Repeat("v;", d.IntN(20))
		d.left -= len(text)
		return `"` + text + `"`
	}
	return pick(d.Rand, `""`, "true", "null", "7", "2.0", `"x"`, "{}", "[]")
}

func (d *drawn) letters() string {
	runes := []rune(d.alphabet)
	var b strings.Builder
	for range d.IntN(1 + d.name/2) {
		b.WriteRune(runes[d.IntN(len(runes))])
	}
	return b.String()
}
