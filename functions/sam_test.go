package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cambodia-payouts/pkg/dynamo"
)

// bench is what SAM's local tools stand on: the services of make local-aws, and an
// environment file that points the functions there.
type bench struct {
	t       *testing.T
	sam     string
	flags   []string // of every sam local command
	envFile string
	apiPort string
	ledger  string
}

// newBench starts make local-aws on free ports. Without REQUIRE_SAM (see
// scripts/integration.sh) there is nothing to run it with.
func newBench(t *testing.T) *bench {
	t.Helper()
	if os.Getenv("REQUIRE_SAM") == "" {
		t.Skip("needs SAM and containers; `make integration` has both and runs this")
	}
	b := &bench{t: t, sam: os.Getenv("SAM"), apiPort: freePort(t)}
	awsPort := freeNeighbours(t)
	b.envFile = b.environment(awsPort)
	b.ledger = fmt.Sprintf("http://127.0.0.1:%d/ledger", awsPort+1)
	b.flags = []string{"--env-vars", b.envFile, "--parameter-overrides", "Architecture=" + os.Getenv("ARCH"),
		"--add-host", "host.docker.internal:" + os.Getenv("CONTAINER_HOST_ADDRESS")}
	if os.Getenv("PULL") == "" {
		b.flags = append(b.flags, "--skip-pull-image")
	}
	// Containers reach this machine over their bridge, so loopback is too little.
	b.background(fmt.Sprintf("http://127.0.0.1:%d/ledger", awsPort+1),
		[]string{"LOCAL_AWS_HOST=0.0.0.0", fmt.Sprint("LOCAL_AWS_PORT=", awsPort)}, "bash", "scripts/local-aws.sh")
	return b
}

// environment is env.json with this run's ports.
func (b *bench) environment(awsPort int) string {
	b.t.Helper()
	raw, err := os.ReadFile("../env.json")
	if err != nil {
		b.t.Fatal(err)
	}
	changed := strings.NewReplacer("host.docker.internal:8000", fmt.Sprint("host.docker.internal:", awsPort),
		"127.0.0.1:3000", "127.0.0.1:"+b.apiPort).Replace(string(raw))
	path := filepath.Join(b.t.TempDir(), "env.json")
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// background starts a program in a group of its own, waits until it answers, and
// ends the group with the test.
func (b *bench) background(answers string, env []string, name string, args ...string) {
	b.t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	b.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		select {
		case <-gone:
		case <-time.After(20 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-gone
		}
		if b.t.Failed() {
			b.t.Logf("%s said:\n%s", name, said.String())
		}
	})
	eventually(b.t, 90*time.Second, answers+" does not answer", func() bool {
		select {
		case <-gone:
			b.t.Fatalf("%s ended:\n%s", name, said.String())
		default:
		}
		response, err := http.Get(answers) //nolint:gosec // our own address
		if err != nil {
			return false
		}
		return response.Body.Close() == nil
	})
}

// invoke is sam local invoke of one function with one sample event.
func (b *bench) invoke(function, event string) (status int, body string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 3*time.Minute)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, b.sam, append([]string{"local", "invoke", function, "--event", "events/" + event + ".json"}, b.flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "..", &out, &said
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("sam local invoke %s: %v\n%s", function, err, said.String())
	}
	// The answer is the last line; the function's log lines may come before it.
	printed := strings.TrimSpace(out.String())
	answer := printed[strings.LastIndexByte(printed, '\n')+1:]
	var reply struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal([]byte(answer), &reply); err != nil {
		b.t.Fatalf("sam local invoke %s printed %q: %v\n%s", function, printed, err, said.String())
	}
	if reply.StatusCode == 0 {
		return 0, answer
	}
	return reply.StatusCode, reply.Body
}

