package boot_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// storm is a deployment over the sandbox in its worst moods, on a clock of its own.
type storm struct {
	t        *testing.T
	clock    atomic.Int64 // milliseconds
	sandbox  *sandbox.Sandbox
	store    *localstore.Store
	creator  *payout.Creator
	sweeper  *payout.Sweeper
	operator edge.Operator
	moods    []mood
	secrets  secrets.Source
	// callbacks is the address of the function URLs; behind it are those of the
	// deployment that was built last.
	callbacks string
	urls      atomic.Pointer[http.ServeMux]
	// failures makes the callback endpoints fail now and then.
	failures atomic.Int64
}

// mood is a time in which the providers behave otherwise.
type mood struct {
	name     string
	from, to time.Duration // after the start
	path     string        // whose requests are concerned; "" for all
	play     http.HandlerFunc
}

var stormStart = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)

func (s *storm) now() time.Time { return time.UnixMilli(s.clock.Load()) }

func (s *storm) pass(d time.Duration) { s.clock.Add(d.Milliseconds()) }

// hangUp is a provider that is down: it takes the connection and says nothing.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func forbidden(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }

// worst is the sandbox behind the moods.
func (s *storm) worst(sandbox http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		passed := s.now().Sub(stormStart)
		for _, m := range s.moods {
			if passed >= m.from && passed < m.to && strings.HasPrefix(r.URL.Path, m.path) {
				m.play(w, r)
				return
			}
		}
		sandbox.ServeHTTP(w, r)
	})
}

// script draws one of the misbehaviours for two payouts of three. Left out are the
// slow one, which would wait in real time, and the refusal about us, which is a
// mood here: it concerns everybody or nobody.
func script(reference, _ string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, reference)
	codes := []string{}
	for _, s := range sandbox.Scripts() {
		if s.Code != "9005" && s.Code != "9016" {
			codes = append(codes, s.Code)
		}
	}
	n := int(h.Sum32() % uint32(len(codes)*3/2))
	if n >= len(codes) {
		return "other"
	}
	return codes[n]
}

func newStorm(t *testing.T) *storm {
	t.Helper()
	s := &storm{t: t, moods: []mood{
		{"Monetix refuses us", 3 * time.Minute, 5 * time.Minute, "/monetix", forbidden},
		{"both are down", 6 * time.Minute, 66 * time.Minute, "", hangUp},
	}}
	s.clock.Store(stormStart.UnixMilli())
	var err error
	s.sandbox, err = sandbox.New(sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{"cambodia": {MerchantNo: "1", Secret: "v-key", Currency: "KHR"}},
		Monetix:        sandbox.MonetixProject{ProjectID: 1234, Secret: "m-key"},
		CallbackDelay:  5 * time.Millisecond, RetryGaps: slices.Repeat([]time.Duration{20 * time.Millisecond}, 5),
		Script: script, VexoraExecutesDuplicates: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.sandbox.Close(context.Background()) })
	providers := httptest.NewServer(s.worst(s.sandbox.Handler()))
	t.Cleanup(providers.Close)
	callbacks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.urls.Load().ServeHTTP(w, r) }))
	t.Cleanup(callbacks.Close)
	s.callbacks = callbacks.URL
	s.secrets = secrets.NewStaticSource(map[string]string{
		"stack-key": stackKey,
		"vexora":    fmt.Sprintf(`{"KHR": {"base_url": "%s/vexora/cambodia", "merchant_no": "1", "app_secret": "v-key"}}`, providers.URL),
		"monetix":   fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": 1234, "secret_key": "m-key"}`, providers.URL),
		"people":    peopleDocument,
	}, s.now)
	s.open(filepath.Join(t.TempDir(), "payouts.db"))
	s.deploy()
	return s
}

func (s *storm) open(table string) {
	s.t.Helper()
	store, err := localstore.Open(table, localstore.Unsynced())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = store.Close() })
	s.store = store
}

