package monetix_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

type quiet struct{}

func (quiet) Signal(context.Context, payout.Signal, payout.Provider, payout.ID) {}
func (quiet) Duplicate(context.Context, payout.Payout)                          {}
func (quiet) Balance(context.Context, payout.Provider, payout.Balance)          {}
func (quiet) Survey(context.Context, payout.Survey)                             {}
func (quiet) Ready(context.Context) (bool, error)                               { return false, nil }
func (quiet) Deliver(context.Context, payout.Message) payout.Delivery           { return payout.Delivery{} }

// One Gate, two projects. payment_id is unique within a project. The first project takes the
// payout, and its answer is lost. The merchant's secret then names another project (test ->
// live, or a migration). "Not found" comes from the new one, and the payout goes again by
// itself: both projects pay.
func TestAChangeOfProjectDoesNotPayTwice(t *testing.T) {
	taken := map[string][]string{} // project -> payment ids that were taken, and will be paid
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var body struct {
			General struct {
				ProjectID json.Number `json:"project_id"`
				PaymentID string      `json:"payment_id"`
			} `json:"general"`
		}
		_ = json.Unmarshal(raw, &body)
		project, id := body.General.ProjectID.String(), body.General.PaymentID
		known := false
		for _, old := range taken[project] {
			known = known || old == id
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/payout") && known:
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"status":"error","code":"3041","message":"Payment ID already exists"}`)
		case strings.HasSuffix(r.URL.Path, "/payout"):
			taken[project] = append(taken[project], id)
			if project == "1234" {
				w.WriteHeader(502) // the answer is lost
				return
			}
			_, _ = fmt.Fprintf(w, `{"status":"success","request_id":"r-2","project_id":%s,"payment_id":%q}`, project, id)
		case !known:
			_, _ = io.WriteString(w, `{"status":"error","code":"3061","message":"Transaction not found"}`)
		default: // the second project declines it; the first one pays
			_, _ = io.WriteString(w, sign(t, fmt.Sprintf(`{"project_id":%s,"payment":{"id":%q,"status":"decline","sum":{"amount":5000000,"currency":"KHR"}},"operations":[{"id":1,"type":"payout","status":"decline","code":"20101","date":"2026-05-16T08:10:05+0000"}]}`, project, id), testSecret))
		}
	}))
	defer server.Close()

	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	k := testKeys(t, server.URL)
	client, err := monetix.NewClient(monetix.Options{Keys: k, Banks: directory(t), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	store, err := localstore.Open(filepath.Join(t.TempDir(), "db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	key, err := payout.NewStackKey("a key of hashes over personal data, for tests")
	if err != nil {
		t.Fatal(err)
	}
	most := func(c money.Currency) money.Amount { a, _ := money.Parse("1000000", c); return a }
	breaker := payout.NewBreaker(store, payout.Floor{Caps: map[money.Currency]money.Amount{money.KHR: most(money.KHR), money.USD: most(money.USD)}})
	tokens := 0
	ports := payout.Ports{
		Store: store, Connectors: map[payout.Provider]payout.Connector{monetix.Name: client}, Signals: quiet{}, Breaker: breaker, Keys: key,
		Now: func() time.Time { return now }, NewToken: func() string { tokens++; return fmt.Sprint("t", tokens) },
		Pause: func(context.Context, time.Duration) {},
	}
	same := func(d time.Duration) time.Duration { return d }
	if ports.Notifier, err = payout.NewNotifier(payout.NotifierPorts{Store: store, Endpoint: quiet{}, Signals: quiet{}, Breaker: breaker, Now: ports.Now, NewToken: ports.NewToken, Jitter: same}); err != nil {
		t.Fatal(err)
	}
	policy := payout.Policy{Namespace: "test"}
	creator, err := payout.NewCreator(ports, policy)
	if err != nil {
		t.Fatal(err)
	}
	sweeper, err := payout.NewSweeper(ports, policy, same)
	if err != nil {
		t.Fatal(err)
	}
	p := example(t)
	created, err := creator.Create(context.Background(), payout.Draft{
		Reference: p.Reference, Provider: monetix.Name, Amount: "50000", Currency: "KHR", Destination: p.Destination, Beneficiary: p.Beneficiary,
	}, "me")
	if err != nil || created.Payout.Status != payout.Unknown {
		t.Fatal(err, created.Payout.Status)
	}
	other := credentials(t, server.URL, testSecret)
	other.ProjectID = 5678
	k.sets = []monetix.Credentials{other, k.sets[0]}
	for range 60 {
		now = now.Add(2 * time.Minute)
		for shard := range payout.Shards {
			_, _ = sweeper.Sweep(context.Background(), shard)
		}
	}
	if len(taken["1234"])+len(taken["5678"]) > 1 {
		after, _ := store.Get(context.Background(), created.Payout.ID)
		t.Errorf("taken by two projects: %v; the payout is %s, sent %d, and shown as safe to pay again: %v", taken, after.Status, after.Sent, after.SafeToPayAgain())
	}
}

// A verified callback "error" with code 3041 ("a payment with this number exists") about a
// payout that is stored: it is acknowledged, and kept nowhere.
func TestEyesAnErrorCallbackWithADuplicateCodeIsKeptNowhere(t *testing.T) {
	store, err := localstore.Open(filepath.Join(t.TempDir(), "db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	p := example(t)
	p.Status, p.Fingerprint, p.Version, p.Heard = payout.Processing, "1.x", 1, payout.Heard{"1.sent"}
	p.CreatedAt, p.UpdatedAt, p.StatusAt, p.SubmittedAt, p.QueryAt, p.DueAt = now, now, now, now, now.Add(24*time.Hour), now.Add(24*time.Hour)
	p.History = []payout.Entry{{At: now, Source: payout.FromCreate, Status: payout.Submitting}}
	if err := store.Insert(context.Background(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"3041", "3060", "10105", "3061"} {
		before, _ := store.Get(context.Background(), p.ID)
		c, err := verify(t, sign(t, fmt.Sprintf(`{"project_id":1234,"payment":{"id":%q,"type":"payout","status":"error","sum":{"amount":5000000,"currency":"KHR"}},"operation":{"code":%q,"request_id":"r-9"}}`, p.ProviderReference(), code), testSecret))
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := payout.NewReceiver(store, quiet{}, payout.Policy{}).Receive(context.Background(), c)
		after, _ := store.Get(context.Background(), p.ID)
		if err == nil && after.Version == before.Version {
			t.Errorf("%s: finding %s, acknowledged as %q; nothing is stored (version %d, entries %d), next question in %v", code, c.Finding, verdict, after.Version, len(after.History), after.QueryAt.Sub(now))
		}
	}
}
