package edge_test

import (
	"strings"
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// The header names the reference, so it can be read; the payout is not looked for.
func TestEyesAReferenceInTheHeaderIsLookedFor(t *testing.T) {
	for name, body := range map[string]string{
		"too large":                   strings.Repeat(" ", edge.BodyLimit+1),
		"a reference that is no text": `{"reference": 5}`,
	} {
		looked := false
		h := edge.NewCreate(creator(func(d payout.Draft, _ payout.Principal) (payout.Created, error) {
			looked = looked || d.Reference == "R1"
			return payout.Created{}, &payout.Refusal{Kind: payout.ReferenceReused, Outcome: payout.OutcomeFinal, Existing: id}
		}), quiet)
		e := event("POST", "/v1/payouts", body)
		e.Headers = map[string]string{"idempotency-key": "R1"}
		reply, answer := call(t, h, e)
		if !looked {
			t.Errorf("%s: %d, outcome %v, without a look at the payout that the header names", name, reply.StatusCode, answer["outcome"])
		}
	}
}
