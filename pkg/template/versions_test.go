package template_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// another is a value that each parameter could be changed to.
var another = map[string]string{
	"IdNamespace": "other", "ProviderOrder": "vexora,monetix", "PausedProviders": "vexora", "Submissions": "held",
	"RestoredAt": "2026-11-02T03:04:05Z", "SameAccounts": "monetix", "MaxAmountKhr": "5", "MaxAmountUsd": "5", "OutflowLimits": `{"vexora": {"KHR": "5"}}`, "QueuedMaxAge": "2h", "LowBalanceKhr": "5", "LowBalanceUsd": "5",
	"DuplicateWindow": "24h", "RedactAfterDays": "30", "ProviderSettings": `{"vexora": {"phone_digits": "8"}}`, "LogLevel": "DEBUG", "LogRetentionDays": "30",
	"Architecture": "x86_64", "ReservedConcurrency": "off", "Rollout": "AllAtOnce", "Tracing": "Active", "FixedEgress": "on",
	"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/0a1b", "PageEmail": "on call@example.com", "NoticeEmail": "a@example.com", "RunbookUrl": "our wiki",
	"JwtIssuer": "https://issuer.example.com", "JwtAudience": "payouts", "JwtReadScopes": "read", "JwtPayScopes": "pay", "JwtOperateScopes": "operate",
	"JwtEvidenceScope": "evidence", "RollbackAlarms": "off", "ExistingTableName": "payouts-back", "ReconciledTableName": "payouts-back",
	"ExistingStreamArn": "arn:aws:dynamodb:us-east-1:111122223333:table/payouts-back/stream/2026-11-21T10:05:00.000",
}

func TestEveryParameterCanBeChangedInTheTestOfVersions(t *testing.T) {
	s := service(t)
	for name, p := range s.Parameters {
		value, there := another[name]
		if name == "Revision" {
			continue
		}
		switch {
		case !there:
			t.Errorf("%s is not in the table: does a change of it take effect?", name)
		case fmt.Sprint(p.Default) == value, p.AllowedPattern != "" && !regexp.MustCompile(p.AllowedPattern).MatchString(value),
			len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(v any) bool { return fmt.Sprint(v) == value }):
			t.Errorf("%s cannot be changed to %q", name, value)
		}
	}
	for name := range another {
		if _, there := s.Parameters[name]; !there {
			t.Errorf("%s is no parameter", name)
		}
	}
}

// A changed parameter that makes no new version reaches nobody: the alias goes on with the
// old one, and CloudFormation says that all is well. The table is what SAM's translator
// makes of each change, with the revision of scripts/deploy.sh.
func TestTransformedParametersTakeEffect(t *testing.T) {
	python := samPython(t)
	build := t.TempDir()
	if err := os.MkdirAll(filepath.Join(build, "CreatePayout"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(build, "CreatePayout", "bootstrap"), []byte("code"), 0o600); err != nil {
		t.Fatal(err)
	}
	changes, err := json.Marshal(another)
	if err != nil {
		t.Fatal(err)
	}
	var published map[string][]string
	versions(t, python, &published, changes, build)
	all := slices.Sorted(maps.Keys(functions))
	for _, name := range slices.Sorted(maps.Keys(published)) {
		got := slices.DeleteFunc(published[name], func(f string) bool { return f == "GateTraffic" }) // it has no traffic
		t.Logf("%-20s changed: %d new versions", name, len(got))
		want := all
		if name == "nothing" {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s changes [%s], and the others go on as before", name, strings.Join(got, ", "))
		}
	}
	if len(published) != len(another)+1 {
		t.Errorf("%d changes were tried, not %d", len(published), len(another)+1)
	}
}

func samPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("PYTHON")
	if python == "" {
		t.Skip("needs PYTHON with the SAM CLI; `make integration` has it and runs this")
	}
	return python
}

// versions runs scripts/versions.py, and reads what it says.
func versions(t *testing.T, python string, into any, input []byte, arguments ...string) {
	t.Helper()
	command := exec.Command(python, append([]string{"scripts/versions.py"}, arguments...)...)
	command.Dir, command.Stdin = "../..", bytes.NewReader(input)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

// CloudFormation keeps a parameter that a deployment does not name. With the last revision
// kept, a plain deployment of new code makes no version, and reaches no alias.
func TestTransformedPlainDeploymentsTakeEffectInEveryStage(t *testing.T) {
	var plain map[string][2][]string
	versions(t, samPython(t), &plain, nil, "plain")
	all := append(slices.Sorted(maps.Keys(functions)), gate)
	slices.Sort(all)
	for stage, moved := range plain {
		for i, after := range []string{"make deploy", "a plain deployment"} {
			if !slices.Equal(moved[i], all) {
				t.Errorf("%s: new code by a plain deployment after %s reaches %v", stage, after, moved[i])
			}
		}
	}
	if len(plain) != 4 {
		t.Errorf("%d stages", len(plain))
	}
}
