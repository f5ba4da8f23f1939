package monetix_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

func TestAnswersToARequest(t *testing.T) {
	p := example(t)
	accepted := fmt.Sprintf(`{"status":"success","request_id":"r-1","project_id":1234,"payment_id":"%s"}`, p.ProviderReference())
	for name, test := range map[string]struct {
		status int
		answer string
		want   payout.Finding
	}{
		"accepted":                               {200, accepted, payout.FoundProcessing},
		"accepted, another payment":              {200, strings.Replace(accepted, string(p.ProviderReference()), "other", 1), payout.FoundUnclear},
		"accepted, another project":              {200, strings.Replace(accepted, "1234", "1235", 1), payout.FoundUnclear},
		"an error with 200":                      {200, `{"status":"error","code":"2004"}`, payout.FoundUnclear},
		"201 is not documented":                  {201, accepted, payout.FoundUnclear},
		"a missing field":                        {400, `{"status":"error","code":"2004","message":"Required field not provided"}`, payout.FoundFailed},
		"the code as a number":                   {400, `{"status":"error","code":2004}`, payout.FoundFailed},
		"the code in errors":                     {400, `{"errors":[{"code":2641,"message":"bank"}]}`, payout.FoundFailed},
		"JSON that Monetix cannot read":          {422, `{"status":"error","code":"2003"}`, payout.FoundFailed},
		"a bad signature":                        {400, `{"status":"error","code":"3261"}`, payout.FoundAboutUs},
		"a bad signature, older list":            {400, `{"status":"error","code":"1005"}`, payout.FoundAboutUs},
		"the address is not allowed":             {403, `<html>`, payout.FoundAboutUs},
		"another project":                        {404, `{"status":"error"}`, payout.FoundAboutUs},
		"the payment id exists":                  {400, `{"status":"error","code":"3041"}`, payout.FoundUnclear},
		"the payment id exists, older list":      {400, `{"status":"error","code":"10105"}`, payout.FoundUnclear},
		"a similar payment exists":               {400, `{"status":"error","code":"3613"}`, payout.FoundUnclear},
		"a duplicate with 404":                   {404, `{"status":"error","code":"3041"}`, payout.FoundUnclear},
		"400 without a code":                     {400, `{"status":"error"}`, payout.FoundUnclear},
		"400 with a code that nobody documented": {400, `{"status":"error","code":"7777"}`, payout.FoundUnclear},
		"500":                                    {500, `{"status":"error","code":"2004"}`, payout.FoundUnclear},
		"429":                                    {429, ``, payout.FoundUnclear},
		"302":                                    {302, ``, payout.FoundUnclear},
		"garbage with 200":                       {200, `<html>ok</html>`, payout.FoundUnclear},
		"nothing with 200":                       {200, ``, payout.FoundUnclear},
	} {
		c := newGate(t, test.status, test.answer).send(t, p)
		if c.Finding != test.want {
			t.Errorf("%s: %s", name, c.Finding)
		}
		if c.Finding == payout.FoundFailed && !c.OnlyIfFirst {
			t.Errorf("%s: a refusal speaks of one submission only", name)
		}
		if !c.At.Equal(at) || string(c.Raw) != test.answer {
			t.Errorf("%s: at %v, raw %q", name, c.At, c.Raw)
		}
	}
}

func TestARequestWithoutAConnectionWasNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	_ = l.Close()
	s, found, err := newClient(t, testKeys(t, address), "").Prepare(context.Background(), example(t))
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	if c := s.Send(context.Background()); c.Finding != payout.FoundNotSent {
		t.Errorf("%s: %s", c.Finding, c.Message)
	}
}

// about is a status answer's payment and operation.
type about struct{ status, operation, code, extra string }

func (a about) callback(t *testing.T, p payout.Payout) string {
	t.Helper()
	operation := a.operation
	if operation == "" {
		operation = a.status
	}
	return sign(t, fmt.Sprintf(`{"project_id":1234,"payment":{"id":"%s","type":"payout","status":%q,
		"sum":{"amount":5000000,"currency":"KHR"},"description":""},
		"operation":{"id":5028800010128225,"type":"payout","status":%q,"request_id":"r-1","code":%q,"message":"m",
		"sum_initial":{"amount":5000000,"currency":"KHR"},"sum_converted":{"amount":1250,"currency":"USD"}}%s}`,
		p.ProviderReference(), a.status, operation, a.code, a.extra), testSecret)
}

