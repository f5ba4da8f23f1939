package sim

import (
	"time"

	"cambodia-payouts/pkg/payout"
)

// foreign is an attempt that is never made.
const foreign payout.Attempt = 7

// rumour has a provider send a callback about a payout that is there: about its
// present attempt, an older one or one that was never made. The signature is right.
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

// spread draws what is said of one attempt of a payout.
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

// spreadWord delivers one callback about one attempt of a payout.
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

// lateWords has an attempt spoken of after the next one was begun.
func (w *world) lateWords(p payout.Payout) {
	for range w.choices.weighted(65, 25, 10) {
		older := p.Attempt - 1
		w.in(time.Duration(1+w.choices.pick(200))*time.Second, func() { w.spread(p, older) })
	}
}
