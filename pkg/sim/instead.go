package sim

import (
	"context"
	"time"

	"cambodia-payouts/pkg/payout"
)

// freedStays is the promise about what a client was told before a restore: he may have paid another
// way, and nothing but people can know it.
const freedStays = "what was said to be over before a restore is sent again by two people alone"

// payInstead composes a restore to a backup in which a payout is open that was over in the lost
// time: its provider refuses it, or somebody withdraws it. The client is told, and pays under
// another reference. His memory outlives the restore; the table's does not, and the provider, which
// never registered the payout, does not find it. The case cannot be seen from the table, nor by
// asking: it takes a judge who remembers what the client was told. An earlier version repeated
// the same payment_id after "not found", with the account vouched for, and paid twice (decision
// 0010).
func (w *world) payInstead() {
	c := w.choices
	// Vexora never repeats by itself, so that the client has to be one of a provider that refuses
	// repetitions.
	over := w.clients[c.pick(len(w.clients))]
	over.banked()
	w.faults = []int{0, 3, 12}[c.weighted(40, 35, 25)]
	w.vouching, w.turnedDown = c.pick(5) > 0, over.id
	states := []payout.Status{payout.Submitting, payout.Unknown}
	if c.weighted(75, 25) == 1 {
		w.withdraw(over)
		states = []payout.Status{payout.Queued}
	}
	// The backup is made while the payout is open: in the moment in which it is given the right
	// to be sent, or waits.
	var older *backup
	w.witness = func(after payout.Payout) {
		if after.ID == over.id && w.restoredAt.IsZero() && after.Status == states[0] && older == nil {
			b := w.backup()
			older = &b
		}
	}
	w.freed = func(told *client) {
		if told != over || older == nil || told.instead {
			return
		}
		told.instead, w.turnedDown = true, ""
		other := w.newClient(8, told.provider, told)
		w.clients = append(w.clients, other)
		w.in(time.Duration(1+c.pick(30))*time.Second, other.post)
		long := (leastRestore + time.Duration(c.pick(200))) * time.Second
		w.in(long, func() { w.restore(*older) })
		if c.chance(50) {
			w.in(long+time.Duration(400+c.pick(600))*time.Second, w.trust)
		}
		if c.chance(30) { // one person alone
			w.in(long+time.Duration(420+c.pick(900))*time.Second, func() { w.order(told.id, given{action: payout.Resend}, c.pick(len(principals)), 0) })
		}
	}
}

// withdraw has a payout wait, and somebody cancel it. A cancelled payout was certainly not sent,
// so that its client is told with the same certainty as of a refused one.
func (w *world) withdraw(of *client) {
	w.paused[of.provider] = true
	w.in(time.Duration(180+w.choices.pick(120))*time.Second, func() {
		if _, there := w.table.Payouts[of.id]; there {
			w.order(of.id, given{action: payout.Cancel}, 0, 0)
		}
		w.in(time.Minute, func() { w.paused[of.provider], w.pool = false, nil })
	})
}

// banked has a client be paid by a provider that refuses repetitions.
func (c *client) banked() {
	c.provider = c.world.choices.one(refuseRepeats())
	if len(c.recipient) == 8 { // a phone number, which names no account of a bank
		c.recipient = "7700" + c.recipient
	}
	c.account = c.recipient
	c.bodies = []string{body(c, c.amount)}
}

// free remembers that a client was told that his payout is over and nothing was paid. What counts
// is the first time: from then on he may have paid another way.
func (w *world) free(id payout.ID) {
	for _, c := range w.clients {
		if c.id != id {
			continue
		}
		if c.freedAt.IsZero() {
			c.freedAt = w.now
		}
		if w.freed != nil {
			w.freed(c)
		}
		return
	}
}

// judgeFreed looks at every submission of what the backup had. Two people may have it sent: they
// can ask him. What the client posts anew after the restore is another payout, and no concern of
// this judge.
func (w *world) judgeFreed(d *dossier, before payout.Payout, by authority) {
	if w.restoredAt.IsZero() || by == byTwo || before.CreatedAt.After(w.restoredAt) {
		return
	}
	for _, c := range w.clients {
		if c.id == before.ID && !c.freedAt.IsZero() && c.freedAt.Before(w.restoredAt) {
			w.report(freedStays, "%s is sent from %s, and its client was told %s before the restore that it is over", c.reference, before.Status, w.restoredAt.Sub(c.freedAt))
		}
	}
}

// renewed is a store that takes what was there before a restore for what came since. It is the
// mutant repeats-after-restore: all that asks whether a payout is older than the restore gets the
// answer that the merchant has just asked for it.
type renewed struct{ session }

func (s renewed) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	after, err := s.session.Apply(ctx, step)
	return s.renew(after), err
}

func (s renewed) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	p, err := s.session.Get(ctx, id)
	return s.renew(p), err
}

// renew moves the creation behind the restore. The judges look at the table, which keeps the true
// time.
func (s renewed) renew(p payout.Payout) payout.Payout {
	if at := s.table().SharedState.RestoredAt; !at.IsZero() && !p.CreatedAt.After(at) {
		p.CreatedAt = at.Add(time.Second)
	}
	return p
}
