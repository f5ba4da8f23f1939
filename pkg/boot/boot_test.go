package boot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// The documents of two providers that nobody answers for.
const (
	vexoraDocument  = `{"KHR": {"base_url": "http://127.0.0.1:9/vexora", "merchant_no": "1", "app_secret": "vexora-test-secret-0001"}}`
	monetixDocument = `{"base_url": "http://127.0.0.1:9/monetix", "project_id": 1234, "secret_key": "monetix-test-secret"}`
)

func environment(changes ...string) map[string]string {
	env := map[string]string{
		"TABLE_NAME": "t", "ID_NAMESPACE": "dev", "VEXORA_SECRET_ID": "vexora", "MONETIX_SECRET_ID": "monetix",
		"PEOPLE_SECRET_ID": "people", "STACK_KEY_SECRET_ID": "stack-key", "VEXORA_CALLBACK_URL": "https://cb.example.com/v", "MONETIX_CALLBACK_URL": "https://cb.example.com/m",
	}
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		env[name] = value
	}
	return env
}

// stackKey is the secret of these tests that STACK_KEY_SECRET_ID names.
const stackKey = "a key of hashes over personal data, for tests"

// withKey adds the stack's key to the documents, unless they say otherwise.
func withKey(documents map[string]string) map[string]string {
	all := map[string]string{"stack-key": stackKey}
	maps.Copy(all, documents)
	return all
}

