package template_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// The parameters of docs/disaster-recovery.md, as they follow on each other.
var (
	own       = map[string]string{"IdNamespace": "prod"}
	restored  = with(own, "ExistingTableName", "payouts-back", "ExistingStreamArn", stream, "RestoredAt", "2026-11-21T10:00:00Z")
	accounted = with(restored, "ReconciledTableName", "payouts-back")
	again     = with(accounted, "ExistingTableName", "payouts-back-2")
)

const stream = "arn:aws:dynamodb:ap-southeast-1:111122223333:table/payouts-back/stream/2026-11-21T10:05:00.000"

// options are the other parameters that leave resources in or out.
var options = []map[string]string{
	{}, {"JwtIssuer": "https://issuer.example.com", "JwtAudience": "payouts", "FixedEgress": "on", "Tracing": "Active", "RollbackAlarms": "off",
		"KmsKeyArn": "arn:aws:kms:ap-southeast-1:111122223333:key/k", "PageEmail": "a@example.com", "NoticeEmail": "b@example.com", "JwtPayScopes": "pay",
		"OutflowLimits": `{"vexora":{"KHR":"40000000"}}`},
}

func with(values map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(values)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func deployed(t *testing.T, s template.Template, parameters ...map[string]string) template.Template {
	t.Helper()
	all := map[string]string{}
	for _, p := range parameters {
		maps.Copy(all, p)
	}
	d, err := s.Deployed(all)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestARestoreIsRefusedWithoutWhatItNeeds(t *testing.T) {
	s := service(t)
	for name, test := range map[string]struct {
		parameters map[string]string
		says       string
	}{
		"an own table":             {own, ""},
		"a restored one":           {restored, ""},
		"accounted for":            {with(accounted, "RestoredAt", ""), ""},
		"without its stream":       {with(restored, "ExistingStreamArn", ""), "ExistingStreamArn is required"},
		"a stream alone":           {with(own, "ExistingStreamArn", stream), "ExistingTableName is required"},
		"without its time":         {with(restored, "RestoredAt", ""), "RestoredAt is required"},
		"the next one, timeless":   {with(again, "RestoredAt", ""), "RestoredAt is required"},
		"another was accounted":    {with(restored, "ReconciledTableName", "payouts-old", "RestoredAt", ""), "RestoredAt is required"},
		"accounted, but no table":  {with(own, "ReconciledTableName", "payouts-back"), ""},
		"tokens without audience":  {with(own, "JwtIssuer", "https://i.example.com"), "JwtAudience is required"},
		"tokens with an audience":  {with(own, "JwtIssuer", "https://i.example.com", "JwtAudience", "a"), ""},
		"the next one and its day": {again, ""},
		"the same account":         {with(restored, "SameAccounts", "monetix"), ""},
		// The word about this restore would be remembered, and count for the next one.
		"a word that is left over": {with(accounted, "SameAccounts", "monetix", "RestoredAt", ""), "SameAccounts is of a restore"},
	} {
		broken, err := s.Broken(test.parameters)
		if err != nil || (test.says == "") != (len(broken) == 0) || !strings.Contains(strings.Join(broken, "; "), test.says) {
			t.Errorf("%s: %v, %v", name, broken, err)
		}
	}
	pattern := func(name string) *regexp.Regexp { return regexp.MustCompile(s.Parameters[name].AllowedPattern) }
	for _, empty := range []string{"ExistingTableName", "ExistingStreamArn", "ReconciledTableName"} {
		if !pattern(empty).MatchString("") {
			t.Errorf("%s must be empty by default", empty)
		}
	}
	if !pattern("ExistingStreamArn").MatchString(stream) || pattern("ExistingStreamArn").MatchString(strings.TrimSuffix(stream, "/stream/2026-11-21T10:05:00.000")) {
		t.Error("a stream's ARN is a table's and more")
	}
}

// held is what SUBMISSIONS would be for every function that submits.
func held(t *testing.T, d template.Template) any {
	t.Helper()
	said := map[string]bool{}
	for _, name := range []string{"CreatePayout", "OperatePayout", "ReconcilePayouts"} {
		said[fmt.Sprint(at(d.Resources[name].Properties, "Environment", "Variables", "SUBMISSIONS"))] = true
	}
	if len(said) != 1 {
		t.Errorf("the functions disagree: %v", said)
	}
	return slices.Collect(maps.Keys(said))[0]
}

func TestARestoredTableStartsHeldUntilItIsAccountedFor(t *testing.T) {
	s := service(t)
	for name, test := range map[string]struct {
		parameters map[string]string
		want       string
	}{
		"an own table":                          {own, "active"},
		"an own table that is held":             {with(own, "Submissions", "held"), "held"},
		"a restored one":                        {restored, "held"},
		"a restored one, whatever somebody set": {with(restored, "Submissions", "active"), "held"},
		"accounted for":                         {accounted, "active"},
		"accounted for, and held":               {with(accounted, "Submissions", "held"), "held"},
		// The name of the table before it is remembered by every later deployment.
		"the next restored one": {again, "held"},
		// Going back to a table that was accounted for once: the page empties the word.
		"back to an earlier one": {with(again, "ExistingTableName", "payouts-back", "ReconciledTableName", ""), "held"},
	} {
		if got := held(t, deployed(t, s, test.parameters)); got != test.want {
			t.Errorf("%s: submissions are %v, not %s", name, got, test.want)
		}
	}
}

func TestTheStackMakesItsTableOnce(t *testing.T) {
	marker := service(t).Resources["TableMadeOnce"]
	expect(t, "the table waits", service(t).Resources["PayoutsTable"].DependsOn, "TableMadeOnce", "there would be an empty table before the deployment fails")
	expect(t, "deletion", marker.DeletionPolicy, "RetainExceptOnCreate", "a stack that is made again would begin with an empty table, and pay everybody again")
	expect(t, "name", marker.Properties["Name"], map[string]any{"Fn::Sub": "/${AWS::StackName}/payouts-table-made"}, "only a fixed name can be taken")
	expect(t, "condition", marker.Condition, "OwnTable", "a restored table needs no other")
}

// rehearsed is what docs/disaster-recovery.md promises of the stack that is left when the
// table is another one.
func rehearsed(t *testing.T, s template.Template, option map[string]string) {
	t.Helper()
	before, after := deployed(t, s, own, option), deployed(t, s, restored, option)
	for stage, d := range map[string]template.Template{"before": before, "after": after} {
		for _, dangling := range dangling(s, d) {
			t.Errorf("%s the restore %s", stage, dangling)
		}
	}
	if found := regexp.MustCompile(`.{60}PayoutsTable.{20}`).FindString(text(after.Resources) + text(after.Outputs) + text(after.Globals)); found != "" {
		t.Errorf("something still means the old table: %s", found)
	}
	survives := regexp.MustCompile(`^AWS::(SecretsManager::Secret|Lambda::(Alias|Url|Permission)|ApiGatewayV2::.*|Serverless::HttpApi|SNS::.*|SQS::.*|EC2::.*|Scheduler::.*|KMS::.*)$`)
	for name, r := range before.Resources {
		switch other, there := after.Resources[name]; {
		case name == "PayoutsTable" || name == "TableMadeOnce":
			if there {
				t.Errorf("%s is still a part of the stack", name)
			}
			if !strings.HasPrefix(r.DeletionPolicy, "Retain") {
				t.Errorf("%s goes when it leaves the stack", name)
			}
		case r.Type == "AWS::Lambda::Version": // a changed parameter makes another one
		case !there:
			t.Errorf("%s is gone: it would be made anew, under another address", name)
		case survives.MatchString(r.Type) && text(r) != text(other):
			t.Errorf("%s changes: %s became %s", name, text(r), text(other))
		}
	}
	for name, r := range after.Resources {
		if _, there := before.Resources[name]; !there && r.Type != "AWS::Lambda::Version" {
			t.Errorf("%s is new: there would be two of it", name)
		}
	}
}

var (
	inSub = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}`)
)

// dangling lists references to what a deployment does not have.
func dangling(s, d template.Template) []string {
	var found []string
	check := func(where, name string) {
		name, _, _ = strings.Cut(name, ".")
		_, resource := d.Resources[name]
		_, parameter := s.Parameters[name]
		ofSAM := name == "ServerlessDeploymentApplication"
		if !resource && !parameter && !ofSAM && !strings.HasPrefix(name, "AWS::") {
			found = append(found, where+" refers to "+name+", which is not there")
		}
	}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				switch list, _ := member.([]any); {
				case key == "Ref":
					check(where, fmt.Sprint(member))
				case key == "Fn::GetAtt" && len(list) > 0:
					check(where, fmt.Sprint(list[0]))
				case key == "Fn::GetAtt":
					check(where, fmt.Sprint(member))
				case key == "Fn::Sub" && len(list) == 2:
					given, _ := list[1].(map[string]any)
					for _, name := range inSub.FindAllStringSubmatch(fmt.Sprint(list[0]), -1) {
						if _, local := given[name[1]]; !local {
							check(where, name[1])
						}
					}
				case key == "Fn::Sub":
					for _, name := range inSub.FindAllStringSubmatch(fmt.Sprint(member), -1) {
						check(where, name[1])
					}
				}
				walk(where, member)
			}
		case []any:
			for _, each := range v {
				walk(where, each)
			}
		}
	}
	for name, r := range d.Resources {
		walk(name, r.Properties)
		switch waits := r.DependsOn.(type) {
		case string:
			found = append(found, missing(d, name, waits)...)
		case []any:
			for _, each := range waits {
				found = append(found, missing(d, name, fmt.Sprint(each))...)
			}
		}
	}
	for name, o := range d.Outputs {
		walk("output "+name, o.Value)
	}
	return found
}

func missing(d template.Template, name, waits string) []string {
	// SAM makes the alias.
	if _, there := d.Resources[waits]; there || strings.HasSuffix(waits, "Aliaslive") {
		return nil
	}
	return []string{name + " waits for " + waits + ", which is not there"}
}

func TestNothingDanglesWithARestoredTable(t *testing.T) {
	for _, option := range options {
		rehearsed(t, service(t), option)
	}
}

func TestEveryFunctionWritesToTheRestoredTable(t *testing.T) {
	s := deployed(t, service(t), restored)
	expect(t, "functions", at(s.Globals["Function"], "Environment", "Variables", "TABLE_NAME"), "payouts-back", "payouts would be written where nobody looks")
	expect(t, "the stream", at(s.Resources["NotifyMerchant"].Properties, "Events", "Stream", "Properties", "Stream"), stream, "the merchant would be told of the old table")
	expect(t, "output", s.Outputs["TableName"].Value, "payouts-back", "people would look at the old table")
	for name := range functions {
		for _, statement := range at(s.Resources[name+"Role"].Properties["Policies"].([]any)[0], "PolicyDocument", "Statement").([]any) {
			if says := text(statement); strings.Contains(says, "dynamodb:") && !strings.Contains(says, ":table/payouts-back") {
				t.Errorf("%s may not reach the table: %s", name, says)
			}
		}
	}
}

func TestTransformedRestoreKeepsEverythingElse(t *testing.T) {
	path := os.Getenv("TRANSFORMED_RESTORED")
	if path == "" {
		t.Skip("needs TRANSFORMED_RESTORED; `make integration` makes it and runs this")
	}
	again, err := template.Load(path) // SAM was given the parameters of the restore
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range options {
		rehearsed(t, transformed(t), option)
		rehearsed(t, again, option)
	}
	for name, r := range transformed(t).Resources {
		if other, there := again.Resources[name]; r.Type != "AWS::Lambda::Version" && (!there || other.Type != r.Type) {
			t.Errorf("with the parameters, SAM calls %s otherwise", name)
		}
	}
}
