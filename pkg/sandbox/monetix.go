package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object with literal numbers. A float would print amounts and numbers otherwise
// than they were written, and signatures are over the text.
type object = map[string]any

// SignMonetix follows "Signature generation and verification": every scalar as
// path:value, sorted, joined by ";"; HMAC-SHA512, base64.
func SignMonetix(tree map[string]any, secret string) string {
	var lines []string
	flatten("", tree, &lines)
	sort.Strings(lines)
	mac := hmac.New(sha512.New, []byte(secret))
	_, _ = io.WriteString(mac, strings.Join(lines, ";")) // a hash takes everything
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// flatten lists the scalars of a tree, each with its path. An empty object or list has no line, a
// null has one without a value, and a boolean is 1 or 0. frame_mode and the signature itself are
// not signed.
func flatten(path string, v any, lines *[]string) {
	deeper := func(name string) string { return strings.TrimPrefix(path+":"+name, ":") }
	switch v := v.(type) {
	case object:
		for name, member := range v {
			if name != "signature" && name != "frame_mode" {
				flatten(deeper(name), member, lines)
			}
		}
	case []any:
		for i, item := range v {
			flatten(deeper(strconv.Itoa(i)), item, lines)
		}
	case string:
		*lines = append(*lines, path+":"+v)
	case json.Number:
		*lines = append(*lines, path+":"+v.String())
	case bool:
		*lines = append(*lines, path+":"+map[bool]string{true: "1", false: "0"}[v])
	case nil:
		*lines = append(*lines, path+":")
	}
}

// readObject reads one JSON object, and nothing behind it. It takes duplicate names, which our side
// refuses; what we send is checked by the signature over what was read.
func readObject(raw []byte) (object, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree object
	if decoder.Decode(&tree) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return tree, err == io.EOF
}

// inner is a member that is an object.
func inner(o object, name string) object {
	child, _ := o[name].(object)
	return child
}

// refuseMonetix is a refusal of the request itself, unsigned as the provider's page shows it. The
// code is a text here and a number in errors[]: Monetix does both.
func refuseMonetix(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, object{"status": "error", "code": code, "message": message})
}

// monetixRequest reads and authenticates a request; what is wrong with it is
// answered, and then there is none. Codes and their HTTP statuses are those of the provider's page
// (monetix.md): 2003 with 422, 2004 and 3261 with 400.
func (t *Sandbox) monetixRequest(w http.ResponseWriter, r *http.Request) (object, bool) {
	raw, ok := readBody(r)
	tree, readable := readObject(raw)
	general := inner(tree, "general")
	signature, _ := general["signature"].(string)
	project, _ := general["project_id"].(json.Number)
	switch {
	case !ok || !readable:
		refuseMonetix(w, http.StatusUnprocessableEntity, "2003", "Invalid JSON string")
	case signature == "" || general["payment_id"] == nil || project == "":
		refuseMonetix(w, http.StatusBadRequest, "2004", "Required field not provided")
	case project.String() != strconv.FormatInt(t.config.Monetix.ProjectID, 10):
		refuseMonetix(w, http.StatusNotFound, "2442", "Project not found")
	case !hmac.Equal([]byte(signature), []byte(SignMonetix(tree, t.config.Monetix.Secret))):
		refuseMonetix(w, http.StatusBadRequest, "3261", "Signature invalid")
	default:
		return tree, true
	}
	return nil, false
}

// shape is what a member of a payout request looks like: a text, or digits for a
// number.
type shape struct {
	format   string
	number   bool
	optional bool
}

// anyText is a text without control characters, of the 255 characters that the page grants most
// members.
const anyText = `^[^\x00-\x1f]{1,255}$`

// monetixShapes is the request of the Banks of Cambodia page. What is not in it is refused,
// although Monetix may be more lenient: a member with a misspelt name should fail here and not
// there.
var monetixShapes = map[string]map[string]shape{
	"general": {
		"project_id": {format: `^[1-9][0-9]{0,9}$`, number: true}, "payment_id": {format: anyText}, "signature": {format: anyText},
		"merchant_callback_url": {format: `^https?://.{1,247}$`, optional: true},
	},
	"customer": {
		"id": {format: anyText}, "ip_address": {format: `^[0-9a-fA-F.:]{3,45}$`}, "email": {format: `^[^@ ]+@[^@ ]+$`},
		"phone": {format: `^[0-9]{4,24}$`},
	},
	"account": {
		"number": {format: `^.{1,100}$`}, "bank_id": {format: `^[1-9][0-9]*$`, number: true}, "customer_name": {format: anyText},
		"branch": {format: anyText, optional: true}, "city": {format: anyText, optional: true}, "province": {format: anyText, optional: true},
	},
	"payment": {
		"currency": {format: `^(KHR|USD)$`}, "amount": {format: `^[1-9][0-9]{0,13}$`, number: true},
		"description": {format: anyText, optional: true},
	},
}

