package sim

import (
	"container/heap"
	"time"
)

// latency is how long the next request takes; now and then the process is frozen
// for longer than a lease lasts. A process that stands still for 70 to 300 seconds has outslept
// its lease of sixty: the right to submit may be another one's when it wakes. Without that, no
// history would see two processes that both believe to hold it. Ordinary requests take up to 39
// ms, in four steps, so that two of them meet at one moment often.
func (e *engine) latency() time.Duration {
	if e.faults > 0 && e.choices.chance(1) {
		return time.Duration(70+e.choices.pick(230)) * time.Second
	}
	return time.Duration(e.choices.pick(4)) * 13 * time.Millisecond
}

// in has something done after a time.
func (e *engine) in(d time.Duration, do func()) {
	e.started++
	heap.Push(&e.timers, timer{at: e.now.Add(d), number: e.started, do: do})
}

// timer is something that happens by itself at a time. Two of one moment happen in the order in
// which they were asked for: a heap alone keeps no order among equals, and a history must be the
// same twice.
type timer struct {
	at     time.Time
	number int
	do     func()
}

// timers is a heap (container/heap) with the earliest first.
type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if t[i].at.Equal(t[j].at) {
		return t[i].number < t[j].number
	}
	return t[i].at.Before(t[j].at)
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	all := *t
	last := all[len(all)-1]
	*t = all[:len(all)-1]
	return last
}
