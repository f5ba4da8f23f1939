package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// dueOrder: the due index is the queue of the service. A payout that is due and not listed is
// asked about by nobody, and its state has no exit. The oldest come first, so that a limit leaves
// none waiting for ever; a shard is listed alone, because sweeps work through the shards side by
// side. What is never due is not listed: the index is as small as what waits.
func dueOrder(t *testing.T, s payout.Store) {
	want := map[int][]payout.Due{}
	for n := range 40 {
		p := fresh(t, fmt.Sprint("due-", n))
		p.DueAt = start.Add(time.Duration(39-n) * time.Second)
		if n == 0 {
			p.DueAt = time.Time{}
		}
		insert(t, s, p)
		// Every other one leaves the index by a step, the first one never was in it.
		if n > 0 && n%2 == 0 {
			want[p.ID.Shard()] = append(want[p.ID.Shard()], payout.Due{ID: p.ID, DueAt: p.DueAt})
		} else if n > 0 {
			never := time.Time{}
			try(t, s, "never due", p, payout.Step{ID: p.ID, Then: payout.Change{At: start, DueAt: &never}})
		}
	}
	// Some are due later than that, so the bound is tested as well as the order.
	until := start.Add(30 * time.Second)
	for shard := range payout.Shards {
		rows := slices.DeleteFunc(want[shard], func(d payout.Due) bool { return d.DueAt.After(until) })
		slices.SortFunc(rows, func(a, b payout.Due) int { return a.DueAt.Compare(b.DueAt) })
		got, err := s.Due(background, shard, until, 100)
		if err != nil || !slices.EqualFunc(got, rows, sameDue) {
			t.Errorf("shard %d: %v, want %v (%v)", shard, got, rows, err)
		}
		if first, err := s.Due(background, shard, until, 1); err != nil || len(first) != min(1, len(rows)) {
			t.Errorf("shard %d, limit 1: %v, %v", shard, first, err)
		}
	}
}

// sameDue compares times as moments: a store may give them in another zone.
func sameDue(a, b payout.Due) bool { return a.ID == b.ID && a.DueAt.Equal(b.DueAt) }

