package payout

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// workers is how many payouts of one shard are worked on side by side, and laneWide how many
// of them may be one provider's. One is always left for the other provider: a provider that
// answers slowly, or not at all, must not hold up what is due at the other one.
const (
	workers  = 4
	laneWide = 3
)

const (
	// slowWork is how long work on one payout takes where a provider is slow. Usual answers
	// take less than a second.
	slowWork = 2 * time.Second
	// slowSilence is from when a status query without an answer counts as one that nobody answered
	// in time; what is refused at once takes nobody's time.
	slowSilence = 5 * time.Second
	// lostInARow is after how many of those in a row a run does not ask the provider any more.
	lostInARow = 3
	// betweenRuns is by how much what a run has left is due after the run's end: before the
	// next one begins, and never while this one works.
	betweenRuns = 3 * time.Second
)

// run is one sweep of one shard. The list of what is due names no provider, so a row is taken
// up first. If its provider's lane is full and slow, it waits in the lane, and the list is
// read on.
type run struct {
	*Sweeper // which knows the lanes of the run
	slots    chan struct{}
	all      sync.WaitGroup
	total    tally
}

func (s *Sweeper) begin() *run {
	own := *s
	own.lanes = map[Provider]*lane{"": newLane()} // an orphan may have no provider
	for _, p := range Providers() {
		own.lanes[p] = newLane()
	}
	return &run{Sweeper: &own, slots: make(chan struct{}, workers)}
}

// batch works on rows of the list, and returns when each is taken up: being worked on,
// waiting in its lane, or somebody else's.
func (r *run) batch(ctx context.Context, due []Due) {
	r.total.add(Swept{Due: len(due)}, nil)
	var taking sync.WaitGroup
	for _, row := range due {
		r.slots <- struct{}{}
		if !r.timeFor(ctx) {
			<-r.slots
			break
		}
		taking.Add(1)
		r.all.Go(func() {
			defer func() { <-r.slots }()
			if p, mine := r.first(ctx, row, &taking); mine {
				r.serve(ctx, p)
			}
		})
	}
	taking.Wait()
}

// end waits for the workers and says what they did.
func (r *run) end() (Swept, []error) {
	r.all.Wait()
	for _, l := range r.lanes {
		r.total.swept.Unasked += l.unasked + len(l.waiting) // for which there was no time any more
	}
	return r.total.swept, r.total.failures
}

// first takes a row of the list up.
func (r *run) first(ctx context.Context, row Due, taking *sync.WaitGroup) (Payout, bool) {
	defer taking.Done()
	p, mine, err := r.take(ctx, row, r.until(ctx))
	if mine {
		r.total.add(Swept{Taken: 1}, nil)
		p, err = r.makeGood(ctx, p)
	}
	r.total.add(Swept{}, err)
	return p, mine
}

// until is how long a row is taken for. While a lane is slow it may have to wait, or be left:
// then it is due again when the invocation has ended, so that the next run finds it.
func (r *run) until(ctx context.Context) time.Time {
	until := r.ports.Now().Add(visibility)
	end, bounded := ctx.Deadline()
	if !bounded {
		return until
	}
	for _, l := range r.lanes {
		if l.backsUp() {
			return earlier(until, end.Add(betweenRuns))
		}
	}
	return until
}

// serve works on a payout in its provider's lane, and then on what waits there. What has
// waited is taken up once more: it may have changed meanwhile.
func (r *run) serve(ctx context.Context, p Payout) {
	l := r.lanes.of(p.Provider)
	if !l.enter(Due{ID: p.ID, DueAt: p.DueAt}) {
		return
	}
	inside := true
	defer func() {
		if inside {
			l.leave()
		}
	}()
	for mine := true; inside; {
		if mine {
			r.workOn(ctx, l, p)
		}
		var row Due
		if row, inside = l.next(r.timeFor(ctx)); inside {
			var err error
			p, mine, err = r.take(ctx, row, r.until(ctx))
			r.total.add(Swept{}, err)
		}
	}
}

func (r *run) workOn(ctx context.Context, l *lane, p Payout) {
	begun := r.ports.Now()
	if err := r.work(ctx, p, begun); err != nil {
		r.total.add(Swept{}, fmt.Errorf("payout %s: %w", p.ID, err))
	}
	l.took(r.ports.Now().Sub(begun))
}

// tally counts what the workers of one run did.
type tally struct {
	mu       sync.Mutex
	swept    Swept
	failures []error
}

func (t *tally) add(more Swept, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.swept.Due, t.swept.Taken = t.swept.Due+more.Due, t.swept.Taken+more.Taken
	if err != nil {
		t.swept.Failed++
		t.failures = append(t.failures, err)
	}
}

func (t *tally) taken() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.swept.Taken
}

// lanes are those of a run; outside of one there are none.
type lanes map[Provider]*lane

// of is the lane of a provider; nil outside of a run.
func (ls lanes) of(p Provider) *lane {
	if l, known := ls[p]; known {
		return l
	}
	return ls[""]
}

// lane is the work of one run at one provider.
type lane struct {
	mu      sync.Mutex
	freed   *sync.Cond
	busy    int
	slow    bool  // the last work took long
	lost    int   // status queries in a row that nobody answered in time
	unasked int   // status queries that were left out
	waiting []Due // taken up, for when there is room
}

func newLane() *lane {
	l := &lane{}
	l.freed = sync.NewCond(&l.mu)
	return l
}

// enter waits for room, and reports whether there is: in a slow lane the row waits instead of
// the worker, who goes on with the list.
func (l *lane) enter(row Due) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy == laneWide {
		if l.slow {
			l.waiting = append(l.waiting, row)
			return false
		}
		l.freed.Wait()
	}
	l.busy++
	return true
}

// next gives a worker what waits. Without anything, or without time, the worker has left.
func (l *lane) next(time bool) (Due, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !time || len(l.waiting) == 0 {
		l.busy--
		l.freed.Broadcast()
		return Due{}, false
	}
	row := l.waiting[0]
	l.waiting = l.waiting[1:]
	return row, true
}

func (l *lane) leave() { _, _ = l.next(false) }

// took learns how long work on one payout took.
func (l *lane) took(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slow = d >= slowWork
	l.freed.Broadcast()
}

// backsUp reports whether what is taken up may have to wait, or be left.
func (l *lane) backsUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slow || l.lost >= lostInARow
}

// asks reports whether the provider may be asked in this run, and counts it if not.
func (l *lane) asks() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost < lostInARow {
		return true
	}
	l.unasked++
	return false
}

// leftOut counts a status query for which there was no turn in this run.
func (l *lane) leftOut() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unasked++
}

// hears learns from a status query that took so long.
func (l *lane) hears(c Claim, d time.Duration) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Finding == FoundUnclear && !c.Answered && d >= slowSilence {
		l.lost++
		return
	}
	if l.lost < lostInARow { // one that was under way opens nothing again in this run
		l.lost = 0
	}
}
