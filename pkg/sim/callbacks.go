package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

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
	key := keyOf(e.project, pl.key)
	if said.forged {
		key += "-forged"
	}
	if pl.name == monetix.Name {
		payment, operation := e.monetixWords(e.utter(said.says, said.odd), said.times)
		tree := map[string]any{
			"project_id": json.Number(e.project), "payment": payment, "operation": operation, "customer": map[string]any{"id": e.customer},
		}
		if said.respelt {
			body, code := pl.seal(tree, key), operation["code"].(string)
			return swollen(e, bytes.Replace(body, []byte(`"code":"`+code+`"`), []byte(`"code":`+code+`.0`), 1))
		}
		if said.recut {
			tree["customer"] = map[string]any{"id": "x;general:payment_id:7;payment:status:processing"}
		}
		return swollen(e, pl.seal(tree, key))
	}
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
	fields["sign"] = sandbox.SignVexora(fields, key)
	body, _ := json.Marshal(fields)
	return swollen(e, body)
}

var ourReference = regexp.MustCompile(`P[A-Z2-7]{26}[0-9]{2}`)

func referenceIn(body []byte) string { return string(ourReference.Find(body)) }

// call has a callback function answer one body.
func (pl *platform) deliver(e *entry, said word, body []byte, try int) {
	w := pl.world
	var reply edge.Reply
	w.delivered++
	told := w.delivered
	if !said.forged { // it may be stored and never acknowledged
		u := e.utter(said.says, said.odd)
		w.hear(e.reference, spoken{
			says: u.sense(pl.name), mismatch: said.differs(), source: payout.FromCallback, told: told,
			doubtful: slices.Contains(operationDoubtful, u.code),
		})
	}
	w.invoke("callback "+string(pl.name), 10*time.Second, func(ctx context.Context, c *container) {
		c.current.errand.told = told
		event := edge.Event{RawPath: "/", Body: string(body)}
		event.RequestContext.HTTP.Method = "POST"
		reply, _ = c.callback[pl.name](ctx, event)
		w.replies.WriteString(reply.Body)
		if !c.current.errand.unbelieved {
			w.judgeCallback(pl, e, said, reply)
		} else if reply.StatusCode == 200 {
			w.thanked(told)
			w.judgeUnbelieved(e.reference)
		}
		w.judgeRecut(e, said, body)
	}, func(died bool) {
		if died && w.keptUnbelieved(e, body) {
			w.unhear(told)
		}
		if (died || reply.StatusCode != 200) && try < callbackTries && !said.forged {
			w.in(time.Duration(1+try)*20*time.Second, func() { pl.call(e, said, try+1) })
		}
	})
}
