package template_test

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// policies are the two documents of the deploying role; the second one is needed with
// FixedEgress alone.
var policies = []string{"../../docs/deploying-role-policy.json", "../../docs/deploying-role-policy-egress.json"}

type iamStatement struct {
	Sid, Effect      string
	Action, Resource any
	Condition        map[string]any
}

func (s iamStatement) actions() []string   { return texts(s.Action) }
func (s iamStatement) resources() []string { return texts(s.Resource) }

func texts(v any) []string {
	if one, ok := v.(string); ok {
		return []string{one}
	}
	var all []string
	for _, each := range v.([]any) {
		all = append(all, each.(string))
	}
	return all
}

func deploying(t *testing.T) []iamStatement {
	t.Helper()
	var all []iamStatement
	for _, file := range policies {
		raw, document := policy(t, file)
		// IAM counts no blanks between members: 10,240 for what stands in a role, 6,144 for a
		// policy of its own.
		most := map[bool]int{true: 6144, false: 10240}[strings.HasSuffix(file, "-egress.json")]
		if size := len(strings.Join(strings.Fields(raw), "")); size > most {
			t.Errorf("%s has %d characters: IAM takes %d", file, size, most)
		}
		all = append(all, document...)
	}
	return all
}

// policy reads a document of IAM.
func policy(t *testing.T, file string) (string, []iamStatement) {
	t.Helper()
	raw, err := os.ReadFile(file)
	var document struct{ Statement []iamStatement }
	if err == nil {
		err = json.Unmarshal(raw, &document)
	}
	if err != nil {
		t.Fatal(file, err)
	}
	return string(raw), document.Statement
}

// everywhere are the statements without a resource of ours, and why.
var everywhere = map[string]string{
	"StreamMapping":       "a mapping has no name before it is made; the function that it feeds is ours",
	"RandomText":          "it reads nothing",
	"AccessLogs":          "log deliveries and the account's resource policies have no name of a stack",
	"AccountSettings":     "the account's limits, which the script reads before it makes anything",
	"AlarmsOfAll":         "CloudFormation describes alarms by no name; it shows no data",
	"OnlyWithFixedEgress": "networks have no names; nobody needs it without FixedEgress",
}

// loose are the resources that a pattern names without the stack's name, and why.
var loose = map[string]string{
	"arn:aws:lambda:REGION:ACCOUNT:function:CodeDeployHook_payouts_*":           "the gate's name, which CodeDeploy's own role asks for",
	"arn:aws:s3:::aws-sam-cli-managed-default-*":                                "where SAM keeps the builds",
	"arn:aws:cloudformation:REGION:ACCOUNT:stack/aws-sam-cli-managed-default/*": "the stack of that bucket",
	"arn:aws:cloudformation:REGION:aws:transform/Serverless-2016-10-31":         "SAM itself",
	"arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:*":                      "its name is a random one",
	"arn:aws:codedeploy:REGION:ACCOUNT:deploymentconfig:CodeDeployDefault.*":    "how AWS calls the ways to roll out",
	"arn:aws:apigateway:REGION::/apis":                                          "an API's name is a random one",
	"arn:aws:apigateway:REGION::/apis/*":                                        "the same",
	"arn:aws:apigateway:REGION::/tags/*":                                        "the same",
	"arn:aws:kms:REGION:ACCOUNT:key/*":                                          "the key is the merchant's; only through the table and the secrets",
}

func TestTheDeployingRoleReachesThisStackAlone(t *testing.T) {
	secrets := map[string]bool{}
	for name, r := range service(t).Resources {
		if r.Type == "AWS::SecretsManager::Secret" { // CloudFormation calls them by their logical name
			secrets["arn:aws:secretsmanager:REGION:ACCOUNT:secret:"+name+"-*"] = true
		}
	}
	for _, s := range deploying(t) {
		for _, action := range s.actions() {
			if strings.Contains(action, "*") && s.Effect == "Allow" {
				t.Errorf("%s allows %s: AWS adds actions to services", s.Sid, action)
			}
		}
		for _, resource := range s.resources() {
			ours := strings.Contains(resource, "cambodia-payouts-*") || secrets[resource]
			if !ours && loose[resource] == "" && (resource != "*" || everywhere[s.Sid] == "") && s.Effect == "Allow" {
				t.Errorf("%s reaches %s", s.Sid, resource)
			}
		}
		if slices.Contains(s.actions(), "iam:PassRole") && s.Condition == nil || slices.Contains(s.actions(), "iam:AttachRolePolicy") && s.Condition == nil {
			t.Errorf("%s gives any right to whoever may deploy", s.Sid)
		}
	}
	for _, never := range []string{
		"dynamodb:DeleteTable", "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Scan", "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue",
		"secretsmanager:PutSecretValue", "iam:CreateUser", "iam:PutUserPolicy",
	} {
		if mayDeploy(deploying(t), never) {
			t.Errorf("the deploying role may %s", never)
		}
	}
}

