// Command reconcile-payouts is the Lambda function that a scheduler starts every
// minute: it looks at every payout whose time has come.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.ReconcileConfig](build)) }

// build does without a provider, unlike create-payout: there is nobody to ask, and events are told.
func build(ctx context.Context, a wire.Assembly) (edge.SweepHandler, error) {
	sweeper, err := a.Sweeper(ctx)
	return edge.NewSweep(sweeper, a.Log), err
}
