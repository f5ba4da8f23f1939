package boot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
)

// unliked answers well, but for accounts that begin with 666000, whose answer is given.
func unliked(ok func(body string) string, status int, answer string) func(string) (int, string) {
	return func(body string) (int, string) {
		if strings.Contains(body, "666000") {
			return status, answer
		}
		return 200, ok(body)
	}
}

func takenByVexora(body string) string {
	var f struct{ TradeNo string }
	_ = json.Unmarshal([]byte(body), &f)
	return fmt.Sprintf(`{"code":"0000","msg":"success","success":true,"timestamp":1,"data":{"tradeNo":%q,"platFormTradeNo":"V1","status":"0015"}}`, f.TradeNo)
}

func takenByMonetix(body string) string {
	var f struct {
		General struct {
			PaymentID string `json:"payment_id"`
		}
	}
	_ = json.Unmarshal([]byte(body), &f)
	return fmt.Sprintf(`{"status":"success","project_id":1234,"payment_id":%q,"request_id":"r1"}`, f.General.PaymentID)
}

// Whatever a provider, or something before it, answers to five payouts of one caller: while those
// of another one go well, they go on.
func TestNoAnswerToOneCallersPayoutsStopsAnother(t *testing.T) {
	for name, test := range map[string]struct {
		provider payout.Provider
		status   int
		answer   string
	}{
		"a code that no page lists":     {monetix.Name, 400, `{"status":"error","code":"3198","message":"declined by a rule"}`},
		"a code of operations":          {monetix.Name, 400, `{"status":"error","code":"20102","message":"account"}`},
		"no code":                       {monetix.Name, 400, `{"status":"error","message":"account"}`},
		"a list of faults":              {monetix.Name, 400, `{"status":"error","errors":[{"code":2999,"field":"customer.first_name","message":"name"}]}`},
		"a number that is taken":        {monetix.Name, 400, `{"status":"error","code":"3041","message":"exists"}`},
		"a firewall with a code":        {monetix.Name, 403, `{"code":"1020","message":"denied"}`},
		"a firewall that says 403":      {monetix.Name, 403, `{"status":403,"code":403,"message":"Forbidden"}`},
		"a firewall that says nothing":  {monetix.Name, 403, `<html>denied</html>`},
		"404 of a proxy":                {monetix.Name, 404, `<html>not found</html>`},
		"406":                           {monetix.Name, 406, `<html>not acceptable</html>`},
		"500 for a name":                {monetix.Name, 500, `{"status":"error","message":"internal"}`},
		"Vexora 8000":                   {vexora.Name, 200, `{"code":"8000","msg":"account","success":false,"timestamp":1}`},
		"Vexora 8001":                   {vexora.Name, 200, `{"code":"8001","msg":"account","success":false,"timestamp":1}`},
		"Vexora 5000":                   {vexora.Name, 200, `{"code":"5000","msg":"platform","success":false,"timestamp":1}`},
		"Vexora, nothing about it":      {vexora.Name, 200, `{"code":"0000","msg":"x","success":true,"timestamp":1,"data":null}`},
		"Vexora, a status of no page":   {vexora.Name, 200, `{"code":"0000","msg":"x","success":true,"timestamp":1,"data":{"tradeNo":"","status":"00032"}}`},
		"Vexora, a firewall before it":  {vexora.Name, 403, `<html>blocked</html>`},
		"Vexora, garbage of a name":     {vexora.Name, 200, `<html>`},
		"Vexora, a gateway's own error": {vexora.Name, 502, ``},
	} {
		t.Run(name, func(t *testing.T) {
			body := func(reference, account string) string { return bankAccount(reference, "KHR", account) }
			if test.provider == vexora.Name {
				body = wallet
			}
			_, h, log := creating(t, unliked(takenByVexora, test.status, test.answer), unliked(takenByMonetix, test.status, test.answer))
			pays := func(reference, account string) {
				t.Helper()
				if _, m := create(t, h, ofDara, body(reference, account)); m["status"] != "processing" {
					t.Fatalf("%s of the other caller is %v (%v)", reference, m["status"], m["queued_reason"])
				}
			}
			pays("before-1", "10000001")
			pays("before-2", "10000002")
			for n := range 25 {
				create(t, h, ofStranger, body(fmt.Sprint("bad-", n), fmt.Sprint("666000", 10+n)))
				if n%5 == 4 {
					pays(fmt.Sprint("beside-", n), fmt.Sprint(10000100+n))
				}
			}
			if strings.Contains(log.String(), `"provider_paused":1`) {
				t.Error("the provider was paused")
			}
			if strings.Contains(log.String(), `"provider_configuration":1`) {
				t.Error("people were woken")
			}
		})
	}
}

