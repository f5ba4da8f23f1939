package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// fedTwice lists the events of a payout that stand in the feed more than once, or not at all.
func (w *world) fedTwice(id payout.ID) []int {
	times := make([]int, len(w.stored(id).Events())+1)
	for _, n := range w.store.Feed[id.Shard()] {
		for sequence := n.From; n.ID == id && sequence <= n.To; sequence++ {
			times[sequence]++
		}
	}
	var wrong []int
	for sequence, n := range times {
		if sequence > 0 && n != 1 {
			wrong = append(wrong, sequence)
		}
	}
	return wrong
}

// The first put arrived, and its answer did not. Then the feed gives no answer for minutes or
// days, while the payout can be written.
func TestAnEventStandsInTheFeedOnceHoweverLongThePutsFail(t *testing.T) {
	for _, tries := range []int{3, 10, 60, 2000} {
		w := newWorld(t)
		w.endpoint.off = true
		p := w.mustCreate(draft("R1"))
		puts := 0
		w.store.feedFault = func() fault {
			if puts++; puts == 1 {
				return lostAfter
			}
			return lostBefore
		}
		tell := func() {
			_ = w.notifier.Notify(context.Background(), p.ID)
			_ = w.notifier.Due(context.Background(), w.stored(p.ID))
			w.clock.pass(61 * time.Second)
		}
		for range tries {
			tell()
		}
		if since := w.stored(p.ID).Notice.Unclear; since.IsZero() {
			t.Errorf("%d tries: nobody knows since when it is not clear", tries)
		}
		w.receive(w.claim(p, payout.FoundSucceeded)) // news comes meanwhile
		w.store.feedFault = nil
		for range 4 {
			tell()
		}
		if wrong := w.fedTwice(p.ID); len(wrong) > 0 {
			t.Errorf("after %d puts events %v do not stand in the feed once: %s", puts, wrong, w.fed(p.ID))
		}
		if n := w.stored(p.ID).Notice; !n.Unclear.IsZero() || n.Lease.Token != "" {
			t.Errorf("it is clear now, and noted as %+v", n)
		}
	}
}

// A process is frozen while it takes the lease. When it wakes, somebody else has told; it tells
// nothing.
func TestWhoWakesAfterItsLeaseTellsNothing(t *testing.T) {
	w := newWorld(t)
	w.endpoint.off = true
	p := w.mustCreate(draft("R1"))
	slow := &slowStore{memory: w.store, asleep: func() {
		w.clock.pass(2 * time.Minute)
		if err := w.notifier.Due(bg, w.stored(p.ID)); err != nil {
			t.Fatal(err)
		}
	}}
	notifier, err := payout.NewNotifier(payout.NotifierPorts{
		Store: slow, Endpoint: w.endpoint, Signals: w.signals, Breaker: w.breaker, Now: w.clock.Now,
		NewToken: func() string { return "slow" }, Jitter: func(d time.Duration) time.Duration { return d },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := notifier.Notify(bg, p.ID); err != nil {
		t.Fatal(err)
	}
	if wrong := w.fedTwice(p.ID); len(wrong) > 0 {
		t.Errorf("events %v do not stand in the feed once: %s", wrong, w.fed(p.ID))
	}
}

// slowStore answers its first write late.
type slowStore struct {
	*memory
	asleep func()
}

func (s *slowStore) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	after, err := s.memory.Apply(ctx, step)
	if wake := s.asleep; wake != nil {
		s.asleep = nil
		wake()
	}
	return after, err
}
