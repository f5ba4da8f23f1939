package boot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// life is a deployment in which every text that somebody else wrote bears a marker.
type life struct {
	t     *testing.T
	clock atomic.Int64
	store payout.Store

	mu      sync.Mutex
	markers map[string]string // the marker, and what it stands for
	bodies  []string          // what came without a provider's signature
	out     strings.Builder   // everything logged, answered, and told the merchant
	says    map[string]string // by provider reference: the word of a status answer, "" for none

	requests []string // the bodies of creates

	create, operate, read, vexora, monetix edge.Handler
	sweep                                  edge.SweepHandler
}

const retentionDays = 30

func (l *life) now() time.Time       { return time.UnixMilli(l.clock.Load()).UTC() }
func (l *life) pass(d time.Duration) { l.clock.Add(d.Milliseconds()) }

// Write collects the log.
func (l *life) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(line)
}

// mark makes a text that stands for one field of somebody's.
func (l *life) mark(what string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	marker := fmt.Sprintf("Zq%dw%s", 100+len(l.markers), strings.ReplaceAll(what, " ", ""))
	l.markers[marker] = what
	return marker
}

// number makes nine digits that are seen nowhere else, and fills them up to so many. Of an
// account number the last four may stay.
func (l *life) number(what string, digits int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := fmt.Sprint(614_207_353 + 7_919*len(l.markers))
	l.markers[first] = what
	return (first + "3827")[:digits]
}

// unsigned notes a body that no provider signed, and returns it.
func (l *life) unsigned(body string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if body != "" {
		l.bodies = append(l.bodies, body)
	}
	return body
}

// begin builds every function over a store.
func begin(t *testing.T, open func(t *testing.T, now func() time.Time) payout.Store) *life {
	t.Helper()
	l := &life{t: t, markers: map[string]string{}, says: map[string]string{}}
	l.clock.Store(time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC).UnixMilli())
	l.store = open(t, l.now)
	providers := httptest.NewServer(http.HandlerFunc(l.provider))
	merchant := httptest.NewServer(l)
	t.Cleanup(func() { providers.Close(); merchant.Close() })
	d := wire.Parts{Store: l.store, Now: l.now, Log: telemetry.NewLogger(l, slog.LevelDebug), Secrets: secrets.NewStaticSource(map[string]string{
		"vexora":  fmt.Sprintf(`{"KHR": {"base_url": %q, "merchant_no": "1", "app_secret": %q}}`, providers.URL, vexoraTestKey),
		"monetix": fmt.Sprintf(`{"base_url": %q, "project_id": 1234, "secret_key": %q}`, providers.URL, monetixTestKey),
		"webhook": fmt.Sprintf(`{"url": %q, "secret": "whsec_bG9jYWwtd2ViaG9vay1rZXktZm9yLW9uZS1tYWNoaW5l"}`, merchant.URL),
		"people":  peopleDocument, "stack-key": stackKey,
	}, l.now)}
	env := environment("DEV_INSECURE=1", fmt.Sprint("REDACT_AFTER_DAYS=", retentionDays), "WEBHOOK_SECRET_ID=webhook")
	ctx := t.Context()
	creator, err1 := boot.Assemble(d, read[boot.CreateConfig](t, env)).Creator(ctx)
	operate, err2 := boot.Assemble(d, read[boot.OperateConfig](t, env)).Operator(ctx)
	reader, err3 := boot.Assemble(d, read[boot.ReadConfig](t, env)).Reader()
	sweeper, err4 := boot.Assemble(d, read[boot.ReconcileConfig](t, env)).Sweeper(ctx)
	vexora, err5 := boot.Assemble(d, readCallback(t, vexora.Provider, env)).Callback(ctx, vexora.Provider)
	monetix, err6 := boot.Assemble(d, readCallback(t, monetix.Provider, env)).Callback(ctx, monetix.Provider)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err != nil {
			t.Fatal(err)
		}
	}
	l.create, l.operate, l.read = edge.NewCreate(creator, d.Log), edge.NewOperate(operate), edge.NewRead(reader)
	l.vexora, l.monetix, l.sweep = edge.NewCallback(vexora), edge.NewCallback(monetix), edge.NewSweep(sweeper, d.Log)
	return l
}

