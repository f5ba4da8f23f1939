package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sweeper is the use case "reconcile": it looks at every payout whose time has come,
// so that no state is without an exit. The table is its queue.
type Sweeper struct {
	writer
	ports     Ports
	submitter submitter
	jitter    func(time.Duration) time.Duration
	aside     *aside
	pace      *pace
	lanes     lanes // of the run, in the copy that a run works with; nil outside of one
}

// aside is when what is not about payouts was last done.
type aside struct {
	balancesAt time.Time // balances were asked for; only Balances uses it
	orphansAt  time.Time // no orphan was left to be redacted; only RedactOrphans uses it
}

// NewSweeper returns a sweeper. Jitter spreads the status queries of payouts that were
// created together; it must return a duration near the one it is given.
func NewSweeper(ports Ports, policy Policy, jitter func(time.Duration) time.Duration) (*Sweeper, error) {
	if err := ports.check(); err != nil {
		return nil, err
	}
	if jitter == nil || ports.Notifier == nil {
		return nil, errors.New("payout: no jitter, or no notifier")
	}
	if policy.QueuedMaxAge <= 0 {
		policy.QueuedMaxAge = defaultQueuedMaxAge
	}
	if policy.QueuedMaxAge > MostQueuedMaxAge {
		return nil, errors.New("payout: queued payouts may wait for a week at most")
	}
	return &Sweeper{writer: ports.writer(policy), ports: ports, submitter: ports.submitter(policy), jitter: jitter, aside: &aside{}, pace: newPace(policy.QueriesPerSecond, ports)}, nil
}

// A sweep lists the payouts of one shard in batches, for as long as it has time. The
// bound on their number is against a store whose list does not move on.
const (
	sweepBatch   = 50
	sweepBatches = 40
)

// Swept counts what one sweep of a shard did.
type Swept struct {
	Due    int // rows that were due
	Taken  int // rows that this sweep, and no other, worked on
	Failed int // rows that could not be worked on; they come back
	// Unasked counts the status queries that were left out, since the provider answered none in
	// time, or takes no more of them. They stay due.
	Unasked int
}

// Sweep works through one shard of what is due. An error means that the list
// could not be read; trouble with a single payout is counted and logged by the
// caller, and never stops the others.
func (s *Sweeper) Sweep(ctx context.Context, shard int) (Swept, error) {
	if _, err := s.ports.Breaker.Restored(ctx, s.ports.Now()); err != nil {
		return Swept{}, err // an answer could make safe what a lost table has gone on with
	}
	r := s.begin()
	for range sweepBatches {
		due, err := s.ports.Store.Due(ctx, shard, s.ports.Now(), sweepBatch)
		if err != nil {
			swept, failures := r.end()
			return swept, fmt.Errorf("list what is due: %w", errors.Join(append(failures, err)...))
		}
		before := r.total.taken()
		r.batch(ctx, due)
		// Another batch, if this one was full and made way for it: rows that were
		// not taken would only be listed again.
		if len(due) < sweepBatch || r.total.taken() == before || !s.timeFor(ctx) {
			break
		}
	}
	swept, failures := r.end()
	return swept, errors.Join(failures...)
}

// timeFor reports whether the invocation has time for one more submission.
func (s *Sweeper) timeFor(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || s.ports.Now().Add(postNeeds).Before(deadline))
}

// take claims one row for this sweep by moving its due time. A row that somebody
// else moved is theirs.
func (s *Sweeper) take(ctx context.Context, row Due, until time.Time) (Payout, bool, error) {
	now := s.ports.Now()
	s.ports.Breaker.Refresh(ctx, now) // a sweep works for most of a minute, and others learn meanwhile
	taken, written, err := s.apply(ctx, Step{
		ID: row.ID, When: Guard{DueAt: row.DueAt}, Then: Change{At: now, DueAt: &until, Taken: true},
	})
	if err != nil || !written {
		return Payout{}, false, err
	}
	return *taken, true, nil
}