// monetixFault says what is wrong with a payout request, "" if nothing. It names one fault at a
// time, in no order; a person reads it.
func monetixFault(tree object) string {
	for name := range tree {
		if monetixShapes[name] == nil {
			return "unknown object " + name
		}
	}
	for name, members := range monetixShapes {
		given := inner(tree, name)
		for member := range given {
			if _, known := members[member]; !known {
				return "unknown parameter " + name + "." + member
			}
		}
		for member, want := range members {
			if fault := want.fault(given[member]); fault != "" {
				return name + "." + member + " " + fault
			}
		}
	}
	return ""
}

// fault says what is wrong with one member. A number in quotes is wrong, and so is a text without:
// the page says the type of each member.
func (s shape) fault(v any) string {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	switch {
	case v == nil && s.optional:
		return ""
	case v == nil:
		return "is required"
	case s.number != isNumber || isText == s.number:
		return "has the wrong type"
	case !regexp.MustCompile(s.format).MatchString(text + number.String()):
		return "has the wrong format"
	}
	return ""
}

// payMonetix takes a payout. A repeated payment_id is refused with 3041, whatever became of the
// first one. The code is documented; that it comes in the answer, and not in a callback, is not
// (monetix.md). It says that something has arrived, and never that the payout failed.
func (t *Sandbox) payMonetix(w http.ResponseWriter, r *http.Request) {
	tree, ok := t.monetixRequest(w, r)
	if !ok {
		return
	}
	if fault := monetixFault(tree); fault != "" {
		refuseMonetix(w, http.StatusBadRequest, "702", fault)
		return
	}
	fresh := monetixEntry(tree)
	s := scriptOf(t.config.Script(fresh.Reference, fresh.Account))
	e, repeated := t.admit(fresh, s)
	if repeated {
		refuseMonetix(w, http.StatusBadRequest, "3041", "Payment ID already exists")
		return
	}
	if t.turnAway(w, r, s) {
		return
	}
	if s.reply == refused {
		refuseMonetix(w, http.StatusBadRequest, "2641", "Bank ID does not match the currency")
		return
	}
	// Monetix has no place for an end in its answer to a payout: its callback comes before the
	// answer instead.
	if s.reply == atOnce {
		t.finish(e, s)
		if t.deliver(e, s.callbacks[0]) {
			t.change(e, func(e *entry) { e.Next++ })
		}
	}
	if t.perform(w, r, e, s) {
		writeJSON(w, http.StatusOK, object{
			"status": "success", "request_id": e.PlatformID,
			"project_id": t.config.Monetix.ProjectID, "payment_id": e.Reference,
		})
	}
}

// monetixEntry reads a request that was found to be well formed.
func monetixEntry(tree object) entry {
	general, payment, account := inner(tree, "general"), inner(tree, "payment"), inner(tree, "account")
	text := func(o object, name string) string { s, _ := o[name].(string); return s }
	amount, _ := payment["amount"].(json.Number)
	minor, _ := amount.Int64()
	reference := text(general, "payment_id")
	return entry{
		Execution: Execution{
			Provider: monetix, Reference: reference, Amount: minor, Currency: text(payment, "currency"),
		},
		PlatformID: "mx-" + reference[max(0, len(reference)-12):], Account: text(account, "number"),
		CallbackURL: text(general, "merchant_callback_url"), Remark: text(payment, "description"),
		CustomerID: text(inner(tree, "customer"), "id"),
	}
}

