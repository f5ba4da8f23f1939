package sandbox

import (
	"crypto/md5" //nolint:gosec // the protocol asks for it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// SignVexora follows the disbursement page: the non-empty parameters but sign, in
// ascending order, as key1=value1key2=value2, then the app secret; MD5.
func SignVexora(fields map[string]string, secret string) string {
	keys := make([]string, 0, len(fields))
	for key, value := range fields {
		if key != "sign" && len(value) > 0 {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	var text []byte
	for _, key := range keys {
		text = append(text, key+"="+fields[key]...)
	}
	sum := md5.Sum(append(text, secret...)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// vexoraAnswer is the envelope of every answer. HTTP is 200 whatever happened, and Code says only
// whether the call was processed: the payout's own status stands in Data.
type vexoraAnswer struct {
	Msg       string `json:"msg"`
	Code      string `json:"code"`
	Timestamp int64  `json:"timestamp"`
	Success   bool   `json:"success"`
	Data      any    `json:"data,omitempty"`
}

// The outer codes.
const (
	vexoraProcessed = "0000"
	vexoraRefused   = "8000"
)

// answerVexora answers with the envelope, which is not signed: trust in an answer is TLS alone.
func (t *Sandbox) answerVexora(w http.ResponseWriter, code, msg string, data any) {
	writeJSON(w, http.StatusOK, vexoraAnswer{
		Msg: msg, Code: code, Timestamp: t.config.Now().UnixMilli(), Success: code == vexoraProcessed, Data: data,
	})
}

// vexoraRequest reads and authenticates a request; what is wrong with it is
// answered, and then there is none. Every fault has the same outer code, 8000, and differs in the
// text alone, by which no client may branch.
func (t *Sandbox) vexoraRequest(w http.ResponseWriter, r *http.Request) (VexoraAccount, map[string]string, bool) {
	account, known := t.config.VexoraAccounts[r.PathValue("area")]
	raw, ok := readBody(r)
	fields := map[string]string{}
	switch {
	case !known || r.Header.Get("merchantNo") != account.MerchantNo:
		t.answerVexora(w, vexoraRefused, "merchant does not exist", nil)
	case !ok || json.Unmarshal(raw, &fields) != nil: // every parameter is text
		t.answerVexora(w, vexoraRefused, "parameter error", nil)
	case fields["sign"] != SignVexora(fields, account.Secret):
		t.answerVexora(w, vexoraRefused, "sign error", nil)
	case !regexp.MustCompile(`^[0-9]{13}$`).MatchString(fields["timestamp"]):
		t.answerVexora(w, vexoraRefused, "timestamp error", nil)
	default:
		return account, fields, true
	}
	return account, nil, false
}

// The parameters of a disbursement.
var (
	vexoraRequired = []string{
		"sign", "timestamp", "tradeNo", "amount", "firstname", "lastname", "mobile", "email",
		"channelCode", "wayCode", "bankCode", "bankNumber", "notifyUrl",
	}
	vexoraOptional = []string{"accountId", "remark"}
)

// vexoraFault says what is wrong with a disbursement, "" if nothing. A notifyUrl
// on plain http is let through when it leads to this machine: a sandbox has no other
// way to call back. Riel are whole and dollars have at most two decimals, as the seed page says.
// The 32 characters of a tradeNo are the shortest limit that any area documents.
func (t *Sandbox) vexoraFault(f map[string]string, currency string) string {
	for name := range f {
		if !slices.Contains(vexoraRequired, name) && !slices.Contains(vexoraOptional, name) {
			return "unknown parameter " + name
		}
	}
	for _, name := range vexoraRequired {
		if f[name] == "" {
			return name + " is required"
		}
	}
	amount := map[string]string{"KHR": `^[1-9][0-9]{0,11}$`, "USD": `^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$`}[currency]
	lanton := f["channelCode"] == "EWALLET" && f["wayCode"] == "LANTON"
	address, err := url.Parse(f["notifyUrl"])
	switch {
	case !regexp.MustCompile(amount).MatchString(f["amount"]):
		return "amount error"
	case !regexp.MustCompile(`^[0-9]{8,9}$`).MatchString(f["mobile"]):
		return "mobile error"
	case !regexp.MustCompile(`^[0-9]{4}$`).MatchString(f["bankCode"]):
		return "bankCode error"
	case lanton != (f["accountId"] != ""):
		return "accountId is required for LANTON, and for nothing else"
	case err != nil || (address.Scheme != "https" && !t.config.AllowCallbackURL(address)):
		return "notifyUrl must be HTTPS"
	case len(f["tradeNo"]) > 32:
		return "tradeNo is too long"
	}
	return ""
}

// disburse takes a payout. What Vexora answers to a repeated tradeNo no page says; 8000 is the
// likeliest, and it is also what a refusal looks like.
func (t *Sandbox) disburse(w http.ResponseWriter, r *http.Request) {
	account, f, ok := t.vexoraRequest(w, r)
	if !ok {
		return
	}
	if fault := t.vexoraFault(f, account.Currency); fault != "" {
		t.answerVexora(w, vexoraRefused, fault, nil)
		return
	}
	s := scriptOf(t.config.Script(f["tradeNo"], f["bankNumber"]))
	e, repeated := t.admit(entry{
		Execution: Execution{Provider: vexora, Reference: f["tradeNo"], Amount: minorUnits(f["amount"]), Currency: account.Currency},
		Area:      r.PathValue("area"), PlatformID: "VX" + f["tradeNo"][len(f["tradeNo"])-8:], Account: f["bankNumber"],
		CallbackURL: f["notifyUrl"], Remark: f["remark"],
	}, s)
	if repeated {
		if t.config.VexoraExecutesDuplicates && s.moves() {
			t.change(e, func(e *entry) { e.Executed++ })
		}
		t.answerVexora(w, vexoraRefused, "order already exists", nil)
		return
	}
	if t.turnAway(w, r, s) {
		return
	}
	if s.reply == refused {
		t.answerVexora(w, vexoraRefused, "order error", nil)
		return
	}
	if t.perform(w, r, e, s) {
		now := t.shown(e)
		// The script may have ended the payout already; the answer of the moment of taking is
		// "processing" all the same.
		if s.reply != atOnce {
			now.State = Processing
		}
		t.answerVexora(w, vexoraProcessed, "success", vexoraData(now))
	}
}

// minorUnits reads an amount that was found to be well formed. Digits are moved, and no float is
// involved: 12.5 becomes 1250.
func minorUnits(text string) int64 {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// vexoraStatuses are the words for the states. There is none for a return; the
// closest is a failure that comes after the success.
var vexoraStatuses = map[State][2]string{
	Processing: {"0015", "Processing"},
	Paid:       {"0000", "SUCCESS"},
	Failed:     {"00029", "REJECTED_TRANSACTION"},
	Returned:   {"00029", "REJECTED_TRANSACTION"},
	Odd:        {"00032", "UNKNOWN_ERROR"},
}

// vexoraData is the member data of an answer. The remark comes back only if there was one.
func vexoraData(e entry) map[string]any {
	word := vexoraStatuses[e.State]
	data := map[string]any{
		"tradeNo": e.Reference, "platFormTradeNo": e.PlatformID, "status": word[0], "message": word[1],
	}
	if e.Remark != "" {
		data["remark"] = e.Remark
	}
	return data
}

// queryVexora answers a status query. For a tradeNo that is not there it answers what
// seems likeliest; no page says. A payout of another account is not there: the areas share an
// address, not their orders.
func (t *Sandbox) queryVexora(w http.ResponseWriter, r *http.Request) {
	account, f, ok := t.vexoraRequest(w, r)
	if !ok {
		return
	}
	t.mu.Lock()
	e, known := t.ledger[f["tradeNo"]]
	var found entry
	if known {
		found = *e
	}
	t.mu.Unlock()
	if !known || found.Gone || t.config.VexoraAccounts[found.Area] != account {
		t.answerVexora(w, vexoraRefused, "order does not exist", nil)
		return
	}
	data := vexoraData(found)
	data["amount"] = json.Number(decimals(found.Amount) + "00") // four decimals, as other areas print them
	t.answerVexora(w, vexoraProcessed, "success", data)
}

// balanceVexora tells one balance for ever, as JSON numbers with four decimals, as the page prints
// them. No payout lowers it: nothing here decides by a balance.
func (t *Sandbox) balanceVexora(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := t.vexoraRequest(w, r); ok {
		t.answerVexora(w, vexoraProcessed, "success", map[string]any{
			"availableAmount": json.Number("9998989.1200"), "freezeAmount": json.Number("0.0000"), "unsettledAmount": json.Number("0.0000"),
		})
	}
}

// decimals writes minor units in major units with two decimals.
func decimals(minor int64) string {
	text := strconv.FormatInt(minor, 10)
	for len(text) < 3 {
		text = "0" + text
	}
	return text[:len(text)-2] + "." + text[len(text)-2:]
}

// vexoraCallback is a notification: flat, all of it text. There is no merchant number and no
// currency in it, so that the receiver has to find out by the secret whose it is. Riel are printed
// without decimals, as they are in requests.
func (t *Sandbox) vexoraCallback(e entry, w word) []byte {
	account := t.config.VexoraAccounts[e.Area]
	amount := decimals(e.Amount * int64(max(w.times, 1)))
	if account.Currency == "KHR" {
		amount = strings.TrimSuffix(amount, ".00")
	}
	status := vexoraStatuses[w.says]
	fields := map[string]string{
		"tradeNo": e.Reference, "platFormTradeNo": e.PlatformID, "amount": amount,
		"status": status[0], "message": status[1], "timestamp": strconv.FormatInt(t.config.Now().UnixMilli(), 10),
	}
	if e.Remark != "" {
		fields["remark"] = e.Remark
	}
	if w.says == Paid {
		fields["successTime"] = t.config.Now().In(time.FixedZone("ICT", 7*3600)).Format(time.DateTime)
	}
	secret := account.Secret
	if w.forged {
		secret += "-forged"
	}
	fields["sign"] = SignVexora(fields, secret)
	body, _ := json.Marshal(fields) // texts always encode
	return body
}
