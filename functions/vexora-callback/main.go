// Command vexora-callback is the Lambda function that takes Vexora's signed
// notifications, on its own function URL and on the API's route.
package main

import (
	"os"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/vexora"
)

func main() { os.Exit(boot.RunCallback(vexora.Provider)) }
