package sim

import (
	"time"

	"cambodia-payouts/pkg/payout"
)

// ending is how a payout truly ends at a provider. It is drawn when the payout arrives and nobody
// but the provider and the judges knows it. All that the service hears, true or not, is about
// this.
type ending int

const (
	paid ending = iota
	declined
	returned // paid, and the money comes back
	endless  // processing for ever
	refused  // turned down at once, for what the request says
	late     // declined with a code that looks like a time-out, and paid after all
)

// moves reports whether money leaves at once, stays whether it is gone for good. A late one moves
// nothing at first and stays in the end; a returned one the other way round. That is why there
// are two questions.
func (e ending) moves() bool { return e == paid || e == returned }
func (e ending) stays() bool { return e == paid || e == late }

// word is one callback of a payout. Lies stand for what a leaked key, a mistake in the provider's
// system, or a cut text can say. The service cannot tell them from the truth by any check of the
// callback alone, so that what it concludes from one has to hold in both cases.
type word struct {
	after time.Duration
	says  ending
	// truth: it says what is so. The others lie, and still bear a right signature.
	truth  bool
	times  int64 // the amount is stated so many times too large; 0 and 1 are right
	odd    bool  // a status that no page lists
	forged bool  // the signature is wrong
	recut  bool  // the signature is right, and the text could be cut otherwise
	// respelt, of a recut one: at Monetix, its code is written as another number.
	respelt bool
	again   bool // delivered a second time, byte for byte
}

// plan is what a provider will do with a payout. It is drawn when the payout
// arrives. The service's own doings change nothing of it, but for a repetition that the provider
// takes for a new payout.
type plan struct {
	end     ending
	after   time.Duration // until the end
	paidAt  time.Duration // of a late one: until it is paid after all
	visible time.Duration // until a status query finds it
	words   []word
	manner  manner
}

// entry is a payout as its provider has it. It has what a ledger has: what was asked for, in
// whose name, and each payment that was made of it.
type entry struct {
	reference  string
	amount     int64 // minor units
	currency   string
	remark     string
	customer   string
	project    string // the account that took it
	plan       plan
	acceptedAt time.Time
	executed   int
	payments   []payment // what of it was executed, each with a number of its own
	asked      int       // status queries that found it
}

// payment is money that went, as its provider's books have it.
type payment struct {
	at, acceptedAt time.Time
	plan           plan
}

// pay executes an entry. A second payment is what a merchant's people would notice in the books,
// so that at times they bring the file while things still go wrong.
func (e *entry) pay(w *world) {
	e.executed++
	e.payments = append(e.payments, payment{at: w.now, acceptedAt: e.acceptedAt, plan: e.plan})
	w.executed(e)
	if len(e.payments) > 1 && w.faults > 0 && w.choices.chance(50) { // somebody reads the books early
		w.in(time.Duration(w.choices.pick(400))*time.Second, w.audit)
	}
}

// platform is one provider. What providers have in common is here; what each of them says in its
// own way is its model's.
type platform struct {
	world *world
	name  payout.Provider
	model model
	// ledger is what the provider has by reference: of several projects, the one that took it
	// last. The others' is former.
	ledger map[string]*entry
	former []*entry
	key    string // what it signs and verifies with now
	ours   string // what our secret has, which is rotated at another moment
	// project is the account that our secret names now; empty where it has one alone.
	project string
	// silentUntil is when it answers again in any way that means something, and calls.
	silentUntil time.Time
}

// silent reports whether nothing is heard of a provider that works. Vexora documents nothing
// about a repeated tradeNo. Where it works and is not heard, people order again what it has paid.
func (pl *platform) silent() bool { return pl.world.now.Before(pl.silentUntil) }

// The projects in whose names payouts go out, where a provider has them. Each knows its own alone.
var projects = []string{"1234", "5678"}

// keyOf is the key of a project: each has its own.
func keyOf(project, key string) string {
	if project == projects[1] {
		return key + "-of-the-other-project"
	}
	return key
}

// state is what the entry is at the moment.
func (e *entry) state(now time.Time) ending { return e.plan.state(now.Sub(e.acceptedAt)) }

// state is what has become of a payout since it was accepted. Each payment has the plan that it
// was made under, so that a second one may come back while the first stays.
func (p plan) state(age time.Duration) ending {
	switch {
	case age < p.after:
		return endless
	case p.end != late:
		return p.end
	case age < p.paidAt:
		return declined
	}
	return paid
}

// utter puts a state into the provider's words.
func (e *entry) utter(state ending, odd bool) utterance {
	if odd {
		return e.plan.manner.odd
	}
	return modelOf(e.of()).put(e.plan.manner, state)
}

// of is the provider whose manner the entry has.
func (e *entry) of() payout.Provider { return e.plan.manner.of }

// cameBack reports whether this money has come back.
func (p payment) cameBack(now time.Time) bool {
	return p.plan.end == returned && p.plan.state(now.Sub(p.acceptedAt)) == returned
}