// sweepRace: two sweeps see one row, and both move its due time on. One must be refused, or both
// would work on the payout, and both might submit it. The guard compares the due time of the row
// exactly, to the millisecond.
func sweepRace(t *testing.T, s payout.Store) {
	p := fresh(t, "taken")
	insert(t, s, p)
	results := make(chan error, 2)
	for n := range 2 {
		until := start.Add(time.Duration(n+2) * time.Hour)
		go func() {
			_, err := s.Apply(background, payout.Step{ID: p.ID, When: payout.Guard{DueAt: p.DueAt}, Then: payout.Change{At: start, DueAt: &until}})
			results <- err
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) {
		t.Errorf("%v and %v", first, second)
	}
}

// collect follows a list to its end. A page may be short, so the cursor alone says whether the
// list goes on. A page that is longer than was asked for, or a list without an end, is an error
// of the store.
func collect(t *testing.T, limit int, next func(payout.PageQuery) (payout.Page, error)) []payout.Payout {
	t.Helper()
	var all []payout.Payout
	q := payout.PageQuery{Limit: limit}
	for range 1000 {
		page, err := next(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Payouts) > limit {
			t.Fatalf("%d payouts on a page of %d", len(page.Payouts), limit)
		}
		all = append(all, page.Payouts...)
		if page.Next == "" {
			return all
		}
		q.Cursor = page.Next
	}
	t.Fatal("the list does not end")
	return nil
}

// days: whoever reconciles a day with his books must find each of its payouts once, also those of
// one millisecond, and however small his pages are. A day's list has payouts of that day alone,
// in UTC.
func days(t *testing.T, s payout.Store) {
	for n := range 57 {
		p := fresh(t, fmt.Sprint("day-", n))
		p.CreatedAt = start.Add(time.Duration(n/3) * time.Second) // three at a time
		insert(t, s, p)
	}
	// The same time of the day before has another date and must not be listed.
	before := fresh(t, "the day before")
	before.CreatedAt = start.AddDate(0, 0, -1)
	insert(t, s, before)
	// Pages of one, pages that end between payouts of one millisecond, and one that holds all.
	for _, limit := range []int{1, 7, 100} {
		all := collect(t, limit, func(q payout.PageQuery) (payout.Page, error) { return s.ListDay(background, "2026-05-16", q) })
		seen := map[payout.ID]bool{}
		for i, p := range all {
			if seen[p.ID] || (i > 0 && p.CreatedAt.After(all[i-1].CreatedAt)) {
				t.Errorf("limit %d: %s is repeated or out of order", limit, p.Reference)
			}
			seen[p.ID] = true
		}
		if len(all) != 57 {
			t.Errorf("limit %d: %d payouts", limit, len(all))
		}
	}
	// A day on which nothing was created is an empty list, and no error.
	empty, err := s.ListDay(background, "2026-05-18", payout.PageQuery{Limit: 10})
	if err != nil || len(empty.Payouts) != 0 || empty.Next != "" {
		t.Errorf("an empty day: %v, %v", empty, err)
	}
}

// attention: what needs a person is found by this list alone, so a payout is in it exactly while
// it has a reason, whether that was there at the insert or came by a step. The oldest come first:
// a person works from the top, and what waits longest must not be behind what comes in.
func attention(t *testing.T, s payout.Store) {
	for n := range 20 {
		p := fresh(t, fmt.Sprint("attention-", n))
		p.Attention = payout.Attention{payout.Contradiction: start.Add(time.Duration(20-n) * time.Minute)}
		insert(t, s, p)
		if n%2 == 0 {
			none := payout.Attention{}
			try(t, s, "cleared", p, payout.Step{ID: p.ID, Then: payout.Change{At: start, Attention: &none}})
		}
	}
	// It has the oldest reason of all, and got it last.
	quiet := fresh(t, "quiet")
	insert(t, s, quiet)
	raised := payout.Attention{payout.Returned: start}
	try(t, s, "raised", quiet, payout.Step{ID: quiet.ID, Then: payout.Change{At: start, Attention: &raised}})
	for _, limit := range []int{1, 3, 100} {
		all := collect(t, limit, func(q payout.PageQuery) (payout.Page, error) { return s.ListAttention(background, q) })
		if len(all) != 11 || all[0].ID != quiet.ID {
			t.Errorf("limit %d: %d payouts", limit, len(all))
		}
		for i := 1; i < len(all); i++ {
			a, _ := all[i-1].Attention.Since()
			b, _ := all[i].Attention.Since()
			if b.Before(a) {
				t.Errorf("limit %d: %s is out of order", limit, all[i].Reference)
			}
		}
	}
}

// gravity: what is about money is listed apart, and moves when its reasons change. A payroll that
// somebody held is in the review queue as a whole, and must not hide a double payment (decision
// 0028). A payout with reasons of both kinds is about money.
func gravity(t *testing.T, s payout.Store) {
	mixed := func(reasons ...payout.Reason) (a payout.Attention) {
		for n, r := range reasons {
			a = a.With(r, start.Add(time.Duration(n)*time.Minute))
		}
		return a
	}
	held := fresh(t, "held")
	held.Attention = mixed(payout.QueuedTooLong)
	insert(t, s, held)
	for name, reasons := range map[string][]payout.Reason{
		"doubled": {payout.NotificationFailing, payout.DoublePaymentSuspected}, "lost": {payout.UnknownTooLong}, "duplicate": {payout.PossibleDuplicate},
	} {
		p := fresh(t, name)
		p.Attention = mixed(reasons...)
		insert(t, s, p)
	}
	check := func(when string, any, grave, light int) {
		t.Helper()
		for part, want := range map[payout.Gravity]int{payout.AnyGravity: any, payout.GraveAlone: grave, payout.LightAlone: light} {
			for _, limit := range []int{1, 100} {
				all := collect(t, limit, func(q payout.PageQuery) (payout.Page, error) {
					q.Among = part
					return s.ListAttention(background, q)
				})
				if len(all) != want {
					t.Errorf("%s, limit %d: %d payouts %q, want %d", when, limit, len(all), part, want)
				}
			}
		}
	}
	// Held and duplicate have nothing under way; doubled and lost are about money.
	check("at first", 4, 2, 2)
	contradicted := held.Attention.With(payout.Contradiction, start)
	try(t, s, "contradicted", held, payout.Step{ID: held.ID, Then: payout.Change{At: start, Attention: &contradicted}})
	check("after a contradiction", 4, 3, 1)
}

// filters: a filter may make pages short, but it must not lose a payout: following the cursors
// gives every one that it names, and no other.
func filters(t *testing.T, s payout.Store) {
	for n := range 12 {
		p := fresh(t, fmt.Sprint("filter-", n))
		p.Provider = payout.Providers()[n%2]
		p.Status = []payout.Status{payout.Unknown, payout.Succeeded, payout.Failed}[n%3]
		insert(t, s, p)
	}
	for _, q := range []payout.PageQuery{
		{}, {Status: payout.Unknown}, {Provider: secondProvider()}, {Status: payout.Failed, Provider: firstProvider()}, {Status: payout.Queued},
	} {
		want := 12
		if q.Status != "" {
			want /= 3
		}
		if q.Provider != "" {
			want /= 2
		}
		if q.Status == payout.Queued {
			want = 0
		}
		all := collect(t, 5, func(page payout.PageQuery) (payout.Page, error) {
			page.Status, page.Provider = q.Status, q.Provider
			return s.ListDay(background, "2026-05-16", page)
		})
		if len(all) != want {
			t.Errorf("%+v: %d payouts, want %d", q, len(all), want)
		}
	}
}

// cursors: a cursor continues the list that gave it out. In another list, its place would mean
// something else, and payouts would be left out without an error. The texts come from callers, so
// nonsense is refused as well.
func cursors(t *testing.T, s payout.Store) {
	for n := range 3 {
		p := fresh(t, fmt.Sprint("cursor-", n))
		p.Attention = payout.Attention{payout.Returned: start.Add(time.Duration(n) * time.Second)}
		insert(t, s, p)
	}
	page, err := s.ListDay(background, "2026-05-16", payout.PageQuery{Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatalf("%v, %v", page, err)
	}
	// A genuine one of another list; no base64; an empty object; a genuine one with a letter
	// more.
	for _, cursor := range []string{page.Next, "x", "e30", page.Next + "x"} {
		if _, err := s.ListAttention(background, payout.PageQuery{Limit: 1, Cursor: cursor}); !errors.Is(err, payout.ErrCursor) {
			t.Errorf("attention after %q: %v", cursor, err)
		}
		if _, err := s.ListOrphans(background, payout.PageQuery{Limit: 1, Cursor: cursor}); !errors.Is(err, payout.ErrCursor) {
			t.Errorf("orphans after %q: %v", cursor, err)
		}
		if _, err := s.ListDay(background, "2026-05-17", payout.PageQuery{Limit: 1, Cursor: cursor}); !errors.Is(err, payout.ErrCursor) {
			t.Errorf("another day after %q: %v", cursor, err)
		}
	}
}

// cancelled: a function whose time is over must not be told that its write was refused, or that a
// payout is not there. It gets an error that says nothing, and acts as after any lost answer.
func cancelled(t *testing.T, s payout.Store) {
	p := fresh(t, "cancelled")
	ctx, cancel := context.WithCancel(background)
	cancel()
	if err := s.Insert(ctx, p, start); !errors.Is(err, payout.ErrUnclear) {
		t.Errorf("insert: %v", err)
	}
	if _, err := s.Apply(ctx, payout.Step{ID: p.ID, Then: payout.Change{At: start}}); !errors.Is(err, payout.ErrUnclear) {
		t.Errorf("apply: %v", err)
	}
	if _, err := s.Get(ctx, p.ID); err == nil || errors.Is(err, payout.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.Get(background, p.ID); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("something was written: %v", err)
	}
}
