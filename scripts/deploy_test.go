// Package scripts_test holds the scripts to what the documentation says of them. AWS is
// not here: programs of the test stand in for the SAM CLI and the AWS CLI, and write down
// how they were called.
package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeSAM builds what BUILD says and remembers the revision that it deploys; functions
// answer with it, but for those that FAILS and STALE name.
const fakeSAM = `#!/usr/bin/env bash
set -euo pipefail
{ printf 'sam\n'; printf '%s\n' "$@"; printf -- '--\n'; } >>"$CALLS"
case $1 in
build) mkdir -p .aws-sam/build/CreatePayout; echo "${BUILD:-code}" >.aws-sam/build/CreatePayout/bootstrap ;;
deploy) [ -z "${ROLLED_BACK:-}" ] || exit 1
  for a in "$@"; do case $a in Revision=*) echo "${a#Revision=}" | tr -d '"' >"$STATE";; esac; done ;;
list) [ -z "${NEW_STACK:-}" ] || exit 1
  [ ! -f "$STATE" ] || echo '[{"OutputKey": "DeployedRevision", "OutputValue": "'"$(cat "$STATE")"'", "Description": "What is deployed"}]' ;;
remote)
  echo "Invoking Lambda Function $3" >&2
  revision=$(cat "$STATE")
  case " ${STALE:-} " in *" $3 "*) revision=fedcba9876543210 ;; esac
  case " ${FAILS:-} " in *" $3 "*) echo '{"StatusCode": 200, "FunctionError": "Unhandled", "Payload": "{\"errorMessage\": \"monetix callback: refused\"}"}'; exit ;; esac
  echo '{"StatusCode": 200, "Payload": "{\"revision\": \"'"$revision"'\", \"checks\": [{\"name\": \"event signed\", \"state\": \"not_configured\"}]}"}' ;;
esac
`

const fakeAWS = `#!/usr/bin/env bash
{ printf 'aws\n'; printf '%s\n' "$@"; printf -- '--\n'; } >>"$CALLS"
[ -n "${LIMITS:-}" ] && echo "$LIMITS"
`

// copied is a copy of what the script reads, and programs that write down their calls.
type copied struct {
	t      *testing.T
	folder string
}

func newCopy(t *testing.T) copied {
	t.Helper()
	d := copied{t, t.TempDir()}
	for _, name := range []string{"scripts/deploy.sh", "scripts/stage.py", "samconfig.toml", "template.yaml", "events/selftest.json"} {
		raw, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		d.write(name, string(raw))
	}
	d.write("bin/sam", fakeSAM)
	d.write("bin/aws", fakeAWS)
	return d
}

func (d copied) write(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil { //nolint:gosec // programs
		d.t.Fatal(err)
	}
}

// python is the interpreter itself; what stands for it on the path may be a slow script.
var python = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return "python3"
	}
	return strings.TrimSpace(string(out))
})

// deploy runs the script; env are pairs Name=value for the fakes.
func (d copied) deploy(env []string, arguments ...string) (calls [][]string, said string, err error) {
	d.t.Helper()
	log := filepath.Join(d.t.TempDir(), "calls")
	command := exec.Command("bash", append([]string{filepath.Join(d.folder, "scripts/deploy.sh")}, arguments...)...)
	command.Env = append(os.Environ(), "PATH="+filepath.Join(d.folder, "bin")+":"+os.Getenv("PATH"), "CALLS="+log, "STATE="+filepath.Join(d.folder, "state"),
		"LIMITS=1000 1000", "PYTHON="+python())
	command.Env = append(command.Env, env...)
	out, err := command.CombinedOutput()
	raw, _ := os.ReadFile(log)
	for _, call := range strings.Split(strings.TrimSuffix(string(raw), "--\n"), "--\n") {
		calls = append(calls, strings.Split(strings.TrimSuffix(call, "\n"), "\n"))
	}
	return calls, string(out), err
}

// of picks the first call that begins like this.
func of(calls [][]string, begins ...string) []string {
	i := slices.IndexFunc(calls, func(c []string) bool { return len(c) >= len(begins) && slices.Equal(c[:len(begins)], begins) })
	if i < 0 {
		return nil
	}
	return calls[i]
}

func revisionOf(t *testing.T, calls [][]string) string {
	t.Helper()
	deploy := of(calls, "sam", "deploy")
	if deploy == nil {
		t.Fatalf("nothing was deployed: %v", calls)
	}
	found := regexp.MustCompile(`^Revision="([0-9a-f]{16}[0-9a-f]{12})"$`).FindStringSubmatch(deploy[len(deploy)-1])
	if found == nil {
		t.Fatalf("no revision: %v", deploy)
	}
	return found[1]
}

