package sim

import (
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// settings are what a deployment decides, and what may change in mid history: new
// containers start with the new ones, old ones go on with theirs. A canary runs two versions and
// two settings at once, and so does every deployment for as long as old containers live.
type settings struct {
	queuedMaxAge, window, redactAfter time.Duration
	restoredAt                        time.Time
	same                              bool            // people vouch that the accounts are those of the lost table
	out                               payout.Provider // is not configured any more
	changed                           bool
	lowered                           bool // the caps of the stack
}

// policy is what the domain gets of the settings. SameAccounts can name providers only that
// refuse repetitions: a vouched account protects nothing where a repeated reference is paid
// again.
func (s settings) policy() payout.Policy {
	var same []payout.Provider
	if s.same {
		same = refuseRepeats()
	}
	return payout.Policy{
		Namespace: "sim", SameAccounts: same, Order: payout.Providers(), RestoredAt: s.restoredAt,
		QueuedMaxAge: s.queuedMaxAge, DuplicateWindow: s.window, RedactAfter: s.redactAfter,
	}
}

// floor is what the stack holds.
func (s settings) floor(held map[payout.Provider]payout.QueuedReason) payout.Floor {
	return payout.Floor{Held: held, Caps: s.caps()}
}

// caps are the most that one payout may move.
func (s settings) caps() map[money.Currency]money.Amount {
	if s.lowered {
		return map[money.Currency]money.Amount{money.KHR: smallCap, money.USD: caps[money.USD]}
	}
	return caps
}

// window is longer than a history is troubled, so that no clock that runs wrongly
// decides who is inside.
const window = time.Hour

// configure draws the settings of a history, and when they change. Redaction within minutes
// stands for a year of retention: what matters is that it comes while something is still open
// (decision 0020).
func (w *world) configure() {
	c := w.choices
	w.settings.window = []time.Duration{0, window}[c.weighted(80, 20)]
	w.settings.redactAfter = []time.Duration{0, 2 * time.Minute, 20 * time.Minute}[c.weighted(88, 6, 6)]
	if c.chance(10) {
		w.in(time.Duration(c.pick(700))*time.Second, w.reconfigure)
	}
	if c.chance(6) {
		w.in(time.Duration(c.pick(500))*time.Second, w.takeOut)
	}
}

// reconfigure deploys other settings. Who was created before keeps what it came to. A lowered cap
// must hold what already waits, and a shorter age what has waited for longer.
func (w *world) reconfigure() {
	c := w.choices
	w.settings.changed = true
	w.settings.queuedMaxAge = []time.Duration{0, 3 * time.Minute, 24 * time.Hour}[c.pick(3)]
	w.settings.window = []time.Duration{0, window}[c.pick(2)]
	if name := c.provider(); c.chance(30) {
		w.paused[name] = true
		w.in(time.Duration(c.pick(600))*time.Second, func() { w.paused[name], w.pool = false, nil })
	}
	w.settings.lowered = c.chance(25)
	w.tell("settings change: %+v", w.settings)
}

// move has our secret name the other project at Monetix, and sometimes the first one again.
// Nothing on the wire says that it happened. What was sent to the one project is not found in the
// other, and a repetition there is a new payment (decision 0027).
func (w *world) move() {
	pl := w.platforms[w.choices.one(those(func(t traits) bool { return t.projects }))]
	next := func() {
		if w.settings.same { // people have said that nothing changes it
			return
		}
		w.moved = true
		pl.project = projects[(slices.Index(projects, pl.project)+1)%len(projects)]
		w.source.Rotate(string(pl.name), pl.document())
		w.tell("the project at %s is %s", pl.name, pl.project)
	}
	next()
	if w.choices.pick(2) > 0 {
		w.in(time.Duration(30+w.choices.pick(600))*time.Second, next)
	}
}

// compare is what people do about the project after a restore. They never say that it is the
// same when it is not, and may leave it out. At times the restore itself brings another one:
// the secret came out of a backup, too. A false vouching is not drawn: no code could hold against
// it.
func (w *world) compare() {
	switch how := w.choices.weighted(40, 25, 35); {
	case how == 0, w.vouching:
		w.settings.same = !w.moved
	case how == 2:
		w.move()
	}
	w.tell("people vouch for the projects: %t", w.settings.same)
}

// takeOut takes a provider's secret away: for the rest, or for a while. Its payouts can be asked
// about by nobody then. They have to come to people in time.
func (w *world) takeOut() {
	name := w.choices.provider()
	w.settings.out, w.settings.changed, w.pool = name, true, nil
	w.tell("%s is taken out", name)
	if w.choices.pick(2) == 0 {
		w.in(time.Duration(w.choices.pick(600))*time.Second, func() {
			w.settings.out, w.pool = "", nil
			w.tell("%s is back", name)
		})
	}
}
