package edge

import (
	"fmt"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// decoder reads a JSON object into texts and collects every fault of its shape. A merchant who
// integrates gets all of them in one answer, each with its JSON pointer, and mends them in one go.
// What the texts mean is checked later, by the domain.
type decoder struct{ faults []payout.Fault }

// fault notes one fault. The message holds no value of the body: values are names and numbers, and
// callers log the answers that they get.
func (d *decoder) fault(pointer, message string) {
	if len(d.faults) >= mostFaults { // a body of thousands must not become an answer of thousands
		return
	}
	d.faults = append(d.faults, payout.Fault{Pointer: pointer, Code: payout.FaultCode(InvalidBody), Message: message})
}

// mostFaults is how many faults of one body are told. It bounds faults of the domain in an answer
// too.
const mostFaults = 100

// members says what each member of an object is read by.
type members map[string]func(pointer string, v jsontree.Value)

// object reads the members of an object; one that is not listed is a fault,
// because a misspelt optional member would otherwise be lost in silence.
func (d *decoder) object(pointer string, v jsontree.Value, known members) {
	if v.Kind() != jsontree.Object {
		d.fault(pointer, "must be an object")
		return
	}
	for _, m := range v.Members() {
		at := pointer + "/" + escapePointer(m.Name)
		read, ok := known[m.Name]
		if !ok {
			d.fault(at, "is not a member of this object")
			continue
		}
		read(at, m.Value)
	}
}

// text reads a text member; surrounding blanks go, since no field means them.
func (d *decoder) text(into *string) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		text, ok := v.Text()
		if !ok {
			d.fault(pointer, "must be text")
			return
		}
		*into = strings.TrimSpace(text)
	}
}

// number reads a whole number above zero. The literal is read, not a float: 1.0 and 1e3 are
// refused, since nobody writes a sequence so.
func (d *decoder) number(into *int) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		n, err := strconv.Atoi(v.Literal())
		if v.Kind() != jsontree.Number || err != nil || n < 1 {
			d.fault(pointer, "must be a whole number above zero")
			return
		}
		*into = n
	}
}

// amount reads the amount, which is text so that no JSON library on the way can
// turn it into a binary fraction. Blanks are not trimmed: digits only.
func (d *decoder) amount(into *string) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		text, ok := v.Text()
		if !ok {
			d.fault(pointer, `must be decimal text in quotes, such as "50000"`)
			return
		}
		*into = text
	}
}

// nested reads an object within the object, with the pointers of its faults below it.
func (d *decoder) nested(known members) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) { d.object(pointer, v, known) }
}

// texts reads an object whose members are all texts of the caller's choice. They are kept as they
// are, blanks included: metadata is the merchant's, and comes back as it was sent.
func (d *decoder) texts(into map[string]string) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		if v.Kind() != jsontree.Object {
			d.fault(pointer, "must be an object of texts")
			return
		}
		for _, m := range v.Members() {
			text, ok := m.Value.Text()
			if !ok {
				d.fault(pointer+"/"+escapePointer(m.Name), "must be text")
				continue
			}
			into[m.Name] = text
		}
	}
}

// decodeDraft reads the tree of a create request. The reference is checked by the
// caller, which has the header to compare it with. The reader of "reference" is listed so that the
// member counts as known and has to be text; the text itself is thrown away.
func decodeDraft(tree jsontree.Value) payout.Draft {
	var (
		d                             decoder
		draft                         payout.Draft
		reference, provider, destType string
	)
	draft.Metadata = map[string]string{}
	to, who := &draft.Destination, &draft.Beneficiary
	d.object("", tree, members{
		"reference":   d.text(&reference),
		"provider":    d.text(&provider),
		"amount":      d.amount(&draft.Amount),
		"currency":    d.text(&draft.Currency),
		"description": d.text(&draft.Description),
		"metadata":    d.texts(draft.Metadata),
		"destination": d.nested(members{
			"type": d.text(&destType), "wallet": d.text(&to.Wallet), "account_id": d.text(&to.AccountID),
			"bank": d.text(&to.Bank), "account_number": d.text(&to.AccountNumber),
			"branch": d.text(&to.Branch), "city": d.text(&to.City), "province": d.text(&to.Province),
		}),
		"beneficiary": d.nested(members{
			"id": d.text(&who.ID), "first_name": d.text(&who.FirstName), "last_name": d.text(&who.LastName),
			"email": d.text(&who.Email), "phone": d.text(&who.Phone), "ip_address": d.text(&who.IPAddress),
		}),
	})
	// Presence alone is asked here. Which members a destination needs depends on its type and on
	// the provider, so that the domain and the connectors say so.
	for _, name := range []string{"amount", "currency", "destination", "beneficiary"} {
		if _, present := tree.Member(name); tree.Kind() == jsontree.Object && !present {
			d.fault("/"+name, "is required")
		}
	}
	draft.Provider, to.Type = payout.Provider(provider), payout.DestinationType(destType)
	draft.Shape = d.faults
	return draft
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer writes a member name as a JSON pointer token (RFC 6901), clipped:
// a name of 60 KB must not come back in the answer.
func escapePointer(name string) string {
	const most = 64
	if len(name) > most {
		name = fmt.Sprintf("%.*s…", most, name)
	}
	return pointerEscapes.Replace(name)
}

// referenceOf finds the reference of a create request: in the body, in the header
// Idempotency-Key (bare, or quoted as the header's draft standard has it), or in
// both, if they are equal. The tree may be missing, when the body was unreadable.
func referenceOf(e Event, tree *jsontree.Value) (payout.Reference, *Problem) {
	var written []string
	if key, ok := header(e, "idempotency-key"); ok {
		written = append(written, unquote(key))
	}
	if tree != nil {
		if v, ok := tree.Member("reference"); ok {
			text, _ := v.Text()
			written = append(written, text)
		}
	}
	if len(written) == 0 {
		return "", refuse(ReferenceMissing, "a reference is required, as the member \"reference\" or the header Idempotency-Key")
	}
	// Neither may win in silence: the reference decides which payout is meant.
	if len(written) == 2 && written[0] != written[1] {
		return "", refuse(ReferenceConflict, "the header Idempotency-Key and the member \"reference\" differ")
	}
	reference, ok := payout.ParseReference(written[0])
	if !ok {
		return "", refuse(ReferenceMissing, "the reference must be 1 to 64 letters, digits and . _ : -; there can be no payout under this one: correct it, and post the request")
	}
	return reference, nil
}

// refuse is a 400 that cannot speak about any reference. No reference, no look at the table: so the
// outcome is unknown, also where no payout can exist.
func refuse(code Code, detail string) *Problem {
	p := problem(400, code, detail)
	p.Outcome = payout.OutcomeUnknown
	return &p
}

// unquote takes the quotes of a structured header away. Within them nothing is unescaped: a
// reference has no character that would need it.
func unquote(key string) string {
	key = strings.TrimSpace(key)
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		return key[1 : len(key)-1]
	}
	return key
}
