package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// client is a merchant's process that wants one payout made, and posts until it
// knows. Its habits are those that pay twice elsewhere: it posts again when it is not told, gives
// up on a request that still runs, sends another body under the same reference, and asks for the
// same money under a second reference.
type client struct {
	world     *world
	reference payout.Reference
	id        payout.ID
	provider  payout.Provider
	account   string
	recipient string   // who has the account, however its number is written
	amount    int      // major units
	caller    string   // who posts: what goes wrong with one's payouts counts against him first
	bodies    []string // the request, and at times another one under the same reference
	tries     int
	// freedAt is when he was first told that his payout is over and nothing was paid, and instead
	// says that he has paid under another reference since.
	freedAt time.Time
	instead bool
}

// postings is how often a client posts without being told anything.
const postings = 5

// newClient draws a client; sameAs is another one whose money to the same person it asks for
// again. The amounts of two clients differ by one, so that two of the same money are so by
// intention and never by chance. A wallet's number that is a phone number is written with 855,
// with a trunk zero or without: a comparison of texts would take one person for three (decision
// 0017).
func (w *world) newClient(n int, provider payout.Provider, sameAs *client) *client {
	reference := payout.Reference(fmt.Sprintf("R%d", n))
	c := &client{world: w, reference: reference, id: payout.DeriveID("sim", reference), provider: provider, amount: 50_000 + n, caller: fmt.Sprint("payroll-", n%2)}
	c.recipient = modelOf(provider).recipient(w, n)
	if sameAs != nil { // the same money to the same person under a second reference
		c.provider, c.recipient, c.amount = sameAs.provider, sameAs.recipient, sameAs.amount
	}
	c.account = c.recipient
	if len(c.recipient) == 8 {
		c.account = []string{"", "0", "855"}[w.choices.pick(3)] + c.recipient
	}
	c.bodies = []string{body(c, c.amount)}
	return c
}

// body is a create request as a merchant writes it. The IP address is of a range for
// documentation (RFC 5737).
func body(c *client, amount int) string {
	encoded, _ := json.Marshal(map[string]any{
		"reference": c.reference, "provider": c.provider, "amount": fmt.Sprint(amount), "currency": "KHR",
		"destination": modelOf(c.provider).destination(c.account), "description": described(c.reference),
		"beneficiary": map[string]any{
			"id": "c1", "first_name": "Sophea", "last_name": "Chan", "email": "s@example.com", "phone": "12345678", "ip_address": "198.51.100.47",
		},
	})
	return string(encoded)
}

// told is what a create answered, as far as a merchant reads it. It reads the wire and no type of
// ours: a member that is renamed is missing for it, as it would be for a merchant.
type told struct {
	status   int
	replayed bool
	redacted bool           // the payout was, before the request came
	ID       payout.ID      `json:"id"`
	Status   any            `json:"status"` // of a problem: the HTTP status
	Outcome  payout.Outcome `json:"outcome"`
	Code     string         `json:"code"`
	Payout   string         `json:"payout"`
	Failure  struct {
		Safe bool `json:"safe_to_pay_again"`
	} `json:"failure"`
}

// post sends the request once more.
func (c *client) post() { c.send(c.bodies[c.chosen()]) }

// garbled sends one that is refused whatever else is true. Its outcome is what counts:
// "not_started" must not be said while an earlier request under the same reference may still be
// sent (decision 0026).
func (c *client) garbled() { c.send(fmt.Sprintf(`{"reference":%q}`, c.reference)) }

// chosen draws which of the bodies is sent: with two, the second one is a reuse of the reference
// for another amount.
func (c *client) chosen() int {
	if len(c.bodies) > 1 {
		return c.world.choices.pick(len(c.bodies))
	}
	return 0
}

// send posts one body. Whatever was promised of the reference before is withdrawn: "not_started"
// speaks of the requests up to the one that was answered, and a merchant who posts again asks
// anew.
func (c *client) send(body string) {
	w := c.world
	if c.instead {
		return
	}
	c.tries++
	w.askedFor[c.reference]++
	nth := w.askedFor[c.reference]
	delete(w.promises, c.reference)
	if c.tries < postings && w.choices.chance(12) {
		// It gives up on a request that may still be running: another process, or the merchant's
		// own client, sends it again.
		soon := []time.Duration{0, 13 * time.Millisecond, 40 * time.Millisecond, 100 * time.Millisecond, 20 * time.Second}
		again := []func(){c.post, c.garbled}
		w.in(soon[w.choices.pick(len(soon))], again[w.choices.pick(len(again))])
	}
	var answer *told
	posted, redacted := w.now, !w.table.Payouts[c.id].RedactedAt.IsZero()
	w.invoke("create "+string(c.reference), 25*time.Second, func(ctx context.Context, box *container) {
		event := edge.Event{RawPath: "/v1/payouts", Body: body}
		event.RequestContext.HTTP.Method, event.RequestContext.TimeEpoch = "POST", posted.UnixMilli()
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: "arn:aws:iam::111122223333:user/" + c.caller},
		}
		reply, err := box.create(ctx, event)
		if err != nil {
			return
		}
		w.replies.WriteString(reply.Body)
		answer = &told{status: reply.StatusCode, replayed: reply.Headers["idempotent-replayed"] == "true", redacted: redacted}
		_ = json.Unmarshal([]byte(reply.Body), answer)
		w.judgeCreate(c, nth, answer)
	}, func(died bool) {
		c.next(answer, died)
	})
}

// next decides whether to post again. Without a clear answer a merchant does, and
// at times after one, because it was lost.
func (c *client) next(answer *told, died bool) {
	if !died && answer != nil && answer.Failure.Safe {
		c.world.free(c.id)
	}
	// 202 is unclear by the contract: unknown or queued, poll or wait. An impatient client posts
	// all the same, which has to be a replay.
	unclear := died || answer == nil || answer.status >= 500 || answer.status == 202
	if c.tries < postings && (unclear || c.world.choices.chance(20)) {
		c.world.in(time.Duration(1+c.world.choices.pick(90))*time.Second, c.post)
	}
}
