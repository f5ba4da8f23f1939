package template_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// production is a stack as the documentation makes it, with what AWS adds to names.
const (
	production = "cambodia-payouts-prod"
	stackID    = "arn:aws:cloudformation:REGION:ACCOUNT:stack/" + production + "/0a1b2c3d-1122-11f1-aaaa-0123456789ab"
	random     = "a1B2c3D4e5F6"
)

// naming is the property that gives a resource its name, by type. Without the property
// CloudFormation makes a name out of the stack's and the resource's.
var naming = map[string]string{
	"AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::CompositeAlarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
	"AWS::CodeDeploy::Application": "ApplicationName", "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
	"AWS::DynamoDB::Table": "TableName", "AWS::IAM::Role": "RoleName", "AWS::Lambda::Function": "FunctionName", "AWS::Serverless::Function": "FunctionName",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::SSM::Parameter": "Name",
	"AWS::Scheduler::Schedule": "Name", "AWS::SecretsManager::Secret": "Name",
}

// addresses are how IAM writes the resources of a type. %s is the name.
var addresses = map[string]string{
	"AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:%s", "AWS::CloudWatch::CompositeAlarm": "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:%s",
	"AWS::CloudWatch::Dashboard":   "arn:aws:cloudwatch::ACCOUNT:dashboard/%s",
	"AWS::CodeDeploy::Application": "arn:aws:codedeploy:REGION:ACCOUNT:application:%s",
	"AWS::DynamoDB::Table":         "arn:aws:dynamodb:REGION:ACCOUNT:table/%s",
	"AWS::IAM::Role":               "arn:aws:iam::ACCOUNT:role/%s",
	"AWS::Lambda::Function":        "arn:aws:lambda:REGION:ACCOUNT:function:%s", "AWS::Serverless::Function": "arn:aws:lambda:REGION:ACCOUNT:function:%s",
	"AWS::Logs::LogGroup":         "arn:aws:logs:REGION:ACCOUNT:log-group:%s",
	"AWS::SNS::Topic":             "arn:aws:sns:REGION:ACCOUNT:%s",
	"AWS::SQS::Queue":             "arn:aws:sqs:REGION:ACCOUNT:%s",
	"AWS::SSM::Parameter":         "arn:aws:ssm:REGION:ACCOUNT:parameter%s",
	"AWS::Scheduler::Schedule":    "arn:aws:scheduler:REGION:ACCOUNT:schedule/default/%s",
	"AWS::SecretsManager::Secret": "arn:aws:secretsmanager:REGION:ACCOUNT:secret:%s",
}

// owners are the properties that name the resource whose address a part of it has.
var owners = map[string]string{
	"AWS::Lambda::Alias": "FunctionName", "AWS::Lambda::Version": "FunctionName", "AWS::Lambda::Permission": "FunctionName",
	"AWS::Lambda::EventInvokeConfig": "FunctionName", "AWS::Lambda::Url": "TargetFunctionArn",
	"AWS::IAM::RolePolicy": "RoleName", "AWS::SNS::Subscription": "TopicArn", "AWS::CodeDeploy::DeploymentGroup": "ApplicationName",
}

// nameless are the types whose names AWS draws.
var nameless = map[string]string{
	"AWS::ApiGatewayV2": "arn:aws:apigateway:REGION::/apis/a1b2c3d4e5", "AWS::Serverless::HttpApi": "arn:aws:apigateway:REGION::/apis/a1b2c3d4e5",
	"AWS::Lambda::EventSourceMapping": "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:0a1b2c3d-1122", "AWS::EC2": "arn:aws:ec2:REGION:ACCOUNT:vpc/vpc-0a1b2c3d",
}

// address is what IAM calls a resource of the stack, as CloudFormation makes it.
func address(t *testing.T, s template.Template, name string) string {
	t.Helper()
	r := s.Resources[name]
	for prefix, drawn := range nameless {
		if strings.HasPrefix(r.Type, prefix) {
			return drawn
		}
	}
	if property := owners[r.Type]; property != "" {
		owner := address(t, s, referred(r.Properties[property]))
		switch r.Type {
		case "AWS::CodeDeploy::DeploymentGroup":
			return strings.Replace(owner, ":application:", ":deploymentgroup:", 1) + "/" + generated(name)
		case "AWS::Lambda::Version", "AWS::SNS::Subscription":
			return owner + ":1"
		case "AWS::Lambda::Alias":
			return owner + ":live"
		}
		return owner
	}
	pattern, known := addresses[r.Type]
	if !known {
		t.Errorf("%s is a %s: how does IAM write it?", name, r.Type)
		return ""
	}
	own := generated(name)
	if r.Type == "AWS::SecretsManager::Secret" { // the stack's name is no part of it
		own = name + "-" + random
	}
	if given, named := r.Properties[naming[r.Type]]; named {
		own = evaluated(t, given)
	}
	return fmt.Sprintf(pattern, own)
}

func generated(name string) string { return production + "-" + name + "-" + random }

