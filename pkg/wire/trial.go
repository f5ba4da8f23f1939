//go:build trial

package wire

import (
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/trial"
)

// This init runs after that of the other rows, which is in a file that is before this one by
// name.
func init() {
	rows = append(rows, trial.Provider)
	payout.Register(trial.Provider.Facts())
}
