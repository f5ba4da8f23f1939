package localstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
)

func TestListsAndReportsGoWhenTheirTimeIsOver(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "payouts.db")
	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	reopen := func() *localstore.Store {
		s, err := localstore.Open(path, localstore.WithClock(func() time.Time { return now }))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := reopen()
	unsettled := func(key payout.RecipientKey) payout.Unsettled {
		return payout.Unsettled{Key: key, ID: payout.DeriveID("t", payout.Reference(key)), At: now}
	}
	_, err1 := s.NoteUnsettled(ctx, unsettled("moved"), payout.MostUnsettled, now.Add(time.Hour), time.Time{})
	_, err2 := s.NoteUnsettled(ctx, unsettled("over"), payout.MostUnsettled, now.Add(time.Hour), time.Time{})
	_, err3 := s.NoteUnsettled(ctx, unsettled("moved"), payout.MostUnsettled, now.Add(3*time.Hour), time.Time{})
	err4 := s.KeepReport(ctx, "over", []byte("r"), now.Add(time.Hour))
	err5 := s.KeepReport(ctx, "for ever", []byte("r"), time.Time{})
	if err := errors.Join(err1, err2, err3, err4, err5, s.Close()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Hour)
	s = reopen()
	t.Cleanup(func() { _ = s.Close() })
	for key, want := range map[payout.RecipientKey]int{"moved": 1, "over": 0} {
		if list, err := s.FindUnsettled(ctx, key); err != nil || len(list) != want {
			t.Errorf("the list %q has %d payouts: %v", key, len(list), err)
		}
	}
	for hash, want := range map[string]error{"over": payout.ErrNotFound, "for ever": nil} {
		if _, err := s.FindReport(ctx, hash); !errors.Is(err, want) {
			t.Errorf("the report %q: %v", hash, err)
		}
	}
}
