// Command get-payout is the Lambda function behind every GET route: payouts,
// lists, orphans and the bank directory.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(_ context.Context, d boot.Deployment, c boot.ReadConfig) (edge.Handler, error) {
	reader, err := d.Reader(c)
	return edge.NewRead(reader), err
}