// work does what a payout was due for: the money first, then the merchant.
func (s *Sweeper) work(ctx context.Context, p Payout, now time.Time) error {
	toTell := reached(p.Notice.At, now)
	// With no time at all it can only be due for a status query; an item of the first schema version
	// says no more.
	_, inquiry := p.inquiryDue()
	toAsk := p.Notice.At.IsZero() && p.QueryAt.IsZero() && inquiry.IsZero() || reached(p.QueryAt, now) || reached(inquiry, now)
	switch {
	case toAsk && !toTell:
		return s.act(ctx, p)
	case toTell && !toAsk:
		return s.ports.Notifier.Due(ctx, p)
	case !toTell:
		return s.schedule(ctx, p, p.QueryAt) // somebody moved both times meanwhile
	}
	taken, asked := p.Taken, s.act(ctx, p)
	p, err := s.ports.Store.Get(ctx, p.ID)
	if err == nil && p.Taken == taken { // whoever has it now tells, too
		err = s.ports.Notifier.Due(ctx, p)
	}
	return errors.Join(asked, err)
}

// reached reports whether a time has come; zero is never.
func reached(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

func (s *Sweeper) act(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	about, due := p.inquiryDue()
	if first := !reached(p.QueryAt, now) || due.Before(p.QueryAt); first && reached(due, now) && !s.tooLongKept(p) {
		return s.inquireNow(ctx, p, about)
	}
	if about, other := p.askedElsewhere(); other && s.turnOf(p) && !s.tooLongKept(p) {
		return s.queryStatus(ctx, p, about)
	}
	switch p.Status {
	case Submitting:
		return s.expire(ctx, p)
	case Queued:
		return s.dispatch(ctx, p)
	case Processing, Unknown:
		return s.queryStatus(ctx, p, p.Attempt)
	}
	return s.settleEnded(ctx, p)
}

// makeGood puts a payout on its recipient's list that was owed one, as soon as it is taken up:
// whether the provider answers, or is asked at all, must not decide whether the same money is
// held.
func (s *Sweeper) makeGood(ctx context.Context, p Payout) (Payout, error) {
	if !p.RecipientOwed || !p.owesItsRecipient(s.policy, s.ports.Now()) || !s.ports.noteLate(ctx, s.policy, p) {
		return p, nil
	}
	step := s.step(p, Change{At: s.ports.Now(), Noted: true, DueAt: &p.DueAt})
	step.When.DueAt = p.DueAt // a process that slept must not take it back from another one
	after, written, err := s.apply(ctx, step)
	if err != nil || !written {
		return p, err // somebody moved it meanwhile: the guards of what follows say so, too
	}
	return *after, nil
}

// turnOf reports whether another attempt is asked about now. It takes
// turns with the present one while that is open or to be confirmed, or waits, unless one was not
// asked about at all: a queued payout waits for those.
func (s *Sweeper) turnOf(p Payout) bool {
	switch {
	case p.Status == Submitting:
		return false
	case p.Status == Queued && p.unaskedElsewhere():
		return true
	case p.Status.Final() && p.Polls >= confirmations-1 && p.unaskedElsewhere():
		return true // else what has the present one asked about again and again would starve it
	case p.Status.Final():
		return p.Polls%2 == 0 && p.unconfirmed()
	}
	return p.Polls%2 == 0
}

// expire makes a submission whose process never came back unknown. It keeps the
// lease's token: the process may only be slow, and then its answer still counts.
func (s *Sweeper) expire(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	if now.Before(p.Lease.Until) {
		return s.schedule(ctx, p, p.Lease.Until)
	}
	after, written, err := s.once(ctx, p, Change{At: now, Status: Unknown}, &Entry{
		At: now, Source: FromSweep, Status: Unknown, Message: "the submission ended without a recorded answer",
	}, SignalUnknown)
	if err != nil || !written {
		return err
	}
	s.ports.Breaker.noteUnsettled(now)
	s.submitter.roster.noteUnsettled(ctx, after, now)
	return s.queryStatus(ctx, after, after.Attempt)
}

// dispatch submits a queued payout, or holds it for a person.
func (s *Sweeper) dispatch(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	if s.policy.queuedInBackup(p) {
		return s.doubt(ctx, p)
	}
	who, why := p.mayBeSent(s.policy, now)
	connector, wired := s.ports.Connectors[p.Provider]
	switch {
	case why == QueuedSpokenOf:
		return s.queryStatus(ctx, p, p.Attempt) // the provider knows more than we do
	case why == QueuedDuplicate:
		s.keepListed(ctx, p, now)
		return s.wait(ctx, p, why, s.jitter(24*time.Hour)) // until somebody confirms it
	case now.Sub(p.CreatedAt) > s.policy.QueuedMaxAge || why == QueuedRestored:
		s.keepListed(ctx, p, now)
		return s.raise(ctx, p, QueuedTooLong, SignalQueuedTooLong)
	case who != byItself:
		return s.wait(ctx, p, why, time.Minute)
	case !wired:
		return s.wait(ctx, p, "", 10*time.Minute)
	}
	if why := s.ports.Breaker.Stops(ctx, p, now); why != "" {
		return s.wait(ctx, p, why, time.Minute) // not compared either; see [Creator.hold]
	}
	found, err := s.ports.similar(ctx, s.policy, p)
	if err != nil {
		return err // the visibility time brings it back
	}
	if found.none() {
		if err = s.resubmit(ctx, p, connector, "submitted from the queue"); !errors.Is(err, ErrCrowded) {
			return err
		}
		found = found.ofFull()
	}
	if !found.shown() {
		return s.wait(ctx, p, QueuedDuplicate, absentFor)
	}
	return s.holdAsDuplicate(ctx, p, found)
}

// keepListed notes a payout again that waits for a person and is not compared by itself any
// more: the list would go meanwhile, and with it what the payout is compared with when he has it
// sent.
func (s *Sweeper) keepListed(ctx context.Context, p Payout, now time.Time) {
	if s.policy.DuplicateWindow > 0 {
		_ = s.submitter.roster.keepUp(ctx, p, now) // it is done again in an hour, or in a day
	}
}

// holdAsDuplicate holds a queued payout because of another one that became unsettled while
// it waited.
func (s *Sweeper) holdAsDuplicate(ctx context.Context, p Payout, found similarPayouts) error {
	now := s.ports.Now()
	due, attention := now.Add(s.jitter(24*time.Hour)), p.Attention.With(PossibleDuplicate, now)
	shown, _ := p.showing(found, Change{At: now, Attention: &attention, QueryAt: &due, QueuedReason: QueuedDuplicate})
	after, written, err := s.once(ctx, p, shown, &Entry{
		At: now, Source: FromSweep, Status: Queued, Message: waits[QueuedDuplicate],
	})
	if written {
		s.signals.Duplicate(ctx, after)
	}
	return err
}

// wait looks at a queued payout again after a while, and says what it waits for.
func (s *Sweeper) wait(ctx context.Context, p Payout, why QueuedReason, d time.Duration) error {
	due := s.ports.Now().Add(d)
	change := Change{At: s.ports.Now(), QueryAt: &due}
	if why != p.QueuedReason {
		change.QueuedReason = why
	}
	return s.change(ctx, p, change)
}

// resubmit sends a payout that nobody has to look at first. [ErrCrowded]: its recipient's list has
// no room for what goes by itself.
func (s *Sweeper) resubmit(ctx context.Context, p Payout, connector Connector, why string) error {
	if clear, err := s.lookAhead(ctx, p, connector); !clear || err != nil {
		return err
	}
	_, _, err := s.submitter.again(ctx, p, connector, sweepEntry(s.ports.Now(), why), nil)
	if errors.Is(err, errHeld) || errors.Is(err, errPaused) {
		return nil // the visibility time brings it back
	}
	return err
}

// raise adds a reason for attention and looks again in an hour.
func (s *Sweeper) raise(ctx context.Context, p Payout, reason Reason, signal Signal) error {
	due := s.ports.Now().Add(s.jitter(time.Hour))
	if _, raised := p.Attention[reason]; raised {
		return s.schedule(ctx, p, due)
	}
	return s.call(ctx, p, Change{QueryAt: &due}, reason, signal)
}

// call adds a reason for attention, with what else changes.
func (s *Sweeper) call(ctx context.Context, p Payout, with Change, reason Reason, signal Signal) error {
	now := s.ports.Now()
	attention := p.Attention.With(reason, now)
	with.At, with.Attention = now, &attention
	_, _, err := s.once(ctx, p, with, &Entry{
		At: now, Source: FromSweep, Status: p.Status, Message: string(reason),
	}, signal)
	return err
}

// schedule sets the next look and nothing else. If the payout has changed
// meanwhile, whoever changed it has set a time, or the visibility time brings it
// back.
func (s *Sweeper) schedule(ctx context.Context, p Payout, due time.Time) error {
	return s.change(ctx, p, Change{At: s.ports.Now(), QueryAt: &due})
}

func (s *Sweeper) change(ctx context.Context, p Payout, change Change) error {
	_, _, err := s.once(ctx, p, change, nil)
	return err
}
