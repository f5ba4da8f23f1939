package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// README tells people to make a second data folder beside the first one: it holds the keys of
// hashes and payouts, so no commit may take it, and clean forgets both.
func TestASecondDataFolderIsIgnoredAndCleaned(t *testing.T) {
	t.Parallel()
	if !strings.Contains(page(t, "../README.md"), "DATA_DIR=.local-2") {
		t.Error("the README names another folder")
	}
	d := copied{t, t.TempDir()}
	d.write("Makefile", page(t, "../Makefile"))
	d.write(".gitignore", page(t, "../.gitignore"))
	for _, folder := range []string{".local", ".local-2"} {
		d.write(folder+"/payouts.db", "x")
	}
	d.write(".localrc", "kept")
	for _, command := range []string{"git init -q .", "git check-ignore -q .local/payouts.db", "git check-ignore -q .local-2/payouts.db", "make clean"} {
		run := exec.Command("bash", "-c", command)
		run.Dir = d.folder
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", command, err, out)
		}
	}
	left, err := filepath.Glob(filepath.Join(d.folder, ".local*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%v are left (%v)", left, err)
	}
}

// Whoever forgets the stage is told at once, not after minutes of installing.
func TestADeploymentWithoutAStageInstallsNothing(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"", "ENV=production", "ENV="} {
		d := copied{t, t.TempDir()}
		d.write("Makefile", page(t, "../Makefile"))
		d.write("scripts/requirements-sam.txt", "")
		d.write("bin/python3", "#!/bin/sh\ntouch installed\nexit 1\n")
		run := exec.Command("bash", "-c", "make deploy "+words)
		run.Dir = d.folder
		run.Env = append(os.Environ(), "PATH="+filepath.Join(d.folder, "bin")+":"+os.Getenv("PATH"), "ENV=")
		out, err := run.CombinedOutput()
		if _, installed := os.Stat(filepath.Join(d.folder, "installed")); err == nil || installed == nil || !strings.Contains(string(out), "say where") {
			t.Errorf("%q: %v %s", words, err, out)
		}
	}
}
