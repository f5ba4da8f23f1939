package boot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAPayoutThatIsRefusedForEverDelaysNoOtherOne: a customer gives a name to which a firewall
// before Monetix objects, or Monetix itself refuses one payout about us for ever. Others are
// created every 20 seconds, in one process, and sweeps run in another.
func TestAPayoutThatIsRefusedForEverDelaysNoOtherOne(t *testing.T) {
	for name, test := range map[string]struct {
		refused int
		answer  string
	}{
		"by a firewall": {1, "<html>Request blocked</html>"},
		"three of them": {3, "<html>Request blocked</html>"},
		"by Monetix":    {1, `{"status":"error","code":"3299"}`},
	} {
		t.Run(name, func(t *testing.T) { refusedForEver(t, test.refused, test.answer) })
	}
}

func refusedForEver(t *testing.T, refused int, answer string) {
	refusals := 0
	d, _, log := creating(t, nil, func(body string) (int, string) {
		if strings.Contains(body, "<script>") {
			refusals++
			return 403, answer
		}
		var f struct {
			General struct {
				PaymentID string `json:"payment_id"`
			} `json:"general"`
		}
		_ = json.Unmarshal([]byte(body), &f)
		return 200, fmt.Sprintf(`{"status":"success","project_id":1234,"payment_id":%q,"request_id":"r1"}`, f.General.PaymentID)
	})
	at := time.Now().UTC()
	d.Now = func() time.Time { return at }
	h, sweep := both(t, d)
	for n := range refused {
		body := bankAccount(fmt.Sprint("bad-", n), "KHR", fmt.Sprint("6660000", n))
		create(t, h, ofDara, strings.Replace(body, `"first_name":"Sophea"`, `"first_name":"Sophea <script>"`, 1))
	}
	held := 0
	const steps = 3 * 25
	for step := range steps {
		_, m := create(t, h, ofDara, bankAccount(fmt.Sprint("honest-", step), "KHR", fmt.Sprint(20000000+step)))
		if m["status"] == "queued" {
			held++
		}
		if step%3 == 2 {
			_, _ = sweep(context.Background(), nil)
		}
		at = at.Add(20 * time.Second)
	}
	// One pause of a minute at each process, at the most.
	if held > 6 {
		t.Errorf("%d of %d others were held", held, steps)
	}
	if pages := strings.Count(log.String(), `"provider_configuration":1`); pages > refused+1 {
		t.Errorf("%d pages about %d payouts", pages, refused)
	}
	if refusals < refused+2 {
		t.Errorf("refused %d times: the payout has to be tried now and then", refusals)
	}
}
