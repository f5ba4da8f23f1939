package payout

import "context"

// heldAfterRestore is why a payout waits although nothing seems wrong with it.
const heldAfterRestore = "the table was restored; whether this reference was sent before is not certain"

// mayHaveBeenSentBefore reports whether a reference that the table does not know
// may be one that a lost table sent, at a provider that is not documented to
// refuse it. It holds until RESTORED_AT is taken away, when the statements of the
// lost time have been imported.
func (p Policy) mayHaveBeenSentBefore(name Provider) bool {
	return !p.RestoredAt.IsZero() && !Recoveries[name].repeatable()
}

// doubt makes a payout that was queued in the backup unknown: what "certainly not
// sent" meant is not certain of the time between the backup and the restore.
func (s *Sweeper) doubt(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	due := now
	change := p.inscribe(Change{At: now, Status: Unknown, QueryAt: &due}, &Entry{
		At: now, Source: FromSweep, Status: Unknown,
		Message: "queued in the backup that the table was restored from; it may have been sent since",
	})
	if _, err := s.ports.Store.Apply(ctx, p.step(*change)); err != nil {
		_, err := refusal(err)
		return err
	}
	s.ports.Signals.Signal(ctx, SignalUnknown, p.Provider, p.ID)
	return nil
}
