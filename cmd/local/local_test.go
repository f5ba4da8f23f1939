package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/people"
	"cambodia-payouts/pkg/sandbox"
)

// output is what a run writes to the terminal.
type output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// running is one run of the service, real HTTP and all.
type running struct {
	*service
	t      *testing.T
	out    *output
	stop   context.CancelFunc
	ended  chan error
	answer *output // everything that the API answered
}

func start(t *testing.T, folder string) *running {
	t.Helper()
	front, box := anyPort(t), anyPort(t)
	r := &running{t: t, out: &output{}, ended: make(chan error, 1), answer: &output{}}
	s, err := open(context.Background(), workspace{folder: folder, front: front, providers: box, out: r.out})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	r.service = s
	go func() { r.ended <- s.serve(ctx) }()
	t.Cleanup(r.end)
	return r
}

func anyPort(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// end stops the run as Ctrl-C does, once.
func (r *running) end() {
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	if err := <-r.ended; err != nil {
		r.t.Error(err)
	}
}

// call speaks to the API and decodes the answer.
func (r *running) call(method, path, body string) (int, map[string]any) {
	r.t.Helper()
	return r.callAs("", method, path, body)
}

// callAs is a call in the name of one of several people.
func (r *running) callAs(user, method, path, body string) (int, map[string]any) {
	r.t.Helper()
	request, err := http.NewRequest(method, r.address()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if user != "" {
		request.Header.Set(personHeader, user)
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/v1/statements") {
		request.Header.Set("Content-Type", "text/csv")
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	_, _ = r.answer.Write(raw)
	decoded := map[string]any{}
	if err := json.Unmarshal(raw, &decoded); err != nil {
		r.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
	return reply.StatusCode, decoded
}

// await polls a payout until it stands as expected.
func (r *running) await(id string, within time.Duration, stands func(map[string]any) bool) map[string]any {
	r.t.Helper()
	var p map[string]any
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, p = r.call("GET", "/v1/payouts/"+id, ""); stands(p) {
			return p
		}
	}
	r.t.Errorf("%v still stands as %v with attention %v", p["reference"], p["status"], p["attention"])
	return p
}

// walletDraft and bankDraft are payouts whose last four digits choose a script.
func walletDraft(script string) string {
	return fmt.Sprintf(`{"reference":"v-%[1]s","provider":"vexora","amount":"50000","currency":"KHR",
		"destination":{"type":"wallet","wallet":"LANTON","account_id":"lanton_7700%[1]s","account_number":"7700%[1]s"},
		"beneficiary":{"id":"customer_123","first_name":"Sophea","last_name":"Chan","email":"sophea.chan@example.com","phone":"123456789","ip_address":"198.51.100.47"},"description":"May salary"}`, script)
}

func bankDraft(script string) string {
	return fmt.Sprintf(`{"reference":"m-%[1]s","provider":"monetix","amount":"50000.00","currency":"KHR",
		"destination":{"type":"bank_account","bank":"wing","account_number":"123456%[1]s"},
		"beneficiary":{"id":"customer_1234","first_name":"John","last_name":"Doe","email":"johndoe@example.com","phone":"123456789","ip_address":"198.51.100.47"}}`, script)
}

// outcome is how a payout under a script has to end.
type outcome struct {
	status    string
	attention string // a reason that must be there; none otherwise
	executed  int
}

var (
	paid = outcome{"succeeded", "", 1}
	// outcomes by script; a second one where the providers differ.
	outcomes = map[string][2]outcome{
		"0000": {paid, paid},
		"9001": {{"failed", "", 0}, {"failed", "", 0}},
		// What 8000 means at Vexora is not documented for Cambodia: unknown.
		"9002": {{"unknown", "", 0}, {"failed", "", 0}},
		"9003": {paid, paid},
		"9004": {paid, paid},
		"9006": {paid, paid},
		"9007": {paid, paid},
		"9008": {{"unknown", "", 0}, {"unknown", "", 0}},
		"9009": {paid, paid},
		"9010": {{"succeeded", "contradiction", 1}, {"succeeded", "contradiction", 1}},
		"9011": {paid, paid},
		"9012": {{"succeeded", "callback_mismatch", 1}, {"succeeded", "callback_mismatch", 1}},
		// Vexora documents no return; the sandbox's later failure is a contradiction.
		"9013": {{"succeeded", "contradiction", 1}, {"succeeded", "returned", 1}},
		"9014": {{"processing", "", 0}, {"processing", "", 0}},
		"9015": {paid, paid},
		"9016": {{"unknown", "", 0}, {"queued", "provider_configuration", 0}},
		"9017": {{"unknown", "", 0}, {"unknown", "", 0}},
		"9018": {paid, paid},
		"9019": {paid, paid},
		"9020": {paid, paid},
		"9021": {{"failed", "", 0}, {"failed", "", 0}},
		"9022": {paid, paid},
		"9023": {paid, paid},
	}
)

func TestEveryScriptEndsAsItMustAtBothProviders(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	type sent struct {
		id, name string
		want     outcome
	}
	var all []sent
	for _, script := range append(sandboxCodes(), "0000") {
		want, listed := outcomes[script]
		if !listed {
			continue // 9005 answers after 20 seconds; it ends as 9004 does
		}
		for i, draft := range []string{walletDraft(script), bankDraft(script)} {
			if script == "9016" && i == 1 {
				continue // it pauses Monetix for all; see below
			}
			status, p := r.call("POST", "/v1/payouts", draft)
			if status != 201 && status != 202 {
				t.Fatalf("%s: %d %v", script, status, p)
			}
			all = append(all, sent{p["id"].(string), p["reference"].(string), want[i]})
		}
	}
	for _, s := range all {
		p := r.await(s.id, 25*time.Second, func(p map[string]any) bool {
			return p["status"] == s.want.status && (s.want.attention == "" || raised(p, s.want.attention))
		})
		e, known := r.sandbox.Find(p["provider_reference"].(string))
		if !known || e.Executed != s.want.executed || e.Requests != 1 {
			t.Errorf("%s: the sandbox has %d requests and executed %d", s.name, e.Requests, e.Executed)
		}
		if s.want.attention == "" && s.want == paid && len(p["attention"].([]any)) != 0 {
			t.Errorf("%s: attention %v", s.name, p["attention"])
		}
	}
	if n := r.sandbox.Redirected(); n != 0 {
		t.Errorf("%d requests followed a redirect", n)
	}
	for n := range 5 { // one 403 without a code may be about the payout's text
		_, p := r.call("POST", "/v1/payouts", strings.Replace(bankDraft("9016"), "m-9016", fmt.Sprint("m-9016-", n), 1))
		if p["status"] != "queued" || !raised(p, "provider_configuration") {
			t.Errorf("refused about us: %v with attention %v", p["status"], p["attention"])
		}
	}
	if status, p := r.call("POST", "/v1/payouts", strings.Replace(bankDraft("0000"), "m-0000", "m-paused", 1)); status != 202 || p["status"] != "queued" {
		t.Errorf("while paused: %d %v", status, p["status"])
	}
	r.end()
	noSecrets(t, r)
}

func sandboxCodes() []string {
	var codes []string
	for _, s := range sandbox.Scripts() {
		codes = append(codes, s.Code)
	}
	return codes
}

func raised(p map[string]any, reason string) bool {
	for _, a := range p["attention"].([]any) {
		if a.(map[string]any)["reason"] == reason {
			return true
		}
	}
	return false
}

// noSecrets scans everything that a run wrote or answered for keys and for whole
// account numbers. The store and the sandbox's memory hold them by design.
func noSecrets(t *testing.T, r *running) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(r.folder, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(log) == 0 || r.out.String() == "" || r.answer.String() == "" {
		t.Error("nothing was written; the scan has lost its meaning")
	}
	forbidden := []string{vexoraKeyKHR, vexoraKeyUSD, monetixKey, "lanton_7700", "+855 12 345 678"}
	for _, code := range append(sandboxCodes(), "0000") {
		forbidden = append(forbidden, "7700"+code, "123456"+code)
	}
	for where, text := range map[string]string{"log": string(log), "terminal": r.out.String(), "answers": r.answer.String()} {
		for _, word := range forbidden {
			if strings.Contains(text, word) {
				t.Errorf("%s is in the %s", word, where)
			}
		}
	}
	for _, personal := range []string{"Sophea", "johndoe@example.com", "198.51.100.47", "v-9004"} {
		if strings.Contains(string(log), personal) {
			t.Errorf("%s is in the log", personal)
		}
	}
}

func TestARestartGoesOnWhereTheLastRunStopped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := start(t, folder)
	_, p := first.call("POST", "/v1/payouts", bankDraft("0000"))
	first.end() // before the callback

	second := start(t, folder)
	id := p["id"].(string)
	if status, again := second.call("POST", "/v1/payouts", bankDraft("0000")); status != 200 || again["id"] != id {
		t.Errorf("a replay after the restart: %d", status)
	}
	// The callback goes to the first run's port, which is gone; the status query finds
	// out.
	second.await(id, 25*time.Second, func(p map[string]any) bool { return p["status"] == "succeeded" })
	if e, _ := second.sandbox.Find(p["provider_reference"].(string)); e.Executed != 1 || e.Requests != 1 {
		t.Errorf("%+v", e)
	}
}

func TestAHundredCreatesAtOnceAreOneSubmission(t *testing.T) {
	r := start(t, t.TempDir())
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		seen = map[int]int{}
	)
	for range 100 {
		wait.Go(func() {
			reply, err := http.Post(r.address()+"/v1/payouts", "application/json", strings.NewReader(walletDraft("0000")))
			if err != nil {
				t.Error(err)
				return
			}
			_ = reply.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			seen[reply.StatusCode]++
		})
	}
	wait.Wait()
	if seen[201] != 1 || seen[200] != 99 {
		t.Errorf("answers by status: %v", seen)
	}
	if ledger := r.sandbox.Ledger(); len(ledger) != 1 || ledger[0].Requests != 1 {
		t.Errorf("the sandbox has %+v", ledger)
	}
}

// longSent has payouts be sent two minutes before: a file of the minute of a submission is older
// than it, and a test does not wait.
func (r *running) longSent(all ...map[string]any) {
	r.t.Helper()
	now := time.Now()
	for _, p := range all {
		id := payout.ID(fmt.Sprint(p["id"]))
		step := payout.Step{ID: id, Then: payout.Change{At: now, SubmittedAt: now.Add(-2 * time.Minute)}}
		if _, err := r.store.Apply(context.Background(), step); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestTheDeskTakesTwoPeopleAndAStatement(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	_, p := r.call("POST", "/v1/payouts", walletDraft("9010"))
	id := fmt.Sprint(p["id"])
	r.await(id, 20*time.Second, func(p map[string]any) bool { return strings.Contains(fmt.Sprint(p["attention"]), "contradiction") })

	_, silent := r.call("POST", "/v1/payouts", walletDraft("9014"))
	file := "tradeNo,platFormTradeNo,amount,currency,status\n" +
		fmt.Sprintf("%s,%s,50000.0000,KHR,0000\n", silent["provider_reference"], silent["provider_id"]) +
		fmt.Sprintf("%s,%s,50000.0000,KHR,00029\n", p["provider_reference"], p["provider_id"]) +
		"BY-HAND-7,VX7,1.0000,KHR,0000\n"
	r.longSent(p, silent)
	status, report := r.callAs("dara", "POST", "/v1/statements?provider=vexora", file)
	if counts := fmt.Sprint(report["counts"]); status != 200 || counts != "map[conflict:1 extra:1 still_open:1]" || report["awaiting"] != true {
		t.Errorf("the statement: %d %v", status, report)
	}
	if status, stranger := r.callAs("carol", "POST", "/v1/statements?provider=vexora", file); status != 403 || stranger["code"] != "people-not-registered" {
		t.Errorf("a stranger's statement: %d %v", status, stranger["code"])
	}
	// The provider is asked at once, and its own answer counts more than any file.
	var applied map[string]any
	for end := time.Now().Add(20 * time.Second); applied["awaiting"] != false && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		_, applied = r.callAs("bopha", "POST", "/v1/statements?provider=vexora", file)
	}
	if counts := fmt.Sprint(applied["counts"]); counts != "map[conflict:1 extra:1 still_open:1]" || applied["awaiting"] != false {
		t.Errorf("applied: %v", applied)
	}
	if _, open := r.call("GET", "/v1/payouts/"+fmt.Sprint(silent["id"]), ""); open["status"] != "processing" {
		t.Errorf("a file overruled the provider's answer: %v", open["status"])
	}
	if _, again := r.callAs("dara", "POST", "/v1/statements?provider=vexora", file); fmt.Sprint(again["imported_by"]) != fmt.Sprint(applied["imported_by"]) {
		t.Error("a file was applied twice")
	}

	order := `{"as":"reviewed","reason":"the bank's letter says paid","evidence":"letter of 16 May"}`
	for _, step := range []struct {
		user   string
		status int
	}{{"dara", 202}, {"dara", 202}, {"bopha", 200}, {"dara", 200}} {
		status, after := r.callAs(step.user, "POST", "/v1/payouts/"+id+"/resolve", order)
		if open := len(after["attention"].([]any)) > 0; status != step.status || open != (status == 202) || after["status"] != "succeeded" {
			t.Errorf("%s: %d, %v with attention %v", step.user, status, after["status"], after["attention"])
		}
	}

	status, kept := r.callAs("dara", "GET", "/v1/payouts/"+id+"/evidence/2", "")
	if body, err := base64.StdEncoding.DecodeString(fmt.Sprint(kept["body_base64"])); status != 200 || err != nil || len(body) == 0 {
		t.Errorf("the evidence: %d %v", status, kept)
	}
}

// The brake of a stack can be tried here.
func TestTheOutflowBrakeHoldsAndTwoPeopleRelease(t *testing.T) {
	t.Setenv("OUTFLOW_LIMITS", `{"vexora": {"KHR": "90000"}}`)
	r := start(t, t.TempDir())
	inForce := func() any {
		_, controls := r.call("GET", "/v1/controls", "")
		gates, _ := controls["submissions"].(map[string]any)
		return gates["vexora"]
	}
	for _, script := range []string{"0000", "0001"} {
		if gate := inForce(); gate != "open" && gate != nil {
			t.Fatalf("vexora is %v below the limit", gate)
		}
		r.call("POST", "/v1/payouts", walletDraft(script))
	}
	for end := time.Now().Add(20 * time.Second); inForce() != "held" && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
	}
	_, controls := r.call("GET", "/v1/controls", "")
	if changes := fmt.Sprint(controls["changes"]); !strings.Contains(changes, "outflow-brake") || !strings.Contains(changes, "KHR 100000.00") {
		t.Fatalf("not held: %v", controls)
	}
	release := `{"version": 1, "submissions": {"vexora": "open"}, "reason": "larger payroll"}`
	for _, step := range []struct {
		user   string
		status int
	}{{"dara", 202}, {"bopha", 200}} {
		if status, answer := r.callAs(step.user, "POST", "/v1/controls", release); status != step.status {
			t.Errorf("%s: %d %v", step.user, status, answer)
		}
	}
	if gate := inForce(); gate != "open" {
		t.Errorf("released, and %v", gate)
	}
}

// TestThePersonOfARequest keeps the header, the callers and the register together.
func TestThePersonOfARequest(t *testing.T) {
	book, err := people.Parse([]byte(register))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]payout.Person{"dara": "Dara", "bopha": "Bopha", "carol": "", "": "", "dara/../bopha": ""} {
		r := httptest.NewRequest("POST", "/v1/payouts/x/cancel", nil)
		r.Header.Set("x-local-person", name)
		caller := front{caller: localCaller, count: &atomic.Int64{}}.event(r, nil).RequestContext.Authorizer.IAM.UserARN
		if got, _ := book.Who([]payout.Principal{payout.Principal(caller)}); got != want {
			t.Errorf("%q signs as %s, who is %q", name, caller, got)
		}
	}
}

