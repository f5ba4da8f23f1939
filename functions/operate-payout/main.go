// Command operate-payout is the Lambda function behind the operator's routes:
// cancel, resolve and resend of a payout, and the import of statements.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.OperateConfig](build)) }

func build(ctx context.Context, a wire.Assembly) (edge.Handler, error) {
	operator, err := a.Operator(ctx)
	return edge.NewOperate(operator), err
}
