package boot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

// TestAReplayTakesNoProbe: after an outage the breaker lets one submission through to try the
// provider again. A stranger's replays ask before everybody else, twice a minute, and send
// nothing: they must not keep others from trying.
func TestAReplayTakesNoProbe(t *testing.T) {
	for _, withSweep := range []bool{false, true} {
		t.Run(fmt.Sprint("sweep=", withSweep), func(t *testing.T) {
			dark := false
			d, _, _ := creating(t, func(body string) (int, string) {
				if dark {
					return 503, ""
				}
				var f map[string]string
				_ = json.Unmarshal([]byte(body), &f)
				return 200, fmt.Sprintf(`{"code":"0000","msg":"success","success":true,"timestamp":1,"data":{"tradeNo":%q,"platFormTradeNo":"V1","status":"0015","amount":"5000"}}`, f["tradeNo"])
			}, nil)
			at := time.Now().UTC()
			d.Now = func() time.Time { return at }
			creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			h := edge.NewCreate(creator, d.Log)
			sw, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			sweep := edge.NewSweep(sw, d.Log)

			mine := wallet("mine", "77777777")
			if code, m := create(t, h, ofStranger, mine); code != 201 {
				t.Fatal(code, m)
			}
			dark = true
			for n := range 5 {
				create(t, h, ofDara, wallet(fmt.Sprint("lost-", n), fmt.Sprint("1000000", n)))
			}
			dark = false // the provider is back
			at = at.Add(2*time.Minute + time.Second)
			queued, total := 0, 0
			rounds := 20
			for n := range rounds {
				code, _ := create(t, h, ofStranger, mine)
				if code != 200 {
					t.Fatal("replay", code)
				}
				ref := fmt.Sprint("honest-", n)
				_, m := create(t, h, ofDara, wallet(ref, fmt.Sprint("2000", 1000+n)))
				total++
				if m["status"] == "queued" {
					queued++
				}
				if withSweep && n%2 == 1 {
					if _, err := sweep(context.Background(), nil); err != nil {
						t.Log(err)
					}
				}
				at = at.Add(31 * time.Second)
			}
			if queued > 1 {
				t.Errorf("%d of %d creates were held by replays", queued, total)
			}
		})
	}
}
