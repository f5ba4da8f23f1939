package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

const (
	vexoraSecret  = "vexora-test-secret-0001"
	monetixSecret = "monetix-test-secret"
)

// merchant takes callbacks and answers them as it is told.
type merchant struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []map[string]any
	raw    [][]byte
	status int
	says   string
}

func newMerchant(t *testing.T) *merchant {
	t.Helper()
	m := &merchant{status: 200, says: "OK"}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		decoded := map[string]any{}
		if err := json.Unmarshal(raw, &decoded); err != nil {
			t.Error(err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.bodies, m.raw = append(m.bodies, decoded), append(m.raw, raw)
		w.WriteHeader(m.status)
		_, _ = io.WriteString(w, m.says)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *merchant) received() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.bodies)
}

func (m *merchant) answers(status int, says string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status, m.says = status, says
}

// world is a sandbox, its address and a merchant.
type world struct {
	t *testing.T
	*sandbox.Sandbox
	url      string
	merchant *merchant
}

func newWorld(t *testing.T, change func(*sandbox.Config)) *world {
	t.Helper()
	c := sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{"cambodia": {MerchantNo: "1", Secret: vexoraSecret, Currency: "KHR"}},
		Monetix:        sandbox.MonetixProject{ProjectID: 1234, Secret: monetixSecret},
		CallbackDelay:  10 * time.Millisecond, RetryGaps: []time.Duration{10 * time.Millisecond, 10 * time.Millisecond},
		SlowAnswer: 50 * time.Millisecond,
	}
	change(&c)
	box, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box.Handler())
	w := &world{t: t, Sandbox: box, url: server.URL, merchant: newMerchant(t)}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := box.Close(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return w
}

func plain(*sandbox.Config) {}

// vexora sends fields, signed by the service's own code: the sandbox has another
// implementation, and a difference shows here.
func (w *world) vexora(path string, fields map[string]string) (int, map[string]any) {
	w.t.Helper()
	fields["sign"] = vexora.Sign(fields, secrets.New(vexoraSecret))
	body, _ := json.Marshal(fields)
	return w.post("/vexora/cambodia/v1/vexora/"+path, body)
}

