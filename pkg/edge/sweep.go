package edge

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"

	"cambodia-payouts/pkg/payout"
)

// Sweeper is the use case that NewSweep serves; *payout.Sweeper implements it.
type Sweeper interface {
	// Sweep works through what is due in one shard. The others have no shard: they are about all
	// payouts, or about none.
	Sweep(ctx context.Context, shard int) (payout.Swept, error)
	Balances(ctx context.Context) error
	Survey(ctx context.Context) error
	RedactOrphans(ctx context.Context) error
}

// SweepReport is what one run over all shards did. It is logged, and is the result of the
// invocation; nothing reads it back.
type SweepReport struct {
	Due    int `json:"due"`
	Taken  int `json:"taken"`
	Failed int `json:"failed"`
	// Unasked counts the status queries that were left out, for a provider that answered none in
	// time or takes no more of them.
	Unasked int `json:"unasked"`
}

// SweepHandler answers the scheduler's event.
type SweepHandler = func(ctx context.Context, event json.RawMessage) (SweepReport, error)

// NewSweep serves the scheduler's event: one run over all shards, side by side, and beside
// them what no payout waits for.
// The event's content does not matter. An error, after every shard had its turn,
// makes the invocation fail, so that the alarm on errors sees it. The scheduler does not repeat a
// failed sweep (MaximumRetryAttempts: 0): the next one comes within a minute and finds the same
// items due.
func NewSweep(sweeper Sweeper, log *slog.Logger) SweepHandler {
	return func(ctx context.Context, _ json.RawMessage) (SweepReport, error) {
		var (
			wait   sync.WaitGroup
			mu     sync.Mutex
			report SweepReport
			faults []error
		)
		fail := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			faults = append(faults, err)
		}
		// The review queue is measured beside the shards: a provider that answers nobody uses up the
		// invocation, and alarms on money keep their state without a measurement. Where there is
		// none, the alarm on errors has to ring.
		wait.Go(func() { fail(sweeper.Survey(ctx)) })
		wait.Go(func() {
			if err := sweeper.Balances(ctx); err != nil { // nobody's money waits for it
				log.LogAttrs(ctx, slog.LevelWarn, "balance not known", slog.Any("error", err))
			}
		})
		wait.Go(func() {
			if err := sweeper.RedactOrphans(ctx); err != nil { // they come again with the next sweep
				log.LogAttrs(ctx, slog.LevelError, "orphans not redacted", slog.Any("error", err))
			}
		})
		// A shard that cannot be read must not hold up the payouts of the others.
		for shard := range payout.Shards {
			wait.Go(func() {
				swept, err := sweeper.Sweep(ctx, shard)
				fail(err)
				mu.Lock()
				defer mu.Unlock()
				report.Due, report.Taken = report.Due+swept.Due, report.Taken+swept.Taken
				report.Failed, report.Unasked = report.Failed+swept.Failed, report.Unasked+swept.Unasked
			})
		}
		wait.Wait()
		err := errors.Join(faults...)
		attributes := []slog.Attr{
			slog.Int("due", report.Due), slog.Int("taken", report.Taken), slog.Int("failed", report.Failed), slog.Int("unasked", report.Unasked),
		}
		level := slog.LevelInfo
		if err != nil {
			level, attributes = slog.LevelError, append(attributes, slog.Any("error", err))
		}
		log.LogAttrs(ctx, level, "swept", attributes...)
		return report, err
	}
}
