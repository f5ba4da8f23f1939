package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wrong is a value of each variable that the deployed stack would refuse too.
var wrong = map[string]string{
	"PROVIDER_ORDER": "vexsora", "PAUSED_PROVIDERS": "vexsora", "SUBMISSIONS": "on", "MAX_AMOUNT_KHR": "1e9", "MAX_AMOUNT_USD": "-1",
	"OUTFLOW_LIMITS": "{", "QUEUED_MAX_AGE": "0s", "DUPLICATE_WINDOW": "a day", "REDACT_AFTER_DAYS": "-1",
	"LOW_BALANCE_KHR": "much", "LOW_BALANCE_USD": "much", "PROVIDER_SETTINGS": "[]", "LOG_LEVEL": "loud",
}

// A variable that has no effect, and says nothing, teaches the wrong thing.
func TestEveryVariableThatIsPassedIsReadAndRefusedWhenItIsWrong(t *testing.T) {
	for _, name := range passed {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, wrong[name])
			if err := openIn(t, t.TempDir()); wrong[name] == "" || err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%q: %v", wrong[name], err)
			}
		})
	}
	if len(wrong) != len(passed) {
		t.Errorf("passed are %v", passed)
	}
}

func TestANegativeWindowIsRefused(t *testing.T) {
	t.Setenv("DUPLICATE_WINDOW", "-1h")
	if err := openIn(t, t.TempDir()); err == nil || !strings.Contains(err.Error(), "DUPLICATE_WINDOW") {
		t.Errorf("%v", err)
	}
}

// The README's table says which of its variables work here; the others are named when they are
// set.
func TestTheReadmeSaysWhichVariablesMakeRunTakes(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^.*make run.* takes these of them.*$`).FindString(string(raw))
	var said []string
	for _, name := range regexp.MustCompile("`([A-Z][A-Z_]+)`").FindAllStringSubmatch(line, -1) {
		said = append(said, name[1])
	}
	if want := slices.Sorted(slices.Values(passed)); !slices.Equal(slices.Sorted(slices.Values(said)), want) {
		t.Errorf("the README says %v, passed are %v", said, want)
	}
	t.Setenv("RESTORED_AT", "2026-05-16T08:00:00Z")
	r := start(t, t.TempDir())
	if out := r.out.String(); !strings.Contains(out, "RESTORED_AT") || strings.Contains(out, "SAME_ACCOUNTS") {
		t.Errorf("what has no effect is said to have none: %q", out)
	}
}

func TestTheLogHasTheLevelThatWasAskedFor(t *testing.T) {
	for level, want := range map[string]bool{"INFO": true, "ERROR": false} {
		t.Setenv("LOG_LEVEL", level)
		folder := t.TempDir()
		r := start(t, folder)
		r.call("POST", "/v1/payouts", walletDraft("0000"))
		r.end()
		raw, err := os.ReadFile(folder + "/log.jsonl")
		if err != nil || strings.Contains(string(raw), `"level":"INFO"`) != want {
			t.Errorf("%s: %v\n%s", level, err, raw)
		}
	}
}
