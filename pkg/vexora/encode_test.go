package vexora_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

const callbackURL = "https://merchant.example.com/webhooks/vexora/disbursement"

// options are those of a client that lacks nothing.
func options(t *testing.T, k vexora.Keys) vexora.Options {
	t.Helper()
	banks, err := wire.Banks(map[bank.Slug]bank.Override{"aba": {"vexora_enabled": []byte("true")}})
	if err != nil {
		t.Fatal(err)
	}
	return vexora.Options{Keys: k, Settings: vexora.DefaultSettings(), Banks: banks, CallbackURL: callbackURL, Now: clock}
}

func newClient(t *testing.T, o vexora.Options) *vexora.Client {
	t.Helper()
	c, err := vexora.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// server answers every request alike and remembers them.
type server struct {
	mu sync.Mutex // of what follows: status queries for balances come side by side
	*httptest.Server
	requests []*http.Request
	bodies   []map[string]string
}

func newServer(t *testing.T, status int, answer string) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		fields := map[string]string{} // only texts decode into it
		if err == nil {
			err = json.Unmarshal(raw, &fields)
		}
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, fields)
		s.mu.Unlock()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func send(t *testing.T, o vexora.Options, p payout.Payout) payout.Claim {
	t.Helper()
	submission, found, err := newClient(t, o).Prepare(context.Background(), p)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	defer submission.Close()
	return submission.Send(context.Background())
}

func TestTheRequestIsThePagesOwnExample(t *testing.T) {
	s := newServer(t, 200, `{}`)
	p := example(t)
	send(t, options(t, testKeys(t, s.URL+"/base")), p)
	raw, err := os.ReadFile("testdata/seed_request.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	got, r := s.bodies[0], s.requests[0]
	if r.URL.Path != "/base/v1/vexora/disbursements" || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("merchantNo") != "0000000001" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if got["tradeNo"] != string(p.ProviderReference()) || got["timestamp"] != "1778919000000" {
		t.Errorf("tradeNo %s, timestamp %s", got["tradeNo"], got["timestamp"])
	}
	if got["sign"] != vexora.Sign(got, secrets.New(rielSecret)) {
		t.Error("the signature is of another body")
	}
	for _, mine := range []string{"sign", "tradeNo"} {
		delete(want, mine)
		delete(got, mine)
	}
	if !maps.Equal(want, got) {
		t.Errorf("%v, the page has %v", got, want)
	}
}

func TestDollarsGoToTheirOwnAccount(t *testing.T) {
	s := newServer(t, 200, `{}`)
	p := example(t)
	p.Amount, p.Description = amount(t, "12.5", money.USD), ""
	send(t, options(t, testKeys(t, s.URL)), p)
	got := s.bodies[0]
	if _, sent := got["remark"]; sent || got["amount"] != "12.50" || s.requests[0].Header.Get("merchantNo") != "0000000002" {
		t.Errorf("%v", got)
	}
	if got["sign"] != vexora.Sign(got, secrets.New(dollarSecret)) {
		t.Error("signed with the other account's secret")
	}
}

func TestBanksNeedChannelAndWay(t *testing.T) {
	s := newServer(t, 200, `{}`)
	o := options(t, testKeys(t, s.URL))
	p := example(t)
	p.Destination = payout.Destination{Type: payout.BankDestination, Bank: "aba", AccountNumber: "000123456"}
	_, found, err := newClient(t, o).Prepare(context.Background(), p)
	if err != nil || len(found) != 1 || found[0].Code != payout.ProviderNotConfigured {
		t.Fatalf("%v, %v", found, err)
	}
	o.Settings.BankChannelCode, o.Settings.BankWayCode, o.Settings.AccountNumberField = "BAKONG", "BAKONG", "accountNo"
	send(t, o, p)
	got := s.bodies[0]
	_, withAccountID := got["accountId"]
	_, withBankNumber := got["bankNumber"]
	if got["channelCode"] != "BAKONG" || got["wayCode"] != "BAKONG" || got["accountNo"] != "000123456" || len(got["bankCode"]) != 4 || withAccountID || withBankNumber {
		t.Errorf("%v", got)
	}
}

func TestWhatVexoraCannotExpressIsAFaultAtItsPlace(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*payout.Payout, *vexora.Options)
		pointer string
		code    payout.FaultCode
	}{
		"a part of a riel":                    {func(p *payout.Payout, _ *vexora.Options) { p.Amount = amount(t, "50000.50", money.KHR) }, "/amount", payout.AmountNotExpressible},
		"a short phone":                       {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Phone = "1234567" }, "/beneficiary/phone", payout.InvalidRequest},
		"a foreign phone":                     {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Phone = "+1 415 555 2671" }, "/beneficiary/phone", payout.InvalidRequest},
		"a foreign phone of nine digits":      {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Phone = "+298 123456" }, "/beneficiary/phone", payout.InvalidRequest},
		"a foreign phone of eight digits":     {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Phone = "00677-12345" }, "/beneficiary/phone", payout.InvalidRequest},
		"a country code that begins with 0":   {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Phone = "+012345678" }, "/beneficiary/phone", payout.InvalidRequest},
		"nine digits, where eight are wanted": {func(_ *payout.Payout, o *vexora.Options) { o.Settings.PhoneDigits = "8" }, "/beneficiary/phone", payout.InvalidRequest},
		"a bank that is off": {func(p *payout.Payout, o *vexora.Options) {
			o.Settings.BankChannelCode, o.Settings.BankWayCode = "X", "Y"
			p.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1"}
		}, "/destination/bank", payout.UnsupportedBank},
		"= in a name":      {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.LastName = "a=b" }, "/beneficiary/last_name", payout.InvalidRequest},
		"= in an address":  {func(p *payout.Payout, _ *vexora.Options) { p.Beneficiary.Email = "a=b@example.com" }, "/beneficiary/email", payout.InvalidRequest},
		"no callback":      {func(_ *payout.Payout, o *vexora.Options) { o.CallbackURL = "" }, "/provider", payout.ProviderNotConfigured},
		"a plain callback": {func(_ *payout.Payout, o *vexora.Options) { o.CallbackURL = "http://127.0.0.1/" }, "/provider", payout.ProviderNotConfigured},
		"no account":       {func(_ *payout.Payout, o *vexora.Options) { delete(o.Keys.(*keys).sets[0], money.KHR) }, "/currency", payout.ProviderNotConfigured},
	} {
		p, o := example(t), options(t, testKeys(t, "https://api.example.com"))
		test.change(&p, &o)
		built, found, err := newClient(t, o).Prepare(context.Background(), p)
		if err != nil || len(found) != 1 || found[0].Pointer != test.pointer || found[0].Code != test.code {
			t.Errorf("%s: %v, %v", name, found, err)
		}
		if built != nil {
			t.Errorf("%s: a request was built all the same", name)
		}
	}
}
