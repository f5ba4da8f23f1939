// Command reconcile-payouts is the Lambda function that a scheduler starts every
// minute: it looks at every payout whose time has come.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(ctx context.Context, d boot.Deployment, c boot.ReconcileConfig) (edge.SweepHandler, error) {
	sweeper, err := d.Sweeper(ctx, c)
	return edge.NewSweep(sweeper, d.Log), err
}