// sign puts a root signature into a body.
func sign(t *testing.T, body, secret string) string {
	t.Helper()
	signature := monetix.Sign(parse(t, body), secrets.New(secret))
	return strings.TrimSuffix(strings.TrimSpace(body), "}") + fmt.Sprintf(`,"signature":%q}`, signature)
}

func verify(t *testing.T, body string) (payout.Claim, error) {
	t.Helper()
	return monetix.NewVerifier(testKeys(t, "https://gate.example.com"), monetix.DefaultSettings(), clock).Verify(context.Background(), []byte(body))
}

func TestEveryStatusHasAMeaning(t *testing.T) {
	p := example(t)
	for name, test := range map[string]struct {
		about
		want    payout.Finding
		certain bool
	}{
		"success":                  {about{status: "success", code: "0"}, payout.FoundSucceeded, false},
		"Success, in another case": {about{status: " Success ", operation: "success", code: "0"}, payout.FoundSucceeded, false},
		"a success that the operation does not share": {about{status: "success", operation: "decline"}, payout.FoundUnlisted, false},
		"decline":                            {about{status: "decline", code: "20000"}, payout.FoundFailed, true},
		"decline, account":                   {about{status: "decline", code: "20102"}, payout.FoundFailed, true},
		"decline that looks like a time-out": {about{status: "decline", code: "20602"}, payout.FoundFailed, false},
		"decline that nobody documents":      {about{status: "decline", code: "77777"}, payout.FoundFailed, false},
		"decline that gives no reason":       {about{status: "decline"}, payout.FoundFailed, true},
		"decline that is not finished":       {about{status: "decline", code: "20802"}, payout.FoundUnlisted, false},
		"error about the data":               {about{status: "error", code: "2641"}, payout.FoundFailed, true},
		"error without a code":               {about{status: "error"}, payout.FoundFailed, false},
		"error, duplicate":                   {about{status: "error", code: "3041"}, payout.FoundUnclear, false},
		"error, status forbids":              {about{status: "error", code: "3060"}, payout.FoundUnclear, false},
		"error, exists, older list":          {about{status: "error", code: "10105"}, payout.FoundUnclear, false},
		"processing":                         {about{status: "processing"}, payout.FoundProcessing, false},
		"awaiting_retry":                     {about{status: "awaiting_retry"}, payout.FoundProcessing, false},
		"external processing":                {about{status: "external processing"}, payout.FoundProcessing, false},
		"reversed":                           {about{status: "reversed"}, payout.FoundReturned, false},
		"partially_paid_out":                 {about{status: "partially_paid_out"}, payout.FoundUnlisted, false},
		"internal error":                     {about{status: "internal error"}, payout.FoundUnlisted, false},
		"expired":                            {about{status: "expired"}, payout.FoundUnlisted, false},
		"nothing":                            {about{}, payout.FoundUnlisted, false},
		"a status of tomorrow":               {about{status: "teleported"}, payout.FoundUnlisted, false},
	} {
		c, err := verify(t, test.callback(t, p))
		if err != nil || c.Finding != test.want || c.Conclusive || c.Finding == payout.FoundFailed && c.Doubtful == test.certain {
			t.Errorf("%s: %s, doubtful %v, %v", name, c.Finding, c.Doubtful, err)
		}
		if wantsFirst := test.status == "error" && c.Finding == payout.FoundFailed; c.OnlyIfFirst != wantsFirst {
			t.Errorf("%s: only if first %v", name, c.OnlyIfFirst)
		}
	}
}

func TestTheReasonMayStandInErrors(t *testing.T) {
	p := example(t)
	c, err := verify(t, about{status: "error", extra: `,"errors":[{"code":2801,"message":"Bank not found","field":"bank_id"}]`}.callback(t, p))
	if err != nil || c.Code != "2801" || c.Message != "Bank not found" || c.Failure != payout.FailureRecipient || c.Doubtful {
		t.Errorf("%+v, %v", c, err)
	}
}