func (w *world) post(path string, body []byte) (int, map[string]any) {
	w.t.Helper()
	request, err := http.NewRequest("POST", w.url+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header["merchantNo"] = []string{"1"}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	reply, err := client.Do(request)
	if err != nil {
		return 0, nil
	}
	defer reply.Body.Close()
	decoded := map[string]any{}
	raw, _ := io.ReadAll(reply.Body)
	_ = json.Unmarshal(raw, &decoded)
	return reply.StatusCode, decoded
}

func (w *world) disbursement(script string) map[string]string {
	return map[string]string{
		"timestamp": "1778919000000", "tradeNo": "PAAAAAAAAAAAAAAAAAAAAAAA" + script, "amount": "50000", "firstname": "Sophea", "lastname": "Chan",
		"mobile": "123456789", "email": "sophea.chan@example.com", "channelCode": "EWALLET", "wayCode": "LANTON", "bankCode": "0004",
		"bankNumber": "8899" + script, "accountId": "lanton", "notifyUrl": w.merchant.URL, "remark": "May",
	}
}

// monetix sends a tree, signed by the service's own code.
func (w *world) monetix(path, body string) (int, map[string]any) {
	w.t.Helper()
	tree, err := jsontree.Parse([]byte(body), jsontree.DefaultLimits)
	if err != nil {
		w.t.Fatal(err)
	}
	signature := monetix.Sign(tree, secrets.New(monetixSecret))
	return w.post("/monetix/v2/payment/"+path, []byte(strings.Replace(body, `"general":{`, fmt.Sprintf(`"general":{"signature":%q,`, signature), 1)))
}

func (w *world) payment(script string) string {
	return fmt.Sprintf(`{"general":{"project_id":1234,"payment_id":"M%s","merchant_callback_url":%q},"customer":{"id":"c","ip_address":"198.51.100.47","email":"a@example.com","phone":"123456789"},
		"account":{"number":"1234%s","bank_id":61021,"customer_name":"John Doe"},"payment":{"currency":"KHR","amount":5000000}}`, script, w.merchant.URL, script)
}

func (w *world) await(what string, done func() bool) {
	w.t.Helper()
	for range 300 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Errorf("%s did not happen", what)
}

func TestAPayoutIsTakenPaidAndCalledBack(t *testing.T) {
	w := newWorld(t, plain)
	status, answer := w.vexora("disbursements", w.disbursement("0000"))
	data, _ := answer["data"].(map[string]any)
	if status != 200 || answer["code"] != "0000" || data["status"] != "0015" || data["remark"] != "May" {
		t.Fatalf("%d %v", status, answer)
	}
	w.await("the callback", func() bool { e, _ := w.Find("PAAAAAAAAAAAAAAAAAAAAAAA0000"); return e.Delivered == 1 })
	fields := map[string]string{}
	if err := json.Unmarshal(w.merchant.raw[0], &fields); err != nil {
		t.Fatal(err)
	}
	if fields["sign"] != vexora.Sign(fields, secrets.New(vexoraSecret)) || fields["status"] != "0000" || fields["amount"] != "50000" {
		t.Errorf("%v", fields)
	}

	status, answer = w.monetix("banks/cambodia/payout", w.payment("0000"))
	if status != 200 || answer["status"] != "success" || answer["payment_id"] != "M0000" || answer["request_id"] == "" {
		t.Fatalf("%d %v", status, answer)
	}
	w.await("the callback", func() bool { e, _ := w.Find("M0000"); return e.Delivered == 1 })
	body := w.merchant.bodies[len(w.merchant.bodies)-1]
	tree, err := jsontree.Parse(w.merchant.raw[len(w.merchant.raw)-1], jsontree.DefaultLimits)
	if err != nil || body["signature"] != monetix.Sign(tree, secrets.New(monetixSecret)) {
		t.Errorf("%v, %v", body, err)
	}
	for _, e := range w.Ledger() {
		if e.Executed != 1 || e.State != sandbox.Paid || e.Amount != 5000000 {
			t.Errorf("%+v", e)
		}
	}
}

func TestTheTwinIsStrictAboutVexorasFields(t *testing.T) {
	w := newWorld(t, plain)
	for name, change := range map[string]func(map[string]string){
		"a missing field":     func(f map[string]string) { delete(f, "email") },
		"an unknown field":    func(f map[string]string) { f["currency"] = "KHR" },
		"a part of a riel":    func(f map[string]string) { f["amount"] = "50000.50" },
		"a country code":      func(f map[string]string) { f["mobile"] = "85512345678" },
		"no account id":       func(f map[string]string) { delete(f, "accountId") },
		"an account id":       func(f map[string]string) { f["channelCode"] = "BAKONG" },
		"a plain address":     func(f map[string]string) { f["notifyUrl"] = "http://merchant.example.com" },
		"a time in seconds":   func(f map[string]string) { f["timestamp"] = "1778919000" },
		"a short bank code":   func(f map[string]string) { f["bankCode"] = "4" },
		"a long trade number": func(f map[string]string) { f["tradeNo"] = strings.Repeat("P", 33) },
	} {
		fields := w.disbursement("0000")
		change(fields)
		if status, answer := w.vexora("disbursements", fields); status != 200 || answer["code"] != "8000" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	fields := w.disbursement("0000")
	fields["sign"] = "0123456789abcdef0123456789abcdef"
	body, _ := json.Marshal(fields)
	if _, answer := w.post("/vexora/cambodia/v1/vexora/disbursements", body); answer["code"] != "8000" {
		t.Errorf("a forged request: %v", answer)
	}
	if len(w.Ledger()) != 0 {
		t.Errorf("%v", w.Ledger())
	}
}

func TestTheTwinIsStrictAboutMonetixMembers(t *testing.T) {
	w := newWorld(t, plain)
	for name, test := range map[string]struct {
		old, fresh string
		status     int
	}{
		"another project":     {"1234,", "1235,", 404},
		"a missing member":    {`"ip_address":"198.51.100.47",`, "", 400},
		"a plus in the phone": {`"123456789"`, `"+855123456"`, 400},
		"an amount as text":   {"5000000", `"5000000"`, 400},
		"a fraction":          {"5000000", "5000000.5", 400},
		"a bank id as text":   {"61021", `"61021"`, 400},
		"an unknown member":   {`"phone"`, `"fax":"1","phone"`, 400},
		"another currency":    {"KHR", "THB", 400},
	} {
		if status, answer := w.monetix("banks/cambodia/payout", strings.Replace(w.payment("0000"), test.old, test.fresh, 1)); status != test.status {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	for name, test := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"no JSON":      {"{", 422, "2003"},
		"no signature": {w.payment("0000"), 400, "2004"},
		"forged":       {strings.Replace(w.payment("0000"), `"general":{`, `"general":{"signature":"AAAA",`, 1), 400, "3261"},
	} {
		status, answer := w.post("/monetix/v2/payment/banks/cambodia/payout", []byte(test.body))
		if status != test.status || answer["code"] != test.code {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if len(w.Ledger()) != 0 {
		t.Errorf("%v", w.Ledger())
	}
}

func TestADuplicateIsRefusedAndExecutedOnlyInTheWorstMood(t *testing.T) {
	for _, worst := range []bool{false, true} {
		w := newWorld(t, func(c *sandbox.Config) { c.VexoraExecutesDuplicates = worst })
		w.vexora("disbursements", w.disbursement("9003"))
		w.await("the payment", func() bool { e, _ := w.Find("PAAAAAAAAAAAAAAAAAAAAAAA9003"); return e.Executed == 1 })
		if _, answer := w.vexora("disbursements", w.disbursement("9003")); answer["code"] != "8000" {
			t.Errorf("%v", answer)
		}
		e, _ := w.Find("PAAAAAAAAAAAAAAAAAAAAAAA9003")
		if want := map[bool]int{false: 1, true: 2}[worst]; e.Executed != want || e.Requests != 2 {
			t.Errorf("worst mood %v: %+v", worst, e)
		}
		w.monetix("banks/cambodia/payout", w.payment("9003"))
		if status, answer := w.monetix("banks/cambodia/payout", w.payment("9003")); status != 400 || answer["code"] != "3041" {
			t.Errorf("%d %v", status, answer)
		}
	}
}

func TestACallbackIsRepeatedUntilItIsAccepted(t *testing.T) {
	w := newWorld(t, func(c *sandbox.Config) { c.RetryGaps = slices.Repeat([]time.Duration{20 * time.Millisecond}, 100) })
	w.merchant.answers(200, `"OK"`) // quoted: not what Vexora wants
	w.vexora("disbursements", w.disbursement("0000"))
	w.await("a second try", func() bool { return w.merchant.received() >= 2 })
	w.merchant.answers(200, "OK")
	w.await("the acceptance", func() bool { e, _ := w.Find("PAAAAAAAAAAAAAAAAAAAAAAA0000"); return e.Delivered == 1 && e.Refused >= 1 })
}

func TestACallbackThatNobodyAcceptsIsGivenUp(t *testing.T) {
	w := newWorld(t, plain)
	w.merchant.answers(204, "")
	w.monetix("banks/cambodia/payout", w.payment("0000"))
	w.await("giving up", func() bool { e, _ := w.Find("M0000"); return e.Refused == 3 && e.Delivered == 0 })
}

func TestWhatIsTakenByNobodyIsNotFound(t *testing.T) {
	w := newWorld(t, plain)
	for _, script := range []string{"9002", "9008", "9016", "9017"} {
		w.vexora("disbursements", w.disbursement(script))
		w.monetix("banks/cambodia/payout", w.payment(script))
		_, v := w.vexora("queryPayOutResult", map[string]string{"tradeNo": "PAAAAAAAAAAAAAAAAAAAAAAA" + script, "timestamp": "1778919000000"})
		_, m := w.monetix("status", fmt.Sprintf(`{"general":{"project_id":1234,"payment_id":"M%s"}}`, script))
		if v["code"] != "8000" || m["operations"] != nil || m["signature"] == nil {
			t.Errorf("%s: %v %v", script, v, m)
		}
	}
	for _, e := range w.Ledger() {
		if e.Executed != 0 {
			t.Errorf("%+v", e)
		}
	}
}

func TestABalanceIsTold(t *testing.T) {
	w := newWorld(t, plain)
	_, answer := w.vexora("queryBalance", map[string]string{"timestamp": "1778919000000"})
	if data, _ := answer["data"].(map[string]any); data["availableAmount"] == nil {
		t.Errorf("%v", answer)
	}
}

func TestATwinRemembersAcrossARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	var reference = "PAAAAAAAAAAAAAAAAAAAAAAA0000"
	t.Run("before", func(t *testing.T) {
		w := newWorld(t, func(c *sandbox.Config) { c.StatePath, c.CallbackDelay = path, time.Hour })
		w.vexora("disbursements", w.disbursement("0000"))
	})
	t.Run("after", func(t *testing.T) {
		w := newWorld(t, func(c *sandbox.Config) { c.StatePath, c.RetryGaps = path, []time.Duration{} })
		w.await("the payment", func() bool { e, known := w.Find(reference); return known && e.Executed == 1 && e.Refused == 1 })
		if _, answer := w.vexora("disbursements", w.disbursement("0000")); answer["code"] != "8000" {
			t.Errorf("%v", answer)
		}
	})
}

func TestEveryScriptHasANameAndAnEnd(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sandbox.Scripts() {
		if len(s.Code) != 4 || s.Name == "" || s.Says == "" || seen[s.Code] {
			t.Errorf("%+v", s)
		}
		seen[s.Code] = true
	}
	if len(seen) != 23 {
		t.Errorf("%d scripts", len(seen))
	}
	if _, err := sandbox.New(sandbox.Config{}); err == nil {
		t.Error("a sandbox of nobody")
	}
}
