package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
)

// What the sandbox and the service have agreed on. These keys open nothing: they are
// those of the sandbox on this machine.
const (
	vexoraMerchantKHR = "local-merchant-khr"
	vexoraMerchantUSD = "local-merchant-usd"
	vexoraKeyKHR      = "local-vexora-key-for-riel"
	vexoraKeyUSD      = "local-vexora-key-for-dollars"
	monetixProject    = 1234
	monetixKey        = "local-monetix-key"
	webhookKey        = "whsec_bG9jYWwtd2ViaG9vay1rZXktZm9yLW9uZS1tYWNoaW5l"
)

// The names of the secrets; on AWS they are ARNs.
const (
	vexoraSecret  = "local/vexora"
	monetixSecret = "local/monetix"
	webhookSecret = "local/webhook"
	peopleSecret  = "local/people"
	stackKey      = "local/stack-key"
)

// register names the two people that personHeader may choose.
const register = `{"people": [{"name": "Dara", "principals": ["` + localUsers + `dara"]},
	{"name": "Bopha", "principals": ["` + localUsers + `bopha"]}]}`

// newSandbox plays both providers. It remembers in the folder what it executed, as a
// provider does: a restart on our side must not make it forget. Its ledger is beside the store, so
// that one folder is one world.
func newSandbox(folder string) (*sandbox.Sandbox, error) {
	return sandbox.New(sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{
			"cambodia":     {MerchantNo: vexoraMerchantKHR, Secret: vexoraKeyKHR, Currency: "KHR"},
			"cambodia-usd": {MerchantNo: vexoraMerchantUSD, Secret: vexoraKeyUSD, Currency: "USD"},
		},
		Monetix:   sandbox.MonetixProject{ProjectID: monetixProject, Secret: monetixKey},
		StatePath: filepath.Join(folder, ledgerName),
	})
}

// documents are the secrets as Secrets Manager would hold them. They are the same JSON, so that the
// parsers and checks of the functions run here too. Nothing is ever rotated.
func documents(box, key string, told merchant) secrets.Source {
	return secrets.NewStaticSource(map[string]string{
		vexoraSecret: fmt.Sprintf(`{"KHR": {"base_url": "%[1]s/vexora/cambodia", "merchant_no": %[2]q, "app_secret": %[3]q},
			"USD": {"base_url": "%[1]s/vexora/cambodia-usd", "merchant_no": %[4]q, "app_secret": %[5]q}}`,
			box, vexoraMerchantKHR, vexoraKeyKHR, vexoraMerchantUSD, vexoraKeyUSD),
		monetixSecret: fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": %d, "secret_key": %q}`, box, monetixProject, monetixKey),
		webhookSecret: string(told.document()),
		peopleSecret:  register,
		stackKey:      key,
	}, nil)
}

// passed are the variables that a local run takes from its own environment, so
// that their effect can be tried here. WEBHOOK_URL and WEBHOOK_SECRET are this run's own. A test
// compares the list with the README.
var passed = []string{
	"PROVIDER_ORDER", "PAUSED_PROVIDERS", "SUBMISSIONS", "MAX_AMOUNT_KHR", "MAX_AMOUNT_USD", "OUTFLOW_LIMITS", "QUEUED_MAX_AGE",
	"DUPLICATE_WINDOW", "REDACT_AFTER_DAYS", "LOW_BALANCE_KHR", "LOW_BALANCE_USD", "PROVIDER_SETTINGS", "LOG_LEVEL",
}

// ignored are those of the functions' variables that are set and have no effect here: the run
// sets them itself, or they are about a restore. Whoever sets one is told: a variable that is
// silently without effect is looked for in the wrong place.
func ignored() []string {
	var set []string
	for _, c := range []boot.Config{boot.CreateConfig{}, boot.ReconcileConfig{}, boot.NotifyConfig{}, boot.OperateConfig{}, boot.ReadConfig{}} {
		for _, name := range boot.Variables(c) {
			if _, there := os.LookupEnv(name); there && !slices.Contains(passed, name) && !slices.Contains(set, name) {
				set = append(set, name)
			}
		}
	}
	return set
}

// environment is what the template would set. DEV_INSECURE allows plain http to this machine; the
// functions refuse it on Lambda.
func environment(address string) map[string]string {
	env := map[string]string{
		"TABLE_NAME": "local", "ID_NAMESPACE": "local", "DEV_INSECURE": "1", "REVISION": "local",
		"VEXORA_SECRET_ID": vexoraSecret, "MONETIX_SECRET_ID": monetixSecret, "WEBHOOK_SECRET_ID": webhookSecret,
		"PEOPLE_SECRET_ID":     peopleSecret,
		"STACK_KEY_SECRET_ID":  stackKey,
		"VEXORA_CALLBACK_URL":  address + "/v1/callbacks/vexora",
		"MONETIX_CALLBACK_URL": address + "/v1/callbacks/monetix",
	}
	for _, name := range passed {
		if value, set := os.LookupEnv(name); set {
			env[name] = value
		}
	}
	return env
}
