package payout

import (
	"context"
	"slices"
	"time"
)

// mayHaveBeenSentBefore reports whether what the table knows nothing of may have been sent by
// a lost table, so that sending it could be another payment. It holds until RESTORED_AT is
// taken away, when the statements of the lost time have been imported.
func (p Policy) mayHaveBeenSentBefore(name Provider) bool {
	return !p.RestoredAt.IsZero() && !p.refusesTheLost(name)
}

// refusesTheLost reports whether a provider is certain to refuse, after a restore, what a lost
// table has sent. Its documents have to say so, and they speak of one account alone. No table
// tells which one the lost table used: people do, by SAME_ACCOUNTS.
func (p Policy) refusesTheLost(name Provider) bool {
	return !p.RestoredAt.IsZero() && name.facts().Recovery.repeatable() && slices.Contains(p.SameAccounts, name)
}

// LastRestore is the time of the latest restore that anybody has told of, zero if there was none.
// It outlives RESTORED_AT: what nothing touched while that was set is no safer afterwards.
func (p Policy) LastRestore() time.Time {
	if p.Remembered == nil {
		return p.RestoredAt
	}
	if told := p.Remembered(); told.After(p.RestoredAt) {
		return told
	}
	return p.RestoredAt
}

// precedes reports whether a payout was there before the latest restore.
func (p Policy) precedes(of Payout) bool {
	last := p.LastRestore()
	return !last.IsZero() && !of.CreatedAt.After(last)
}

// queuedInBackup reports whether a queued payout was that before the latest restore: that it was
// certainly not sent is not certain any more.
func (p Policy) queuedInBackup(of Payout) bool { return of.StatusAt.Before(p.LastRestore()) }

// lostSubmissions is how many submissions of a reference a lost table may have made
// besides those that the table knows of.
func (p Policy) lostSubmissions() int {
	if p.RestoredAt.IsZero() {
		return 0
	}
	return 1
}

// mayHaveLost reports whether attempts of a payout may be lost: it was there before a restore, or it
// came while RESTORED_AT was set, so that it may be one that was. The fact outlives both.
func (p Policy) mayHaveLost(of Payout) bool {
	return !p.RestoredAt.IsZero() || p.precedes(of) || of.Heard.has(FirstAttempt, wasRestored)
}

// restored is the fact that attempts of a payout may be lost.
func (p Policy) restored(of Payout) []Fact {
	if !p.mayHaveLost(of) {
		return nil
	}
	return []Fact{FirstAttempt.fact(wasRestored)}
}

// uncounted is how many submissions a lost table may have made of a payout as the backup had
// it, besides those that the payout counts.
func (p Policy) uncounted(of Payout) int {
	last := p.LastRestore()
	if of.SubmittedAt.After(last) || !p.mayHaveLost(of) {
		return 0
	}
	return 1
}

// underAnyAccount are the facts that a submission of a lost table is counted with, which may have
// gone under another account than the one under which nothing had arrived in the backup.
func (p Policy) underAnyAccount(of Payout) []Fact {
	if of.Sent > 0 || p.uncounted(of) == 0 {
		return nil
	}
	return of.Heard.anywhere(of.Attempt)
}

// lostFacts says of an attempt that a lost table may have sent it once more, so that its own
// count of submissions is not whole. The fact outlives RESTORED_AT. Where repetitions are
// refused within one account, it is not said of an attempt whose account is known: no table
// sends it under another one.
func (p Policy) lostFacts(of Payout, about Attempt, c Claim) []Fact {
	facts := of.Heard.without(p.restored(of))
	of.Heard = of.Heard.With(facts...)
	if about > of.Attempt && c.Finding == FoundFailed {
		of.Heard = of.Heard.With(of.Heard.closing(about)...) // the next one is doubted beside it
	}
	if of.Status == Failed || c.Finding == FoundFailed {
		facts = append(facts, of.lostAttempt(p.LastRestore())...)
	}
	if about > of.Attempt {
		return facts
	}
	known, _ := of.Heard.accounts(about)
	bound := of.Provider.facts().Recovery.repeatable() && len(known) > 0
	touched := about == of.Attempt && p.uncounted(of) == 0
	if p.mayHaveLost(of) && !p.refusesTheLost(of.Provider) && !bound && !touched {
		facts = append(facts, of.Heard.without([]Fact{about.fact(mayBeLost)})...)
	}
	return facts
}

// lookAhead reports whether a payout that was posted since the latest restore, as one that a lost
// table may have had, may be sent by itself under its present reference. A provider that refuses
// repetitions of one reference does not refuse it beside the next one: in the lost time people may have started another attempt, of which the
// table knows nothing. So the provider is asked about that one first. Only "not found"
// lets the payout go; what it says else is a word about an attempt that was never made. It
// carries no [Asked], so it closes nothing: the sweep asks again by itself for that. What one
// account does not find says nothing of another one, so nothing comes here by itself unless
// people vouch for the account; see mayHaveBeenSentBefore. What was there before the restore never
// does; see mayBeSent.
func (s *Sweeper) lookAhead(ctx context.Context, p Payout, connector Connector) (bool, error) {
	if s.policy.RestoredAt.IsZero() {
		return true, nil
	}
	for next := p.Attempt + 1; next <= min(p.Attempt+attemptsAhead, lastAttempt); next++ {
		c, asks := s.paced(ctx, p, next, connector)
		if !asks {
			return false, nil
		}
		if c.Finding == FoundAbsent {
			continue // refused attempts are not found either, so the next one is asked about too
		}
		c.Source, c.Provider, c.Reference = FromQuery, p.Provider, string(p.ID.ProviderReference(next))
		return false, s.weigh(ctx, p, next, c)
	}
	return true, nil
}

// attemptsAhead is how many attempts people are thought to have begun in the lost time.
const attemptsAhead = 3

// doubt makes a payout that was queued in the backup unknown: what "certainly not
// sent" meant is not certain of the time between the backup and the restore.
func (s *Sweeper) doubt(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	var facts []Fact
	if !s.policy.refusesTheLost(p.Provider) || p.Sent > 0 { // counted at a restore of before, for which nobody vouches now
		facts = append(facts, p.Attempt.fact(mayBeLost))
	}
	facts = slices.Concat(facts, s.policy.restored(p), s.policy.underAnyAccount(p))
	due, sent, backed := now, p.Sent+s.policy.uncounted(p), p.Heard.without(facts)
	attention := p.Attention.entering(Unknown)
	change := Change{At: now, Status: Unknown, QueryAt: &due, Sent: &sent, Attention: &attention, Heard: backed}
	after, written, err := s.once(ctx, p, change, &Entry{
		At: now, Source: FromSweep, Status: Unknown,
		Message: "queued in the backup that the table was restored from; it may have been sent since",
	}, SignalUnknown)
	if err != nil || !written {
		return err
	}
	s.submitter.roster.noteUnsettled(ctx, after, now)
	return nil
}
