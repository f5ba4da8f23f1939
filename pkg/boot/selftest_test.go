package boot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

const (
	selftestVexora = `{"KHR": {"base_url": "https://vexora.example.com", "merchant_no": "1", "app_secret": "vexora-secret-of-the-test"},
		"USD": {"base_url": "https://vexora.example.com", "merchant_no": "2", "app_secret": "vexora-secret-in-dollars"}}`
	selftestMonetix = `{"base_url": "https://monetix.example.com", "project_id": 1234, "secret_key": "monetix-secret-of-the-test"}`
	selftestKey     = "stack-key-of-the-selftests-0123456789"
	selftestWebhook = `{"url": "https://merchant.example.com/events", "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}`
)

var selftestSecrets = map[string]string{"vexora": selftestVexora, "monetix": selftestMonetix, "webhook": selftestWebhook, "key": selftestKey}

// placeholders are the documents that the template makes.
var placeholders = map[string]string{
	"vexora":  `{"KHR": {"base_url": "https://REPLACE_ME", "merchant_no": "REPLACE_ME", "app_secret": "REPLACE_ME"}}`,
	"monetix": `{"base_url": "https://REPLACE_ME", "project_id": 1, "secret_key": "REPLACE_ME"}`,
	"webhook": `{"url": "https://REPLACE_ME", "secret": "whsec_REPLACE_ME"}`,
	"key":     selftestKey, // the template makes one
}

func selftestEnvironment(changes map[string]string) map[string]string {
	all := map[string]string{
		"REVISION": "0123456789abcdef", "AWS_LAMBDA_FUNCTION_NAME": "stack-Function-1", "TABLE_NAME": "t", "ID_NAMESPACE": "dev",
		"VEXORA_SECRET_ID": "vexora", "MONETIX_SECRET_ID": "monetix", "WEBHOOK_SECRET_ID": "webhook", "STACK_KEY_SECRET_ID": "key",
		"VEXORA_CALLBACK_URL": "https://cb.example.com/v", "MONETIX_CALLBACK_URL": "https://cb.example.com/m",
	}
	maps.Copy(all, changes)
	return all
}

// boardOnly is a table that lets the controls be read: whatever else touched it would panic.
type sharedOnly struct{ payout.Store }

func (sharedOnly) Shared(context.Context) (payout.Shared, error) { return payout.Shared{}, nil }

// selftestOf runs the selftest of a function whose table lets the controls be read, and nothing
// else.
func selftestOf[C Config](documents, changes map[string]string) (Selftest, error) {
	return selftestOver[C](sharedOnly{}, documents, changes)
}

func selftestOver[C Config](store payout.Store, documents, changes map[string]string) (Selftest, error) {
	return selftestWith(Read[C], store, documents, changes)
}

// callbackSelftest is that of the function that takes a provider's callbacks.
func callbackSelftest(p provider.Provider) selftestRun {
	return func(documents, changes map[string]string) (Selftest, error) {
		return selftestWith(readerOf(p), sharedOnly{}, documents, changes)
	}
}

func readerOf(p provider.Provider) func(map[string]string) (CallbackConfig, error) {
	return func(environment map[string]string) (CallbackConfig, error) { return ReadCallback(p, environment) }
}

func selftestWith[C Config](read func(map[string]string) (C, error), store payout.Store, documents, changes map[string]string) (Selftest, error) {
	environment := selftestEnvironment(changes)
	config, err := read(environment)
	if err != nil {
		return Selftest{}, err
	}
	d := wire.Parts{Store: store, Secrets: secrets.NewStaticSource(documents, nil), Log: slog.New(slog.DiscardHandler)}
	test, err := newSelftest(d, config, environment)
	if err != nil {
		return Selftest{}, err
	}
	return test.run(context.Background())
}

type selftestRun = func(documents, changes map[string]string) (Selftest, error)

