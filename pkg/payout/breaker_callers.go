package payout

import (
	"maps"
	"slices"
	"time"
)

// Weak evidence about a provider is what one payout can bring about by what stands in it: a
// readable answer that does not tell what became of it, a status that no page lists, or a
// refusal about us without a code of the provider's. Whoever may create can post such payouts
// for ever. So it is held against the caller who asked for the payout (created_by) before it is
// held against the provider: callers whose payouts go well do not wait for his. Lost answers
// count against him first as well, since what stands before a provider may object to a text; see
// [Breaker.lost]. One refusal with a code that is listed as about us is as much as all of that: some
// of these, too, can be brought about by a text or a bank.

const (
	// wellFor is how long a payout that went well says that the provider is well.
	wellFor = 10 * time.Minute
	// excused is the weak evidence from which on a caller's payouts do not go well any more. A
	// few wrong accounts stand in any payroll.
	excused = lostAnswer
	// excusedLost is the same of lost answers in a row: one is lost now and then.
	excusedLost = 2
	// turnFor is how long somebody who was held back keeps the next probe free: what is queued
	// is tried again after a minute.
	turnFor = 3 * time.Minute
	// wellAgain is how often a pause of one caller says anew that others' payouts go well.
	wellAgain = time.Minute
	// mostCallers bounds what a process remembers; beyond it the one not seen for longest goes.
	mostCallers = 256
)

// caller is whoever asked for payouts of one provider.
type caller struct {
	provider Provider
	by       Principal
}

// standing is what this process remembers of a caller's submissions.
type standing struct {
	seen    time.Time
	went    time.Time // when one last went well
	inRow   int       // weak evidence since then
	lost    int       // lost answers in a row
	recent  int       // weak evidence and lost answers since any caller's last went well
	counted time.Time // when the latest evidence came
	held    time.Time // when one was last held back by a pause of the provider
	alone   Pause     // holds this caller's alone; zero for none
	tried   time.Time // when one was let through after that
}

// standing is that of a caller, made if there is none. The caller of this has the lock.
func (b *Breaker) standing(p Provider, by Principal, now time.Time) *standing {
	key := caller{p, by}
	s := b.callers[key]
	if s == nil {
		b.forgetOne()
		s = &standing{}
		b.callers[key] = s
	}
	s.seen = now
	return s
}

// forgetOne makes room for one caller more.
func (b *Breaker) forgetOne() {
	if len(b.callers) < mostCallers {
		return
	}
	byAge := func(a, z caller) int { return b.callers[a].seen.Compare(b.callers[z].seen) }
	delete(b.callers, slices.MinFunc(slices.Collect(maps.Keys(b.callers)), byAge))
}

// goesWell reports whether some caller's payouts go well, so that what goes wrong is not the
// provider: here, or in another process, by what the shared state says.
func (b *Breaker) goesWell(p Provider, now time.Time) bool {
	lately := func(at time.Time) bool { return !at.IsZero() && now.Sub(at).Abs() <= wellFor }
	for key, s := range b.callers {
		if key.provider == p && lately(s.went) && !s.bad() {
			return true
		}
	}
	pause := b.latest(p)
	if pause.Why == cleared && pause.By != "" {
		s := b.callers[caller{p, pause.By}]
		return lately(pause.Since) && (s == nil || !s.bad())
	}
	return lately(pause.Well) && !b.othersAreBad(p, pause)
}

// bad reports whether a caller's payouts do not go well any more.
func (s *standing) bad() bool { return s.inRow >= excused || s.lost >= excusedLost }

// othersAreBad reports whether this process has seen, since others' went well beside a pause of
// one caller, that they do not any more.
func (b *Breaker) othersAreBad(p Provider, pause Pause) bool {
	for key, s := range b.callers {
		if key.provider == p && key.by != pause.By && s.bad() && s.counted.After(pause.Well) {
			return true
		}
	}
	return false
}

// tookOne notes that the provider took a caller's payout, or refused it for what it says.
func (b *Breaker) tookOne(p Provider, by Principal, now time.Time) {
	b.took[p] = now
	if trying := b.probes[p]; trying != nil && trying.by == by {
		delete(b.probes, p)
	}
	b.forgive(p)
	s := b.standing(p, by, now)
	s.went, s.inRow, s.lost, s.alone, s.tried = now, 0, 0, Pause{}, time.Time{}
}

// forgive counts from here on what speaks against the provider itself.
func (b *Breaker) forgive(p Provider) {
	for key, s := range b.callers {
		if key.provider == p {
			s.recent = 0
		}
	}
}

// weakly sums what speaks against the provider itself: of all callers, and of all but the one
// who brought most.
func (b *Breaker) weakly(p Provider) (all, others int) {
	most := 0
	for key, s := range b.callers {
		if key.provider != p || s.counted.Before(b.took[p]) { // another process saw it take one since
			continue
		}
		all += s.recent
		most = max(most, s.recent)
	}
	return all, all - most
}

