package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// turnAway: once somebody was told "not started", no request of before may start the payout,
// however late it comes to its insert (decision 0026). Nothing else may see the mark: it is no
// payout to a read, a step or a list. A later request is served as ever, and so is a provider's
// word about a lost payout.
func turnAway(t *testing.T, s payout.Store) {
	p := fresh(t, "turned away")
	away := func(until time.Time) error { return s.TurnAway(background, p.ID, until) }
	for _, until := range []time.Time{start, start, start.Add(-time.Minute)} { // an older one takes nothing back
		if err := away(until); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get(background, p.ID); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	var refused *payout.Refused
	if _, err := s.Apply(background, payout.Step{ID: p.ID, Then: payout.Change{At: start}}); !errors.As(err, &refused) || refused.Current != nil {
		t.Errorf("apply: %v", err)
	}
	if page, err := s.ListDay(background, start.Format(time.DateOnly), payout.PageQuery{Limit: 10}); err != nil || len(page.Payouts) > 0 {
		t.Errorf("it is listed: %+v, %v", page, err)
	}
	for _, early := range []time.Time{start.Add(-30 * time.Second), start} {
		if err := s.Insert(background, p, early); !errors.Is(err, payout.ErrTurnedAway) {
			t.Errorf("a request that came %s: %v", early, err)
		}
	}
	// One millisecond later is later: times are kept that finely.
	if err := s.Insert(background, p, start.Add(time.Millisecond)); err != nil {
		t.Fatalf("a later request: %v", err)
	}
	if got := get(t, s, p.ID); !equal(got, p) {
		t.Errorf("stored %+v\nread   %+v", p, got)
	}
	// Where a payout stands, the word would be wrong: whoever asks is shown it, and it stays as
	// it was.
	if err := away(start.Add(time.Hour)); !errors.As(err, &refused) || refused.Current == nil || !equal(*refused.Current, p) {
		t.Errorf("a payout is turned away from: %v", err)
	}
	if got := get(t, s, p.ID); !equal(got, p) {
		t.Errorf("it was changed: %+v", got)
	}

	// A lost payout must block its reference, whatever was said to requests (see
	// [payout.Whenever]).
	lost := fresh(t, "turned away, and spoken of")
	if err := errors.Join(s.TurnAway(background, lost.ID, start.Add(time.Hour)), s.Insert(background, lost, payout.Whenever)); err != nil {
		t.Errorf("what a provider says is not turned away: %v", err)
	}
}

// turnAwayRace: whoever comes first, never both. A store in which both succeed has told a client
// that it may pay under another reference, and has fenced the payout all the same. One in which
// both fail serves nobody.
func turnAwayRace(t *testing.T, s payout.Store) {
	for n := range 20 {
		p := fresh(t, "race to be turned away "+string(rune('a'+n)))
		var inserted, turned error
		var wait sync.WaitGroup
		wait.Go(func() { inserted = s.Insert(background, p, start) })
		wait.Go(func() { turned = s.TurnAway(background, p.ID, start) })
		wait.Wait()
		var refused *payout.Refused
		// Whoever loses is told what he lost to: the insert of the word, the word of the payout.
		first := inserted == nil && errors.As(turned, &refused) && refused.Current != nil
		second := turned == nil && errors.Is(inserted, payout.ErrTurnedAway)
		if first == second {
			t.Errorf("inserted %v, turned away %v", inserted, turned)
		}
	}
}
