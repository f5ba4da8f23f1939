package payout_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// TestManyCallersHoldAnotherForAnHourAtMost: so many principals in one hand each post about one
// payout a minute, which the provider loses. Of a caller who begins twenty minutes later, and posts
// one a minute, some are taken within the hour, and none waits for people.
func TestManyCallersHoldAnotherForAnHourAtMost(t *testing.T) {
	t.Parallel()
	for _, bad := range []int{8, 16} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(bad, " callers, seed ", seed), func(t *testing.T) {
				t.Parallel()
				w, chance := newWorld(t), rand.New(rand.NewPCG(uint64(bad), seed))
				w.dislikes(noAnswer)
				at := w.elsewhereCreator()
				const begins = 1200
				waiting, worst, taken := []payout.ID(nil), time.Duration(0), w.clock.Now().Add(begins*time.Second)
				for now := range begins + 2*3600 {
					for n := range bad {
						if chance.IntN(60) == 0 {
							w.createdAt(at, payout.Principal(fmt.Sprint("bad", n)), ofMoney(fmt.Sprint("bad-", n, "-", now), 100000*(n+1)+now))
						}
					}
					if now >= begins && now%60 == 3 {
						waiting = append(waiting, w.createdAt(at, honest, ofMoney(fmt.Sprint("honest-", now), 1000+now)).ID)
					}
					if now%60 == 59 {
						w.sweep()
					}
					w.clock.pass(time.Second)
					if now < begins || now%20 != 0 {
						continue
					}
					var left []payout.ID
					for _, id := range waiting {
						p := w.stored(id)
						if p.Status != payout.Queued {
							taken = w.clock.Now()
							continue
						}
						if len(p.Attention) > 0 {
							t.Fatalf("%s waits for people: %v", p.Reference, p.Attention.Reasons())
						}
						left = append(left, id)
					}
					waiting, worst = left, max(worst, w.clock.Now().Sub(taken))
				}
				if worst > time.Hour {
					t.Errorf("none of the honest caller's was taken for %v", worst)
				}
			})
		}
	}
}
