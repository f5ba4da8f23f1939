package localstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/storetest"
)

func open(t *testing.T, path string) *localstore.Store {
	t.Helper()
	s, err := localstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) payout.Store { return open(t, filepath.Join(t.TempDir(), "payouts.db")) })
}

func TestASecondProcessIsToldThatTheFileIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "payouts.db")
	open(t, path)
	if _, err := localstore.Open(path); !errors.Is(err, localstore.ErrInUse) {
		t.Errorf("%v", err)
	}
}

func TestWhatWasStoredIsThereAfterAReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "payouts.db")
	s := open(t, path)
	if err := s.BindNamespace(context.Background(), "local"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).BindNamespace(context.Background(), "other"); !errors.Is(err, payout.ErrNamespace) {
		t.Errorf("%v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: the file holds account numbers", info.Mode(), err)
	}
}

func TestAFileThatIsNoStoreIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "payouts.db")
	if err := os.WriteFile(path, []byte("not a store at all, and long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := localstore.Open(path); err == nil {
		t.Error("opened")
	}
}
