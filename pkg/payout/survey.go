package payout

import (
	"context"
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

// surveyed is how many payouts a survey looks at, the oldest first. A desk that is
// longer is counted as this long: the alarm rings either way.
const surveyed = 500

// surveyPage is the longest page that a store gives.
const surveyPage = 100

// Survey measures the desk and reports it. An error means that it was not measured;
// no payout depends on it.
func (s *Sweeper) Survey(ctx context.Context) error {
	survey := Survey{Waiting: map[Reason]int{}}
	for _, reason := range Reasons {
		survey.Waiting[reason] = 0
	}
	now, query := s.ports.Now(), PageQuery{Limit: surveyPage}
	for range surveyed / surveyPage {
		page, err := s.ports.Store.ListAttention(ctx, query)
		if err != nil {
			return fmt.Errorf("survey the desk: %w", err)
		}
		for _, p := range page.Payouts {
			survey.add(p, now)
		}
		if query.Cursor = page.Next; query.Cursor == "" {
			break
		}
	}
	survey.Unconfigured = s.ports.Unconfigured != nil && s.ports.Unconfigured(ctx)
	s.ports.Signals.Survey(ctx, survey)
	return nil
}

func (s *Survey) add(p Payout, now time.Time) {
	for reason := range p.Attention {
		s.Waiting[reason]++
	}
	if _, long := p.Attention[UnknownTooLong]; long {
		s.OldestUnknown = max(s.OldestUnknown, now.Sub(p.CreatedAt))
	}
}
