package edge_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"cambodia-payouts/pkg/edge"
)

// Whoever pastes PAYOUT_ID, or his own reference, into a path is told what belongs there.
func TestAPathWithoutAPayoutIDSaysHowOneLooks(t *testing.T) {
	read := edge.NewRead(edge.Reader{})
	operate := edge.NewOperate(edge.Operate{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	for _, test := range []struct {
		handler      edge.Handler
		method, path string
		says         bool
	}{
		{operate, "POST", "/v1/payouts/PAYOUT_ID/resolve", true},
		{operate, "POST", "/v1/payouts/KHPO202605160001/cancel", true},
		{read, "GET", "/v1/payouts/PAYOUT_ID", true},
		{operate, "POST", "/v1/payouts/PAYOUT_ID/pay", false},
		{operate, "POST", "/v1/payout/PAYOUT_ID/cancel", false},
		{read, "GET", "/v1/payouts/PAYOUT_ID/more", false},
		{read, "GET", "/v1/payout", false},
	} {
		reply, decoded := call(t, test.handler, event(test.method, test.path, ""))
		detail, _ := decoded["detail"].(string)
		if reply.StatusCode != 404 || decoded["code"] != "not-found" || strings.Contains(detail, "po_ and 26") != test.says {
			t.Errorf("%s %s: %d %s", test.method, test.path, reply.StatusCode, reply.Body)
		}
	}
}
