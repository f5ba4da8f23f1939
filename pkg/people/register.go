package people

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// Register says which principals are one person. The zero register is none.
type Register struct {
	persons map[payout.Principal]payout.Person
	names   int
}

// Who finds the person behind the first identity that is registered. Identities are
// brought into the form of the register first, so that one which no register can hold
// is nobody's.
func (r Register) Who(identities []payout.Principal) (payout.Person, error) {
	if r.persons == nil {
		return "", payout.ErrNoRegister
	}
	for _, identity := range identities {
		known, err := canonical(identity)
		if err != nil {
			continue
		}
		if person, registered := r.persons[known]; registered {
			return person, nil
		}
	}
	return "", payout.ErrNotRegistered
}

// Persons counts the people. With fewer than two, orders for two wait for ever. That
// is no fault: whoever takes the second last person out wants it to hold at once, and
// a document that is refused would leave the one before it in force.
func (r Register) Persons() int { return r.names }

// IsSet reports whether there is a register at all, be it an empty one.
func (r Register) IsSet() bool { return r.persons != nil }

// mostName is the most bytes of a name; it stands in histories.
const mostName = 100

// Parse reads the secret's document:
//
//	{"people": [{"name": "Dara", "principals": ["arn:aws:iam::111122223333:role/dara"]}]}
//
// A placeholder is the zero register. Parse reports every fault at once, by a JSON
// pointer, and no error holds a part of the document.
func Parse(document []byte) (Register, error) {
	if secrets.IsPlaceholder(string(document)) {
		return Register{}, nil
	}
	tree, err := jsontree.Parse(document, jsontree.DefaultLimits)
	if syntax := (*jsontree.SyntaxError)(nil); errors.As(err, &syntax) {
		return Register{}, fmt.Errorf("register of people: must be JSON: %s", syntax.Reason)
	}
	if err != nil {
		return Register{}, errors.New("register of people: must be JSON")
	}
	p := parser{
		persons: map[payout.Principal]payout.Person{},
		owners:  map[payout.Principal]string{}, names: map[string]string{},
	}
	p.document(tree)
	p.permissionSets()
	if len(p.faults) > 0 {
		return Register{}, errors.Join(p.faults...)
	}
	return Register{persons: p.persons, names: len(p.names)}, nil
}

// parser collects a register and every fault of its document.
type parser struct {
	persons map[payout.Principal]payout.Person
	owners  map[payout.Principal]string // where each principal was first, as a pointer
	names   map[string]string           // and each name, in lower case
	faults  []error
}

func (p *parser) fault(pointer, message string) {
	if pointer == "" {
		pointer = "the document"
	}
	p.faults = append(p.faults, fmt.Errorf("register of people: %s %s", pointer, message))
}

func (p *parser) document(tree jsontree.Value) {
	if !p.object("", tree, "people") {
		return
	}
	list, _ := tree.Member("people")
	if list.Kind() != jsontree.Array {
		p.fault("/people", "must be an array of people")
		return
	}
	for i, person := range list.Elements() {
		p.person(fmt.Sprintf("/people/%d", i), person)
	}
}

// object refuses what is not an object, and members that are not known: a misspelt
// one would leave somebody without a principal in silence.
func (p *parser) object(pointer string, v jsontree.Value, known ...string) bool {
	if v.Kind() != jsontree.Object {
		p.fault(pointer, "must be an object")
		return false
	}
	for _, m := range v.Members() {
		if !slices.Contains(known, m.Name) {
			p.fault(pointer, fmt.Sprintf("has a member that is none of %v", known))
		}
	}
	return true
}

func (p *parser) person(pointer string, v jsontree.Value) {
	if !p.object(pointer, v, "name", "principals") {
		return
	}
	name := p.name(pointer+"/name", v)
	list, _ := v.Member("principals")
	if list.Kind() != jsontree.Array || len(list.Elements()) == 0 {
		p.fault(pointer+"/principals", "must be an array of at least one principal")
		return
	}
	for i, principal := range list.Elements() {
		p.principal(fmt.Sprintf("%s/principals/%d", pointer, i), principal, name)
	}
}

// name is unique whatever the case: "dara" and "Dara" are one person to everybody who
// reads a history.
func (p *parser) name(pointer string, person jsontree.Value) payout.Person {
	v, _ := person.Member("name")
	name, _ := v.Text()
	if !readable(name) {
		p.fault(pointer, fmt.Sprintf("must be text of 1 to %d bytes, printable, of one script, in its usual letters, and without blanks around it", mostName))
		return ""
	}
	folded := alike(name)
	if first, taken := p.names[folded]; taken {
		p.fault(pointer, "is the same name as "+first)
		return ""
	}
	p.names[folded] = pointer
	return payout.Person(name)
}

// permissionSets refuses a role of single sign-on beside a session of it: the role stands for
// everybody of its permission set, and so for whoever is behind the session as well.
func (p *parser) permissionSets() {
	for principal, pointer := range p.owners {
		if first, taken := p.owners[roleOf(principal)]; taken && roleOf(principal) != principal {
			p.fault(first, "is a role of single sign-on, which stands for everybody of its permission set, and "+pointer+" is a session of it; register sessions alone")
		}
	}
}

// alike is what is equal of two names that a reader of a history cannot tell apart: other
// widths and compositions of the same letters, other cases, an i without its dot, more blanks.
func alike(name string) string {
	low := strings.ReplaceAll(strings.ToLower(norm.NFKC.String(name)), "ı", "i")
	return strings.Join(strings.Fields(low), " ")
}

// lookalikes are the scripts whose letters look like Latin ones.
var lookalikes = []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

// mixed reports whether a name mixes Latin letters with others that look like them.
func mixed(name string) bool {
	latin := strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
	return latin && strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, lookalikes...) })
}

// latinOfNames are the Latin letters that names are written in. Those of phonetics, small capitals
// and clicks look like them.
var latinOfNames = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 'A', Hi: 0x01BF, Stride: 1}, {Lo: 0x01C4, Hi: 0x024F, Stride: 1}, {Lo: 0x1E00, Hi: 0x1EFF, Stride: 1}}}

// withParts are the scripts whose ordinary words have letters that Unicode keeps as other forms
// of two (the Thai and the Lao am).
var withParts = []*unicode.RangeTable{unicode.Thai, unicode.Lao}

// disguised reports whether a character is another form of one that a reader takes it for: wide,
// raised, a ligature, a long s, a letter of phonetics.
func disguised(r rune) bool {
	form := string(r)
	return norm.NFKC.String(form) != norm.NFC.String(form) && !unicode.In(r, withParts...) ||
		unicode.Is(unicode.Latin, r) && !unicode.Is(latinOfNames, r)
}

func readable(name string) bool {
	unprintable := func(r rune) bool {
		return !unicode.IsPrint(r) || r != ' ' && payout.Unseen(r) || disguised(r)
	}
	return !mixed(name) && name != "" && len(name) <= mostName && utf8.ValidString(name) &&
		strings.TrimSpace(name) == name && !strings.ContainsFunc(name, unprintable)
}

func (p *parser) principal(pointer string, v jsontree.Value, of payout.Person) {
	text, ok := v.Text()
	if !ok {
		p.fault(pointer, "must be text")
		return
	}
	known, err := canonical(payout.Principal(text))
	if err != nil {
		p.fault(pointer, err.Error())
		return
	}
	if first, taken := p.owners[known]; taken {
		p.fault(pointer, "is the same principal as "+first+"; a principal belongs to one person")
		return
	}
	p.owners[known], p.persons[known] = pointer, of
}
