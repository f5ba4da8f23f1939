// Command monetix-callback is the Lambda function that takes Monetix's signed
// callbacks, on its own function URL and on the API's route.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(ctx context.Context, d boot.Deployment, c boot.MonetixCallbackConfig) (edge.Handler, error) {
	callback, err := d.MonetixCallback(ctx, c)
	return edge.NewCallback(callback), err
}
