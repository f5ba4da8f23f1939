package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/sandbox"
)

func init() { models[monetix.Name] = monetixModel{} }

// monetixModel is Monetix: it refuses a repeated payment_id within one project, and has codes
// that may hide a payment. It answers a status query with every operation of the payout, which a
// callback does not.
type monetixModel struct{}

// traits implements model.
func (monetixModel) traits() traits {
	return traits{projects: true, doubts: true, returns: true, refusesByStatus: true, joins: true, prefix: "mx-"}
}

// document implements model.
func (monetixModel) document(key, project string) string {
	return fmt.Sprintf(`{"base_url": "https://monetix.test", "project_id": %s, "secret_key": %q}`, project, key)
}

// recipient implements model.
func (monetixModel) recipient(_ *world, n int) string { return fmt.Sprintf("7700%08d", n*7919) }

// destination implements model.
func (monetixModel) destination(account string) map[string]any {
	return map[string]any{"type": "bank_account", "bank": "wing", "account_number": account}
}

// handle implements model. A repeated payment_id is answered with one of the codes for
// duplicates, which say that it is there and nothing about its money. Now and then Monetix turns
// a request away for who we are, before it registers anything.
func (monetixModel) handle(pl *platform, r oneshot.Request, question bool) answer {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	tree := map[string]any{}
	if decoder.Decode(&tree) != nil {
		return monetixRefusal(http.StatusUnprocessableEntity, "2003")
	}
	general, _ := tree["general"].(map[string]any)
	signature, _ := general["signature"].(string)
	number, _ := general["project_id"].(json.Number)
	project := number.String()
	if signature != sandbox.SignMonetix(tree, keyOf(project, pl.key)) {
		a := monetixRefusal(http.StatusBadRequest, "3261")
		a.says = saysAboutUs
		return a
	}
	reference, _ := general["payment_id"].(string)
	if question {
		return pl.monetixState(reference, project)
	}
	if a, away := pl.world.turnedAway(); away {
		pl.world.arrived(reference)
		return a
	}
	payment, _ := tree["payment"].(map[string]any)
	customer, _ := tree["customer"].(map[string]any)
	sum, _ := payment["amount"].(json.Number)
	minor, _ := sum.Int64()
	fresh := entry{reference: reference, amount: minor, project: project}
	fresh.currency, _ = payment["currency"].(string)
	fresh.remark, _ = payment["description"].(string)
	fresh.customer, _ = customer["id"].(string)
	e, first := pl.accept(fresh)
	switch {
	case e.plan.end == refused:
		return e.plan.manner.refusal
	case !first:
		return monetixRefusal(http.StatusBadRequest, requestKnown[pl.world.choices.weighted(85, 5, 5, 5)])
	}
	body, _ := json.Marshal(map[string]any{"status": "success", "request_id": "mx-" + reference[20:], "project_id": json.Number(project), "payment_id": reference})
	return answer{status: http.StatusOK, body: body, says: saysProcessing}
}

// monetixRefusal is a request that was turned down. It says "failed" only with a code about the
// data. Other codes say nothing by themselves; whoever refuses us for who we are marks the answer
// himself.
func monetixRefusal(status int, code string) answer {
	body, _ := json.Marshal(map[string]any{"status": "error", "code": code, "message": "m"})
	a := answer{status: status, body: body, says: saysNothing}
	if slices.Contains(requestData, code) {
		a.says = saysFailed
	}
	return a
}

// monetixState answers a status query. "Not found" says nothing of the payout, and may be
// temporary (docs/providers.md): a payout is visible some seconds after it was taken, and never
// to another project than its own.
func (pl *platform) monetixState(reference, project string) answer {
	tree, says := map[string]any{"project_id": json.Number(project)}, saysAbsent
	e, known := pl.find(project, reference)
	if others := pl.all(reference); !known && len(others) > 0 && others[0].project != project {
		says = saysNothing // of a payout that this project never had
	}
	if known && pl.strays(e) {
		return pl.monetixStray(e, tree)
	}
	if known {
		u := e.utter(e.state(pl.world.now), false)
		payment, operation := e.monetixWords(u, 1)
		tree["payment"], tree["operations"], says = payment, e.tried(u, operation), monetixModel{}.sense(u)
	} else {
		code := []string{"3061", "3062"}[pl.world.choices.weighted(80, 20)]
		tree["payment"] = map[string]any{"id": reference, "status": "error"}
		tree["errors"] = []any{map[string]any{"code": json.Number(code), "message": "Transaction not found"}}
	}
	return answer{status: http.StatusOK, body: pl.signed(tree, keyOf(project, pl.key)), says: says}
}

