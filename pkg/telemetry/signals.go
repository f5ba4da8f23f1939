package telemetry

import (
	"context"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/payout"
)

// Namespace is the CloudWatch namespace of every metric of the service.
const Namespace = "CambodiaPayouts"

// embedded is the member that makes CloudWatch read a log line as metrics.
const embedded = "_aws"

// The metrics beside the signals.
const (
	// availableBalance is what is left at a provider, in minor units.
	availableBalance = "available_balance"
	// inReview and a reason is how many payouts wait for a person with it.
	inReview = "desk_"
	// oldestUnknown is the age of the oldest payout in the review queue without an end.
	oldestUnknown = "desk_oldest_unknown_seconds"
	// notificationLag is how long after it happened an event was taken.
	notificationLag = "notification_lag_seconds"
	// notConfigured is 1 while no provider has credentials, else 0: every sweep says one of
	// the two, so that an alarm need not guess what silence means.
	notConfigured = "not_configured"
)

// metricKeys are the members of a metric line: the directive, one count per
// signal, named as the signal is, one per reason in the review queue, and the others.
var metricKeys = map[string]bool{
	embedded:         true,
	availableBalance: true,
	oldestUnknown:    true,
	notificationLag:  true,
	notConfigured:    true,
}

func init() {
	for _, signal := range payout.AllSignals {
		metricKeys[string(signal)] = true
	}
	for _, reason := range payout.Reasons {
		metricKeys[inReview+string(reason)] = true
	}
}

// Signals writes each signal as one log line that CloudWatch also counts.
type Signals struct {
	log   *slog.Logger
	stage string
	now   func() time.Time
	lines *loglimit.Limiter
	// What runs here: Lambda's names of the function and of its version.
	function, version string
}

// byStrangers are the signals that anybody who knows a callback address can cause, the
// verified ones by posting a genuine callback again. A line of theirs may stand for many.
// Nobody outside can make a table or a secret unreadable; but while it is, he can have it said
// again and again.
var byStrangers = map[payout.Signal]bool{payout.SignalBadSignature: true, payout.SignalVerified: true,
	payout.SignalUnrelatedPayment: true, payout.SignalForeignCallback: true,
	payout.SignalNotStored: true, payout.SignalControlsUnread: true, payout.SignalKeysUnread: true}

// NewSignals returns signals that go to the log. The stage is a dimension of every
// metric: several stacks may share one AWS account, and a test on staging must not
// wake the one on call.
func NewSignals(log *slog.Logger, stage string, now func() time.Time) *Signals {
	return &Signals{log: log, stage: stage, now: now, lines: loglimit.New(now)}
}

