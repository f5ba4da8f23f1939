// Command notify-merchant is the Lambda function behind the table's stream: it
// publishes what happened to payouts, and tells the merchant's webhook.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(_ context.Context, d boot.Deployment, c boot.NotifyConfig) (edge.StreamHandler, error) {
	herald, err := d.Herald(c)
	return edge.NewNotify(herald, d.Log), err
}
