package storetest

import "cambodia-payouts/pkg/payout"

// firstProvider and secondProvider are the names of two providers that are registered; whoever runs
// the suite imports the wiring. The suite names none: a store must keep whatever provider is added.
func firstProvider() payout.Provider  { return payout.Providers()[0] }
func secondProvider() payout.Provider { return payout.Providers()[1] }
