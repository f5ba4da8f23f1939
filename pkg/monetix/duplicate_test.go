package monetix

import (
	"testing"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// The contract: duplicate-id codes (3041) never fail anything.
func TestADuplicateCodeNeverFailsAnything(t *testing.T) {
	for name, body := range map[string]string{
		"decline, in errors":               `{"payment":{"status":"decline"},"errors":[{"code":3041,"message":"Payment ID already exists"}]}`,
		"decline, of the operation":        `{"payment":{"status":"decline"},"operation":{"type":"payout","status":"decline","code":"3041"}}`,
		"error, beside an operation":       `{"payment":{"status":"error"},"operation":{"type":"payout","status":"error","code":"100"},"errors":[{"code":3041,"message":"Payment ID already exists"}]}`,
		"error, the second of two errors":  `{"payment":{"status":"error"},"errors":[{"code":2004,"message":"x"},{"code":3041,"message":"Payment ID already exists"}]}`,
		"error, alone (held by the tests)": `{"payment":{"status":"error"},"errors":[{"code":3041}]}`,
	} {
		tree, err := jsontree.Parse([]byte(body), jsontree.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if c := stateOf(tree).claim(); c.Finding == payout.FoundFailed {
			t.Errorf("%s: %s, code %s, doubtful %v, only if first %v", name, c.Finding, c.Code, c.Doubtful, c.OnlyIfFirst)
		}
	}
}

func TestADuplicateCodeInTheSecondErrorOfAnAnswer(t *testing.T) {
	c := acknowledged(400, []byte(`{"errors":[{"code":2004,"message":"x"},{"code":3041,"message":"Payment ID already exists"}]}`), payout.Payout{}, 1)
	if c.Finding == payout.FoundFailed {
		t.Errorf("%s conclusive %v", c.Finding, c.Conclusive)
	}
}