// deploy builds all functions over the table, callbacks over HTTP included.
func (s *storm) deploy(changes ...string) {
	s.t.Helper()
	ctx := context.Background()
	d := wire.Parts{Store: s.store, Log: slog.New(slog.DiscardHandler), Now: s.now, Secrets: s.secrets}
	storage := boot.Storage{Namespace: "dev"}
	vexora, err1 := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: storage, SecretID: "vexora"}).Callback(ctx, vexora.Provider)
	monetix, err2 := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: storage, SecretID: "monetix"}).Callback(ctx, monetix.Provider)
	mux := http.NewServeMux()
	mux.Handle("/vexora", s.callback(edge.NewCallback(vexora)))
	mux.Handle("/monetix", s.callback(edge.NewCallback(monetix)))
	s.urls.Store(mux)
	env := environment(append(changes, "DEV_INSECURE=1", "VEXORA_CALLBACK_URL="+s.callbacks+"/vexora", "MONETIX_CALLBACK_URL="+s.callbacks+"/monetix")...)
	var err3, err4 error
	s.creator, err3 = boot.Assemble(d, read[boot.CreateConfig](s.t, env)).Creator(ctx)
	s.sweeper, err4 = boot.Assemble(d, read[boot.ReconcileConfig](s.t, env)).Sweeper(ctx)
	operate, err5 := boot.Assemble(d, read[boot.OperateConfig](s.t, env)).Operator(ctx)
	s.operator = operate.Operator
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		s.t.Fatal(err)
	}
}

// callback is a function URL that fails one time in seven.
func (s *storm) callback(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.failures.Add(1)%7 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		e := edge.Event{RawPath: "/", Body: string(raw)}
		e.RequestContext.HTTP.Method = r.Method
		reply, err := h(r.Context(), e)
		if err != nil {
			s.t.Error(err)
		}
		w.WriteHeader(reply.StatusCode)
		_, _ = io.WriteString(w, reply.Body)
	}
}

// pay creates a payout to somebody new.
func (s *storm) pay(n int) (payout.ID, error) {
	d := payout.Draft{
		Reference: payout.Reference(fmt.Sprintf("storm-%05d", n)), Provider: vexora.Name,
		Amount: strconv.Itoa(1000 + n), Currency: "KHR",
		Destination: payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: fmt.Sprint("w", n), AccountNumber: fmt.Sprintf("77%06d", n)},
		Beneficiary: payout.Beneficiary{ID: fmt.Sprint("c", n), FirstName: "A", LastName: "B", Email: "a@example.com", Phone: "12345678", IPAddress: "::1"},
	}
	if n%2 == 0 {
		d.Provider = monetix.Name
		d.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: fmt.Sprintf("88%06d", n)}
	}
	created, err := s.creator.Create(context.Background(), d, "payroll")
	if blocked := (*payout.Refusal)(nil); errors.As(err, &blocked) && blocked.Kind == payout.ReferenceBlocked {
		return blocked.Existing, nil // a callback told of it before the merchant did
	}
	if err != nil {
		return "", err
	}
	if n%10 == 0 { // the merchant did not get the answer, and posts it again
		again, err := s.creator.Create(context.Background(), d, "payroll")
		if err != nil || !again.Replayed {
			s.t.Errorf("a repeated create: %v", err)
		}
	}
	return created.Payout.ID, nil
}

func (s *storm) sweep() {
	var wait sync.WaitGroup
	for shard := range payout.Shards {
		wait.Go(func() {
			if _, err := s.sweeper.Sweep(context.Background(), shard); err != nil {
				s.t.Error(err)
			}
		})
	}
	wait.Wait()
}