// everySelftest is the selftest of each function, and how many checks it has.
var everySelftest = map[string]struct {
	run    selftestRun
	checks []string
}{
	"create-payout":     {selftestOf[CreateConfig], []string{"vexora request KHR", "vexora request USD", "monetix request KHR", "controls read"}},
	"operate-payout":    {selftestOf[OperateConfig], []string{"vexora request KHR", "vexora request USD", "monetix request KHR", "controls read", "stack key"}},
	"reconcile-payouts": {selftestOf[ReconcileConfig], []string{"vexora request KHR", "vexora request USD", "monetix request KHR", "controls read", "event signed"}},
	"notify-merchant":   {selftestOf[NotifyConfig], []string{"controls read", "event signed"}},
	"get-payout":        {selftestOf[ReadConfig], []string{"payout encoded", "controls read"}},
	"vexora-callback":   {callbackSelftest(vexora.Provider), []string{"controls read", "vexora callback KHR", "vexora callback USD"}},
	"monetix-callback":  {callbackSelftest(monetix.Provider), []string{"controls read", "monetix callback"}},
}

// served are the checks of the providers that the fixtures have a secret for; a provider
// behind a build tag has none.
func served(s Selftest) []Check {
	return slices.DeleteFunc(slices.Clone(s.Checks), func(c Check) bool {
		return c.State == CheckNotConfigured && strings.HasSuffix(c.Detail, "has no secret: not configured")
	})
}

func TestSelftestOfEveryFunctionPasses(t *testing.T) {
	for function, test := range everySelftest {
		report, err := test.run(selftestSecrets, nil)
		if err != nil {
			t.Errorf("%s: %v", function, err)
		}
		if report.Revision != "0123456789abcdef" || report.Function != "stack-Function-1" || len(report.Settings) != 64 {
			t.Errorf("%s: %+v", function, report)
		}
		var names []string
		for _, check := range served(report) {
			names = append(names, check.Name)
			if check.State != CheckPassed {
				t.Errorf("%s: %+v", function, check)
			}
		}
		if !slices.Equal(names, test.checks) {
			t.Errorf("%s has the checks %q, want %q: a new provider's stand in everySelftest", function, names, test.checks)
		}
	}
}

// A new stack has placeholders, and is healthy.
func TestSelftestCallsAPlaceholderNotConfigured(t *testing.T) {
	for function, test := range everySelftest {
		report, err := test.run(placeholders, nil)
		if err != nil {
			t.Errorf("%s: %v", function, err)
		}
		for _, check := range report.Checks {
			if want := map[bool]CheckState{true: CheckPassed, false: CheckNotConfigured}[function == "get-payout" || check.Name == "stack key" || check.Name == "controls read"]; check.State != want {
				t.Errorf("%s: %+v", function, check)
			}
		}
	}
	oneAccount := map[string]string{"vexora": `{"KHR": {"base_url": "https://v.example.com", "merchant_no": "1", "app_secret": "x"}}`}
	report, err := callbackSelftest(vexora.Provider)(oneAccount, nil)
	if err != nil || report.Checks[1].State != CheckPassed || report.Checks[2].State != CheckNotConfigured {
		t.Errorf("%+v, %v", report.Checks, err)
	}
}

