package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// The principals that give orders. Dara comes in two ways; the visitor may call the
// functions, and is nobody whom the register knows. The forms are those of a role, a user and a
// token with its issuer (decision 0014).
const (
	daraRole payout.Principal = "arn:aws:iam::111122223333:role/dara"
	daraUser payout.Principal = "arn:aws:iam::111122223333:user/dara"
	bopha    payout.Principal = "arn:aws:iam::111122223333:role/bopha"
	sokha    payout.Principal = "https://login.test|sokha"
	visitor  payout.Principal = "arn:aws:iam::111122223333:role/visitor"
)

var principals = []payout.Principal{daraRole, bopha, sokha, daraUser, visitor}

// register is who stands behind a principal. It is the judges' register, and that of
// the domain. It is one table for both, since who is who is a premise here: what is tried is what
// the domain makes of it.
type register map[payout.Principal]payout.Person

var registered = register{daraRole: "dara", daraUser: "dara", bopha: "bopha", sokha: "sokha"}

// Who implements payout.People.
func (r register) Who(_ context.Context, identities []payout.Principal) (payout.Person, error) {
	for _, identity := range identities {
		if person, known := r[identity]; known {
			return person, nil
		}
	}
	return "", payout.ErrNotRegistered
}

// differ reports whether two principals are two registered persons.
func (r register) differ(a, b payout.Principal) bool {
	return r[a] != "" && r[b] != "" && r[a] != r[b]
}

// identities are what a principal may be known by: a session comes with the role
// that it belongs to.
func identities(by payout.Principal) []payout.Principal {
	return []payout.Principal{by + "/session", by}
}

// given is an order as a person gave it.
type given struct {
	action payout.Action
	order  payout.Order
}

// give has a function carry out an order. The judges take the order from the process (errand),
// since the item has only what became of it.
func (w *world) give(g given) {
	g.order.Identities = identities(g.order.By)
	w.invoke(fmt.Sprintf("%s %s %s", g.action, g.order.As, short(g.order.ID)), 25*time.Second, func(ctx context.Context, c *container) {
		c.current.errand.order = &g
		switch g.action {
		case payout.Cancel:
			_, _ = c.operator.Cancel(ctx, g.order)
		case payout.Resend:
			_, _ = c.operator.Resend(ctx, g.order)
		case payout.Resolve:
			_, _ = c.operator.Resolve(ctx, g.order)
		case payout.ResendEvent:
			_, _ = c.operator.ResendEvent(ctx, g.order)
		}
	}, nil)
}

