package template_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/template"
	"cambodia-payouts/pkg/wire"
)

// notDeployed is the provider that a build tag adds to prove that one can be added.
const notDeployed payout.Provider = "trial"

// deployable are the names of the providers that are deployed.
func deployable() []payout.Provider {
	return slices.DeleteFunc(payout.Providers(), func(p payout.Provider) bool { return p == notDeployed })
}

// titled is a provider's name as it stands in names of resources.
func titled(p payout.Provider) string { return strings.ToUpper(string(p[:1])) + string(p[1:]) }

// ofEach names something for each provider that is deployed: "%sCallback".
func ofEach(pattern string) []string {
	var names []string
	for _, p := range deployable() {
		names = append(names, fmt.Sprintf(pattern, titled(p)))
	}
	return names
}

// mentions are the texts that a file has to have about a provider, outside its room: %s is its
// name, %S that of its resources, %V that of its variables.
var mentions = map[string][]string{
	"Makefile":                        {"build-%SCallback: FUNCTION = %s-callback"},
	"openapi.yaml":                    {"%s"},
	"functions/%s-callback/main.go":   {"boot.RunCallback(%s.Provider)"},
	"cmd/local/providers.go":          {`"%V_SECRET_ID"`, `"%V_CALLBACK_URL"`},
	"cmd/local-aws/provision.go":      {`"%SSecret"`},
	"docs/rotation-policy.json":       {"%SSecret"},
	"docs/on-call-policy.json":        {"%SSecret"},
	"docs/deploying-role-policy.json": {"%SSecret"},
	"docs/providers.md":               {"## %S"},
	"docs/operating.md":               {"%S"},
	"docs/runbook.md":                 {"%SCallback", "%s-outflow-held"},
	"docs/go-live-checklist.md":       {"%S"},
}

// unplaced lists everything that template and pages lack of a provider.
func unplaced(s template.Template, p payout.Provider) []string {
	var lacks []string
	lack := func(format string, values ...any) { lacks = append(lacks, fmt.Sprintf(format, values...)) }
	for _, part := range []string{
		"Secret", "Callback", "CallbackUrl", "CallbackUrlPermission", "CallbackInvokePermission", "CallbackLogs", "CallbackRole",
		"CallbackErrors", "CallbackNewVersionErrors", "CallbackNewVersionNotStored", "KeyAlarm", "OutflowHeldAlarm",
	} {
		if _, there := s.Resources[titled(p)+part]; !there {
			lack("template.yaml: no resource %s%s", titled(p), part)
		}
	}
	for _, output := range []string{"CallbackAddress", "SecretArn"} {
		if _, there := s.Outputs[titled(p)+output]; !there {
			lack("template.yaml: no output %s%s", titled(p), output)
		}
	}
	for _, parameter := range []string{"ProviderOrder", "PausedProviders"} {
		if pattern := s.Parameters[parameter].AllowedPattern; !regexp.MustCompile(pattern).MatchString(string(p)) {
			lack("template.yaml: %s does not take the name", parameter)
		}
	}
	if !strings.Contains(fmt.Sprint(s.Parameters["ProviderOrder"].Default), string(p)) {
		lack("template.yaml: it does not stand in the default of ProviderOrder: no payout to a bank goes by it unless it is named")
	}
	board, rule := text(s.Resources["Dashboard"].Properties), text(s.Resources["MoneyAtRisk"].Properties)
	for _, part := range []string{"CallbackErrors", "OutflowHeldAlarm"} {
		for where, all := range map[string]string{"the dashboard": board, "MoneyAtRisk": rule} {
			if !strings.Contains(all, "${"+titled(p)+part) {
				lack("template.yaml: %s has no %s%s", where, titled(p), part)
			}
		}
	}
	names := strings.NewReplacer("%s", string(p), "%S", titled(p), "%V", strings.ToUpper(string(p)))
	for _, file := range slices.Sorted(maps.Keys(mentions)) {
		raw, _ := os.ReadFile("../../" + names.Replace(file))
		for _, words := range mentions[file] {
			if !strings.Contains(string(raw), names.Replace(words)) {
				lack("%s: no %s", names.Replace(file), names.Replace(words))
			}
		}
	}
	return lacks
}

// What a provider needs outside its room is named in one go: an alarm that nobody has thought of
// rings for nobody.
func TestEveryProviderHasItsPlaceInTheDeployment(t *testing.T) {
	if len(deployable()) < 2 || len(wire.Providers()) < 2 {
		t.Fatal("no providers: the walk has lost its meaning")
	}
	for _, p := range deployable() {
		for _, lack := range unplaced(service(t), p) {
			t.Errorf("%s: %s", p, lack)
		}
	}
}

// Of one that has no place at all, every place is missed.
func TestAProviderWithoutAPlaceMissesEveryOne(t *testing.T) {
	places := 12 + 2 + 2 + 1 + 4
	for _, words := range mentions {
		places += len(words)
	}
	if lacks := unplaced(service(t), "zebra"); len(lacks) != places {
		t.Errorf("%d of %d places are missed: %q", len(lacks), places, lacks)
	}
}