// TestNothingIsPaidTwiceOrLostInTheWorstWeather is the proof of recovery. It runs
// 200 payouts with the other tests, and 2,000 as `make recovery`.
func TestNothingIsPaidTwiceOrLostInTheWorstWeather(t *testing.T) {
	payouts := 200
	if racing {
		payouts = 80 // make recovery has the others, without the race detector
	}
	if text := os.Getenv("RECOVERY_PAYOUTS"); text != "" {
		var err error
		if payouts, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := newStorm(t)
	ids := s.create(0, payouts)
	s.rest(5 * 24 * time.Hour)
	s.judge(ids)
	// One person does what the review queue says about payouts that only grew too old.
	sent := s.sendTheOld(ids)
	s.rest(2 * 24 * time.Hour)
	t.Logf("%d payouts that had grown too old sent by a person", sent)
	s.judge(ids)
}

// sendTheOld gives the order that queued_too_long asks for, as fast as the providers
// take it.
func (s *storm) sendTheOld(ids []payout.ID) int {
	s.t.Helper()
	sent := 0
	for _, id := range ids {
		p, err := s.store.Get(context.Background(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, old := p.Attention[payout.QueuedTooLong]; !old {
			continue
		}
		order := payout.Order{ID: id, By: "on-call", Reason: "the outage is over"}
		_, err = s.operator.Resend(context.Background(), order)
		for refused := (*payout.OrderRefused)(nil); errors.As(err, &refused) && refused.Problem == payout.OrderPaused; {
			s.pass(time.Minute)
			_, err = s.operator.Resend(context.Background(), order)
		}
		if err != nil {
			s.t.Errorf("%s: %v", p.Reference, err)
			continue
		}
		sent++
	}
	return sent
}

// TestARestoreInTheStormPaysNobodyTwice loses the table while payouts are in
// flight, and goes on with an older copy of it: merchants post everything again,
// callbacks come for payouts that the copy does not have.
func TestARestoreInTheStormPaysNobodyTwice(t *testing.T) {
	settings := []string{"SAME_ACCOUNTS=monetix", "SAME_ACCOUNTS="}
	if racing {
		settings = settings[:1]
	}
	for _, same := range settings {
		t.Run(same, func(t *testing.T) { restoreInTheStorm(t, same) })
	}
}

func restoreInTheStorm(t *testing.T, same string) {
	s := newStorm(t)
	lost := s.store
	few := 60
	if racing {
		few = 20
	}
	s.create(0, few)
	s.rest(time.Hour) // the providers are back, and do what the table will not know
	backup := filepath.Join(t.TempDir(), "restored.db")
	if err := lost.Backup(backup); err != nil {
		t.Fatal(err)
	}
	s.create(few, 2*few) // the copy has none of these, and the earlier ones as they were
	s.open(backup)
	at := s.now()
	restored := "RESTORED_AT=" + at.UTC().Format(time.RFC3339)
	s.deploy("SUBMISSIONS=held", restored, same)
	ids := s.create(0, 2*few) // every merchant posts again what it has no end of
	s.deploy(restored, same)
	s.release()
	s.rest(3 * 24 * time.Hour)
	s.judge(ids)
	s.judgeRestored(ids, at, same != "SAME_ACCOUNTS=")
}

// release is what two people order when the lost time is accounted for.
func (s *storm) release() {
	s.t.Helper()
	shared, err := s.store.Shared(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	after := shared.Controls
	after.Version, after.ReleasedAt = after.Version+1, s.now()
	after.Submissions, after.Callbacks = map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen}, payout.Believe
	if err := s.store.ChangeControls(context.Background(), payout.ControlEntry{
		Version: after.Version, At: s.now(), Reason: "the lost time is accounted for", Before: shared.Controls, After: after, Token: "two people",
	}); err != nil {
		s.t.Fatal(err)
	}
}

// judgeRestored looks what was posted again at Monetix: it went by itself if people vouch for
// the account, and waits for two of them if nobody does.
func (s *storm) judgeRestored(ids []payout.ID, at time.Time, vouched bool) {
	s.t.Helper()
	posted, gone := 0, 0
	for _, id := range ids {
		p, err := s.store.Get(context.Background(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if p.Provider != monetix.Name || p.Status == payout.Orphan || p.CreatedAt.Before(at) {
			continue
		}
		posted++
		if !p.SubmittedAt.IsZero() {
			gone++
		}
	}
	s.t.Logf("%d were posted again at Monetix, %d of them went", posted, gone)
	if posted == 0 || vouched != (gone > 0) {
		s.t.Errorf("%d of %d went by themselves, people vouch for the account: %t", gone, posted, vouched)
	}
}

// rest sweeps every minute for a few hours, then every twenty.
func (s *storm) rest(long time.Duration) {
	for end := s.now().Add(long); s.now().Before(end); {
		step := time.Minute
		if s.now().Sub(stormStart) > 4*time.Hour {
			step = 20 * time.Minute
		}
		s.pass(step)
		s.sweep()
	}
}

// create makes the payouts of a range over ten minutes of storm, sweeps between
// them.
func (s *storm) create(from, to int) []payout.ID {
	s.t.Helper()
	var (
		ids  []payout.ID
		mu   sync.Mutex
		wait sync.WaitGroup
	)
	const rounds = 100
	for round := range rounds {
		for n := from + round*(to-from)/rounds; n < from+(round+1)*(to-from)/rounds; n++ {
			wait.Go(func() {
				id, err := s.pay(n)
				if err != nil {
					s.t.Errorf("payout %d: %v", n, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids = append(ids, id)
			})
		}
		wait.Wait()
		s.pass(6 * time.Second)
		if rand.IntN(3) == 0 {
			s.sweep()
		}
	}
	return ids
}

// ends says how each end of the sandbox's has to look here.
var ends = map[sandbox.State]payout.Status{
	sandbox.Paid: payout.Succeeded, sandbox.Failed: payout.Failed, sandbox.Returned: payout.Succeeded,
}

func (s *storm) judge(ids []payout.ID) {
	s.t.Helper()
	figures := map[string]int{}
	for _, id := range ids {
		p, err := s.store.Get(context.Background(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		e, known := s.sandbox.Find(string(p.ProviderReference()))
		// Vexora documents no return: if only its last word arrives, the money is back and the
		// payout failed.
		cameBack := known && p.Provider == vexora.Name && e.State == sandbox.Returned && p.Status == payout.Failed
		agrees := known && ends[e.State] == p.Status || cameBack
		// A provider that calls back "paid" and then "declined" may be heard the other way round, when
		// the first callback has to come again: the contradiction calls a person.
		_, contradicted := p.Attention[payout.Contradiction]
		saidBoth := known && e.Script == "9010" && contradicted
		figures["status "+string(p.Status)]++
		for _, reason := range p.Attention.Reasons() {
			figures["attention "+string(reason)]++
		}
		figures["requests at the providers"] += e.Requests
		figures["executed"] += e.Executed
		switch {
		case e.Executed > 1:
			s.t.Errorf("%s was executed %d times", p.Reference, e.Executed)
		case p.Status == payout.Orphan:
			figures["among the orphans, the reference blocked"]++
		case !agrees && len(p.Attention) == 0:
			s.t.Errorf("%s is %s, the sandbox (script %s) has it %s, and nobody is told", p.Reference, p.Status, e.Script, e.State)
		case p.Status == payout.Failed && e.Executed > 0 && !cameBack && (!saidBoth || p.SafeToPayAgain()):
			s.t.Errorf("%s was paid and is called failed: script %s, attention %v", p.Reference, e.Script, p.Attention.Reasons())
		case p.Status == payout.Succeeded && e.Executed == 0:
			s.t.Errorf("%s was not paid and is called succeeded", p.Reference)
		case agrees:
			figures["final as the provider has it"]++
		default:
			figures["in the review queue, with a reason"]++
		}
	}
	s.t.Logf("%d payouts, %v of simulated time", len(ids), s.now().Sub(stormStart))
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		s.t.Logf("%6d  %s", figures[name], name)
	}
}
