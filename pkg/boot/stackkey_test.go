package boot_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// starts are the functions that hash personal data and need the key to start; operate-payout,
// which also does, has the controls to serve.
var starts = map[string]func(*testing.T, wire.Parts) error{
	"create-payout": func(t *testing.T, d wire.Parts) error {
		_, err := boot.Assemble(d, read[boot.CreateConfig](t, environment())).Creator(t.Context())
		return err
	},
	"reconcile-payouts": func(t *testing.T, d wire.Parts) error {
		_, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment())).Sweeper(t.Context())
		return err
	},
}

func TestATextThatCannotBeTheStackKeyStopsTheStart(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "a placeholder": "REPLACE_ME with a key of at least 32 characters", "too short": "sesame-of-thirty-one-characters", "too short with blanks": "sesame" + strings.Repeat(" ", 40),
	} {
		for function, start := range starts {
			err := start(t, deployment(t, map[string]string{"monetix": monetixDocument, "stack-key": text}))
			if err == nil || !strings.Contains(err.Error(), "STACK_KEY_SECRET_ID") || strings.Contains(err.Error(), "sesame") {
				t.Errorf("%s, %s: %v", function, name, err)
			}
		}
	}
}

func TestTheStackKeyIsReportedBesideAllOtherProblems(t *testing.T) {
	for function, start := range starts {
		d := deployment(t, map[string]string{"stack-key": "short"})
		if err := d.Store.BindNamespace(t.Context(), "another"); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		boot.Explain(&said, start(t, d))
		for _, problem := range []string{"ID_NAMESPACE", "no provider is configured", "STACK_KEY_SECRET_ID"} {
			if !strings.Contains(said.String(), problem) {
				t.Errorf("%s: %s is not reported in\n%s", function, problem, said.String())
			}
		}
	}
}

func TestOnlyWhoHashesPersonalDataNeedsTheStackKey(t *testing.T) {
	env := environment()
	delete(env, "STACK_KEY_SECRET_ID")
	_, create := boot.Read[boot.CreateConfig](env)
	_, reconcile := boot.Read[boot.ReconcileConfig](env)
	_, operate := boot.Read[boot.OperateConfig](env)
	for name, err := range map[string]error{"create-payout": create, "reconcile-payouts": reconcile, "operate-payout": operate} {
		if err == nil || !strings.Contains(err.Error(), "STACK_KEY_SECRET_ID") {
			t.Errorf("%s starts without the key's name: %v", name, err)
		}
	}
	_, get := boot.Read[boot.ReadConfig](env)
	_, vexora := boot.ReadCallback(vexora.Provider, env)
	_, monetix := boot.ReadCallback(monetix.Provider, env)
	_, notify := boot.Read[boot.NotifyConfig](env)
	if err := errors.Join(get, vexora, monetix, notify); err != nil {
		t.Errorf("a function asks for a key that it does not use: %v", err)
	}
}

// outage is a source that cannot read one secret.
type outage struct {
	secrets.Source
	secret string
	over   bool
}

func (o *outage) Current(ctx context.Context, name string) (secrets.Version, error) {
	if name == o.secret && !o.over {
		return secrets.Version{}, errors.New("timeout")
	}
	return o.Source.Current(ctx, name)
}

// An outage stops no start. What was not begun is said to be so, what is there is not
// compared, and everything goes on when it is over.
func TestWhileTheStackKeyCannotBeReadCreatesAreRefusedAsRetryable(t *testing.T) {
	d := deployment(t, map[string]string{"monetix": monetixDocument})
	var log bytes.Buffer
	d.Log = telemetry.NewLogger(&log, slog.LevelInfo)
	down := &outage{Source: d.Secrets, secret: "stack-key"}
	d.Secrets = down
	var later time.Duration
	d.Now = func() time.Time { return time.Now().Add(later) }
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("SUBMISSIONS=held"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "stack key not readable") {
		t.Errorf("nothing in the log: %s", log.String())
	}
	h := edge.NewCreate(creator, d.Log)
	body := `{"reference":"R1","amount":"50000","currency":"KHR","destination":{"type":"bank_account","bank":"wing","account_number":"1234567890"},
		"beneficiary":{"id":"c","first_name":"A","last_name":"B","email":"a@example.com","phone":"12345678","ip_address":"::1"}}`
	post := func() (int, map[string]any, edge.Reply) {
		return orderAs(t, h, ofDara, "POST", "/v1/payouts", "", body)
	}
	if status, m, _ := post(); status != http.StatusServiceUnavailable || m["outcome"] != "not_started" || m["retryable"] != true {
		t.Errorf("nothing there: %d %v", status, m)
	}
	down.over, later = true, 5*time.Second // until when Secrets Manager is not asked again
	if status, m, _ := post(); status != http.StatusAccepted {
		t.Fatalf("after the outage: %d %v", status, m)
	}
	again, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("SUBMISSIONS=held"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h = edge.NewCreate(again, d.Log)
	if status, _, reply := post(); status != http.StatusOK || reply.Headers["idempotent-replayed"] != "true" {
		t.Errorf("the same again: %d", status)
	}
	down.over = false
	cold, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("SUBMISSIONS=held"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h = edge.NewCreate(cold, d.Log)
	if status, m, _ := post(); status != http.StatusServiceUnavailable || m["outcome"] != "unknown" || m["payout"] == nil {
		t.Errorf("what is there: %d %v", status, m)
	}
}
