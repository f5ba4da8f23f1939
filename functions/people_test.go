package functions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// visit is one request of a person.
type visit struct {
	by, method, path, query, body string
	csv                           bool
	status                        int
	says                          string
}

func (c visit) send(h *host) (int, string) {
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RawPath: c.path, RawQueryString: c.query, Body: c.body, Headers: map[string]string{"content-type": "application/json"},
	}
	if c.csv {
		event.Headers["content-type"], event.Body, event.IsBase64Encoded = "text/csv", base64.StdEncoding.EncodeToString([]byte(c.body)), true
	}
	event.RequestContext.HTTP.Method = c.method
	event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: c.by},
	}
	encoded, err := json.Marshal(event)
	if err != nil {
		return 0, err.Error()
	}
	raw, err := h.invoke(encoded)
	var reply events.APIGatewayV2HTTPResponse
	if err != nil || json.Unmarshal(raw, &reply) != nil {
		return http.StatusBadGateway, string(raw)
	}
	return reply.StatusCode, reply.Body
}

// TestPeopleOnTheWireHaveWhatTheirRoleGives runs what people do, and what readers read, through
// the compiled functions behind the gate: the orders, a statement by two people, every list.
func TestPeopleOnTheWireHaveWhatTheirRoleGives(t *testing.T) {
	s := deploy(t)
	hold := s.over(t, map[string]string{"Submissions": "held"})
	expectAnswers(t, hold.create, []int{40, 41, 42}, http.StatusAccepted)
	if status, _ := s.create.request("POST", "/v1/payouts", draft(43)); status >= 300 {
		t.Fatalf("no payout to look at: %d", status)
	}
	time.Sleep(2 * time.Second) // its callback
	drain(t, s.host("reconcile-payouts", "3m", 55*time.Second))

	for _, unknown := range []string{"paid-by-hand", reference(99)} {
		if status := s.callBack(unknown); status != http.StatusOK {
			t.Errorf("a callback about %s: %d", unknown, status)
		}
	}
	operate, get := s.host("operate-payout", "", 28*time.Second), s.host("get-payout", "", 10*time.Second)
	path := func(n int, order string) string {
		return "/v1/payouts/" + string(payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n)))) + order
	}
	today := time.Now().UTC().Format("2006-01-02")
	statement := "tradeNo,platFormTradeNo,amount,currency,status\n" + reference(43) + ",VX1,1043.00,KHR,0000\n"
	days := "provider=vexora&from=" + today + "&to=" + today
	why := `{"reason": "the rehearsal of the roles"}`
	for _, c := range []struct {
		through *host
		visit
	}{
		{operate, visit{by: payroll, method: "POST", path: path(40, "/cancel"), body: why, status: 0}},
		{operate, visit{by: payroll, method: "POST", path: path(41, "/resend"), body: why, status: 0}},
		{operate, visit{by: payroll, method: "POST", path: path(43, "/resend-event"), body: `{"reason": "the rehearsal of the roles", "event": 1}`, status: 200}},
		{operate, visit{by: payroll, method: "POST", path: path(43, "/resolve"), body: `{"as": "reviewed", "evidence": "letter", "reason": "seen"}`, status: 0}},
		{operate, visit{by: finance, method: "POST", path: path(43, "/resolve"), body: `{"as": "reviewed", "evidence": "letter", "reason": "seen"}`, status: 0}},
		{operate, visit{by: payroll, method: "GET", path: path(43, "/evidence/1"), status: 0}},
		{operate, visit{by: payroll, method: "POST", path: "/v1/statements", query: days + "&check=true", body: statement, csv: true, status: 200}},
		{operate, visit{by: payroll, method: "POST", path: "/v1/statements", query: days, body: statement, csv: true, status: 200, says: `"awaiting":true`}},
		{operate, visit{by: finance, method: "POST", path: "/v1/statements", query: days, body: statement, csv: true, status: 200}},
		{get, visit{by: payroll, method: "GET", path: path(43, ""), status: 200, says: "proc-00043"}},
		{get, visit{by: payroll, method: "GET", path: "/v1/payouts", query: "reference=proc-00043", status: 200}},
		{get, visit{by: payroll, method: "GET", path: "/v1/payouts", query: "day=" + today, status: 200, says: "proc-00043"}},
		{get, visit{by: payroll, method: "GET", path: "/v1/payouts", query: "attention=true", status: 200}},
		{get, visit{by: payroll, method: "GET", path: "/v1/orphans", status: 200, says: "paid-by-hand"}},
		{get, visit{by: payroll, method: "GET", path: "/v1/events", status: 200}},
		{get, visit{by: payroll, method: "GET", path: "/v1/banks", status: 200}},
	} {
		status, body := c.send(c.through)
		if c.status != 0 && status != c.status || status >= 500 || !strings.Contains(body, c.says) {
			t.Errorf("%s %s?%s: %d %s", c.method, c.path, c.query, status, body)
		}
	}
}

// callBack posts a genuine callback about a payout that the table does not have.
func (s *stack) callBack(reference string) int {
	values := map[string]string{
		"amount": "5000", "message": "SUCCESS", "platFormTradeNo": "VX99", "status": "0000", "timestamp": "1778919005000", "tradeNo": reference,
	}
	values["sign"] = vexora.Sign(values, secrets.New(vexoraKey))
	body, err := json.Marshal(values)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.Post(s.gateway.URL+"/vexora", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}
