package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Survey is how the review queue stands: what alarms watch until somebody has dealt with
// it. Signals tell that something happened, and are forgotten a minute later.
type Survey struct {
	// Waiting counts the payouts per reason, those with none included.
	Waiting map[Reason]int
	// AtLeast tells that more wait than were counted, all of them for reasons that are not
	// about money on its way; see [Attention.Grave].
	AtLeast bool
	// OldestUnknown is the age of the oldest payout in the review queue whose end is not
	// known, from its creation; zero if there is none.
	OldestUnknown time.Duration
	// Unconfigured tells that no provider has credentials yet. That is how a stack begins
	// and nobody's trouble, but alarms must know it: create-payout refuses to start.
	Unconfigured bool
}

// The bounds of a survey. Alarms on money watch it alone, so what is about money is read first
// and to its end; more of it than that has no usual cause. Of the others, ten thousand payouts
// that somebody held for longer than they may wait are nothing unusual. They are counted after
// it, up to a number from which on nobody's decision depends on how many there are.
const (
	surveyed      = 10_000
	surveyedLight = 1_000
	surveyFor     = 10 * time.Second
)

// ErrQueueTooLong means that a survey did not come to the end of the review queue. What it reported
// is there; what came after it nobody has looked at.
var ErrQueueTooLong = errors.New("payout: the review queue is too long to be looked at as a whole")

// surveyPage is the longest page that a store gives.
const surveyPage = 100

// Survey measures the review queue and reports it. An error means that it was not measured, or with
// [ErrQueueTooLong] only in part; no payout depends on it. Or it means that the sweep cannot read
// the controls, so that nothing that waits goes: a sweep with nothing to do has to notice too.
func (s *Sweeper) Survey(ctx context.Context) error {
	return errors.Join(s.survey(ctx), s.ports.Breaker.Blind(ctx, s.ports.Now()))
}

func (s *Sweeper) survey(ctx context.Context) error {
	survey := Survey{Waiting: map[Reason]int{}}
	for _, reason := range Reasons {
		survey.Waiting[reason] = 0
	}
	begun := s.ports.Now()
	whole, err := s.read(ctx, &survey, GraveAlone, surveyed, begun)
	if err != nil {
		return fmt.Errorf("survey the review queue: %w", err)
	}
	counted, err := s.read(ctx, &survey, LightAlone, surveyedLight, begun)
	if err != nil {
		return fmt.Errorf("survey the review queue: %w", err)
	}
	survey.AtLeast = !counted
	survey.Unconfigured = s.ports.Unconfigured != nil && s.ports.Unconfigured(ctx)
	s.ports.Signals.Survey(ctx, survey)
	if !whole {
		return ErrQueueTooLong
	}
	return nil
}

// read adds one part of the review queue to a survey, page by page and at least one page, and reports
// whether it came to the end.
func (s *Sweeper) read(ctx context.Context, survey *Survey, part Gravity, most int, begun time.Time) (whole bool, err error) {
	query := PageQuery{Limit: surveyPage, Among: part}
	for looked := 0; looked == 0 || looked < most && s.ports.Now().Sub(begun) < surveyFor; {
		page, err := s.ports.Store.ListAttention(ctx, query)
		if err != nil {
			return false, err
		}
		for _, p := range page.Payouts {
			survey.add(p, begun)
		}
		if page.Next == "" {
			return true, nil
		}
		looked, query.Cursor = looked+len(page.Payouts), page.Next
	}
	return false, nil
}

func (s *Survey) add(p Payout, now time.Time) {
	for reason := range p.Attention {
		s.Waiting[reason]++
	}
	if _, long := p.Attention[UnknownTooLong]; long {
		s.OldestUnknown = max(s.OldestUnknown, now.Sub(p.CreatedAt))
	}
}
