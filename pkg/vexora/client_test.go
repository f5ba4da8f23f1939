package vexora_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// answer is an answer of Vexora's about our payout.
func answer(t *testing.T, code, status string) string {
	t.Helper()
	return fmt.Sprintf(`{"msg":"success","code":%q,"timestamp":1778919000123,"success":true,"data":{"tradeNo":"%s","platFormTradeNo":"VX1","status":%q,"message":"m","remark":"payout_KHPO202605160001"}}`,
		code, example(t).ProviderReference(), status)
}

func TestAnswersToADisbursement(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   payout.Finding
	}{
		"taken":                          {200, answer(t, "0000", "0015"), payout.FoundProcessing},
		"paid at once":                   {200, answer(t, "0000", "0000"), payout.FoundSucceeded},
		"failed at once":                 {200, answer(t, "0000", "00029"), payout.FoundFailed},
		"a status that is not listed":    {200, answer(t, "0000", "00032"), payout.FoundUnlisted},
		"an empty status":                {200, answer(t, "0000", ""), payout.FoundUnclear},
		"no data":                        {200, `{"code":"0000","success":true}`, payout.FoundUnclear},
		"null data":                      {200, `{"code":"0000","data":null}`, payout.FoundUnclear},
		"empty text as data":             {200, `{"code":"0000","data":""}`, payout.FoundUnclear},
		"texts for numbers and booleans": {200, strings.NewReplacer("1778919000123", `"1778919000123"`, "true", `"true"`).Replace(answer(t, "0000", "0015")), payout.FoundProcessing},
		"another tradeNo":                {200, strings.Replace(answer(t, "0000", "0000"), string(example(t).ProviderReference()), "X", 1), payout.FoundUnclear},
		"order error":                    {200, answer(t, "8000", "00029"), payout.FoundUnclear},
		"platform exception":             {200, answer(t, "5000", "00029"), payout.FoundUnclear},
		"a code that is not listed":      {200, answer(t, "9999", "0000"), payout.FoundUnclear},
		"a numeric code":                 {200, strings.Replace(answer(t, "0000", "0000"), `"0000"`, "0", 1), payout.FoundUnclear},
		"no JSON":                        {200, `OK`, payout.FoundUnclear},
		"nothing":                        {200, ``, payout.FoundUnclear},
		"HTTP 403":                       {403, answer(t, "0000", "0000"), payout.FoundUnclear},
		"HTTP 500":                       {500, answer(t, "0000", "0015"), payout.FoundUnclear},
		"HTTP 302":                       {302, ``, payout.FoundUnclear},
	} {
		s := newServer(t, test.status, test.body)
		c := send(t, options(t, testKeys(t, s.URL)), example(t))
		if c.Finding != test.want || len(s.requests) != 1 || c.Conclusive {
			t.Errorf("%s: %s after %d requests, conclusive %v", name, c.Finding, len(s.requests), c.Conclusive)
		}
		if string(c.Raw) != test.body || !c.At.Equal(at) {
			t.Errorf("%s: raw %q at %v", name, c.Raw, c.At)
		}
	}
}

func TestThePagesOwnAnswerIsUnderstood(t *testing.T) {
	raw, err := os.ReadFile("testdata/seed_response.json")
	if err != nil {
		t.Fatal(err)
	}
	p := example(t)
	s := newServer(t, 200, strings.Replace(string(raw), `"tradeNo": "KHPO202605160001"`, fmt.Sprintf("%q: %q", "tradeNo", p.ProviderReference()), 1))
	c := send(t, options(t, testKeys(t, s.URL)), p)
	if c.Finding != payout.FoundProcessing || c.ProviderID != "VXKHPO9C2F72QW6M4A8N1" || c.Message != "Processing" || *c.Description != p.Description {
		t.Errorf("%+v", c)
	}
}

func Test8000FailsOnlyWhereTheMerchantHasItInWriting(t *testing.T) {
	s := newServer(t, 200, answer(t, "8000", ""))
	o := options(t, testKeys(t, s.URL))
	o.Settings.Create8000 = "failed"
	c := send(t, o, example(t))
	if c.Finding != payout.FoundFailed || !c.Conclusive || !c.OnlyIfFirst || c.Failure != payout.FailureRefused {
		t.Errorf("%+v", c)
	}
	s = newServer(t, 200, answer(t, "5000", ""))
	o.Keys = testKeys(t, s.URL)
	if c := send(t, o, example(t)); c.Finding != payout.FoundUnclear {
		t.Errorf("5000: %s", c.Finding)
	}
}

