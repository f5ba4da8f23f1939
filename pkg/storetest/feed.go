package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// ofShard returns payouts that share one shard's list. Numbers are per shard, so most of what can
// go wrong is between payouts of one shard.
func ofShard(t *testing.T, s payout.Store, shard, n int) []payout.Payout {
	t.Helper()
	var all []payout.Payout
	for i := 0; len(all) < n; i++ {
		p := fresh(t, fmt.Sprint("feed-", shard, "-", i))
		if p.ID.Shard() != shard {
			continue
		}
		insert(t, s, p)
		all = append(all, p)
	}
	return all
}

// publish appends events to the feed; see [payout.Feed].
func publish(t *testing.T, s payout.Store, id payout.ID, from, to int, since time.Time) {
	t.Helper()
	if err := s.Publish(background, payout.FeedEntry{ID: id, From: from, To: to, At: start}, since); err != nil {
		t.Fatal(err)
	}
}

// readAll reads the feed to its end in pages, and checks that numbers have no gap. A gap would be
// an event that some reader never sees: he takes the next number for the place up to which he has
// seen everything.
func readAll(t *testing.T, s payout.Store, from payout.Position, limit int) ([]payout.Published, payout.Position) {
	t.Helper()
	var all []payout.Published
	for {
		page, err := s.ReadFeed(background, from, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			shard := p.ID.Shard()
			if from[shard]++; p.Number != from[shard] {
				t.Fatalf("number %d comes after %d in shard %d", p.Number, from[shard]-1, shard)
			}
			if p.Payout.ID != p.ID {
				t.Errorf("entry %d of shard %d is about %s and comes with %q", p.Number, shard, p.ID, p.Payout.ID)
			}
		}
		all = append(all, page...)
		if len(page) == 0 {
			return all, from
		}
	}
}

// feed: merchants keep their books by the feed, so an event is in it once and is read once,
// whatever size of page it is read in. A round after one that nobody noted looks back before it
// publishes; a reader who is ahead of the list is told that the table was restored, because the
// numbers that he has seen will be given to other events.
func feed(t *testing.T, s payout.Store) {
	if all, _ := readAll(t, s, payout.Position{}, 10); len(all) != 0 {
		t.Errorf("an empty feed has %v", all)
	}
	// Two shards: a position counts in each of them alone.
	one, other := ofShard(t, s, 2, 2), ofShard(t, s, 5, 1)
	publish(t, s, one[0].ID, 1, 2, time.Time{})
	publish(t, s, one[1].ID, 1, 1, time.Time{})
	publish(t, s, other[0].ID, 1, 1, time.Time{})
	all, end := readAll(t, s, payout.Position{}, 1)
	if len(all) != 3 || end != (payout.Position{2: 2, 5: 1}) {
		t.Errorf("%v, %v", all, end)
	}
	// Behind the end there is only what was published since.
	publish(t, s, one[0].ID, 3, 3, time.Time{})
	later, _ := readAll(t, s, end, 10)
	if len(later) != 1 || later[0].From != 3 || later[0].To != 3 || !later[0].At.Equal(start) {
		t.Errorf("behind the end: %v", later)
	}
	again, _ := readAll(t, s, payout.Position{}, 100)
	if len(again) != 4 {
		t.Errorf("read again: %v", again)
	}
	// Somebody began a minute ago and never came back.
	publish(t, s, one[0].ID, 2, 3, start.Add(-time.Minute))
	publish(t, s, one[0].ID, 3, 4, start.Add(-time.Minute))
	late, _ := readAll(t, s, payout.Position{2: 3, 5: 1}, 10)
	if len(late) != 1 || late[0].From != 4 || late[0].To != 4 {
		t.Errorf("what was published before is published again: %v", late)
	}
	if _, err := s.ReadFeed(background, payout.Position{2: 9}, 10); !errors.Is(err, payout.ErrRewound) {
		t.Errorf("a reader who is ahead of the feed gets %v", err)
	}
}

// feedPage: whoever shows a page of the longest length asks for one entry more, to say
// whether the feed goes on. All of it may wait in one shard.
func feedPage(t *testing.T, s payout.Store) {
	// A store that cuts the entry off says that the feed ends where a page does.
	const more = payout.LongestPage + 1
	of := ofShard(t, s, 4, 1)[0]
	for n := 1; n <= more+2; n++ {
		publish(t, s, of.ID, n, n, time.Time{})
	}
	for _, seen := range []int64{0, 1} { // a reader who comes back is read for otherwise
		page, err := s.ReadFeed(background, payout.Position{4: seen}, more)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) != more || page[0].Number != seen+1 {
			t.Errorf("behind number %d: %d entries of %d", seen, len(page), more)
		}
	}
}

// feedRace: many processes publish into one shard. Each number is given once and none is left
// free, and the events of one payout stay in their order, because each writer waits for its own.
func feedRace(t *testing.T, s payout.Store) {
	const writers = 40
	payouts := ofShard(t, s, 3, writers)
	var wait sync.WaitGroup
	for _, p := range payouts {
		wait.Go(func() {
			for n := 1; n <= 3; n++ {
				if err := s.Publish(background, payout.FeedEntry{ID: p.ID, From: n, To: n, At: start}, time.Time{}); err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	wait.Wait()
	all, _ := readAll(t, s, payout.Position{}, 7)
	// Pages of seven end anywhere between the entries of one payout.
	next := map[payout.ID]int{}
	for _, p := range all {
		if next[p.ID]++; p.From != next[p.ID] {
			t.Errorf("%s: event %d comes after %d", p.ID, p.From, next[p.ID]-1)
		}
	}
	if len(all) != 3*writers {
		t.Errorf("%d entries of %d", len(all), 3*writers)
	}
}

// slowWriter: a number is taken by the write itself, so a writer that thinks for
// thirty seconds, with old news in its hands, comes after what was read meanwhile,
// and is read next. Ordered by time, its entry would stand behind the place that the reader has
// reached already, and would never be read (decision 0012).
func slowWriter(t *testing.T, s payout.Store) {
	payouts := ofShard(t, s, 1, 3)
	old := payout.FeedEntry{ID: payouts[0].ID, From: 1, To: 1, At: start}
	publish(t, s, payouts[1].ID, 1, 1, time.Time{})
	_, end := readAll(t, s, payout.Position{}, 10)
	if err := s.Publish(background, payout.FeedEntry{ID: payouts[2].ID, From: 1, To: 1, At: start.Add(30 * time.Second)}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	_, end = readAll(t, s, end, 10)
	if err := s.Publish(background, old, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if late, _ := readAll(t, s, end, 10); len(late) != 1 || late[0].ID != old.ID {
		t.Errorf("the slow writer's news is not read: %v", late)
	}
}
