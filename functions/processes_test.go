// Package functions_test drives the compiled functions as Lambda does.
package functions_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

// stack is a deployment of real processes over a table and secrets on the wire.
type stack struct {
	t       *testing.T
	out     *output
	env     []string
	table   *dynamo.Store
	sandbox *sandbox.Sandbox
	create  *host
	sweep   *host
	hosts   []*host
	gateway *httptest.Server
	db      *dynamodb.Client
	name    string // of the table
	// Where the providers' callbacks go: the addresses stay when the functions change.
	lines *lines

	merchant *merchant
	stream   *streamer
}

const (
	vexoraKey  = "vexora-key-of-the-process-test"
	monetixKey = "monetix-key-of-the-process-test"
	payroll    = "arn:aws:iam::111122223333:user/payroll"
	finance    = "arn:aws:iam::111122223333:user/finance"
)

// endpoints are wire implementations of DynamoDB and Secrets Manager made by
// others; `make test-aws` starts both.
func endpoints(t *testing.T) (table, secrets string) {
	t.Helper()
	table, secrets = os.Getenv("DYNAMODB_ENDPOINT"), os.Getenv("SECRETS_ENDPOINT")
	if table != "" && secrets != "" {
		return table, secrets
	}
	if os.Getenv("REQUIRE_AWS") != "" {
		t.Fatal("REQUIRE_AWS is set, and DYNAMODB_ENDPOINT or SECRETS_ENDPOINT is not")
	}
	t.Skip("needs DYNAMODB_ENDPOINT and SECRETS_ENDPOINT; `make test-aws` starts both and runs this")
	return "", ""
}

// build compiles one function, for a clock that is ahead by an offset.
func build(t *testing.T, name, offset string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	command := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-X cambodia-payouts/pkg/boot.clockOffset="+offset, "-o", binary, "./"+name)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return binary
}

// script draws one of the misbehaviours for two payouts of three. Left out are the
// slow answer, and the refusal about us, which would pause everybody for minutes.
func script(reference, _ string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, reference)
	var codes []string
	for _, s := range sandbox.Scripts() {
		if s.Code != "9005" && s.Code != "9016" {
			codes = append(codes, s.Code)
		}
	}
	if n := int(h.Sum32() % uint32(len(codes)*3/2)); n < len(codes) {
		return codes[n]
	}
	return "other"
}

func deploy(t *testing.T) *stack {
	t.Helper()
	return deployWith(t, nil)
}

// deployWith deploys with parameters of the template: they decide about rights, about what the
// stream lets through, and about the limit of an hour.
func deployWith(t *testing.T, parameters map[string]string) *stack {
	t.Helper()
	tableEndpoint, secretsEndpoint := endpoints(t)
	ctx, suffix := context.Background(), strings.ToLower(rand.Text()[:8])
	s := &stack{t: t, out: &output{}, name: "payouts-" + suffix, lines: &lines{}}
	var err error
	s.sandbox, err = sandbox.New(sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{"cambodia": {MerchantNo: "1", Secret: vexoraKey, Currency: "KHR"}},
		Monetix:        sandbox.MonetixProject{ProjectID: 1234, Secret: monetixKey},
		CallbackDelay:  300 * time.Millisecond, RetryGaps: slices.Repeat([]time.Duration{time.Second}, 12),
		Script: script, VexoraExecutesDuplicates: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.sandbox.Close(ctx) })
	providers := httptest.NewServer(s.sandbox.Handler())
	t.Cleanup(providers.Close)

	keys := credentials.NewStaticCredentialsProvider("local", "local", "")
	db := dynamodb.New(dynamodb.Options{BaseEndpoint: aws.String(tableEndpoint), Region: "us-east-1", Credentials: keys})
	made, err := db.CreateTable(ctx, dynamo.TableSchema(s.name))
	if err != nil {
		t.Fatal(err)
	}
	s.merchant = newMerchant(t)
	s.db, s.table = db, dynamo.New(db, s.name)
	vault := secretsmanager.New(secretsmanager.Options{BaseEndpoint: aws.String(secretsEndpoint), Region: "us-east-1", Credentials: keys})
	for name, document := range map[string]string{
		"vexora-" + suffix:    fmt.Sprintf(`{"KHR": {"base_url": "%s/vexora/cambodia", "merchant_no": "1", "app_secret": %q}}`, providers.URL, vexoraKey),
		"monetix-" + suffix:   fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": 1234, "secret_key": %q}`, providers.URL, monetixKey),
		"webhook-" + suffix:   fmt.Sprintf(`{"url": "%s/events", "secret": %q}`, s.merchant.server.URL, webhookKey),
		"stack-key-" + suffix: "a key of hashes over personal data, " + suffix,
		"people-" + suffix:    fmt.Sprintf(`{"people": [{"name": "Dara", "principals": [%q]}, {"name": "Bopha", "principals": [%q]}]}`, payroll, finance),
	} {
		if _, err := vault.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &document}); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	s.gateway = httptest.NewServer(mux)
	t.Cleanup(s.gateway.Close)
	s.env = []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_ENDPOINT_URL_DYNAMODB=" + newGate(t, tableEndpoint, parameters), "AWS_ENDPOINT_URL_SECRETS_MANAGER=" + secretsEndpoint,
		"TABLE_NAME=" + s.name, "ID_NAMESPACE=processes", "DEV_INSECURE=1", "OUTFLOW_LIMITS=" + parameters["OutflowLimits"],
		"VEXORA_SECRET_ID=vexora-" + suffix, "MONETIX_SECRET_ID=monetix-" + suffix, "WEBHOOK_SECRET_ID=webhook-" + suffix,
		"PEOPLE_SECRET_ID=people-" + suffix, "STACK_KEY_SECRET_ID=stack-key-" + suffix,
		"VEXORA_CALLBACK_URL=" + s.gateway.URL + "/vexora", "MONETIX_CALLBACK_URL=" + s.gateway.URL + "/monetix",
	}
	s.create = s.host("create-payout", "", 25*time.Second)
	s.sweep = s.host("reconcile-payouts", "", 55*time.Second)
	s.stream = &streamer{
		t: t, limited: parameters["OutflowLimits"] != "", arn: aws.ToString(made.TableDescription.LatestStreamArn), host: s.host("notify-merchant", "", 55*time.Second),
		client: dynamodbstreams.New(dynamodbstreams.Options{BaseEndpoint: aws.String(tableEndpoint), Region: "us-east-1", Credentials: keys}),
	}
	mux.Handle("/vexora", &s.lines.vexora)
	mux.Handle("/monetix", &s.lines.monetix)
	s.answer()
	return s
}

