package functions_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTheOutflowBrakeOnTheWireHoldsByItself lets money leak at one provider, over two warm
// processes of create-payout: the stream counts, the brake holds that provider alone, two
// people release it, and the fresh hour has the same limit.
func TestTheOutflowBrakeOnTheWireHoldsByItself(t *testing.T) {
	s := deployWith(t, map[string]string{"OutflowLimits": `{"vexora":{"KHR":"9000"}}`})
	operate := s.host("operate-payout", "", 28*time.Second)
	ctx, stop := context.WithCancel(context.Background())
	reading := make(chan struct{})
	go func() { defer close(reading); s.stream.read(ctx) }()
	t.Cleanup(func() { stop(); <-reading })
	traffic := s.drive(2)

	held := traffic.heldBy(t, operate, 1)
	time.Sleep(inForceWithin + 2*time.Second)
	last := traffic.lastAt(vexoraPayout)
	t.Logf("the last payout was sent %.1f s after the brake was seen to hold", last.Sub(held).Seconds())
	if last.After(held.Add(inForceWithin)) {
		t.Errorf("sent %s after the hold", last.Sub(held))
	}
	if other := traffic.lastAt(monetixPayout); !other.After(held) {
		t.Error("the other provider was held, too")
	}

	release := `{"version": 1, "submissions": {"vexora": "open"}, "reason": "finance has confirmed it"}`
	order(t, operate, payroll, release, http.StatusAccepted)
	released := order(t, operate, finance, release, http.StatusOK)
	traffic.until(t, "payouts are sent again", func(c created) bool { return c.sent && vexoraPayout(c) && c.at.After(released) })
	traffic.heldBy(t, operate, 3)
}

func vexoraPayout(c created) bool  { return c.n%2 == 1 }
func monetixPayout(c created) bool { return c.n%2 == 0 }

// lastAt is when the last payout of a kind was sent.
func (c *traffic) lastAt(kind func(created) bool) (last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, each := range c.all {
		if each.sent && kind(each) && each.at.After(last) {
			last = each.at
		}
	}
	return last
}

// heldBy waits until the brake has made a version of the controls.
func (c *traffic) heldBy(t *testing.T, operate *host, version int) time.Time {
	t.Helper()
	begins := fmt.Sprintf(`{"version":%d,`, version)
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		_, body := visit{by: payroll, method: "GET", path: "/v1/controls"}.send(operate)
		if strings.HasPrefix(body, begins) && strings.Contains(body, `"by":"outflow-brake"`) && strings.Contains(body, `"held_by":{"vexora":["controls"]}`) {
			return time.Now()
		}
	}
	t.Fatalf("the brake made no version %d", version)
	return time.Time{}
}