func TestTheWelcomePrintsWhatCanBePasted(t *testing.T) {
	var out bytes.Buffer
	welcome(&out, "http://127.0.0.1:8080", "http://127.0.0.1:8081", merchant{}, ".local", time.Now())
	posts := 0
	for line := range strings.Lines(out.String()) {
		_, quoted, found := strings.Cut(line, " -d '")
		if !found {
			continue
		}
		posts++
		if !strings.Contains(line, "-H 'content-type: application/json'") {
			t.Errorf("%s is refused: it does not say that it sends JSON", line)
		}
		body := strings.TrimSuffix(strings.TrimSpace(quoted), "'")
		if !json.Valid([]byte(body)) || strings.Contains(body, "'") {
			t.Errorf("%s cannot be pasted", line)
		}
	}
	if posts != len(examples)+1 { // and an order
		t.Errorf("%d lines to paste", posts)
	}
}

func TestATakenPortIsExplained(t *testing.T) {
	l := anyPort(t)
	defer l.Close()
	_, err := listen(l.Addr().(*net.TCPAddr).Port)
	if err == nil || !strings.Contains(err.Error(), "PORT=") {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"0", "x", "65535", "-1"} {
		if _, err := portFrom(text); err == nil {
			t.Errorf("PORT=%s was accepted", text)
		}
	}
}

func TestTheLocalRunSaysWhatItIs(t *testing.T) {
	status, version := start(t, t.TempDir()).call("GET", "/v1/version", "")
	if status != 200 || version["revision"] != "local" || version["schema"] == nil {
		t.Errorf("%d %v", status, version)
	}
}
