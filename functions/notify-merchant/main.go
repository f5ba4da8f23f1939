// Command notify-merchant is the Lambda function behind the table's stream: it
// publishes what happened to payouts, tells the merchant's webhook, and counts what is
// submitted if that has a limit.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(_ context.Context, d boot.Deployment, c boot.NotifyConfig) (edge.StreamHandler, error) {
	notifier, err := d.Notify(c)
	return edge.NewNotify(notifier), err
}
