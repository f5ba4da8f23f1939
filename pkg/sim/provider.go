package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

// ending is how a payout truly ends at a provider.
type ending int

const (
	paid ending = iota
	declined
	returned // paid, and the money comes back
	endless  // processing for ever
	refused  // turned down at once, for what the request says
)

func (e ending) moves() bool { return e == paid || e == returned }

// word is one callback of a payout.
type word struct {
	after time.Duration
	says  ending
	// truth: it says what is so. The others lie, and still bear a right signature.
	truth  bool
	times  int64 // the amount is stated so many times too large; 0 and 1 are right
	odd    bool  // a status that no page lists
	forged bool  // the signature is wrong
	again  bool  // delivered a second time, byte for byte
}

// plan is what a provider will do with a payout. It is drawn when the payout
// arrives.
type plan struct {
	end     ending
	after   time.Duration // until the end
	visible time.Duration // until a question finds it
	words   []word
}

// entry is a payout as its provider has it.
type entry struct {
	reference   string
	amount      int64 // minor units
	currency    string
	remark      string
	customer    string
	plan        plan
	acceptedAt  time.Time
	executed    int
	conflicting bool // a lie bore a right signature
}

// platform is one provider. It shares the signatures with the twin, and nothing
// with the connectors.
type platform struct {
	world  *world
	name   payout.Provider
	ledger map[string]*entry
	key    string // what it signs and verifies with now
}

// ends is what the entry is at the moment.
func (e *entry) state(now time.Time) ending {
	if now.Before(e.acceptedAt.Add(e.plan.after)) {
		return endless
	}
	return e.plan.end
}

// draw plans a payout.
func (w *world) draw() plan {
	if w.scripted != nil {
		return *w.scripted
	}
	c := w.choices
	p := plan{
		end:     []ending{paid, declined, returned, endless, refused}[c.weighted(60, 15, 8, 7, 10)],
		after:   time.Second * time.Duration([]int{1, 20, 600, 4000}[c.weighted(55, 20, 15, 10)]),
		visible: time.Second * time.Duration([]int{0, 8, 40}[c.weighted(80, 15, 5)]),
	}
	if p.end == endless || p.end == refused {
		return p
	}
	truth := word{after: p.after + time.Second, says: p.end, truth: true}
	p.words = []word{truth}
	if p.end == returned && !c.chance(20) { // sometimes the return overtakes the payment
		p.words = []word{{after: p.after, says: paid, truth: true}, truth}
	}
	switch c.weighted(54, 14, 6, 6, 6, 5, 5, 4) {
	case 1:
		p.words = nil // silence
	case 2:
		p.words = append(p.words, word{after: p.after / 2, says: endless, truth: true})
	case 3:
		lie := declined
		if p.end == declined {
			lie = paid
		}
		p.words = append(p.words, word{after: p.after + time.Duration(c.pick(5)-2)*time.Second, says: lie})
	case 4:
		p.words = append([]word{{after: p.after, says: p.end, times: 100}}, p.words...)
	case 5:
		p.words = append(p.words, word{after: p.after, says: p.end, odd: true})
	case 6:
		p.words = append(p.words, word{after: p.after, says: declined, forged: true}, word{after: p.after, says: paid, forged: true})
	case 7:
		p.words[0].again = true
		p.words = append(p.words, word{after: p.after + 40*time.Second, says: p.end, truth: true})
	}
	return p
}

// answer is a provider's answer to a request.
type answer struct {
	status int
	body   []byte
}

// handle acts on a request that arrived. A signature that does not verify is
// answered as the twin does.
func (pl *platform) handle(r oneshot.Request, question bool) answer {
	if pl.name == payout.Vexora {
		return pl.vexora(r, question)
	}
	return pl.monetix(r, question)
}

func vexoraAnswer(code string, data any) answer {
	body, _ := json.Marshal(map[string]any{"msg": "m", "code": code, "timestamp": 1, "success": code == "0000", "data": data})
	return answer{http.StatusOK, body}
}

func (pl *platform) vexora(r oneshot.Request, question bool) answer {
	fields := map[string]string{}
	if json.Unmarshal(r.Body, &fields) != nil || fields["sign"] != sandbox.SignVexora(fields, pl.key) {
		return vexoraAnswer("8000", nil)
	}
	reference := fields["tradeNo"]
	if question {
		e, known := pl.find(reference)
		if !known {
			return []answer{vexoraAnswer("8000", nil), vexoraAnswer("0000", nil)}[pl.world.choices.pick(2)]
		}
		data := vexoraWord(reference, e.state(pl.world.now))
		data["amount"] = json.Number(decimals(e.amount) + "00")
		return vexoraAnswer("0000", data)
	}
	minor, _ := strconv.ParseInt(strings.Replace(fields["amount"], ".", "", 1), 10, 64)
	if !strings.Contains(fields["amount"], ".") {
		minor *= 100
	}
	e, fresh := pl.accept(entry{reference: reference, amount: minor, currency: "KHR", remark: fields["remark"]})
	switch {
	case !fresh && pl.world.choices.pick(2) == 0, e.plan.end == refused:
		return vexoraAnswer("8000", nil)
	}
	return vexoraAnswer("0000", vexoraWord(reference, e.state(pl.world.now)))
}

