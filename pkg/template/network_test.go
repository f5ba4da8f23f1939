package template_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// before is everything that is there before a resource is made or changed.
func before(waits map[string][]string, name string) map[string]bool {
	all := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		for _, next := range waits[name] {
			if !all[next] {
				all[next] = true
				visit(next)
			}
		}
	}
	visit(name)
	return all
}

// judgeNetwork: the gate asks each new version for a selftest, which reads the table and secrets.
// A function in a network whose way out is still being made would fail it, and the deployment
// that turns FixedEgress on would go back. So whoever has a VpcConfig waits for all of it.
func judgeNetwork(t *testing.T, s template.Template, waits map[string][]string, suffix string) {
	t.Helper()
	inside := 0
	for function, r := range s.Resources {
		if !strings.HasSuffix(r.Type, "::Function") || r.Properties["VpcConfig"] == nil {
			continue
		}
		inside++
		there := before(waits, function+suffix)
		for name, r := range s.Resources {
			if strings.HasPrefix(r.Type, "AWS::EC2::") && !there[name] {
				t.Errorf("%s%s does not wait for %s", function, suffix, name)
			}
		}
	}
	if inside != 4 {
		t.Errorf("%d functions are in the network", inside)
	}
}

func TestFunctionsWaitForTheirWholeNetwork(t *testing.T) {
	s := service(t)
	resources := map[string]json.RawMessage{}
	for name, r := range s.Resources {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		resources[name] = raw
	}
	judgeNetwork(t, s, waits(resources), "")
}

// The alias is what CodeDeploy moves after the gate.
func TestTransformedAliasesWaitForTheirWholeNetwork(t *testing.T) {
	judgeNetwork(t, transformed(t), waiting(t), "Aliaslive")
}
