package edge_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// TestOnlyACallbackThatMovesAPayoutAlwaysHasItsLine: 300 callbacks of one verdict in one
// minute, all of them stored or known.
func TestOnlyACallbackThatMovesAPayoutAlwaysHasItsLine(t *testing.T) {
	const posts = 300
	for verdict, all := range map[payout.Verdict]bool{
		payout.Applied: true, payout.Noted: false, payout.Repeated: false, payout.Stale: false,
		payout.KeptAsOrphan: false, payout.Unbelieved: false, "a verdict of tomorrow": false,
	} {
		var log bytes.Buffer
		h := edge.NewCallback(edge.Callback{
			Provider: vexora.Name, Verifier: verifier(func([]byte) (payout.Claim, error) { return payout.Claim{}, nil }),
			Receiver: receiver(func(payout.Claim) (payout.Verdict, error) { return verdict, nil }),
			Signals:  &heard{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Lines: loglimit.New(func() time.Time { return time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC) }),
		})
		for range posts {
			if r, _ := h(t.Context(), event("POST", "/", "{}")); r.StatusCode != 200 {
				t.Fatal(r.StatusCode)
			}
		}
		lines := strings.Count(log.String(), "callback stored")
		if all && lines != posts || !all && (lines == 0 || lines > 20) {
			t.Errorf("%s: %d lines about %d callbacks", verdict, lines, posts)
		}
	}
}
