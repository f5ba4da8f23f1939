// Command notify-merchant is the Lambda function behind the table's stream: it
// publishes what happened to payouts, tells the merchant's webhook, and counts what is
// submitted if that has a limit.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.NotifyConfig](build)) }

func build(_ context.Context, a wire.Assembly) (edge.StreamHandler, error) {
	notifier, err := a.Notify()
	return edge.NewNotify(notifier), err
}
