package payout_test

import (
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
	_ "cambodia-payouts/pkg/wire" // which registers the providers, so that the facts are the true ones
)

// Two providers of opposite facts: Monetix documents that it refuses a repeated reference, and
// Vexora documents nothing about one.
const (
	Vexora  = vexora.Name
	Monetix = monetix.Name
)

// both are the providers of the test world, whatever else a build registers.
var both = []payout.Provider{Vexora, Monetix}
