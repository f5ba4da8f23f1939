// Command operate-payout is the Lambda function behind the operator's routes:
// cancel, resolve and resend of a payout, and the import of statements.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
)

func main() { os.Exit(boot.Run(build)) }

func build(ctx context.Context, d boot.Deployment, c boot.OperateConfig) (edge.Handler, error) {
	desk, err := d.Operate(ctx, c)
	return edge.NewOperate(desk), err
}
