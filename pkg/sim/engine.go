package sim

import (
	"container/heap"
	"context"
	"fmt"
	"runtime"
	"time"

	"cambodia-payouts/pkg/payout"
)

// fate is what happens to a process at a point.
type fate string

// The fates. The first one offered at a point is always ok. Each is something that networks,
// DynamoDB or Lambda do; none is a fault of our own code.
//
// A write that is lost comes in two kinds, since the writer cannot tell them apart: "not applied"
// tempts code to give up what is there, "applied" tempts it to do the thing again. An SDK that
// repeats a request by itself makes a third: the writer is told of the second try alone, which
// finds its own first one.
//
// A crash before a point and one after it differ in the same way for whoever comes next. A
// submission that is late is the most dangerous one: nobody waits for it any more when the
// provider takes it. Of the answers to a submission in this list, the 403 alone lets the service
// conclude that nothing was registered.
const (
	ok            fate = "ok"
	lostBefore    fate = "lost, not applied"
	lostAfter     fate = "applied, acknowledgement lost"
	repeated      fate = "applied, and sent again by the SDK"
	failing       fate = "error"
	crashBefore   fate = "crash before"
	crashAfter    fate = "crash after"
	noConnection  fate = "no connection"
	requestLost   fate = "request lost"
	answerLost    fate = "answer lost"
	requestLate   fate = "request late"
	serverError   fate = "HTTP 502, not taken"
	errorAfter    fate = "HTTP 502 after it was taken"
	garbageAfter  fate = "garbage after it was taken"
	unlistedAfter fate = "unlisted code after it was taken"
	redirected    fate = "redirected, not taken"
	redirectAfter fate = "redirected after it was taken"
	forbidden     fate = "HTTP 403"
	declined400   fate = "HTTP 400"
	gone410       fate = "HTTP 410"
)

// The points' offers. Each kind of request has its own. A read changes nothing, so that a lost
// answer to it and a failed one are the same. A status query may be lost in either direction, but
// is never late: an answer that nobody waits for tells nobody anything. A submission has all
// fates. The merchant's endpoint has 400 and 410 besides, which the notifier treats as an event
// that is declined and an address that is gone.
var (
	writeFates = []fate{ok, lostBefore, lostAfter, repeated, crashBefore, crashAfter}
	readFates  = []fate{ok, failing, crashBefore}
	sendFates  = []fate{
		ok, noConnection, requestLost, answerLost, requestLate, serverError, errorAfter, garbageAfter,
		unlistedAfter, redirected, redirectAfter, forbidden, crashBefore, crashAfter,
	}
	askFates   = []fate{ok, noConnection, requestLost, answerLost, serverError, garbageAfter, redirected, forbidden, crashBefore, crashAfter}
	tellFates  = []fate{ok, noConnection, answerLost, serverError, declined400, gone410, crashBefore, crashAfter}
	startFates = []fate{ok}
)

// start is when every history begins. It is a fixed time, since a history that began at the
// clock's own would not be the same twice.
var start = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)

// engine runs processes one at a time on a virtual clock. One goroutine at a time: whoever is
// resumed runs to its next point, and the engine waits for that. Two processes never run side by
// side, so that a history needs no lock and no luck to be told again.
type engine struct {
	choices *choices
	now     time.Time
	waiting []*process // parked at a point, in the order of their start
	timers  timers
	started int
	// faults is how many percent of the points get another fate than ok.
	faults int
	// planned replaces chance: the fate of a point by its number. It is how every fault at every
	// point is tried, see [Exhaust]; nil means that chance decides.
	planned map[int]fate
	points  int
	offers  []offer // what each point offered, if recording
	record  bool
	tell    func(format string, values ...any)
	tally   *Tally
	// acting is the process that runs at the moment.
	acting *process
}

// offer is one point of a recorded history. The exhaustive search reads off them which fates it
// has not tried yet.
type offer struct {
	what  string
	fates []fate
}

// process is one invocation of a function. It is a goroutine that is parked at a point nearly
// always: resume lets it go on under a fate, parked says that it has come to the next point or to
// its end. hits counts the faults that it met, by which judges know a process that came to its
// end unhurt: what that one was told, the service has to know.
type process struct {
	engine  *engine
	name    string
	resume  chan fate
	parked  chan struct{}
	readyAt time.Time
	what    string
	fates   []fate
	dead    bool
	done    bool
	after   func() // when it has ended, however
	hits    int    // fates other than ok that it met
	last    fate   // the one at its latest point
	begun   time.Time
	box     *container
	errand  errand
}

// see notes what a process has read. By it [world.judgeRead] knows whether an entry was decided
// on a payout that has changed since.
func (p *process) see(read payout.Payout) {
	if p.errand.seen == nil {
		p.errand.seen = map[payout.ID]int64{}
	}
	p.errand.seen[read.ID] = read.Version
}

// errand is what a process is doing for whom, as the judges have to know it. The domain knows
// nothing of it. A judge has to know on whose word a write is made, and the write itself does not
// say.
type errand struct {
	order   *given // a person's order
	sheet   *sheet // a statement that is imported, and who brought it
	carrier payout.Principal
	asked   bool // a status query to a provider was answered
	// answered: a submission was.
	answered bool
	taken    time.Time // until when the sweep has a payout to itself
	takes    bool      // the present write only takes a payout up
	// told is the callback that is received, unbelieved that nothing of it was believed.
	told       int
	unbelieved bool
	// seen is the version in which each payout was last read.
	seen map[payout.ID]int64
}

