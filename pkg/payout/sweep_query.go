package payout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// When a payout whose end is not known needs a human. A provider may take a day
// over a transfer; nobody answers for one that it does not know.
const (
	unknownTooLong    = time.Hour
	processingTooLong = 24 * time.Hour
)

// queryDelays are the waits between two queryDelays about one payout. The last one
// repeats for ever: nothing is ever given up.
var queryDelays = []time.Duration{
	15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute,
	time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// confirmations is how often an end is asked about for confirmation before the
// matter rests.
const confirmations = 8

// disagreedTooOften is how many answers may disagree with an end before a person is called.
// By the waits between status queries that is an hour: a provider's own systems can lag.
const disagreedTooOften = 7

// queryStatus puts the status query about one attempt to the provider and weighs the answer as a
// claim, in the same write that sets the time of the next status query.
func (s *Sweeper) queryStatus(ctx context.Context, p Payout, about Attempt) error {
	connector, wired := s.ports.Connectors[p.Provider]
	if !wired && p.Status.Final() {
		return s.unconfirmable(ctx, p)
	}
	if !wired {
		// Nobody can be asked. Time passes all the same, and a person has to know.
		return s.weigh(ctx, p, about, Claim{
			Source: FromQuery, Finding: FoundUnclear, Message: "the provider is not configured", At: s.ports.Now(),
		})
	}
	if ready, early := s.tooEarly(p, connector); early {
		return s.schedule(ctx, p, ready)
	}
	return s.ask(ctx, p, about, connector, false)
}

// tooEarly reports whether the provider may not know yet of the last submission, and until when.
func (s *Sweeper) tooEarly(p Payout, connector Connector) (time.Time, bool) {
	ready, now := p.SubmittedAt.Add(connector.AskAfter()), s.ports.Now()
	return ready, now.Before(ready) && ready.Sub(now) <= connector.AskAfter()+leaseFor // else a clock was ahead
}

func (s *Sweeper) ask(ctx context.Context, p Payout, about Attempt, connector Connector, inquiry bool) error {
	begun := s.ports.Now()
	asked := &Asked{
		Begun: begun, Entries: p.entries(), Due: p.QueryAt,
		Submitted: p.SubmittedAt, Settled: !begun.Before(p.SubmittedAt.Add(leaseFor)),
		Taken: p.Taken, Inquiry: inquiry,
	}
	c, asks := s.paced(ctx, p, about, connector)
	if !asks {
		return s.unasked(ctx, p)
	}
	s.ports.Breaker.recordAnswer(ctx, p.Provider, c.Finding, s.ports.Now())
	nothing := about == p.Attempt && p.Sent == 0 // had arrived under the account that is known
	if c.Account != "" && !nothing && p.Heard.elsewhere(about, c.Account) {
		c = c.ofAnotherAccount()
	}
	c.Source, c.Provider, c.Reference, c.Asked = FromQuery, p.Provider, string(p.ID.ProviderReference(about)), asked
	if c.Finding == FoundAbsent && about == p.Attempt && s.goesAgain(ctx, p) {
		err := s.resubmit(ctx, p, connector, "the provider does not know it; sent again under the same reference")
		// What cannot be sent again is unknown all the same: time passes, and a person has to know.
		switch {
		case errors.Is(err, ErrCrowded):
			return s.weigh(ctx, p, about, c)
		case errors.Is(err, errNotWritten), errors.Is(err, errElsewhere):
			return errors.Join(err, s.weigh(ctx, p, about, c))
		}
		return err
	}
	return s.weigh(ctx, p, about, c)
}

// goesAgain reports whether a payout that the provider does not know is sent once more by
// itself.
func (s *Sweeper) goesAgain(ctx context.Context, p Payout) bool {
	now := s.ports.Now()
	if who, _ := p.mayBeSent(s.policy, now); p.Status != Unknown || who != byItself {
		return false
	}
	if s.policy.DuplicateWindow > 0 { // what would be held after the fence need not be fenced
		if found, err := s.ports.similar(ctx, s.policy, p); err != nil || !found.none() {
			return false
		}
	}
	return s.ports.Breaker.Stops(ctx, p, now) == ""
}

// unconfirmable waits with an end that nobody can be asked about, since its provider is not configured
// (any more). No status query of those that confirm it is used up. The same money stays held
// meanwhile, and people know of a doubt that nobody settles.
func (s *Sweeper) unconfirmable(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	due := now.Add(s.jitter(time.Hour))
	change := Change{At: now, QueryAt: &due, Noted: p.holdsOthers(now) && s.ports.noteLate(ctx, s.policy, p)}
	doubted := slices.ContainsFunc(p.allDoubtedElsewhere(), p.replaced) // an inquiry calls for itself
	if _, called := p.Attention[DoublePaymentSuspected]; doubted && !called && now.Sub(p.StatusAt) > unknownTooLong {
		return s.call(ctx, p, change, DoublePaymentSuspected, SignalDoublePayment)
	}
	return s.change(ctx, p, change)
}

// weigh applies the answer of a status query until a write goes through. If another sweep has taken the
// payout up since, as a process can sleep for longer than its visibility, that one goes on alone, and
// sets the next time. The same if somebody wants a sweep to look at once.
func (s *Sweeper) weigh(ctx context.Context, p Payout, about Attempt, c Claim) error {
	c = c.cleaned()
	noted := p.owesItsRecipient(s.policy, s.ports.Now()) && s.ports.noteLate(ctx, s.policy, p)
	taken, until := p.Taken, p.DueAt
	_, err := s.until(ctx, p, func(p Payout) (Decision, error) {
		c := p.withoutQuotes(c)
		lost := s.policy.lostFacts(p, about, c)
		weighed := p
		weighed.Heard = p.Heard.With(lost...)
		d := weighed.Decide(c)
		if d.Change == nil {
			d.Change = &Change{At: s.ports.Now()}
		}
		d.Change.Noted, d.Change.Heard = noted, append(d.Change.Heard, lost...)
		s.settleInquiry(p, about, &d, c)
		s.scheduleQuery(p, about, d.Change, c)
		s.escalate(p, about, &d, c)
		if after := d.Change.Apply(p); !d.Change.Noted && after.wavering() && !p.wavering() {
			d.Change.Noted = s.ports.noteLate(ctx, s.policy, after) // before the write that tells of it
			if soon := s.ports.Now().Add(time.Minute); !d.Change.Noted && (d.Change.QueryAt.IsZero() || d.Change.QueryAt.After(soon)) {
				d.Change.QueryAt = &soon
			}
		}
		if wanted := reached(p.DueAt, s.ports.Now()) && !p.DueAt.Equal(until); wanted || p.Taken != taken {
			d.Change.DueAt = &p.DueAt
		}
		return d, nil
	})
	return err
}

// owesItsRecipient reports whether the recipient's list has to be written (again): it is
// owed, or the shared state would soon no longer say that lists are worth a look. What is settled holds
// with a window alone, and for as long as lists have it. It was listed before it was sent, unless
// we never sent it: a lost table did, or somebody's word moved it from the queue.
func (p Payout) owesItsRecipient(policy Policy, now time.Time) bool {
	if p.settled() {
		return p.RecipientOwed && policy.DuplicateWindow > 0 && now.Sub(policy.lastMoved(p)) < policy.listedFor() && !p.movedNothing(policy)
	}
	unsent := (p.Status == Submitting || p.Status == Queued) && !p.wavering()
	return !unsent && (p.RecipientOwed || now.Sub(p.StatusAt) > unsettledFor/2)
}

// scheduleQuery sets the time of the next status query, unless the answer ends the status queries.
func (s *Sweeper) scheduleQuery(p Payout, about Attempt, change *Change, c Claim) {
	now := s.ports.Now()
	if about == p.Attempt {
		p.noteAsked(change, c, now)
	} else if next, _ := p.askedElsewhere(); next == about && c.Asked != nil { // else a new round has begun meanwhile, or nobody could be asked
		turn := p.turnAfter(about)
		change.Turn = &turn
	}
	after := change.Apply(p)
	polls, due := p.Polls+1, s.next(p)
	if c.Asked != nil && c.Asked.Inquiry {
		polls, due = p.Polls, p.QueryAt
		if change.Polls != nil {
			polls = *change.Polls
		}
		if change.QueryAt != nil || change.Status != "" { // a word after which the ordinary ones begin anew
			due = earlier(due, now.Add(s.jitter(queryDelays[0])))
		}
	}
	_, other := after.askedElsewhere()
	switch {
	case change.Status.Final():
		polls, due = *change.Polls, *change.QueryAt
	case p.newsSince(c, now):
		// What came while the status query was under way is not answered by it.
		polls, due = p.Polls, earlier(p.QueryAt, due)
	case p.Status.Final() && about == p.Attempt && p.settles(c) && !other:
		polls = confirmations
	case p.Status == Cancelled && p.mayStillPay() && !after.mayStillPay():
		polls = confirmations // nothing of the present attempt was sent, and this settled the rest
	}
	if after.Status.Final() && polls >= confirmations {
		due = s.resting(after, now)
	}
	goes := about != p.Attempt && after.Status == Queued && !after.doubtedElsewhere()
	if c.Asked != nil && (after.unaskedElsewhere() || goes) {
		due = earlier(due, now.Add(s.jitter(queryDelays[0]))) // each once at first, then the next attempt may go
	}
	// A queued payout is looked at when it becomes too old to be sent.
	if old := p.CreatedAt.Add(s.policy.QueuedMaxAge + time.Second); after.Status == Queued && old.After(now) {
		due = earlier(due, old)
	}
	// An unknown one is looked at when a person has to know of it.
	if late := after.openSince().Add(unknownTooLong + time.Second); after.Status == Unknown && late.After(now) {
		due = earlier(due, late)
	}
	change.Polls, change.QueryAt = &polls, &due
}

// noteAsked remembers that the provider was asked about the present attempt, and whether it
// answered. What counts is when the status query began. Where nobody could be asked, time has
// passed all the same. A process that slept over its answer turns neither time back.
func (p Payout) noteAsked(change *Change, answer Claim, now time.Time) {
	asked := now
	if answer.Asked != nil {
		asked = answer.Asked.Begun
	}
	if asked.After(p.AskedAt) {
		change.AskedAt = asked
	}
	if answer.Finding.states() && asked.After(p.AnsweredAt) {
		change.AnsweredAt = asked
	}
}

// escalate calls for a person where the status queries lead to no end, or not to the one that
// is held.
func (s *Sweeper) escalate(p Payout, about Attempt, d *Decision, c Claim) {
	now, change := s.ports.Now(), d.Change
	usedUp := *change.Polls >= confirmations
	if p.Status == Queued && change.Status == "" && now.Sub(p.CreatedAt) > s.policy.QueuedMaxAge {
		p.call(d, QueuedTooLong, SignalQueuedTooLong, now, string(QueuedTooLong))
	}
	switch {
	case change.Status != "":
	case about != p.Attempt:
		// Only a file speaks of a later attempt, and calls for nobody alone.
		// Other attempts have every second status query, so not the last one.
		spent := *change.Polls >= confirmations-1
		if spent && slices.ContainsFunc(change.Apply(p).allDoubtedElsewhere(), p.replaced) {
			p.call(d, DoublePaymentSuspected, SignalDoublePayment, now, "what was said of an earlier attempt was never settled")
		}
	case p.Status.Final() && !p.unconfirmed(): // another answer has settled it meanwhile
	case p.Status.Final():
		if facts := p.unfinished(); p.disagrees(c) && len(facts) > 0 {
			change.Heard = append(change.Heard, facts...)
			if change.Entry == nil { // nobody may agree, and no older answer count, over this
				*change = *p.withEntry(*change, c.entry(p.Status))
			}
		}
		long := p.disagrees(c) && *change.Polls >= disagreedTooOften
		agrees := p.settles(c) || p.Status == Failed && c.Finding == FoundFailed
		unsettled := usedUp && c.Asked != nil && !agrees
		after := change.Apply(p)
		switch {
		case long, unsettled && after.unbacked():
			p.call(d, Contradiction, SignalContradiction, now, "the provider's answers do not know of this end")
		case unsettled && after.Heard.doubted(p.Attempt):
			p.call(d, Contradiction, SignalContradiction, now, "what was said of this end was never settled")
		}
	}
	if change.Status == "" && p.tooLong(now) { // whichever attempt was asked about
		p.call(d, UnknownTooLong, SignalUnknownTooLong, now, "no end is known for too long")
	}
}

// tooLong reports whether a payout whose end is not known begins to need a human.
func (p Payout) tooLong(now time.Time) bool {
	limit, open := map[Status]time.Duration{Unknown: unknownTooLong, Processing: processingTooLong}[p.Status]
	return open && now.Sub(p.openSince()) > limit
}

// openSince is when nobody knew any more what became of the payout, or when the provider took
// it. Repetitions of ours between that and now tell nothing of the end, so the time goes on
// over them: otherwise each that fails would put off the call for a person.
func (p Payout) openSince() time.Time {
	since := p.StatusAt
	if p.Status != Unknown {
		return since
	}
	for _, e := range slices.Backward(p.presentAttempt()) {
		switch e.Status {
		case Unknown:
			since = earlier(since, e.At) // where the first found no room, the status still has its time
		case Submitting:
		default:
			return since // here it was known: certainly not sent, or ended as an earlier attempt
		}
	}
	return since
}

// call adds a reason for attention to a decision, once.
func (p Payout) call(d *Decision, reason Reason, signal Signal, now time.Time, why string) {
	held := d.attention(p)
	if _, raised := held[reason]; raised {
		return
	}
	attention := held.With(reason, now)
	d.Change.Attention = &attention
	if d.Change.Entry == nil {
		d.Change.Entry = &Entry{At: d.Change.At, Source: FromSweep, Status: p.Status, Message: why}
		d.Change.Dropped = false
	}
	d.Signals = append(d.Signals, signal)
}

func (s *Sweeper) next(p Payout) time.Time {
	step := queryDelays[min(p.Polls, len(queryDelays)-1)]
	return s.ports.Now().Add(s.jitter(step))
}
