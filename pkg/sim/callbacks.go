package sim

import (
	"context"
	"regexp"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// callbackTries is how often a provider delivers one callback.
const callbackTries = 6

// call delivers one callback, signed anew each time.
func (pl *platform) call(e *entry, said word, try int) {
	body := pl.model.notification(pl, e, said)
	pl.deliver(e, said, body, try)
	if said.again && try == 0 {
		pl.world.engine.in(7*time.Second, func() { pl.deliver(e, said, body, callbackTries) })
	}
}

// signs is the key that a callback is signed with.
func (pl *platform) signs(e *entry, said word) string {
	key := keyOf(e.project, pl.key)
	if said.forged {
		key += "-forged"
	}
	return key
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
		if (died || reply.StatusCode != 200) && try < callbackTries && !said.forged {
			w.in(time.Duration(1+try)*20*time.Second, func() { pl.call(e, said, try+1) })
		}
	})
}
