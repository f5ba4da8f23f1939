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

// recipients: the list is what keeps the same money from being sent twice to one recipient
// (decision 0017). An entry is on it once, however often it is noted, or one payout would fill
// it. A full list refuses a new entry and still shows all that it has, since people order beside
// what they were shown; what is on it already is no new entry. What is settled is taken off, and
// makes room.
func recipients(t *testing.T, s payout.Store) {
	of := func(n int) payout.Unsettled {
		return payout.Unsettled{Key: "recipient", ID: fresh(t, fmt.Sprint("u", n)).ID, At: start.Add(time.Duration(n) * time.Millisecond)}
	}
	if list, err := s.FindUnsettled(background, "stranger"); err != nil || len(list) != 0 {
		t.Errorf("nobody's list: %v, %v", list, err)
	}
	until := start.Add(time.Hour)
	// Each twice, as a process that got no answer notes it again.
	for n := range payout.MostUnsettled {
		for range 2 {
			list, err := s.NoteUnsettled(background, of(n), payout.MostUnsettled, keep, until)
			if err != nil || len(list) != n+1 || !slices.Contains(list, of(n)) {
				t.Fatalf("after %d: %d, %v", n+1, len(list), err)
			}
		}
	}
	// Without a DUPLICATE_WINDOW, creates look at lists until then, and no longer.
	if shared, err := s.Shared(background); err != nil || !shared.UnsettledUntil.Equal(until) {
		t.Errorf("the shared: %v, %v", shared.UnsettledUntil, err)
	}
	// Who finds no room waits for a person, and is put on no list.
	if list, err := s.NoteUnsettled(background, of(99), payout.MostUnsettled, keep, until); !errors.Is(err, payout.ErrCrowded) || len(list) != payout.MostUnsettled {
		t.Errorf("one more than there is room for: %d, %v", len(list), err)
	}
	if list, err := s.NoteUnsettled(background, of(3), payout.MostUnsettled, keep, until); err != nil || len(list) != payout.MostUnsettled {
		t.Errorf("one that is there: %d, %v", len(list), err)
	}
	// One that was never on the list is no error: somebody else may have taken it off.
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
	// A create notes itself before its fence, and nothing is unsettled by that yet.
	if shared, err := s.Shared(background); err != nil || !shared.UnsettledUntil.Equal(until) {
		t.Errorf("a note without a time moved the shared: %v, %v", shared.UnsettledUntil, err)
	}
}

// recipientRace: what one sees is what was there before, so exactly one is alone. Of two creates
// at one moment at least one is held by that. A store that adds in one step and reads in another
// may show both of them to both, or neither to neither, which sends the same money twice.
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