// ServeHTTP is the merchant's endpoint.
func (l *life) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	_, _ = l.Write(raw)
	w.WriteHeader(http.StatusNoContent)
}

// provider answers for both providers.
func (l *life) provider(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var asked struct {
		TradeNo string
		General struct {
			Reference string `json:"payment_id"`
		}
	}
	_ = json.Unmarshal(raw, &asked)
	reference := asked.TradeNo + asked.General.Reference
	l.mu.Lock()
	word, known := l.says[reference]
	l.mu.Unlock()
	paying := strings.HasSuffix(r.URL.Path, "/disbursements") || strings.HasSuffix(r.URL.Path, "/payout")
	if paying && word != "" {
		word = "0015" // the word is that of a later answer
	}
	switch {
	case paying && known && word == "": // the answer is lost
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	case asked.TradeNo != "" && known && word == "":
		_, _ = io.WriteString(w, l.unsigned(fmt.Sprintf(`{"code":"8000","msg":%q,"success":false}`, l.mark("answer to a query"))))
	case asked.TradeNo != "":
		_, _ = io.WriteString(w, l.unsigned(fmt.Sprintf(`{"code":"0000","msg":%q,"success":true,"data":{"tradeNo":%q,"platFormTradeNo":"VX-1","status":%q,"message":%q,"bankNumber":%q}}`,
			l.mark("msg"), reference, word, l.mark("message"), l.number("number in an answer", 13))))
	case paying:
		_, _ = io.WriteString(w, l.unsigned(fmt.Sprintf(`{"status":"success","request_id":"mx-1","project_id":1234,"payment_id":%q,"message":%q}`, reference, l.mark("acknowledgement"))))
	case word == "":
		_, _ = io.WriteString(w, l.unsigned(fmt.Sprintf(`{"status":"error","code":"3061","message":%q}`, l.mark("answer to a query"))))
	default:
		_, _ = w.Write(l.monetixBody(reference, word))
	}
}

// monetixBody is a signed callback, which is also how a status answer looks.
func (l *life) monetixBody(reference, word string) []byte {
	sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
	tree := map[string]any{
		"project_id": json.Number("1234"),
		"payment":    map[string]any{"id": reference, "type": "payout", "status": word, "sum": sum, "method": l.mark("method")},
		"operation":  map[string]any{"id": json.Number("1"), "type": "payout", "status": map[bool]string{true: "success", false: word}[word == "reversed"], "request_id": "mx-1", "sum_initial": sum, "code": "0", "message": l.mark("operation message")},
		"customer":   map[string]any{"id": l.mark("customer"), "phone": l.number("customer's phone", 9)},
		"account":    map[string]any{"number": l.number("account in a callback", 13)},
	}
	if word == "decline" {
		tree["operation"].(map[string]any)["code"] = "20000"
	}
	tree["signature"] = sandbox.SignMonetix(tree, monetixTestKey)
	body, _ := json.Marshal(tree)
	return body
}

func (l *life) vexoraBody(reference, status, amount, remark string) []byte {
	fields := map[string]string{
		"tradeNo": reference, "platFormTradeNo": "VX-1", "amount": amount, "status": status, "message": l.mark("callback's message"),
		"remark": remark, "timestamp": fmt.Sprint(l.now().UnixMilli()), "name": l.mark("name in a callback"),
	}
	if remark == "" {
		delete(fields, "remark")
	}
	fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
	body, _ := json.Marshal(fields)
	return body
}

// call makes one request and keeps the answer for the search.
func (l *life) call(h edge.Handler, method, path, query, arn, body string) (int, map[string]any) {
	l.t.Helper()
	e := edge.Event{RawPath: path, RawQueryString: query, Body: body}
	e.RequestContext.HTTP.Method = method
	if arn != "" {
		e.RequestContext.Authorizer = by(arn)
	}
	reply, err := h(l.t.Context(), e)
	if err != nil {
		l.t.Fatal(err)
	}
	if path != "/" {
		asDescribed(l.t, e, reply)
	}
	var m map[string]any
	_ = json.Unmarshal([]byte(reply.Body), &m)
	return reply.StatusCode, m
}

// callback sends one; every provider has to be thanked for what is stored.
func (l *life) callback(h edge.Handler, body []byte) {
	l.t.Helper()
	if status, m := l.call(h, "POST", "/", "", "", string(body)); status != http.StatusOK {
		l.t.Fatalf("a callback is answered %d: %v", status, m)
	}
}

