package monetix

import (
	"testing"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

func TestSuccessWithAnUnfinishedCode(t *testing.T) {
	for _, status := range []string{"success", "reversed"} {
		tree, err := jsontree.Parse([]byte(`{"payment":{"status":"`+status+`"},"operation":{"type":"payout","status":"success","code":"20802"}}`), jsontree.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if c := stateOf(tree).claim(); c.Finding != payout.FoundUnlisted {
			t.Errorf("%s with code 20802 (neither success nor failure is confirmed): %s", status, c.Finding)
		}
	}
}

func Test403WithADuplicateCode(t *testing.T) {
	for _, status := range []int{403} {
		c := acknowledged(status, []byte(`{"status":"error","code":"3041","message":"Payment ID already exists"}`), payout.Payout{}, 1)
		if c.Finding == payout.FoundAboutUs {
			t.Errorf("%d with 3041: %s, so the payout steps back to certainly not sent", status, c.Finding)
		}
	}
}
