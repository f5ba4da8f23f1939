package telemetry

import (
	"context"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/payout"
)

// Namespace is the CloudWatch namespace of every metric of the service.
const Namespace = "CambodiaPayouts"

// embedded is the member that makes CloudWatch read a log line as metrics.
const embedded = "_aws"

// availableBalance is the metric of what is left at a provider, in minor units.
const availableBalance = "available_balance"

// metricKeys are the members of a metric line: the directive, one count per
// signal, named as the signal is, and the balance.
var metricKeys = map[string]bool{
	embedded:                              true,
	string(payout.SignalOrphan):           true,
	string(payout.SignalContradiction):    true,
	string(payout.SignalMismatch):         true,
	string(payout.SignalDoublePayment):    true,
	string(payout.SignalUnlisted):         true,
	string(payout.SignalReturned):         true,
	string(payout.SignalAboutUs):          true,
	string(payout.SignalUnknown):          true,
	string(payout.SignalUnknownTooLong):   true,
	string(payout.SignalQueuedTooLong):    true,
	string(payout.SignalBadSignature):     true,
	string(payout.SignalForeignCallback):  true,
	string(payout.SignalUnrelatedPayment): true,
	string(payout.SignalPaused):           true,
	string(payout.SignalDuplicate):        true,
	string(payout.SignalLowBalance):       true,
	availableBalance:                      true,
}

// Signals writes each signal as one log line that CloudWatch also counts.
type Signals struct {
	log *slog.Logger
	now func() time.Time
}

// NewSignals returns signals that go to the log.
func NewSignals(log *slog.Logger, now func() time.Time) *Signals {
	return &Signals{log: log, now: now}
}

// directive is the metadata object of the embedded metric format.
type directive struct {
	Timestamp         int64 // milliseconds since the epoch
	CloudWatchMetrics []metricSet
}

type metricSet struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct{ Name, Unit string }

// metricLine is the directive of a line with one metric.
func (s *Signals) metricLine(name, unit string, dimensions ...string) slog.Attr {
	return slog.Any(embedded, directive{
		Timestamp: s.now().UnixMilli(),
		CloudWatchMetrics: []metricSet{{
			Namespace: Namespace, Dimensions: [][]string{dimensions}, Metrics: []metric{{Name: name, Unit: unit}},
		}},
	})
}

// Signal implements payout.Signals. The line has the highest level, so that no
// LOG_LEVEL silences an alarm. The one dimension is the provider: more would
// cost a metric each and tell nothing that the payout's history does not.
func (s *Signals) Signal(ctx context.Context, name payout.Signal, p payout.Provider, id payout.ID) {
	s.log.LogAttrs(ctx, slog.LevelError, "signal",
		s.metricLine(string(name), "Count", "provider"),
		slog.Int(string(name), 1),
		slog.String("signal", string(name)),
		slog.String("provider", string(p)),
		slog.String("payout_id", string(id)),
	)
}

// Balance implements payout.Signals. CloudWatch keeps numbers as floating point,
// which is exact far beyond the balances that one account holds. The line is no
// alarm, and has the level of none: above INFO only low balances are told.
func (s *Signals) Balance(ctx context.Context, p payout.Provider, b payout.Balance) {
	s.log.LogAttrs(ctx, slog.LevelInfo, "balance",
		s.metricLine(availableBalance, "None", "provider", "currency"),
		slog.Int64(availableBalance, b.Available),
		slog.String("provider", string(p)),
		slog.String("currency", string(b.Currency)),
	)
}
