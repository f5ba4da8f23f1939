package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/template"
)

// sam local resolves !Ref of a table or a secret to its logical name, so that is
// how they are called here.
const (
	tableType  = "AWS::DynamoDB::Table"
	secretType = "AWS::SecretsManager::Secret"
)

// The keys of the published test vectors, which the sample callbacks are signed
// with.
const (
	vexoraRielKey   = "vexora-test-secret-0001"
	vexoraDollarKey = "vexora-test-secret-0002"
	monetixKey      = "monetix-test-secret"
	monetixProject  = 1234
)

// register names the two callers of the sample events. Two people, so that an order for two can be
// tried with sam local invoke.
const register = `{"people": [{"name": "Dara", "principals": ["arn:aws:iam::111122223333:role/payroll"]},` +
	` {"name": "Bopha", "principals": ["arn:aws:iam::111122223333:role/finance"]}]}`

// documents are the secrets, by logical name. The others keep the template's placeholder, as in a
// new stack.
func documents(box string) map[string]string {
	return map[string]string{
		"VexoraSecret": fmt.Sprintf(`{"KHR": {"base_url": "%[1]s/vexora/cambodia", "merchant_no": "1001", "app_secret": %[2]q},`+
			` "USD": {"base_url": "%[1]s/vexora/cambodia-usd", "merchant_no": "1002", "app_secret": %[3]q}}`, box, vexoraRielKey, vexoraDollarKey),
		"MonetixSecret": fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": %d, "secret_key": %q}`, box, monetixProject, monetixKey),
		"PeopleSecret":  register,
		"StackKey":      "a key of hashes over personal data, for sam local",
	}
}

// config lets the sandbox know the same keys. A key that stood in one of the two places alone would
// make every callback a 401.
func config() sandbox.Config {
	return sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{
			"cambodia":     {MerchantNo: "1001", Secret: vexoraRielKey, Currency: "KHR"},
			"cambodia-usd": {MerchantNo: "1002", Secret: vexoraDollarKey, Currency: "USD"},
		},
		Monetix: sandbox.MonetixProject{ProjectID: monetixProject, Secret: monetixKey},
	}
}

// provision makes every table and every secret of the template. A secret that has
// no document keeps the template's placeholder. Both are read from template.yaml, so that what is
// tried here is what is deployed; a table or a secret that is there already is an error (decision
// 0013).
func provision(ctx context.Context, endpoint string, t template.Template, documents map[string]string) error {
	access, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion("us-east-1"), awsconfig.WithBaseEndpoint(endpoint),
		awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")))
	if err != nil {
		return fmt.Errorf("configure access to %s: %w", endpoint, err)
	}
	for name, resource := range t.Resources {
		switch resource.Type {
		case tableType:
			err = makeTable(ctx, dynamodb.NewFromConfig(access), name, resource)
		case secretType:
			err = makeSecret(ctx, secretsmanager.NewFromConfig(access), name, resource, documents[name])
		}
		if err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
	}
	return nil
}

// makeTable takes over what makes the table behave as it does. What protects it
// (backups, encryption, deletion protection) has no meaning here. Keys, indexes and the stream's
// view are what the code relies on.
func makeTable(ctx context.Context, client *dynamodb.Client, name string, resource template.Resource) error {
	var table struct {
		AttributeDefinitions   []types.AttributeDefinition
		KeySchema              []types.KeySchemaElement
		GlobalSecondaryIndexes []types.GlobalSecondaryIndex
		BillingMode            types.BillingMode
		StreamSpecification    types.StreamSpecification
	}
	if err := resource.Decode(&table); err != nil {
		return err
	}
	table.StreamSpecification.StreamEnabled = aws.Bool(true) // CloudFormation names only the view
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, AttributeDefinitions: table.AttributeDefinitions, KeySchema: table.KeySchema,
		GlobalSecondaryIndexes: table.GlobalSecondaryIndexes, BillingMode: table.BillingMode,
		StreamSpecification: &table.StreamSpecification,
	})
	return err
}

// makeSecret makes one secret. GenerateSecretString is CloudFormation's work, so that the stack key
// has a document here.
func makeSecret(ctx context.Context, client *secretsmanager.Client, name string, resource template.Resource, document string) error {
	if document == "" {
		var placeholder struct{ SecretString string }
		if err := resource.Decode(&placeholder); err != nil {
			return err
		}
		document = placeholder.SecretString
	}
	_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &document})
	return err
}