// begin starts a process; its first point is the start itself. The start is a point so that many
// processes can be wanted at one moment, and chance decides who comes first.
func (e *engine) begin(name string, body func(p *process), after func()) *process {
	e.started++
	p := &process{
		engine: e, name: name, resume: make(chan fate), parked: make(chan struct{}),
		readyAt: e.now, begun: e.now, what: "start", fates: startFates, after: after,
	}
	go func() {
		defer func() {
			p.done = true
			p.parked <- struct{}{}
		}()
		if p.enter(<-p.resume) {
			body(p)
		}
	}()
	e.waiting = append(e.waiting, p)
	return p
}

// enter takes a fate in; false means that the process must not go on.
func (p *process) enter(f fate) bool {
	if f == crashBefore {
		p.dead = true
	}
	return !p.dead
}

// point parks the process until the engine lets it go on, and returns its fate
// there. It does not return if the process crashes. Deferred functions of the process still run
// when it crashes, as they would not on Lambda; whatever they ask of the world then ends them at
// once, since the process is dead.
func (p *process) point(what string, fates []fate) fate {
	return p.pointAfter(p.engine.latency(), what, fates)
}

// pointAfter is a point that is reached after some time.
func (p *process) pointAfter(d time.Duration, what string, fates []fate) fate {
	if p.dead {
		runtime.Goexit()
	}
	p.readyAt, p.what, p.fates = p.engine.now.Add(d), what, fates
	p.parked <- struct{}{}
	f := <-p.resume
	if !p.enter(f) {
		runtime.Goexit()
	}
	return f
}

// wait lets time pass in the process.
func (p *process) wait(d time.Duration) { p.pointAfter(d, "wait", []fate{ok}) }

// die ends the process where it stands. It stands for a kill after the request of this point was
// carried out.
func (p *process) die() {
	p.dead = true
	runtime.Goexit()
}

// step does the next thing: a timer's, or one process up to its next point. False
// means that there is nothing to do. Timers come first: what was put off until a moment is there
// before whoever acts in that moment.
func (e *engine) step() bool {
	for {
		ready := e.ready()
		if len(e.timers) > 0 && !e.timers[0].at.After(e.now) {
			heap.Pop(&e.timers).(timer).do()
			return true
		}
		if len(ready) > 0 {
			e.run(ready[e.choices.pick(len(ready))])
			return true
		}
		next, some := e.next()
		if !some {
			return false
		}
		e.now = next
	}
}

// ready lists who could go on now, in the order of their start: the choice among them is an
// index, and would mean something else in another order.
func (e *engine) ready() []*process {
	var ready []*process
	for _, p := range e.waiting {
		if !p.readyAt.After(e.now) {
			ready = append(ready, p)
		}
	}
	return ready
}

// next is when the next thing can happen. Time jumps there. Five days of silence after a history
// cost as much as the few things that happen in them.
func (e *engine) next() (time.Time, bool) {
	var next time.Time
	if len(e.timers) > 0 {
		next = e.timers[0].at
	}
	for _, p := range e.waiting {
		if next.IsZero() || p.readyAt.Before(next) {
			next = p.readyAt
		}
	}
	return next, !next.IsZero()
}

// run lets one process go on under a fate. acting is set meanwhile, by which judges know who
// makes a change.
func (e *engine) run(p *process) {
	f := e.fate(p)
	p.last = f
	if f != ok {
		p.hits++
		e.tally.Faults++
		if f == crashBefore || f == crashAfter {
			e.tally.Crashes++
		}
	}
	if p.what != "wait" && p.what != "start" || f != ok {
		e.tell("%-24s %s: %s", p.name, p.what, f)
	}
	e.acting = p
	p.resume <- f
	<-p.parked
	e.acting = nil
	if p.done {
		e.remove(p)
		if p.after != nil {
			p.after()
		}
	}
}

// fate draws what happens at a point. A point with one fate alone draws nothing, and when things
// have settled (faults is 0) none does.
func (e *engine) fate(p *process) fate {
	number := e.points
	e.points++
	if e.record {
		e.offers = append(e.offers, offer{p.what, p.fates})
	}
	if e.planned != nil {
		if f, there := e.planned[number]; there {
			return f
		}
		return ok
	}
	if len(p.fates) == 1 || e.faults == 0 || !e.choices.chance(e.faults) {
		return ok
	}
	return p.fates[1+e.choices.pick(len(p.fates)-1)]
}

func (e *engine) remove(gone *process) {
	for i, p := range e.waiting {
		if p == gone {
			e.waiting = append(e.waiting[:i:i], e.waiting[i+1:]...)
			return
		}
	}
}

// killAll ends every process, as the loss of a region would. It also ends the goroutines of a
// history that is over, or thousands of histories would leave theirs behind.
func (e *engine) killAll() {
	for len(e.waiting) > 0 {
		p := e.waiting[0]
		p.resume <- crashBefore
		<-p.parked
		e.remove(p)
		if p.after != nil {
			p.after()
		}
	}
}

// invocation is the context of one invocation: its deadline is on the virtual
// clock, and it never ends by itself. The domain refuses to submit when less than eighteen
// seconds are left to the deadline, so it has to be of the same clock as the rest. Nothing
// cancels it: a process on Lambda is not stopped by its context, but killed, which is a fate of
// its own.
type invocation struct {
	context.Context
	deadline time.Time
}

func (i invocation) Deadline() (time.Time, bool) { return i.deadline, true }

// Violation is a broken promise. The first one of a history is the only one that is kept: what
// comes after it may be its consequence.
type Violation struct {
	Promise string // a short name, the same for every history that breaks it
	Detail  string
}

// Error implements error.
func (v *Violation) Error() string { return fmt.Sprintf("%s: %s", v.Promise, v.Detail) }
