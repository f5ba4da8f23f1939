package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// documented lists the lines of the sh blocks of a page, without their comments.
func documented(t *testing.T, page string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		for line := range strings.Lines(block[1]) {
			if line, _, _ = strings.Cut(line, " #"); strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

// localLines are the documented lines that need containers, and what they print.
var localLines = map[string]string{
	"make local-aws": "",
	"make sam-build": "",
	"make invoke FUNCTION=CreatePayout EVENT=events/create-payout-vexora.json": `"reference\":\"KHPO202605160001\"`,
	"make invoke FUNCTION=GetPayout EVENT=events/get-payout-by-id.json":        "KHPO202605160001",
	"make invoke FUNCTION=VexoraCallback EVENT=events/selftest.json":           `"state": "passed"`,
	"make start-api": "",
}

// TestSAMLocalRunsTheDocumentedLines runs what the pages tell people to run, as it stands
// there, on the ports that stand there. What differs between machines is in the
// environment (docs/deploying.md).
func TestSAMLocalRunsTheDocumentedLines(t *testing.T) {
	if os.Getenv("REQUIRE_SAM") == "" {
		t.Skip("needs SAM and containers; `make integration` has both and runs this")
	}
	script, err := os.ReadFile("../scripts/integration.sh")
	if err != nil || !strings.Contains(string(script), "step build make sam-build\n") {
		t.Fatalf("make integration does not build as the pages say (%v)", err)
	}
	t.Setenv("LOCAL_AWS_HOST", "0.0.0.0")
	if os.Getenv("PULL") == "" {
		t.Setenv("SAM_FLAGS", "--skip-pull-image")
	}
	b := &bench{t: t}
	b.background("http://127.0.0.1:8001/ledger", nil, "make", "local-aws")
	ran := map[string]bool{"make local-aws": true, "make sam-build": true}
	for _, page := range []string{"README.md", "docs/deploying.md", "events/README.md"} {
		for _, line := range documented(t, page) {
			says, ours := localLines[line]
			if !ours || ran[line] || line == "make start-api" {
				continue
			}
			ran[line] = true
			if out := shell(t, line); !strings.Contains(out, says) {
				t.Errorf("%s: %s does not print %s:\n%s", page, line, says, out)
			}
		}
	}
	if slices.Contains(documented(t, "docs/deploying.md"), "make start-api") {
		ran["make start-api"] = true
		postTheReadmesPayout(t, b)
	}
	if len(ran) != len(localLines) {
		t.Errorf("ran %v of %v", ran, localLines)
	}
}

// shell runs one line as it stands.
func shell(t *testing.T, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	began := time.Now()
	command := exec.CommandContext(ctx, "bash", "-c", line)
	command.Dir = ".."
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	t.Logf("%s (%v)", line, time.Since(began).Round(100*time.Millisecond))
	return string(out)
}

// postTheReadmesPayout sends the README's request to the API of make start-api, under a
// reference of its own, and waits for the signed callback.
func postTheReadmesPayout(t *testing.T, b *bench) {
	t.Helper()
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	body := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(string(raw))
	if body == nil || !json.Valid([]byte(body[1])) {
		t.Fatal("the README has no request")
	}
	const api = "http://127.0.0.1:3000"
	b.background(api+"/v1/version", nil, "make", "start-api")
	created, err := call(http.MethodPost, api+"/v1/payouts", strings.Replace(body[1], "KHPO202605160001", "documented-1", 1))
	if err != nil || created["id"] == nil {
		t.Fatalf("%v, %v", created, err)
	}
	var got map[string]any
	eventually(t, 3*time.Minute, "the README's payout does not end", func() bool {
		got, err = call(http.MethodGet, api+"/v1/payouts/"+fmt.Sprint(created["id"]), "")
		return err == nil && got["status"] == "succeeded"
	})
	t.Logf("make start-api: the README's payout is %v", got["status"])
}
