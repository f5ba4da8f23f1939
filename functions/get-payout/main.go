// Command get-payout is the Lambda function behind the GET routes: payouts, lists, orphans, the
// event feed, the bank directory and the version. Controls and evidence are operate-payout's.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.ReadConfig](build)) }

// build reads no secret and asks no provider: payouts can be read while both are in trouble.
func build(_ context.Context, a wire.Assembly) (edge.Handler, error) {
	reader, err := a.Reader()
	return edge.NewRead(reader), err
}
