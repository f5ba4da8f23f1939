package template_test

import (
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// gate is the function that no other one has traffic without.
const gate = "GateTraffic"

func TestEveryVersionIsJudgedBeforeItHasTraffic(t *testing.T) {
	s := service(t)
	expect(t, "hook", at(s.Globals["Function"], "DeploymentPreference", "Hooks"), map[string]any{"PreTraffic": ref(gate)}, "a version that cannot verify would get payouts")
	expect(t, "the revision of every function", at(s.Globals["Function"], "Environment", "Variables", "REVISION"), ref("Revision"), "nobody could tell what is live")
	for name := range functions {
		p := s.Resources[name].Properties
		expect(t, name+" hook", at(p, "DeploymentPreference", "Hooks"), nil, "the hook is the same for all")
		expect(t, name+" enabled", at(p, "DeploymentPreference", "Enabled"), nil, "without CodeDeploy there is no gate")
		expect(t, name+" version", p["AutoPublishCodeSha256"], ref("Revision"), "a changed parameter would reach nobody: SAM looks at code and unresolved properties")
	}
	p := s.Resources[gate].Properties
	expect(t, "the gate's own gate", p["DeploymentPreference"], map[string]any{"Enabled": false}, "it would have to judge itself")
	if name := text(p["FunctionName"]); !strings.Contains(name, `"CodeDeployHook_payouts_`) || !strings.Contains(name, "AWS::StackId") {
		t.Errorf("%s: CodeDeploy may invoke CodeDeployHook_ alone, and two stacks need two names", name)
	}
	variables, _ := at(p, "Environment", "Variables").(map[string]any)
	for name, value := range at(s.Globals["Function"], "Environment", "Variables").(map[string]any) {
		if name != "REVISION" && text(variables[name]) != text(ref("AWS::NoValue")) {
			t.Errorf("the gate is given %s (%s), which it does not read", name, text(value))
		}
	}
	logging := map[string]any{"LogFormat": "JSON", "LogGroup": ref(gate + "Logs")}
	expect(t, "the gate's log", p["LoggingConfig"], logging, "nobody could see why a version was refused")
	expect(t, "the gate's logs", s.Resources[gate+"Logs"].Properties["RetentionInDays"], ref("LogRetentionDays"), "logs would be kept for ever")
}

// The gate may ask and answer, and nothing else: no table, no secret.
func TestTheGateMayInvokeVersionsAndAnswerCodeDeploy(t *testing.T) {
	s := service(t)
	policies := s.Resources[gate+"Role"].Properties["Policies"].([]any)
	statements := at(policies[0], "PolicyDocument", "Statement").([]any)
	allow := func(action, resource any) any {
		return map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
	}
	groups := map[string]any{"Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:${ServerlessDeploymentApplication}/*"}
	judged := slices.Concat([]string{"CreatePayout", "GetPayout", "OperatePayout"}, ofEach("%sCallback"), []string{"ReconcilePayouts", "NotifyMerchant"})
	var named, want []any
	for _, name := range judged {
		named = append(named, map[string]any{"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-" + name + "-*:*"})
		want = append(want, map[string]any{"Fn::Sub": "${" + name + ".Arn}:*"})
	}
	expect(t, "role", statements[:len(statements)-1], []any{
		allow([]any{"codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"}, groups),
		allow("lambda:InvokeFunction", named),
		allow([]any{"logs:CreateLogStream", "logs:PutLogEvents"}, arn(gate+"Logs")),
	}, "whoever changes the gate's code has its rights")
	if why := optional(statements[len(statements)-1], false); why != "" || len(policies) != 1 {
		t.Errorf("%d policies: %s", len(policies), why)
	}
	rights := s.Resources[gate+"Rights"].Properties
	expect(t, "rights are the role's", rights["RoleName"], ref(gate+"Role"), "another role could invoke every function")
	expect(t, "rights", at(rights, "PolicyDocument", "Statement"), []any{allow("lambda:InvokeFunction", want)}, "it judges these versions, and reaches no other function")
	if len(want) != len(functions) {
		t.Errorf("%d functions are judged, of %d", len(want), len(functions))
	}
}

func TestTransformedAliasesMoveThroughTheGate(t *testing.T) {
	s := transformed(t)
	for name := range functions {
		policy := s.Resources[name+"Aliaslive"].UpdatePolicy
		expect(t, name, at(policy, "CodeDeployLambdaAliasUpdate", "BeforeAllowTrafficHook"), ref(gate), "its new version would have traffic unseen")
		expect(t, name, at(policy, "CodeDeployLambdaAliasUpdate", "DeploymentGroupName"), ref(name+"DeploymentGroup"), "it would move all at once")
	}
	expect(t, gate, s.Resources[gate+"Aliaslive"].UpdatePolicy, nil, "it would have to judge itself")
}

// A deployment over an older stack gives the gate its rights and moves the aliases at once,
// unless one waits for the other: a version could be refused because the gate may not ask it.
func TestTransformedAliasesWaitForTheGatesRights(t *testing.T) {
	s, waits := transformed(t), waiting(t)
	for name := range functions {
		version := strings.NewReplacer("REGION", "${AWS::Region}", "ACCOUNT", "${AWS::AccountId}", ":aws:", ":${AWS::Partition}:", production, "${AWS::StackName}").
			Replace(address(t, s, name)) + ":7"
		may := false
		reached := map[string]bool{name + "Aliaslive": true}
		for left := []string{name + "Aliaslive"}; len(left) > 0; left = left[1:] {
			may = may || invokes(s.Resources[left[0]], version)
			for _, next := range waits[left[0]] {
				if !reached[next] {
					reached[next] = true
					left = append(left, next)
				}
			}
		}
		if !may {
			t.Errorf("nothing that the alias of %s waits for lets the gate invoke %s", name, version)
		}
	}
}

// invokes reports whether a role's own policies let it invoke a function.
func invokes(r template.Resource, function string) bool {
	policies, _ := r.Properties["Policies"].([]any)
	for _, policy := range policies {
		for _, statement := range at(policy, "PolicyDocument", "Statement").([]any) {
			resources, _ := at(statement, "Resource").([]any)
			for _, resource := range resources {
				if pattern, ok := at(resource, "Fn::Sub").(string); ok && at(statement, "Action") == "lambda:InvokeFunction" && covers(pattern, function) {
					return true
				}
			}
		}
	}
	return false
}
