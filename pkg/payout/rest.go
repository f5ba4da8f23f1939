package payout

import (
	"context"
	"time"
)

// rest looks at a payout that has ended: its end may have to be confirmed, and one
// day its personal data has to go.
func (s *Sweeper) rest(ctx context.Context, p Payout) error {
	now, forget := s.ports.Now(), s.policy.retention(p.StatusAt)
	switch {
	case p.unconfirmed():
		return s.ask(ctx, p, p.Attempt)
	case !p.RedactedAt.IsZero():
		return s.schedule(ctx, p, time.Time{})
	case !forget.IsZero() && !now.Before(forget):
		return s.redact(ctx, p)
	}
	return s.schedule(ctx, p, forget)
}

// unconfirmed reports whether the provider should still be asked about the end of a
// payout: until it answers, and for a few tries (see follow).
func (p Payout) unconfirmed() bool {
	return p.Status.Final() && p.Status != Orphan && p.Polls < confirmations
}

// redact takes the personal data out, once nobody has to look into the payout any
// more.
func (s *Sweeper) redact(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	if len(p.Attention) > 0 {
		return s.schedule(ctx, p, now.Add(s.jitter(24*time.Hour)))
	}
	never := time.Time{}
	_, err := s.ports.Store.Apply(ctx, p.step(Change{At: now, Redaction: p.redaction(), QueryAt: &never}))
	if err != nil {
		_, err := refusal(err)
		return err
	}
	return nil
}
