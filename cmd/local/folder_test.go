package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openIn tries to open a service over a folder, and returns why it could not.
func openIn(t *testing.T, folder string) error {
	t.Helper()
	front, box := anyPort(t), anyPort(t)
	t.Cleanup(func() { _ = front.Close(); _ = box.Close() })
	s, err := open(t.Context(), workspace{folder: folder, front: front, providers: box, out: &output{}})
	if err == nil {
		_ = s.close(t.Context())
	}
	return err
}

func TestASecondRunInOneFolderIsToldOfAnother(t *testing.T) {
	folder := t.TempDir()
	start(t, folder)
	if err := openIn(t, folder); err == nil || !strings.Contains(err.Error(), "DATA_DIR=") || !strings.Contains(err.Error(), "PORT=") {
		t.Errorf("%v", err)
	}
}

func TestABrokenFileOfTheFolderIsNamedWithTheNextStep(t *testing.T) {
	for name, text := range map[string]string{
		keyName: "", storeName: strings.Repeat("no database ", 4096), ledgerName: strings.Repeat("{", 2<<20), // a half line of a crash is passed over
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := openIn(t, folder); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "DATA_DIR=") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
