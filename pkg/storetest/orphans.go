package storetest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// orphans: a verified claim that matches no payout was acknowledged, so it must be found again.
// Providers repeat what they send: the same claim is one orphan, and only the first one raises
// the alarm. One kind has a key of its own; the other stands at the key of the payout that was
// lost, so that a create of that reference cannot send again. People see both in one list.
func orphans(t *testing.T, s payout.Store) {
	var keys []string
	for n := range 9 {
		o := payout.Orphaned{
			Key: fmt.Sprint("key-", n), Provider: secondProvider(), Reference: "by hand", ProviderID: "r", Finding: payout.FoundSucceeded,
			Amount: fresh(t, "x").Amount, Code: "0", Message: "m", ReceivedAt: start.Add(time.Duration(n) * time.Second),
			Evidence: "e", Raw: []byte(`{"a":1}`),
		}
		keys = append(keys, o.Key)
		// The provider sends it again: nothing new, and no second alarm.
		for try := range 2 {
			if isNew, err := s.KeepOrphan(background, o); err != nil || isNew != (try == 0) {
				t.Fatalf("%s: new %v, %v", o.Key, isNew, err)
			}
		}
	}
	ours := fresh(t, "lost")
	// As a claim makes it: no reference and no amount, which a store must be able to read.
	ours = payout.Payout{
		ID: ours.ID, Provider: firstProvider(), Attempt: 1, Status: payout.Orphan, CreatedAt: start.Add(time.Hour), UpdatedAt: start,
		CompletedAt: start, StatusAt: start, Version: 1,
		History: []payout.Entry{{At: start, Source: payout.FromCallback, Status: payout.Orphan, ClaimKey: "ours", Finding: payout.FoundSucceeded}},
	}
	insert(t, s, ours)
	// A page ends between the two kinds, too.
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
			mustNotTell(t, page.Next, keys)
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
	// Nobody created it, so it would make the sums of the day wrong.
	day, err := s.ListDay(background, "2026-05-16", payout.PageQuery{Limit: 100})
	if err != nil || len(day.Payouts) != 0 {
		t.Errorf("an orphan is listed as a payout of its day: %v, %v", day.Payouts, err)
	}
}

// mustNotTell: a key is made of the claim, the whole reference with it, which a reader sees masked.
// Whoever has both tries the rest out, so no cursor may hold one. The suite reads the cursor as
// its stores write it; no caller may.
func mustNotTell(t *testing.T, cursor string, keys []string) {
	t.Helper()
	written, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatalf("the cursor %q cannot be looked into: %v", cursor, err)
	}
	for _, key := range keys {
		if strings.Contains(string(written), key) {
			t.Errorf("the cursor %q holds the key of an orphan", written)
		}
	}
}

// orphanTexts: the texts of an orphan go in one write, and nothing else of it does. A name in a
// message or a body has to go when its time has come (decision 0020). The rest is evidence that
// we acknowledged, and what people need to ask the provider about it.
func orphanTexts(t *testing.T, s payout.Store) {
	orphan := func(n int, due time.Time) payout.Orphaned {
		o := payout.Orphaned{
			Key: fmt.Sprint("text-", n), Provider: firstProvider(), Reference: "by hand", ProviderID: "r", Finding: payout.FoundSucceeded,
			Amount: fresh(t, "x").Amount, Code: "0", Message: "Sophea", ReceivedAt: start.Add(time.Duration(n) * time.Second),
			Evidence: "e", Raw: []byte(`{"name":"Sophea"}`), RedactAt: due,
		}
		if _, err := s.KeepOrphan(background, o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	// What came first is due last, so the order cannot be that in which they came.
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
	// A sweep may come twice, and may have been handed a key that is gone.
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
	// What is redacted is due no more, however late it is asked for.
	due(keep, later.Key)
}
