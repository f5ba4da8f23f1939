package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// inForceWithin is how long after the answer 200 a brake may take to reach every process.
const inForceWithin = 10 * time.Second

// TestControlsOnTheWireReachEveryRunningProcess rehearses the night on which money leaks,
// over three processes of create-payout that are warm: hold, release by two, a leaked key.
func TestControlsOnTheWireReachEveryRunningProcess(t *testing.T) {
	s := deploy(t)
	operate, get := s.host("operate-payout", "", 28*time.Second), s.host("get-payout", "", 10*time.Second)
	traffic := s.drive(3)
	traffic.until(t, "payouts are sent", func(c created) bool { return c.sent })

	held := order(t, operate, payroll, `{"submissions": {"all": "held"}, "reason": "possible double payment"}`, http.StatusOK)
	time.Sleep(inForceWithin + 2*time.Second)
	last := traffic.lastSent()
	t.Logf("the last of %d payouts was sent %.1f s after the hold was acknowledged", traffic.count(), last.Sub(held).Seconds())
	if last.Sub(held) > inForceWithin {
		t.Errorf("sent %s after the hold", last.Sub(held))
	}

	release := `{"version": 1, "submissions": {"all": "open"}, "reason": "mended"}`
	order(t, operate, payroll, release, http.StatusAccepted)
	order(t, operate, payroll, release, http.StatusAccepted) // one person is one, however often
	time.Sleep(6 * time.Second)
	if sent := traffic.lastSent(); sent.After(last) {
		t.Error("one person released it")
	}
	released := order(t, operate, finance, release, http.StatusOK)
	first := traffic.until(t, "payouts are sent again", func(c created) bool { return c.sent && c.at.After(released) })
	t.Logf("the first payout was sent %.1f s after two had released it", first.at.Sub(released).Seconds())
	if first.at.Sub(released) > inForceWithin {
		t.Errorf("sent %s after the release", first.at.Sub(released))
	}
	traffic.stop()

	// A key has leaked: a genuine signature moves nothing, and the provider is asked.
	order(t, operate, payroll, `{"callbacks": "ask", "reason": "the key of Vexora has leaked"}`, http.StatusOK)
	time.Sleep(inForceWithin)
	order(t, operate, payroll, `{"submissions": {"all": "held"}, "reason": "while it is rotated"}`, http.StatusOK)
	forged := s.unsent(t, traffic)
	if status := s.callBack(forged); status != http.StatusOK {
		t.Fatalf("the callback was answered %d", status)
	}
	id, _, _ := payout.ParseProviderReference(forged)
	status, body := visit{by: payroll, method: "GET", path: "/v1/payouts/" + string(id)}.send(get)
	if status != http.StatusOK || strings.Contains(body, `"status":"succeeded"`) || !strings.Contains(body, "not believed") {
		t.Errorf("whoever has the key moved a payout: %d %s", status, body)
	}
}

// order gives an order about the controls, and returns when it was answered.
func order(t *testing.T, h *host, by, body string, want int) time.Time {
	t.Helper()
	status, answer := visit{by: by, method: "POST", path: "/v1/controls", body: body}.send(h)
	if status != want {
		t.Fatalf("%s by %s: %d %s", body, by, status, answer)
	}
	return time.Now()
}

// created is one payout of the traffic.
type created struct {
	n    int
	at   time.Time // when it was answered
	sent bool      // the provider has it
}

// traffic posts payouts until it is stopped, from several processes.
type traffic struct {
	s    *stack
	mu   sync.Mutex
	all  []created
	quit chan struct{}
	done sync.WaitGroup
}

func (s *stack) drive(processes int) *traffic {
	c := &traffic{s: s, quit: make(chan struct{})}
	for worker := range processes {
		c.done.Go(func() {
			for n := 1000 * (worker + 1); ; n++ {
				select {
				case <-c.quit:
					return
				case <-time.After(150 * time.Millisecond):
				}
				c.post(n)
			}
		})
	}
	c.s.t.Cleanup(c.stop)
	return c
}

func (c *traffic) post(n int) {
	status, body := c.s.create.request(http.MethodPost, "/v1/payouts", draft(n))
	var answer struct {
		Status payout.Status `json:"status"`
	}
	_ = json.Unmarshal(body, &answer)
	_, sent := c.s.sandbox.Find(reference(n))
	c.mu.Lock()
	defer c.mu.Unlock()
	if status < 300 {
		c.all = append(c.all, created{n, time.Now(), sent})
	}
}

func (c *traffic) stop() {
	c.mu.Lock()
	select {
	case <-c.quit:
	default:
		close(c.quit)
	}
	c.mu.Unlock()
	c.done.Wait()
}

func (c *traffic) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

func (c *traffic) lastSent() (last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, each := range c.all {
		if each.sent && each.at.After(last) {
			last = each.at
		}
	}
	return last
}

// until waits for a payout of a kind.
func (c *traffic) until(t *testing.T, what string, kind func(created) bool) created {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		c.mu.Lock()
		all := append([]created(nil), c.all...)
		c.mu.Unlock()
		for _, each := range all {
			if kind(each) {
				return each
			}
		}
	}
	t.Fatal("never: ", what)
	return created{}
}

// unsent makes a payout that waits, and returns the reference that it will have.
func (s *stack) unsent(t *testing.T, c *traffic) string {
	t.Helper()
	n := 9001
	for deadline := time.Now().Add(inForceWithin); time.Now().Before(deadline); n += 2 {
		_, body := s.create.request(http.MethodPost, "/v1/payouts", draft(n))
		if strings.Contains(string(body), `"queued_reason":"held"`) {
			return reference(n)
		}
		time.Sleep(time.Second)
	}
	t.Fatal(fmt.Sprint("nothing was held of ", n))
	return ""
}
