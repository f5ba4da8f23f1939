package functions_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// TestADeletedStacksKeyOnTheWireNeedsNewProcesses rehearses "If the stack was deleted" of
// docs/disaster-recovery.md: a new stack over the old table has a stack key of its own, into whose
// secret people copy the old one. What had started before the copy goes on with the wrong key,
// which is why the page deploys a second time before anybody posts.
func TestADeletedStacksKeyOnTheWireNeedsNewProcesses(t *testing.T) {
	s := deploy(t)
	post(s.create, settled)
	_, end := endpoints(t)
	vault := secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(end), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	var old string
	for _, variable := range s.env {
		if name, value, _ := strings.Cut(variable, "="); name == "STACK_KEY_SECRET_ID" {
			old = value
		}
	}
	made, generated := old+"-of-the-new-stack", strings.Repeat("generated0", 6)
	if _, err := vault.CreateSecret(context.Background(), &secretsmanager.CreateSecretInput{Name: &made, SecretString: &generated}); err != nil {
		t.Fatal(err)
	}
	again := s.with("STACK_KEY_SECRET_ID=" + made).with("SUBMISSIONS=held").with("RESTORED_AT=" + time.Now().UTC().Format(time.RFC3339))
	first := again.host("create-payout", "", 25*time.Second)
	if _, err := first.invoke([]byte(`{"selftest": true}`)); err != nil { // the gate's, and the deployment's
		t.Fatal(err)
	}
	was, err := vault.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: &old})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.PutSecretValue(context.Background(), &secretsmanager.PutSecretValueInput{SecretId: &made, SecretString: was.SecretString}); err != nil {
		t.Fatal(err)
	}
	expectAnswers(t, first, settled, http.StatusUnprocessableEntity)
	expectAnswers(t, again.host("create-payout", "", 25*time.Second), settled, http.StatusOK) // the second deployment
}