func deployment(t testing.TB, documents map[string]string) wire.Parts {
	t.Helper()
	store, err := localstore.Open(filepath.Join(t.TempDir(), "payouts.db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return wire.Parts{Store: store, Secrets: secrets.NewStaticSource(withKey(documents), nil), Log: slog.New(slog.DiscardHandler)}
}

func read[C boot.Config](t *testing.T, env map[string]string) C {
	t.Helper()
	c, err := boot.Read[C](env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readCallback(t *testing.T, p provider.Provider, env map[string]string) boot.CallbackConfig {
	t.Helper()
	c, err := boot.ReadCallback(p, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultsAreCautious(t *testing.T) {
	// The template sets every variable, the empty ones too.
	c := read[boot.CreateConfig](t, environment("PAUSED_PROVIDERS=", "RESTORED_AT=", "SAME_ACCOUNTS=", "PROVIDER_SETTINGS={}"))
	if c.Caps.KHR.Minor() != 6_000_000_000 || c.Caps.USD.Minor() != 1_000_000 || c.Submissions != boot.SubmissionsActive ||
		len(c.Order) != 2 || len(c.Paused) != 0 || !c.RestoredAt.IsZero() || len(c.SameAccounts) != 0 || c.RedactAfter != 365 || c.DuplicateWindow != 0 {
		t.Errorf("%+v", c)
	}
	if r := read[boot.ReconcileConfig](t, environment()); time.Duration(r.QueuedMaxAge) != time.Hour {
		t.Errorf("%+v", r)
	}
}

// A list of what went to a recipient stays for a week after the window. What waited for longer
// would be sent by itself with nothing left to compare it with.
func TestAQueuedPayoutMayWaitForAWeekAtMost(t *testing.T) {
	for most, good := range map[string]bool{"168h": true, "168h1s": false, "0s": false} {
		_, err := boot.Read[boot.ReconcileConfig](environment("QUEUED_MAX_AGE=" + most))
		if (err == nil) != good || !good && !strings.Contains(err.Error(), "QUEUED_MAX_AGE") {
			t.Errorf("%s: %v", most, err)
		}
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	_, err := boot.Read[boot.CreateConfig](map[string]string{
		"ID_NAMESPACE": "a b", "PROVIDER_ORDER": "stripe", "SUBMISSIONS": "maybe", "MAX_AMOUNT_KHR": "1e9", "MAX_AMOUNT_USD": "-1",
		"PROVIDER_SETTINGS": `{"typo": 1}`, "LOG_LEVEL": "LOUD", "RESTORED_AT": "yesterday", "DUPLICATE_WINDOW": "soon",
		"REDACT_AFTER_DAYS": "-1", "SAME_ACCOUNTS": "monetix,vexora", "DEV_INSECURE": "1", "AWS_LAMBDA_FUNCTION_NAME": "create-payout",
	})
	var out strings.Builder
	boot.Explain(&out, err)
	for _, name := range []string{
		"TABLE_NAME", "ID_NAMESPACE", "PROVIDER_ORDER", "SUBMISSIONS", "MAX_AMOUNT_KHR", "MAX_AMOUNT_USD", "PROVIDER_SETTINGS", "LOG_LEVEL", "RESTORED_AT",
		"DUPLICATE_WINDOW", "REDACT_AFTER_DAYS", "SAME_ACCOUNTS", "DEV_INSECURE",
	} {
		if strings.Count(out.String(), name) != 1 {
			t.Errorf("%s is not reported once in:\n%s", name, out.String())
		}
	}
	if strings.Contains(out.String(), "boot.") {
		t.Errorf("names of ours mean nothing to whoever sets variables:\n%s", out.String())
	}
	if lines := strings.Count(out.String(), "\n  - "); lines < 12 {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

// Vexora documents nothing about a repeated number, whatever its account is.
func TestAnAccountIsVouchedForOnlyWhereRepetitionsAreRefused(t *testing.T) {
	if c := read[boot.OperateConfig](t, environment("SAME_ACCOUNTS=monetix")); len(c.SameAccounts) != 1 {
		t.Errorf("%v", c.SameAccounts)
	}
	for _, value := range []string{"vexora", "monetix,vexora", "stripe", "yes", "Monetix"} {
		if _, err := boot.Read[boot.ReconcileConfig](environment("SAME_ACCOUNTS=" + value)); err == nil || !strings.Contains(err.Error(), "must name [monetix]") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestInsecureIsForThisMachineOnly(t *testing.T) {
	for name, test := range map[string]struct {
		env []string
		ok  bool
	}{
		"here":               {[]string{"DEV_INSECURE=1"}, true},
		"in sam local":       {[]string{"DEV_INSECURE=1", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_SAM_LOCAL=true"}, true},
		"on Lambda":          {[]string{"DEV_INSECURE=1", "AWS_LAMBDA_FUNCTION_NAME=f"}, false},
		"switched off there": {[]string{"DEV_INSECURE=0", "AWS_LAMBDA_FUNCTION_NAME=f"}, true},
	} {
		if _, err := boot.Read[boot.CreateConfig](environment(test.env...)); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFunctionNeedsOnlyWhatItUses(t *testing.T) {
	if _, err := boot.Read[boot.ReadConfig](map[string]string{"TABLE_NAME": "t", "ID_NAMESPACE": "n"}); err != nil {
		t.Errorf("get-payout: %v", err)
	}
	if _, err := boot.ReadCallback(vexora.Provider, map[string]string{"TABLE_NAME": "t", "ID_NAMESPACE": "n"}); err == nil {
		t.Error("vexora-callback starts without the secret's name")
	}
}

func TestWithoutAProviderCreateDoesNotStart(t *testing.T) {
	for name, documents := range map[string]map[string]string{
		"no secret at all":   {},
		"placeholders":       {"vexora": `{"KHR": "REPLACE_ME"}`, "monetix": `{"base_url": "https://REPLACE_ME"}`},
		"unreadable secrets": {"vexora": `{"KHR": {}}`, "monetix": `[]`},
	} {
		_, err := boot.Assemble(deployment(t, documents), read[boot.CreateConfig](t, environment())).Creator(context.Background())
		if err == nil || !strings.Contains(err.Error(), "no provider is configured") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTroubleWithOneProviderDoesNotStopTheOther(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": `{"KHR": {}}`, "monetix": monetixDocument})
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	created, err := creator.Create(context.Background(), payout.Draft{
		Reference: "R1", Amount: "50000", Currency: "KHR",
		Destination: payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"},
		Beneficiary: payout.Beneficiary{ID: "c", FirstName: "A", LastName: "B", Email: "a@example.com", Phone: "12345678", IPAddress: "::1"},
	}, "me")
	// Nobody listens on port 9: certainly not sent.
	if err != nil || created.Payout.Provider != monetix.Name || created.Payout.Status != payout.Queued {
		t.Errorf("%+v, %v", created.Payout, err)
	}
}

func TestATableOfAnotherNamespaceIsRefused(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	if err := d.Store.BindNamespace(context.Background(), "prod"); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, create := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(ctx)
	_, sweep := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(ctx)
	_, operate := boot.Assemble(d, read[boot.OperateConfig](t, environment())).Operator(ctx)
	_, vexora := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}}).Callback(ctx, vexora.Provider)
	_, monetix := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}}).Callback(ctx, monetix.Provider)
	for name, err := range map[string]error{"create": create, "sweep": sweep, "operate": operate, "vexora": vexora, "monetix": monetix} {
		if !errors.Is(err, payout.ErrNamespace) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettingsAreReportedByProvider(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument})
	settings := `PROVIDER_SETTINGS={"vexora": {"create_8000": "perhaps"}, "monetix": {"x": 1}, "banks": {"aba": {"vexora_code": "1"}}}`
	_, err := boot.Assemble(d, read[boot.CreateConfig](t, environment(settings))).Creator(context.Background())
	for _, word := range []string{"create_8000", "monetix settings", "aba"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not in %v", word, err)
		}
	}
	mapping := `PROVIDER_SETTINGS={"statements": {"vexora": {"unit": "cents"}, "stripe": {}}}`
	_, err = boot.Assemble(d, read[boot.OperateConfig](t, environment(mapping))).Operator(context.Background())
	for _, word := range []string{"unit", "statements: members"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not in %v", word, err)
		}
	}
}

// TestTheSampleEventsDoWhatTheirPageSays replays events/ in the order of a payout's
// life. Nobody listens at the providers, so that creates end as queued.
func TestTheSampleEventsDoWhatTheirPageSays(t *testing.T) {
	ctx := context.Background()
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument, "people": peopleDocument})
	creator, err1 := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(ctx)
	reader, err2 := boot.Assemble(d, read[boot.ReadConfig](t, environment())).Reader()
	vexora, err3 := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "vexora"}).Callback(ctx, vexora.Provider)
	monetix, err4 := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(ctx, monetix.Provider)
	operate, err5 := boot.Assemble(d, read[boot.OperateConfig](t, environment())).Operator(ctx)
	notifier, err6 := boot.Assemble(d, read[boot.NotifyConfig](t, environment())).Notify()
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	handlers := map[string]edge.Handler{
		"create-payout": edge.NewCreate(creator, d.Log), "get-payout": edge.NewRead(reader), "operate-payout": edge.NewOperate(operate),
		"vexora-callback": edge.NewCallback(vexora), "monetix-callback": edge.NewCallback(monetix),
	}
	replayed := map[string]bool{"reconcile-payouts.json": true} // its content does not matter
	for _, step := range []struct {
		function, event string
		status          int
		says            string
	}{
		{"get-payout", "by-id", 404, "not-found"},
		{"create-payout", "vexora", 202, `"status":"queued"`},
		{"create-payout", "vexora", 200, `"status":"queued"`},
		{"create-payout", "idempotency-key", 200, `"status":"queued"`},
		{"create-payout", "monetix", 202, `"status":"queued"`},
		{"create-payout", "base64", 200, `"status":"queued"`},
		{"create-payout", "without-reference", 400, `"outcome":"unknown"`},
		{"create-payout", "not-json", 400, `"outcome":"unknown"`},
		{"create-payout", "many-faults", 400, "/destination/type"},
		{"get-payout", "by-id", 200, "KHPO202605160001"},
		{"get-payout", "by-reference", 200, "KHPO202605160001"},
		{"get-payout", "day", 200, `"payouts"`},
		{"get-payout", "attention", 200, `"payouts"`},
		{"get-payout", "orphans", 200, `"orphans"`},
		{"get-payout", "banks", 200, "ABA Bank"},
		{"get-payout", "events", 200, `"events":[]`},
		{"notify-merchant", "nothing-to-tell", 0, `{"batchItemFailures":[]}`},
		{"notify-merchant", "submitting", 0, `{"batchItemFailures":[]}`},
		{"notify-merchant", "", 0, `{"batchItemFailures":[]}`},
		{"get-payout", "events", 200, `"type":"payout.queued"`},
		{"get-payout", "events-bad-cursor", 400, "invalid-query"},
		{"operate-payout", "resend-event", 200, `event 1 is told again`},
		{"get-payout", "not-found", 404, "not-found"},
		{"get-payout", "misspelt-filter", 400, "invalid-query"},
		{"operate-payout", "resolve", 409, "cancel it"},
		{"vexora-callback", "forged", 401, "signature-invalid"},
		{"vexora-callback", "processing", 200, "OK"},
		{"vexora-callback", "unlisted", 200, "OK"},
		{"operate-payout", "cancel", 409, "not-possible"},
		{"operate-payout", "resend", 409, "not-possible"},
		{"operate-payout", "resolve", 202, `"proposal"`},
		{"operate-payout", "resolve-second-person", 200, `"status":"succeeded"`},
		{"operate-payout", "evidence", 200, `"body_base64"`},
		{"vexora-callback", "success", 200, "OK"},
		{"vexora-callback", "failed", 200, "OK"},
		{"get-payout", "by-id", 200, "contradiction"},
		{"operate-payout", "statement", 200, `"matched":1`},
		{"monetix-callback", "forged", 401, "signature-invalid"},
		{"monetix-callback", "success", 200, "OK"},
		{"monetix-callback", "base64", 200, "OK"},
		{"monetix-callback", "decline", 200, "OK"},
		{"get-payout", "attention", 200, "payment_47"},
		{"get-payout", "version", 200, `"schema"`},
		{"operate-payout", "hold", 200, `"held_by":{"monetix":["controls"],"vexora":["controls"]}`},
		{"operate-payout", "controls", 200, `"possible double payment, looking into it"`},
	} {
		name := strings.TrimSuffix(step.function+"-"+step.event, "-") + ".json"
		replayed[name] = true
		raw, err := os.ReadFile("../../events/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if step.function == "notify-merchant" {
			var batch events.DynamoDBEvent
			if err := json.Unmarshal(raw, &batch); err != nil {
				t.Fatal(err)
			}
			response, err := edge.NewNotify(notifier)(ctx, batch)
			if written, _ := json.Marshal(response); err != nil || string(written) != step.says {
				t.Errorf("%s: %s, %v", name, written, err)
			}
			continue
		}
		var event edge.Event
		if err := json.Unmarshal(raw, &event); err != nil {
			t.Fatal(err)
		}
		reply, err := handlers[step.function](ctx, event)
		if err != nil || reply.StatusCode != step.status || !strings.Contains(reply.Body, step.says) {
			t.Errorf("%s: %d %s, %v", name, reply.StatusCode, reply.Body, err)
		}
	}
	files, err := filepath.Glob("../../events/*.json")
	if err != nil {
		t.Fatal(err)
	}
	replayed["selftest.json"] = true // by the tests of selftests, for every function
	for _, file := range files {
		if !replayed[filepath.Base(file)] {
			t.Errorf("%s is not replayed", file)
		}
	}
}

// Two variables of one type whose fields have one name: the fault is that of the variable which
// cannot be read.
func TestAFaultNamesTheVariableThatHasIt(t *testing.T) {
	names := []string{"MAX_AMOUNT_KHR", "MAX_AMOUNT_USD", "LOW_BALANCE_KHR", "LOW_BALANCE_USD"}
	for wrong := range 1 << len(names) {
		var env, want []string
		for n, name := range names {
			if wrong&(1<<n) != 0 {
				env, want = append(env, name+"=much"), append(want, name)
			}
		}
		_, err := boot.Read[boot.ReconcileConfig](environment(env...))
		var out strings.Builder
		boot.Explain(&out, errors.Join(err, err)) // of every function of a local run
		for _, name := range names {
			if said := strings.Count(out.String(), name); said != 0 && !slices.Contains(want, name) || said != 1 && slices.Contains(want, name) {
				t.Errorf("%v are wrong, and %s is named %d times in:\n%s", want, name, said, out.String())
			}
		}
	}
}

// What is wrong within PROVIDER_SETTINGS is several faults, each of which names the variable.
func TestEachFaultOfTheSettingsNamesTheVariable(t *testing.T) {
	env := environment(`PROVIDER_SETTINGS={"vexora": {"x": 1}, "monetix": {"y": 1}, "banks": {"nope": {}}, "statements": {"vexora": {"unit": "x"}}}`)
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	_, err1 := boot.Assemble(d, read[boot.CreateConfig](t, env)).Creator(t.Context())
	_, err2 := boot.Assemble(d, read[boot.OperateConfig](t, env)).Operator(t.Context())
	_, err3 := boot.Assemble(d, read[boot.ReadConfig](t, env)).Reader()
	_, err4 := boot.Assemble(d, read[boot.ReconcileConfig](t, env)).Sweeper(t.Context())
	var out strings.Builder
	boot.Explain(&out, errors.Join(err1, err2, err3, err4))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")[1:]
	for _, line := range lines {
		if !strings.HasPrefix(line, "  - PROVIDER_SETTINGS: ") {
			t.Errorf("%s", line)
		}
	}
	if len(lines) != 4 {
		t.Errorf("four faults are told as\n%s", out.String())
	}
}

func TestAReadableSetOfProblemsForANewcomer(t *testing.T) {
	var out strings.Builder
	boot.Explain(&out, errors.Join(errors.New("one"), fmt.Errorf("two: %w", errors.New("cause"))))
	if out.String() != "cannot start:\n  - one\n  - two: cause\n" {
		t.Errorf("%q", out.String())
	}
}