// mayDeploy reports whether an action is allowed and not denied.
func mayDeploy(all []iamStatement, action string) bool {
	allowed := false
	for _, s := range all {
		for _, a := range s.actions() {
			if match, _ := path.Match(a, action); match {
				if s.Effect == "Deny" {
					return false
				}
				allowed = true
			}
		}
	}
	return allowed
}

// unneeded is what CloudFormation's schemas list and this stack never does, and why. Patterns.
var unneeded = map[string]string{
	"dynamodb:DeleteTable": "the table is retained", "dynamodb:DeleteItem": "no items are imported", "dynamodb:*Item": "no items are imported", "dynamodb:Scan": "the same", "dynamodb:Query": "the same",
	"dynamodb:*Replica": "two regions would each win the same fence", "dynamodb:CreateTableReplica": "the same", "dynamodb:*Kinesis*": "no Kinesis", "dynamodb:*Import*": "no import",
	"dynamodb:UpdateContributorInsights": "not used", "dynamodb:*ResourcePolicy": "the table has none; it is read only", "kinesis:*": "no Kinesis",
	"iam:CreateServiceLinkedRole": "for replicas", "iam:*PermissionsBoundary": "roles have none",
	"kms:ListAliases": "the parameter is a key's ARN", "kms:RevokeGrant": "grants end with the key's use",
	"logs:CreateLogStream": "for the table's import", "logs:PutLogEvents": "the same", "logs:DescribeLogStreams": "the same", "logs:*KmsKey": "log groups have no key",
	"logs:PutDataProtectionPolicy": "none", "logs:DeleteDataProtectionPolicy": "none", "logs:*IndexPolicy": "none", "logs:DeleteResourcePolicy": "the account's, and not the stack's",
	"logs:PutBearerTokenAuthentication": "not used", "logs:PutLogGroupDeletionProtection": "not used", "firehose:*": "no delivery stream",
	"s3:REST.PUT.OBJECT": "no action of IAM", "s3:getObject": "the same as s3:GetObject", "s3:GetObjectMetadata": "no action of IAM",
	"lambda:*CodeSigningConfig": "code is not signed", "lambda:*Provisioned*": "no provisioned concurrency", "lambda:*LayerVersion": "no layers", "lambda:*ScalingConfig": "no capacity provider",
	"lambda:PassCapacityProvider": "no capacity provider", "lambda:PutRuntimeManagementConfig": "AWS updates the runtime", "lambda:PutFunctionRecursionConfig": "not used", "lambda:AssociateRuntimeAlias": "not used",
	"elasticfilesystem:*": "no file system", "s3files:*": "no file system", "kms:*": "functions have no key of their own",
	"secretsmanager:DeleteSecret": "secrets are retained", "secretsmanager:GetSecretValue": "whoever deploys need not read them", "secretsmanager:*Regions*": "no replicas",
	"sns:PutDataProtectionPolicy": "none", "codedeploy:RegisterOnPremisesInstance": "no servers",
	"ec2:*Ingress": "nothing comes in", "ec2:*VpnGateway*": "none", "ec2:AcceptAddressTransfer": "none", "ec2:AssociateAddress": "NATs take them", "ec2:*NatGatewayAddress": "public NATs",
	"ec2:*SubnetCidrBlock": "no IPv6", "ec2:*EncryptionControl*": "not used", "ec2:ModifyVpcTenancy": "not used", "vpc-lattice:*": "not used", "vpce:*": "not used",
}

func TestTransformedResourcesCanAllBeDeployed(t *testing.T) {
	file := os.Getenv("HANDLERS")
	if file == "" {
		t.Skip("needs HANDLERS; `make integration` makes it and runs this")
	}
	raw, err := os.ReadFile(file)
	var needed map[string][]string
	if err == nil {
		err = json.Unmarshal(raw, &needed)
	}
	if err != nil {
		t.Fatal(err)
	}
	all, used := deploying(t), map[string]bool{}
	s := transformed(t)
	for _, name := range slices.Sorted(maps.Keys(s.Resources)) {
		kind := s.Resources[name].Type
		if len(needed[kind]) == 0 {
			t.Errorf("nobody says what %s needs", kind)
		}
		where := address(t, s, name)
		for _, action := range needed[kind] {
			if !left(action, used) && !mayMake(all, action, where) {
				t.Errorf("%s: no %s on %s", name, action, where)
			}
		}
	}
	for pattern := range unneeded {
		if !used[pattern] {
			t.Errorf("%s is left out, and nobody needs it any more", pattern)
		}
	}
}

// mayMake reports whether the role may do this to the resource, or, with an action of another
// service (a function's role is passed), at all.
func mayMake(all []iamStatement, action, where string) bool {
	service, _, _ := strings.Cut(action, ":")
	if strings.Contains(where, ":"+service+":") {
		return mayDeployOn(all, action, where) || mayDeployOn(all, action, "*")
	}
	return mayDeploy(all, action)
}

func left(action string, used map[string]bool) bool {
	found := false
	for pattern := range unneeded {
		if match, _ := path.Match(pattern, action); match {
			used[pattern], found = true, true
		}
	}
	return found
}
