package boot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/wire"
)

// awsTimeout bounds one try of one call. A table that answers slower than this is
// not answering; the SDK's next try, and the callers' own, take over.
const awsTimeout = 3 * time.Second

// awsTries is how often the SDK sends one call. Every write is safe to send twice. A conditional
// write makes its own condition false, so that a try that arrived unseen does nothing the second
// time (decision 0002).
const awsTries = 3

// loadAWS reads region, credentials and endpoints the way every AWS tool does;
// AWS_ENDPOINT_URL and its kin are honoured by the SDK itself.
func loadAWS(ctx context.Context) (aws.Config, error) {
	// The sweep works through all shards at once: a connection that is not kept has to be dialled
	// anew.
	client := awshttp.NewBuildableClient().WithTimeout(awsTimeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 16
	})
	config, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithHTTPClient(client), awsconfig.WithRetryMaxAttempts(awsTries))
	if err != nil {
		return aws.Config{}, fmt.Errorf("configure AWS access: %w", err)
	}
	return config, nil
}

// onAWS is what a Lambda function stands on. Nothing is called yet: what cannot be reached shows
// when it is used.
func onAWS(ctx context.Context, config Config) (wire.Parts, error) {
	access, err := loadAWS(ctx)
	if err != nil {
		return wire.Parts{}, err
	}
	return wire.Parts{
		Store:   dynamo.New(dynamodb.NewFromConfig(access), config.storage().TableName),
		Secrets: secretsManager{secretsmanager.NewFromConfig(access)},
		Log:     telemetry.NewLogger(os.Stdout, config.common().LogLevel),
		Now:     shifted(clockOffset),

		Function: lambdacontext.FunctionName, Version: lambdacontext.FunctionVersion,
	}, nil
}

// clockOffset is a duration that a test links into a function (go build -ldflags
// "-X cambodia-payouts/pkg/boot.clockOffset=2h") to see what it does hours later.
// Nothing at run time can set it.
var clockOffset string

// shifted is the machine's clock, nil, or one that is ahead of it. The empty offset of a release
// cannot be read, and is none.
func shifted(offset string) func() time.Time {
	d, err := time.ParseDuration(offset)
	if err != nil {
		return nil
	}
	return func() time.Time { return time.Now().Add(d) }
}

// The staging labels of Secrets Manager.
const (
	currentStage  = "AWSCURRENT"
	previousStage = "AWSPREVIOUS"
)

// secretsManager reads secrets from AWS Secrets Manager.
type secretsManager struct{ client *secretsmanager.Client }

// Current implements secrets.Source. A secret that is not there is secrets.ErrNotFound; every other
// error may pass.
func (s secretsManager) Current(ctx context.Context, name string) (secrets.Version, error) {
	return s.version(ctx, name, currentStage)
}

// Previous implements secrets.Source. A secret that was never rotated has no
// previous version, which is not an error.
func (s secretsManager) Previous(ctx context.Context, name string) (secrets.Version, bool, error) {
	v, err := s.version(ctx, name, previousStage)
	if errors.Is(err, secrets.ErrNotFound) {
		return secrets.Version{}, false, nil
	}
	return v, err == nil, err
}

func (s secretsManager) version(ctx context.Context, name, stage string) (secrets.Version, error) {
	answer, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: &name, VersionStage: aws.String(stage),
	})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return secrets.Version{}, fmt.Errorf("secret %s, stage %s: %w", name, stage, secrets.ErrNotFound)
	}
	if err != nil {
		return secrets.Version{}, fmt.Errorf("read secret %s: %w", name, err)
	}
	return secrets.Version{
		Text:      secrets.New(aws.ToString(answer.SecretString)),
		CreatedAt: aws.ToTime(answer.CreatedDate),
		ID:        aws.ToString(answer.VersionId),
	}, nil
}
