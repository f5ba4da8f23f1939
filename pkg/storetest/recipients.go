package storetest

import (
	"cambodia-payouts/pkg/payout"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func recipients(t *testing.T, s payout.Store) {
	of := func(n int) payout.Unsettled {
		return payout.Unsettled{Key: "recipient", ID: fresh(t, fmt.Sprint("u", n)).ID, At: start.Add(time.Duration(n) * time.Millisecond)}
	}
	if list, err := s.FindUnsettled(background, "stranger"); err != nil || len(list) != 0 {
		t.Errorf("nobody's list: %v, %v", list, err)
	}
	until := start.Add(time.Hour)
	for n := range payout.MostUnsettled {
		for range 2 {
			list, err := s.NoteUnsettled(background, of(n), payout.MostUnsettled, keep, until)
			if err != nil || len(list) != n+1 || !slices.Contains(list, of(n)) {
				t.Fatalf("after %d: %d, %v", n+1, len(list), err)
			}
		}
	}
	if shared, err := s.Shared(background); err != nil || !shared.UnsettledUntil.Equal(until) {
		t.Errorf("the shared: %v, %v", shared.UnsettledUntil, err)
	}
	if list, err := s.NoteUnsettled(background, of(99), payout.MostUnsettled, keep, until); !errors.Is(err, payout.ErrCrowded) || len(list) != payout.MostUnsettled {
		t.Errorf("one more than there is room for: %d, %v", len(list), err)
	}
	if list, err := s.NoteUnsettled(background, of(3), payout.MostUnsettled, keep, until); err != nil || len(list) != payout.MostUnsettled {
		t.Errorf("one that is there: %d, %v", len(list), err)
	}
	if err := s.ForgetUnsettled(background, "recipient", []payout.Unsettled{of(3), of(4), of(99)}); err != nil {
		t.Fatal(err)
	}
	list, err := s.NoteUnsettled(background, of(99), payout.MostUnsettled, keep, time.Time{})
	if err != nil || len(list) != payout.MostUnsettled-1 || slices.Contains(list, of(3)) || !slices.Contains(list, of(99)) {
		t.Errorf("after two were settled: %d, %v", len(list), err)
	}
	if found, err := s.FindUnsettled(background, "recipient"); err != nil || len(found) != len(list) {
		t.Errorf("found %d of %d, %v", len(found), len(list), err)
	}
	if shared, err := s.Shared(background); err != nil || !shared.UnsettledUntil.Equal(until) {
		t.Errorf("a note without a time moved the shared: %v, %v", shared.UnsettledUntil, err)
	}
}

// recipientRace: what one sees is what was there before, so exactly one is alone.
func recipientRace(t *testing.T, s payout.Store) {
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		alone int
	)
	for n := range 20 {
		u := payout.Unsettled{Key: "raced", ID: fresh(t, fmt.Sprint("r", n)).ID, At: start}
		wait.Go(func() {
			list, err := s.NoteUnsettled(background, u, payout.MostUnsettled, keep, time.Time{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || !slices.Contains(list, u) {
				t.Errorf("%v, %v", list, err)
			}
			if len(list) == 1 {
				alone++
			}
		})
	}
	wait.Wait()
	if alone != 1 {
		t.Errorf("%d payouts saw no other", alone)
	}
}
