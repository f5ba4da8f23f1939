package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// answer is a provider's answer to a request.
type answer struct {
	status int
	body   []byte
	says   sense
	stray  bool // it is about another payment; see [platform.strays]
}

// handle acts on a request that arrived. A signature that does not verify is
// answered as the twin does.
func (pl *platform) handle(r oneshot.Request, question bool) answer {
	if pl.name == vexora.Name {
		return pl.vexora(r, question)
	}
	return pl.monetix(r, question)
}

func vexoraAnswer(code string, data any) answer {
	body, _ := json.Marshal(map[string]any{"msg": "m", "code": code, "timestamp": 1, "success": code == "0000", "data": data})
	return answer{status: http.StatusOK, body: body, says: saysNothing}
}

func (pl *platform) vexora(r oneshot.Request, question bool) answer {
	fields := map[string]string{}
	if json.Unmarshal(r.Body, &fields) != nil || fields["sign"] != sandbox.SignVexora(fields, pl.key) {
		return vexoraAnswer("8000", nil)
	}
	reference := fields["tradeNo"]
	if question {
		return pl.vexoraState(reference)
	}
	minor, _ := strconv.ParseInt(strings.Replace(fields["amount"], ".", "", 1), 10, 64)
	if !strings.Contains(fields["amount"], ".") {
		minor *= 100
	}
	e, fresh := pl.accept(entry{reference: reference, amount: minor, currency: "KHR", remark: fields["remark"]})
	switch {
	case e.plan.end == refused:
		return e.plan.manner.refusal
	case pl.silent(), !fresh && pl.world.choices.pick(2) == 0:
		return vexoraAnswer("8000", nil)
	}
	return e.vexoraTold(e.state(pl.world.now), false)
}

func (pl *platform) vexoraState(reference string) answer {
	e, known := pl.find("", reference)
	if !known {
		a := []answer{vexoraAnswer("8000", nil), vexoraAnswer("0000", nil), vexoraAnswer("5000", nil)}[pl.world.choices.weighted(45, 45, 10)]
		a.says = saysAbsent
		return a
	}
	if pl.strays(e) {
		return e.vexoraStray()
	}
	return e.vexoraTold(e.state(pl.world.now), true)
}

// vexoraTold is an answer that names the state; a question's names the amount too.
func (e *entry) vexoraTold(state ending, amount bool) answer {
	u := e.utter(state, false)
	data := vexoraWord(e.reference, u)
	data["message"] = e.remarks()
	if amount {
		data["amount"] = json.Number(decimals(e.amount) + "00")
	}
	a := vexoraAnswer("0000", data)
	a.says = u.sense(vexora.Name)
	return a
}

func vexoraWord(reference string, u utterance) map[string]any {
	return map[string]any{"tradeNo": reference, "platFormTradeNo": "VX" + reference[20:], "status": u.status, "message": "m"}
}

func decimals(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

// The projects at Monetix, in whose names the payouts go out. Each knows its own alone.
var projects = []string{"1234", "5678"}

func (pl *platform) monetix(r oneshot.Request, question bool) answer {
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
	if a, away := pl.world.turnedAway(monetix.Name); away {
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

func monetixRefusal(status int, code string) answer {
	body, _ := json.Marshal(map[string]any{"status": "error", "code": code, "message": "m"})
	a := answer{status: status, body: body, says: saysNothing}
	if slices.Contains(requestData, code) {
		a.says = saysFailed
	}
	return a
}

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
		tree["payment"], tree["operations"], says = payment, e.tried(u, operation), u.sense(monetix.Name)
	} else {
		code := []string{"3061", "3062"}[pl.world.choices.weighted(80, 20)]
		tree["payment"] = map[string]any{"id": reference, "status": "error"}
		tree["errors"] = []any{map[string]any{"code": json.Number(code), "message": "Transaction not found"}}
	}
	return answer{status: http.StatusOK, body: pl.seal(tree, keyOf(project, pl.key)), says: says}
}

// monetixWords are the payment and the operation of a callback or an answer.
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
// payout that was paid after all, it is the first try that paid.
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

func (pl *platform) seal(tree map[string]any, key string) []byte {
	tree["signature"] = sandbox.SignMonetix(tree, key)
	body, _ := json.Marshal(tree)
	return body
}
