package main

import (
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/receiver"
)

// A developer's own endpoint gets what the deployed stack would send it.
func TestOnesOwnEndpointIsToldOverHTTP(t *testing.T) {
	var mu sync.Mutex
	var types []string
	own, err := receiver.New(func(e receiver.Event) error {
		mu.Lock()
		defer mu.Unlock()
		types = append(types, e.Type)
		return nil
	}, webhookKey)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(own)
	defer server.Close()
	t.Setenv("WEBHOOK_URL", server.URL+"/events")
	t.Setenv("WEBHOOK_SECRET", webhookKey)
	r := start(t, t.TempDir())
	if status, p := r.call("POST", "/v1/payouts", walletDraft("0000")); status != 201 {
		t.Fatal(status, p)
	}
	came := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(types, " ")
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(came(), "payout.succeeded") && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
	}
	if got := came(); !strings.Contains(got, "payout.created") || !strings.Contains(got, "payout.succeeded") {
		t.Errorf("it got %q", got)
	}
	if strings.Contains(r.out.String(), "the merchant gets") {
		t.Error("the run's own endpoint was told as well")
	}
}

func TestAnEndpointThatCannotBeUsedIsRefusedAtTheStart(t *testing.T) {
	for name, test := range map[string]struct{ url, secret, says string }{
		"another machine":    {"http://192.0.2.1:9090", webhookKey, "WEBHOOK_URL"},
		"a name":             {"https://example.com/events", webhookKey, "WEBHOOK_URL"},
		"a file":             {"file:///tmp/x", webhookKey, "WEBHOOK_URL"},
		"no secret":          {"http://127.0.0.1:9090", "", "WEBHOOK_SECRET"},
		"a short secret":     {"http://127.0.0.1:9090", "whsec_c2hvcnQ=", "WEBHOOK_SECRET"},
		"a secret with user": {"http://me@127.0.0.1:9090", webhookKey, "WEBHOOK_URL"},
	} {
		t.Setenv("WEBHOOK_URL", test.url)
		t.Setenv("WEBHOOK_SECRET", test.secret)
		if err := openIn(t, t.TempDir()); err == nil || !strings.Contains(err.Error(), test.says) || test.secret != "" && strings.Contains(err.Error(), test.secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The lines of docs/events.md, with other ports: the receiver as a process of its own.
func TestTheReceiverOfTheDocsHears(t *testing.T) {
	raw, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile("(?s)```sh\n(export WEBHOOK_SECRET=(\\S+).*?\ngo run \\./cmd/receiver.*?\nWEBHOOK_URL=http://127\\.0\\.0\\.1:9090 make run.*?)```").FindStringSubmatch(string(raw))
	if lines == nil {
		t.Fatal("the page has no lines to paste")
	}
	binary := filepath.Join(t.TempDir(), "receiver")
	if out, err := exec.Command("go", "build", "-o", binary, "../receiver").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := anyPort(t)
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	heard := &output{}
	process := exec.Command(binary, "-listen", address)
	process.Env, process.Stdout, process.Stderr = append(os.Environ(), "WEBHOOK_SECRET="+lines[2]), heard, heard
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			break
		}
	}
	t.Setenv("WEBHOOK_URL", "http://"+address)
	t.Setenv("WEBHOOK_SECRET", lines[2])
	r := start(t, t.TempDir())
	r.call("POST", "/v1/payouts", walletDraft("0000"))
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(heard.String(), "payout.succeeded") && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
	}
	if out := heard.String(); !strings.Contains(out, "payout.created") || !strings.Contains(out, "payout.succeeded") {
		t.Errorf("it printed %s", out)
	}
}
