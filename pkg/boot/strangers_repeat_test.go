package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// genuine is a callback of Vexora's as it signs it, with any number of blanks that no
// signature covers.
func genuine(p payout.Payout, status string, blanks int) string {
	fields := map[string]any{
		"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "VX1", "amount": "50000", "status": status,
		"message": "x", "timestamp": "1778919005000", "remark": "May",
	}
	fields["sign"] = sandbox.SignVexora(plainFields(fields), vexoraTestKey)
	body, _ := json.Marshal(fields)
	return "{" + strings.Repeat(" ", blanks) + string(body[1:])
}

// TestAGenuineCallbackThatIsPostedAgainWritesFewLines: whichever callback of a course somebody
// has kept, and whatever it is called by then ("repeated", "stale", "noted"), posting it again
// moves nothing, and fills no log.
func TestAGenuineCallbackThatIsPostedAgainWritesFewLines(t *testing.T) {
	courses := [][]string{{"0015", "0000"}, {"0015", "00029"}, {"0015"}, {"0015", "0000", "00029"}, {"77777", "0000"}}
	for _, course := range courses {
		for _, again := range course {
			for _, mostBlanks := range []int{1, 50} {
				name := fmt.Sprintf("course %v, %s again, up to %d blanks", course, again, mostBlanks-1)
				t.Run(name, func(t *testing.T) { postedAgain(t, course, again, mostBlanks) })
			}
		}
	}
}

func postedAgain(t *testing.T, course []string, again string, mostBlanks int) {
	const times = 300
	b := newDoorbell(t, vexora.Name)
	p := unknownPayout(t, b.store, vexora.Name)
	post := func(status string, blanks int) {
		if code := b.post(t, genuine(p, status, blanks)); code != 200 {
			t.Fatal(code)
		}
	}
	for _, status := range course {
		post(status, 0)
	}
	if stored := strings.Count(b.log.String(), `"callback stored"`); stored != len(course) {
		t.Errorf("%d lines about %d callbacks that were new", stored, len(course))
	}
	b.log.Reset()
	for n := range times {
		post(again, n%mostBlanks)
	}
	if stored := strings.Count(b.log.String(), `"callback stored"`); stored == 0 || stored > 20 {
		t.Errorf("%d lines \"callback stored\" about %d posts", stored, times)
	}
	if lines := strings.Count(b.log.String(), "\n"); lines > 60 {
		t.Errorf("%d lines about %d posts", lines, times)
	}
}
