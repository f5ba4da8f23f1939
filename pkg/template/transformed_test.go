package template_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// transformedFile is what SAM made of the template (scripts/transform.py). Go alone
// cannot transform.
func transformedFile(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TRANSFORMED")
	if path == "" {
		t.Skip("needs TRANSFORMED; `make integration` makes it and runs this")
	}
	return path
}

func transformed(t *testing.T) template.Template {
	t.Helper()
	path := transformedFile(t)
	s, err := template.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTransformedPermissionsLetNobodyElseIn(t *testing.T) {
	s := transformed(t)
	public := map[string][]string{}
	gateways := 0
	for name, r := range s.Resources {
		if r.Type != "AWS::Lambda::Permission" {
			continue
		}
		p := r.Properties
		if !strings.HasSuffix(text(p["FunctionName"]), `Aliaslive"}`) {
			t.Errorf("%s reaches %s, past the alias and its canary", name, text(p["FunctionName"]))
		}
		switch p["Principal"] {
		case "*":
			function := text(at(p["FunctionName"], "Ref"))
			limited := p["Action"] == "lambda:InvokeFunctionUrl" && p["FunctionUrlAuthType"] == "NONE" ||
				p["Action"] == "lambda:InvokeFunction" && p["InvokedViaFunctionUrl"] == true
			if !limited {
				t.Errorf("%s lets anybody in: %s", name, text(p))
			}
			public[function] = append(public[function], p["Action"].(string))
		case "apigateway.amazonaws.com":
			gateways++
			if p["SourceArn"] == nil || p["Action"] != "lambda:InvokeFunction" {
				t.Errorf("%s lets every API of the account in: %s", name, text(p))
			}
		default:
			t.Errorf("%s lets %v in", name, p["Principal"])
		}
	}
	if len(public) != 2 || gateways == 0 {
		t.Errorf("public functions: %v; permissions of gateways: %d", public, gateways)
	}
	for function, actions := range public {
		slices.Sort(actions)
		if !slices.Equal(actions, []string{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}) {
			t.Errorf("%s has %v: a public function URL needs both", function, actions)
		}
	}
}

func TestTransformedFunctionsRollOutInSteps(t *testing.T) {
	s := transformed(t)
	for name := range functions {
		group := s.Resources[name+"DeploymentGroup"]
		if at(group.Properties, "AutoRollbackConfiguration", "Enabled") != true {
			t.Errorf("%s does not go back: %s", name, text(group.Properties))
		}
		alarms := []any{map[string]any{"Name": ref(name + "NewVersionErrors")}}
		if _, stores := s.Resources[name+"NewVersionNotStored"]; stores {
			alarms = append(alarms, map[string]any{"Name": ref(name + "NewVersionNotStored")})
		}
		watch := text(choice("RollBack", map[string]any{"Alarms": alarms, "Enabled": true}, map[string]any{}))
		if functions[name].atOnce {
			watch = "null"
		}
		if got := text(group.Properties["AlarmConfiguration"]); got != watch {
			t.Errorf("%s goes back on %s, not on %s", name, got, watch)
		}
		if s.Resources[name+"Aliaslive"].Type != "AWS::Lambda::Alias" {
			t.Errorf("%s has no alias", name)
		}
	}
}

// The version's name is a hash; the alarms must follow it.
func TestTransformedAlarmsWatchTheVersionThatTakesOver(t *testing.T) {
	s := transformed(t)
	for name, f := range functions {
		if f.atOnce {
			continue
		}
		version := regexp.MustCompile(`"Name":"ExecutedVersion","Value":\{"Fn::GetAtt":\["(` + name + `Version[0-9a-f]+)","Version"\]\}`).
			FindStringSubmatch(text(s.Resources[name+"NewVersionErrors"].Properties))
		if version == nil || s.Resources[version[1]].Type != "AWS::Lambda::Version" {
			t.Errorf("%s: %v is no version", name, version)
			continue
		}
		if p := text(s.Resources[name+"NewVersionNotStored"].Properties); p != "null" && !strings.Contains(p, `"Name":"version","Value":{"Fn::GetAtt":["`+version[1]+`","Version"]}`) {
			t.Errorf("%s: what is not stored is watched of another version: %s", name, p)
		}
		expect(t, name+" live", s.Resources[name+"Aliaslive"].Properties["FunctionVersion"], map[string]any{"Fn::GetAtt": []any{version[1], "Version"}}, "the alarm would watch another version")
	}
}

func TestTransformedSweepIsNotRepeated(t *testing.T) {
	p := transformed(t).Resources["ReconcilePayoutsEventInvokeConfig"].Properties
	expect(t, "qualifier", p["Qualifier"], "live", "the schedule invokes the alias, and the settings of the function are not its")
	expect(t, "retries", p["MaximumRetryAttempts"], 0, "zero must survive the transform")
	expect(t, "age", p["MaximumEventAgeInSeconds"], 60, "the next sweep does what this one would have")
}

func TestTransformedRolesAreOurs(t *testing.T) {
	s := transformed(t)
	for name, r := range s.Resources {
		if r.Type != "AWS::IAM::Role" {
			continue
		}
		if r.Properties["ManagedPolicyArns"] != nil && name != "CodeDeployServiceRole" {
			t.Errorf("SAM gave %s managed policies: %s", name, text(r.Properties["ManagedPolicyArns"]))
		}
	}
	if n := strings.Count(text(s.Resources), `"Type":"AWS::IAM::Role"`); n != len(functions)+3 {
		t.Errorf("%d roles after the transform; ours, the gate's, the schedule's and CodeDeploy's are %d", n, len(functions)+3)
	}
}

func TestTransformedRoutesAllHaveAnAuthorizerExceptCallbacks(t *testing.T) {
	s := transformed(t)
	paths, _ := at(s.Resources["Api"].Properties, "Body", "paths").(map[string]any)
	if len(paths) < 8 {
		t.Fatalf("%d paths", len(paths))
	}
	for path, methods := range paths {
		for method, operation := range methods.(map[string]any) {
			signed := strings.Contains(text(at(operation, "security")), "AWS_IAM")
			if signed == strings.HasPrefix(path, "/v1/callbacks/") {
				t.Errorf("%s %s: %s", method, path, text(at(operation, "security")))
			}
		}
	}
}

// CloudFormation refuses a stack whose resources wait for each other. No linter
// sees it: the circle goes through an alias' update policy.
func TestTransformedResourcesDoNotWaitForEachOther(t *testing.T) {
	waits := waiting(t)
	seen := map[string]int{} // 1 on the way, 2 done
	var visit func(name string, way []string)
	visit = func(name string, way []string) {
		if seen[name] == 1 {
			t.Errorf("a circle: %s", strings.Join(append(way, name), " -> "))
			return
		}
		if seen[name] == 2 {
			return
		}
		seen[name] = 1
		for _, next := range waits[name] {
			visit(next, append(way, name))
		}
		seen[name] = 2
	}
	for name := range waits {
		visit(name, nil)
	}
}

// waiting lists what each resource of the transformed template waits for.
func waiting(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile(transformedFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Resources map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	return waits(document.Resources)
}

func waits(resources map[string]json.RawMessage) map[string][]string {
	all := map[string][]string{}
	words := regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*`)
	for name, r := range resources {
		for _, word := range words.FindAllString(references(r), -1) {
			if _, there := resources[word]; there && word != name {
				all[name] = append(all[name], word)
			}
		}
	}
	return all
}

// substituted is a variable of an Fn::Sub.
var substituted = regexp.MustCompile(`\$\{[A-Za-z0-9]+`)

// references joins what makes one resource wait for another.
func references(raw json.RawMessage) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return ""
	}
	var all []string
	var walk func(v any, inside bool)
	walk = func(v any, inside bool) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				if key == "Fn::Sub" { // its text may name what it does not refer to
					all = append(all, substituted.FindAllString(text(member), -1)...)
				}
				walk(member, inside || slices.Contains([]string{"Ref", "Fn::GetAtt", "DependsOn"}, key))
			}
		case []any:
			for _, member := range v {
				walk(member, inside)
			}
		case string:
			if inside {
				all = append(all, v)
			}
		}
	}
	walk(value, false)
	return strings.Join(all, " ")
}