func TestSelftestFailsAndSaysWhichCheckDid(t *testing.T) {
	for name, test := range map[string]struct {
		run       selftestRun
		documents map[string]string
		changes   map[string]string
		says      []string
	}{
		"a callback address that Vexora cannot reach": {
			selftestOf[CreateConfig], selftestSecrets, map[string]string{"VEXORA_CALLBACK_URL": "http://cb.example.com"}, []string{"vexora request KHR", "vexora request USD"},
		},
		"a secret that is not there": {callbackSelftest(monetix.Provider), nil, nil, []string{"monetix callback"}},
		"a secret that is no document": {
			callbackSelftest(vexora.Provider), map[string]string{"vexora": `{"KHR": 1}`}, nil, []string{"vexora callback KHR", "vexora callback USD"},
		},
		// It starts without them, because the controls go through it; a new version without them is refused.
		"secrets that are not there, of the orders": {selftestOf[OperateConfig], nil, nil, []string{"vexora request KHR", "monetix request KHR", "stack key"}},
		"a stack key that can be none": {
			selftestOf[OperateConfig], map[string]string{"vexora": selftestVexora, "monetix": selftestMonetix, "key": "short"}, nil, []string{"stack key"},
		},
		"a webhook key that cannot be used": {
			selftestOf[NotifyConfig], map[string]string{"webhook": `{"url": "https://m.example.com", "secret": "whsec_x"}`}, nil, []string{"event signed"},
		},
		"settings that nobody knows": {
			selftestOf[ReconcileConfig], selftestSecrets, map[string]string{"PROVIDER_SETTINGS": `{"vexora": {"typo": 1}}`}, []string{"vexora request KHR", "monetix request KHR"},
		},
	} {
		_, err := test.run(test.documents, test.changes)
		for _, check := range test.says {
			if err == nil || !strings.Contains(err.Error(), check) || !strings.Contains(err.Error(), "0123456789abcdef") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A version that cannot read the controls holds everything: it must get no traffic.
func TestSelftestFailsWhereTheControlsCannotBeRead(t *testing.T) {
	for function, run := range map[string]func() (Selftest, error){
		"create-payout":     func() (Selftest, error) { return selftestOver[CreateConfig](readsNoShared{}, selftestSecrets, nil) },
		"operate-payout":    func() (Selftest, error) { return selftestOver[OperateConfig](readsNoShared{}, selftestSecrets, nil) },
		"reconcile-payouts": func() (Selftest, error) { return selftestOver[ReconcileConfig](readsNoShared{}, selftestSecrets, nil) },
		"notify-merchant":   func() (Selftest, error) { return selftestOver[NotifyConfig](readsNoShared{}, selftestSecrets, nil) },
		"get-payout":        func() (Selftest, error) { return selftestOver[ReadConfig](readsNoShared{}, selftestSecrets, nil) },
		"vexora-callback": func() (Selftest, error) {
			return selftestWith(readerOf(vexora.Provider), readsNoShared{}, selftestSecrets, nil)
		},
		"monetix-callback": func() (Selftest, error) {
			return selftestWith(readerOf(monetix.Provider), readsNoShared{}, selftestSecrets, nil)
		},
	} {
		if _, err := run(); err == nil || !strings.Contains(err.Error(), "controls read: "+errDenied.Error()) {
			t.Errorf("%s: %v", function, err)
		}
	}
}

func TestSelftestDialsNobody(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dialled := make(chan struct{}, 10)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
			dialled <- struct{}{}
		}
	}()
	address := "http://" + listener.Addr().String()
	here := map[string]string{
		"vexora":  `{"KHR": {"base_url": "` + address + `", "merchant_no": "1", "app_secret": "x"}}`,
		"monetix": `{"base_url": "` + address + `", "project_id": 1, "secret_key": "x"}`,
		"webhook": `{"url": "` + address + `", "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}`,
		"key":     selftestKey,
	}
	for function, test := range everySelftest {
		if _, err := test.run(here, map[string]string{"DEV_INSECURE": "1", "AWS_LAMBDA_FUNCTION_NAME": ""}); err != nil {
			t.Errorf("%s: %v", function, err)
		}
	}
	if len(dialled) > 0 {
		t.Errorf("%d connections", len(dialled))
	}
}

func TestSelftestDigestTellsSettingsAndNoSecret(t *testing.T) {
	digest := func(documents, changes map[string]string) string {
		report, err := selftestOf[CreateConfig](documents, changes)
		if err != nil {
			t.Fatal(err)
		}
		all, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"vexora-secret-of-the-test", "vexora-secret-in-dollars", "monetix-secret-of-the-test", provider.SampleNumber} {
			if strings.Contains(string(all), secret) {
				t.Errorf("the answer holds %s", secret)
			}
		}
		return report.Settings
	}
	first := digest(selftestSecrets, nil)
	for name, changes := range map[string]map[string]string{
		"another revision": {"REVISION": "other"}, "another function's name": {"AWS_LAMBDA_FUNCTION_NAME": "other"},
		"what it does not read": {"LOW_BALANCE_KHR": "1"}, "a default spelled out": {"QUEUED_MAX_AGE": "1h", "SUBMISSIONS": "active"},
	} {
		if digest(selftestSecrets, changes) != first {
			t.Errorf("%s changes the digest", name)
		}
	}
	for _, changes := range []map[string]string{{"SUBMISSIONS": "held"}, {"MAX_AMOUNT_USD": "9"}, {"TABLE_NAME": "restored"}, {"PROVIDER_SETTINGS": "{ }"}} {
		if digest(selftestSecrets, changes) == first {
			t.Errorf("%v does not change the digest", changes)
		}
	}
	rotated := maps.Clone(selftestSecrets)
	rotated["monetix"] = strings.Replace(selftestMonetix, "secret-of", "secret-after", 1)
	if digest(rotated, nil) != first {
		t.Error("a secret is part of the digest, and could be tried out against it")
	}
}