// monetixStray is an honest, signed answer about another payment: the number alone tells
// (decision 0018, numbers in answers).
func (pl *platform) monetixStray(e *entry, tree map[string]any) answer {
	u := e.ofAnother()
	payment, operation := e.monetixWords(u, 1)
	operation["request_id"] = "mx-of-another"
	tree["payment"], tree["operations"] = payment, []any{operation}
	return answer{status: http.StatusOK, body: pl.signed(tree, keyOf(e.project, pl.key)), says: monetixModel{}.sense(u), stray: true}
}

// monetixWords are the payment and the operation of a callback or an answer. A reversal is an
// operation of its own beside a payment that is still called a success, with a number of its own.
func (e *entry) monetixWords(u utterance, times int64) (payment, operation map[string]any) {
	sum := map[string]any{"amount": json.Number(strconv.FormatInt(e.amount*max(times, 1), 10)), "currency": e.currency}
	payment = map[string]any{"id": e.reference, "type": "payout", "status": u.status, "sum": sum, "description": e.echo()}
	operation = map[string]any{
		"id": json.Number("5028800010128225"), "type": "payout", "status": u.status, "request_id": "mx-" + e.reference[20:],
		"sum_initial": sum, "sum_converted": sum, "code": u.code, "message": e.remarks(), "date": "2024-12-07T19:08:45+0000",
	}
	if u.code == "0" {
		operation["status"] = "success"
	}
	if u.status == reversal {
		payment["status"], operation["type"], operation["request_id"] = "success", reversal, "mx-back"
	}
	return payment, operation
}

// tried are the operations of an answer, the last one first: callbacks have that alone. Of a
// payout that was paid after all, it is the first try that paid. No page documents an order among
// them, and a reader who trusts the last one calls a payment a decline.
func (e *entry) tried(u utterance, last map[string]any) []any {
	all := []any{last}
	earlier := func(status, code string) {
		o := maps.Clone(last)
		o["type"], o["status"], o["code"], o["request_id"] = "payout", status, code, "mx-"+e.reference[20:]
		o["date"] = fmt.Sprintf("2024-12-07T%02d:08:45+0000", 19-len(all))
		all = append(all, o)
	}
	if u.status == reversal {
		earlier("success", "0")
	}
	for i, code := range e.plan.manner.tries {
		if i == 0 && e.plan.end == late && u.status == "success" {
			last["status"], last["code"] = "decline", e.plan.manner.no.code
			earlier("success", "0")
			continue
		}
		earlier("decline", code)
	}
	return all
}

// signed writes a tree with its signature, which is the sandbox's and shares no code with the
// connector (decision 0006).
func (pl *platform) signed(tree map[string]any, key string) []byte {
	tree["signature"] = sandbox.SignMonetix(tree, key)
	body, _ := json.Marshal(tree)
	return body
}

// notification implements model. A re-spelt code is signed as "3041" and written as 3041.0: one
// text for the signature, two for a careless reader. A re-cut one hides lines of its own in a
// value: in the signed text they stand where fields do (decision 0018).
func (monetixModel) notification(pl *platform, e *entry, said word) []byte {
	key := pl.signs(e, said)
	payment, operation := e.monetixWords(e.utter(said.says, said.odd), said.times)
	tree := map[string]any{
		"project_id": json.Number(e.project), "payment": payment, "operation": operation, "customer": map[string]any{"id": e.customer},
	}
	if said.respelt {
		body, code := pl.signed(tree, key), operation["code"].(string)
		return swollen(e, bytes.Replace(body, []byte(`"code":"`+code+`"`), []byte(`"code":`+code+`.0`), 1))
	}
	if said.recut {
		tree["customer"] = map[string]any{"id": "x;general:payment_id:7;payment:status:processing"}
	}
	return swollen(e, pl.signed(tree, key))
}
