// Command create-payout is the Lambda function behind POST /v1/payouts: it
// stores, signs and submits one payout. No other function starts a payout.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.CreateConfig](build)) }

// build fails without a provider: a function that refuses every payout would look healthy.
func build(ctx context.Context, a wire.Assembly) (edge.Handler, error) {
	creator, err := a.Creator(ctx)
	return edge.NewCreate(creator, a.Log), err
}
