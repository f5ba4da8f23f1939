// Command cost counts what payouts cost on AWS, and prints it as a page. It runs
// payouts of both providers through the functions' own code against a DynamoDB on
// the wire (DYNAMODB_ENDPOINT), watches every request to the table, sizes the items
// before and after it, and applies DynamoDB's rules of counting, indexes included.
// Prices are a dated table beside it; durations, which no local run can tell, are
// assumptions in the same table.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cambodia-payouts/pkg/boot"
)

func main() {
	if err := run(context.Background()); err != nil {
		boot.Explain(os.Stderr, err)
		os.Exit(1)
	}
}

// run does not go by AWS' own settings: the endpoint has to be named, or a wrong environment
// would make tables in somebody's account.
func run(ctx context.Context) error {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		return errors.New("DYNAMODB_ENDPOINT is not set; make cost starts a DynamoDB and sets it")
	}
	prices, err := loadPrices()
	if err != nil {
		return err
	}
	usage, err := measure(ctx, endpoint)
	if err != nil {
		return err
	}
	fmt.Print(page(usage, prices))
	return nil
}