// request is the body of a create with a marker in every text.
func (l *life) request(reference string, provider payout.Provider) (string, string) {
	destination := map[string]any{
		"type": "bank_account", "bank": "wing", "account_number": l.number("account number", 13),
		"branch": l.mark("branch"), "city": l.mark("city"), "province": l.mark("province"),
	}
	if provider == vexora.Name {
		number := l.number("wallet number", 13)
		destination = map[string]any{"type": "wallet", "wallet": "LANTON", "account_number": number, "account_id": l.mark("account id")}
	}
	description := l.mark("description")
	body, _ := json.Marshal(map[string]any{
		"reference": reference, "provider": provider, "amount": "50000", "currency": "KHR", "destination": destination,
		"beneficiary": map[string]any{
			"id": l.mark("beneficiary id"), "first_name": l.mark("first name"), "last_name": l.mark("last name"),
			"email": l.mark("email") + "@example.com", "phone": l.number("phone", 9), "ip_address": "198.51.100.47",
		},
		"description": description, "metadata": map[string]string{l.mark("metadata name"): l.mark("metadata")},
	})
	l.requests = append(l.requests, string(body))
	return string(body), description
}

// pay creates a payout of which a status answer says a word.
func (l *life) pay(reference string, provider payout.Provider, word string) (p payout.Payout, body, description string) {
	l.t.Helper()
	body, description = l.request(reference, provider)
	id := payout.DeriveID("dev", payout.Reference(reference))
	l.mu.Lock()
	l.says[string(id.ProviderReference(1))] = word
	l.mu.Unlock()
	if status, m := l.call(l.create, "POST", "/v1/payouts", "", ofDara, body); status >= 300 {
		l.t.Fatalf("create: %d %v", status, m)
	}
	p, err := l.store.Get(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return p, body, description
}

// order gives an order by people, one after the other.
func (l *life) order(id payout.ID, action, as string, people ...string) {
	l.t.Helper()
	body := fmt.Sprintf(`{"reason":%q,"as":%q,"evidence":%q}`, "to "+l.mark("reason"), as, l.mark("evidence"))
	if as == "" {
		body = fmt.Sprintf(`{"reason":%q}`, "to "+l.mark("reason"))
	}
	var given struct{ Reason, Evidence string }
	_ = json.Unmarshal([]byte(body), &given)
	l.unsigned(given.Reason)
	l.unsigned(given.Evidence)
	l.unsigned("reason: " + given.Reason + "\nevidence: " + given.Evidence)
	l.unsigned("reason: " + given.Reason)
	for _, arn := range people {
		if status, m := l.call(l.operate, "POST", "/v1/payouts/"+string(id)+"/"+action, "", arn, body); status >= 300 {
			l.t.Fatalf("%s: %d %v", action, status, m)
		}
	}
}

// sweeps lets time pass.
func (l *life) sweeps(n int, each time.Duration) {
	l.t.Helper()
	for range n {
		l.pass(each)
		if _, err := l.sweep(l.t.Context(), nil); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *life) get(id payout.ID) payout.Payout {
	l.t.Helper()
	p, err := l.store.Get(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return p
}

// localLife opens a life on a file, and dumps the file.
func localLife(t *testing.T) (*life, func() []string) {
	path := filepath.Join(t.TempDir(), "payouts.db")
	var store *localstore.Store
	l := begin(t, func(t *testing.T, now func() time.Time) payout.Store {
		var err error
		if store, err = localstore.Open(path, localstore.WithClock(now), localstore.Unsynced()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	})
	return l, func() []string {
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		reopened, err := localstore.Open(path, localstore.WithClock(l.now), localstore.Unsynced())
		if err != nil {
			t.Fatal(err)
		}
		if err := reopened.Close(); err != nil {
			t.Fatal(err)
		}
		return fileTexts(t, path)
	}
}

// TestAfterTheRetentionNothingOfAnybodyIsLeft lives through everything that can bring a text
// of somebody's into the table, has it redacted, and searches everything there is.
func TestAfterTheRetentionNothingOfAnybodyIsLeft(t *testing.T) {
	stores := map[string]func(*testing.T) (*life, func() []string){"file": localLife, "DynamoDB": tableLife}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			l, dump := open(t)
			lived := l.whole()
			l.sweeps(retentionDays+5, 24*time.Hour)
			l.isRedacted(lived, "contradicted")
			l.sweeps(95, 24*time.Hour) // nobody looked into it
			l.isRedacted(lived)
			l.replays(lived)
			l.speaksLate(lived)
			l.sweeps(30, time.Hour)
			l.isRedacted(lived)
			l.reads(lived)
			texts := dump()
			if len(texts) < 200 {
				t.Fatalf("only %d texts were found in the store", len(texts))
			}
			l.search("the store", texts)
			l.search("logs, answers and webhooks", []string{l.out.String()})
			l.guess(texts)
		})
	}
}

// lived is a payout of a life, and the request that made it.
type lived struct {
	id   payout.ID
	body string
}

// whole lives all roads, and returns the payouts by what happened to them.
func (l *life) whole() map[string]lived {
	all := map[string]lived{}
	pay := func(name string, provider payout.Provider, word string) (payout.Payout, string) {
		p, body, description := l.pay("R-"+name, provider, word)
		all[name] = lived{p.ID, body}
		return p, description
	}
	p, said := pay("contradicted", vexora.Name, "00029")
	l.callback(l.vexora, l.vexoraBody(string(p.ProviderReference()), "0000", "50000", said))
	p, _ = pay("returned", monetix.Name, "reversed")
	l.callback(l.monetix, l.monetixBody(string(p.ProviderReference()), "reversed"))
	l.order(p.ID, "resend-event", "", ofDara)
	p, said = pay("mismatched", vexora.Name, "0000")
	l.callback(l.vexora, l.vexoraBody(string(p.ProviderReference()), "0000", "60000", said))
	l.callback(l.vexora, l.vexoraBody(string(p.ProviderReference()), "0000", "50000", l.mark("another remark")))
	p, _ = pay("failed", monetix.Name, "decline")
	l.callback(l.monetix, l.monetixBody(string(p.ProviderReference()), "decline"))

	filed, _ := pay("filed", vexora.Name, "")
	resolved, _ := pay("resolved", monetix.Name, "")
	l.duplicate(all, filed)
	l.statement(filed)
	l.order(resolved.ID, "resolve", "failed", ofDara, ofBopha)

	l.callback(l.vexora, l.vexoraBody("by-hand-1", "0000", "50000", l.mark("orphan's remark")))
	lost := payout.DeriveID("dev", "R-lost")
	l.callback(l.vexora, l.vexoraBody(string(lost.ProviderReference(1)), "0000", "50000", l.mark("lost payout's remark")))
	all["lost"] = lived{lost, ""}
	l.sweeps(20, 10*time.Minute)
	for name, want := range map[string]payout.Status{
		"contradicted": payout.Succeeded, "returned": payout.Succeeded, "mismatched": payout.Succeeded, "failed": payout.Failed,
		"filed": payout.Failed, "resolved": payout.Failed, "duplicate": payout.Cancelled, "lost": payout.Orphan,
	} {
		if got := l.get(all[name].id); got.Status != want {
			l.t.Fatalf("the %s one is %s, not %s", name, got.Status, want)
		}
	}
	for _, name := range []string{"returned", "mismatched"} {
		l.order(all[name].id, "resolve", "reviewed", ofDara, ofBopha)
	}
	return all
}

// duplicate creates the same money to the same account, and cancels it.
func (l *life) duplicate(all map[string]lived, filed payout.Payout) {
	body := strings.Replace(all["filed"].body, "R-filed", "R-duplicate", 1)
	if status, m := l.call(l.create, "POST", "/v1/payouts", "", ofDara, body); status != http.StatusAccepted || m["similar_to"] != string(filed.ID) {
		l.t.Fatalf("a duplicate: %d %v", status, m)
	}
	id := payout.DeriveID("dev", "R-duplicate")
	all["duplicate"] = lived{id, body}
	l.order(id, "cancel", "", ofDara)
}

// statement ends a payout by a file that two people send.
func (l *life) statement(p payout.Payout) {
	line := l.unsigned(fmt.Sprintf("%s,VX-9,50000.00,KHR,00029,%s,%s", p.ProviderReference(), l.mark("statement's message"), l.number("number in a statement", 13)))
	file := l.unsigned("tradeNo,platFormTradeNo,amount,currency,status,message,account\n" + line + "\n")
	for _, arn := range []string{ofDara, ofBopha} {
		l.sweeps(8, 10*time.Minute)
		if status, m := l.call(l.operate, "POST", "/v1/statements", "provider=vexora", arn, file); status != http.StatusOK {
			l.t.Fatalf("statement: %d %v", status, m)
		}
	}
}

// isRedacted checks that all payouts but these were.
func (l *life) isRedacted(all map[string]lived, but ...string) {
	l.t.Helper()
	for name, each := range all {
		if p := l.get(each.id); p.RedactedAt.IsZero() != slices.Contains(but, name) {
			l.t.Errorf("the %s one was redacted at %v, attention %v, due %v", name, p.RedactedAt, p.Attention, p.DueAt)
		}
	}
}

// replays sends every request again. Nobody can tell any more which of them is the same, so that
// all are answered alike, by the payout's path and its outcome, and none starts anything.
func (l *life) replays(all map[string]lived) {
	for name, each := range all {
		if each.body == "" {
			continue
		}
		var said []string
		for _, body := range []string{each.body, strings.Replace(each.body, `"50000"`, `"50001"`, 1), strings.Replace(each.body, `"account_number":"`, `"account_number":"1`, 1)} {
			status, m := l.call(l.create, "POST", "/v1/payouts", "", ofDara, body)
			if status != 422 || m["code"] != "reference-reused" || m["outcome"] == "not_started" || m["payout"] != "/v1/payouts/"+string(each.id) {
				l.t.Errorf("the %s one again: %d %v", name, status, m)
			}
			delete(m, "request_id")
			said = append(said, fmt.Sprint(m))
		}
		if said[0] != said[1] || said[0] != said[2] || !strings.Contains(said[0], "redacted") {
			l.t.Errorf("the %s one: an answer tells which request it was: %q", name, said)
		}
	}
}

// speaksLate has everybody say something of payouts that were redacted.
func (l *life) speaksLate(all map[string]lived) {
	reference := func(name string) string { return string(all[name].id.ProviderReference(1)) }
	late := l.vexoraBody(reference("filed"), "0000", "50000", l.mark("late remark"))
	l.callback(l.vexora, late)
	p := l.get(all["filed"].id)
	if last := p.History[len(p.History)-1]; last.Evidence != payout.HashEvidence(late) || len(last.Raw) > 0 || last.Message != "" {
		l.t.Errorf("a late callback left %+v", last)
	}
	l.callback(l.monetix, l.monetixBody(reference("failed"), "reversed"))
	l.callback(l.monetix, l.monetixBody(reference("returned"), "decline"))
	l.callback(l.vexora, l.vexoraBody(reference("mismatched"), "00029", "70000", ""))
	l.callback(l.vexora, l.vexoraBody(reference("lost"), "00029", "50000", l.mark("late remark")))
	l.order(all["contradicted"].id, "resolve", "reviewed", ofDara, ofBopha)
	l.order(all["filed"].id, "resolve", "reviewed", ofBopha)
}

// reads looks at everything that the service shows.
func (l *life) reads(all map[string]lived) {
	paths := map[string]string{"/v1/payouts": "day=2026-05-16&limit=100", "/v1/orphans": "", "/v1/events": ""}
	for _, each := range all {
		paths["/v1/payouts/"+string(each.id)] = ""
	}
	for path, query := range paths {
		status, m := l.call(l.read, "GET", path, query, ofDara, "")
		shown, _ := json.Marshal(m)
		if status != http.StatusOK {
			l.t.Errorf("%s: %d %s", path, status, shown)
		}
		_, _ = l.Write(shown)
	}
}

// search looks for every marker.
func (l *life) search(where string, texts []string) {
	l.t.Helper()
	markers := map[string]string{"198.51.100.47": "ip address"}
	for marker, what := range l.markers {
		markers[marker] = what
	}
	for _, text := range texts {
		for marker, what := range markers {
			if at := strings.Index(text, marker); at >= 0 {
				l.t.Errorf("%s: %s is still in %q", where, what, text[max(0, at-80):min(len(text), at+80)])
			}
		}
	}
}
