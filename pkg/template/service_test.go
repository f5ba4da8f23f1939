package template_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/people"
	"cambodia-payouts/pkg/template"
	"cambodia-payouts/pkg/vexora"
)

// The tests of this file hold template.yaml to what the design promises. A failure
// says what would happen to a merchant, not only which line differs.

func service(t *testing.T) template.Template {
	t.Helper()
	s, err := template.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at follows member names into a value; nil if one is missing.
func at(value any, names ...string) any {
	for _, name := range names {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}

// text is a value as JSON, whose maps are in order.
func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func ref(name string) any              { return map[string]any{"Ref": name} }
func arn(name string) any              { return map[string]any{"Fn::GetAtt": name + ".Arn"} }
func when(condition string, v any) any { return choice(condition, v, ref("AWS::NoValue")) }
func choice(condition string, yes, no any) any {
	return map[string]any{"Fn::If": []any{condition, yes, no}}
}

// expect compares values as JSON and says why it matters.
func expect(t *testing.T, where string, got, want any, because string) {
	t.Helper()
	if text(got) != text(want) {
		t.Errorf("%s is %s, not %s: %s", where, text(got), text(want), because)
	}
}

// function is what the design says about one function.
type function struct {
	folder   string
	config   boot.Config
	timeout  int
	reserved int // 0: none
	egress   bool
	atOnce   bool // takes over in one step, whatever Rollout says
}

var functions = map[string]function{
	"CreatePayout":    {"create-payout", boot.CreateConfig{}, 25, 60, true, false},
	"GetPayout":       {"get-payout", boot.ReadConfig{}, 10, 0, false, false},
	"OperatePayout":   {"operate-payout", boot.OperateConfig{}, 28, 6, true, false},
	"VexoraCallback":  {"vexora-callback", boot.CallbackConfig{Provider: vexora.Provider}, 10, 30, false, false},
	"MonetixCallback": {"monetix-callback", boot.CallbackConfig{Provider: monetix.Provider}, 10, 30, false, false},
	"NotifyMerchant":  {"notify-merchant", boot.NotifyConfig{}, 55, 10, true, false},
	// A tenth of one invocation a minute is none in five minutes: a canary would see nothing.
	"ReconcilePayouts": {"reconcile-payouts", boot.ReconcileConfig{}, 55, 2, true, true},
}

func TestTheTableOutlivesEveryAccident(t *testing.T) {
	table := service(t).Resources["PayoutsTable"]
	p := table.Properties
	expect(t, "DeletionPolicy", table.DeletionPolicy, "Retain", "deleting the stack would delete the memory of what was paid")
	expect(t, "UpdateReplacePolicy", table.UpdateReplacePolicy, "Retain", "a replaced table would forget what was paid")
	expect(t, "deletion protection", p["DeletionProtectionEnabled"], true, "one wrong click would delete the table")
	expect(t, "backups", at(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), true, "there would be nothing to restore from")
	expect(t, "encryption", at(p, "SSESpecification", "SSEEnabled"), true, "account numbers are in it")
	expect(t, "encryption key", at(p, "SSESpecification", "KMSMasterKeyId"), when("UseKey", ref("KmsKeyArn")), "a key of the merchant's must be possible, and off by default")
	expect(t, "stream", at(p, "StreamSpecification", "StreamViewType"), "NEW_AND_OLD_IMAGES", "a consumer could not tell a payout's news from its own notes")
	expect(t, "replicas", p["Replicas"], nil, "two regions would each win the same fence")

	var got struct {
		AttributeDefinitions   []types.AttributeDefinition
		KeySchema              []types.KeySchemaElement
		GlobalSecondaryIndexes []types.GlobalSecondaryIndex
		BillingMode            types.BillingMode
	}
	if err := table.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := dynamo.TableSchema("t")
	expect(t, "attributes", got.AttributeDefinitions, want.AttributeDefinitions, "the store is tested on another table than is deployed")
	expect(t, "key", got.KeySchema, want.KeySchema, "the store is tested on another table than is deployed")
	expect(t, "indexes", got.GlobalSecondaryIndexes, want.GlobalSecondaryIndexes, "the store is tested on other indexes than are deployed")
	expect(t, "billing", got.BillingMode, want.BillingMode, "a payroll comes all at once")
}

// grant is one statement of a role. Keys are the partition keys that it may touch: po_ are
// payouts, and orphans at a payout's own key; orphan# foreign callbacks; board the pauses and
// the controls; recipient# the lists; report# statements; feed# the feed; namespace the marker
// that every start looks at.
type grant struct {
	actions  []string
	resource any
	keys     []string
}

// rights is what each function does with the table and its secrets. A new permission needs a
// line here. Every process of the process tests runs under these (functions/rights_test.go).
var rights = map[string][]grant{
	"CreatePayout": {
		{[]string{"dynamodb:PutItem"}, table, []string{"po_*", "namespace"}},
		{[]string{"dynamodb:UpdateItem", "dynamodb:GetItem"}, table, []string{"po_*", "board", "recipient#*"}},
		{query, table, []string{"board"}},
		{secret, []any{ref("VexoraSecret"), ref("MonetixSecret"), ref("StackKey")}, nil},
	},
	"GetPayout": {
		{[]string{"dynamodb:GetItem", "dynamodb:BatchGetItem"}, table, []string{"po_*", "orphan#*"}},
		{query, table, []string{"feed#*", "board"}}, {query, indexes("day-index", "attention-index"), nil},
	},
	"OperatePayout": {
		{[]string{"dynamodb:PutItem"}, table, []string{"namespace", "report#*", "board"}},
		{[]string{"dynamodb:UpdateItem"}, table, []string{"po_*", "board", "recipient#*"}},
		{[]string{"dynamodb:GetItem", "dynamodb:BatchGetItem"}, table, []string{"po_*", "board", "recipient#*", "report#*"}},
		{query, table, []string{"board"}}, {query, indexes("day-index"), nil},
		{secret, []any{ref("VexoraSecret"), ref("MonetixSecret"), ref("PeopleSecret"), ref("StackKey")}, nil},
	},
	"VexoraCallback":  ofCallbacks("VexoraSecret"),
	"MonetixCallback": ofCallbacks("MonetixSecret"),
	"ReconcilePayouts": {
		{[]string{"dynamodb:PutItem"}, table, []string{"namespace", "feed#*"}},
		{[]string{"dynamodb:UpdateItem"}, table, []string{"po_*", "board", "recipient#*", "orphan#*"}},
		{[]string{"dynamodb:GetItem", "dynamodb:BatchGetItem"}, table, []string{"po_*", "board", "recipient#*"}},
		{query, table, []string{"board", "feed#*"}}, {query, indexes("due-index", "attention-index"), nil},
		{secret, []any{ref("VexoraSecret"), ref("MonetixSecret"), ref("WebhookSecret"), ref("StackKey")}, nil},
	},
	"NotifyMerchant": {
		{[]string{"dynamodb:PutItem"}, table, []string{"feed#*"}},
		{[]string{"dynamodb:UpdateItem", "dynamodb:GetItem"}, table, []string{"po_*", "board"}},
		{query, table, []string{"board", "feed#*"}},
		{
			[]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
			map[string]any{"Fn::GetAtt": "PayoutsTable.StreamArn"}, nil,
		},
		{secret, ref("WebhookSecret"), nil}, {[]string{"sqs:SendMessage"}, arn("NotifyFailures"), nil},
	},
}

var (
	table  = arn("PayoutsTable")
	query  = []string{"dynamodb:Query"}
	secret = []string{"secretsmanager:GetSecretValue"}
)

// ofCallbacks is what a stranger would have who took a callback function over: no feed, no
// report, nothing of the register or of the other provider.
func ofCallbacks(key string) []grant {
	return []grant{
		{[]string{"dynamodb:PutItem"}, table, []string{"po_*", "orphan#*", "namespace"}},
		{[]string{"dynamodb:UpdateItem", "dynamodb:GetItem"}, table, []string{"po_*"}},
		{query, table, []string{"board"}}, {secret, ref(key), nil},
	}
}

func indexes(names ...string) any {
	var all []any
	for _, n := range names {
		all = append(all, map[string]any{"Fn::Sub": "${PayoutsTable.Arn}/index/" + n})
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// statement is a grant as the template writes it.
func (g grant) statement() map[string]any {
	s := map[string]any{"Effect": "Allow", "Action": any(g.actions), "Resource": g.resource}
	if len(g.actions) == 1 {
		s["Action"] = g.actions[0]
	}
	if g.keys != nil {
		s["Condition"] = map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": g.keys}}
	}
	return s
}

func TestRolesHoldExactlyWhatTheyNeed(t *testing.T) {
	s, ours := service(t), deployed(t, service(t), own)
	roles := 0
	for name, r := range s.Resources {
		if r.Type == "AWS::IAM::Role" {
			roles++
			expect(t, name+" managed policies", r.Properties["ManagedPolicyArns"], nil, "AWS may widen a managed policy at any time")
		}
	}
	if roles != len(functions)+2 {
		t.Errorf("%d roles: one per function, one for the gate and one for the schedule make %d; a shared role is as wide as all its users", roles, len(functions)+2)
	}
	for name, grants := range rights {
		want := []any{}
		for _, g := range grants {
			want = append(want, g.statement())
		}
		want = append(want, grant{[]string{"logs:CreateLogStream", "logs:PutLogEvents"}, arn(name + "Logs"), nil}.statement())
		for _, each := range statements(s, name) {
			if at(each, "Fn::If") == nil {
				continue
			}
			if why := optional(each, functions[name].egress); why != "" {
				t.Errorf("%s: %s", name, why)
			}
		}
		expect(t, name+"Role", statements(ours, name), want, "a role that can do more than its function needs is what a flaw in the function gives away")
		expect(t, name, s.Resources[name].Properties["Role"], arn(name+"Role"), "a function runs under a role of its own")
	}
}

func statements(s template.Template, function string) []any {
	list, _ := at(s.Resources[function+"Role"].Properties["Policies"].([]any)[0], "PolicyDocument", "Statement").([]any)
	return list
}

// TestOnlyWhoWritesEncrypts: with a key of the merchant's, a role that reads needs to decrypt
// through what it reads, and nothing else.
func TestOnlyWhoWritesEncrypts(t *testing.T) {
	via := func(service string, actions ...string) any {
		return map[string]any{"Effect": "Allow", "Action": actions, "Resource": ref("KmsKeyArn"), "Condition": map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": map[string]any{"Fn::Sub": service + ".${AWS::Region}.${AWS::URLSuffix}"}},
		}}
	}
	for name := range functions {
		want := []any{via("dynamodb", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"), via("secretsmanager", "kms:Decrypt")}
		if name == "GetPayout" {
			want = []any{via("dynamodb", "kms:Decrypt", "kms:DescribeKey")}
		}
		var got []any
		for _, each := range statements(service(t), name) {
			if parts, _ := at(each, "Fn::If").([]any); parts != nil && parts[0] == "UseKey" {
				got = append(got, parts[1])
			}
		}
		expect(t, name, got, want, "whoever may encrypt can make what others trust")
	}
}

// optional checks the statements that parameters turn on.
func optional(statement any, egress bool) string {
	parts := at(statement, "Fn::If").([]any)
	if text(parts[2]) != text(ref("AWS::NoValue")) {
		return "off must grant nothing: " + text(statement)
	}
	switch parts[0] {
	case "UseKey": // TestOnlyWhoWritesEncrypts
	case "LimitOutflow": // TestTheOutflowBrakeMayHoldWhereThereIsALimit
	case "Trace":
		if !strings.Contains(text(at(parts[1], "Action")), "xray:Put") {
			return "tracing needs to write segments and nothing else: " + text(parts[1])
		}
	case "UseEgress":
		if !egress {
			return "nobody is called from here, so that it needs no network of its own"
		}
	default:
		return "an unknown condition grants something: " + text(statement)
	}
	return ""
}

func TestNobodyMayDeleteOrScanPayouts(t *testing.T) {
	raw, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{
		"DeleteItem", "BatchWriteItem", "dynamodb:*", "dynamodb:Scan", "DeleteTable", "PartiQL", "secretsmanager:*",
		"PutSecretValue", "iam:PassRole", "ManagedPolicyArns",
	} {
		if strings.Contains(string(raw), word) {
			t.Errorf("the template mentions %s: no function deletes payouts, reads them all, or changes secrets", word)
		}
	}
}

func TestEveryFunctionIsSetUpAsDesigned(t *testing.T) {
	s := service(t)
	globals := s.Globals["Function"]
	expect(t, "runtime", at(globals, "Runtime"), "provided.al2023", "that is what the binaries are built for")
	expect(t, "alias", at(globals, "AutoPublishAlias"), "live", "without an alias there is no canary and no way back")
	expect(t, "tracing", at(globals, "Tracing"), ref("Tracing"), "a parameter turns it on")
	expect(t, "tracing's default", s.Parameters["Tracing"].Default, "PassThrough", "traces carry addresses and cost money")
	expect(t, "architecture", at(globals, "Architectures"), []any{ref("Architecture")}, "what was built and what is deployed would differ")
	count := 0
	for name, r := range s.Resources {
		if r.Type != "AWS::Serverless::Function" || name == gate {
			continue
		}
		count++
		want, p := functions[name], r.Properties
		expect(t, name+" timeout", p["Timeout"], want.timeout, "provider 15 s < function 25 s < gateway 30 s, and a sweep ends before the next one")
		var reserved, vpc any
		if want.reserved > 0 {
			reserved = when("Reserve", want.reserved)
		}
		if want.egress {
			vpc = when("UseEgress", map[string]any{"SubnetIds": []any{ref("PrivateSubnetA"), ref("PrivateSubnetB")}, "SecurityGroupIds": []any{ref("EgressGroup")}})
		}
		expect(t, name+" concurrency", p["ReservedConcurrentExecutions"], reserved, "a flood of one function must leave the others theirs")
		expect(t, name+" network", p["VpcConfig"], vpc, "those that call providers, and only they, come from the fixed addresses")
		logging := map[string]any{"LogFormat": "JSON", "LogGroup": ref(name + "Logs")}
		if strings.HasSuffix(name, "Callback") {
			logging["SystemLogLevel"] = "WARN" // strangers start it, and each start and end would be a line
		}
		expect(t, name+" log", p["LoggingConfig"], logging, "metrics are read out of JSON lines, and strangers write few")
		logs := s.Resources[name+"Logs"]
		expect(t, name+"Logs", logs.Properties["RetentionInDays"], ref("LogRetentionDays"), "logs would be kept for ever")
		watched := []any{ref(name + "NewVersionErrors")}
		if slices.Contains(storing, name) {
			watched = append(watched, ref(name+"NewVersionNotStored"))
		}
		rollout, alarms := ref("Rollout"), choice("RollBack", watched, []any{ref("AWS::NoValue")})
		if want.atOnce {
			rollout, alarms = "AllAtOnce", nil
		}
		expect(t, name+" rollout", at(p["DeploymentPreference"], "Type"), rollout, "a new version must take over in steps, where steps see anything")
		expect(t, name+" rollback", at(p["DeploymentPreference"], "Alarms"), alarms, "a bad version must go back by itself, and nothing else may send it back")
	}
	if count != len(functions) {
		t.Errorf("the template has %d functions, this test knows %d", count, len(functions))
	}
}

func TestWhatIsSetAsideFitsWhatQuotasSay(t *testing.T) {
	total := 0
	for _, f := range functions {
		total += f.reserved
	}
	s := service(t)
	if says := fmt.Sprintf("set %d aside", total); !strings.Contains(s.Parameters["ReservedConcurrency"].Description, says) {
		t.Errorf("the parameter's description does not say %q", says)
	}
	page, err := os.ReadFile("../../docs/quotas.md")
	if err != nil || !strings.Contains(string(page), fmt.Sprintf("**%d**", total)) {
		t.Errorf("docs/quotas.md does not name the %d (%v)", total, err)
	}
}

func TestTheTemplateSetsWhatTheFunctionsRead(t *testing.T) {
	s := service(t)
	given := map[string]bool{} // by AWS, or by sam local
	for _, name := range []string{"AWS_LAMBDA_FUNCTION_NAME", "AWS_SAM_LOCAL"} {
		given[name] = true
	}
	globals := at(s.Globals["Function"], "Environment", "Variables").(map[string]any)
	for name, f := range functions {
		set := maps.Clone(globals)
		own, _ := at(s.Resources[name].Properties, "Environment", "Variables").(map[string]any)
		maps.Copy(set, own)
		read := map[string]bool{"AWS_ENDPOINT_URL_DYNAMODB": true, "AWS_ENDPOINT_URL_SECRETS_MANAGER": true}
		for _, name := range boot.Variables(f.config) {
			read[name] = !strings.HasPrefix(name, strings.ToUpper(string(notDeployed))+"_")
		}
		maps.DeleteFunc(read, func(_ string, deployed bool) bool { return !deployed })
		for v := range read {
			if _, there := set[v]; !there && !given[v] {
				t.Errorf("%s reads %s, which the template does not set", name, v)
			}
		}
		for v := range set {
			if !read[v] {
				t.Errorf("%s is given %s, which it does not read", name, v)
			}
		}
	}
}

// What the stack holds is held by whoever submits: what one function let wait, another sends.
func TestWhatTheStackHoldsIsTheSameInEveryFunctionThatSubmits(t *testing.T) {
	s := service(t)
	for _, name := range []string{"PAUSED_PROVIDERS", "SUBMISSIONS", "RESTORED_AT", "SAME_ACCOUNTS", "MAX_AMOUNT_KHR", "MAX_AMOUNT_USD", "DUPLICATE_WINDOW"} {
		want := at(s.Resources["CreatePayout"].Properties, "Environment", "Variables", name)
		if want == nil {
			t.Errorf("CreatePayout is not given %s", name)
		}
		for _, function := range []string{"OperatePayout", "ReconcilePayouts"} {
			expect(t, function+" "+name, at(s.Resources[function].Properties, "Environment", "Variables", name), want, "it would send what the others hold")
		}
	}
}

// Until somebody has told the table, a function knows of the restore by its parameter alone: it
// would believe callbacks, or tell a failure as certain.
func TestEveryFunctionIsToldOfTheRestore(t *testing.T) {
	s := service(t)
	for name := range rights {
		expect(t, name, at(s.Resources[name].Properties, "Environment", "Variables", "RESTORED_AT"), ref("RestoredAt"), "it takes the controls of the backup for those in force")
	}
}

func TestOnlyCallbacksArePublicAndOnlyThroughTheirAddress(t *testing.T) {
	s := service(t)
	public := map[string]string{}
	for name, r := range s.Resources {
		switch r.Type {
		case "AWS::Lambda::Url":
			expect(t, name, r.Properties["AuthType"], "NONE", "providers sign bodies, not AWS requests")
			expect(t, name, r.Properties["Qualifier"], "live", "callbacks must follow the canary")
			expect(t, name, r.DependsOn, strings.TrimSuffix(name, "Url")+"Aliaslive", "the alias must be there first")
		case "AWS::Lambda::Permission":
			if r.Properties["Principal"] == "*" {
				public[name] = text(r.Properties)
			}
		}
	}
	want := map[string]string{}
	for _, name := range ofEach("%sCallback") {
		want[name+"UrlPermission"] = text(map[string]any{
			"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref(name + ".Alias"), "FunctionUrlAuthType": "NONE", "Principal": "*",
		})
		want[name+"InvokePermission"] = text(map[string]any{
			"Action": "lambda:InvokeFunction", "FunctionName": ref(name + ".Alias"), "InvokedViaFunctionUrl": true, "Principal": "*",
		})
	}
	if !maps.Equal(public, want) {
		t.Errorf("public permissions are %v, not %v: a function URL needs both, and anybody must reach nothing else", public, want)
	}
}

func TestEveryRouteAsksWhoCallsExceptCallbacks(t *testing.T) {
	s := service(t)
	expect(t, "authorizer", at(s.Resources["Api"].Properties, "Auth", "DefaultAuthorizer"), "AWS_IAM", "anybody could post payouts")
	routes := map[string]bool{}
	for name, r := range s.Resources {
		events, _ := r.Properties["Events"].(map[string]any)
		for _, e := range events {
			if at(e, "Type") != "HttpApi" {
				continue
			}
			p := at(e, "Properties")
			route := fmt.Sprint(at(p, "Method"), " ", at(p, "Path"))
			open := strings.HasPrefix(fmt.Sprint(at(p, "Path")), "/v1/callbacks/")
			if !open {
				routes[route] = true
			}
			if authorizer := at(p, "Auth", "Authorizer"); (authorizer == "NONE") != open {
				t.Errorf("%s %s has the authorizer %v: a callback's authorization is its signature, everything else needs a principal", name, route, authorizer)
			}
		}
	}
	tokens := map[string]bool{}
	for name, r := range s.Resources {
		if strings.HasPrefix(name, "Jwt") {
			expect(t, name+" condition", r.Condition, "UseJwt", "tokens are off by default")
		}
		if r.Type == "AWS::ApiGatewayV2::Route" {
			tokens[fmt.Sprint(r.Properties["RouteKey"])] = true
			expect(t, name, r.Properties["AuthorizationType"], "JWT", "a route without an authorizer is open to all")
		}
	}
	if !maps.Equal(routes, tokens) {
		t.Errorf("signed requests have %v, tokens have %v", slices.Sorted(maps.Keys(routes)), slices.Sorted(maps.Keys(tokens)))
	}
	for _, api := range []map[string]any{s.Resources["Api"].Properties, s.Resources["JwtStage"].Properties} {
		if at(api, "DefaultRouteSettings", "ThrottlingRateLimit") == nil {
			t.Error("an API without a throttle: one client's loop is everybody's outage")
		}
	}
}

// Kept bodies hold names and account numbers in full. A route of their own can be
// allowed alone; tokens, which no policy holds back, need a scope.
func TestEvidenceNeedsARightOfItsOwn(t *testing.T) {
	s := service(t)
	const path = "/v1/payouts/{id}/evidence/{sequence}"
	route := at(s.Resources["OperatePayout"].Properties, "Events", "Evidence", "Properties")
	expect(t, "path", at(route, "Path"), path, "a policy could not allow the reading of evidence alone")
	expect(t, "method", at(route, "Method"), "GET", "it changes nothing")
	tokens := s.Resources["JwtEvidenceRoute"].Properties
	expect(t, "tokens' route", tokens["RouteKey"], "GET "+path, "callers with tokens have the same routes")
	expect(t, "scope", tokens["AuthorizationScopes"], []any{ref("JwtEvidenceScope")}, "every token could read account numbers")
	if scope := s.Parameters["JwtEvidenceScope"].Default; scope == nil || scope == "" {
		t.Error("without a scope by default, every token could read account numbers")
	}
}

// The register of people is the key to orders that could pay twice.
func TestTheRegisterOfPeopleIsOneFunctionsAlone(t *testing.T) {
	for name := range functions {
		own := text(at(service(t).Resources[name].Properties, "Environment")) + text(service(t).Resources[name+"Role"].Properties)
		if wants := name == "OperatePayout"; strings.Contains(own, "PeopleSecret") != wants {
			t.Errorf("%s has the register: %t, although only orders ask it", name, !wants)
		}
	}
	document := fmt.Sprint(service(t).Resources["PeopleSecret"].Properties["SecretString"])
	register, err := people.Parse([]byte(document))
	if err != nil || register.IsSet() {
		t.Errorf("the placeholder must be no register: %v", err)
	}
}

// Whoever has the key can try out account numbers against the table's hashes.
func TestTheStackKeyIsForThoseWhoHashPersonalData(t *testing.T) {
	needs := []string{"CreatePayout", "OperatePayout", "ReconcilePayouts"}
	for name := range functions {
		variables := text(at(service(t).Resources[name].Properties, "Environment"))
		rights := text(service(t).Resources[name+"Role"].Properties)
		for what, has := range map[string]bool{"the variable": strings.Contains(variables, "STACK_KEY_SECRET_ID"), "the right": strings.Contains(rights, "StackKey")} {
			if has != slices.Contains(needs, name) {
				t.Errorf("%s has %s: %t", name, what, has)
			}
		}
	}
}

func TestTheStackKeyIsMadeOnceAndStays(t *testing.T) {
	key := service(t).Resources["StackKey"]
	expect(t, "deletion", key.DeletionPolicy, "Retain", "a deleted stack would take the key with it, and no replay would be recognised")
	expect(t, "replacement", key.UpdateReplacePolicy, "Retain", "the same")
	expect(t, "key", key.Properties["KmsKeyId"], when("UseKey", ref("KmsKeyArn")), "the key of the merchant's holds for secrets too")
	expect(t, "text", key.Properties["GenerateSecretString"], map[string]any{"PasswordLength": 64, "ExcludePunctuation": true},
		"CloudFormation makes another key when this changes: then nothing of before is recognised")
	expect(t, "document", key.Properties["SecretString"], nil, "everybody would have the same key")
	for name, r := range service(t).Resources {
		if r.Type == "AWS::SecretsManager::RotationSchedule" {
			t.Errorf("%s rotates a secret", name)
		}
	}
}

func TestOnlyWhatMayGoHasATimeToLive(t *testing.T) {
	ttl := service(t).Resources["PayoutsTable"].Properties["TimeToLiveSpecification"]
	expect(t, "time to live", ttl, map[string]any{"AttributeName": "expires_at", "Enabled": true}, "lists and reports would stay for ever")
}

func TestAccessLogsHoldNoBodiesAndNoReferences(t *testing.T) {
	s := service(t)
	may := []string{"requestId", "routeKey", "status", "error.message", "integrationErrorMessage", "responseLatency", "identity.userArn", "authorizer.claims.sub"}
	for _, name := range []string{"Api", "JwtStage"} {
		format := fmt.Sprint(at(s.Resources[name].Properties, "AccessLogSettings", "Format"))
		for _, found := range regexp.MustCompile(`\$context\.([A-Za-z.]+)`).FindAllStringSubmatch(format, -1) {
			if !slices.Contains(may, found[1]) {
				t.Errorf("%s logs $context.%s: paths and queries hold the merchant's references", name, found[1])
			}
		}
	}
}

func TestTheScheduleNeverPilesUp(t *testing.T) {
	s := service(t)
	target := at(s.Resources["ReconcileSchedule"].Properties, "Target")
	expect(t, "period", s.Resources["ReconcileSchedule"].Properties["ScheduleExpression"], "rate(1 minute)", "what is due waits for it")
	expect(t, "target", at(target, "Arn"), ref("ReconcilePayouts.Alias"), "the sweep follows the canary too")
	expect(t, "role", at(target, "RoleArn"), arn("ReconcileScheduleRole"), "a schedule has a role of its own")
	expect(t, "retries", at(target, "RetryPolicy"), map[string]any{"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}, "after an outage a day's sweeps would come at once")
	role := s.Resources["ReconcileScheduleRole"].Properties["Policies"].([]any)[0]
	expect(t, "its role", at(role, "PolicyDocument", "Statement"), []any{map[string]any{
		"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ref("ReconcilePayouts.Alias"),
	}}, "it may start sweeps and nothing else")
}

func TestTheStreamIsReadForAWhileAndNotForEver(t *testing.T) {
	stream := at(service(t).Resources["NotifyMerchant"].Properties, "Events", "Stream", "Properties")
	expect(t, "retries", at(stream, "MaximumRetryAttempts"), 3, "one bad record would hold up all payouts of its shard for a day")
	expect(t, "age", at(stream, "MaximumRecordAgeInSeconds"), 3600, "the sweep has told what is older")
	expect(t, "bisect", at(stream, "BisectBatchOnFunctionError"), true, "a bad record would take its batch with it")
	expect(t, "what is given up", at(stream, "DestinationConfig", "OnFailure", "Destination"), arn("NotifyFailures"), "nobody would learn of it")
	expect(t, "what was done", at(stream, "FunctionResponseTypes"), []any{"ReportBatchItemFailures"}, "a batch would be told all over again")
}

// TestTheStreamWakesForNewsAlone: the function's own notes would wake it again, for ever. With
// a limit on the outflow it also wakes for what is being submitted.
func TestTheStreamWakesForNewsAlone(t *testing.T) {
	filters := func(parameters map[string]string) any {
		return at(deployed(t, service(t), parameters).Resources["NotifyMerchant"].Properties, "Events", "Stream", "Properties", "FilterCriteria", "Filters")
	}
	pattern := func(image string) any {
		return map[string]any{"Pattern": `{"dynamodb":{"NewImage":{` + image + `}}}`}
	}
	news, submitting := pattern(`"news":{"BOOL":[true]}`), pattern(fmt.Sprintf(`"status":{"S":[%q]}`, payout.Submitting))
	expect(t, "the filter", filters(own), []any{news}, "every invocation costs, and without a limit nobody counts")
	expect(t, "the filter with a limit", filters(limited), []any{news, submitting}, "what is sent from the queue is no news, and would not be counted")
}

// limited are the parameters of a stack with the outflow brake.
var limited = with(own, "OutflowLimits", `{"vexora":{"KHR":"40000000"}}`)

// TestTheOutflowBrakeMayHoldWhereThereIsALimit: who holds appends to the log of the controls.
func TestTheOutflowBrakeMayHoldWhereThereIsALimit(t *testing.T) {
	without, with := deployed(t, service(t), own), deployed(t, service(t), limited)
	hold := grant{[]string{"dynamodb:PutItem"}, table, []string{"board"}}.statement()
	before, after := statements(without, "NotifyMerchant"), statements(with, "NotifyMerchant")
	expect(t, "the role with a limit", after, append(slices.Clone(before), any(hold)), "it could not hold, or could do more than that")
	expect(t, "the variable", at(with.Resources["NotifyMerchant"].Properties, "Environment", "Variables", "OUTFLOW_LIMITS"), limited["OutflowLimits"], "the function would count nothing")
	for name := range functions {
		variables := text(at(service(t).Resources[name].Properties, "Environment"))
		if has := strings.Contains(variables, "OUTFLOW_LIMITS"); has != (name == "NotifyMerchant") {
			t.Errorf("%s has the limits: %t", name, has)
		}
	}
	if _, there := without.Resources["OutflowNotCountedAlarm"]; there {
		t.Error("an alarm on what nobody counts costs money")
	}
	if _, there := with.Resources["OutflowNotCountedAlarm"]; !there {
		t.Error("nobody would hear that the brake does not count")
	}
}

func TestTheParameterOfTheBrakeTakesAnObjectOrNothing(t *testing.T) {
	allowed := regexp.MustCompile(service(t).Parameters["OutflowLimits"].AllowedPattern)
	for value, want := range map[string]bool{"": true, limited["OutflowLimits"]: true, "{}": false, "40000000": false, `{"vexora"`: false} {
		if allowed.MatchString(value) != want {
			t.Errorf("%q is allowed: %t", value, !want)
		}
	}
}

func TestSecretsStartAsPlaceholdersAndStay(t *testing.T) {
	s := service(t)
	for _, name := range append(ofEach("%sSecret"), "WebhookSecret", "PeopleSecret") {
		r := s.Resources[name]
		if !strings.Contains(fmt.Sprint(r.Properties["SecretString"]), "REPLACE_ME") {
			t.Errorf("%s has no placeholder: the first deployment would fail, or ship a key", name)
		}
		expect(t, name, r.DeletionPolicy, "Retain", "a deleted stack would take the credentials with it")
		expect(t, name+" key", r.Properties["KmsKeyId"], when("UseKey", ref("KmsKeyArn")), "the key of the merchant's holds for secrets too")
	}
}

func TestOptionsAreOffByDefault(t *testing.T) {
	s := service(t)
	for name, want := range map[string]any{
		"JwtIssuer": "", "KmsKeyArn": "", "FixedEgress": "off", "PausedProviders": "", "Submissions": "active", "RestoredAt": "", "SameAccounts": "",
		"OutflowLimits": "", "ReservedConcurrency": "on", "Rollout": "Canary10Percent5Minutes", "PageEmail": "", "NoticeEmail": "",
	} {
		expect(t, name, s.Parameters[name].Default, want, "what costs money, opens a door or changes keys is the merchant's decision")
	}
	for name, r := range s.Resources {
		if strings.HasPrefix(r.Type, "AWS::EC2::") {
			expect(t, name, r.Condition, "UseEgress", "a network costs money every hour")
		}
	}
	expect(t, "addresses", s.Resources["AddressA"].DeletionPolicy, "RetainExceptOnCreate", "providers have them on a list: losing one stops all payouts")
	out := s.Resources["EgressGroup"].Properties["SecurityGroupEgress"].([]any)[0]
	expect(t, "egress", []any{at(out, "IpProtocol"), at(out, "FromPort"), at(out, "ToPort")}, []any{"tcp", 1, 65535},
		"a base_url may name a port, and one that is closed here looks like a provider that is down")
	expect(t, "ingress", s.Resources["EgressGroup"].Properties["SecurityGroupIngress"], nil, "nobody calls in")
	for name, p := range s.Parameters {
		if p.Description == "" && name != "LogLevel" && name != "LogRetentionDays" {
			t.Errorf("parameter %s does not say what it is for", name)
		}
	}
}

func TestNamesOfAWSArePartitionAndRegionSafe(t *testing.T) {
	raw, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(raw), "\n") {
		for _, word := range []string{"arn:aws:", "us-east-1", "ap-southeast", "amazonaws.com"} {
			// Service principals are the same in every partition.
			principal := strings.Contains(line, "Principal:") && word == "amazonaws.com"
			if strings.Contains(line, word) && !principal {
				t.Errorf("line %d names %s: the stack would fail in another partition or region", n+1, word)
			}
		}
	}
}

// What cannot wait until the morning. Each of them pages by itself.
var pages = slices.Concat([]string{
	"DoublePaymentAlarm", "ContradictionAlarm", "MismatchAlarm", "OldestUnknownAlarm", "OrphanAlarm", "OrphanOfOursAlarm", "ProviderConfigurationAlarm",
	"DoublePaymentAnewAlarm", "ContradictionAnewAlarm", "MismatchAnewAlarm", "ControlsChangedAlarm", "ControlsReleasedAlarm",
	"ControlsUnreadAlarm", "NotStoredAlarm", "ReconcileNotRunAlarm", "CreatePayoutErrors", "ReconcilePayoutsErrors",
}, ofEach("%sOutflowHeldAlarm"), ofEach("%sCallbackErrors"))

// silent are the alarms without an action, and why.
var silent = map[string]string{
	"MoneyAtRisk":        "the picture of all pages: it acts once, so that an old part would silence a new one",
	"NotConfiguredAlarm": "a new stack is a state and no trouble",
}

// events are the alarms on what happened, which end by themselves.
var events = append([]string{"StreamGaveUpAlarm", "OrphanAlarm", "OrphanOfOursAlarm", "ControlsChangedAlarm", "ControlsReleasedAlarm"}, ofEach("%sOutflowHeldAlarm")...)

func TestEveryAlarmRingsSomewhereAndHasARunbook(t *testing.T) {
	s := service(t)
	page, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	composed := text(s.Resources["MoneyAtRisk"].Properties["AlarmRule"])
	links := regexp.MustCompile(`\$\{RunbookUrl\}#([a-z-]+)$`)
	for name, r := range s.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" && r.Type != "AWS::CloudWatch::CompositeAlarm" {
			continue
		}
		link := links.FindStringSubmatch(fmt.Sprint(at(r.Properties["AlarmDescription"], "Fn::Sub")))
		if link == nil || !hasSection(string(page), link[1]) {
			t.Errorf("%s leads to no section of the runbook (%v): whoever is woken would not know what never to do", name, link)
		}
		paged := slices.Contains(pages, name)
		if part := strings.Contains(composed, "${"+name+"}"); part != paged {
			t.Errorf("%s is in the picture of the pages: %t, and pages: %t", name, part, paged)
		}
		var acts any = []any{ref("NoticeTopic")}
		switch {
		case paged:
			acts = []any{ref("PageTopic")}
		case silent[name] != "" || strings.HasSuffix(name, "NewVersionErrors") || strings.HasSuffix(name, "NewVersionNotStored"):
			acts = nil
		}
		expect(t, name, r.Properties["AlarmActions"], acts, "nobody would be told, or somebody woken for nothing; "+silent[name])
		ends := acts
		if slices.Contains(events, name) || strings.HasSuffix(name, "AnewAlarm") {
			ends = nil
		}
		expect(t, name+" ends", r.Properties["OKActions"], ends,
			"a pager keeps what has ended open; but that nothing more came does not mean that somebody dealt with it")
		if r.Type == "AWS::CloudWatch::Alarm" && r.Properties["TreatMissingData"] == nil {
			t.Errorf("%s does not say what silence means", name)
		}
	}
}

// TestTheNextOnePagesToo: an alarm on how many wait acts for the first of them alone. What
// happens is watched beside it, and ends some minutes after the last, so that each burst of them
// wakes somebody.
func TestTheNextOnePagesToo(t *testing.T) {
	happens := map[string]payout.Signal{
		"DoublePaymentAnewAlarm": payout.SignalDoublePayment, "ContradictionAnewAlarm": payout.SignalContradiction, "MismatchAnewAlarm": payout.SignalMismatch,
		"ControlsChangedAlarm": payout.SignalControls, "OrphanOfOursAlarm": payout.SignalOrphanOfOurs, "ControlsReleasedAlarm": payout.SignalControlsReleased,
	}
	for _, name := range ofEach("%sOutflowHeldAlarm") {
		happens[name] = payout.SignalOutflowHeld
	}
	for name, signal := range happens {
		p := service(t).Resources[name].Properties
		expect(t, name, p["MetricName"], signal, "a second one would wake nobody while the first waits")
		expect(t, name+" statistic", p["Statistic"], "Sum", "it counts what happens")
		expect(t, name+" silence", p["TreatMissingData"], "notBreaching", "it would ring on, and act no more")
		expect(t, name+" periods", []any{p["Period"], p["EvaluationPeriods"]}, []any{60, 1}, "it would ring on, and act no more")
	}
}

// unwatched are the signals without an alarm, and why.
var unwatched = map[payout.Signal]string{
	payout.SignalCallerPaused: "one caller's payouts wait, as they should; those of the others go on",
}

// TestEverySignalIsWatched: an alarm that nobody has made never rings. What waits for people is
// watched as the count of the review queue.
func TestEverySignalIsWatched(t *testing.T) {
	rings := map[string]bool{}
	for _, r := range service(t).Resources {
		if r.Type == "AWS::CloudWatch::Alarm" {
			for _, m := range metrics(r) {
				rings[m.name] = true
			}
		}
	}
	for _, signal := range payout.AllSignals {
		watched := rings[string(signal)] || rings["desk_"+string(signal)]
		if watched == (unwatched[signal] != "") {
			t.Errorf("%s is watched by an alarm: %t, %s", signal, watched, unwatched[signal])
		}
	}
}

// TestOnlyErrorsOfTheNewVersionSendItBack: an alarm that watched more would stop the
// deployment of a mend because of what it mends, and strangers or a merchant's endpoint
// could stop any.
func TestOnlyErrorsOfTheNewVersionSendItBack(t *testing.T) {
	s := service(t)
	for name, f := range functions {
		alarm, there := s.Resources[name+"NewVersionErrors"]
		if there == f.atOnce {
			t.Errorf("%s takes over at once: %t, and has an alarm on its new version: %t", name, f.atOnce, there)
		}
		if !there {
			continue
		}
		version := map[string]any{"Fn::GetAtt": name + ".Version.Version"}
		dimensions := []any{
			map[string]any{"Name": "FunctionName", "Value": ref(name)},
			map[string]any{"Name": "Resource", "Value": map[string]any{"Fn::Sub": "${" + name + "}:live"}},
			map[string]any{"Name": "ExecutedVersion", "Value": version},
		}
		p := alarm.Properties
		watches := map[string]any{"Namespace": p["Namespace"], "MetricName": p["MetricName"], "Dimensions": p["Dimensions"]}
		if name == "CreatePayout" {
			watches = at(p["Metrics"].([]any)[1], "MetricStat", "Metric").(map[string]any)
			expect(t, "create-payout while no secret is filled", at(p["Metrics"].([]any)[0], "Expression"), "IF(FILL(unfilled, REPEAT) > 0, 0, errors)",
				"it refuses to start then, so that a second deployment would go back for no fault of its own")
		}
		expect(t, name, watches, map[string]any{"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}, "the old version's errors would send the new one back")
		expect(t, name+" silence", p["TreatMissingData"], "notBreaching", "a version that nobody calls is not a bad one")
		// An alarm keeps its state when it is changed. Under a new name it begins anew, so
		// that the errors of the last version do not stop the one that mends them.
		if called := fmt.Sprint(at(p["AlarmName"], "Fn::Sub")); !strings.Contains(called, "${"+name+".Version.Version}") {
			t.Errorf("%s keeps the name %s, and with it the state of the version before", name, called)
		}
	}
	expect(t, "the way past", s.Conditions["RollBack"], map[string]any{"Fn::Equals": []any{ref("RollbackAlarms"), "on"}}, "nobody could deploy while an alarm rings")
	expect(t, "by default", s.Parameters["RollbackAlarms"].Default, "on", "a bad version must go back by itself")
}

// storing are the functions that people or providers send something to, to be stored. Their
// answers are normal returns, which are no errors of Lambda's.
var storing = append([]string{"CreatePayout", "OperatePayout"}, ofEach("%sCallback")...)

// TestAVersionThatStoresNothingGoesBack: each of them has a second alarm on its new version alone.
func TestAVersionThatStoresNothingGoesBack(t *testing.T) {
	s := service(t)
	for name := range functions {
		alarm, there := s.Resources[name+"NewVersionNotStored"]
		if there != slices.Contains(storing, name) {
			t.Errorf("%s has an alarm on what its new version does not store: %t", name, there)
		}
		if !there {
			continue
		}
		p := alarm.Properties
		expect(t, name+" watches", []any{p["Namespace"], p["MetricName"], p["Dimensions"]}, []any{"CambodiaPayouts", payout.SignalNotStored, []any{
			map[string]any{"Name": "stage", "Value": ref("IdNamespace")},
			map[string]any{"Name": "function", "Value": ref(name)},
			map[string]any{"Name": "version", "Value": map[string]any{"Fn::GetAtt": name + ".Version.Version"}},
		}}, "what the old version does not store would send the new one back")
		expect(t, name+" silence", []any{p["TreatMissingData"], p["Statistic"], p["Threshold"], p["DatapointsToAlarm"]}, []any{"notBreaching", "Sum", 0, 1}, "one is enough, and none is well")
		if called := fmt.Sprint(at(p["AlarmName"], "Fn::Sub")); !strings.Contains(called, "${"+name+".Version.Version}") {
			t.Errorf("%s keeps the name %s, and with it the state of the version before", name, called)
		}
	}
	p := s.Resources["NotStoredAlarm"].Properties
	expect(t, "the page", []any{p["MetricName"], p["Dimensions"]}, []any{payout.SignalNotStored, []any{map[string]any{"Name": "stage", "Value": ref("IdNamespace")}}}, "of all functions and versions")
}

// TestTheOutflowBrakePagesForEachProvider: one that is held minutes after the other one would
// wake nobody, as one metric has one burst.
func TestTheOutflowBrakePagesForEachProvider(t *testing.T) {
	s := service(t)
	for _, provider := range deployable() {
		name := titled(provider) + "OutflowHeldAlarm"
		expect(t, name, s.Resources[name].Properties["Dimensions"], []any{map[string]any{"Name": "stage", "Value": ref("IdNamespace")}, map[string]any{"Name": "provider", "Value": provider}}, "the other provider's hold would hide it")
		expect(t, name+" exists", s.Resources[name].Condition, "LimitOutflow", "without a limit nothing holds, and alarms cost money")
	}
	rule := deployed(t, s, own).Resources["MoneyAtRisk"].Properties["AlarmRule"]
	if strings.Contains(text(rule), "OutflowHeld") {
		t.Errorf("without a limit the picture names alarms that are not there: %s", text(rule))
	}
}

// TestTheAPIForTokensIsWatchedToo: callers with tokens never pass the other one.
func TestTheAPIForTokensIsWatchedToo(t *testing.T) {
	s := service(t)
	signed, tokens := s.Resources["ApiFaultAlarm"].Properties, s.Resources["JwtApiFaultAlarm"].Properties
	expect(t, "its API", tokens["Dimensions"], []any{map[string]any{"Name": "ApiId", "Value": ref("JwtApi")}}, "nobody would be told of its 5xx")
	expect(t, "exists", s.Resources["JwtApiFaultAlarm"].Condition, "UseJwt", "the API may not be there")
	for _, same := range []string{"Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions"} {
		expect(t, same, tokens[same], signed[same], "the same trouble would be told otherwise")
	}
	board := at(s.Resources["Dashboard"].Properties["DashboardBody"], "Fn::Sub").([]any)
	if n := strings.Count(fmt.Sprint(board[0]), `"ApiId", "${TokenApi}"`); n != 3 {
		t.Errorf("the dashboard shows %d metrics of it", n)
	}
	expect(t, "on the dashboard", at(board[1], "TokenApi"), choice("UseJwt", ref("JwtApi"), "none"), "the API may not be there")
}

// TestASweepIsNotRepeatedByTheQueueBeforeIt: the scheduler invokes asynchronously, and its own
// retry policy ends where Lambda's queue begins, which would repeat a failed sweep twice and
// keep a throttled one for six hours.
func TestASweepIsNotRepeatedByTheQueueBeforeIt(t *testing.T) {
	s := service(t)
	expect(t, "the sweep", s.Resources["ReconcilePayouts"].Properties["EventInvokeConfig"],
		map[string]any{"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}, "after an outage the sweeps of hours would come at once")
	for name := range functions {
		if name != "ReconcilePayouts" && s.Resources[name].Properties["EventInvokeConfig"] != nil {
			t.Errorf("%s is not invoked asynchronously: the gateway, function URLs and the stream wait for the answer", name)
		}
	}
}

// TestTheRunbookCanBeFollowedAtNight: the first thing is how to hold, each page has lines to
// paste and says who is called second, and nobody reads items of the table.
func TestTheRunbookCanBeFollowedAtNight(t *testing.T) {
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(raw), "\n## ")
	if len(sections) < 25 || !strings.HasPrefix(sections[1], "Hold everything\n") || !strings.Contains(sections[1], `"submissions": {"all": "held"}`) {
		t.Errorf("the first of %d sections is %.20q: whoever sees money leak would have to search", len(sections), sections[1])
	}
	called := map[string]string{}
	for _, section := range sections[1:] {
		title, _, _ := strings.Cut(section, "\n")
		called[strings.ReplaceAll(strings.ToLower(title), " ", "-")] = section
	}
	s := service(t)
	for _, name := range pages {
		_, link, _ := strings.Cut(fmt.Sprint(at(s.Resources[name].Properties["AlarmDescription"], "Fn::Sub")), "#")
		for _, needs := range []string{"```sh\n", "**Call second:**", "**Means:**", "**Do:**", "**Never:**"} {
			if !strings.Contains(called[link], needs) {
				t.Errorf("%s wakes somebody, and its section has no %s", name, needs)
			}
		}
		if !strings.Contains(called["money-at-risk"], "(#"+link+")") {
			t.Errorf("%s wakes somebody, and the list of what pages has no %s", name, link)
		}
	}
	for _, item := range []string{"aws dynamodb get-item", "aws dynamodb update-item", "aws dynamodb query", "aws dynamodb scan"} {
		if strings.Contains(string(raw), item) {
			t.Errorf("the runbook says %s: items hold names and account numbers, and nobody logs who read them", item)
		}
	}
}

// TestLinesToPasteNameWhatIsThere: a line that fails at night is worse than none.
func TestLinesToPasteNameWhatIsThere(t *testing.T) {
	s := service(t)
	for _, page := range []string{"runbook.md", "disaster-recovery.md", "deploying.md"} {
		raw, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		asked := regexp.MustCompile(`\$\((resource|output) ([A-Za-z]+)\)`).FindAllStringSubmatch(string(raw), -1)
		for _, list := range regexp.MustCompile(`for f in ([A-Za-z ]+);`).FindAllStringSubmatch(string(raw), -1) {
			for _, name := range strings.Fields(list[1]) {
				asked = append(asked, []string{"", "resource", name})
			}
		}
		for _, name := range asked {
			_, resource := s.Resources[name[2]]
			_, output := s.Outputs[name[2]]
			made := strings.HasPrefix(name[2], "ServerlessDeployment") || strings.HasSuffix(name[2], "DeploymentGroup") // by SAM
			if !made && (name[1] == "resource" && !resource || name[1] == "output" && !output) {
				t.Errorf("%s asks for the %s %s, which is not there", page, name[1], name[2])
			}
		}
		for _, name := range regexp.MustCompile(`\b((?:Existing|Reconciled|Restored|Rollback|Rollout|Submissions|Paused|Same)[A-Za-z]*)=`).FindAllStringSubmatch(string(raw), -1) {
			if _, there := s.Parameters[name[1]]; !there {
				t.Errorf("%s sets the parameter %s, which is not there", page, name[1])
			}
		}
	}
}

// hasSection reports whether a page has a heading whose link is this one.
func hasSection(page, link string) bool {
	for _, line := range strings.Split(page, "\n") {
		title, heading := strings.CutPrefix(line, "## ")
		if heading && strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(title, "`", "")), " ", "-") == link {
			return true
		}
	}
	return false
}

// What must wake somebody, and what must at least be seen.
func TestWhatTheAlarmsWatch(t *testing.T) {
	s := service(t)
	loudly := []string{
		"desk_double_payment_suspected", "desk_contradiction", "desk_callback_mismatch", "desk_oldest_unknown_seconds", "orphan", "orphan_of_ours",
		"provider_configuration", "controls_changed", "controls_released", "outflow_held", "controls_unread", "not_stored", "Invocations", "Errors",
	}
	notices := []string{
		"keys_unread", "callback_signature", "callback_verified", "callback_unusable", "unknown", "provider_paused", "low_balance", "desk_queued_too_long", "desk_returned",
		"desk_notification_failing", "webhook_down", "notification_lag_seconds", "IteratorAge", "NumberOfMessagesSent",
		"desk_possible_duplicate", "desk_unlisted_status", "desk_unknown_too_long", "outflow_not_counted", "Throttles", "WriteThrottleEvents", "Duration", "5xx",
	}
	paged, noticed := map[string]bool{}, map[string]bool{}
	for name, r := range s.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		watched := noticed
		if slices.Contains(pages, name) {
			watched = paged
		}
		for _, metric := range regexp.MustCompile(`"MetricName":"([A-Za-z0-9_]+)"`).FindAllStringSubmatch(text(r.Properties), -1) {
			watched[metric[1]] = true
			if strings.HasPrefix(metric[1], "desk_") && metric[1] != "desk_oldest_unknown_seconds" &&
				!slices.Contains(payout.Reasons, payout.Reason(strings.TrimPrefix(metric[1], "desk_"))) {
				t.Errorf("%s watches %s, which nobody counts", name, metric[1])
			}
		}
		if namespace := text(r.Properties); strings.Contains(namespace, "CambodiaPayouts") && !strings.Contains(namespace, `{"Name":"stage","Value":{"Ref":"IdNamespace"}}`) {
			t.Errorf("%s does not watch its own stage: a test on staging would wake somebody, or nothing would", name)
		}
	}
	for _, m := range loudly {
		if !paged[m] {
			t.Errorf("nobody is woken by %s", m)
		}
	}
	for _, m := range notices {
		if !noticed[m] {
			t.Errorf("nobody is told of %s", m)
		}
	}
	expect(t, "silence of the sweep", s.Resources["ReconcileNotRunAlarm"].Properties["TreatMissingData"], "breaching", "a schedule that is gone makes no data at all")
}

// An index is a table of its own that every write of the table waits for: a hot partition of
// it turns writes of the table away, and only its own metric says so.
func TestAThrottledIndexIsSeen(t *testing.T) {
	of := text(service(t).Resources["TableThrottleAlarm"].Properties["Metrics"])
	for _, index := range dynamo.TableSchema("t").GlobalSecondaryIndexes {
		if !strings.Contains(of, `{"Name":"GlobalSecondaryIndexName","Value":"`+*index.IndexName+`"}`) {
			t.Errorf("nobody is told when %s turns writes away", *index.IndexName)
		}
	}
}

func TestTheDashboardIsJSON(t *testing.T) {
	body := fmt.Sprint(at(service(t).Resources["Dashboard"].Properties["DashboardBody"], "Fn::Sub").([]any)[0])
	var board struct{ Widgets []struct{ Type string } }
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, "${OutflowAlarms}", "")), &board); err != nil || len(board.Widgets) < 5 {
		t.Errorf("%v, %d widgets", err, len(board.Widgets))
	}
	more := fmt.Sprint(at(at(service(t).Resources["Dashboard"].Properties["DashboardBody"], "Fn::Sub").([]any)[1], "OutflowAlarms", "Fn::If").([]any)[1])
	for _, name := range pages {
		if !strings.Contains(body+more, "${"+name+".Arn}") {
			t.Errorf("the dashboard does not show whether %s rings", name)
		}
	}
}

func TestOutputsNameWhatSomebodyHasToDo(t *testing.T) {
	s := deployed(t, service(t), own)
	for name, value := range map[string]any{
		"VexoraCallbackAddress":  map[string]any{"Fn::GetAtt": "VexoraCallbackUrl.FunctionUrl"},
		"MonetixCallbackAddress": map[string]any{"Fn::GetAtt": "MonetixCallbackUrl.FunctionUrl"},
		"VexoraSecretArn":        ref("VexoraSecret"), "MonetixSecretArn": ref("MonetixSecret"),
		"PeopleSecretArn": ref("PeopleSecret"), "StackKeyArn": ref("StackKey"),
		"PageTopicArn": ref("PageTopic"), "TableName": ref("PayoutsTable"),
	} {
		expect(t, name, s.Outputs[name].Value, value, "the person who deploys would have to search the console for it")
	}
	for name, o := range s.Outputs {
		if o.Description == "" {
			t.Errorf("output %s does not say what to do with it", name)
		}
	}
}

func TestEveryFunctionHasEventsGoodAndBad(t *testing.T) {
	for name, f := range functions {
		files, err := filepath.Glob("../../events/" + f.folder + "*.json")
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no sample event", name)
		}
	}
	raw, err := os.ReadFile("../../env.json")
	if err != nil {
		t.Fatal(err)
	}
	var local struct{ Parameters map[string]string }
	if err := json.Unmarshal(raw, &local); err != nil {
		t.Fatal(err)
	}
	s := service(t)
	set := text(s.Globals) + text(s.Resources)
	for v := range local.Parameters {
		if !strings.Contains(set, `"`+v+`"`) {
			t.Errorf("env.json sets %s, which sam local ignores: the template does not have it", v)
		}
	}
}
