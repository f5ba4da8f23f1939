package scripts_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// nightly are the pages with lines to paste at night.
var nightly = []string{"../docs/runbook.md", "../docs/disaster-recovery.md", "../docs/rotation.md"}

// blocks are the sh blocks of a page as they are pasted.
func blocks(t *testing.T, page string) []string {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		all = append(all, block[1])
	}
	if len(all) < 2 {
		t.Errorf("%s has %d blocks", page, len(all))
	}
	return all
}

func TestLinesToPasteAreShell(t *testing.T) {
	t.Parallel()
	for _, page := range append([]string{"../docs/deploying.md"}, nightly...) {
		for _, block := range blocks(t, page) {
			check := exec.Command("bash", "-n")
			check.Stdin = strings.NewReader(block)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %s\n%s", page, out, block)
			}
			if regexp.MustCompile(`\bdate [^)]*-d\b|\bsed -i\b|\breadlink -f\b|\bshred\b`).MatchString(block) {
				t.Errorf("%s: GNU alone knows this: %s", page, block)
			}
		}
	}
}

// arrived is a request as the API sees it.
type arrived struct {
	method, path, body string
	types              []string
}

// signed judges a request as AWS does: it is signed again, by the SDK and with the terminal's
// credentials, over the headers that the signature names. AWS sorts the query's parameters
// before it does so; curl 7.88 signs them as they stand.
func signed(r *http.Request, body []byte) error {
	authorization := r.Header.Get("Authorization")
	found := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=id/\d{8}/ap-southeast-1/execute-api/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`).FindStringSubmatch(authorization)
	when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if found == nil || err != nil {
		return fmt.Errorf("signed as %q at %v", authorization, err)
	}
	again, err := http.NewRequestWithContext(context.Background(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(found[1], ";") {
		if name != "host" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	hash := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret", SessionToken: "token"}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hex.EncodeToString(hash[:]), "execute-api", "ap-southeast-1", when); err != nil {
		return err
	}
	if want := again.Header.Get("Authorization"); !strings.HasSuffix(want, "Signature="+found[2]) {
		return fmt.Errorf("signed as %q, and AWS computes %q", authorization, want)
	}
	return nil
}

// api remembers what arrives, and refuses what AWS would: a content-type that is there twice,
// or a request whose signature is another one than AWS computes.
func api(t *testing.T) (*httptest.Server, func() []arrived) {
	t.Helper()
	var mu sync.Mutex
	var all []arrived
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		all = append(all, arrived{r.Method, r.URL.Path, string(body), r.Header.Values("Content-Type")})
		if err := signed(r, body); err != nil || !strings.Contains(r.Header.Get("Authorization"), "content-type") {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		_, _ = fmt.Fprint(w, `{"version": 3}`)
	}))
	t.Cleanup(server.Close)
	return server, func() []arrived {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// pastedAWS is an AWS CLI that knows the terminal's credentials and the API's address.
const pastedAWS = `#!/usr/bin/env bash
case "$*" in
*export-credentials*) printf 'export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_SESSION_TOKEN=token\n' ;;
*ApiUrl*) echo "$TEST_API" ;;
esac
`

// Each line that needs curl alone is pasted into a terminal that the runbook has made ready.
func TestLinesThatCallTheAPIArriveAsTheyShould(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	folder := t.TempDir()
	copied{t, folder}.write("bin/aws", pastedAWS)
	for _, name := range []string{"statement.csv", "vexora.csv", "monetix.csv"} {
		copied{t, folder}.write(name, "a,b\n1,2\n")
	}
	first := ready(t)
	orders := 0
	for _, page := range nightly {
		for _, block := range blocks(t, page) {
			if block == first {
				continue
			}
			for line := range strings.Lines(block) {
				line = strings.TrimSpace(line)
				if !regexp.MustCompile(`\b(payouts|pages) `).MatchString(line) || strings.HasPrefix(line, "aws ") {
					continue
				}
				server, requests := api(t)
				paste := exec.Command("bash", "-c", first+"\n"+line)
				paste.Dir = folder
				paste.Env = append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"), "TEST_API="+server.URL, "ID=po_...")
				out, err := paste.CombinedOutput()
				seen := requests()
				if err != nil || len(seen) == 0 {
					t.Errorf("%s: %s: %v\n%s", page, line, err, out)
					continue
				}
				orders += judged(t, line, seen[len(seen)-1])
			}
		}
	}
	if orders < 8 {
		t.Errorf("%d orders were pasted", orders)
	}
}

// judged compares a request with the line that made it, and counts orders.
func judged(t *testing.T, line string, got arrived) int {
	t.Helper()
	method, kind := "GET", "application/json"
	if strings.Contains(line, "-X POST") {
		method = "POST"
	}
	if strings.Contains(line, "/v1/statements") {
		kind = "text/csv"
	}
	_, path, _ := strings.Cut(line, `"$API`)
	path, _, _ = strings.Cut(path, `"`)
	path, _, _ = strings.Cut(strings.ReplaceAll(path, "$ID", "po_..."), "?")
	if got.method != method || got.path != path || !slices.Equal(got.types, []string{kind}) {
		t.Errorf("%s\narrives as %s %s, %q", line, got.method, got.path, got.types)
	}
	if method == "GET" {
		return 0
	}
	if got.body == "" || strings.Contains(got.body, "$") {
		t.Errorf("%s\nsends %q", line, got.body)
	}
	return 1
}

// The gate invokes each version: a function that is turned off when somebody deploys is
// refused. And CloudFormation keeps every parameter that a later deployment does not name.
func TestARestoreTakesBackWhatItSets(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/disaster-recovery.md")
	if err != nil {
		t.Fatal(err)
	}
	_, steps, _ := strings.Cut(string(raw), "\n## Restore, line by line\n")
	steps, _, _ = strings.Cut(steps, "\n### ")
	var shell strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(steps, -1) {
		shell.WriteString(block[1])
	}
	off, deployments := map[string]bool{}, 0
	values := map[string][]string{}
	for line := range strings.Lines(shell.String()) {
		if list := regexp.MustCompile(`for f in ([A-Za-z ]+);.*--reserved-concurrent-executions (\d+)`).FindStringSubmatch(line); list != nil {
			for _, function := range strings.Fields(list[1]) {
				off[function] = list[2] == "0"
			}
		}
		for _, set := range regexp.MustCompile(`\b(Rollout|RollbackAlarms)=(\w+)`).FindAllStringSubmatch(line, -1) {
			values[set[1]] = append(values[set[1]], set[2])
		}
		if !strings.HasPrefix(line, "make deploy") {
			continue
		}
		deployments++
		for function, turned := range off {
			if turned {
				t.Errorf("%s takes nothing when deployment %d asks it for a selftest", function, deployments)
			}
		}
	}
	if len(off) != 2 || deployments != 2 || !slices.Equal(values["Rollout"], []string{"AllAtOnce", "Canary10Percent5Minutes"}) || !slices.Equal(values["RollbackAlarms"], []string{"off", "on"}) {
		t.Errorf("%d deployments, turned off %v, set %v", deployments, off, values)
	}
}
