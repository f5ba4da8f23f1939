package boot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"log/slog"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/people"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// creating answers every request to a provider as it is told; nil breaks the connection off.
func creating(t *testing.T, vexora, monetix func(body string) (int, string)) (wire.Parts, edge.Handler, *strings.Builder) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		answer := vexora
		if strings.HasPrefix(r.URL.Path, "/monetix") {
			answer = monetix
		}
		if answer == nil {
			panic(http.ErrAbortHandler)
		}
		status, text := answer(string(raw))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	store, err := localstore.Open(filepath.Join(t.TempDir(), "p.db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	log := &strings.Builder{}
	d := wire.Parts{Store: store, Log: telemetry.NewLogger(log, slog.LevelInfo), Secrets: secrets.NewStaticSource(withKey(map[string]string{
		"vexora":  `{"KHR": {"base_url": "` + server.URL + `/vexora", "merchant_no": "1", "app_secret": "vexora-test-secret-0001"}}`,
		"monetix": `{"base_url": "` + server.URL + `/monetix", "project_id": 1234, "secret_key": "monetix-test-secret"}`,
		"people":  peopleDocument,
	}), nil)}
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return d, edge.NewCreate(creator, d.Log), log
}

// both builds what creates and what sweeps over one deployment.
func both(t *testing.T, d wire.Parts) (edge.Handler, edge.SweepHandler) {
	t.Helper()
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sweeper, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return edge.NewCreate(creator, d.Log), edge.NewSweep(sweeper, d.Log)
}

func create(t *testing.T, h edge.Handler, arn, body string) (int, map[string]any) {
	t.Helper()
	status, m, _ := orderAs(t, h, arn, "POST", "/v1/payouts", "", body)
	return status, m
}

const beneficiary = `"beneficiary":{"id":"c1","first_name":"Sophea","last_name":"Chan","email":"a@example.com","phone":"012345678","ip_address":"198.51.100.47"}`

func wallet(reference, account string) string {
	return fmt.Sprintf(`{"reference":%q,"provider":"vexora","amount":"5000","currency":"KHR","destination":{"type":"wallet","wallet":"LANTON","account_id":"l%s","account_number":%q},%s}`,
		reference, account, account, beneficiary)
}

func bankAccount(reference, currency, account string) string {
	return fmt.Sprintf(`{"reference":%q,"provider":"monetix","amount":"500","currency":%q,"destination":{"type":"bank_account","bank":"aba","account_number":%q},%s}`,
		reference, currency, account, beneficiary)
}

// Vexora answers "8000, bad parameters" to what one employee posts. Five of them
// stop Vexora for everybody, though Vexora answered each time.
func TestFiveBadAccountsDoNotStopAProviderForEverybody(t *testing.T) {
	_, h, log := creating(t, func(body string) (int, string) {
		var f map[string]string
		_ = json.Unmarshal([]byte(body), &f)
		if strings.HasPrefix(f["bankNumber"], "666") {
			return 200, `{"code":"8000","msg":"bankNumber error","success":false,"timestamp":1}`
		}
		return 200, fmt.Sprintf(`{"code":"0000","msg":"success","success":true,"timestamp":1,"data":{"tradeNo":%q,"platFormTradeNo":"V1","status":"0015"}}`, f["tradeNo"])
	}, nil)
	if status, m := create(t, h, ofDara, wallet("honest-0", "10000001")); status != 201 {
		t.Fatal(status, m)
	}
	for n := range 5 {
		status, m := create(t, h, ofStranger, wallet(fmt.Sprint("bad-", n), fmt.Sprint("66600000", n)))
		t.Log(status, m["status"])
	}
	status, m := create(t, h, ofDara, wallet("honest-1", "10000002"))
	if m["status"] != "processing" {
		t.Errorf("after five bad account numbers of one employee an honest payout is answered %d %v (%v); signals: %v", status, m["status"], m["queued_reason"], strings.Count(log.String(), `"provider_paused"`) > 0)
	}
}

// One payout in a currency that the project does not have is taken as a refusal
// of us: it stops Monetix for everybody, pages, and rolls a deployment back.
func TestOnePayoutInAnotherCurrencyDoesNotStopMonetix(t *testing.T) {
	_, h, log := creating(t, nil, func(body string) (int, string) {
		var f struct {
			General struct {
				PaymentID string `json:"payment_id"`
			} `json:"general"`
			Payment struct {
				Currency string `json:"currency"`
			} `json:"payment"`
		}
		_ = json.Unmarshal([]byte(body), &f)
		if f.Payment.Currency == "USD" {
			return 400, `{"status":"error","code":"3023","message":"currency is disabled for the project"}`
		}
		return 200, fmt.Sprintf(`{"status":"success","project_id":1234,"payment_id":%q,"request_id":"r1"}`, f.General.PaymentID)
	})
	if status, m := create(t, h, ofDara, bankAccount("honest-0", "KHR", "10000001")); status != 201 {
		t.Fatal(status, m)
	}
	status, m := create(t, h, ofStranger, bankAccount("odd", "USD", "10000009"))
	t.Log(status, m["status"], m["queued_reason"], m["attention"])
	status, m = create(t, h, ofDara, bankAccount("honest-1", "KHR", "10000002"))
	if m["status"] != "processing" {
		t.Errorf("an honest payout in riel is answered %d %v (%v); page rings: %v", status, m["status"], m["queued_reason"], strings.Contains(log.String(), `"provider_configuration":1`))
	}
}

// What finance exports with a decimal comma.
func TestAFileWithADecimalCommaIsRefusedWhole(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	file := "tradeNo;platFormTradeNo;amount;currency;status;message\n"
	var ids []payout.ID
	for n := range 12 {
		id := payout.ID("po_" + strings.Repeat(string(rune('a'+n)), 26))
		p := seeded(t, d, id, payout.Succeeded, vexora.Name)
		ids = append(ids, id)
		file += string(p.ProviderReference()) + ";V1;50.000,00;KHR;0000;x\n"
	}
	c1, m1, _ := orderAs(t, h, ofDara, "POST", "/v1/statements", "provider=vexora", file)
	c2, m2, _ := orderAs(t, h, ofBopha, "POST", "/v1/statements", "provider=vexora", file)
	raised := 0
	for _, id := range ids {
		if p, _ := d.Store.Get(t.Context(), id); len(p.Attention) > 0 {
			raised++
		}
	}
	if raised > 0 {
		t.Errorf("%d %v, %d %v: %d of 12 agreed payouts have callback_mismatch (MoneyAtRisk pages) and can never be safe again; want 422 statement-implausible", c1, m1["counts"], c2, m2["counts"], raised)
	}
}

// A register in which a role of single sign-on is one person and a session of it another.
func TestARoleOfSingleSignOnIsNoPersonBesideASessionOfIt(t *testing.T) {
	const set = "assumed-role/AWSReservedSSO_Finance_1234567890abcdef/"
	doc := `{"people":[{"name":"Dara","principals":["arn:aws:iam::111122223333:role/AWSReservedSSO_Finance_1234567890abcdef"]},
		{"name":"Bopha","principals":["arn:aws:sts::111122223333:` + set + `bopha@x.kh"]}]}`
	d, h, log := operating(t, map[string]string{"people": doc})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	c1, _, _ := orderAs(t, h, "arn:aws:sts::111122223333:"+set+"eve@x.kh", "POST", base+"/resolve", "", resolve)
	c2, _, _ := orderAs(t, h, "arn:aws:sts::111122223333:"+set+"bopha@x.kh", "POST", base+"/resolve", "", resolve)
	if c1 == 202 && c2 == 200 {
		t.Errorf("eve, whom the register does not name, was \"Dara\": %d %d; the log at start: %q", c1, c2, log.String()[:min(200, log.Len())])
	}
}

// What a file calls the code goes, as long as it is, into the events; a page of the feed is
// then more than a function may answer (6 MB), and nobody can read past it.
func TestAFileDoesNotMakeThePageOfTheFeedTooLong(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	file := "payment_id,request_id,amount,currency,status,code,message\n"
	var ids []payout.ID
	for n := range 24 {
		id := payout.ID("po_" + strings.Repeat(string(rune('a'+n)), 26))
		p := seeded(t, d, id, payout.Unknown, monetix.Name)
		ids = append(ids, id)
		file += string(p.ProviderReference()) + ",,50000,KHR,success," + "1" + strings.Repeat("\x01", 150_000) + "1,x\n"
	}
	c1, m1, _ := orderAs(t, h, ofDara, "POST", "/v1/statements", "provider=monetix", file)
	for _, id := range ids { // the sweep asked, and the provider did not answer
		p, _ := d.Store.Get(t.Context(), id)
		if _, err := d.Store.Apply(t.Context(), payout.Step{ID: id, When: payout.Guard{Version: p.Version}, Then: payout.Change{At: time.Now().UTC(), AskedAt: time.Now().UTC().Add(time.Second)}}); err != nil {
			t.Fatal(err)
		}
	}
	c2, m2, report := orderAs(t, h, ofBopha, "POST", "/v1/statements", "provider=monetix", file)
	t.Log(c1, m1["counts"], c2, m2["counts"], "report", len(report.Body))
	for _, id := range ids {
		p, _ := d.Store.Get(t.Context(), id)
		if err := d.Store.Publish(t.Context(), payout.FeedEntry{ID: id, From: 1, To: len(p.Events()), At: time.Now().UTC()}, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := boot.Assemble(d, read[boot.ReadConfig](t, environment())).Reader()
	if err != nil {
		t.Fatal(err)
	}
	status, _, reply := orderAs(t, edge.NewRead(reader), ofStranger, "GET", "/v1/events", "", "")
	if len(reply.Body) > 6<<20 {
		t.Errorf("GET /v1/events: %d with %d bytes; Lambda answers at most 6 MB, so this page fails for every reader, for ever", status, len(reply.Body))
	}
	one, _, reply := orderAs(t, edge.NewRead(reader), ofStranger, "GET", "/v1/payouts", "day="+time.Now().UTC().Format(time.DateOnly), "")
	t.Log("list", one, len(reply.Body))
}

// Two people whom nobody can tell apart in a history.
func TestTwoNamesThatLookAlikeAreRefused(t *testing.T) {
	for name, pair := range map[string][2]string{
		"two blanks": {"Dara Sok", "Dara  Sok"}, "Cyrillic": {"Dara", "D\u0430ra"}, "composed": {"Ren\u00e9", "Rene\u0301"}, "wide": {"Dara", "\uff24ara"},
	} {
		doc := fmt.Sprintf(`{"people":[{"name":%q,"principals":[%q]},{"name":%q,"principals":[%q]}]}`, pair[0], ofDara, pair[1], ofBopha)
		if r, err := people.Parse([]byte(doc)); err == nil && r.Persons() == 2 {
			t.Errorf("%s: %q and %q are two people", name, pair[0], pair[1])
		}
	}
}

// Twenty in a row of one caller, before anybody else's has gone well: his own wait, and the next
// ones of another caller do not. Of Monetix a bare 403 five times.
func TestOneCallersBadPayoutsStopAProviderForNobodyElse(t *testing.T) {
	_, h, log := creating(t, func(body string) (int, string) {
		var f map[string]string
		_ = json.Unmarshal([]byte(body), &f)
		if strings.HasPrefix(f["bankNumber"], "666") {
			return 200, `{"code":"8000","msg":"bankNumber error","success":false,"timestamp":1}`
		}
		return 200, fmt.Sprintf(`{"code":"0000","msg":"success","success":true,"timestamp":1,"data":{"tradeNo":%q,"platFormTradeNo":"V1","status":"0015"}}`, f["tradeNo"])
	}, func(body string) (int, string) {
		if strings.Contains(body, "666") {
			return 403, "<html>Request blocked</html>"
		}
		var f struct {
			General struct {
				PaymentID string `json:"payment_id"`
			} `json:"general"`
		}
		_ = json.Unmarshal([]byte(body), &f)
		return 200, fmt.Sprintf(`{"status":"success","project_id":1234,"payment_id":%q,"request_id":"r1"}`, f.General.PaymentID)
	})
	bank := func(reference, account string) string { return bankAccount(reference, "KHR", account) }
	for name, body := range map[string]func(reference, account string) string{"vexora": wallet, "monetix": bank} {
		for n := range 25 {
			create(t, h, ofStranger, body(fmt.Sprint(name, "-bad-", n), fmt.Sprint("666000", 10+n)))
		}
		for n := range 3 {
			status, m := create(t, h, ofDara, body(fmt.Sprint(name, "-honest-", n), fmt.Sprint("1000000", n)))
			if m["status"] != "processing" {
				t.Errorf("%s: a payout of another principal: %d %v (%v)", name, status, m["status"], m["queued_reason"])
			}
		}
		if _, m := create(t, h, ofStranger, body(name+"-good", "10000009")); m["queued_reason"] != "paused" {
			t.Errorf("%s: of the same principal: %v (%v)", name, m["status"], m["queued_reason"])
		}
	}
	if !strings.Contains(log.String(), `"provider_paused":1`) {
		t.Error("nobody's payouts had gone well, and no pause is signalled")
	}
}
