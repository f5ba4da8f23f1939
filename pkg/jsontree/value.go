package jsontree

import (
	"slices"
	"strconv"
)

// Kind is the type of a JSON value.
type Kind byte

// The kinds. Invalid is that of the zero [Value], which stands for "not there".
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"invalid", "null", "boolean", "number", "string", "array", "object"}

// String is the name that JSON itself uses, fit for a message to a caller.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[Invalid]
	}
	return kindNames[k]
}

// Value is one immutable JSON value. The zero value is [Invalid] and answers
// every status query with "no", so that chains of look-ups need no checks between.
type Value struct {
	kind Kind
	// text is the literal of a number, boolean or null, and the decoded text of a
	// string.
	text string
	// members are those of an object, or an array's elements, without names.
	members []Member
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// Kind tells which of the other methods has something to say.
func (v Value) Kind() Kind { return v.kind }

// Members are an object's members in document order. The slice is a copy.
func (v Value) Members() []Member {
	if v.kind != Object {
		return nil
	}
	return slices.Clone(v.members)
}

// Elements are an array's elements in order. The slice is a copy.
func (v Value) Elements() []Value {
	if v.kind != Array {
		return nil
	}
	elements := make([]Value, len(v.members))
	for i, m := range v.members {
		elements[i] = m.Value
	}
	return elements
}

// Len counts the members of an object, or the elements of an array.
func (v Value) Len() int { return len(v.members) }

// At is one member of an object, or one element of an array, whose name is empty.
// Unlike [Value.Members] and [Value.Elements] it copies nothing; it panics if there
// are not so many.
func (v Value) At(i int) Member { return v.members[i] }

// Member finds a member by its exact name; "Status" is not "status".
func (v Value) Member(name string) (Value, bool) {
	for _, m := range v.members {
		if m.Name == name && v.kind == Object {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Path follows member names from object to object.
func (v Value) Path(names ...string) (Value, bool) {
	for _, name := range names {
		next, ok := v.Member(name)
		if !ok {
			return Value{}, false
		}
		v = next
	}
	return v, v.kind != Invalid
}

// Text is a string's decoded text. It is false for all other kinds, numbers
// included: a caller who tolerates both asks for [Value.Literal] too.
func (v Value) Text() (string, bool) {
	if v.kind != String {
		return "", false
	}
	return v.text, true
}

// Literal is a number exactly as it was written ("9998989.1200"), or "true",
// "false" or "null". It is empty for strings, arrays and objects.
func (v Value) Literal() string {
	switch v.kind {
	case Number, Bool, Null:
		return v.text
	}
	return ""
}

// Bool is false, false for whatever is not a boolean.
func (v Value) Bool() (value, ok bool) {
	return v.kind == Bool && v.text == "true", v.kind == Bool
}

// Int64 reads a number written as a plain integer. 1.0 and 1e3 are refused,
// although they are whole: a sender who writes them means something else than we
// expect, and reading them would need arithmetic that rounds.
func (v Value) Int64() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}
