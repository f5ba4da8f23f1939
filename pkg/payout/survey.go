package payout

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Survey is how the desk stands: what alarms watch until somebody has dealt with
// it. Signals tell that something happened, and are forgotten a minute later.
type Survey struct {
	// Waiting counts the payouts per reason, those with none included.
	Waiting map[Reason]int
	// OldestUnknown is the age of the oldest payout on the desk whose end is not
	// known, from its creation; zero if there is none.
	OldestUnknown time.Duration
	// Unconfigured tells that no provider has credentials yet. That is how a stack begins
	// and nobody's trouble, but alarms must know it: create-payout refuses to start.
	Unconfigured bool
}

// The bounds of a survey. Alarms on money watch it alone, so it goes on to the list's end:
// five hundred payouts that merchants were not told of must not hide a double payment behind
// them. A desk beyond the bounds has no usual cause.
const (
	surveyed  = 10_000
	surveyFor = 10 * time.Second
)

// ErrDeskTooLong means that a survey did not come to the end of the desk. What it reported
// is there; what came after it nobody has looked at.
var ErrDeskTooLong = errors.New("payout: the desk is too long to be looked at as a whole")

// surveyPage is the longest page that a store gives.
const surveyPage = 100

// Survey measures the desk and reports it. An error means that it was not measured, or with
// [ErrDeskTooLong] only in part; no payout depends on it. Or it means that the sweep cannot read
// the controls, so that nothing that waits goes: a sweep with nothing to do has to notice too.
func (s *Sweeper) Survey(ctx context.Context) error {
	return errors.Join(s.survey(ctx), s.ports.Brakes.Blind(ctx, s.ports.Now()))
}

func (s *Sweeper) survey(ctx context.Context) error {
	survey := Survey{Waiting: map[Reason]int{}}
	for _, reason := range Reasons {
		survey.Waiting[reason] = 0
	}
	whole, err := s.look(ctx, &survey)
	if err != nil {
		return fmt.Errorf("survey the desk: %w", err)
	}
	survey.Unconfigured = s.ports.Unconfigured != nil && s.ports.Unconfigured(ctx)
	s.ports.Signals.Survey(ctx, survey)
	if !whole {
		return ErrDeskTooLong
	}
	return nil
}

// look adds the desk to a survey, page by page, and reports whether it came to the end.
func (s *Sweeper) look(ctx context.Context, survey *Survey) (whole bool, err error) {
	now, query := s.ports.Now(), PageQuery{Limit: surveyPage}
	for looked := 0; looked < surveyed && s.ports.Now().Sub(now) < surveyFor; {
		page, err := s.ports.Store.ListAttention(ctx, query)
		if err != nil {
			return false, err
		}
		for _, p := range page.Payouts {
			survey.add(p, now)
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
