package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// TestALongSweepLearnsWhatOtherProcessesLearnMeanwhile: a sweep works for most of a minute. What
// another process has put on the shared state when it began (short) and since (long) is known to it
// when a payout's turn comes.
func TestALongSweepLearnsWhatOtherProcessesLearnMeanwhile(t *testing.T) {
	for _, long := range []bool{false, true} {
		w := newWorld(t)
		shard := -1
		inShard := func(prefix string) string {
			for n := 0; ; n++ {
				ref := fmt.Sprintf("%s-%d", prefix, n)
				id := payout.DeriveID("test", payout.Reference(ref))
				if shard < 0 {
					shard = id.Shard()
				}
				if id.Shard() == shard {
					return ref
				}
			}
		}
		w.vexora.answer = w.says(payout.FoundNotSent)
		d := draft(inShard("R2"))
		q := w.mustCreate(d) // queued: not connected
		w.vexora.answer = w.says(payout.FoundProcessing)
		for n := range 12 { // others, to be asked about
			o := draft(inShard(fmt.Sprint("S", n)))
			o.Amount = fmt.Sprint(1000 + n)
			w.mustCreate(o)
		}
		// another process creates the same money under R1, and its answer is lost
		ports := payout.Ports{
			Store: w.store, Connectors: map[payout.Provider]payout.Connector{Vexora: &provider{name: Vexora, answer: w.unclear, told: w.unclear}},
			Signals: w.signals, Breaker: payout.NewBreaker(w.store, payout.Floor{Caps: most(t)}), Keys: w, Now: w.clock.Now,
			NewToken: func() string { return fmt.Sprint("other-", time.Now().UnixNano()) }, Pause: func(context.Context, time.Duration) {}, People: register,
		}
		other, err := payout.NewCreator(ports, payout.Policy{Namespace: "test"})
		if err != nil {
			t.Fatal(err)
		}
		first := true
		w.endpoint.off = true
		w.clock.pass(2 * time.Minute)
		act := func() {
			if made, err := other.Create(bg, draft("R1"), "arn:aws:iam::111122223333:role/payroll"); err != nil || made.Payout.Status != payout.Unknown {
				t.Fatal(made.Payout.Status, err)
			}
			w.clock.pass(20 * time.Second)
		}
		if !long {
			act()
		}
		w.vexora.told = func(p payout.Payout) payout.Claim {
			if long && first {
				first = false
				act()
			}
			return w.says(payout.FoundProcessing)(p)
		}
		// R2 is due last
		w.store.mu.Lock()
		row := w.store.Payouts[q.ID]
		row.DueAt, row.QueryAt = w.clock.now, w.clock.now
		row.Notice.At = time.Time{}
		w.store.Payouts[q.ID] = row
		w.store.mu.Unlock()
		if _, err := w.sweeper.Sweep(bg, shard); err != nil {
			t.Fatal(err)
		}
		s := w.stored(q.ID)
		if s.Status != payout.Queued {
			t.Errorf("long %v: R2 was sent, 20 s after R1, the same money, became unknown", long)
		}
	}
}
