package payout

import (
	"context"
	"time"
)

// Pauses are the brakes that put themselves on when a provider refuses us or is silent.
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
	// One caller with bad account numbers must not hold up everybody else's payouts.
	lostAnswer    = 4
	uselessAnswer = 1
)

// The reasons of pauses. The last two say that the one before them is over.
const (
	refusedAboutUs  = "refused_about_us"
	noUsableAnswers = "no_usable_answers"
	// answersNoPayouts: the provider answers questions, and still no submissions.
	answersNoPayouts = "answers_no_payouts"
	cleared          = "cleared"
	answersQuestions = "answers_questions"
)

// over reports whether nothing pauses any more.
func (p Pause) over() bool { return p.Why == "" || p.Why == cleared || p.Why == answersQuestions }

// heed learns from a submission. What others have to know it pins on the board: a
// pause when it is time to stop, and its end. It reports whether it stopped.
func (b *Brakes) heed(ctx context.Context, p Provider, c Claim, now time.Time) bool {
	pause, changed := b.learn(p, c, now)
	if changed {
		_ = b.desk.PinPause(ctx, pause) // this function knows anyway
	}
	return changed && !pause.over()
}

// passOver reports whether a refusal about us concerns this payout alone: it was refused like
// that before, and the provider has taken another one since. Then it pauses nothing, or one
// payout that is refused for ever would stop all others again and again. Nor does it end a
// pause: nobody knows who refused it.
//
// It counts from the payout's first refusal. The first pause comes all the same, since a
// rotated key must not run through a payroll; after it, payouts that were never refused tell
// whether it is us.
func (b *Brakes) passOver(p Payout, c Claim) bool {
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

func (b *Brakes) learn(p Provider, c Claim, now time.Time) (Pause, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case c.Finding == FoundAboutUs && c.Uncoded && !c.OfThisKind:
		// One may be about a text of one payout. Five in a row are more likely a closed firewall.
		if b.silent[p] += lostAnswer; b.silent[p] >= silenceLimit {
			return b.pause(p, refusedAboutUs, now, aboutUsPause), true
		}
	case c.Finding == FoundAboutUs && !c.OfThisKind:
		return b.pause(p, refusedAboutUs, now, aboutUsPause), true
	case c.Finding == FoundUnclear || c.Finding == FoundNotSent:
		b.silent[p] += lostAnswer
		if c.Answered {
			b.silent[p] += uselessAnswer - lostAnswer
		}
		if b.silent[p] >= silenceLimit {
			return b.pause(p, b.silence(p, now), now, b.patience(p, now)), true
		}
	default:
		b.silent[p], b.took[p] = 0, now
		if was := b.latest(p); !was.over() {
			return b.pause(p, cleared, now, 0), true
		}
	}
	return Pause{}, false
}

func (b *Brakes) pause(p Provider, why string, now time.Time, d time.Duration) Pause {
	if why != cleared && why != answersQuestions {
		// After the pause one more silence is enough.
		b.silent[p] = silenceLimit - lostAnswer
	}
	delete(b.probes, p)
	b.own[p] = Pause{Provider: p, Why: why, Since: now, Until: now.Add(d)}
	return b.own[p]
}

// silence says which silence it is. When answered questions have ended the pause before it,
// they do not end this one: each time, more payouts would become unknown.
func (b *Brakes) silence(p Provider, now time.Time) string {
	before := b.latest(p)
	if before.Why == answersNoPayouts || before.Why == answersQuestions && now.Sub(before.Until) <= mostSilence {
		return answersNoPayouts
	}
	return noUsableAnswers
}

// patience is how long to be silent after another silence.
func (b *Brakes) patience(p Provider, now time.Time) time.Duration {
	before := b.latest(p)
	if before.over() || before.Why == refusedAboutUs || now.Sub(before.Until) > mostSilence {
		return silencePause
	}
	return min(2*before.Until.Sub(before.Since), mostSilence)
}

// hear learns from the answer to a question. A provider that answers questions is
// back, and no payout had to be put at risk to learn it. Of a refusal about us it
// says nothing: payouts and questions may be allowed apart.
func (b *Brakes) hear(ctx context.Context, p Provider, f Finding, now time.Time) {
	if !f.states() && f != FoundAbsent {
		return
	}
	b.mu.Lock()
	over := b.latest(p).Why == noUsableAnswers
	var pause Pause
	if over {
		b.silent[p] = 0
		pause = b.pause(p, answersQuestions, now, 0)
	}
	b.mu.Unlock()
	if over {
		_ = b.desk.PinPause(ctx, pause)
	}
}
