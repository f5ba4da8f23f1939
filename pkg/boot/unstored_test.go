package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

var errDenied = errors.New("AccessDeniedException: no right")

// writesNothing starts well and may write no payout: a right that a template forgot, or an
// expression that DynamoDB refuses.
type writesNothing struct{ payout.Store }

func (writesNothing) Insert(context.Context, payout.Payout, time.Time) error { return errDenied }
func (writesNothing) Apply(context.Context, payout.Step) (payout.Payout, error) {
	return payout.Payout{}, errDenied
}
func (writesNothing) TurnAway(context.Context, payout.ID, time.Time) error { return errDenied }
func (writesNothing) Get(context.Context, payout.ID) (payout.Payout, error) {
	return payout.Payout{}, errDenied
}

// readsNoBoard may not read the controls.
type readsNoShared struct{ payout.Store }

func (readsNoShared) Shared(context.Context) (payout.Shared, error) {
	return payout.Shared{}, errDenied
}

// version7 is a deployment of one version over a store that fails.
func version7(t *testing.T, documents map[string]string, over func(payout.Store) payout.Store) (wire.Parts, *bytes.Buffer) {
	t.Helper()
	store, err := localstore.Open(filepath.Join(t.TempDir(), "p.db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var log bytes.Buffer
	return wire.Parts{
		Store: over(store), Secrets: secrets.NewStaticSource(documents, nil), Log: telemetry.NewLogger(&log, 0), Function: "stack-F-1", Version: "7",
	}, &log
}

const createBody = `{"reference":"R1","provider":"vexora","amount":"50000","currency":"KHR",
	"destination":{"type":"wallet","wallet":"LANTON","account_id":"lanton_88990011","account_number":"88990011"},
	"beneficiary":{"id":"c","first_name":"Sophea","last_name":"Chan","email":"s@example.com","phone":"+855 12 345 678","ip_address":"198.51.100.47"}}`

func configured[C Config](t *testing.T) C {
	t.Helper()
	c, err := Read[C](selftestEnvironment(nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// createOf and callbackOf are what the two functions serve; note is a genuine notification.
func createOf(t *testing.T, d wire.Parts) edge.Handler {
	t.Helper()
	creator, err := Assemble(d, configured[CreateConfig](t)).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return edge.NewCreate(creator, d.Log)
}

func callbackOf(t *testing.T, d wire.Parts) (h edge.Handler, note string) {
	t.Helper()
	c, err := ReadCallback(vexora.Provider, selftestEnvironment(nil))
	if err != nil {
		t.Fatal(err)
	}
	callback, err := Assemble(d, c).Callback(t.Context(), c.Provider)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := vexora.ParseCredentials([]byte(selftestVexora), vexora.URLRules{})
	if err != nil {
		t.Fatal(err)
	}
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	body, err := vexora.SampleNotification(keys["KHR"], payout.Payout{ID: "po_selftestselftestselftestse", Attempt: 1, Amount: amount, UpdatedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return edge.NewCallback(callback), string(body)
}

// answered posts to a function as Lambda would, and returns the answer's status.
func answered(t *testing.T, h edge.Handler, path, body string) int {
	t.Helper()
	e := edge.Event{RawPath: path, Body: body}
	e.RequestContext.HTTP.Method, e.RequestContext.TimeEpoch = "POST", time.Now().UnixMilli()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	said, err := lambda.NewHandler(h).Invoke(t.Context(), raw)
	if err != nil {
		t.Fatalf("an error of the invocation: %v", err)
	}
	var reply edge.Reply
	if err := json.Unmarshal(said, &reply); err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode
}

// TestAVersionThatStoresNothingSaysSo: its answers are normal returns, so that nothing else
// would send it back or wake anybody.
func TestAVersionThatStoresNothingSaysSo(t *testing.T) {
	d, log := version7(t, selftestSecrets, func(s payout.Store) payout.Store { return writesNothing{s} })
	create, callback := createOf(t, d), edge.Handler(nil)
	callback, note := callbackOf(t, d)
	for name, post := range map[string]func() int{
		"create-payout":   func() int { return answered(t, create, "/v1/payouts", createBody) },
		"vexora-callback": func() int { return answered(t, callback, "/", note) },
	} {
		log.Reset()
		if status := post(); status != 503 {
			t.Errorf("%s answers %d", name, status)
		}
		for _, says := range []string{`"not_stored":1`, `["stage","function","version"]`, `"function":"stack-F-1"`, `"version":"7"`, errDenied.Error()} {
			if !strings.Contains(log.String(), says) {
				t.Errorf("%s does not say %s:\n%s", name, says, log)
			}
		}
		if strings.Contains(log.String(), "callback_verified") || strings.Contains(log.String(), `"level":"INFO"`) {
			t.Errorf("%s has good news, or a cause that LOG_LEVEL hides:\n%s", name, log)
		}
	}
}

// TestKeysThatCannotBeReadAreSaidToBeSo: callbacks are answered 503 meanwhile, and no other
// metric moves. A placeholder is a state and no trouble.
func TestKeysThatCannotBeReadAreSaidToBeSo(t *testing.T) {
	for name, test := range map[string]struct {
		documents map[string]string
		status    int
		says      bool
	}{
		"out of reach": {map[string]string{}, 503, true},
		"no document":  {map[string]string{"vexora": `{"KHR": 1}`}, 503, true},
		"placeholders": {placeholders, 503, false},
		"well":         {selftestSecrets, 200, false},
	} {
		d, log := version7(t, test.documents, func(s payout.Store) payout.Store { return s })
		callback, note := callbackOf(t, d)
		if status := answered(t, callback, "/", note); status != test.status {
			t.Errorf("%s: answered %d", name, status)
		}
		if said := strings.Contains(log.String(), `"keys_unread":1`); said != test.says || strings.Contains(log.String(), "not_stored") {
			t.Errorf("%s: said %t\n%s", name, said, log)
		}
		log.Reset()
		for range 300 { // anybody can post while they cannot be read
			answered(t, callback, "/", "{}")
		}
		if lines := strings.Count(log.String(), "keys_unread"); lines > 60 {
			t.Errorf("%s: %d mentions of 300 posts", name, lines)
		}
	}
}

// TestControlsThatNobodyCanReadAreSaidToBeSo: every create is queued and every callback waits
// for a status query, and both answers look well.
func TestControlsThatNobodyCanReadAreSaidToBeSo(t *testing.T) {
	d, log := version7(t, selftestSecrets, func(s payout.Store) payout.Store { return readsNoShared{s} })
	says := func(what string) {
		t.Helper()
		for _, says := range []string{`"controls_unread":1`, errDenied.Error(), `"msg":"controls not read"`} {
			if !strings.Contains(log.String(), says) {
				t.Errorf("%s does not say %s:\n%s", what, says, log)
			}
		}
		log.Reset()
	}
	create := createOf(t, d)
	says("the start of create-payout")
	if status := answered(t, create, "/v1/payouts", createBody); status != 202 {
		t.Errorf("answered %d", status)
	}
	says("create-payout")
	callback, note := callbackOf(t, d)
	log.Reset()
	if status := answered(t, callback, "/", note); status != 200 {
		t.Errorf("answered %d", status)
	}
	says("vexora-callback")
	for range 300 { // whose signature is wrong has the controls read as well
		answered(t, callback, "/", strings.Replace(note, "50000", "50001", 1))
	}
	if lines := strings.Count(log.String(), "\n"); lines > 80 {
		t.Errorf("%d lines about 300 posts of a stranger", lines)
	}
	log.Reset()
	sweeper, err := Assemble(d, configured[ReconcileConfig](t)).Sweeper(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = edge.NewSweep(sweeper, d.Log)(t.Context(), nil); !errors.Is(err, errDenied) {
		t.Errorf("the sweep: %v", err)
	}
	says("reconcile-payouts")
}
