package edge_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
)

// A payout that was withdrawn while an earlier attempt may still pay does not look like one that was
// certainly never sent.
func TestEveryEndShowsWhetherItIsCertain(t *testing.T) {
	uncertain := some(t, payout.Cancelled)
	uncertain.Attempt = 2
	for name, test := range map[string]struct {
		p    payout.Payout
		want any
	}{
		"paid":                                {some(t, payout.Succeeded), "final"},
		"withdrawn":                           {some(t, payout.Cancelled), "final"},
		"withdrawn beside an earlier attempt": {uncertain, "unknown"},
		"under way":                           {some(t, payout.Processing), nil},
	} {
		_, read := call(t, edge.NewRead(edge.Reader{Library: stored{p: test.p}, Log: quiet}), event("GET", "/v1/payouts/"+string(id), ""))
		if read["outcome"] != test.want {
			t.Errorf("%s: %v", name, read["outcome"])
		}
	}
}

// Who creates, or repeats a create, stands in the log.
func TestACreateNamesItsPrincipal(t *testing.T) {
	for _, replayed := range []bool{false, true} {
		var log bytes.Buffer
		h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
			return payout.Created{Payout: some(t, payout.Processing), Replayed: replayed}, nil
		}), telemetry.NewLogger(&log, slog.LevelInfo))
		if call(t, h, signed(event("POST", "/v1/payouts", goodBody), session)); !strings.Contains(log.String(), `"principal":"arn:aws:`) {
			t.Errorf("replayed %t: %s", replayed, log.String())
		}
	}
}
