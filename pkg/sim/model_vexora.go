package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

func init() { models[vexora.Name] = vexoraModel{} }

// vexoraModel is Vexora: it documents nothing about a repeated tradeNo, and has no word but
// "failed" for what came back.
type vexoraModel struct{}

// The words of Vexora's pages, and some that no page lists. The strange ones are those of sister
// brands, or of nowhere (docs/providers.md). Whoever maps them to failed pays twice as soon as
// one of them means "in progress" (decision 0007).
var (
	vexoraStrange = []string{"00032", "0001", "0029", "0100019"}
	vexoraOuter   = []string{"8000", "5000", "0001", "00032"}
)

// traits implements model.
func (vexoraModel) traits() traits { return traits{paysAgain: true, joins: true, prefix: "VX"} }

// document implements model.
func (vexoraModel) document(key, _ string) string {
	return fmt.Sprintf(`{"KHR": {"base_url": "https://vexora.test", "merchant_no": "1", "app_secret": %q}}`, key)
}

// sense implements model.
func (vexoraModel) sense(u utterance) sense {
	if s, listed := map[string]sense{"0000": saysPaid, "0015": saysProcessing, "00029": saysFailed}[u.status]; listed {
		return s
	}
	return saysUnlisted
}

// doubtful implements model.
func (vexoraModel) doubtful(utterance) bool { return false }

// speak implements model. Its refusal is an outer code, mostly 8000, which no page for Cambodia
// calls final.
func (vexoraModel) speak(w *world) manner {
	c := w.choices
	m := manner{of: vexora.Name, busy: utterance{status: "0015"}, no: utterance{status: "00029"}, odd: utterance{status: vexoraStrange[0]}}
	if c.chance(5) {
		m.busy.status = vexoraStrange[c.pick(2)]
	}
	m.odd.status = vexoraStrange[c.weighted(70, 10, 10, 10)]
	m.refusal = vexoraAnswer(vexoraOuter[c.weighted(75, 10, 8, 7)], nil)
	return m
}

// put implements model.
func (vexoraModel) put(m manner, state ending) utterance {
	switch state {
	case paid:
		return utterance{status: "0000"}
	case endless:
		return m.busy
	}
	return m.no
}

// doubt implements model.
func (vexoraModel) doubt(*world, *manner) {}

// certain implements model.
func (vexoraModel) certain(*manner) {}

// recipient implements model.
func (vexoraModel) recipient(w *world, n int) string {
	if w.choices.chance(30) { // a wallet that is named by a phone number
		return fmt.Sprintf("77%06d", n*7919)
	}
	return fmt.Sprintf("7700%08d", n*7919)
}

// destination implements model.
func (vexoraModel) destination(account string) map[string]any {
	return map[string]any{"type": "wallet", "wallet": "LANTON", "account_id": "w" + account, "account_number": account}
}

// handle implements model. A signature that does not verify gets 8000 as well, and so does about
// half of the repetitions: from outside, one code stands for "refused", "already there" and "who
// are you". A silent Vexora takes and pays what it is sent, and answers 8000.
func (vexoraModel) handle(pl *platform, r oneshot.Request, question bool) answer {
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

// vexoraState answers a status query. What it answers about an unknown tradeNo is documented
// nowhere, so it is one of three answers that all prove nothing.
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

// vexoraTold is an answer that names the state; a status query's names the amount too.
func (e *entry) vexoraTold(state ending, amount bool) answer {
	u := e.utter(state, false)
	data := vexoraWord(e.reference, u)
	data["message"] = e.remarks()
	if amount {
		data["amount"] = json.Number(decimals(e.amount) + "00")
	}
	a := vexoraAnswer("0000", data)
	a.says = vexoraModel{}.sense(u)
	return a
}

// vexoraStray is an answer about another payment under our tradeNo: platFormTradeNo alone tells.
func (e *entry) vexoraStray() answer {
	u := e.ofAnother()
	data := vexoraWord(e.reference, u)
	data["platFormTradeNo"], data["amount"] = "VX-of-another", json.Number(decimals(e.amount)+"00")
	a := vexoraAnswer("0000", data)
	a.says, a.stray = vexoraModel{}.sense(u), true
	return a
}

// vexoraAnswer is the outer object, whose code speaks of the request and not of the payout.
func vexoraAnswer(code string, data any) answer {
	body, _ := json.Marshal(map[string]any{"msg": "m", "code": code, "timestamp": 1, "success": code == "0000", "data": data})
	return answer{status: http.StatusOK, body: body, says: saysNothing}
}

// decimals writes minor units as Vexora's amounts are written: in major units.
func decimals(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

// vexoraWord is the inner object, whose status decides.
func vexoraWord(reference string, u utterance) map[string]any {
	return map[string]any{"tradeNo": reference, "platFormTradeNo": "VX" + reference[20:], "status": u.status, "message": "m"}
}

// notification implements model. Its fields are joined by nothing in the signed text, so that a
// value which holds "status=..." can be cut into a field (decision 0018).
func (vexoraModel) notification(pl *platform, e *entry, said word) []byte {
	data := vexoraWord(e.reference, e.utter(said.says, said.odd))
	fields := map[string]string{
		"tradeNo": e.reference, "platFormTradeNo": data["platFormTradeNo"].(string), "status": data["status"].(string), "message": e.remarks(),
		"amount": strings.TrimSuffix(decimals(e.amount*max(said.times, 1)), ".00"), "timestamp": strconv.FormatInt(pl.world.now.UnixMilli(), 10),
	}
	if e.remark != "" {
		fields["remark"] = e.echo()
	}
	if said.recut {
		fields["wayCode"] = "xstatus=0015tradeNo=deposit-7"
	}
	fields["sign"] = sandbox.SignVexora(fields, pl.signs(e, said))
	body, _ := json.Marshal(fields)
	return swollen(e, body)
}