// anyone picks a payout that is there; false: none is.
func (w *world) anyone() (payout.ID, bool) {
	var ids []payout.ID
	for _, c := range w.clients {
		if p, there := w.table.Payouts[c.id]; there && p.Status != payout.Orphan {
			ids = append(ids, c.id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return ids[w.choices.pick(len(ids))], true
}

// operate has a person, or two, act on one payout. They act on what the provider's
// dashboard shows, not on a guess. The second of two may come too late, or find something else,
// as between people who write to each other. Both name the same evidence, so that their orders
// can be carried out.
func (w *world) operate() {
	id, some := w.anyone()
	if !some {
		return
	}
	action := []payout.Action{payout.Cancel, payout.Resend, payout.Resolve}[w.choices.pick(3)]
	for i := range 1 + w.choices.pick(2) {
		w.in(time.Duration(i)*30*time.Second, func() {
			if order, sensible := w.found(id, action); sensible {
				order.By = principals[i]
				w.give(given{action, order})
			}
		})
	}
}

// found is what a person does before an order: at the payout, and at the provider's
// dashboard.
func (w *world) found(id payout.ID, action payout.Action) (payout.Order, bool) {
	p, there := w.table.Payouts[id]
	if !there {
		return payout.Order{}, false
	}
	reference := string(p.ProviderReference())
	known := w.platforms[p.Provider].ledger[reference]
	order := payout.Order{ID: id, Reason: "looked into it", Evidence: "the dashboard", Sequence: p.Sequence()}
	switch action {
	// At Vexora a resend by two may pay twice, and is then what two people ordered; who looks
	// first does not order it beside a payment.
	case payout.Resend: // not if the dashboard shows it, nor while nobody can tell yet
		return order, w.onTheWay[reference] == 0 && (known == nil || !known.plan.end.moves())
	case payout.Resolve:
		if known == nil || known.state(w.now) == endless {
			return order, false
		}
		order.As = map[ending]payout.Resolution{
			paid: payout.ResolvedSucceeded, returned: payout.ResolvedSucceeded,
			declined: payout.ResolvedFailed, refused: payout.ResolvedFailed,
		}[known.state(w.now)]
	}
	return order, true
}

// The orders that a person without judgement gives. People in a hurry, with the wrong row on the
// screen, or with bad intent: to the service they are the same.
var meddlings = []given{
	{action: payout.Resend},
	{action: payout.Resolve, order: payout.Order{As: payout.ResolvedFailed}},
	{action: payout.Resolve, order: payout.Order{As: payout.Reviewed}},
	{action: payout.Resolve, order: payout.Order{As: payout.ResolvedSucceeded}},
	{action: payout.Cancel},
	{action: payout.ResendEvent},
}

// meddle has one or two people give any order about any payout, sensible or not. The other one is
// another principal, and in some pairs the same person. He comes at once, while the first order
// may still be running, or minutes later, when something may have been said in between.
func (w *world) meddle() {
	id, some := w.anyone()
	if !some {
		return
	}
	c := w.choices
	g := meddlings[c.weighted(45, 12, 15, 10, 10, 8)]
	first := c.pick(len(principals))
	w.order(id, g, first, 0)
	if c.pick(100) >= 40 {
		other := (first + 1 + c.pick(len(principals)-1)) % len(principals)
		late := time.Duration([]int{0, 5, 60, 200}[c.pick(4)]) * time.Second
		w.in(late, func() { w.order(id, g, other, c.weighted(75, 25)) })
	}
}

// order gives one order, with the sequence or without, on evidence of its own. Half of the orders
// name no place in the history: those have nothing that tells whether something came in between
// but the service itself. In a pair, a second order at times has other evidence.
func (w *world) order(id payout.ID, g given, by, evidence int) {
	g.order.ID, g.order.By = id, principals[by]
	g.order.Reason = []string{"the merchant asks for it", "another reason"}[evidence]
	g.order.Evidence = []string{"ticket 7", "ticket 8"}[evidence]
	if w.choices.pick(2) > 0 {
		g.order.Sequence = w.table.Payouts[id].Sequence()
	}
	w.give(g)
}

// insist has a payout that failed, or is unknown, be sent again by somebody, soon
// after. After a failure the sensible and the wrong thing look alike. At 400 seconds and later
// the status query after the end, five minutes after it, has been answered as a rule; at 20
// nobody has been asked yet.
func (w *world) insist(id payout.ID) {
	c := w.choices
	if !c.chance(w.eager) {
		return
	}
	pair := c.weighted(60, 40)
	first := c.pick(len(principals) - 1)
	g := given{action: payout.Resend}
	w.in(time.Duration([]int{20, 400, 90, 200}[c.pick(4)])*time.Second, func() { w.order(id, g, first, 0) })
	if pair == 1 {
		other := (first + 1 + c.pick(2)) % 3
		w.in(time.Duration(410+c.pick(30))*time.Second, func() { w.order(id, g, other, 0) })
	}
}

// orderTwice has two people send a payout again of which nothing is heard, until it went. A
// provider that is silent and pays again then pays twice. No answer tells: its file is the only
// place that shows both payments (decision 0010).
func (w *world) orderTwice(id payout.ID) {
	at := time.Duration(30+w.choices.pick(200)) * time.Second
	for n := range 6 {
		w.in(at+time.Duration(20*n)*time.Second, func() {
			if p := w.table.Payouts[id]; p.Status == payout.Unknown && w.platforms[p.Provider].silent() && w.pairs[id] == 0 {
				w.order(id, given{action: payout.Resend}, n%2, 0)
			}
		})
	}
}

var _ payout.People = register(nil)

// people lists the persons, each once, in order.
func people(of []payout.Principal) []payout.Person {
	var all []payout.Person
	for _, by := range of {
		if person := registered[by]; person != "" && !slices.Contains(all, person) {
			all = append(all, person)
		}
	}
	return all
}
