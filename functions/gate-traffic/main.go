// Command gate-traffic is the Lambda function that CodeDeploy asks before a new version
// of any other function gets traffic: it lets a version through whose selftest passes.
package main

import (
	"os"

	"cambodia-payouts/pkg/gate"
)

func main() { os.Exit(gate.Run()) }