// What one caller has in the queue goes out by the sweep, which has seen nobody's payouts go well:
// those of another one go on all the same.
func TestWhatOneCallerHasQueuedStopsNobodyElse(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		answer string
	}{"a gateway's own error": {502, ``}, "8001": {200, `{"code":"8001","msg":"account","success":false,"timestamp":1}`}} {
		d, _, log := creating(t, unliked(takenByVexora, test.status, test.answer), nil)
		now := time.Date(2026, 5, 16, 3, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		h, sweep := both(t, d)
		pays := func(n int) (went bool) {
			_, m := create(t, h, ofDara, wallet(fmt.Sprint("honest-", n), fmt.Sprint(10000000+n)))
			return m["status"] == "processing"
		}
		for n := range 40 {
			create(t, h, ofStranger, wallet(fmt.Sprint("bad-", n), fmt.Sprint("666000", 100+n)))
			if !pays(n) {
				t.Fatalf("%s: held beside the stream", name)
			}
		}
		held := 0
		for minute := range 60 {
			now = now.Add(30 * time.Second)
			_, _ = sweep(t.Context(), nil)
			now = now.Add(30 * time.Second)
			if !pays(1000 + minute) {
				held++
			}
		}
		if held > 0 || !strings.Contains(log.String(), `"caller_paused":1`) {
			t.Errorf("%s: of one payout a minute %d in 60 were held", name, held)
		}
	}
}

// beside is a store in which one payout cannot be read, or is moved by others all the time.
type beside struct {
	payout.Store
	id        payout.ID
	throttled bool
}

func (s beside) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	if id == s.id && s.throttled {
		return payout.Payout{}, fmt.Errorf("get: %w", payout.ErrThrottled)
	}
	return s.Store.Get(ctx, id)
}

func (s beside) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	if step.ID == s.id {
		p, err := s.Store.Get(ctx, step.ID)
		if err != nil {
			return p, err
		}
		p.Version++
		return payout.Payout{}, &payout.Refused{Current: &p}
	}
	return s.Store.Apply(ctx, step)
}

// A payout that somebody keeps busy, or has throttled, by one genuine callback: a statement beside
// it is answered 503, and that turns no version back.
func TestAStatementBesideABusyPayoutIsNotCalledUnstored(t *testing.T) {
	for _, throttled := range []bool{true, false} {
		d, _, _ := operating(t, map[string]string{"people": peopleDocument})
		p := seeded(t, d, seededID, payout.Unknown, monetix.Name)
		d.Store = beside{d.Store, seededID, throttled}
		log := &bytes.Buffer{}
		d.Log = telemetry.NewLogger(log, 0)
		operate, err := boot.Assemble(d, read[boot.OperateConfig](t, environment())).Operator(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file := "payment_id,request_id,amount,currency,status,code,message\n" + string(p.ProviderReference()) + ",,50000,KHR,success,1,x\n"
		status, m, _ := orderAs(t, edge.NewOperate(operate), ofDara, "POST", "/v1/statements", "provider=monetix", file)
		if status != 503 || strings.Contains(log.String(), `"not_stored":1`) {
			t.Errorf("throttled %v: %d %v\n%s", throttled, status, m["code"], log)
		}
	}
}