// referred is the resource that a reference names.
func referred(value any) string {
	if name, plain := at(value, "Ref").(string); plain {
		function, _, _ := strings.Cut(name, ".") // SAM's Function.Alias
		return function
	}
	switch of := at(value, "Fn::GetAtt").(type) {
	case string:
		name, _, _ := strings.Cut(of, ".")
		return name
	case []any:
		return fmt.Sprint(of[0])
	}
	return ""
}

// evaluated is the text that CloudFormation makes of a name.
func evaluated(t *testing.T, value any) string {
	t.Helper()
	if plain, ok := value.(string); ok {
		return plain
	}
	known := map[string]string{"AWS::StackName": production, "AWS::StackId": stackID}
	if name, ok := at(value, "Ref").(string); ok && known[name] != "" {
		return known[name]
	}
	if list, ok := at(value, "Fn::Select").([]any); ok {
		parts := at(list[1], "Fn::Split").([]any)
		i := map[string]int{"0": 0, "1": 1, "2": 2}[fmt.Sprint(list[0])]
		return strings.Split(evaluated(t, parts[1]), evaluated(t, parts[0]))[i]
	}
	pattern := at(value, "Fn::Sub")
	if list, ok := pattern.([]any); ok {
		pattern = list[0]
		for name, part := range list[1].(map[string]any) {
			known[name] = evaluated(t, part)
		}
	}
	if pattern == nil {
		t.Fatalf("cannot read the name %s", text(value))
	}
	return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(pattern.(string), func(variable string) string {
		if v := known[strings.Trim(variable, "${}")]; v != "" {
			return v
		}
		return "7" // a version's number
	})
}

// covers reports whether a pattern of IAM matches: * stands for anything, slashes included, and
// ? for one character.
func covers(pattern, address string) bool {
	if pattern == "" || pattern[0] != '*' {
		return pattern == "" && address == "" ||
			pattern != "" && address != "" && (pattern[0] == '?' || pattern[0] == address[0]) && covers(pattern[1:], address[1:])
	}
	return covers(pattern[1:], address) || address != "" && covers(pattern, address[1:])
}

// mayDeployOn reports whether an action is allowed on a resource and not denied.
func mayDeployOn(all []iamStatement, action, address string) bool {
	allowed := false
	for _, s := range all {
		of := func(patterns []string, what string) bool {
			return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, what) })
		}
		if of(s.actions(), action) && of(s.resources(), address) {
			if s.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// makes is one action of each type that a first deployment needs; HANDLERS has them all.
var makes = map[string]string{
	"AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm", "AWS::CloudWatch::CompositeAlarm": "cloudwatch:PutCompositeAlarm", "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
	"AWS::DynamoDB::Table": "dynamodb:CreateTable", "AWS::IAM::Role": "iam:CreateRole", "AWS::IAM::RolePolicy": "iam:PutRolePolicy",
	"AWS::Serverless::Function": "lambda:CreateFunction", "AWS::Lambda::Permission": "lambda:AddPermission", "AWS::Lambda::Url": "lambda:CreateFunctionUrlConfig",
	"AWS::Logs::LogGroup": "logs:CreateLogGroup", "AWS::SNS::Topic": "sns:CreateTopic", "AWS::SNS::Subscription": "sns:Subscribe", "AWS::SQS::Queue": "sqs:CreateQueue",
	"AWS::SSM::Parameter": "ssm:PutParameter", "AWS::Scheduler::Schedule": "scheduler:CreateSchedule", "AWS::SecretsManager::Secret": "secretsmanager:CreateSecret",
}

// A right on another name is none: the first deployment would fail half-way, with a table and
// secrets left behind.
func TestTheDeployingRoleKnowsTheNamesOfTheStack(t *testing.T) {
	s, all := service(t), deploying(t)
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.Resources)) {
		r := s.Resources[name]
		action := makes[r.Type]
		if action == "" {
			continue
		}
		seen[r.Type] = true
		if where := address(t, s, name); !mayDeployOn(all, action, where) {
			t.Errorf("%s: no %s on %s", name, action, where)
		}
	}
	if len(seen) != len(makes) {
		t.Errorf("%d types of %d are in the template", len(seen), len(makes))
	}
}

// deploy.sh names the rights that it needs besides SAM's, where it uses them.
func TestTheDeployingRoleMayDoWhatTheScriptDoes(t *testing.T) {
	all := deploying(t)
	for action, where := range map[string]string{
		"lambda:GetAccountSettings": "*", "cloudformation:DescribeStacks": stackID, "cloudformation:ListStackResources": stackID, "cloudformation:DescribeStackResource": stackID,
	} {
		if !mayDeployOn(all, action, where) {
			t.Errorf("no %s on %s", action, where)
		}
	}
	s := service(t)
	for name, r := range s.Resources {
		if r.Type == "AWS::Serverless::Function" {
			if where := address(t, s, name) + ":live"; !mayDeployOn(all, "lambda:InvokeFunction", where) && name != gate {
				t.Errorf("the selftest of %s cannot be asked for", name)
			}
		}
	}
}
