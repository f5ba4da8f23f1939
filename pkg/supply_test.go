package pkg_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pipeline holds the credentials of a deployment. Whatever it runs is pinned to bytes:
// a version alone is what its publisher, or a thief of his account, says that it is today.

// recipes are the files that install or run tools.
func recipes(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, pattern := range []string{"../Makefile", "../scripts/*", "../.ci/*", "../.github/workflows/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = strings.Split(string(raw), "\n")
		}
	}
	return found
}

// asks says of a line that begins to install something what it has to hold.
var asks = []struct {
	does  *regexp.Regexp
	holds []string
}{
	{regexp.MustCompile(`\bpip3? (install|download|wheel)\b`), []string{"--require-hashes", "--no-deps", "--only-binary :all:", "-r "}},
	{regexp.MustCompile(`\bcargo install\b`), []string{"--locked", "--version "}},
	{regexp.MustCompile(`\b(npm (install|i)|npx|pipx|uvx|brew install|gem install)\b`), []string{"no such tool is used here"}},
	{regexp.MustCompile(`\b(curl|wget)\b.*(\|\s*(ba)?sh|-o |-O )`), []string{"sha256sum"}},
	{regexp.MustCompile(`@(latest|master|main)\b`), []string{"a version"}},
}

func TestEveryToolIsInstalledByItsHash(t *testing.T) {
	for name, lines := range recipes(t) {
		for n, line := range lines {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, ask := range asks {
				for _, held := range ask.holds {
					if ask.does.MatchString(line) && !strings.Contains(line, held) {
						t.Errorf("%s:%d installs without %q: %s", name, n+1, held, line)
					}
				}
			}
		}
	}
}

func TestEveryActionIsPinnedToACommit(t *testing.T) {
	uses, pinned := regexp.MustCompile(`^\s*(?:- )?uses:\s*(\S+)(.*)$`), regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
	found := 0
	for name, lines := range recipes(t) {
		for n, line := range lines {
			action := uses.FindStringSubmatch(line)
			if action == nil || strings.HasPrefix(action[1], "./") {
				continue
			}
			found++
			if !pinned.MatchString(action[1]) || !regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`).MatchString(action[2]) {
				t.Errorf("%s:%d: %s is not a commit with its version beside it; a tag can be moved", name, n+1, action[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("%d actions", found)
	}
}

// TestEveryPythonPackageHasItsHashes: pip refuses a file whose hash is not listed, and with
// --no-deps takes nothing that is not.
func TestEveryPythonPackageHasItsHashes(t *testing.T) {
	pin := regexp.MustCompile(`^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;]+)(?: ;[^\\]*)? \\$`)
	extras, all := regexp.MustCompile(`\[[^]]*\]`), recipes(t)
	for _, set := range []string{"requirements", "requirements-sam"} {
		hashes, current := map[string]int{}, ""
		for n, line := range all["../scripts/"+set+".txt"] {
			switch found := pin.FindStringSubmatch(line); {
			case found != nil:
				current = found[1] + "==" + found[2]
				hashes[current] = 0
			case strings.HasPrefix(line, "    --hash=sha256:"):
				hashes[current]++
			case line != "" && !strings.HasPrefix(strings.TrimSpace(line), "#"):
				t.Errorf("%s.txt:%d is no package with hashes: %s", set, n+1, line)
			}
		}
		for name, n := range hashes {
			if n == 0 {
				t.Errorf("%s.txt: %s has no hash", set, name)
			}
		}
		for _, wanted := range all["../scripts/"+set+".in"] {
			if _, there := hashes[extras.ReplaceAllString(wanted, "")]; wanted != "" && !there {
				t.Errorf("%s.txt does not have %s of %s.in: make it anew", set, wanted, set)
			}
		}
		if len(hashes) < 20 {
			t.Errorf("%s.txt has %d packages", set, len(hashes))
		}
	}
}

func TestThePipelineLooksForKnownVulnerabilities(t *testing.T) {
	for _, workflow := range []string{"ci.yml", "deploy.yml"} {
		if !slices.ContainsFunc(recipes(t)["../.github/workflows/"+workflow], func(line string) bool { return strings.Contains(line, "make vulnerabilities") }) {
			t.Errorf("%s does not: what is known to be broken would be deployed", workflow)
		}
	}
}

// TestCredentialsAreTakenLast: what is installed and built ran before there was anything to
// take, stages do not wait for each other, and production takes main alone.
func TestCredentialsAreTakenLast(t *testing.T) {
	stage := strings.Join(recipes(t)["../.github/workflows/deploy-stage.yml"], "\n")
	built, taken, used := strings.Index(stage, "make sam-build"), strings.Index(stage, "configure-aws-credentials@"), strings.Index(stage, "make deploy")
	if built < 0 || built > taken || taken > used {
		t.Errorf("built at %d, credentials at %d, deployed at %d: tools would run beside credentials that they do not need", built, taken, used)
	}
	for _, line := range []string{"group: deploy-${{ inputs.stage }}", "if: inputs.stage != 'prod' || github.ref == 'refs/heads/main'"} {
		if !strings.Contains(stage, line) {
			t.Errorf("deploy-stage.yml does not have %q", line)
		}
	}
	whole := strings.Join(recipes(t)["../.github/workflows/deploy.yml"], "\n")
	if n := strings.Count(whole, "if: github.ref == 'refs/heads/main'"); n != 2 || strings.Contains(whole, "concurrency:") {
		t.Errorf("%d of 2 stages are for main alone, or one group holds both", n)
	}
}