// answer lets the callback functions of this deployment take the callbacks.
func (s *stack) answer() {
	s.lines.vexora.Store(&functionURL{s.host("vexora-callback", "", 10*time.Second)})
	s.lines.monetix.Store(&functionURL{s.host("monetix-callback", "", 10*time.Second)})
}

// lines are both callback addresses.
type lines struct{ vexora, monetix line }

// line is a public address behind which the function can change.
type line struct{ atomic.Pointer[functionURL] }

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.Load().ServeHTTP(w, r) }

func (s *stack) host(name, offset string, timeout time.Duration) *host {
	s.t.Helper()
	// The gate before the table knows a function by its access key.
	h := newHost(s.t, name, build(s.t, name, offset), timeout, s.out, append(slices.Clone(s.env), "AWS_ACCESS_KEY_ID="+name)...)
	h.offset, _ = time.ParseDuration(offset)
	s.hosts = append(s.hosts, h)
	return h
}

// functionURL turns a provider's request into an invocation. A process that ends
// is a 502, as at Lambda.
type functionURL struct{ *host }

func (f functionURL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, body := f.request(r.Method, "/", raw)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// request is one HTTP request through the function.
func (h *host) request(method, path string, body []byte) (int, []byte) {
	event := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Body: string(body)}
	event.RequestContext.HTTP.Method = method
	event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: payroll},
	}
	encoded, err := json.Marshal(event)
	if err != nil {
		h.t.Error(err)
	}
	raw, err := h.invoke(encoded)
	var reply events.APIGatewayV2HTTPResponse
	if err != nil || json.Unmarshal(raw, &reply) != nil {
		return http.StatusBadGateway, nil
	}
	return reply.StatusCode, []byte(reply.Body)
}

// swept is what the sweep reports.
type swept struct{ Due, Taken, Failed int }

func (h *host) run() (swept, error) {
	raw, err := h.invoke([]byte(`{}`))
	var report swept
	if err == nil {
		err = json.Unmarshal(raw, &report)
	}
	return report, err
}

// account is a number that nothing else in the output looks like.
func account(n int) string { return fmt.Sprintf("770088%06d", n) }

func draft(n int) []byte {
	provider, destination := "vexora", fmt.Sprintf(`{"type":"wallet","wallet":"LANTON","account_id":"w%d","account_number":%q}`, n, account(n))
	if n%2 == 0 {
		provider, destination = "monetix", fmt.Sprintf(`{"type":"bank_account","bank":"wing","account_number":%q}`, account(n))
	}
	return fmt.Appendf(nil, `{"reference":"proc-%05d","provider":%q,"amount":"%d","currency":"KHR","destination":%s,
		"beneficiary":{"id":"c","first_name":"A","last_name":"B","email":"a@example.com","phone":"12345678","ip_address":"198.51.100.7"}}`,
		n, provider, 1000+n, destination)
}