func TestADeploymentBuildsDeploysAndAsksWhatIsLive(t *testing.T) {
	t.Parallel()
	calls, said, err := newCopy(t).deploy(nil, "dev", "x86_64", "--no-confirm-changeset")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	want := []string{"sam", "deploy", "--config-env", "dev", "--no-fail-on-empty-changeset", "--no-confirm-changeset", "--parameter-overrides",
		`Architecture="x86_64"`, `IdNamespace="dev"`, `LogLevel="DEBUG"`, `LogRetentionDays="30"`, `MaxAmountKhr="400000"`, `MaxAmountUsd="100"`,
		`ReservedConcurrency="off"`, `Rollout="AllAtOnce"`, `Revision="` + revisionOf(t, calls) + `"`}
	if got := of(calls, "sam", "deploy"); !slices.Equal(got, want) {
		t.Errorf("deployed with %q", got)
	}
	if build := of(calls, "sam", "build"); !slices.Equal(build, []string{"sam", "build", "--config-env", "dev", "--parameter-overrides", "Architecture=x86_64"}) {
		t.Errorf("built with %q", build)
	}
	asked := 0
	for _, call := range calls {
		if call[1] == "remote" {
			asked++
			if !slices.Equal(call[4:], []string{"--stack-name", "cambodia-payouts-dev", "--event-file", "events/selftest.json", "--parameter", "Qualifier=live", "--output", "json"}) {
				t.Errorf("asked with %q", call)
			}
		}
	}
	if asked != 7 || !strings.Contains(said, "not configured: event signed") {
		t.Errorf("%d functions were asked:\n%s", asked, said)
	}
}

func TestADeploymentFailsAndNamesWhatIsNotLive(t *testing.T) {
	t.Parallel()
	_, said, err := newCopy(t).deploy([]string{"STALE=CreatePayout ReconcilePayouts", "FAILS=MonetixCallback"}, "dev", "arm64")
	if err == nil {
		t.Errorf("a deployment that reached nobody succeeds:\n%s", said)
	}
	for _, line := range []string{
		"CreatePayout: live is at revision fedcba9876543210", "ReconcilePayouts: live is at revision", "MonetixCallback: the selftest failed: monetix callback: refused",
		"not live: CreatePayout MonetixCallback ReconcilePayouts",
	} {
		if !strings.Contains(said, line) {
			t.Errorf("it does not say %q:\n%s", line, said)
		}
	}
}

