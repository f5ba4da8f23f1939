package payout

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cambodia-payouts/pkg/money"
)

// Breaker stop submissions to a provider: by configuration (PAUSED_PROVIDERS,
// SUBMISSIONS=held), by the [Controls] that people set, or for a while by themselves when
// something is wrong with us or with the provider, so that a rotated key, a closed firewall
// or an outage does not run through a whole payroll. What one function learns, the shared state
// tells all others.
type Breaker struct {
	coordination Coordination
	floor        Floor
	onUnread     func(ctx context.Context, err error, blind bool)

	mu     sync.Mutex // guards all below
	shared Shared
	seen   time.Time // when the shared state was last looked at
	readAt time.Time // and when the reading began that brought what is known of it; zero: none did
	// begun counts the readings as they begin, and known is the number of the one that brought
	// what is known: a slow one may end after a later one, and clocks go back.
	begun, known int
	failed       error // why the last reading brought nothing; nil: it did
	own          map[Provider]Pause
	hushed       map[Provider]Pause     // the last silence that held everybody
	callers      map[caller]*standing   // how the submissions of each went
	probes       map[Provider]*probe    // the one submission that tries a provider again
	took         map[Provider]time.Time // when the provider last took a submission, or refused it for what it says
}

// Floor is what the parameters of the stack hold. No control releases it.
type Floor struct {
	Held map[Provider]QueuedReason // each for a reason
	// Caps is the most that one payout may move, per currency. A cap is always set: it stops
	// the mistake of a factor of 100.
	Caps map[money.Currency]money.Amount
	// RestoredAt is what RESTORED_AT says, zero for nothing; see [Board.InForce]. The table is told
	// of it, and remembers it.
	RestoredAt time.Time
}

// check refuses a floor over which too much could move.
func (f Floor) check() error {
	for _, c := range []money.Currency{money.KHR, money.USD} {
		if f.Caps[c].IsZero() {
			return fmt.Errorf("payout: no cap for %s", c)
		}
	}
	return nil
}

// NewBreaker returns a breaker over a floor.
func NewBreaker(port Coordination, floor Floor) *Breaker {
	return &Breaker{coordination: port, floor: floor, onUnread: func(context.Context, error, bool) {}, own: map[Provider]Pause{}, hushed: map[Provider]Pause{}, callers: map[caller]*standing{}, probes: map[Provider]*probe{}, took: map[Provider]time.Time{}}
}

// OnUnread has somebody told of each reading of the shared state that fails: why, and whether this
// process is blind by now, so that it holds everything and believes no callback. It is for
// whoever makes the breaker.
func (b *Breaker) OnUnread(tell func(ctx context.Context, err error, blind bool)) *Breaker {
	b.onUnread = tell
	return b
}

// noteUnread keeps and tells why a reading brought nothing.
func (b *Breaker) noteUnread(ctx context.Context, now time.Time, err error) {
	b.mu.Lock()
	b.failed = err
	blind := b.blind(now)
	b.mu.Unlock()
	b.onUnread(ctx, err, blind)
}

