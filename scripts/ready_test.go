package scripts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lender is an AWS CLI that gives other keys each time, unless there are some in the environment:
// those win, as with the real one. OLD is one of version 1.
const lender = `#!/usr/bin/env bash
case "$*" in
*export-credentials*)
  [ -z "${OLD-}" ] || { echo 'Invalid choice: export-credentials' >&2; exit 252; }
  id=${AWS_ACCESS_KEY_ID-}
  if [ -z "$id" ]; then echo x >>lent; id=lent-$(wc -l <lent | tr -d ' '); fi
  printf 'export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=secret AWS_SESSION_TOKEN=token\n' "$id" ;;
*ApiUrl*) echo "${TEST_API-https://api.example.com}" ;;
esac
`

// terminal pastes lines into a terminal with this AWS CLI, and returns all that it shows.
func terminal(t *testing.T, lines string, env ...string) string {
	t.Helper()
	folder := t.TempDir()
	copied{t, folder}.write("bin/aws", lender)
	paste := exec.Command("bash", "-c", lines)
	paste.Dir = folder
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			paste.Env = append(paste.Env, v)
		}
	}
	paste.Env = append(append(paste.Env, "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH")), env...)
	said, err := paste.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return string(said)
}

// Keys that a paste has put into the environment win over the profile when they have expired.
func TestATerminalIsMadeReadyAgainAfterItsKeysHaveExpired(t *testing.T) {
	t.Parallel()
	const shown = `echo "now $AWS_ACCESS_KEY_ID"` + "\n"
	for name, test := range map[string]struct {
		lines, want string
		env         []string
	}{
		"a profile":           {"", "now lent-2", []string{"AWS_PROFILE=payouts"}},
		"no profile":          {"", "now lent-2", nil},
		"by hand":             {"", "now mine", []string{"AWS_ACCESS_KEY_ID=mine"}},
		"by hand, afterwards": {"export AWS_ACCESS_KEY_ID=mine\n", "now mine", nil},
	} {
		said := terminal(t, ready(t)+test.lines+ready(t)+shown, test.env...)
		if !strings.Contains(said, test.want+"\n") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

func TestATerminalWithAnOldCLIIsToldSo(t *testing.T) {
	t.Parallel()
	if said := terminal(t, ready(t), "OLD=1"); !strings.Contains(said, "AWS CLI 2") {
		t.Errorf("%q", said)
	}
	if said := terminal(t, ready(t)); said != "" {
		t.Errorf("where all is well it says %q", said)
	}
}

// A page may be empty while there is a cursor: whoever reads the first one alone sees nothing.
func TestListsOfTheRunbookAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	lists := 0
	for _, path := range nightly {
		for line := range strings.Lines(shell(page(t, path))) {
			if regexp.MustCompile(`payouts "\$API/v1/(payouts\?|orphans)`).MatchString(line) {
				t.Errorf("%s reads one page: %s", path, line)
			}
			found := regexp.MustCompile(`(pages "\$API(/v1/[^"]+)")`).FindStringSubmatch(line)
			if found == nil {
				continue
			}
			lists++
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := signed(r, nil); err != nil {
					t.Errorf("%s: %v", r.URL, err)
				}
				switch r.URL.Query().Get("cursor") {
				case "":
					_, _ = fmt.Fprint(w, `{"payouts": [], "next_cursor": "a+/="}`)
				case "a+/=":
					_, _ = fmt.Fprint(w, `{"payouts": [], "next_cursor": "b"}`)
				default:
					_, _ = fmt.Fprintf(w, `{"payouts": ["found", "%s"]}`, r.URL.RawQuery)
				}
			}))
			said := terminal(t, strings.Replace(ready(t), "API=$(output ApiUrl)", "API="+server.URL, 1)+found[1], "AWS_ACCESS_KEY_ID=id")
			server.Close()
			_, query, _ := strings.Cut(found[2], "?")
			for parameter := range strings.SplitSeq(query, "&") {
				if !strings.Contains(said, parameter) {
					t.Errorf("%s: the last page is asked for without %s: %s", line, parameter, said)
				}
			}
			if !strings.Contains(said, "found") {
				t.Errorf("%s: %s", line, said)
			}
		}
	}
	if lists < 8 {
		t.Errorf("%d lists", lists)
	}
}
