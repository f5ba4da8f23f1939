// Command get-payout is the Lambda function behind every GET route: payouts,
// lists, orphans and the bank directory.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.ReadConfig](build)) }

func build(_ context.Context, a wire.Assembly) (edge.Handler, error) {
	reader, err := a.Reader()
	return edge.NewRead(reader), err
}
