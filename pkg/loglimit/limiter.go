package loglimit

import (
	"sync"
	"time"
)

// plain is how many lines of a kind a minute has one by one. After them a line is
// written only when it stands for as many occurrences as all lines of the minute
// before it: a flood of a million writes 23 lines, and what they add up to is never
// less than half of the truth.
const plain = 5

// Limiter counts occurrences of each kind and says when to write a line about them.
// Kinds are closed words of ours, or callers whom the gateway has let in; every kind is
// remembered for ever.
type Limiter struct {
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]*tally
}

// tally is one kind in the current minute.
type tally struct {
	minute time.Time
	lines  int
	told   int // what the lines of this minute stand for
	left   int // what no line stands for yet; it outlives the minute
}

// New returns a limiter by the given clock.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, kinds: map[string]*tally{}}
}

// Take counts one occurrence. It returns for how many a line that is written now
// stands, those that were left out before included; 0 means that none is written.
func (l *Limiter) Take(kind string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.kinds[kind]
	if t == nil {
		t = &tally{}
		l.kinds[kind] = t
	}
	if minute := l.now().Truncate(time.Minute); !minute.Equal(t.minute) {
		t.minute, t.lines, t.told = minute, 0, 0
	}
	t.left++
	if t.lines >= plain && t.left < t.told {
		return 0
	}
	stands := t.left
	t.lines, t.told, t.left = t.lines+1, t.told+stands, 0
	return stands
}
