package dynamo

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression collects the names and values of one request. Every attribute goes by
// a placeholder: several of ours (status, source, return) are reserved words. The placeholders
// are collected as they are used, because DynamoDB refuses a request that declares a name or a
// value which no expression of it uses.
//
// Copies share the maps. The condition and the update of one request are made from one
// expression, so that both collect into what the request sends.
type expression struct {
	names  map[string]string
	values item
}

func newExpression() expression { return expression{names: map[string]string{}, values: item{}} }

// name is the placeholder of an attribute. It holds the attribute's own name, so that a request
// that is logged or compared in a test can be read.
func (e expression) name(attribute string) string {
	placeholder := "#" + attribute
	e.names[placeholder] = attribute
	return placeholder
}

// value is the placeholder of a value. A label that is given twice keeps the last value, without
// an error, so a label is made of its role (old_, new_, more_) and the attribute, and is given
// once.
func (e expression) value(label string, v types.AttributeValue) string {
	placeholder := ":" + label
	e.values[placeholder] = v
	return placeholder
}

// condition is what must hold of the item: terms joined by AND.
type condition struct {
	expression
	terms []string
}

func (c *condition) add(format string, args ...any) {
	c.terms = append(c.terms, fmt.Sprintf(format, args...))
}

func (c *condition) exists(attribute string) { c.add("attribute_exists(%s)", c.name(attribute)) }
func (c *condition) absent(attribute string) { c.add("attribute_not_exists(%s)", c.name(attribute)) }

// equal demands the value; a nil value demands that the attribute is absent,
// which is how an empty field is stored.
func (c *condition) equal(attribute string, v types.AttributeValue) {
	if v == nil {
		c.absent(attribute)
		return
	}
	c.add("%s = %s", c.name(attribute), c.value("old_"+attribute, v))
}

// asked is equal for the fields of a guard in which empty asks for nothing. Where empty is
// something to compare with, as in the guard of a notice, use equal.
func (c *condition) asked(attribute string, v types.AttributeValue) {
	if v != nil {
		c.equal(attribute, v)
	}
}

func (c *condition) String() string { return strings.Join(c.terms, " AND ") }

// update is what becomes of the item. DynamoDB refuses an update in which two clauses name one
// attribute, so each of the functions that build a change writes an attribute that no other of
// them writes for the same change.
type update struct {
	expression
	sets, removes, adds []string
}

// set writes the value; a nil value removes the attribute.
func (u *update) set(attribute string, v types.AttributeValue) {
	if v == nil {
		u.removes = append(u.removes, u.name(attribute))
		return
	}
	u.sets = append(u.sets, fmt.Sprintf("%s = %s", u.name(attribute), u.value("new_"+attribute, v)))
}

// setAll writes attributes that are present or absent together.
func (u *update) setAll(attributes []attribute) {
	for _, a := range attributes {
		u.set(a.name, a.value)
	}
}

// raise adds one to a number that is there, or to zero. A number of zero is stored as an absent
// attribute, and an item of an earlier version may never have had it; without the default,
// DynamoDB would refuse the whole write.
func (u *update) raise(attribute string) {
	name := u.name(attribute)
	u.sets = append(u.sets, fmt.Sprintf("%s = if_not_exists(%s, %s) + %s",
		name, name, u.value("zero", count(0)), u.value("one", count(1))))
}

// extend appends to a list, which begins empty. An empty history is absent, and list_append fails
// on an absent attribute. Nobody has to know how long the list is: two writers that append at
// once both find their entry in it.
func (u *update) extend(attribute string, list types.AttributeValue) {
	name := u.name(attribute)
	u.sets = append(u.sets, fmt.Sprintf("%s = list_append(if_not_exists(%s, %s), %s)",
		name, name, u.value("none", &types.AttributeValueMemberL{}), u.value("new_"+attribute, list)))
}

// grow adds to a set, which begins empty, or to a number, which begins at zero; a nil value adds
// nothing. It needs no reading and takes nothing away, which is what facts need that only grow
// (decision 0015). Sent twice, it is the same for a set, but a number is then counted twice.
func (u *update) grow(attribute string, more types.AttributeValue) {
	if more != nil {
		u.adds = append(u.adds, u.name(attribute)+" "+u.value("more_"+attribute, more))
	}
}

// String joins the clauses by verb: DynamoDB takes each verb once in an expression.
func (u *update) String() string {
	var clauses []string
	for _, clause := range []struct {
		verb  string
		terms []string
	}{{"SET", u.sets}, {"REMOVE", u.removes}, {"ADD", u.adds}} {
		if len(clause.terms) > 0 {
			clauses = append(clauses, clause.verb+" "+strings.Join(clause.terms, ", "))
		}
	}
	return strings.Join(clauses, " ")
}

// pointer gives an expression the form in which the SDK takes it.
func pointer(e fmt.Stringer) *string { return aws.String(e.String()) }
