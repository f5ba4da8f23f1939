package boot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// peopleDocument is the register of the sample events.
const peopleDocument = `{"people": [
	{"name": "Dara", "principals": ["arn:aws:iam::111122223333:role/payroll"]},
	{"name": "Bopha", "principals": ["arn:aws:iam::111122223333:role/finance"]}]}`

const onePerson = `{"people": [{"name": "Dara", "principals": ["arn:aws:iam::111122223333:role/payroll"]}]}`

// operating is operate-payout with what it writes to its log.
func operating(t *testing.T, documents map[string]string, env ...string) (wire.Parts, edge.Handler, *bytes.Buffer) {
	t.Helper()
	documents["vexora"], documents["monetix"] = vexoraDocument, monetixDocument
	d := deployment(t, documents)
	c := read[boot.OperateConfig](t, environment(env...))
	log := &bytes.Buffer{}
	d.Log = telemetry.NewLogger(log, c.LogLevel)
	operate, err := boot.Assemble(d, c).Operator(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return d, edge.NewOperate(operate), log
}

func TestTroubleWithTheRegisterIsSaidAtTheStartAndStopsNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		documents map[string]string
		env, says string
	}{
		"not set":        {map[string]string{}, "PEOPLE_SECRET_ID=", ""},
		"placeholder":    {map[string]string{"people": `{"people": [{"name": "REPLACE_ME"}]}`}, "PEOPLE_SECRET_ID=people", "no usable register"},
		"not there":      {map[string]string{}, "PEOPLE_SECRET_ID=people", "no usable register"},
		"not readable":   {map[string]string{"people": `{"people": [{"name": "sesame"}]}`}, "PEOPLE_SECRET_ID=people", "/people/0/principals"},
		"one person":     {map[string]string{"people": onePerson}, "PEOPLE_SECRET_ID=people", "too few people"},
		"as it must be":  {map[string]string{"people": peopleDocument}, "PEOPLE_SECRET_ID=people", ""},
		"level of ERROR": {map[string]string{"people": peopleDocument}, "LOG_LEVEL=ERROR", ""},
	} {
		_, h, log := operating(t, test.documents, test.env)
		if said := log.String(); !strings.Contains(said, test.says) || (test.says == "") != (said == "") || strings.Contains(said, "sesame") {
			t.Errorf("%s: the log says %q", name, said)
		}
		e := edge.Event{RawPath: "/v1/payouts/po_zzzzzzzzzzzzzzzzzzzzzzzzzz/cancel", Body: `{"reason": "why not"}`}
		e.RequestContext.HTTP.Method = http.MethodPost
		e.RequestContext.Authorizer = by("arn:aws:iam::111122223333:role/anybody")
		if reply, err := h(t.Context(), e); err != nil || reply.StatusCode != http.StatusNotFound {
			t.Errorf("%s: a cancel is answered %d, %v", name, reply.StatusCode, err)
		}
	}
}

func by(arn string) *events.APIGatewayV2HTTPRequestContextAuthorizerDescription {
	return &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: arn},
	}
}

// TestAReadingOfEvidenceIsLoggedWhateverTheLevel: the shortest log still says who has
// seen an account number, and never the number.
func TestAReadingOfEvidenceIsLoggedWhateverTheLevel(t *testing.T) {
	d, h, log := operating(t, map[string]string{}, "LOG_LEVEL=ERROR", "PEOPLE_SECRET_ID=")
	raw := []byte(`{"account": "88990011"}`)
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	p := payout.Payout{
		Reference: "R1", Amount: amount, Fingerprint: "1.f", StatusAt: at, SubmittedAt: at, Sent: 1,
		ID: "po_abcdefghijklmnopqrstuvwxyz", Status: payout.Processing, Provider: vexora.Name,
		Attempt: 1, Version: 1, CreatedAt: at, UpdatedAt: at,
		History: []payout.Entry{{At: at, Source: payout.FromAnswer, Status: payout.Processing, Evidence: payout.HashEvidence(raw), Raw: raw}},
	}
	if err := d.Store.Insert(t.Context(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	e := edge.Event{RawPath: "/v1/payouts/" + string(p.ID) + "/evidence/1"}
	e.RequestContext.HTTP.Method = http.MethodGet
	e.RequestContext.Authorizer = by("arn:aws:sts::111122223333:assumed-role/auditor/dara")
	reply, err := h(t.Context(), e)
	if err != nil || reply.StatusCode != http.StatusOK || !strings.Contains(reply.Body, payout.HashEvidence(raw)) {
		t.Fatalf("%d %s, %v", reply.StatusCode, reply.Body, err)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, log)
	}
	if got := fmt.Sprint(line["level"], line["principal"], line["payout_id"], line["sequence"]); got != "AUDITarn:aws:iam::111122223333:role/auditor"+string(p.ID)+"1" {
		t.Errorf("%v", line)
	}
	if strings.Contains(log.String(), "88990011") || edge.LevelAudit != telemetry.LevelAudit {
		t.Errorf("%s", log)
	}
}
