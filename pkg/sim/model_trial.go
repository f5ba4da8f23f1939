//go:build trial

package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/trial"
)

func init() { models[trial.Name] = trialModel{} }

// trialModel is the provider that does not exist: it refuses a repeated id for good, and what it
// says is plain. With it the judges are tried without the traits that Vexora and Monetix brought
// along: a judge that means one of those two shows.
type trialModel struct{}

// traits implements model.
func (trialModel) traits() traits { return traits{returns: true, prefix: "T"} }

// document implements model.
func (trialModel) document(key, _ string) string {
	return fmt.Sprintf(`{"base_url": "https://trial.test", "account": "7", "key": %q}`, key)
}

// sense implements model.
func (trialModel) sense(u utterance) sense {
	said := map[string]sense{"paid": saysPaid, "taken": saysProcessing, "declined": saysFailed, "returned": saysReturned, "refused": saysFailed}
	if s, listed := said[u.status]; listed {
		return s
	}
	return saysUnlisted
}

// doubtful implements model.
func (trialModel) doubtful(utterance) bool { return false }

// speak implements model.
func (m trialModel) speak(*world) manner {
	return manner{
		of: trial.Name, busy: utterance{status: "taken"}, no: utterance{status: "declined"}, odd: utterance{status: "pondered"},
		refusal: answer{status: http.StatusUnprocessableEntity, says: saysFailed},
	}
}

// put implements model.
func (trialModel) put(m manner, state ending) utterance {
	switch state {
	case paid:
		return utterance{status: "paid"}
	case returned:
		return utterance{status: "returned"}
	case endless:
		return m.busy
	}
	return m.no
}

// doubt implements model.
func (trialModel) doubt(*world, *manner) {}

// certain implements model.
func (trialModel) certain(*manner) {}

// recipient implements model.
func (trialModel) recipient(_ *world, n int) string { return fmt.Sprintf("7700%08d", n*7919) }

// destination implements model.
func (trialModel) destination(account string) map[string]any {
	return map[string]any{"type": "bank_account", "bank": "wing", "account_number": account}
}

// sign is the signature, written down once more.
func (trialModel) sign(fields map[string]string, key string) string {
	var names []string
	for name := range fields {
		if name != "signature" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		text.WriteString(strconv.Itoa(len(name)) + ":" + name + strconv.Itoa(len(fields[name])) + ":" + fields[name])
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text.String()))
	return hex.EncodeToString(mac.Sum(nil))
}

// answer is a signed answer: this provider signs everything that it says.
func (m trialModel) answer(status int, key string, says sense, fields map[string]string) answer {
	fields["signature"] = m.sign(fields, key)
	body, _ := json.Marshal(fields)
	return answer{status: status, body: body, says: says}
}

// handle implements model.
func (m trialModel) handle(pl *platform, r oneshot.Request, question bool) answer {
	fields := map[string]string{}
	if json.Unmarshal(r.Body, &fields) != nil || fields["signature"] != m.sign(fields, pl.key) {
		return m.answer(http.StatusUnauthorized, pl.key, saysNothing, map[string]string{"state": "unsigned"})
	}
	reference := fields["id"]
	if question {
		return m.state(pl, reference)
	}
	minor, _ := strconv.ParseInt(fields["minor"], 10, 64)
	e, first := pl.accept(entry{reference: reference, amount: minor, currency: fields["currency"], remark: fields["note"]})
	switch {
	case e.plan.end == refused:
		return m.answer(http.StatusUnprocessableEntity, pl.key, saysFailed, map[string]string{"id": reference, "state": "refused"})
	case !first:
		return m.answer(http.StatusConflict, pl.key, saysNothing, map[string]string{"id": reference, "state": "known"})
	}
	return m.answer(http.StatusOK, pl.key, saysProcessing, map[string]string{"id": reference, "state": "taken", "number": "T" + reference[20:]})
}

// state answers a status query. That it does not know an id is an answer of its own here.
func (m trialModel) state(pl *platform, reference string) answer {
	e, known := pl.find("", reference)
	if !known {
		return m.answer(http.StatusOK, pl.key, saysAbsent, map[string]string{"id": reference, "state": "absent"})
	}
	stray, u := pl.strays(e), utterance{}
	if u = e.utter(e.state(pl.world.now), false); stray {
		u = e.ofAnother()
	}
	fields := m.words(e, u, 1)
	if stray {
		fields["number"] = "T-of-another"
	}
	a := m.answer(http.StatusOK, pl.key, m.sense(u), fields)
	a.stray = stray
	return a
}

// words are those about a payout.
func (trialModel) words(e *entry, u utterance, times int64) map[string]string {
	fields := map[string]string{
		"id": e.reference, "number": "T" + e.reference[20:], "state": u.status, "words": e.remarks(),
		"minor": fmt.Sprint(e.amount * max(times, 1)), "currency": e.currency,
	}
	if e.remark != "" {
		fields["note"] = e.echo()
	}
	return fields
}

// notification implements model.
func (m trialModel) notification(pl *platform, e *entry, said word) []byte {
	return swollen(e, m.answer(0, pl.signs(e, said), saysNothing, m.words(e, e.utter(said.says, said.odd), said.times)).body)
}
