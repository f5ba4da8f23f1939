//go:build trial

package boot_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/trial"
	"cambodia-payouts/pkg/wire"
)

// trialTwin is the provider that does not exist, over real HTTP.
type trialTwin struct {
	*httptest.Server
	// silent: it takes a payout and gives no answer.
	silent bool
	taken  []map[string]string
}

const trialKey = "trial-secret-of-the-test"

func newTrialTwin(t *testing.T) *trialTwin {
	box := &trialTwin{}
	box.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fields := map[string]string{}
		raw, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(raw, &fields); err != nil || fields["signature"] != trial.Sign(fields, secrets.New(trialKey)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/transfers/query" {
			_, _ = w.Write(trialWord(box.taken[0], "paid"))
			return
		}
		box.taken = append(box.taken, fields)
		if box.silent {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(trialWord(fields, "taken"))
	}))
	t.Cleanup(box.Close)
	return box
}

// trialWord is a signed word about what was taken.
func trialWord(of map[string]string, state string) []byte {
	said := map[string]string{"id": of["id"], "number": "T1", "state": state, "minor": of["minor"], "currency": of["currency"]}
	said["signature"] = trial.Sign(said, secrets.New(trialKey))
	body, _ := json.Marshal(said)
	return body
}

// deployed is the service with the trial provider alone.
func deployed(t *testing.T, box *trialTwin) (wire.Parts, map[string]string) {
	t.Helper()
	store, err := localstore.Open(filepath.Join(t.TempDir(), "p.db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	variables := map[string]string{"TRIAL_SECRET_ID": "trial", "TRIAL_CALLBACK_URL": "https://cb.example.com/t", "PROVIDER_ORDER": "trial"}
	all := environment()
	maps.Copy(all, variables)
	return wire.Parts{Store: store, Log: telemetry.NewLogger(io.Discard, slog.LevelInfo), Secrets: secrets.NewStaticSource(withKey(map[string]string{
		"trial": `{"base_url": "` + box.URL + `", "account": "7", "key": "` + trialKey + `"}`,
	}), nil)}, all
}

// A provider that the wiring has a row for is served by every function, and named by none: a bank
// payout that names no provider goes by it, its callback ends it, and a lost answer is asked about.
func TestTheTrialProviderIsServedLikeTheOthers(t *testing.T) {
	for name, silent := range map[string]bool{"its callback": false, "a question": true} {
		t.Run(name, func(t *testing.T) {
			box := newTrialTwin(t)
			box.silent = silent
			d, variables := deployed(t, box)
			now := time.Date(2026, 5, 16, 3, 0, 0, 0, time.UTC)
			d.Now = func() time.Time { return now }
			creator, err := boot.Assemble(d, read[boot.CreateConfig](t, variables)).Creator(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			body := strings.Replace(bankAccount("salary-1", "KHR", "10000001"), `"provider":"monetix",`, "", 1)
			event := edge.Event{RawPath: "/v1/payouts", Body: body} // openapi.yaml knows nothing of it
			event.RequestContext.HTTP.Method, event.RequestContext.Authorizer = http.MethodPost, by(ofDara)
			reply, err := edge.NewCreate(creator, d.Log)(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			_ = json.Unmarshal([]byte(reply.Body), &m)
			if m["provider"] != "trial" || len(box.taken) != 1 || box.taken[0]["minor"] != "50000" || box.taken[0]["callback"] != "https://cb.example.com/t" {
				t.Fatalf("%v was sent as %v", m, box.taken)
			}
			if silent {
				now = now.Add(time.Hour)
				sweeper, err := boot.Assemble(d, read[boot.ReconcileConfig](t, variables)).Sweeper(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := edge.NewSweep(sweeper, d.Log)(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			} else {
				config, err := boot.ReadCallback(trial.Provider, variables)
				if err != nil {
					t.Fatal(err)
				}
				c, err := boot.Assemble(d, config).Callback(t.Context(), trial.Provider)
				if err != nil {
					t.Fatal(err)
				}
				event := edge.Event{RawPath: "/", Body: string(trialWord(box.taken[0], "paid"))}
				event.RequestContext.HTTP.Method = http.MethodPost
				if reply, err := edge.NewCallback(c)(t.Context(), event); err != nil || reply.StatusCode != http.StatusOK {
					t.Fatalf("%d %v", reply.StatusCode, err)
				}
			}
			p, err := d.Store.Get(t.Context(), payout.ID(m["id"].(string)))
			if err != nil || p.Status != payout.Succeeded || p.Provider != trial.Name || p.ProviderID != "T1" {
				t.Errorf("it is %s as %q (%v)", p.Status, p.ProviderID, err)
			}
			if silent && len(box.taken) != 1 {
				t.Errorf("it was sent %d times", len(box.taken))
			}
		})
	}
}
