package template_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Whoever rotates may do what the lines of the page need, on the providers' keys and the
// webhook's: the register of people and the stack key are others' affair.
func TestWhoeverRotatesMayPasteThePage(t *testing.T) {
	s := service(t)
	raw, all := policy(t, "../../docs/rotation-policy.json")
	if size := len(strings.Join(strings.Fields(raw), "")); size > 6144 {
		t.Errorf("%d characters: IAM takes 6144", size)
	}
	text, err := os.ReadFile("../../docs/rotation.md")
	if err != nil {
		t.Fatal(err)
	}
	words, commands := regexp.MustCompile(`(^|-)[a-z]`), map[string]bool{}
	for _, line := range regexp.MustCompile(`\baws secretsmanager ([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
		action := "secretsmanager:" + words.ReplaceAllStringFunc(line[1], func(w string) string { return strings.ToUpper(strings.Trim(w, "-")) })
		commands[action] = true
		secrets := map[string]bool{"WebhookSecret": true, "PeopleSecret": false, "StackKey": false}
		for _, name := range ofEach("%sSecret") {
			secrets[name] = true
		}
		for name, may := range secrets {
			if mayDeployOn(all, action, address(t, s, name)) != may {
				t.Errorf("%s on %s: may is not %v", action, name, may)
			}
		}
	}
	if len(commands) < 3 {
		t.Errorf("the page has lines for %v", commands)
	}
	for _, action := range []string{"cloudformation:DescribeStacks", "cloudtrail:LookupEvents"} { // output, and who wrote the secret
		if !mayDeploy(all, action) {
			t.Errorf("no %s", action)
		}
	}
	for _, never := range []string{"secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret", "execute-api:Invoke", "lambda:InvokeFunction", "iam:PassRole"} {
		if mayDeploy(all, never) {
			t.Errorf("whoever rotates may %s", never)
		}
	}
	for _, statement := range all {
		for _, action := range statement.actions() {
			if strings.HasPrefix(action, "kms:") && statement.Condition == nil {
				t.Errorf("%s beside Secrets Manager", action)
			}
			if strings.HasPrefix(action, "secretsmanager:") && !commands[action] {
				t.Errorf("%s is in no line", action)
			}
		}
	}
}