func TestA8000BesideAnOrderThatWasTakenIsNoFailure(t *testing.T) {
	for data, fails := range map[string]bool{
		`null`: true, `""`: true, `{}`: true, `{"status":"","platFormTradeNo":""}`: true, `{"status":"00029"}`: true, `{"status":null}`: true,
		`{"status":"0015"}`: false, `{"status":"0000"}`: false, `{"status":15}`: false, `{"status":"7777"}`: false,
		`{"platFormTradeNo":"VX1"}`: true, `{"status":"0015","platFormTradeNo":"VX1"}`: false,
	} {
		s := newServer(t, 200, `{"code":"8000","msg":"order error","data":`+data+`}`)
		o := options(t, testKeys(t, s.URL))
		o.Settings.Create8000 = "failed"
		c := send(t, o, example(t))
		if failed := c.Finding == payout.FoundFailed && c.Conclusive; failed != fails || !fails && (c.Finding != payout.FoundUnclear || !c.Answered) {
			t.Errorf("%s: %s, conclusive %v", data, c.Finding, c.Conclusive)
		}
	}
}

func TestARequestWithoutAConnectionWasNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	k := testKeys(t, "http://"+l.Addr().String())
	if c := send(t, options(t, k), example(t)); c.Finding != payout.FoundNotSent {
		t.Errorf("sending: %s", c.Finding)
	}
	if c := newClient(t, options(t, k)).Ask(context.Background(), example(t), 1); c.Finding != payout.FoundUnclear {
		t.Errorf("asking: %s says something about the payout", c.Finding)
	}
}

func ask(t *testing.T, body string) (payout.Claim, *server) {
	t.Helper()
	s := newServer(t, 200, body)
	return newClient(t, options(t, testKeys(t, s.URL))).Ask(context.Background(), example(t), 1), s
}

func TestAQuestionIsSignedAndItsAnswerRead(t *testing.T) {
	c, s := ask(t, strings.Replace(answer(t, "0000", "0000"), `"status"`, `"amount":50000.0000,"payAmount":1,"status"`, 1))
	if c.Finding != payout.FoundSucceeded || len(c.Amounts) != 1 || c.Amounts[0] != example(t).Amount {
		t.Errorf("%+v", c)
	}
	body := s.bodies[0]
	if s.requests[0].URL.Path != "/v1/vexora/queryPayOutResult" || len(body) != 3 || body["sign"] != vexora.Sign(body, secrets.New(rielSecret)) ||
		s.requests[0].Header.Get("merchantNo") != "0000000001" {
		t.Errorf("%s %v", s.requests[0].URL, body)
	}
}

func TestAnswersToAQuestion(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want payout.Finding
	}{
		"processing":             {answer(t, "0000", "0015"), payout.FoundProcessing},
		"failed":                 {answer(t, "0000", "00029"), payout.FoundFailed},
		"not listed":             {answer(t, "0000", "0001"), payout.FoundUnlisted},
		"the question failed":    {answer(t, "8000", "00029"), payout.FoundUnclear},
		"the platform failed":    {answer(t, "5000", "0000"), payout.FoundUnclear},
		"an outer code of today": {answer(t, "1234", "0000"), payout.FoundUnclear},
		"nothing about a payout": {`{"code":"0000","data":{}}`, payout.FoundUnclear},
	} {
		if c, _ := ask(t, test.body); c.Finding != test.want {
			t.Errorf("%s: %s", name, c.Finding)
		}
	}
	for amount, suspect := range map[string]bool{`"1.001"`: true, `{}`: true, `true`: true, `""`: true, `null`: false, `50000`: false, `"50000.00"`: false} {
		c, _ := ask(t, strings.Replace(answer(t, "0000", "0000"), `"status"`, `"orderAmount":`+amount+`,"status"`, 1))
		if (c.Suspect != "") != suspect || !suspect && c.Finding != payout.FoundSucceeded {
			t.Errorf("an answer with the amount %s is %s, suspect for %q", amount, c.Finding, c.Suspect)
		}
	}
}

