package template_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// withheld are the routes that nobody needs for being on call, and why.
var withheld = map[string]string{
	"POST /v1/payouts":                         "whoever is on call pays nobody",
	"GET /v1/payouts/{id}/evidence/{sequence}": "names and account numbers; a right of its own, for those who may see them",
	"POST /v1/callbacks/vexora":                "the provider's",
	"POST /v1/callbacks/monetix":               "the provider's",
}

// ofOthers are the actions of the runbook's lines that are not everybody's on call, and why.
var ofOthers = map[string]string{
	"lambda:UpdateAlias":      "whoever deploys puts an alias back, and can put it anywhere",
	"cloudtrail:LookupEvents": "who did what in the whole account",
}

func onCall(t *testing.T) []iamStatement {
	t.Helper()
	raw, all := policy(t, "../../docs/on-call-policy.json")
	if size := len(strings.Join(strings.Fields(raw), "")); size > 6144 {
		t.Errorf("%d characters: IAM takes 6144", size)
	}
	return all
}

func TestWhoeverIsOnCallMayPullTheBrakesAndGiveOrders(t *testing.T) {
	all, routes := onCall(t), 0
	for _, r := range service(t).Resources {
		events, _ := r.Properties["Events"].(map[string]any)
		for _, e := range events {
			if at(e, "Type") != "HttpApi" {
				continue
			}
			routes++
			method, path := fmt.Sprint(at(e, "Properties", "Method")), fmt.Sprint(at(e, "Properties", "Path"))
			where := "arn:aws:execute-api:REGION:ACCOUNT:API_ID/$default/" + method +
				strings.NewReplacer("{id}", "po_abcdefghijklmnopqrstuvwxyz", "{sequence}", "3").Replace(path)
			if may := mayDeployOn(all, "execute-api:Invoke", where); may != (withheld[method+" "+path] == "") {
				t.Errorf("%s %s: allowed is %v (%s)", method, path, may, withheld[method+" "+path])
			}
		}
	}
	if routes < 16 {
		t.Errorf("%d routes", routes)
	}
	for _, never := range []string{"dynamodb:GetItem", "secretsmanager:GetSecretValue", "lambda:UpdateFunctionCode", "iam:PassRole"} {
		if mayDeploy(all, never) {
			t.Errorf("whoever is on call may %s", never)
		}
	}
}

// The fallback of the runbook is for the night on which nothing else works: the right to it has
// to be there before, on the functions as they are called.
func TestWhoeverIsOnCallMayPasteTheRunbook(t *testing.T) {
	s, all := service(t), onCall(t)
	for _, name := range []string{"CreatePayout", "ReconcilePayouts", "OperatePayout"} {
		for _, action := range []string{"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"} {
			if !mayDeployOn(all, action, address(t, s, name)) {
				t.Errorf("no %s on %s", action, name)
			}
		}
	}
	if mayDeployOn(all, "lambda:PutFunctionConcurrency", address(t, s, "GetPayout")) {
		t.Error("reading can be turned off")
	}
	if !mayDeployOn(all, "lambda:InvokeFunction", address(t, s, "ReconcilePayouts")+":live") || mayDeployOn(all, "lambda:InvokeFunction", address(t, s, "CreatePayout")+":live") {
		t.Error("one sweep by hand, and nothing past the API")
	}
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`(^|-)[a-z]`)
	for _, line := range regexp.MustCompile(`\baws ([a-z]+) ([a-z-]+)`).FindAllStringSubmatch(string(raw), -1) {
		service, command := line[1], words.ReplaceAllStringFunc(line[2], func(w string) string { return strings.ToUpper(strings.Trim(w, "-")) })
		action := service + ":" + command
		switch action {
		case "configure:ExportCredentials":
			continue // one's own
		case "logs:Tail":
			action = "logs:FilterLogEvents"
		case "lambda:Invoke":
			action = "lambda:InvokeFunction"
		case "deploy:ListDeployments":
			action = "codedeploy:ListDeployments"
		}
		if mayDeploy(all, action) == (ofOthers[action] != "") {
			t.Errorf("aws %s %s: %s, and %q", line[1], line[2], action, ofOthers[action])
		}
	}
}

// A line that the role on call cannot run says so, and who can.
func TestTheRunbookSaysWhoMayReadEvidence(t *testing.T) {
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^(?:ID=\S+; )?payouts .*/evidence/.*$`).FindAllString(string(raw), -1)
	if len(lines) < 4 {
		t.Errorf("%d lines read evidence", len(lines))
	}
	for _, line := range lines {
		if !strings.Contains(line, "with the on-call role: by whoever has the right to evidence") {
			t.Errorf("whoever is on call gets 403 from %s", line)
		}
	}
}

// consoles are the tools that the runbook sends people to without a line to paste, what they ask
// AWS for, and on what. A * is an action that AWS knows no resource for.
var consoles = []struct {
	words           string
	actions         []string
	resource, other string
}{
	{"output DashboardUrl", []string{"cloudwatch:GetDashboard"}, "Dashboard", "arn:aws:cloudwatch::ACCOUNT:dashboard/others"},
	{"output DashboardUrl", []string{"cloudwatch:DescribeAlarmHistory"}, "NotStoredAlarm", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:others"},
	{"output DashboardUrl", []string{"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"}, "*", ""},
	{"CloudWatch Logs Insights", []string{"logs:StartQuery", "logs:GetLogGroupFields", "logs:GetLogRecord"}, "CreatePayoutLogs", "arn:aws:logs:REGION:ACCOUNT:log-group:others"},
	{"CloudWatch Logs Insights", []string{"logs:GetQueryResults", "logs:StopQuery"}, "*", ""},
	// The list of groups shows their names; it is asked for as a whole.
	{"CloudWatch Logs Insights", []string{"logs:DescribeLogGroups"}, "arn:aws:logs:REGION:ACCOUNT:log-group::log-stream:", "arn:aws:s3:::others"},
}

func TestWhoeverIsOnCallMayOpenTheDashboardAndAskTheLogs(t *testing.T) {
	s, all := service(t), onCall(t)
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, console := range consoles {
		if !strings.Contains(string(raw), console.words) {
			t.Errorf("the runbook sends nobody to %q", console.words)
		}
		where := console.resource
		if _, there := s.Resources[where]; there {
			where = address(t, s, where)
		}
		for _, action := range console.actions {
			if !mayDeployOn(all, action, where) {
				t.Errorf("%s: no %s on %s", console.words, action, where)
			}
			if console.other != "" && mayDeployOn(all, action, console.other) {
				t.Errorf("%s: %s also on %s", console.words, action, console.other)
			}
		}
	}
	if widgets := fmt.Sprint(s.Resources["Dashboard"].Properties["DashboardBody"]); strings.Contains(widgets, `"type": "log"`) {
		t.Error("a widget of logs needs a right on the groups that it reads")
	}
}
