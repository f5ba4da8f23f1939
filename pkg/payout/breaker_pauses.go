package payout

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Pauses stop submissions by themselves when a provider refuses us or is silent.
const (
	// aboutUsPause is how long one refusal about us holds the next submissions.
	aboutUsPause = time.Minute
	// silencePause is the same after silenceLimit lost answers in a row. It doubles
	// up to mostSilence while the silence goes on: each probe may make one payout
	// more unknown.
	silencePause = 2 * time.Minute
	mostSilence  = 30 * time.Minute
	silenceLimit = 20
	// lostAnswer and uselessAnswer are how much silence they are: five answers in a row
	// that are lost stop a provider, but twenty that do not tell what became of the payout.
	// What tells nothing counts against its caller first; see suspect.
	lostAnswer    = 4
	uselessAnswer = 1
	// othersFirst is how long those who brought a pause for all leave the provider to others, and
	// each of them to whoever brought it before him: what they have in the queue is tried within it.
	// After mostTurns of it nobody waits for others any more.
	othersFirst = 2 * time.Minute
	mostTurns   = 3
	// againAfter is how long after his latest evidence whoever brought a pause for all may try again,
	// however long it is by now.
	againAfter = 10 * time.Minute
	// mostBrought bounds whom a pause names. What so many have brought is the provider's: all wait.
	mostBrought = 16
)

// The reasons of pauses. The last two say that the one before them is over.
const (
	refusedAboutUs  = "refused_about_us"
	noUsableAnswers = "no_usable_answers"
	// answersNoPayouts: the provider answers status queries, and still no submissions.
	answersNoPayouts = "answers_no_payouts"
	cleared          = "cleared"
	answersQuestions = "answers_questions"
)

// over reports whether nothing pauses any more.
func (p Pause) over() bool { return p.Why == "" || p.Why == cleared || p.Why == answersQuestions }

// passes reports whether a pause is of another caller alone.
func (p Pause) passes(by Principal) bool { return p.By != "" && p.By != by }

// until is when a caller may try the provider again. Of a pause for all, those who did not bring it
// may after a while, however long it is by now; then those who did, by how long ago: two callers
// whose payouts are all lost would else hold it for ever, each of them trying anew when it ends, and
// whoever lost one answer beside them would be held with them.
func (p Pause) until(by Principal) time.Time {
	place := slices.IndexFunc(p.Brought, func(b Bringer) bool { return b.By == by })
	first := earlier(p.Until, p.Since.Add(silencePause))
	switch {
	case p.By != "" || len(p.Brought) == 0:
		return p.Until
	case len(p.Brought) >= mostBrought && place < 0:
		return p.Until
	case len(p.Brought) >= mostBrought:
		return p.Until.Add(othersFirst) // in the order of so many, each would wait for hours
	case place < 0:
		return first
	}
	turn := earlier(p.Until, p.Brought[place].At.Add(againAfter))
	if others := first.Add(othersFirst); turn.Before(others) {
		turn = others
	}
	return turn.Add(time.Duration(min(place, mostTurns)) * othersFirst)
}

// record learns from a submission that a caller asked for. What others have to know it pins on
// the shared state: a pause when it is time to stop, its end, and that others' payouts go well beside
// it. It says what to raise.
func (b *Breaker) record(ctx context.Context, p Provider, by Principal, c Claim, now time.Time) []Signal {
	pin, raised := b.learn(p, by, c, now)
	if pin != nil {
		_ = b.coordination.SavePause(ctx, *pin) // this function knows anyway
	}
	return raised
}

