package gate

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	start "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// tries is how often one call is sent. A new version may be throttled, or not ready for a
// moment; the gate has two minutes.
const tries = 8

// Run serves the hook until the process ends. It returns only when it cannot.
func Run() int {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	defer cancel()
	access, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRetryMaxAttempts(tries))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "cannot start:\n  -", err)
		return 1
	}
	start.Start(New(access, os.Getenv("REVISION"), slog.New(slog.NewJSONHandler(os.Stdout, nil))).Handle)
	return 0
}

// New returns a gate on AWS.
func New(access aws.Config, revision string, log *slog.Logger) Gate {
	return Gate{
		Deployments: codeDeploy{codedeploy.NewFromConfig(access)}, Functions: lambdas{lambda.NewFromConfig(access)},
		Revision: revision, Log: log,
	}
}
