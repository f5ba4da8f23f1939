package storetest

import (
	"cmp"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// outflow: what is counted is summed by bucket, and listed from a time on. Neither the shared state
// nor the controls nor what waits beside them change by it. Two that are counted in one bucket
// are added, or the outflow brake would see the last one alone; those of another version of the
// controls are kept apart, because a release begins a fresh hour by the version and not by clocks
// (decision 0025).
func outflow(t *testing.T, s payout.Store) {
	bucket := func(n, version int, minor int64) payout.OutflowBucket {
		return payout.OutflowBucket{
			Provider: firstProvider(), Currency: money.KHR, Start: start.Truncate(5 * time.Minute).Add(time.Duration(n) * 5 * time.Minute), Version: version, Minor: minor,
		}
	}
	others := []payout.OutflowBucket{bucket(1, 0, 5), bucket(1, 0, 7)}
	// The same time and version at another provider, and in another currency, are other buckets.
	others[0].Provider, others[1].Currency = secondProvider(), money.USD
	for _, b := range slices.Concat(others, []payout.OutflowBucket{
		bucket(0, 0, 1), bucket(1, 0, 10), bucket(1, 0, 20), bucket(1, 3, 40), bucket(1, 12, 80), bucket(2, 12, 10_000_000_000_000),
	}) {
		if err := s.CountOutflow(background, b, keep); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		provider payout.Provider
		currency money.Currency
		since    int
		want     []payout.OutflowBucket
	}{
		{firstProvider(), money.KHR, 0, []payout.OutflowBucket{bucket(0, 0, 1), bucket(1, 0, 30), bucket(1, 3, 40), bucket(1, 12, 80), bucket(2, 12, 10_000_000_000_000)}},
		{firstProvider(), money.KHR, 1, []payout.OutflowBucket{bucket(1, 0, 30), bucket(1, 3, 40), bucket(1, 12, 80), bucket(2, 12, 10_000_000_000_000)}},
		{firstProvider(), money.KHR, 3, nil},
		{secondProvider(), money.KHR, 0, others[:1]},
		{firstProvider(), money.USD, 0, others[1:]},
		{secondProvider(), money.USD, 0, nil},
	} {
		got, err := s.OutflowSince(background, test.provider, test.currency, bucket(test.since, 0, 0).Start)
		// The port asks for no order, so the suite makes one.
		slices.SortFunc(got, func(a, b payout.OutflowBucket) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Version, b.Version))
		})
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s in %s since %d: %+v, %v", test.provider, test.currency, test.since, got, err)
		}
	}
	besides(t, s)
}

// besides looks at what stands beside the buckets. In the table the buckets share a partition
// with the shared state and the log of the controls. A bucket that is taken for one of those
// would hold or release a provider.
func besides(t *testing.T, s payout.Store) {
	t.Helper()
	if shared, err := s.Shared(background); err != nil || !reflect.DeepEqual(shared, payout.Shared{Pauses: map[payout.Provider]payout.Pause{}}) {
		t.Errorf("buckets are on the shared: %+v, %v", shared, err)
	}
	if changes, err := s.ControlChanges(background, 20); err != nil || len(changes) > 0 {
		t.Errorf("buckets are changes: %+v, %v", changes, err)
	}
	// The brake holds by a change as people make one. It is seen with the buckets beside it, too.
	entry := payout.ControlEntry{Version: 1, At: start, By: payout.OutflowBrake, Reason: "too much", After: payout.Controls{Version: 1}, Token: "t"}
	if err := s.ChangeControls(background, entry); err != nil {
		t.Fatal(err)
	}
	shared, err := s.Shared(background)
	changes, failed := s.ControlChanges(background, 20)
	if err != nil || failed != nil || shared.Controls.Version != 1 || len(changes) != 1 || changes[0].By != payout.OutflowBrake {
		t.Errorf("in force %+v, %+v, %v, %v", shared, changes, err, failed)
	}
}

// outflowRace: several processes count at once, each for its part of the stream. A store that
// reads, adds and writes would lose some of it, and the brake would not hold.
func outflowRace(t *testing.T, s payout.Store) {
	var wait sync.WaitGroup
	b := payout.OutflowBucket{Provider: secondProvider(), Currency: money.USD, Start: start, Minor: 3}
	for range 20 {
		wait.Go(func() {
			if err := s.CountOutflow(background, b, keep); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got, err := s.OutflowSince(background, secondProvider(), money.USD, start); err != nil || len(got) != 1 || got[0].Minor != 60 {
		t.Errorf("%+v, %v", got, err)
	}
}
