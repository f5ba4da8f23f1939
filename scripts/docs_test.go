package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the pages tell people to run, and where that is run: a file that holds the word.
// Whoever changes a line of the documentation changes what is tested.
var elsewhere = map[string]struct{ file, word string }{
	"make run":         {"../.ci/run", "scripts/try-run.sh"},
	"make test":        {"../.ci/run", "make test"},
	"make sim":         {"../.ci/run", "make sim"},
	"make sim SEED=41": {"../Makefile", "sim -seed"},
	"make local-aws":   {"../functions/docs_test.go", "make local-aws"},
	"make sam-build":   {"../scripts/integration.sh", "step build make sam-build"},
	"make start-api":   {"../functions/docs_test.go", "make start-api"},
	"make invoke FUNCTION=CreatePayout EVENT=events/create-payout-vexora.json": {"../functions/docs_test.go", "make invoke FUNCTION=CreatePayout EVENT=events/create-payout-vexora.json"},
	"make invoke FUNCTION=GetPayout EVENT=events/get-payout-by-id.json":        {"../functions/docs_test.go", "make invoke FUNCTION=GetPayout EVENT=events/get-payout-by-id.json"},
	"make invoke FUNCTION=VexoraCallback EVENT=events/selftest.json":           {"../functions/docs_test.go", "make invoke FUNCTION=VexoraCallback EVENT=events/selftest.json"},
	"export WEBHOOK_SECRET=whsec_bG9jYWwtd2ViaG9vay1rZXktZm9yLW9uZS1tYWNoaW5l": {"../cmd/local/webhook_test.go", "export WEBHOOK_SECRET="},
	"go run ./cmd/receiver":                      {"../cmd/local/webhook_test.go", `"../receiver"`},
	"WEBHOOK_URL=http://127.0.0.1:9090 make run": {"../cmd/local/webhook_test.go", `"WEBHOOK_URL", "http://"`},
	// These need a deployed stack and credentials.
	`aws deploy get-deployment-group --application-name "$(resource ServerlessDeploymentApplication)" --deployment-group-name "$(resource CreatePayoutDeploymentGroup)" --query deploymentGroupInfo.alarmConfiguration`: {"../docs/deploying.md", "aws deploy get-deployment-group"},
	`sed "s/ACCOUNT/111122223333/g; s/REGION/ap-southeast-1/g" docs/deploying-role-policy.json >policy.json`:                                                                                                            {"../docs/deploying.md", "policy.json"},
	`aws iam put-role-policy --role-name payouts-deploy --policy-name deploy --policy-document file://policy.json`:                                                                                                      {"../docs/deploying.md", "put-role-policy"},
	`curl -sS "$API/v1/payouts" --json @payout.json --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN"`:                     {"../README.md", "curl"},
}

// documented lists the lines of the sh blocks of a page, without their comments, and with
// continued lines joined.
func documented(t *testing.T, page string) []string {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		for line := range strings.Lines(regexp.MustCompile(`\s*\\\n\s*`).ReplaceAllString(block[1], " ")) {
			if line, _, _ = strings.Cut(line, " #"); strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

func TestEveryDocumentedLineIsRunSomewhere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, page := range []string{"../README.md", "../docs/deploying.md", "../docs/events.md", "../events/README.md"} {
		for _, line := range documented(t, page) {
			count++
			if strings.HasPrefix(line, "make deploy") {
				continue // below
			}
			at, known := elsewhere[line]
			if !known {
				t.Errorf("%s: nothing runs %q", page, line)
				continue
			}
			if raw, err := os.ReadFile(at.file); err != nil || !strings.Contains(string(raw), at.word) {
				t.Errorf("%s: %q should be run by %s, which does not say %q (%v)", page, line, at.file, at.word, err)
			}
		}
	}
	if count < 10 {
		t.Errorf("%d lines", count)
	}
}

// The documented deployments go through make and the script to a SAM CLI that writes down
// what it is told.
func TestDocumentedDeploymentsRun(t *testing.T) {
	t.Parallel()
	ran := map[string]bool{}
	for _, page := range []string{"../README.md", "../docs/deploying.md"} {
		for _, line := range documented(t, page) {
			if !strings.HasPrefix(line, "make deploy") || ran[line] {
				continue
			}
			ran[line] = true
			d := newCopy(t)
			makefile, err := os.ReadFile("../Makefile")
			if err != nil {
				t.Fatal(err)
			}
			d.write("Makefile", string(makefile))
			command := exec.Command("bash", "-c", line)
			command.Dir = d.folder
			command.Env = append(os.Environ(), "SAM="+filepath.Join(d.folder, "bin/sam"), "PATH="+filepath.Join(d.folder, "bin")+":"+os.Getenv("PATH"),
				"CALLS="+filepath.Join(d.folder, "calls"), "STATE="+filepath.Join(d.folder, "state"), "LIMITS=1000 1000", "PYTHON="+python())
			if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "All of them are.") {
				t.Errorf("%s: %s: %v\n%s", page, line, err, out)
			}
		}
	}
	if len(ran) < 3 {
		t.Errorf("ran %v", ran)
	}
}
