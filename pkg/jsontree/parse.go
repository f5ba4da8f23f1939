package jsontree

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what a sender can make us hold and walk.
type Limits struct {
	Bytes int // length of the text
	Depth int // arrays and objects within each other; a bare scalar has depth 0
	Nodes int // values in all, containers included
}

// DefaultLimits fit every body that a merchant or a provider is known to send,
// with room: the largest example of the seed pages has 2 KB, depth 3 and fewer
// than 50 values. 64 KiB is also the size from which the API answers 413.
var DefaultLimits = Limits{Bytes: 64 << 10, Depth: 16, Nodes: 4096}

// Parse reads exactly one JSON value. Every error is a [*SyntaxError].
func Parse(body []byte, l Limits) (Value, error) {
	if len(body) > l.Bytes {
		return Value{}, refuse(TooLarge, body, l.Bytes)
	}
	if !utf8.Valid(body) {
		return Value{}, refuse(InvalidUTF8, body, firstInvalid(body))
	}
	// The decoder reads a bytes.Buffer in place, every other reader through a copy.
	r := reader{decoder: jsontext.NewDecoder(bytes.NewBuffer(body)), body: body, text: string(body), limits: l}
	v, err := r.value(0)
	if err != nil {
		return Value{}, r.explain(err)
	}
	if next := r.after(r.decoder.InputOffset(), blanks); next < len(body) {
		return Value{}, refuse(TrailingData, body, next)
	}
	return v, nil
}

// firstInvalid is the offset of the first byte that is not UTF-8.
func firstInvalid(body []byte) int {
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(body)
}

// reader builds the tree from the decoder's tokens. The decoder refuses
// duplicate names and lone surrogates by default; the limits are ours.
type reader struct {
	decoder *jsontext.Decoder
	body    []byte
	text    string // the body, which the tree's texts are parts of
	limits  Limits
	nodes   int
}

// What may stand between two values: in an array or object, and behind the end.
const (
	blanks     = " \t\r\n"
	separators = blanks + ",:"
)

// after is the first offset from one on that holds none of some characters.
func (r *reader) after(offset int64, none string) int {
	i := int(offset)
	for i < len(r.body) && strings.IndexByte(none, r.body[i]) >= 0 {
		i++
	}
	return i
}

func (r *reader) value(depth int) (Value, error) {
	r.nodes++
	if r.nodes > r.limits.Nodes {
		return Value{}, refuse(TooManyValues, r.body, r.after(r.decoder.InputOffset(), separators))
	}
	before := r.decoder.InputOffset()
	token, err := r.decoder.ReadToken()
	if err != nil {
		return Value{}, err
	}
	switch token.Kind() {
	case '[':
		return r.array(depth + 1)
	case '{':
		return r.object(depth + 1)
	case '"':
		return Value{kind: String, text: r.decoded(before, token)}, nil
	case '0': // any number
		return Value{kind: Number, text: r.written(before)}, nil
	case 'n':
		return Value{kind: Null, text: "null"}, nil
	}
	return Value{kind: Bool, text: token.String()}, nil
}

// written is the last token as it was written, if it began after an offset.
func (r *reader) written(before int64) string {
	return r.text[r.after(before, separators):r.decoder.InputOffset()]
}

// decoded is the text of a string token. Without an escape it is a part of the body, and
// costs no memory of its own.
func (r *reader) decoded(before int64, token jsontext.Token) string {
	quoted := r.written(before)
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return token.String()
}

// tooDeep refuses the container that was opened last.
func (r *reader) tooDeep() error {
	return refuse(TooDeep, r.body, int(r.decoder.InputOffset())-1)
}

func (r *reader) array(depth int) (Value, error) {
	if depth > r.limits.Depth {
		return Value{}, r.tooDeep()
	}
	v := Value{kind: Array}
	for r.decoder.PeekKind() != ']' {
		element, err := r.value(depth)
		if err != nil {
			return Value{}, err
		}
		v.members = append(v.members, Member{Value: element})
	}
	_, err := r.decoder.ReadToken()
	return v, err
}

func (r *reader) object(depth int) (Value, error) {
	if depth > r.limits.Depth {
		return Value{}, r.tooDeep()
	}
	v := Value{kind: Object}
	for r.decoder.PeekKind() != '}' {
		before := r.decoder.InputOffset()
		name, err := r.decoder.ReadToken()
		if err != nil {
			return Value{}, err
		}
		m := Member{Name: r.decoded(before, name)}
		if m.Value, err = r.value(depth); err != nil {
			return Value{}, err
		}
		v.members = append(v.members, m)
	}
	_, err := r.decoder.ReadToken()
	return v, err
}

// explain turns the decoder's error into one of ours. The decoder's own text is
// dropped: it quotes characters of the body.
func (r *reader) explain(err error) *SyntaxError {
	if ours := (*SyntaxError)(nil); errors.As(err, &ours) {
		return ours
	}
	offset := r.after(r.decoder.InputOffset(), blanks)
	if syntactic := (*jsontext.SyntacticError)(nil); errors.As(err, &syntactic) {
		offset = int(syntactic.ByteOffset)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return refuse(DuplicateMember, r.body, offset)
	}
	// The decoder has no sentinel for a lone surrogate. A text that is fine once
	// they are allowed has no other fault.
	if jsontext.Value(r.body).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		return refuse(InvalidUTF8, r.body, offset)
	}
	return refuse(Malformed, r.body, offset)
}
