package sim

import (
	"context"
	"regexp"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// callbackTries is how often a provider delivers one callback. It is fewer than documented
// (Vexora up to 8 in some ten hours, Monetix up to 120 in eleven days; docs/providers.md), and
// within minutes, so that there are histories in which no delivery is stored and the sweep's
// status query alone finds the end.
const callbackTries = 6

// call delivers one callback, signed anew each time. Signed anew means, at Vexora, another time
// stamp, and after a rotation another key: a service that knew repetitions by their bytes would
// take each delivery for a new word. What is marked again comes once more byte for byte, as from
// somebody who has kept it; that one is not repeated when it is refused.
func (pl *platform) call(e *entry, said word, try int) {
	body := pl.model.notification(pl, e, said)
	pl.deliver(e, said, body, try)
	if said.again && try == 0 {
		pl.world.engine.in(7*time.Second, func() { pl.deliver(e, said, body, callbackTries) })
	}
}

// signs is the key that a callback is signed with. A forged one differs in the key alone:
// everything else about it could be true.
func (pl *platform) signs(e *entry, said word) string {
	key := keyOf(e.project, pl.key)
	if said.forged {
		key += "-forged"
	}
	return key
}

// ourReference is the format of what we send as tradeNo or payment_id (decision 0001). It is
// looked for in bodies, since the simulation must know what a request is about without the code
// that reads it.
var ourReference = regexp.MustCompile(`P[A-Z2-7]{26}[0-9]{2}`)

func referenceIn(body []byte) string { return string(ourReference.Find(body)) }

// deliver has a callback function answer one body. The word is remembered before the function
// runs: it may be stored, and believed, by a process that dies before it answers. Whether it was
// acknowledged is noted afterwards, since only that binds the service to it.
func (pl *platform) deliver(e *entry, said word, body []byte, try int) {
	w := pl.world
	var reply edge.Reply
	w.delivered++
	told := w.delivered
	if !said.forged { // it may be stored and never acknowledged
		u := e.utter(said.says, said.odd)
		w.noteWord(e.reference, spoken{
			says: pl.model.sense(u), mismatch: said.differs(), source: payout.FromCallback, told: told,
			doubtful: pl.model.doubtful(u), about: e,
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
		// A provider takes no answer, and every answer but 200, for "not received".
		if (died || reply.StatusCode != 200) && try < callbackTries && !said.forged {
			w.in(time.Duration(1+try)*20*time.Second, func() { pl.call(e, said, try+1) })
		}
	})
}
