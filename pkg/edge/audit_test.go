package edge_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
)

type shelved struct{}

func (shelved) Get(_ context.Context, id payout.ID) (payout.Payout, error) {
	return payout.Payout{ID: id, History: []payout.Entry{{Raw: []byte("x")}}}, nil
}

// TestWhoReadEvidenceIsLegibleInTheAuditLine: histories clean and bound a principal, the audit
// line does not.
func TestWhoReadEvidenceIsLegibleInTheAuditLine(t *testing.T) {
	var out bytes.Buffer
	h := edge.NewOperate(edge.Operate{Evidence: shelved{}, Log: telemetry.NewLogger(&out, slog.LevelInfo)})
	e := edge.Event{RawPath: "/v1/payouts/po_abcdefghijklmnopqrstuvwxyz/evidence/1"}
	e.RequestContext.HTTP.Method = http.MethodGet
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{
			"iss": "https://login.example.com/", "sub": "dara\u202e\u200b\u009b2J" + strings.Repeat("x", 8000)}},
	}
	r, err := h(t.Context(), e)
	if err != nil || r.StatusCode != 200 {
		t.Fatal(r, err)
	}
	if strings.ContainsAny(out.String(), "\u202e\u200b\u009b") || out.Len() > 2000 {
		t.Errorf("the audit line has %d bytes, control and direction characters among them: %.200q", out.Len(), out.String())
	}
}

// A body of thousands of faults must not become an answer of thousands.
func TestOfOneBodyOnlySoManyFaultsAreTold(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"reference":"R1"`)
	for n := range 3000 {
		fmt.Fprintf(&body, `,"unknown%d":1`, n)
	}
	body.WriteString("}")
	var shape int
	h := edge.NewCreate(creator(func(d payout.Draft, _ payout.Principal) (payout.Created, error) {
		shape = len(d.Shape)
		return payout.Created{}, &payout.Refusal{Kind: payout.Unreadable, Faults: d.Shape}
	}), quiet)
	call(t, h, event("POST", "/v1/payouts", body.String()))
	if shape == 0 || shape > 100 {
		t.Errorf("%d faults", shape)
	}
}
