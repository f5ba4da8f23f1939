package sim

import (
	"context"
	"time"

	"cambodia-payouts/pkg/payout"
)

// foreign is an attempt that is never made. Somebody made it all the same: a table that was lost,
// or another stack with our namespace and keys (decision 0015).
const foreign payout.Attempt = 7

// rumour has a provider send a callback about a payout that is there: about its
// present attempt, an older one or one that was never made. The signature is right. What is drawn
// with a plan tells of that plan. Rumours are words without one: they come at any time, about any
// payout, and may be true by accident alone.
func (w *world) rumour() {
	id, some := w.anyone()
	if !some {
		return
	}
	p := w.table.Payouts[id]
	attempt := p.Attempt
	switch w.choices.weighted(60, 25, 15) {
	case 1:
		attempt = 1
	case 2:
		attempt = foreign
	}
	w.spread(p, attempt)
}

// spread draws what is said of one attempt of a payout. Paid, declined and in progress come most
// often, then what raises attention by itself: an unlisted status, another amount, a text that
// could be cut otherwise.
func (w *world) spread(p payout.Payout, attempt payout.Attempt) {
	c := w.choices
	said := []word{
		{says: paid}, {says: declined}, {says: endless}, {says: paid, odd: true}, {says: paid, times: 100},
		{says: paid, recut: true}, {says: paid, recut: true, respelt: true},
		{says: declined, recut: true}, {says: declined, recut: true, respelt: true},
	}[c.weighted(26, 18, 18, 12, 12, 4, 3, 4, 3)]
	pl := w.platforms[p.Provider]
	said.recut = said.recut && pl.model.traits().joins
	w.spreadWord(p, attempt, said)
}

// spreadWord delivers one callback about one attempt of a payout. About an attempt that the
// provider does not have, an entry is made up for the words, and not put into the ledger: nothing
// moves by it.
func (w *world) spreadWord(p payout.Payout, attempt payout.Attempt, said word) {
	pl := w.platforms[p.Provider]
	e := pl.ledger[string(p.ID.ProviderReference(attempt))]
	if e == nil {
		e = &entry{
			reference: string(p.ID.ProviderReference(attempt)), amount: p.Amount.Minor(), currency: "KHR",
			remark: p.Description, customer: p.Beneficiary.ID, plan: plan{manner: modelOf(p.Provider).speak(w)},
		}
	}
	pl.call(e, said, 0)
}

// wearOut composes one genuine text about an attempt that failed for certain, which comes so often that
// it is not counted any more: somebody holds it, or the provider lags. It may be true in the end, so
// whatever comes after it has to wait for an answer, and each answer says that it failed. Meanwhile
// somebody begins the next attempt.
func (w *world) wearOut() {
	c := w.choices
	w.paidFrom = 9
	w.faults = []int{0, 3, 12}[c.weighted(60, 25, 15)]
	worn := w.clients[c.pick(len(w.clients))]
	if c.chance(80) { // which tells for certain how an attempt ended
		worn.banked()
	}
	if c.chance(25) { // a key is thought to have leaked
		w.in(time.Duration(900+c.pick(600))*time.Second, func() { w.pull(principals[0], payout.ControlChange{Callbacks: payout.AskFirst}, nil) })
		w.in(2*time.Hour, w.release)
	}
	said := []word{{says: endless}, {says: paid, odd: true}}[c.weighted(75, 25)]
	at := time.Duration(480+c.pick(240)) * time.Second // an end is asked about after five minutes
	for range 4 + c.pick(5) {
		at += time.Duration(30+c.pick(900)) * time.Second
		w.in(at, func() {
			if p := w.table.Payouts[worn.id]; p.Status == payout.Failed || p.Attempt > 1 {
				w.spreadWord(p, 1, said)
			}
		})
		if c.chance(30) {
			w.in(at+time.Duration(c.pick(400))*time.Second, func() { w.order(worn.id, given{action: payout.Resend}, c.pick(len(principals)), 0) })
		}
	}
}

// incurious is a store that forgets inquiries. It is the mutant worn-out-is-nothing: the code
// before decision 0030 brought the next ordinary status query forward, and that wish could be
// lost.
type incurious struct{ session }

func (s incurious) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	step.Then.Inquiries = nil
	return s.session.Apply(ctx, step)
}

// lateWords has an attempt spoken of after the next one was begun. Such words speak of money, and
// of none that the present attempt can answer for: many of the cases in docs/proof.md are of this
// kind.
func (w *world) lateWords(p payout.Payout) {
	for range w.choices.weighted(65, 25, 10) {
		older := p.Attempt - 1
		w.in(time.Duration(1+w.choices.pick(200))*time.Second, func() { w.spread(p, older) })
	}
}
