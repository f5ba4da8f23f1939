package payout

import (
	"context"
	"sync"
	"time"
)

// Brakes stop submissions to a provider: by configuration (PAUSED_PROVIDERS,
// SUBMISSIONS=held), or for a while by themselves when something is wrong with us
// or with the provider, so that a rotated key, a closed firewall or an outage does
// not run through a whole payroll. What one function learns, the board tells all
// others.
type Brakes struct {
	desk Desk
	held map[Provider]bool

	mu     sync.Mutex // guards all below
	board  Board
	seen   time.Time // when the board was read
	own    map[Provider]Pause
	silent map[Provider]int // submissions in a row that brought no usable answer
}

const (
	// boardFor is how long a glance at the board is good for. It bounds how much
	// later than one function another one learns of trouble.
	boardFor = 30 * time.Second
	// aboutUsPause is how long one refusal about us holds the next submissions.
	aboutUsPause = time.Minute
	// silencePause is the same after silenceLimit lost answers in a row.
	silencePause = 2 * time.Minute
	silenceLimit = 5
)

// NewBrakes returns brakes that hold the given providers for good.
func NewBrakes(desk Desk, held ...Provider) *Brakes {
	b := &Brakes{desk: desk, held: map[Provider]bool{}, own: map[Provider]Pause{}, silent: map[Provider]int{}}
	for _, p := range held {
		b.held[p] = true
	}
	return b
}

// Look reads the board if the last glance is too old. A board that cannot be read
// leaves things as they were: the fence, not the board, keeps money safe.
func (b *Brakes) Look(ctx context.Context, now time.Time) {
	b.mu.Lock()
	fresh := !b.seen.IsZero() && now.Sub(b.seen) < boardFor
	b.seen = now
	b.mu.Unlock()
	if fresh {
		return
	}
	board, err := b.desk.Board(ctx)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.board = board
}

// Held reports whether submissions to the provider must wait.
func (b *Brakes) Held(p Provider, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[p] || now.Before(b.own[p].Until) || now.Before(b.board.Pauses[p].Until)
}

func (b *Brakes) unsettled(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.board.UnsettledUntil)
}

// noteUnsettled makes this function look before others would learn it.
func (b *Brakes) noteUnsettled(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(unsettledFor); until.After(b.board.UnsettledUntil) {
		b.board.UnsettledUntil = until
	}
}

// heed learns from a submission, and pins a pause on the board when it is time to
// stop. It reports whether it did.
func (b *Brakes) heed(ctx context.Context, p Provider, f Finding, now time.Time) bool {
	pause, stop := b.learn(p, f, now)
	if stop {
		_ = b.desk.PinPause(ctx, pause) // this function holds anyway
	}
	return stop
}

func (b *Brakes) learn(p Provider, f Finding, now time.Time) (Pause, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case f == FoundAboutUs:
		return b.stop(p, "refused_about_us", now, aboutUsPause), true
	case f == FoundUnclear || f == FoundNotSent:
		b.silent[p]++
		if b.silent[p] >= silenceLimit {
			return b.stop(p, "no_usable_answers", now, silencePause), true
		}
	default:
		b.silent[p] = 0
		delete(b.own, p)
	}
	return Pause{}, false
}

func (b *Brakes) stop(p Provider, why string, now time.Time, d time.Duration) Pause {
	// After the pause one more silence is enough: the first submission is the probe.
	b.silent[p] = silenceLimit - 1
	pause := Pause{Provider: p, Why: why, Since: now, Until: now.Add(d)}
	b.own[p] = pause
	return pause
}
