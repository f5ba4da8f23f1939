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

func page(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// section is what stands below a heading, down to the next one of the same depth.
func section(t *testing.T, path, heading string) string {
	t.Helper()
	_, rest, there := strings.Cut(page(t, path), "\n"+heading+"\n")
	if !there {
		t.Fatalf("%s has no %q", path, heading)
	}
	depth, _, _ := strings.Cut(heading, " ")
	rest, _, _ = strings.Cut(rest, "\n"+depth+" ")
	return rest
}

// shell joins the sh blocks of a text.
func shell(text string) string {
	var all strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		all.WriteString(block[1])
	}
	return all.String()
}

// AWS sorts a query's parameters before it checks the signature, and curl 7.88 (Debian 12) signs
// them as they stand. Whatever curl is here, no page may have them otherwise.
func TestParametersOfAddressesAreSorted(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile(`\?([a-z_]+=[^\s"'` + "`" + `&?]*(?:&[a-z_]+=[^\s"'` + "`" + `&]*)+)`)
	seen := 0
	for _, path := range append(pages, "../README.md") {
		text := page(t, path)
		if strings.Contains(text, "with &") {
			t.Errorf("%s has a parameter added at the end of an address", path)
		}
		for _, query := range queries.FindAllStringSubmatch(text, -1) {
			seen++
			if !slices.IsSorted(strings.Split(query[1], "&")) {
				t.Errorf("%s: ?%s is signed wrongly by older curls", path, query[1])
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d addresses have several parameters", seen)
	}
}

// written are the lines of a step that print parameters, as the stage's file would hold them.
func written(t *testing.T, step string, env ...string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(shell(step)) {
		if regexp.MustCompile(`^(SAME=|printf |echo "[A-Z])`).MatchString(line) {
			lines = append(lines, line)
		}
	}
	command := exec.Command("bash", "-c", strings.Join(lines, ""))
	command.Env = append(os.Environ(), append(env, "NEW=payouts-back", "OLD=payouts-old", "STREAM=arn:aws:dynamodb:r:1:table/t/stream/2026-11-21T10:05:00.000")...)
	out, err := command.CombinedOutput()
	if err != nil || len(strings.TrimSpace(string(out))) == 0 {
		t.Fatalf("%v: %q of\n%s", err, out, lines)
	}
	return strings.TrimSpace(string(out))
}

// put writes parameters into the overrides as a person does: in place of those of the same name.
func put(overrides, printed string) string {
	for _, word := range strings.Fields(printed) {
		name, _, _ := strings.Cut(word, "=")
		overrides = strings.TrimSpace(regexp.MustCompile(`(^| )`+name+`=\S*`).ReplaceAllString(overrides, "") + " " + word)
	}
	return overrides
}

// overridden runs scripts/stage.py over a file with these overrides.
func overridden(t *testing.T, overrides string) (string, error) {
	t.Helper()
	d := newCopy(t)
	d.write("samconfig.toml", strings.Replace(page(t, "../samconfig.toml"), `parameter_overrides = "IdNamespace=prod Revision=\"\""`, `parameter_overrides = "`+overrides+`"`, 1))
	out, err := exec.Command(python(), filepath.Join(d.folder, "scripts/stage.py"), "overrides", "prod").CombinedOutput()
	return string(out), err
}

// What the steps of a restore print goes into samconfig.toml, where the value is in quotes.
func TestParametersOfARestoreCanBePastedIntoTheFile(t *testing.T) {
	t.Parallel()
	steps := section(t, recoveries, "## Restore, line by line")
	step := func(from, to string) string {
		_, rest, _ := strings.Cut(steps, "\n**"+from+". ")
		text, _, _ := strings.Cut(rest, "\n**"+to+". ")
		return text
	}
	fourth, eighth := written(t, step("4", "5")), written(t, step("8", "9"))
	ninth := regexp.MustCompile("`(RestoredAt=[^`]+)`").FindStringSubmatch(step("9", "10"))
	if ninth == nil {
		t.Fatal("step 9 takes nothing away")
	}
	overrides := `IdNamespace=prod Revision=\"\"`
	for _, stage := range []struct {
		name, printed string
		want          []string
	}{
		{"4", fourth, []string{`ExistingTableName="payouts-back"`, `SameAccounts=""`, `Rollout="AllAtOnce"`, `RollbackAlarms="off"`}},
		{"8", eighth, []string{`ReconciledTableName="payouts-back"`, `SameAccounts=""`, `Rollout="Canary10Percent5Minutes"`, `RollbackAlarms="on"`, `QueuedMaxAge="24h"`}},
		{"9", ninth[1], []string{`RestoredAt=""`, `SameAccounts=""`, `QueuedMaxAge="1h"`, `ReconciledTableName="payouts-back"`}},
	} {
		overrides = put(overrides, stage.printed)
		out, err := overridden(t, overrides)
		for _, want := range stage.want {
			if err != nil || !slices.Contains(strings.Split(out, "\n"), want) {
				t.Errorf("step %s, pasted as %s: no %s: %v\n%s", stage.name, overrides, want, err, out)
			}
		}
	}
	for line := range strings.Lines(written(t, section(t, recoveries, newStack))) {
		overrides = put(overrides, line)
		if out, err := overridden(t, overrides); err != nil || !strings.Contains(out, `ExistingTableName="payouts-old"`) || !strings.Contains(out, `SameAccounts=""`) || !strings.Contains(out, `ReconciledTableName=""`) {
			t.Errorf("after a deleted stack, pasted as %s: %v\n%s", overrides, err, out)
		}
	}
}

// The SAM CLI would take one of the two, and nobody sees which.
func TestAParameterThatIsNamedTwiceIsRefused(t *testing.T) {
	t.Parallel()
	for _, twice := range []string{"IdNamespace=prod Rollout=AllAtOnce Rollout=Canary10Percent5Minutes", "IdNamespace=prod Rollout=AllAtOnce Rollout=AllAtOnce"} {
		if out, err := overridden(t, twice); err == nil || !strings.Contains(out, "Rollout is named twice") || strings.Contains(out, "Traceback") {
			t.Errorf("%s: %v\n%s", twice, err, out)
		}
	}
	calls, said, err := newCopy(t).deploy(nil, "prod", "arm64", "Submissions=held", "Submissions=active")
	if err == nil || !strings.Contains(said, "Submissions is named twice") || of(calls, "sam", "deploy") != nil {
		t.Errorf("%v %v\n%s", err, calls, said)
	}
	if _, said, err := newCopy(t).deploy(nil, "dev", "arm64", "LogLevel=INFO"); err != nil {
		t.Errorf("the command line wins over the file, which is no repetition: %v\n%s", err, said)
	}
}

// A file that a line has removed is not there for a later one, and one with keys in it goes.
func TestFilesWithKeysAreThereUntilTheLastLineThatReadsThem(t *testing.T) {
	t.Parallel()
	for _, path := range nightly {
		removed, read := map[string]bool{}, map[string]bool{}
		for _, word := range regexp.MustCompile(`\b(rm|shred -u) ([a-z.-]+)|file://([a-z.-]+)|>([a-z]+)\b`).FindAllStringSubmatch(shell(page(t, path)), -1) {
			switch {
			case word[2] != "":
				removed[word[2]] = true
			case word[3] != "":
				read[word[3]] = true
				if removed[word[3]] {
					t.Errorf("%s reads %s, which is gone", path, word[3])
				}
			default:
				removed[word[4]] = false
			}
		}
		for file := range read {
			if !removed[file] && file != "stack-key" { // from the vault, and back into it
				t.Errorf("%s leaves %s behind", path, file)
			}
		}
	}
	if repeated := strings.Count(shell(page(t, nightly[2])), "file://new.json"); repeated < 2 {
		t.Errorf("a stolen key goes with a second version, and %d line writes one", repeated)
	}
}

// In an account without reservations there is no number to put back.
func TestWhatIsTurnedOffCanBeTurnedOnWithoutReservations(t *testing.T) {
	t.Parallel()
	for _, path := range nightly {
		text := page(t, path)
		if strings.Contains(text, "--reserved-concurrent-executions 0") && !strings.Contains(text, "delete-function-concurrency") {
			t.Errorf("%s turns functions off, and has no word for ReservedConcurrency=off", path)
		}
	}
}
