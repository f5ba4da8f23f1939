package telemetry

import (
	"io"
	"log/slog"
)

// allowed lists every key that may appear in a log line, at any depth. Values are
// chosen by us: identifiers, counts, closed words, and errors of our own making.
// A payout's reference is the merchant's text and stays out; its id is in.
var allowed = map[string]bool{
	slog.TimeKey: true, slog.LevelKey: true, slog.MessageKey: true,
	"function": true, "request_id": true, "route": true, "http_status": true, "code": true,
	"duration_ms": true, "payout_id": true, "provider": true, "status": true, "verdict": true,
	"outcome": true, "replayed": true, "signal": true, "error": true, "shard": true, "due": true,
	"taken": true, "failed": true, "unasked": true, "count": true, "version": true, "address": true, "state": true,
	"currency": true, "at_least": true, "stage": true, "event": true, "detail": true, "principal": true, "sequence": true,
	// What the controls say: closed words, amounts and a version. Reasons are people's text.
	"awaiting": true, "in_force": true,
	"similar_to": true, "similar_by": true, // another payout's id, and who created it
	"deployment": true, // CodeDeploy's number of it
}

// masked stands for the value of a key that is not on the list.
const masked = "[not logged]"

// NewLogger returns a logger that writes one JSON object a line.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: filter}))
}

// levelMetric is above every LOG_LEVEL: an alarm must not go quiet because somebody
// wanted shorter logs.
const levelMetric = slog.LevelError + 4

// LevelAudit is above every LOG_LEVEL too: who looked at what must be found later,
// however short the logs are.
const LevelAudit = slog.LevelError + 2

// levelNames are the levels that slog has no name for.
var levelNames = map[any]string{levelMetric: "METRIC", LevelAudit: "AUDIT"}

func filter(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		if name, ours := levelNames[a.Value.Any()]; ours {
			return slog.String(slog.LevelKey, name)
		}
	}
	if len(groups) == 0 && (allowed[a.Key] || metricKeys[a.Key]) {
		return a
	}
	return slog.String(a.Key, masked)
}
