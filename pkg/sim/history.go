package sim

import (
	"fmt"
	"time"
)

// Tally counts what histories went through. A run is judged by it, too: a test fails where no
// payout ended in one of the ways that matter, since a simulation in which nothing happens proves
// nothing.
type Tally struct {
	Histories, Points, Faults, Crashes int
	Hours                              int64 // of simulated time; a Duration ends after 292 years
	// Ends counts payouts by their last status, Reasons those on a review queue.
	Ends, Reasons map[string]int
	// Advised counts the looks at what people are told to do.
	Advised map[advice]int
}

// Add sums two tallies.
func (t *Tally) Add(o Tally) {
	t.Histories, t.Points = t.Histories+o.Histories, t.Points+o.Points
	t.Faults, t.Crashes, t.Hours = t.Faults+o.Faults, t.Crashes+o.Crashes, t.Hours+o.Hours
	if t.Ends == nil {
		t.Ends, t.Reasons, t.Advised = map[string]int{}, map[string]int{}, map[advice]int{}
	}
	for end, n := range o.Ends {
		t.Ends[end] += n
	}
	for reason, n := range o.Reasons {
		t.Reasons[reason] += n
	}
	for told, n := range o.Advised {
		t.Advised[told] += n
	}
}

// Result is what one history came to.
type Result struct {
	Violation *Violation // nil: every promise held
	Choices   []int      // with them the history can be told again
	Tally     Tally
	offers    []offer
}

// Options say how a history is run. The zero value draws nothing.
type Options struct {
	Mutant *Mutant
	// Only names the one promise that is judged; empty: all of them. A history ends at its first
	// broken promise, so that a promise which breaks often hides the others behind it.
	Only string
	// Tell hears the timeline, if set.
	Tell func(line string)
}

// Seed runs the history of a seed. The same seed under the same code tells the same history, to
// the last line; a test compares them.
func Seed(seed uint64, o Options) Result { return o.run(fromSeed(seed)) }

// Replay runs the history of recorded choices. Choices that are missing at the end are zeros:
// from there on the ordinary thing happens.
func Replay(recorded []int, o Options) Result {
	return o.run(&choices{replay: recorded})
}

// chaos is how long things go wrong before they are left to settle. It is longer than every lease
// and visibility timeout, so that what a dead process held is taken up by others while things
// still go wrong, and shorter than [window].
const chaos = 12 * time.Minute

func (o Options) run(c *choices) Result {
	return o.history(&engine{choices: c}, (*world).compose)
}

// history runs one history, composed by the given function. What is left of a history after its
// last step is ended by force, see [engine.killAll].
func (o Options) history(e *engine, compose func(*world)) (r Result) {
	r.Tally.Advised = map[advice]int{}
	e.now, e.tally = start, &r.Tally
	e.tell = func(format string, values ...any) {
		if o.Tell != nil {
			o.Tell(fmt.Sprintf("%12s  ", e.now.Sub(start)) + fmt.Sprintf(format, values...))
		}
	}
	mutant := o.Mutant
	if mutant == nil {
		mutant = &Mutant{}
	}
	w := newWorld(e, mutant)
	w.only = o.Only
	compose(w)
	for w.violation == nil && e.now.Before(start.Add(chaos)) && e.step() {
	}
	if w.violation == nil {
		w.settle()
	}
	if w.violation == nil {
		w.judgeQuiet()
	}
	e.killAll()
	r.Violation, r.Choices, r.offers = w.violation, e.choices.taken, e.offers
	r.Tally.Histories, r.Tally.Points, r.Tally.Hours = 1, e.points, int64(e.now.Sub(start)/time.Hour)
	r.Tally.Ends, r.Tally.Reasons = map[string]int{}, map[string]int{}
	for _, client := range w.clients {
		p, there := w.table.Payouts[client.id]
		if !there {
			continue
		}
		r.Tally.Ends[string(p.Status)]++
		for reason := range p.Attention {
			r.Tally.Reasons[string(reason)]++
		}
	}
	return r
}

// compose draws who wants what, and what else will happen. What happens is drawn here and in what
// it starts; how each request fares is drawn when the request is made.
//
// Half of the histories have no stream: then the sweep alone tells the merchant. The rates of
// faults reach from a day on which little is lost to one on which nearly every second request is:
// with many faults few payouts get far, with few of them two rare things seldom meet. Chances of
// single events are low, since each of them changes what the others mean.
//
// One more draw here makes another history of every seed; [world.limitOutflow] does without one.
func (w *world) compose() {
	c := w.choices
	w.faults = []int{3, 12, 30, 45}[c.pick(4)]
	w.streaming = c.pick(2) > 0
	w.configure()
	w.composeMerchants()
	for minute := time.Minute; minute < chaos; minute += time.Minute {
		w.in(minute, w.sweep)
	}
	w.composePeople()
	if c.chance(15) {
		w.in(time.Duration(c.pick(600))*time.Second, w.rotate)
	}
	// A pause of a provider is where payouts wait in the queue. How they leave it is promised as
	// much as how they are sent.
	if c.chance(10) {
		name := c.provider()
		w.paused[name] = true
		w.in(time.Duration(c.pick(600))*time.Second, func() { w.paused[name], w.pool = false, nil })
	}
	// A restore is the one event after which the table knows less than the providers, and than
	// the clients (decision 0010).
	if c.chance(14) {
		w.composeRestore()
	}
	if c.chance(15) {
		w.in(time.Duration(c.pick(600))*time.Second, w.move)
	}
	if c.chance(12) {
		w.in(time.Duration(c.pick(600))*time.Second, w.holdNow)
	}
	if c.chance(12) {
		// It works, pays, and is not heard: what is sent again by order it pays again. The last
		// silence outlasts the reading of its books, and not the status queries after an end.
		w.platforms[c.one(those(func(t traits) bool { return t.paysAgain }))].silentUntil = start.Add([]time.Duration{15 * time.Minute, time.Hour, auditAfter + time.Hour}[c.pick(3)])
	}
	w.limitOutflow()
	if c.chance(6) {
		w.loseAttempts()
	}
	if c.chance(15) {
		w.in(time.Duration(c.pick(300))*time.Second, w.breakFeed)
	}
	if c.chance(6) {
		w.payInstead()
	}
	if c.chance(12) {
		w.composeSimilar()
	}
	switch beside := c.pick(100); {
	case beside >= 92:
		w.sendBack()
	case beside >= 84:
		w.wearOut()
	}
}