func TestSelftestIsNeverAnEventOfAnythingElse(t *testing.T) {
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d events, %v", len(files), err)
	}
	for _, name := range files {
		event, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) == "selftest.json" {
			if !asksForSelftest(event) {
				t.Errorf("%s is not taken for a selftest", name)
			}
			continue
		}
		if asksForSelftest(event) {
			t.Errorf("%s is taken for a selftest", name)
		}
		var envelope map[string]any
		if err := json.Unmarshal(event, &envelope); err != nil {
			t.Fatal(err)
		}
		envelope["body"] = `{"selftest": true}` // all that a caller decides
		if changed, err := json.Marshal(envelope); err != nil || asksForSelftest(changed) {
			t.Errorf("%s with the request as its body is taken for a selftest (%v)", name, err)
		}
	}
	for text, want := range map[string]bool{
		`{"selftest": true}`: true, `{"selftest":true}`: true, " {\n\"selftest\" : true } ": true,
		`{"selftest": false}`: false, `{"selftest": "true"}`: false, `{"selftest": 1}`: false, `{"selftest": true, "version": "2.0"}`: false,
		`{"selftest": true, "other": true}`: false, `{"selftest": false, "selftest": true}`: false, `{"Selftest": true}`: false,
		`[{"selftest": true}]`: false, `{}`: false, ``: false, `null`: false, `{"selftest": true}{}`: false,
		`{"selftest": true` + strings.Repeat(" ", 64) + `}`: false,
	} {
		if asksForSelftest([]byte(text)) != want {
			t.Errorf("%s is taken for a selftest: %t", text, !want)
		}
	}
}

type echo struct{}

func (echo) Invoke(_ context.Context, event []byte) ([]byte, error) { return event, nil }

func TestSelftestLeavesEveryOtherEventToTheFunction(t *testing.T) {
	test := selftest{report: Selftest{Revision: "r", Function: "f"}}
	answer, err := tested{echo{}, test}.Invoke(context.Background(), []byte(`{"version": "2.0"}`))
	if err != nil || string(answer) != `{"version": "2.0"}` {
		t.Errorf("%s, %v", answer, err)
	}
	answer, err = tested{echo{}, test}.Invoke(context.Background(), []byte(`{"selftest": true}`))
	if err != nil || string(answer) != `{"revision":"r","settings":"","function":"f","checks":[]}` {
		t.Errorf("%s, %v", answer, err)
	}
	test.proofs = []wire.Proof{{Name: "this", Run: func(context.Context) error { return errors.New("broke") }}}
	if answer, err = (tested{echo{}, test}).Invoke(context.Background(), []byte(`{"selftest": true}`)); err == nil || answer != nil || !strings.Contains(err.Error(), "this: broke") {
		t.Errorf("%s, %v", answer, err)
	}
}

// With placeholders alone a function may not start. It still says so, and ends with the
// first event that is none of ours.
func TestSelftestIsAllThatAnUnconfiguredFunctionAnswers(t *testing.T) {
	var said strings.Builder
	ended := 0
	problem := errors.Join(wire.ErrNoProvider, secrets.ErrNotConfigured)
	function := tested{unconfigured{problem, &said, func(code int) { ended = code }}, selftest{}}
	if _, err := function.Invoke(context.Background(), []byte(`{"selftest": true}`)); err != nil || ended != 0 {
		t.Errorf("%v, ended with %d", err, ended)
	}
	if _, err := function.Invoke(context.Background(), []byte(`{"version": "2.0"}`)); err == nil || ended != 1 || !strings.Contains(said.String(), "no provider is configured") {
		t.Errorf("%v, ended with %d, said %s", err, ended, said.String())
	}
	for name, test := range map[string]struct {
		err  error
		only bool
	}{
		"placeholders":              {problem, true},
		"a wrong table besides":     {errors.Join(problem, payout.ErrNamespace), false},
		"a secret out of reach":     {errors.Join(wire.ErrNoProvider, errors.New("access denied")), false},
		"everything is well":        {nil, false},
		"something else altogether": {payout.ErrNamespace, false},
	} {
		if onlyUnconfigured(test.err) != test.only {
			t.Errorf("%s: %t", name, !test.only)
		}
	}
}
