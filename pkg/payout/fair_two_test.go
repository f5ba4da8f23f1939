package payout_test

import (
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// second is another caller in one hand with insider, or one whose texts a firewall dislikes too.
const second payout.Principal = "arn:aws:iam::111122223333:role/refunds"

// TestTwoCallersDoNotHoldUpAThird: two callers post what the provider loses or a firewall refuses, for
// hours. A third one's payroll begins twenty minutes later, or he pays now and then.
func TestTwoCallersDoNotHoldUpAThird(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]struct {
		bad           payout.Claim
		every, honest int // seconds
	}{
		"lost every 20 s, a payroll":       {noAnswer, 20, 10},
		"lost every 20 s, now and then":    {noAnswer, 20, 900},
		"403 every 10 s, a payroll":        {bare403, 10, 10},
		"403 every 10 s, one a minute":     {bare403, 10, 60},
		"403 every 20 s, now and then":     {bare403, 20, 900},
		"useless every 10 s, a payroll":    {wrongAccount, 10, 10},
		"useless every 10 s, now and then": {wrongAccount, 10, 900},
	} {
		for _, apart := range []bool{false, true} {
			// The third one had a lost answer of his own, or what else they have, while it was paused.
			mistake := map[bool]int{true: 1100, false: -1}[apart == (s.honest > 60)]
			t.Run(fmt.Sprintf("%s, apart %t, a mistake at %d", name, apart, mistake), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.dislikes(s.bad)
				at := w.creator
				if apart {
					at = w.elsewhereCreator()
				}
				begun, worst, own := map[payout.ID]time.Time{}, time.Duration(0), payout.ID("")
				for now := range 3600 + 600 {
					if now%s.every == 0 {
						w.createdAt(at, insider, ofMoney(fmt.Sprint("bad-a-", now), 100000+now))
						w.createdAt(at, second, ofMoney(fmt.Sprint("bad-b-", now), 200000+now))
					}
					if now == mistake {
						own = w.createdBy(honest, ofMoney("bad-own", 999)).ID
					}
					if mistake > 0 && now == mistake+90 && w.stored(own).Status == payout.Queued { // it was refused, and is withdrawn
						w.must(w.operator.Cancel(bg, w.order(own, dara, "")))
					}
					if now >= 1200 && now%s.honest == 3 {
						begun[w.createdBy(honest, ofMoney(fmt.Sprint("honest-", now), 1000+now)).ID] = w.clock.Now()
					}
					if now%60 == 59 {
						w.sweep()
					}
					w.clock.pass(time.Second)
					for id, since := range begun {
						if p := w.stored(id); p.Status == payout.Queued {
							worst = max(worst, w.clock.Now().Sub(since))
						} else {
							delete(begun, id)
						}
					}
				}
				// After a mistake of his own he waits once for as long as that counts.
				if most := map[bool]time.Duration{true: 5 * time.Minute, false: 16 * time.Minute}[mistake < 0]; worst > most {
					t.Errorf("a third caller's waited for %v", worst)
				}
			})
		}
	}
}
