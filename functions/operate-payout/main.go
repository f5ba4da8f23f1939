// Command operate-payout is the Lambda function behind the operator's routes: cancel, resolve,
// resend and resend-event of a payout, the import of statements, the controls, and the reading of
// evidence.
package main

import (
	"context"
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/wire"
)

func main() { os.Exit(boot.Run[boot.OperateConfig](build)) }

// build needs the table, and no secret: controls are ordered through this function (decision 0024).
func build(ctx context.Context, a wire.Assembly) (edge.Handler, error) {
	operator, err := a.Operator(ctx)
	return edge.NewOperate(operator), err
}
