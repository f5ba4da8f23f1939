package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// reader reads attributes and remembers the first that is broken, so that the
// reading code can be one literal. A nil reader is an absent map: everything in it
// is empty.
//
// Its errors name attributes and never values: items hold account numbers.
type reader struct {
	of     item
	path   string
	broken *error // shared with the readers of the maps inside
}

// newReader reads an item from its top level. Ask for the failure after the last attribute:
// before that, what is broken reads as empty.
func newReader(i item) *reader { return &reader{of: i, broken: new(error)} }

// failure is the first thing that was broken, nil if nothing was.
func (r *reader) failure() error { return *r.broken }

// fail keeps the first failure: the later ones are often its consequences.
func (r *reader) fail(name string, err error) {
	if *r.broken == nil {
		*r.broken = fmt.Errorf("attribute %s%s: %w", r.path, name, err)
	}
}

// has reports whether the attribute is there, whatever its type.
func (r *reader) has(name string) bool {
	return r != nil && r.of[name] != nil
}

// require makes an absent attribute a failure. Everything else that is absent reads as empty,
// since empty is stored as absent.
func (r *reader) require(names ...string) {
	for _, name := range names {
		if !r.has(name) {
			r.fail(name, errors.New("is missing"))
		}
	}
}

// value reads an attribute of type V; the zero V if it is absent. Another type is a failure and
// not an absence: what is there and cannot be read must not look as if it had never been written.
func value[V types.AttributeValue](r *reader, name string) (v V, there bool) {
	if !r.has(name) {
		return v, false
	}
	v, ok := r.of[name].(V)
	if !ok {
		r.fail(name, fmt.Errorf("has the type %T", r.of[name]))
	}
	return v, ok
}

func (r *reader) text(name string) string {
	v, ok := value[*types.AttributeValueMemberS](r, name)
	if !ok {
		return ""
	}
	return v.Value
}

// number is zero for none. DynamoDB's numbers may have fractions and exponents; ours never do.
func (r *reader) number(name string) int64 {
	v, ok := value[*types.AttributeValueMemberN](r, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		r.fail(name, errors.New("is not a whole number"))
	}
	return n
}

// moment is the zero time for none.
func (r *reader) moment(name string) time.Time {
	written := r.text(name)
	if written == "" {
		return time.Time{}
	}
	return r.parsed(name, written)
}

// parsed reads a time that stands in a text under the name of its attribute.
func (r *reader) parsed(name, written string) time.Time {
	t, err := time.Parse(timeFormat, written)
	if err != nil {
		r.fail(name, errors.New("is not a time"))
	}
	return t
}

func (r *reader) flag(name string) bool {
	v, ok := value[*types.AttributeValueMemberBOOL](r, name)
	return ok && v.Value
}

func (r *reader) blob(name string) []byte {
	v, ok := value[*types.AttributeValueMemberB](r, name)
	if !ok {
		return nil
	}
	return v.Value
}

// texts reads a map of texts, nil for none.
func (r *reader) texts(name string) map[string]string {
	inner := r.child(name)
	if inner == nil {
		return nil
	}
	all := map[string]string{}
	for key := range inner.of {
		all[key] = inner.text(key)
	}
	return all
}

// child is the reader of a map, nil for none. It reports to the same failure, with the whole
// path.
func (r *reader) child(name string) *reader {
	v, ok := value[*types.AttributeValueMemberM](r, name)
	if !ok {
		return nil
	}
	return &reader{of: v.Value, path: r.path + name + ".", broken: r.broken}
}

// children are the readers of a list of maps. An element of another type ends it, since an entry
// that is left out would move the places of those behind it.
func (r *reader) children(name string) []*reader {
	v, ok := value[*types.AttributeValueMemberL](r, name)
	if !ok {
		return nil
	}
	var all []*reader
	for n, element := range v.Value {
		place := fmt.Sprintf("%s[%d]", name, n)
		m, ok := element.(*types.AttributeValueMemberM)
		if !ok {
			r.fail(place, fmt.Errorf("has the type %T", element))
			return nil
		}
		all = append(all, &reader{of: m.Value, path: r.path + place + ".", broken: r.broken})
	}
	return all
}

// numbers reads a list of numbers.
func (r *reader) numbers(name string) []int {
	var all []int
	for _, v := range r.list(name) {
		n, ok := v.(*types.AttributeValueMemberN)
		if !ok {
			r.fail(name, fmt.Errorf("has an element of the type %T", v))
			continue
		}
		number, err := strconv.Atoi(n.Value)
		if err != nil {
			r.fail(name, errors.New("has an element that is no number"))
		}
		all = append(all, number)
	}
	return all
}

// words reads a list of texts.
func (r *reader) words(name string) []string {
	var all []string
	for _, v := range r.list(name) {
		w, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			r.fail(name, fmt.Errorf("has an element of the type %T", v))
			continue
		}
		all = append(all, w.Value)
	}
	return all
}

// set reads a set of texts, in the order of their text: a set comes in any order.
func (r *reader) set(name string) []string {
	v, ok := value[*types.AttributeValueMemberSS](r, name)
	if !ok {
		return nil
	}
	return slices.Sorted(slices.Values(v.Value))
}

func (r *reader) list(name string) []types.AttributeValue {
	v, ok := value[*types.AttributeValueMemberL](r, name)
	if !ok {
		return nil
	}
	return v.Value
}
