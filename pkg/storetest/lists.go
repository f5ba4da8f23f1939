package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func dueOrder(t *testing.T, s payout.Store) {
	want := map[int][]payout.Due{}
	for n := range 40 {
		p := fresh(t, fmt.Sprint("due-", n))
		p.DueAt = start.Add(time.Duration(39-n) * time.Second)
		if n == 0 {
			p.DueAt = time.Time{}
		}
		insert(t, s, p)
		if n > 0 && n%2 == 0 {
			want[p.ID.Shard()] = append(want[p.ID.Shard()], payout.Due{ID: p.ID, DueAt: p.DueAt})
		} else if n > 0 {
			never := time.Time{}
			try(t, s, "never due", p, payout.Step{ID: p.ID, Then: payout.Change{At: start, DueAt: &never}})
		}
	}
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

func sameDue(a, b payout.Due) bool { return a.ID == b.ID && a.DueAt.Equal(b.DueAt) }

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

// collect follows a list to its end.
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

func days(t *testing.T, s payout.Store) {
	for n := range 57 {
		p := fresh(t, fmt.Sprint("day-", n))
		p.CreatedAt = start.Add(time.Duration(n/3) * time.Second) // three at a time
		insert(t, s, p)
	}
	before := fresh(t, "the day before")
	before.CreatedAt = start.AddDate(0, 0, -1)
	insert(t, s, before)
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
	empty, err := s.ListDay(background, "2026-05-18", payout.PageQuery{Limit: 10})
	if err != nil || len(empty.Payouts) != 0 || empty.Next != "" {
		t.Errorf("an empty day: %v, %v", empty, err)
	}
}

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

func orphans(t *testing.T, s payout.Store) {
	var keys []string
	for n := range 9 {
		o := payout.Orphaned{
			Key: fmt.Sprint("key-", n), Provider: payout.Monetix, Reference: "by hand", ProviderID: "r", Finding: payout.FoundSucceeded,
			Amount: fresh(t, "x").Amount, Code: "0", Message: "m", ReceivedAt: start.Add(time.Duration(n) * time.Second),
			Evidence: "e", Raw: []byte(`{"a":1}`),
		}
		keys = append(keys, o.Key)
		for try := range 2 {
			if isNew, err := s.KeepOrphan(background, o); err != nil || isNew != (try == 0) {
				t.Fatalf("%s: new %v, %v", o.Key, isNew, err)
			}
		}
	}
	ours := fresh(t, "lost")
	ours = payout.Payout{
		ID: ours.ID, Provider: payout.Vexora, Attempt: 1, Status: payout.Orphan, CreatedAt: start.Add(time.Hour), UpdatedAt: start,
		CompletedAt: start, StatusAt: start, Version: 1,
		History: []payout.Entry{{At: start, Source: payout.FromCallback, Status: payout.Orphan, ClaimKey: "ours", Finding: payout.FoundSucceeded}},
	}
	insert(t, s, ours)
	for _, limit := range []int{1, 4, 100} {
		var got []string
		q := payout.PageQuery{Limit: limit}
		for range 100 {
			page, err := s.ListOrphans(background, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Orphans {
				got = append(got, o.Key)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		want := append([]string{"ours"}, keys...)
		slices.Reverse(want[1:]) // newest first
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %v, want %v", limit, got, want)
		}
	}
	day, err := s.ListDay(background, "2026-05-16", payout.PageQuery{Limit: 100})
	if err != nil || len(day.Payouts) != 0 {
		t.Errorf("an orphan is listed as a payout of its day: %v, %v", day.Payouts, err)
	}
}

func filters(t *testing.T, s payout.Store) {
	for n := range 12 {
		p := fresh(t, fmt.Sprint("filter-", n))
		p.Provider = payout.Providers[n%2]
		p.Status = []payout.Status{payout.Unknown, payout.Succeeded, payout.Failed}[n%3]
		insert(t, s, p)
	}
	for _, q := range []payout.PageQuery{
		{}, {Status: payout.Unknown}, {Provider: payout.Monetix}, {Status: payout.Failed, Provider: payout.Vexora}, {Status: payout.Queued},
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

func namespaces(t *testing.T, s payout.Store) {
	for range 2 {
		if err := s.BindNamespace(background, "prod"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.BindNamespace(background, "staging"); !errors.Is(err, payout.ErrNamespace) {
		t.Errorf("another namespace: %v", err)
	}
}

func desk(t *testing.T, s payout.Store) {
	board, err := s.Board(background)
	if err != nil || len(board.Pauses) != 0 || !board.UnsettledUntil.IsZero() {
		t.Fatalf("an empty board: %+v, %v", board, err)
	}
	pause := payout.Pause{Provider: payout.Vexora, Why: "refused_about_us", Since: start, Until: start.Add(time.Minute)}
	for range 2 {
		if err := s.PinPause(background, pause); err != nil {
			t.Fatal(err)
		}
	}
	board, err = s.Board(background)
	if err != nil || len(board.Pauses) != 1 || board.Pauses[payout.Vexora] != pause {
		t.Errorf("%+v, %v", board, err)
	}
}

// orphanTexts: the texts of an orphan go in one write, and nothing else of it does.
func orphanTexts(t *testing.T, s payout.Store) {
	orphan := func(n int, due time.Time) payout.Orphaned {
		o := payout.Orphaned{
			Key: fmt.Sprint("text-", n), Provider: payout.Vexora, Reference: "by hand", ProviderID: "r", Finding: payout.FoundSucceeded,
			Amount: fresh(t, "x").Amount, Code: "0", Message: "Sophea", ReceivedAt: start.Add(time.Duration(n) * time.Second),
			Evidence: "e", Raw: []byte(`{"name":"Sophea"}`), RedactAt: due,
		}
		if _, err := s.KeepOrphan(background, o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	later, first := orphan(0, start.Add(2*time.Hour)), orphan(1, start.Add(time.Hour))
	orphan(2, time.Time{}) // is kept for ever
	due := func(until time.Time, want ...string) {
		t.Helper()
		if got, err := s.DueOrphans(background, until, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("due are %v, not %v: %v", got, want, err)
		}
	}
	due(start)
	due(start.Add(time.Hour), first.Key)
	due(start.Add(2*time.Hour), first.Key, later.Key)
	at := start.Add(3 * time.Hour)
	for range 2 {
		if err := errors.Join(s.RedactOrphan(background, first.Key, at), s.RedactOrphan(background, "nobody", at)); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Hour) // the second time changes nothing
	}
	due(start.Add(2*time.Hour), later.Key)
	page, err := s.ListOrphans(background, payout.PageQuery{Limit: 10})
	if err != nil || len(page.Orphans) != 3 {
		t.Fatalf("%d orphans: %v", len(page.Orphans), err)
	}
	first.Message, first.Raw, first.RedactAt, first.RedactedAt = "", nil, time.Time{}, start.Add(3*time.Hour)
	if got := page.Orphans[1]; !reflect.DeepEqual(got, first) {
		t.Errorf("stored %+v\nwant   %+v", got, first)
	}
	if got := page.Orphans[2]; !reflect.DeepEqual(got, later) {
		t.Errorf("stored %+v\nwant   %+v", got, later)
	}
	due(keep, later.Key)
}

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
			list, err := s.NoteUnsettled(background, of(n), keep, until)
			if err != nil || len(list) != n+1 || !slices.Contains(list, of(n)) {
				t.Fatalf("after %d: %d, %v", n+1, len(list), err)
			}
		}
	}
	if board, err := s.Board(background); err != nil || !board.UnsettledUntil.Equal(until) {
		t.Errorf("the board: %v, %v", board.UnsettledUntil, err)
	}
	if list, err := s.NoteUnsettled(background, of(99), keep, until); !errors.Is(err, payout.ErrCrowded) || len(list) != payout.MostUnsettled {
		t.Errorf("one more than there is room for: %d, %v", len(list), err)
	}
	if list, err := s.NoteUnsettled(background, of(3), keep, until); err != nil || len(list) != payout.MostUnsettled {
		t.Errorf("one that is there: %d, %v", len(list), err)
	}
	if err := s.ForgetUnsettled(background, "recipient", []payout.Unsettled{of(3), of(4), of(99)}); err != nil {
		t.Fatal(err)
	}
	list, err := s.NoteUnsettled(background, of(99), keep, time.Time{})
	if err != nil || len(list) != payout.MostUnsettled-1 || slices.Contains(list, of(3)) || !slices.Contains(list, of(99)) {
		t.Errorf("after two were settled: %d, %v", len(list), err)
	}
	if found, err := s.FindUnsettled(background, "recipient"); err != nil || len(found) != len(list) {
		t.Errorf("found %d of %d, %v", len(found), len(list), err)
	}
	if board, err := s.Board(background); err != nil || !board.UnsettledUntil.Equal(until) {
		t.Errorf("a note without a time moved the board: %v, %v", board.UnsettledUntil, err)
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
			list, err := s.NoteUnsettled(background, u, keep, time.Time{})
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

func reports(t *testing.T, s payout.Store) {
	if _, err := s.FindReport(background, "h"); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("%v", err)
	}
	first := evidence(200 << 10)
	if err := errors.Join(s.KeepReport(background, "h", first, keep), s.KeepReport(background, "h", []byte("second"), keep)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.FindReport(background, "h"); err != nil || string(got) != string(first) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := s.FindProposal(background, "h"); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("a proposal of nobody: %v", err)
	}
	for _, who := range []payout.Person{"Dara", "Bopha"} {
		p := payout.StatementProposal{Person: who, Identity: "arn:sso", By: "arn", At: start}
		if err := s.KeepProposal(background, "h", p, keep); err != nil {
			t.Fatal(err)
		}
		if got, err := s.FindProposal(background, "h"); err != nil || got != p {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func cancelled(t *testing.T, s payout.Store) {
	p := fresh(t, "cancelled")
	ctx, cancel := context.WithCancel(background)
	cancel()
	if err := s.Insert(ctx, p); !errors.Is(err, payout.ErrUnclear) {
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
