package boot_test

import (
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// A second person who gives another order than the first gets 202 as the first did. The answer
// has to say that it confirms nothing.
func TestAnOrderThatReplacesAnothersSaysWhose(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	resolves := func(arn, as, ticket string) (int, any) {
		status, m, _ := orderAs(t, h, arn, "POST", "/v1/payouts/"+string(seededID)+"/resolve", "",
			`{"as":"`+as+`","reason":"looked into","evidence":"`+ticket+`"}`)
		proposal, _ := m["proposal"].(map[string]any)
		return status, proposal["replaces"]
	}
	for n, step := range []struct {
		arn, as, ticket string
		status          int
		replaces        any
	}{
		{ofDara, "succeeded", "ticket 1", 202, nil},
		{ofBopha, "succeeded", "ticket 2", 202, "Dara"},
		{ofBopha, "succeeded", "ticket 2", 202, "Dara"}, // nothing new
		{ofBopha, "failed", "ticket 2", 202, nil},       // his own
		{ofDara, "succeeded", "ticket 2", 202, "Bopha"},
	} {
		if status, replaces := resolves(step.arn, step.as, step.ticket); status != step.status || replaces != step.replaces {
			t.Errorf("step %d: %d, replaces %v, not %v", n, status, replaces, step.replaces)
		}
	}
	if status, _ := resolves(ofBopha, "succeeded", "ticket 2"); status != 200 {
		t.Errorf("the same order of the second person: %d", status)
	}
}