// draw plans a payout. More than half are paid, as in life. The rest is there in shares that let
// each kind meet each kind of fault within some hundred histories: an "endless" one never gets an
// end, a "late" one is the reason why a doubtful failure is none. Some ends take longer than the
// chaos lasts (4,000 seconds), so that only the settled world sees them.
//
// A composition that needs certain ends takes the draw over, mostly: at times chance goes another
// way.
func (w *world) draw(of payout.Provider, reference string) plan {
	if w.scripted != nil {
		p := *w.scripted
		p.manner = modelOf(of).speak(w)
		return p
	}
	c := w.choices
	p := plan{
		end:     []ending{paid, declined, returned, endless, refused, late}[c.weighted(54, 15, 8, 7, 11, 5)],
		after:   time.Second * time.Duration([]int{1, 20, 600, 4000}[c.weighted(55, 20, 15, 10)]),
		visible: time.Second * time.Duration([]int{0, 8, 40}[c.weighted(80, 15, 5)]),
		manner:  modelOf(of).speak(w),
	}
	if _, attempt, _ := payout.ParseProviderReference(reference); w.paidFrom > 0 && c.chance(95) {
		return p.plain(attempt >= w.paidFrom)
	}
	if w.comesBack && c.chance(90) {
		return w.backOrNot(p)
	}
	if id, _, _ := payout.ParseProviderReference(reference); w.turnedDown != "" && id == w.turnedDown {
		p.end = refused
	}
	switch {
	case p.end == late && !traitsOf(of).doubts:
		p.end = declined
	case p.end == late:
		return w.drawLate(p, of)
	case p.end == endless || p.end == refused:
		return p
	}
	p.words = w.drawWords(p)
	return p
}

// drawLate plans a payout that is said to have failed before it is paid. In a third of the cases
// no callback ever says that it was paid. A later status query is then the only source.
func (w *world) drawLate(p plan, of payout.Provider) plan {
	modelOf(of).doubt(w, &p.manner)
	p.after = min(p.after, time.Minute)
	p.paidAt = p.after + time.Duration([]int{400, 1200, 10_000}[w.choices.pick(3)])*time.Second
	p.words = []word{{after: p.after + time.Second, says: declined, truth: true}}
	if w.choices.pick(3) > 0 {
		p.words = append(p.words, word{after: p.paidAt + time.Second, says: paid, truth: true})
	}
	return p
}

// drawWords plans the callbacks of a payout that ends. About half of the payouts have their
// callbacks as documented. The other half, in turn: silence; an "in progress" before the end; a
// lie about the end, within two seconds of the truth; a hundred times the amount; an unlisted
// status; two forged ones; the same one again, by bytes and anew.
func (w *world) drawWords(p plan) []word {
	c := w.choices
	truth := word{after: p.after + time.Second, says: p.end, truth: true}
	words := []word{truth}
	if p.end == returned && !c.chance(20) { // sometimes the return overtakes the payment
		words = []word{{after: p.after, says: paid, truth: true}, truth}
	}
	switch c.weighted(54, 14, 6, 6, 6, 5, 5, 4) {
	case 1:
		words = nil // silence
	case 2:
		words = append(words, word{after: p.after / 2, says: endless, truth: true})
	case 3:
		lie := declined
		if p.end == declined {
			lie = paid
		}
		words = append(words, word{after: p.after + time.Duration(c.pick(5)-2)*time.Second, says: lie})
	case 4:
		words = append([]word{{after: p.after, says: p.end, times: 100}}, words...)
	case 5:
		words = append(words, word{after: p.after, says: p.end, odd: true})
	case 6:
		words = append(words, word{after: p.after, says: declined, forged: true}, word{after: p.after, says: paid, forged: true})
	case 7:
		words[0].again = true
		words = append(words, word{after: p.after + 40*time.Second, says: p.end, truth: true})
	}
	return words
}

// all is what the provider's projects have of a reference. The judges count payments by it: a
// payout that two projects have may be paid by both.
func (pl *platform) all(reference string) []*entry {
	var all []*entry
	if e := pl.ledger[reference]; e != nil {
		all = append(all, e)
	}
	for _, e := range pl.former {
		if e.reference == reference {
			all = append(all, e)
		}
	}
	return all
}

// of is what one project has of a reference.
func (pl *platform) of(project, reference string) (*entry, bool) {
	for _, e := range pl.all(reference) {
		if e.project == project {
			return e, true
		}
	}
	return nil, false
}

// find is what a status query to a project finds. "Not found" is said of what was refused, of
// what is not visible yet, and of what a silent provider has paid: it proves nothing.
func (pl *platform) find(project, reference string) (*entry, bool) {
	e, known := pl.of(project, reference)
	if !known || e.plan.end == refused || pl.silent() || pl.world.now.Before(e.acceptedAt.Add(e.plan.visible)) {
		return nil, false
	}
	return e, true
}

// accept takes a payout in. Of a repetition the worst is assumed: who documents that he refuses
// it does, unless he had refused the first one for good; the others execute it once more. In
// scripted histories the plan decides, and a repetition draws nothing.
func (pl *platform) accept(fresh entry) (*entry, bool) {
	w := pl.world
	w.arrived(fresh.reference)
	again := pl.model.traits().paysAgain
	e, known := pl.of(fresh.project, fresh.reference)
	switch {
	case !known:
		w.judgeProjects(pl, fresh)
		if other := pl.ledger[fresh.reference]; other != nil {
			pl.former = append(pl.former, other)
		}
		e = &fresh
		pl.ledger[e.reference] = e
	case !again && (e.plan.end != refused || w.scripted != nil || !w.choices.chance(40)):
		return e, false
	case again && (w.scripted != nil || !w.choices.chance(40)):
		if e.plan.end.moves() {
			e.pay(w)
		}
		return e, false
	}
	pl.begin(e)
	return e, !known || !again
}

// begin plans what becomes of an entry, and has it done. A silent provider pays at once and calls
// when it is heard again.
func (pl *platform) begin(e *entry) {
	w := pl.world
	e.plan, e.acceptedAt = w.draw(pl.name, e.reference), w.now
	pays := func() { e.pay(w) }
	switch {
	case e.plan.end.moves():
		pays()
	case e.plan.end == late:
		w.in(e.plan.paidAt, pays)
	}
	for _, word := range e.plan.words {
		w.in(max(word.after, pl.silentUntil.Sub(w.now), 0), func() { pl.call(e, word, 0) })
	}
}