func vexoraWord(reference string, state ending) map[string]any {
	status := map[ending]string{paid: "0000", declined: "00029", returned: "00029", endless: "0015", refused: "00029"}[state]
	return map[string]any{"tradeNo": reference, "platFormTradeNo": "VX" + reference[20:], "status": status, "message": "m"}
}

func decimals(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

const project = "1234"

func (pl *platform) monetix(r oneshot.Request, question bool) answer {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	tree := map[string]any{}
	if decoder.Decode(&tree) != nil {
		return monetixRefusal(http.StatusUnprocessableEntity, "2003")
	}
	general, _ := tree["general"].(map[string]any)
	signature, _ := general["signature"].(string)
	if signature != sandbox.SignMonetix(tree, pl.key) {
		return monetixRefusal(http.StatusBadRequest, "3261")
	}
	reference, _ := general["payment_id"].(string)
	if question {
		return pl.monetixState(reference)
	}
	payment, _ := tree["payment"].(map[string]any)
	customer, _ := tree["customer"].(map[string]any)
	number, _ := payment["amount"].(json.Number)
	minor, _ := number.Int64()
	fresh := entry{reference: reference, amount: minor}
	fresh.currency, _ = payment["currency"].(string)
	fresh.remark, _ = payment["description"].(string)
	fresh.customer, _ = customer["id"].(string)
	e, first := pl.accept(fresh)
	switch {
	case !first:
		return monetixRefusal(http.StatusBadRequest, "3041")
	case e.plan.end == refused:
		return monetixRefusal(http.StatusBadRequest, "2641")
	}
	body, _ := json.Marshal(map[string]any{"status": "success", "request_id": "mx-" + reference[20:], "project_id": json.Number(project), "payment_id": reference})
	return answer{http.StatusOK, body}
}

func monetixRefusal(status int, code string) answer {
	body, _ := json.Marshal(map[string]any{"status": "error", "code": code, "message": "m"})
	return answer{status, body}
}

func (pl *platform) monetixState(reference string) answer {
	tree := map[string]any{"project_id": json.Number(project)}
	if e, known := pl.find(reference); known {
		payment, operation := e.monetixWords(e.state(pl.world.now), false, 1)
		tree["payment"], tree["operations"] = payment, []any{operation}
	} else {
		tree["payment"] = map[string]any{"id": reference, "status": "error"}
		tree["errors"] = []any{map[string]any{"code": json.Number("3061"), "message": "Transaction not found"}}
	}
	return answer{http.StatusOK, pl.seal(tree, pl.key)}
}

func (e *entry) monetixWords(state ending, odd bool, times int64) (payment, operation map[string]any) {
	words := map[ending][2]string{paid: {"success", "0"}, declined: {"decline", "20000"}, returned: {"reversed", "0"}, endless: {"processing", "9999"}, refused: {"decline", "20000"}}[state]
	if odd {
		words = [2]string{"partially paid out", "0"}
	}
	sum := map[string]any{"amount": json.Number(strconv.FormatInt(e.amount*max(times, 1), 10)), "currency": e.currency}
	payment = map[string]any{"id": e.reference, "type": "payout", "status": words[0], "sum": sum, "description": e.remark}
	status := words[0]
	if state == returned || odd {
		status = "success"
	}
	operation = map[string]any{
		"id": json.Number("5028800010128225"), "type": "payout", "status": status, "request_id": "mx-" + e.reference[20:],
		"sum_initial": sum, "sum_converted": sum, "code": words[1], "message": "m",
	}
	return payment, operation
}

func (pl *platform) seal(tree map[string]any, key string) []byte {
	tree["signature"] = sandbox.SignMonetix(tree, key)
	body, _ := json.Marshal(tree)
	return body
}

// find is what a question finds.
func (pl *platform) find(reference string) (*entry, bool) {
	e, known := pl.ledger[reference]
	if !known || e.plan.end == refused || pl.world.now.Before(e.acceptedAt.Add(e.plan.visible)) {
		return nil, false
	}
	return e, true
}

// accept takes a payout in. Of a repetition the worst is assumed: Monetix refuses
// it, as it documents; Vexora documents nothing, and executes it once more.
func (pl *platform) accept(fresh entry) (*entry, bool) {
	w := pl.world
	w.arrived(fresh.reference)
	if e, known := pl.ledger[fresh.reference]; known {
		if pl.name == payout.Vexora && e.plan.end.moves() {
			e.executed++
			w.executed(e)
		}
		return e, false
	}
	e := &fresh
	e.plan, e.acceptedAt = w.draw(), w.now
	pl.ledger[e.reference] = e
	if e.plan.end.moves() {
		e.executed = 1
		w.executed(e)
	}
	for _, word := range e.plan.words {
		w.engine.in(max(word.after, 0), func() { pl.call(e, word, 0) })
		if !word.truth && !word.forged && word.times < 2 && !word.odd {
			e.conflicting = true
		}
	}
	return e, true
}

// callbackTries is how often a provider delivers one callback.
const callbackTries = 6

// call delivers one callback, signed anew each time.
func (pl *platform) call(e *entry, said word, try int) {
	body := pl.notification(e, said)
	pl.deliver(e, said, body, try)
	if said.again && try == 0 {
		pl.world.engine.in(7*time.Second, func() { pl.deliver(e, said, body, callbackTries) })
	}
}

func (pl *platform) notification(e *entry, said word) []byte {
	key := pl.key
	if said.forged {
		key += "-forged"
	}
	if pl.name == payout.Monetix {
		payment, operation := e.monetixWords(said.says, said.odd, said.times)
		return pl.seal(map[string]any{
			"project_id": json.Number(project), "payment": payment, "operation": operation, "customer": map[string]any{"id": e.customer},
		}, key)
	}
	data := vexoraWord(e.reference, said.says)
	fields := map[string]string{
		"tradeNo": e.reference, "platFormTradeNo": data["platFormTradeNo"].(string), "status": data["status"].(string), "message": "m",
		"amount": strings.TrimSuffix(decimals(e.amount*max(said.times, 1)), ".00"), "timestamp": strconv.FormatInt(pl.world.now.UnixMilli(), 10),
	}
	if said.odd {
		fields["status"] = "00032"
	}
	if e.remark != "" {
		fields["remark"] = e.remark
	}
	fields["sign"] = sandbox.SignVexora(fields, key)
	body, _ := json.Marshal(fields)
	return body
}

// line is one connection to a provider.
type line struct {
	c        *container
	platform *platform
}

// slow is how long a provider is waited for.
const slow = 15 * time.Second

// Post implements oneshot.Connection under the fate of the point.
func (l line) Post(_ context.Context, r oneshot.Request) oneshot.Result {
	question := strings.Contains(r.URL.Path, "query") || strings.Contains(r.URL.Path, "status")
	p, w, fates := l.c.current, l.c.world, sendFates
	if question {
		fates = askFates
	}
	reference := referenceIn(r.Body)
	w.onTheWay[reference]++
	defer func() { w.onTheWay[reference]-- }()
	what := fmt.Sprintf("%s %s …%s", map[bool]string{true: "ask", false: "POST to"}[question], l.platform.name, reference[max(0, len(reference)-4):])
	f := p.point(what, fates)
	lost := func() oneshot.Result {
		p.wait(slow)
		return oneshot.Result{Outcome: oneshot.Lost}
	}
	answered := func(a answer) oneshot.Result {
		return oneshot.Result{Outcome: oneshot.Answered, Status: a.status, Body: a.body}
	}
	switch f {
	case noConnection:
		return oneshot.Result{Outcome: oneshot.NotSent}
	case requestLost:
		return lost()
	case requestLate:
		w.onTheWay[reference]++
		w.engine.in(time.Second*time.Duration([]int{20, 90, 600}[w.choices.pick(3)]), func() {
			w.onTheWay[reference]--
			l.platform.handle(r, question)
		})
		return lost()
	case serverError:
		return answered(answer{status: http.StatusBadGateway})
	case redirected:
		return answered(answer{status: http.StatusFound})
	case forbidden:
		return answered(answer{http.StatusForbidden, []byte(`{"status":"error","code":"403","message":"m"}`)})
	}
	a := l.platform.handle(r, question)
	switch f {
	case answerLost:
		return lost()
	case errorAfter:
		a = answer{status: http.StatusInternalServerError}
	case garbageAfter:
		a.body = []byte("<html>")
	case unlistedAfter:
		a.body = unlist(a.body)
	case redirectAfter:
		a = answer{status: http.StatusTemporaryRedirect}
	case crashAfter:
		p.die()
	}
	return answered(a)
}

// Close implements oneshot.Connection.
func (line) Close() {}

// unlist puts a word that no page lists into an answer.
func unlist(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(`"status":"`), []byte(`"status":"x`))
}