// composeRestore draws when the table is lost, and what people do in the lost time. A backup is
// worth a restore only if something happened since. So most of these histories are long enough
// for people to send, resolve and send again in the lost time, and to go on after it from where
// the backup stands; in half of them our secret names another project meanwhile (decision 0027).
func (w *world) composeRestore() {
	c := w.choices
	at := time.Duration(c.pick(500)) * time.Second
	w.in(at, func() {
		older := w.backup()
		long := leastRestore + time.Duration(c.pick(200))
		if c.chance(60) { // long enough for several attempts, in it and after it
			long = leastRestore + time.Duration(c.pick(1500))
			for range 1 + c.pick(8) {
				w.in(time.Duration(c.pick(int(long)))*time.Second, w.operate)
			}
			for range 1 + c.pick(6) {
				w.in((long+time.Duration(c.pick(900)))*time.Second, w.operate)
				w.in((long+time.Duration(c.pick(900)))*time.Second, w.meddle)
			}
		}
		w.in(long*time.Second, func() { w.restore(older) })
		if c.chance(50) { // in the lost time
			w.in(time.Duration(c.pick(int(long)))*time.Second, w.move)
		}
	})
}

// composeMerchants draws who is to be paid, and who asks for it how often. One in five asks for
// the money of the one before under another reference: the commonest real double payment
// (decision 0009). Its first request comes at the moment of the other's or at one of its own, and
// in half of the cases four minutes later, when everybody has had time to learn of the other. One
// in seven has a second body under its reference, which must be refused and told nothing but
// that.
func (w *world) composeMerchants() {
	c := w.choices
	var previous *client
	var at time.Duration
	for n := range 1 + c.pick(3) {
		provider := c.provider()
		var same *client
		if c.chance(20) {
			same = previous
		}
		merchant := w.newClient(n, provider, same)
		if c.chance(15) {
			merchant.bodies = append(merchant.bodies, body(merchant, 77_000))
		}
		w.clients = append(w.clients, merchant)
		for i := range 1 + c.weighted(70, 20, 10) { // twins post the same
			if same == nil || i > 0 || c.pick(2) > 0 {
				at = time.Duration(c.pick(120)) * time.Second
			}
			if same != nil && i == 0 && c.chance(50) {
				at += 4 * time.Minute
			}
			w.in(at, merchant.post)
		}
		previous = merchant
	}
}

// composeSimilar draws two or three of the same money that wait for a provider which is paused,
// with a window, so that sweeps of several shards release them at one moment. One may come as
// they go. Each of them finds the others waiting, and not sent, so that a look before the fence
// alone lets all of them go (mutant looks-before-the-fence-alone, decision 0017).
func (w *world) composeSimilar() {
	c := w.choices
	provider, until := c.provider(), 60+c.pick(540)
	w.settings.window, w.paused[provider] = window, true
	w.in(time.Duration(until)*time.Second, func() { w.paused[provider], w.pool = false, nil })
	var same *client
	for n := range 2 + c.pick(2) {
		twin := w.newClient(len(w.clients), provider, same)
		w.clients, same = append(w.clients, twin), twin
		at := c.pick(until/2 + 1)
		if n == 2 {
			at = until + c.pick(120)
		}
		w.in(time.Duration(at)*time.Second, twin.post)
	}
}

// composePeople draws what people do, and what is said without a cause. operate is people who
// look before they act, meddle those who do not. Both are needed: without the first kind no order
// is ever carried out, without the second no guard against orders is ever missed. eager has
// somebody send again whatever fails.
func (w *world) composePeople() {
	c := w.choices
	at := func(do func()) { w.in(time.Duration(c.pick(700))*time.Second, do) }
	for range c.weighted(60, 20, 10, 10) {
		at(w.operate)
	}
	w.eager = []int{0, 20, 60}[c.weighted(50, 25, 25)]
	for range c.weighted(65, 15, 10, 10) {
		at(w.meddle)
	}
	for range c.weighted(80, 12, 8) {
		at(w.bringStatement)
	}
	for range c.weighted(75, 15, 10) {
		at(w.rumour)
	}
}