// TestProcessesThatAreKilledPayNobodyTwice posts payouts to real processes and
// kills them at random moments. The merchant's endpoint fails, is silent and loses
// answers meanwhile, and the stream's consumer is off, begins again and is fed
// twice and out of order: still every event of every payout arrives.
func TestProcessesThatAreKilledPayNobodyTwice(t *testing.T) {
	s := deploy(t)
	payouts := 1000
	if text := os.Getenv("PROCESS_PAYOUTS"); text != "" {
		var err error
		if payouts, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	calm := s.kill()
	answers := s.post(payouts)
	calm()
	t.Logf("answers to %d creates: %v", payouts, answers)
	time.Sleep(3 * time.Second) // callbacks on their way

	// The same function later and later, until nothing is due any more.
	for _, offset := range []string{"3m", "8m", "20m", "2h", "26h", "60h", "61h", "62h"} {
		later := s.host("reconcile-payouts", offset, 55*time.Second)
		for rounds := 0; ; rounds++ {
			report, err := later.run()
			if err != nil {
				t.Fatalf("the sweep %s later: %v\n%s", offset, err, s.out)
			}
			if report.Due == 0 {
				break
			}
			if rounds == 50 {
				t.Fatalf("the sweep %s later goes on for ever: %+v", offset, report)
			}
		}
	}
	s.judge(payouts)
	s.judgeTold(payouts)
	t.Logf("%6d  records of the stream fed, %d batches lost by kills", s.stream.fed.Load(), s.stream.errors.Load())
	for _, h := range s.hosts {
		t.Logf("%-18s %+v", h.name, h.count)
	}
	for _, secret := range []string{vexoraKey, monetixKey, webhookKey[6:], account(0)[:9]} {
		if strings.Contains(s.out.String(), secret) {
			t.Errorf("%s is in what the processes wrote", secret)
		}
	}
}

// kill ends one invocation of eight by SIGKILL, which is one every few hundred
// milliseconds, and has the scheduler at work beside; the function returned stops
// both.
func (s *stack) kill() (calm func()) {
	for _, h := range s.hosts {
		h.setLethal(12)
	}
	s.merchant.setMoody(30)
	stop, ended := make(chan struct{}), sync.WaitGroup{}
	streaming, cease := context.WithCancel(context.Background())
	ended.Go(func() { s.stream.run(streaming) })
	ended.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Second):
				_, _ = s.sweep.run()
			}
		}
	})
	return func() {
		close(stop)
		cease()
		ended.Wait()
		s.merchant.setMoody(0)
		for _, h := range s.hosts {
			h.setLethal(0)
		}
	}
}

// post creates the payouts over a minute, as a merchant does that posts again when
// it got no clear answer.
func (s *stack) post(payouts int) map[int]int {
	var (
		mu      sync.Mutex
		wait    sync.WaitGroup
		answers = map[int]int{}
		slots   = make(chan struct{}, 24)
		pace    = time.NewTicker(time.Minute / time.Duration(payouts))
	)
	defer pace.Stop()
	for n := range payouts {
		<-pace.C
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			for range 4 {
				status, _ := s.create.request("POST", "/v1/payouts", draft(n))
				mu.Lock()
				answers[status]++
				mu.Unlock()
				if status < 500 {
					return
				}
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	wait.Wait()
	return answers
}

var ends = map[sandbox.State]payout.Status{
	sandbox.Paid: payout.Succeeded, sandbox.Failed: payout.Failed, sandbox.Returned: payout.Succeeded,
}

// judge compares every payout with the sandbox.
func (s *stack) judge(payouts int) {
	s.t.Helper()
	figures := map[string]int{}
	for n := range payouts {
		id := payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n)))
		e, sent := s.sandbox.Find(string(id.ProviderReference(1)))
		p, err := s.table.Get(context.Background(), id)
		if err != nil {
			figures["never stored"]++
			if sent {
				s.t.Errorf("%d was sent and is not stored: %v", n, err)
			}
			continue
		}
		figures["executed"] += e.Executed
		figures["requests at the providers"] += e.Requests
		agrees := sent && ends[e.State] == p.Status
		switch {
		case e.Executed > 1:
			s.t.Errorf("%s was executed %d times", p.Reference, e.Executed)
		case p.Status == payout.Succeeded && e.Executed == 0, p.Status == payout.Failed && e.Executed > 0 && e.State == sandbox.Paid:
			s.t.Errorf("%s is %s, the sandbox has it %s", p.Reference, p.Status, e.State)
		case !agrees && len(p.Attention) == 0:
			s.t.Errorf("%s is %s, the sandbox (script %s) has it %q, and nobody is told", p.Reference, p.Status, e.Script, e.State)
		case agrees:
			figures["final as the provider has it"]++
		default:
			figures["in the review queue, with a reason"]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		s.t.Logf("%6d  %s", figures[name], name)
	}
}

// TestAFunctionThatCannotStartSaysWhy starts each function with nothing.
func TestAFunctionThatCannotStartSaysWhy(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "gate-traffic" { // it needs nothing to start with
			continue
		}
		command := exec.Command(build(t, entry.Name(), ""))
		command.Env = []string{"AWS_REGION=us-east-1"}
		var out bytes.Buffer
		command.Stderr = &out
		if err := command.Run(); err == nil || !strings.Contains(out.String(), "TABLE_NAME") || strings.Contains(out.String(), "goroutine") {
			t.Errorf("%s: %v\n%s", entry.Name(), err, out.String())
		}
	}
}