func TestCredentialsReportEveryFaultAndNoSecret(t *testing.T) {
	account := `{"base_url":"https://api.example.com/x/","merchant_no":"0000000001","app_secret":"s3cr3t"}`
	c, err := vexora.ParseCredentials([]byte(`{"KHR":`+account+`}`), vexora.URLRules{})
	if err != nil || len(c) != 1 || c[money.KHR].BaseURL.String() != "https://api.example.com/x" || c[money.KHR].Secret.Reveal() != "s3cr3t" {
		t.Errorf("%v, %v", c, err)
	}
	for name, test := range map[string]struct {
		document string
		faults   int
	}{
		"one secret for two currencies": {`{"KHR":` + account + `,"USD":` + strings.Replace(account, "0001", "0002", 1) + `}`, 1},
		"one account for two":           {`{"KHR":` + account + `,"USD":` + strings.Replace(account, "s3cr3t", "other", 1) + `}`, 1},
		"everything":                    {`{"EUR":{},"KHR":{"base_url":"http://api.example.com","merchant_no":7,"app_secret":" s3cr3t","x":1}}`, 5},
		"no account":                    {`{"EUR":1}`, 2},
	} {
		_, err := vexora.ParseCredentials([]byte(test.document), vexora.URLRules{})
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) != test.faults || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, placeholder := range []string{"", "{}", `{"KHR":"REPLACE_ME"}`} {
		if _, err := vexora.ParseCredentials([]byte(placeholder), vexora.URLRules{}); !errors.Is(err, vexora.ErrNotConfigured) {
			t.Errorf("%s: %v", placeholder, err)
		}
	}
	if _, err := vexora.ParseCredentials([]byte(`[]`), vexora.URLRules{}); err == nil {
		t.Error("an array is a document")
	}
}

func TestSettingsAreStrict(t *testing.T) {
	s, err := vexora.ParseSettings([]byte(`{"create_8000":"failed","bank_channel_code":"BAKONG","bank_way_code":"BAKONG"}`))
	if err != nil || s.Create8000 != "failed" || s.AccountNumberField != "bankNumber" || s.PhoneDigits != "8-9" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := vexora.ParseSettings([]byte(`{"queries_per_second":5}`)); err != nil || s.QueriesPerSecond != 5 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := vexora.ParseSettings(nil); err != nil || s != vexora.DefaultSettings() {
		t.Errorf("%+v, %v", s, err)
	}
	for _, raw := range []string{
		`{"create_8000":"yes"}`, `{"bank_way_code":"X"}`, `{"bank_way_code":"x y","bank_channel_code":"A"}`,
		`{"phone_digits":"9"}`, `{"account_number_field":"sign"}`, `{"typo":1}`, `{`,
		`{"queries_per_second":-1}`, `{"queries_per_second":2.5}`, `{"queries_per_second":1001}`, `{"queries_per_second":"2"}`,
	} {
		if _, err := vexora.ParseSettings([]byte(raw)); err == nil {
			t.Errorf("%s was accepted", raw)
		}
	}
}

func TestTheBalanceOfEachAccount(t *testing.T) {
	s := newServer(t, 200, `{"msg":"success","code":"0000","timestamp":1778919000123,"success":true,"data":{"availableAmount":9998989.1200,"freezeAmount":0.0000,"unsettledAmount":"1.0"}}`)
	balances, err := newClient(t, options(t, testKeys(t, s.URL))).Balances(context.Background())
	if err != nil || len(balances) != 2 {
		t.Fatalf("%v, %v", balances, err)
	}
	for _, b := range balances {
		if b.Available != 999_898_912 {
			t.Errorf("%+v", b)
		}
	}
	for i, r := range s.requests {
		if r.URL.Path != "/v1/vexora/queryBalance" || len(s.bodies[i]) != 2 || s.bodies[i]["timestamp"] == "" || len(s.bodies[i]["sign"]) != 32 {
			t.Errorf("%s %v", r.URL.Path, s.bodies[i])
		}
	}
}

// One account whose status query hangs must not take the time of the other.
func TestBalancesAreAskedForSideBySide(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		both.Done()
		together := make(chan struct{})
		go func() { both.Wait(); close(together) }()
		select {
		case <-together:
			_, _ = io.WriteString(w, `{"code":"0000","data":{"availableAmount":1}}`)
		case <-time.After(2 * time.Second):
			both.Add(1) // the other one comes alone
		}
	}))
	defer s.Close()
	if balances, err := newClient(t, options(t, testKeys(t, s.URL))).Balances(context.Background()); err != nil || len(balances) != 2 {
		t.Errorf("%v, %v", balances, err)
	}
}

func TestABalanceThatCannotBeReadIsNotZero(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"order error": {200, `{"code":"8000","data":{"availableAmount":1}}`},
		"no amount":   {200, `{"code":"0000","data":{}}`},
		"exponent":    {200, `{"code":"0000","data":{"availableAmount":1e9}}`},
		"no JSON":     {200, `OK`},
		"HTTP 500":    {500, `{"code":"0000","data":{"availableAmount":1}}`},
	} {
		s := newServer(t, test.status, test.body)
		balances, err := newClient(t, options(t, testKeys(t, s.URL))).Balances(context.Background())
		if err == nil || len(balances) != 0 {
			t.Errorf("%s: %v, %v", name, balances, err)
		}
	}
}