// Each invocation starts a container. What all sample events come to is tested without, by
// pkg/boot.
func TestSAMLocalInvokeRunsEveryFunction(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		function, event string
		status          int
		says            string
	}{
		{"CreatePayout", "create-payout-vexora", 201, `"status":"processing"`},
		{"CreatePayout", "create-payout-vexora", 200, `"reference":"KHPO202605160001"`},
		{"CreatePayout", "create-payout-monetix", 201, `"provider":"monetix"`},
		{"GetPayout", "get-payout-by-id", 200, "KHPO202605160001"},
		{"VexoraCallback", "vexora-callback-forged", 401, "signature-invalid"},
		{"VexoraCallback", "vexora-callback-processing", 200, "OK"},
		{"MonetixCallback", "monetix-callback-success", 200, ""},
		{"NotifyMerchant", "notify-merchant", 0, `{"batchItemFailures": []}`},
		{"GetPayout", "get-payout-events", 200, "payout.processing"},
		{"OperatePayout", "operate-payout-resolve", 202, `"proposal"`},
		{"OperatePayout", "operate-payout-resolve-second-person", 200, `"status":"succeeded"`},
		{"OperatePayout", "operate-payout-evidence", 200, `"body_base64"`},
		{"VexoraCallback", "vexora-callback-success", 200, "OK"},
		{"ReconcilePayouts", "reconcile-payouts", 0, `"taken"`},
		{"GetPayout", "get-payout-version", 200, fmt.Sprintf(`"schema":%d`, dynamo.SchemaVersion)},
		{"CreatePayout", "selftest", 0, `"vexora request KHR"`},
	} {
		began := time.Now()
		status, body := b.invoke(step.function, step.event)
		if status != step.status || !strings.Contains(body, step.says) {
			t.Errorf("%s with %s: %d %s", step.function, step.event, status, body)
		}
		t.Logf("%s with %s: %d in %v", step.function, step.event, status, time.Since(began).Round(100*time.Millisecond))
	}
}

func TestSAMLocalStartAPICarriesAPayoutToItsEnd(t *testing.T) {
	b := newBench(t)
	api := "http://127.0.0.1:" + b.apiPort
	b.background(api+"/v1/banks", nil, b.sam, append([]string{"local", "start-api", "--port", b.apiPort, "--warm-containers", "LAZY"}, b.flags...)...)
	for name, test := range map[string]struct{ body, status string }{
		"vexora": {`{"reference": "start-api-1", "provider": "vexora", "amount": "50000", "currency": "KHR",
			"destination": {"type": "wallet", "wallet": "LANTON", "account_id": "lanton_88990011", "account_number": "88990011"},
			"beneficiary": {"id": "c1", "first_name": "Sophea", "last_name": "Chan", "phone": "+855 12 345 678", "email": "sophea.chan@example.com", "ip_address": "198.51.100.47"}}`, "succeeded"},
		"monetix": {`{"reference": "start-api-2", "provider": "monetix", "amount": "50000.00", "currency": "KHR",
			"destination": {"type": "bank_account", "bank": "wing", "account_number": "1234567890"},
			"beneficiary": {"id": "c1", "first_name": "Sophea", "last_name": "Chan", "phone": "85512345678", "email": "sophea.chan@example.com", "ip_address": "198.51.100.47"}}`, "succeeded"},
		"declined": {`{"reference": "start-api-3", "provider": "monetix", "amount": "20000", "currency": "KHR",
			"destination": {"type": "bank_account", "bank": "wing", "account_number": "1234569001"},
			"beneficiary": {"id": "c1", "first_name": "Sophea", "last_name": "Chan", "phone": "85512345678", "email": "sophea.chan@example.com", "ip_address": "198.51.100.47"}}`, "failed"},
	} {
		created, err := call(http.MethodPost, api+"/v1/payouts", test.body)
		if err != nil || created["id"] == nil {
			t.Fatalf("%s: %v, %v", name, created, err)
		}
		var got map[string]any
		eventually(t, 3*time.Minute, name+" does not end", func() bool {
			got, err = call(http.MethodGet, api+"/v1/payouts/"+fmt.Sprint(created["id"]), "")
			return err == nil && got["status"] == test.status
		})
		t.Logf("%s: %v, by %v", name, got["status"], got["history"])
		again, err := call(http.MethodPost, api+"/v1/payouts", test.body)
		if err != nil || again["id"] != created["id"] || again["status"] != test.status {
			t.Errorf("%s again: %v, %v", name, again, err)
		}
	}
	response, err := http.Get(b.ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var ledger []struct{ Requests, Executed int }
	if err := json.NewDecoder(response.Body).Decode(&ledger); err != nil || len(ledger) != 3 {
		t.Fatalf("ledger: %v, %v", ledger, err)
	}
	for _, line := range ledger {
		if line.Requests != 1 || line.Executed > 1 {
			t.Errorf("sent %d times, executed %d times", line.Requests, line.Executed)
		}
	}
}

// call speaks JSON with the API.
func call(method, address, body string) (map[string]any, error) {
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(response.Body)
	var answer map[string]any
	return answer, errors.Join(err, response.Body.Close(), json.Unmarshal(raw, &answer))
}

func eventually(t *testing.T, limit time.Duration, otherwise string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatal(otherwise)
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// freeNeighbours finds a free port whose next one is free too.
func freeNeighbours(t *testing.T) int {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "0.0.0.0:0")
		if err != nil {
			t.Fatal(err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", fmt.Sprint("0.0.0.0:", port+1))
		_ = first.Close()
		if err == nil {
			_ = second.Close()
			return port
		}
	}
	t.Fatal("no two free ports side by side")
	return 0
}