// passOver reports whether a refusal about us concerns this payout alone: it was refused like
// that before, and the provider has taken another one since. Then it pauses nothing, or one
// payout that is refused for ever would stop all others again and again. Nor does it end a
// pause: nobody knows who refused it.
//
// It counts from the payout's first refusal. The first pause comes all the same, since a
// rotated key must not run through a payroll; after it, payouts that were never refused tell
// whether it is us.
func (b *Breaker) passOver(p Payout, c Claim) bool {
	since, before := p.Attention[ProviderConfiguration]
	if c.Finding != FoundAboutUs || c.OfThisKind || !before {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.took[p.Provider].After(since) {
		return false
	}
	delete(b.probes, p.Provider) // it told nothing: the next one may try
	return true
}

// learn weighs an answer to a submission.
func (b *Breaker) learn(p Provider, by Principal, c Claim, now time.Time) (pin *Pause, raised []Signal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	silent := c.Finding == FoundUnclear || c.Finding == FoundNotSent
	refused := c.Finding == FoundAboutUs && !c.OfThisKind
	switch {
	case refused, silent && c.Answered, c.Finding == FoundUnlisted:
		return b.suspect(p, by, c, now)
	case silent:
		return b.lost(p, by, c, now)
	}
	b.tookOne(p, by, now)
	switch was := b.latest(p); {
	case was.over():
	case !was.passes(by) || !now.Before(was.Until):
		b.pause(p, by, cleared, now, 0)
		return pinned(b.own[p]), nil
	case now.Sub(was.Well).Abs() >= wellAgain:
		was.Well = now
		b.own[p] = was
		return &was, nil
	}
	return nil, nil
}

func pinned(p Pause) *Pause { return &p }

// lost counts a lost answer, which a proxy may give, or close the connection, for what stands in
// one payout. So what one caller loses is held against him alone: while others' payouts go well,
// in this process; while nobody's do, by a pause that bears his name, so that others try the
// provider one by one. When one of them loses an answer too, it is silent to all. After a
// pause one more is enough. In an outage nobody's go well after two each.
func (b *Breaker) lost(p Provider, by Principal, c Claim, now time.Time) (pin *Pause, raised []Signal) {
	s, was := b.standing(p, by, now), b.latest(p)
	stopped := now.Before(s.alone.Until) // it was on its way when that began
	s.lost++
	b.against(s, p, lostAnswer, now)
	trying := b.probes[p]
	if trying != nil && trying.by == by {
		trying.weak = true
	}
	if b.goesWell(p, now) {
		s.recent = min(s.recent, silenceLimit-lostAnswer)
		if stopped || s.inRow+s.lost*lostAnswer < silenceLimit {
			return nil, nil
		}
		b.stopAlone(s, p, by, c, now)
		return nil, []Signal{SignalCallerPaused}
	}
	all, others := b.weakly(p)
	own := b.own[p]
	tried := !own.over() && !own.passes(by) && !was.over()
	named := !was.over() && was.passes(by) // another one lost some before
	early := !was.over() && trying != nil && trying.by == by && trying.begun.After(was.Since) && now.Before(was.Until)
	switch {
	case named, early && was.By == "", (tried || all >= silenceLimit) && others >= excused:
		b.pause(p, "", b.silence(p, now), now, b.backoff(p, "", now), by)
		b.hushed[p] = b.own[p]
		return pinned(b.own[p]), []Signal{SignalPaused}
	case tried || all >= silenceLimit:
		b.pause(p, by, b.silence(p, now), now, b.backoff(p, by, now), by)
		return pinned(b.own[p]), []Signal{SignalPaused}
	}
	return nil, nil
}

// pause pauses a provider, for one caller or for all, after an answer to somebody's payout; or it
// ends that.
func (b *Breaker) pause(p Provider, by Principal, why string, now time.Time, d time.Duration, of ...Principal) {
	brought := b.bringers(p, of, now)
	if was := b.latest(p); why == answersQuestions && was.By != "" {
		b.standing(p, was.By, now).inRow = 0
	}
	b.forgive(p)
	delete(b.probes, p)
	b.own[p] = Pause{Provider: p, Why: why, By: by, Since: now, Until: now.Add(d)}
	if b.own[p].over() {
		delete(b.hushed, p)
		return
	}
	pause := b.own[p]
	pause.Brought = brought
	b.own[p] = pause
}

// bringers are those whose payouts bring a pause now, with those who brought the one that it
// follows.
func (b *Breaker) bringers(p Provider, of []Principal, now time.Time) []Bringer {
	latest := map[Principal]time.Time{}
	if was := b.latest(p); !was.over() {
		for _, each := range was.Brought {
			latest[each.By] = each.At
		}
	}
	for key, s := range b.callers {
		if key.provider == p && s.recent >= excused && !s.counted.Before(b.took[p]) {
			latest[key.by] = s.counted
		}
	}
	for _, by := range of {
		latest[by] = now
	}
	var all []Bringer
	for by, at := range latest {
		all = append(all, Bringer{by, at})
	}
	slices.SortFunc(all, func(a, z Bringer) int { return cmp.Or(a.At.Compare(z.At), cmp.Compare(a.By, z.By)) })
	return all[max(0, len(all)-mostBrought):]
}

// silence says which silence it is. When answered status queries have ended the pause before it,
// they do not end this one: each time, more payouts would become unknown.
func (b *Breaker) silence(p Provider, now time.Time) string {
	before := b.latest(p)
	if before.Why == answersNoPayouts || before.Why == answersQuestions && now.Sub(before.Until) <= mostSilence {
		return answersNoPayouts
	}
	return noUsableAnswers
}

// backoff is how long to be silent after another silence, of one caller alone or of all: twice as
// long as the last one. How long one caller was held alone says nothing about the others.
func (b *Breaker) backoff(p Provider, by Principal, now time.Time) time.Duration {
	before := b.latest(p)
	if before.By != by && !before.over() {
		before = b.hushed[p]
	}
	if before.over() || before.Why == refusedAboutUs || now.Sub(before.Until) > mostSilence {
		return silencePause
	}
	return min(2*before.Until.Sub(before.Since), mostSilence)
}

// recordAnswer learns from the answer to a status query. A provider that answers status queries is
// back, and no payout had to be put at risk to learn it. Of a refusal about us it
// says nothing: payouts and status queries may be allowed apart.
func (b *Breaker) recordAnswer(ctx context.Context, p Provider, f Finding, now time.Time) {
	if !f.states() && f != FoundAbsent {
		return
	}
	b.mu.Lock()
	over := b.latest(p).Why == noUsableAnswers
	if over {
		b.pause(p, "", answersQuestions, now, 0)
	}
	pause := b.own[p]
	b.mu.Unlock()
	if over {
		_ = b.coordination.SavePause(ctx, pause)
	}
}
