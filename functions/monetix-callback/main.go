// Command monetix-callback is the Lambda function that takes Monetix's signed
// callbacks, on its own function URL and on the API's route.
package main

import (
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/monetix"
)

func main() { os.Exit(boot.RunCallback(monetix.Provider)) }