// Of returns the signals of one version of a function. It is a dimension of what a deployment
// goes back for: the old version, which serves beside the new one, must not send it back.
func (s *Signals) Of(function, version string) *Signals {
	of := *s
	of.function, of.version = function, version
	return &of
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

// counted is the directive of a line with metrics: one dimension set each, beside
// the stage.
func (s *Signals) counted(metrics []metric, sets ...[]string) []slog.Attr {
	set := metricSet{Namespace: Namespace, Metrics: metrics}
	for _, names := range sets {
		set.Dimensions = append(set.Dimensions, append([]string{"stage"}, names...))
	}
	return []slog.Attr{
		slog.Any(embedded, directive{Timestamp: s.now().UnixMilli(), CloudWatchMetrics: []metricSet{set}}),
		slog.String("stage", s.stage),
	}
}

// Signal implements payout.Signals. The line has the level of an error, so that no
// LOG_LEVEL silences an alarm. It is counted for the stage, which alarms watch, and
// per provider, which tells a person where to look; what is not stored per version, which may
// go back for it. What strangers can cause is bounded:
// the number that was left out is in the value of the next line.
func (s *Signals) Signal(ctx context.Context, name payout.Signal, p payout.Provider, id payout.ID) {
	count, level := 1, slog.LevelError
	if byStrangers[name] {
		count = s.lines.Take(string(name) + "/" + string(p))
	}
	if name == payout.SignalVerified {
		level = levelMetric // good news
	}
	if count == 0 {
		return
	}
	metrics, values := []metric{{string(name), "Count"}}, []slog.Attr{slog.Int(string(name), count)}
	if name == payout.SignalBadSignature {
		// An alarm asks whether anything verified meanwhile; no value would be no answer.
		metrics = append(metrics, metric{string(payout.SignalVerified), "Count"})
		values = append(values, slog.Int(string(payout.SignalVerified), 0))
	}
	sets := [][]string{nil}
	switch {
	case name == payout.SignalNotStored && s.function != "":
		sets = append(sets, []string{"function", "version"})
		values = append(values, slog.String("function", s.function), slog.String("version", s.version))
	case name != payout.SignalNotStored && p != "": // CloudWatch takes no dimension without a value
		sets = append(sets, []string{"provider"})
	}
	values = append(values, slog.String("signal", string(name)), slog.String("provider", string(p)), slog.String("payout_id", string(id)))
	s.log.LogAttrs(ctx, level, "signal", append(s.counted(metrics, sets...), values...)...)
}

// Duplicate implements payout.Signals: the metric, and a line of the level AUDIT with who created
// the payout and who the one because of which it is held. What is beside one's own is counted
// apart from what is beside another's, so that a caller cannot hide the one behind the other.
// Callers are as many as the gateway lets in.
func (s *Signals) Duplicate(ctx context.Context, p payout.Payout) {
	s.Signal(ctx, payout.SignalDuplicate, p.Provider, p.ID)
	by, beside := payout.Printable(string(p.CreatedBy)), "others"
	if p.SimilarBy == p.CreatedBy {
		beside = "own"
	}
	if count := s.lines.Take(string(payout.SignalDuplicate) + "/" + beside + "/" + by); count > 0 {
		s.log.LogAttrs(ctx, LevelAudit, "possible duplicate", slog.String("principal", by), slog.String("payout_id", string(p.ID)),
			slog.String("similar_to", string(p.SimilarTo)), slog.String("similar_by", payout.Printable(string(p.SimilarBy))), slog.Int("count", count))
	}
}

// Balance implements payout.Signals. CloudWatch keeps numbers as floating point,
// which is exact far beyond the balances that one account holds.
func (s *Signals) Balance(ctx context.Context, p payout.Provider, b payout.Balance) {
	s.log.LogAttrs(ctx, levelMetric, "balance", append(
		s.counted([]metric{{availableBalance, "None"}}, []string{"provider", "currency"}),
		slog.Int64(availableBalance, b.Available),
		slog.String("provider", string(p)),
		slog.String("currency", string(b.Currency)),
	)...)
}

// Survey implements payout.Signals: one line with a count per reason, zeros
// included, since an alarm ends by a zero and not by silence.
func (s *Signals) Survey(ctx context.Context, survey payout.Survey) {
	metrics := []metric{{oldestUnknown, "Seconds"}, {notConfigured, "Count"}}
	values := []slog.Attr{slog.Int64(oldestUnknown, int64(survey.OldestUnknown/time.Second)), slog.Int(notConfigured, 0)}
	if survey.Unconfigured {
		values[1] = slog.Int(notConfigured, 1)
	}
	if survey.AtLeast {
		values = append(values, slog.Bool("at_least", true))
	}
	for _, reason := range payout.Reasons {
		name := inReview + string(reason)
		metrics = append(metrics, metric{name, "Count"})
		values = append(values, slog.Int(name, survey.Waiting[reason]))
	}
	s.log.LogAttrs(ctx, levelMetric, "review queue", append(s.counted(metrics, nil), values...)...)
}

// Told reports that an event was taken by the merchant, so long after it happened.
func (s *Signals) Told(ctx context.Context, lag time.Duration) {
	s.log.LogAttrs(ctx, levelMetric, "told", append(
		s.counted([]metric{{notificationLag, "Seconds"}}, nil), slog.Int64(notificationLag, int64(lag/time.Second)),
	)...)
}
