// Command vexora-callback is the Lambda function that takes Vexora's signed
// notifications, on its own function URL and on the API's route.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(ctx context.Context, d boot.Deployment, c boot.VexoraCallbackConfig) (edge.Handler, error) {
	callback, err := d.VexoraCallback(ctx, c)
	return edge.NewCallback(callback), err
}