// suspect weighs weak evidence. Who brings the limit alone is stopped alone. If nobody's go
// well, nobody knows better than that it is the provider: others try it then one by one. What
// two callers bring pauses it for all.
func (b *Breaker) suspect(p Provider, by Principal, c Claim, now time.Time) (pin *Pause, raised []Signal) {
	s, was := b.standing(p, by, now), b.latest(p)
	stopped := now.Before(was.until(by)) && !was.passes(by) || now.Before(s.alone.Until)
	if trying := b.probes[p]; trying != nil && trying.by == by {
		trying.weak = true
	}
	if stopped {
		return nil, nil // it was on its way when that began
	}
	b.count(s, p, c, now)
	all, others := b.weakly(p)
	named := !was.over() && was.passes(by) && now.Before(was.Until)
	tried := !was.over() && was.By == "" // after a pause for all two callers' probes are enough
	switch full := s.inRow >= silenceLimit; {
	case b.goesWell(p, now):
		if !full {
			return nil, nil
		}
		b.stopAlone(s, p, by, c, now)
		return nil, []Signal{SignalCallerPaused}
	case (tried || all >= silenceLimit) && others >= excused, full && named:
		return b.pauseWeakly(p, "", by, c, now)
	case full:
		pin, raised = b.pauseWeakly(p, by, by, c, now)
		s.inRow = silenceLimit - lostAnswer
	}
	return pin, raised
}

// count counts one piece of weak evidence.
func (b *Breaker) count(s *standing, p Provider, c Claim, now time.Time) {
	weight := uselessAnswer
	switch {
	case c.Finding == FoundAboutUs && c.Uncoded:
		// One may be about a text of one payout. Five in a row are more likely a closed firewall.
		weight = lostAnswer
	case c.Finding == FoundAboutUs:
		weight = silenceLimit // a rotated key must not run through a payroll
	}
	s.inRow += weight
	b.against(s, p, weight, now)
}

// against counts what speaks against the provider itself.
func (b *Breaker) against(s *standing, p Provider, weight int, now time.Time) {
	if s.counted.Before(b.took[p]) {
		s.recent = 0
	}
	s.recent, s.counted = s.recent+weight, now
}

// pauseWeakly pauses a provider on weak evidence: for one caller, and for the others until one
// of theirs went well; or for all. Refusals about us wake people when they concern all, or go on
// after a pause in which nobody's payout went well: one caller's first ones may be about his.
func (b *Breaker) pauseWeakly(p Provider, by, of Principal, c Claim, now time.Time) (*Pause, []Signal) {
	was, raised := b.latest(p), []Signal{SignalPaused}
	why, d := refusedAboutUs, aboutUsPause
	if c.Finding != FoundAboutUs {
		why, d = b.silence(p, now), silencePause // it does not double: callers can bring it about
	} else if again := was.Why == refusedAboutUs && !was.passes(by); by == "" || again {
		raised = append(raised, SignalAboutUs)
	}
	b.pause(p, by, why, now, d, of)
	return pinned(b.own[p]), raised
}

// stopAlone holds one caller's payouts back while others' go well.
func (b *Breaker) stopAlone(s *standing, p Provider, by Principal, c Claim, now time.Time) {
	before, d := s.alone, silencePause
	switch {
	case c.Finding == FoundAboutUs:
		d = aboutUsPause
	case !before.Since.IsZero() && now.Sub(before.Until) <= mostSilence:
		d = min(max(2*before.Until.Sub(before.Since), silencePause), mostSilence)
	}
	s.alone = Pause{Provider: p, By: by, Since: now, Until: now.Add(d)}
	s.inRow, s.lost = silenceLimit-lostAnswer, 0
}

// waitsAlone reports whether the caller's payouts wait while others' go: for a while, and then
// one after the other until one went well.
func (s *standing) waitsAlone(now time.Time) bool {
	return s != nil && !s.alone.Since.IsZero() &&
		(now.Before(s.alone.Until) || now.Sub(s.tried).Abs() < probeFor)
}

// othersTurn reports whether the next probe is somebody else's: the last one was this caller's
// and told nothing, and others were held back who may try now.
func (b *Breaker) othersTurn(p Provider, by Principal, now time.Time) bool {
	last, pause := b.probes[p], b.latest(p)
	if last == nil || !last.weak || last.by != by {
		return false
	}
	for key, s := range b.callers {
		may := !s.waitsAlone(now) && (pause.By != key.by || !now.Before(pause.Until))
		if key.provider == p && key.by != by && may && !s.held.IsZero() && now.Sub(s.held).Abs() < turnFor {
			return true
		}
	}
	return false
}
