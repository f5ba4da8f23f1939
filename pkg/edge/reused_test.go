package edge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
)

// Whoever tries account numbers out under a reference is told that it is taken, as often as he
// asks. Who it was, and how often, stands in the log whatever its level, in a few lines.
func TestWhoTriesReferencesOutIsCounted(t *testing.T) {
	var out bytes.Buffer
	h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{}, &payout.Refusal{Kind: payout.ReferenceReused, Existing: id}
	}), telemetry.NewLogger(&out, slog.LevelError))
	post := func(role string, times int) {
		e := event("POST", "/v1/payouts", goodBody)
		e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: "arn:aws:sts::111122223333:assumed-role/" + role + "/s"},
		}
		for range times {
			call(t, h, e)
		}
	}
	post("guesser", 1000)
	post("payroll", 2)
	lines, told := map[string]int{}, map[string]int{}
	for line := range strings.Lines(out.String()) {
		var said struct {
			Level, Msg, Principal, Code string
			PayoutID                    string `json:"payout_id"`
			Count                       int
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Msg != "reference reused" || said.Level != "AUDIT" || said.PayoutID != string(id) {
			t.Fatalf("%v: %s", err, line)
		}
		lines[said.Principal]++
		told[said.Principal] += said.Count
	}
	guesser, payroll := "arn:aws:iam::111122223333:role/guesser", "arn:aws:iam::111122223333:role/payroll"
	if lines[guesser] > 40 || told[guesser] < 500 || told[guesser] > 1000 || lines[payroll] != 2 || told[payroll] != 2 {
		t.Errorf("%d lines that stand for %d of 1000; of the other caller %d for %d", lines[guesser], told[guesser], lines[payroll], told[payroll])
	}
}

// Of a redacted payout nobody knows whether the request is the same. The answer must not say
// that it is another one, and the advice stays: read it before anything is posted anew.
func TestAReferenceOfARedactedPayoutIsAnsweredTruly(t *testing.T) {
	taken := creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{}, &payout.Refusal{Kind: payout.ReferenceReused, Existing: id, Outcome: payout.OutcomeFinal, Redacted: true}
	})
	reply, decoded := call(t, edge.NewCreate(taken, quiet), event("POST", "/v1/payouts", goodBody))
	detail := fmt.Sprint(decoded["detail"])
	if strings.Contains(detail, "with other amount") || !strings.Contains(detail, "redacted") || !strings.Contains(detail, "read that one first") || !strings.Contains(detail, "do not post it again") {
		t.Error(detail)
	}
	if reply.StatusCode != 422 || decoded["code"] != "reference-reused" || decoded["outcome"] != "final" || decoded["payout"] != "/v1/payouts/"+string(id) {
		t.Errorf("%d %v", reply.StatusCode, decoded)
	}
}
