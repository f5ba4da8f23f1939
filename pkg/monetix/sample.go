package monetix

import (
	"encoding/json"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// SampleCallback is what Monetix would post about a payout that succeeded, signed with
// the project's secret. A selftest verifies it in memory: whoever had it could post it,
// so it is never stored, logged or answered.
func SampleCallback(c Credentials, p payout.Payout) ([]byte, error) {
	type sum struct {
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	}
	type part map[string]any
	moved := sum{p.Amount.Minor(), string(p.Amount.Currency())}
	callback := part{
		"project_id": c.ProjectID,
		"payment":    part{"id": p.ProviderReference(), "type": "payout", "status": "success", "sum": moved},
		"operation":  part{"type": "payout", "status": "success", "sum_initial": moved, "code": "0", "message": "Success", "request_id": "SELFTEST"},
	}
	unsigned, err := json.Marshal(callback)
	if err != nil {
		return nil, err
	}
	tree, err := jsontree.Parse(unsigned, jsontree.DefaultLimits)
	if err != nil {
		return nil, err
	}
	callback["signature"] = Sign(tree, c.Secret)
	return json.Marshal(callback)
}
