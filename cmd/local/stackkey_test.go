package main

import (
	"os"
	"path/filepath"
	"testing"

	"cambodia-payouts/pkg/payout"
)

func TestALocalRunKeepsItsStackKey(t *testing.T) {
	folder := t.TempDir()
	first, err := readStackKey(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := payout.NewStackKey(first); err != nil {
		t.Error(err)
	}
	if again, err := readStackKey(folder); err != nil || again != first {
		t.Errorf("the next run has another key: %v", err)
	}
	if other, err := readStackKey(t.TempDir()); err != nil || other == first {
		t.Errorf("another folder has the same key: %v", err)
	}
	held, err := os.Stat(filepath.Join(folder, keyName))
	if err != nil || held.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", held.Mode(), err)
	}
	if files, _ := os.ReadDir(folder); len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
}