func TestParametersWithBlanksAreNotTornApart(t *testing.T) {
	t.Parallel()
	d := newCopy(t)
	settings := `{"vexora": {"bank_way_code": "A B"}}`
	raw, err := os.ReadFile("../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	d.write("samconfig.toml", strings.Replace(string(raw), `parameter_overrides = "IdNamespace=staging `,
		`parameter_overrides = "IdNamespace=staging RunbookUrl=\"our wiki\" PageEmail='on call@example.com' `, 1))
	calls, said, err := d.deploy(nil, "staging", "arm64", "ProviderSettings="+settings, "--tags", "team=payouts", "MaxAmountUsd=5")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	deploy := of(calls, "sam", "deploy")
	for _, argument := range []string{
		`RunbookUrl="our wiki"`, `PageEmail="on call@example.com"`, `ProviderSettings="{\"vexora\": {\"bank_way_code\": \"A B\"}}"`, `MaxAmountUsd="5"`, "team=payouts",
	} {
		if !slices.Contains(deploy, argument) {
			t.Errorf("%s is not among %q", argument, deploy)
		}
	}
	if slices.Contains(deploy, `MaxAmountUsd="1000"`) {
		t.Error("the file's value is given too")
	}
	for _, form := range []string{`["IdNamespace=staging", "RunbookUrl=our wiki"]`, `{IdNamespace = "staging", RunbookUrl = "our wiki"}`} {
		d.write("samconfig.toml", "[staging.deploy.parameters]\nstack_name = \"s\"\nparameter_overrides = "+form+"\n")
		calls, said, err := d.deploy(nil, "staging", "arm64")
		if err != nil || !slices.Contains(of(calls, "sam", "deploy"), `RunbookUrl="our wiki"`) {
			t.Errorf("%s: %v\n%s", form, err, said)
		}
	}
}

func TestWhatCannotBeDeployedIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env       []string
		arguments []string
		says      string
	}{
		"an account with ten executions":   {[]string{"LIMITS=10 10"}, []string{"prod", "arm64"}, "ReservedConcurrency=off"},
		"others have reserved the most":    {[]string{"LIMITS=1000 200", "NEW_STACK=1"}, []string{"prod", "arm64"}, "200 of them free; the stack needs 238"},
		"a stage that nobody knows":        {nil, []string{"test", "arm64"}, "[test.deploy.parameters]"},
		"a parameter that nobody knows":    {nil, []string{"dev", "arm64", "MaxAmountEur=1"}, "MaxAmountEur"},
		"parameters in the SAM CLI's form": {nil, []string{"dev", "arm64", "--parameter-overrides", "A=b"}, "Name=value"},
		"a value that SAM would misread":   {nil, []string{"dev", "arm64", `RunbookUrl=a\`}, "backslash"},
		"JSON whose quotes a shell took":   {nil, []string{"dev", "arm64", `OutflowLimits={vexora:{KHR:40000000}}`}, `DEPLOY_FLAGS="OutflowLimits='{`},
		"JSON that is no object":           {nil, []string{"dev", "arm64", `ProviderSettings=[]`}, "ProviderSettings is no JSON object"},
		"no architecture":                  {nil, []string{"dev"}, "scripts/deploy.sh dev|staging|prod"},
	} {
		calls, said, err := newCopy(t).deploy(test.env, test.arguments...)
		if err == nil || !strings.Contains(said, test.says) || of(calls, "sam", "build") != nil || of(calls, "sam", "deploy") != nil {
			t.Errorf("%s: %v, %v\n%s", name, err, calls, said)
		}
	}
}

func TestAnAccountThatSufficesIsNotHeldUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ env, arguments []string }{
		"room for all":              {[]string{"LIMITS=1000 1000"}, nil},
		"exactly enough":            {[]string{"LIMITS=238 238"}, nil},
		"the stack has its part":    {[]string{"LIMITS=238 100"}, nil},
		"nothing is set aside":      {[]string{"LIMITS=10 10"}, []string{"ReservedConcurrency=off"}},
		"nobody may read the limit": {[]string{"LIMITS="}, nil},
	} {
		calls, said, err := newCopy(t).deploy(test.env, append([]string{"prod", "arm64"}, test.arguments...)...)
		if err != nil || of(calls, "sam", "deploy") == nil {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}

// The same tree with the same parameters is the same revision; everything else is another.
func TestTheRevisionIsOfBuildTemplateAndParameters(t *testing.T) {
	t.Parallel()
	d := newCopy(t)
	revision := func(env []string, arguments ...string) string {
		calls, said, err := d.deploy(env, append([]string{"prod", "arm64"}, arguments...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		return revisionOf(t, calls)
	}
	first := revision(nil)
	if again := revision(nil); again != first {
		t.Errorf("nothing changed, and %s became %s", first, again)
	}
	if flagged := revision(nil, "--no-confirm-changeset"); flagged != first {
		t.Error("a flag of sam deploy is part of the revision")
	}
	seen := map[string]string{first[:16]: "nothing"}
	for name, next := range map[string]string{
		"code": revision([]string{"BUILD=other"}), "a parameter": revision(nil, "Submissions=held"), "another value": revision(nil, "Submissions=active"),
	} {
		if seen[next[:16]] != "" {
			t.Errorf("%s and %s have one revision", name, seen[next[:16]])
		}
		seen[next[:16]] = name
	}
	raw, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d.write("template.yaml", string(raw)+"\n# changed\n")
	if seen[revision(nil)[:16]] != "" {
		t.Error("another template has the same revision")
	}
}

// A deployment that went back leaves versions that Lambda would not publish again: the next
// attempt must be another revision, and what is live already must not.
func TestADeploymentThatWentBackCanBeRepeated(t *testing.T) {
	t.Parallel()
	d := newCopy(t)
	attempt := func(env ...string) string {
		calls, said, err := d.deploy(env, "prod", "arm64")
		if failed := slices.Contains(env, "ROLLED_BACK=1"); (err != nil) != failed {
			t.Fatalf("%v: %v\n%s", env, err, said)
		}
		return revisionOf(t, calls)
	}
	before := attempt()
	first, second, third := attempt("BUILD=next", "ROLLED_BACK=1"), attempt("BUILD=next", "ROLLED_BACK=1"), attempt("BUILD=next")
	if first == second || second == third || first[:16] != third[:16] {
		t.Errorf("the attempts are %s, %s and %s", first, second, third)
	}
	if again := attempt("BUILD=next"); again != third {
		t.Errorf("nothing changed, and %s became %s", third, again)
	}
	if back := attempt(); back == before || back[:16] != before[:16] {
		t.Errorf("%s again is %s", before, back)
	}
}

// A deployment without a stage's name is dev: whoever begins with sam deploy goes on with
// make deploy ENV=dev.
func TestThePlainDeploymentIsThatOfDev(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	section := func(name string) string {
		_, rest, found := strings.Cut(string(raw), "["+name+".deploy.parameters]\n")
		text, _, _ := strings.Cut(rest, "\n[")
		if !found {
			t.Fatalf("no section %s", name)
		}
		return strings.TrimSpace(text)
	}
	if section("default") != section("dev") {
		t.Errorf("default is\n%s\ndev is\n%s", section("default"), section("dev"))
	}
}

func TestScriptsCanBeStarted(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, name := range scripts {
		if info, err := os.Stat(name); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("%s has no execute bit, and the documentation starts it by its name (%v)", name, err)
		}
	}
}