// Blind looks, and returns an error if this process has not been able to read the shared state for so
// long that it holds everything.
func (b *Breaker) Blind(ctx context.Context, now time.Time) error {
	b.Refresh(ctx, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil || !b.blind(now) {
		return nil
	}
	return fmt.Errorf("the controls cannot be read, and everything is held: %w", b.failed)
}

// Refresh reads the shared state if the last glance is too old. A shared state that cannot be read leaves
// things as they were for a while; see [Breaker.Ordered].
func (b *Breaker) Refresh(ctx context.Context, now time.Time) {
	reading, fresh := b.reading(now)
	if fresh {
		return
	}
	shared, err := b.read(ctx)
	if err != nil {
		b.noteUnread(ctx, now, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if reading < b.known {
		return // a later one was faster: this is what it was before
	}
	b.shared, b.readAt, b.known, b.failed = shared, now, reading, nil
	for p, pause := range shared.Pauses {
		if pause.Why == cleared && pause.Since.After(b.own[p].Since) && pause.Since.After(b.took[p]) {
			b.took[p] = pause.Since // another process saw the provider take one
			delete(b.hushed, p)
		}
	}
}

// read reads the shared state. What RESTORED_AT says counts before the table was told of it.
func (b *Breaker) read(ctx context.Context) (Shared, error) {
	shared, err := b.coordination.Shared(ctx)
	if b.floor.RestoredAt.After(shared.RestoredAt) {
		shared.RestoredAt = b.floor.RestoredAt
	}
	return shared, err
}

// Restored is when the table was restored last, zero if never; an error as long as nobody could
// tell.
func (b *Breaker) Restored(ctx context.Context, now time.Time) (time.Time, error) {
	b.Refresh(ctx, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readAt.IsZero() {
		return time.Time{}, fmt.Errorf("whether the table was restored: %w", b.failed)
	}
	return b.shared.RestoredAt, nil
}

// RestoredAt is when the table was restored last, as far as this process has read. Who has never
// read the shared state submits nothing; whoever shows or tells something asks [Breaker.Restored].
func (b *Breaker) RestoredAt() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shared.RestoredAt
}

// reading says whether what is known is fresh enough, and if not, numbers the reading that the
// caller begins. Until one has brought something, each caller reads for himself.
func (b *Breaker) reading(now time.Time) (reading int, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.readAt.IsZero() && now.Sub(b.seen).Abs() < sharedFor { // a clock can go back
		return 0, true
	}
	b.seen = now // a busy process must not put the next reading off with every status query
	b.begun++
	return b.begun, false
}

// probe is the one submission that is let through after a pause, of the provider or of a caller
// alone.
type probe struct {
	begun time.Time
	by    Principal
	weak  bool // it was answered, and told nothing: another caller may try at once
}

// Stops says why a payout must wait, "" if it may be submitted. To ask takes no probe: many
// who ask send nothing, since their payout was there before or is not fit to be sent. Whoever
// does send asks [Breaker.start].
func (b *Breaker) Stops(ctx context.Context, p Payout, now time.Time) QueuedReason {
	if why := b.Ordered(ctx, p, now); why != "" {
		return why
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held(p.Provider, p.CreatedBy, now)
}

// start is [Breaker.Stops] for whoever sends if the fence is his, with the probe that he has
// to give back if he sends nothing.
func (b *Breaker) start(ctx context.Context, p Payout, now time.Time) (*probe, QueuedReason) {
	if why := b.Ordered(ctx, p, now); why != "" {
		return nil, why
	}
	return b.begin(p.Provider, p.CreatedBy, now)
}

// begin is asked last before the fence by whoever sends if the fence is his. After a pause
// it lets one through, and the others when that one was answered: a sweep that sent a
// whole queue to see whether an outage is over would make every payout unknown. Whoever
// sends nothing then gives the probe back.
func (b *Breaker) begin(p Provider, by Principal, now time.Time) (*probe, QueuedReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if why := b.held(p, by, now); why != "" {
		return nil, why
	}
	try, s, pause := &probe{begun: now, by: by}, b.callers[caller{p, by}], b.latest(p)
	alone := s != nil && !s.alone.Since.IsZero()
	if alone {
		s.tried = now
	}
	if pause.over() || pause.passes(by) && b.goesWell(p, now) {
		if alone {
			return try, ""
		}
		return nil, "" // nothing to try
	}
	b.probes[p] = try
	if s != nil {
		s.held = time.Time{}
	}
	return try, ""
}

// giveBack lets the next one try the provider in place of a probe that was not sent.
func (b *Breaker) giveBack(p Provider, unused *probe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if unused == nil {
		return
	}
	if b.probes[p] == unused {
		delete(b.probes, p)
	}
	if s := b.callers[caller{p, unused.by}]; s != nil && s.tried.Equal(unused.begun) {
		s.tried = time.Time{}
	}
}

// held says why a submission to the provider must wait, people's controls aside, to callers
// who have the lock.
func (b *Breaker) held(p Provider, by Principal, now time.Time) QueuedReason {
	pause, trying := b.latest(p), b.probes[p]
	switch {
	case b.floor.Held[p] != "":
		return b.floor.Held[p]
	case b.callers[caller{p, by}].waitsAlone(now):
		return QueuedPaused
	case pause.over(), pause.passes(by) && b.goesWell(p, now):
		return ""
	case now.Before(pause.until(by)) && !pause.passes(by),
		trying != nil && now.Sub(trying.begun).Abs() < probeFor && !(trying.weak && trying.by != by), // a clock can go back
		b.othersTurn(p, by, now):
		b.standing(p, by, now).held = now
		return QueuedPaused
	}
	return ""
}

// Ordered says why people's controls, or a cap of the stack, do not let the payout be
// submitted, "" if they do. It looks at them again if the last glance is too old. Whoever submits asks it last: beside
// the dial, before the fence, and once more if the fence took long.
func (b *Breaker) Ordered(ctx context.Context, p Payout, now time.Time) QueuedReason {
	b.Refresh(ctx, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	of, inForce := p.Amount.Currency(), b.shared.InForce()
	switch most := inForce.cap(of, b.floor.Caps[of]); {
	case b.blind(now), inForce.gate(p.Provider) == GateHeld, p.Amount.Exceeds(most):
		return QueuedHeld
	}
	return ""
}

// blind reports whether nobody has been able to read the shared state for too long.
func (b *Breaker) blind(now time.Time) bool {
	return b.readAt.IsZero() || now.Sub(b.readAt).Abs() > blindFor
}

// Belief is what a callback is worth now. Who cannot read the controls asks first.
func (b *Breaker) Belief(ctx context.Context, now time.Time) Belief {
	b.Refresh(ctx, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blind(now) {
		return AskFirst
	}
	return b.shared.InForce().Belief()
}

// caps are the most that one payout may move, by the controls and by the stack.
func (b *Breaker) caps(ctx context.Context, now time.Time) map[money.Currency]money.Amount {
	b.Refresh(ctx, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	caps := map[money.Currency]money.Amount{}
	for of, stack := range b.floor.Caps {
		caps[of] = b.shared.InForce().cap(of, stack)
	}
	return caps
}

// applyControls makes this process know at once what it has just stored.
func (b *Breaker) applyControls(c Controls) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.Version > b.shared.Controls.Version {
		b.shared.Controls = c
		b.begun++ // what a reading brings that is under way may be of before
		b.known, b.seen = b.begun, time.Time{}
	}
}

// wait is how long a caller's payouts are to wait before they are tried again.
func (b *Breaker) wait(p Provider, by Principal, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, pause := time.Time{}, b.latest(p)
	if !pause.passes(by) {
		until = pause.until(by)
	}
	if s := b.callers[caller{p, by}]; s.waitsAlone(now) && s.alone.Until.After(until) {
		until = s.alone.Until
	}
	return max(until.Sub(now), probeFor)
}

// latest is the newest pause that this function knows of.
func (b *Breaker) latest(p Provider) Pause {
	own, pinned := b.own[p], b.shared.Pauses[p]
	if own.Since.After(pinned.Since) {
		return own
	}
	return pinned // of two of one time, what others have seen since is on the shared state
}

func (b *Breaker) unsettled(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.readAt.IsZero() || now.Before(b.shared.UnsettledUntil) // who cannot tell looks
}

// noteUnsettled makes this function look before others would learn it.
func (b *Breaker) noteUnsettled(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(unsettledFor); until.After(b.shared.UnsettledUntil) {
		b.shared.UnsettledUntil = until
	}
}
