package jsontree

import (
	"bytes"
	"errors"
	"io"
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
		return Value{}, refuse(TooLarge, "")
	}
	if !utf8.Valid(body) {
		return Value{}, refuse(InvalidUTF8, "")
	}
	r := reader{decoder: jsontext.NewDecoder(bytes.NewReader(body)), limits: l}
	v, err := r.value(0)
	if err != nil {
		return Value{}, r.explain(err, body)
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return Value{}, refuse(TrailingData, "")
	}
	return v, nil
}

// reader builds the tree from the decoder's tokens. The decoder refuses
// duplicate names and lone surrogates by default; the limits are ours.
type reader struct {
	decoder *jsontext.Decoder
	limits  Limits
	nodes   int
}

func (r *reader) value(depth int) (Value, error) {
	token, err := r.decoder.ReadToken()
	if err != nil {
		return Value{}, err
	}
	r.nodes++
	if r.nodes > r.limits.Nodes {
		return Value{}, refuse(TooManyValues, string(r.decoder.StackPointer()))
	}
	switch token.Kind() {
	case '[':
		return r.array(depth + 1)
	case '{':
		return r.object(depth + 1)
	case '"':
		return Value{kind: String, text: token.String()}, nil
	case '0': // any number; String is its literal text
		return Value{kind: Number, text: token.String()}, nil
	case 'n':
		return Value{kind: Null, text: "null"}, nil
	}
	return Value{kind: Bool, text: token.String()}, nil
}

func (r *reader) array(depth int) (Value, error) {
	if depth > r.limits.Depth {
		return Value{}, refuse(TooDeep, string(r.decoder.StackPointer()))
	}
	v := Value{kind: Array}
	for r.decoder.PeekKind() != ']' {
		element, err := r.value(depth)
		if err != nil {
			return Value{}, err
		}
		v.elements = append(v.elements, element)
	}
	_, err := r.decoder.ReadToken()
	return v, err
}

func (r *reader) object(depth int) (Value, error) {
	if depth > r.limits.Depth {
		return Value{}, refuse(TooDeep, string(r.decoder.StackPointer()))
	}
	v := Value{kind: Object}
	for r.decoder.PeekKind() != '}' {
		name, err := r.decoder.ReadToken()
		if err != nil {
			return Value{}, err
		}
		m := Member{Name: name.String()}
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
func (r *reader) explain(err error, body []byte) *SyntaxError {
	if ours := (*SyntaxError)(nil); errors.As(err, &ours) {
		return ours
	}
	pointer := string(r.decoder.StackPointer())
	if syntactic := (*jsontext.SyntacticError)(nil); errors.As(err, &syntactic) {
		pointer = string(syntactic.JSONPointer)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return refuse(DuplicateMember, pointer)
	}
	// The decoder has no sentinel for a lone surrogate. A text that is fine once
	// they are allowed has no other fault.
	if jsontext.Value(body).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		return refuse(InvalidUTF8, pointer)
	}
	return refuse(Malformed, pointer)
}
