package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ready is the block of the runbook that makes a terminal ready.
func ready(t *testing.T) string {
	t.Helper()
	all := blocks(t, nightly[0])
	return all[slices.IndexFunc(all, func(b string) bool { return strings.Contains(b, "payouts()") })]
}

var (
	variable = regexp.MustCompile(`\$\{?([A-Z][A-Z_]+)\b`)
	setting  = regexp.MustCompile(`(?m)(?:^|[;\s(])([A-Z][A-Z_]+)=`)
	byAWS    = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "ZSH_VERSION"}
)

// At night people jump to a section and paste its lines: an address that nothing set is a call
// with an empty one.
func TestVariablesOfLinesToPasteAreSetInTheirSection(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, path := range append([]string{"../docs/operating.md"}, nightly...) {
		for _, section := range strings.Split(page(t, path), "\n## ") {
			lines := ready(t) + shell(section)
			set := slices.Clone(byAWS)
			for _, found := range setting.FindAllStringSubmatch(lines, -1) {
				set = append(set, found[1])
			}
			for _, used := range variable.FindAllStringSubmatch(lines, -1) {
				seen++
				if !slices.Contains(set, used[1]) {
					title, _, _ := strings.Cut(section, "\n")
					t.Errorf("%s, %q: nothing sets $%s", path, title, used[1])
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d variables", seen)
	}
}

// versioned is an AWS CLI with one secret, whose stages it keeps as files. It looks for no more
// in a query than the stage.
const versioned = `#!/usr/bin/env bash
set -eu
after() { while [ "$1" != "$want" ]; do shift; done; echo "$2"; }
all=$*
case $all in
*describe-stacks*VexoraSecretArn*) echo arn:vexora ;;
*"list-secret-version-ids --secret-id arn:vexora"*"contains(VersionStages, 'AWSCURRENT')"*.VersionId*) cat AWSCURRENT ;;
*"list-secret-version-ids --secret-id arn:vexora"*"contains(VersionStages, 'AWSPREVIOUS')"*.VersionId*) cat AWSPREVIOUS ;;
*"list-secret-version-ids --secret-id arn:vexora"*VersionId*VersionStages*) ;;
*"update-secret-version-stage --secret-id arn:vexora --version-stage AWSCURRENT"*)
  want=--move-to-version-id; to=$(after "$@"); want=--remove-from-version-id; from=$(after "$@")
  [ "$from" = "$(cat AWSCURRENT)" ] || { echo "$from is not current" >&2; exit 254; }
  echo "$to" >AWSCURRENT; echo "$from" >AWSPREVIOUS ;;
*) echo "no answer to $all" >&2; exit 2 ;;
esac
`

// Whoever is sent there has a secret that does not work and nothing in hand.
func TestTheVersionBeforeIsPutBackByPasting(t *testing.T) {
	t.Parallel()
	lines := shell(section(t, "../docs/rotation.md", "## Put the version before back"))
	folder := t.TempDir()
	d := copied{t, folder}
	d.write("bin/aws", versioned)
	d.write("AWSCURRENT", "bad\n")
	d.write("AWSPREVIOUS", "good\n")
	functions := regexp.MustCompile(`(?m)^(?:output|resource)\(\).*$`).FindAllString(ready(t), -1)
	paste := exec.Command("bash", "-c", "set -e\n"+strings.Join(functions, "\n")+"\n"+lines)
	paste.Dir = folder
	paste.Env = append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"), "STACK=cambodia-payouts-prod")
	if said, err := paste.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if current := page(t, filepath.Join(folder, "AWSCURRENT")); current != "good\n" {
		t.Errorf("in force is %q", current)
	}
}

// Each section that sends people there says whom to call: nobody on call may write a secret.
func TestSectionsThatPutASecretBackNameWhoMay(t *testing.T) {
	t.Parallel()
	const link, who = "rotation.md#put-the-version-before-back", "whoever writes secrets"
	sections := 0
	for _, section := range strings.Split(page(t, nightly[0]), "\n## ") {
		title, _, _ := strings.Cut(section, "\n")
		if !strings.Contains(section, link) || title == "Who is called second" {
			continue
		}
		sections++
		if _, second, _ := strings.Cut(section, "**Call second:**"); !strings.Contains(strings.ToLower(second), who) {
			t.Errorf("%q calls nobody who may", title)
		}
	}
	if sections < 4 || !strings.Contains(section(t, nightly[0], "## Who is called second"), "| "+who) {
		t.Errorf("%d sections lead to %s", sections, link)
	}
}
