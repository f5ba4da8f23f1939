package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/sandbox"
)

// Monetix tells a status query of every try of a payout that it tried again by itself.
func TestAQuestionIsToldOfEveryTry(t *testing.T) {
	for script, want := range map[string]string{
		"9021": "decline: decline 20000, decline 20602",
		"9022": "success: success 0, decline 20602, decline 20101",
		"9023": "success: decline 20102, success 0",
		"0000": "success: success 0",
	} {
		w := newWorld(t, plain)
		if status, answer := w.monetix("banks/cambodia/payout", w.payment(script)); status != 200 {
			t.Fatalf("%s: %d %v", script, status, answer)
		}
		w.await("the end of "+script, func() bool { e, known := w.Find("M" + script); return known && e.State != sandbox.Processing })
		_, answer := w.monetix("status", fmt.Sprintf(`{"general":{"project_id":1234,"payment_id":"M%s"}}`, script))
		var tries []string
		list, _ := answer["operations"].([]any)
		for _, each := range list {
			o := each.(map[string]any)
			tries = append(tries, fmt.Sprint(o["status"], " ", o["code"]))
		}
		payment, _ := answer["payment"].(map[string]any)
		if told := fmt.Sprint(payment["status"], ": ", strings.Join(tries, ", ")); told != want {
			t.Errorf("%s: %s, want %s", script, told, want)
		}
	}
}