// monetixWords are the words for the states: payment.status, operation.code and
// operation.message. A return keeps the operation's code of success. The odd status is spelt as a
// plugin for another brand of the platform spells it; Monetix' page writes it with underscores.
var monetixWords = map[State][3]string{
	Processing: {"processing", "9999", "Awaiting processing"},
	Paid:       {"success", "0", "Success"},
	Failed:     {"decline", "20000", "General decline"},
	Returned:   {"reversed", "0", "Success"},
	Odd:        {"partially paid out", "0", "Success"},
}

// monetixState is what a callback and a status answer have in common. The amount can be multiplied,
// since a callback about other money has to be seen, and a status query tells the truth.
func (t *Sandbox) monetixState(e entry, says State, times int) (payment, operation object) {
	word := monetixWords[says]
	sum := object{"amount": json.Number(strconv.FormatInt(e.Amount*int64(max(times, 1)), 10)), "currency": e.Currency}
	payment = object{
		"id": e.Reference, "type": "payout", "status": word[0], "date": t.stamp(), "method": "Banks Cambodia",
		"sum": sum, "description": e.Remark,
	}
	status := word[0]
	// The payment says what became of the payout, and the operation only that it went through.
	if says == Returned || says == Odd {
		status = "success"
	}
	operation = object{
		"id": json.Number("5028800010128225"), "type": "payout", "status": status, "date": t.stamp(), "created_date": t.stamp(),
		"request_id": e.PlatformID, "sum_initial": sum, "sum_converted": sum, "code": word[1], "message": word[2],
		"provider": object{"id": json.Number("12345"), "payment_id": "123abc123-123", "auth_code": ""},
	}
	return payment, operation
}

// monetixTries are the operations of an answer, in no order: the last try, which agrees with
// the payment or was not needed, and those before it. Callbacks have one alone. The page promises
// no order, so that whoever takes the first or the last operation for the result is found out here.
func (t *Sandbox) monetixTries(e entry, last object) []any {
	script := scriptOf(e.Script)
	all := []any{last}
	for i, code := range script.tries {
		earlier := maps.Clone(last)
		earlier["date"] = t.config.Now().Add(-time.Duration(len(script.tries)-i) * time.Hour).UTC().Format(stampFormat)
		earlier["status"], earlier["code"], earlier["message"] = "decline", code, "Timeout"
		if i == 0 && e.State == Paid && script.firstPaid {
			earlier["status"], earlier["code"], earlier["message"] = "success", "0", "Success"
			last["status"], last["code"], last["message"] = "decline", "20102", "Wrong account"
		}
		all = append(all, earlier)
	}
	return all
}

// monetixCallback is a callback as the provider's page shows it. A forged one is well formed in
// everything but its key.
func (t *Sandbox) monetixCallback(e entry, w word) []byte {
	payment, operation := t.monetixState(e, w.says, w.times)
	secret := t.config.Monetix.Secret
	if w.forged {
		secret += "-forged"
	}
	return signed(object{
		"project_id": json.Number(strconv.FormatInt(t.config.Monetix.ProjectID, 10)),
		"payment":    payment, "customer": object{"id": e.CustomerID}, "operation": operation,
	}, secret)
}

// signed adds the signature at the top level, where callbacks and status answers have it. In
// requests it stands in general.
func signed(tree map[string]any, secret string) []byte {
	tree["signature"] = SignMonetix(tree, secret)
	body, _ := json.Marshal(tree) // texts and numbers always encode
	return body
}

// statusMonetix answers a status query, signed. What is not there is answered with
// 3061, which Monetix says is no statement about the payout.
func (t *Sandbox) statusMonetix(w http.ResponseWriter, r *http.Request) {
	tree, ok := t.monetixRequest(w, r)
	if !ok {
		return
	}
	reference, _ := inner(tree, "general")["payment_id"].(string)
	t.mu.Lock()
	e, known := t.ledger[reference]
	var found entry
	if known {
		found = *e
	}
	t.mu.Unlock()
	answer := object{"project_id": json.Number(strconv.FormatInt(t.config.Monetix.ProjectID, 10))}
	if !known || found.Gone || found.Provider != monetix {
		answer["payment"] = object{"id": reference, "status": "error"}
		answer["errors"] = []any{object{"code": json.Number("3061"), "message": "Transaction not found"}}
	} else {
		payment, operation := t.monetixState(found, found.State, 1)
		answer["payment"], answer["operations"] = payment, t.monetixTries(found, operation)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(signed(answer, t.config.Monetix.Secret)) // the reader may have gone
}
