// Command create-payout is the Lambda function behind POST /v1/payouts: it
// stores, signs and submits one payout.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(ctx context.Context, d boot.Deployment, c boot.CreateConfig) (edge.Handler, error) {
	creator, err := d.Creator(ctx, c)
	return edge.NewCreate(creator, d.Log), err
}
