package boot_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// troubled is a store that nobody can reach, or whose days never end, while it is told so.
type troubled struct {
	payout.Store
	down, endless atomic.Bool
}

var errDown = errors.New("the table is out of reach")

func (s *troubled) trouble() error {
	if s.down.Load() {
		return errDown
	}
	return nil
}

func (s *troubled) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	if err := s.trouble(); err != nil {
		return payout.Payout{}, err
	}
	return s.Store.Get(ctx, id)
}

func (s *troubled) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	if err := s.trouble(); err != nil {
		return err
	}
	return s.Store.Insert(ctx, p, arrived)
}

func (s *troubled) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	return errors.Join(s.trouble(), s.Store.TurnAway(ctx, id, until))
}

func (s *troubled) ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	if s.endless.Load() {
		return payout.Page{Next: "more"}, nil
	}
	page, err := s.Store.ListDay(ctx, day, q)
	return page, errors.Join(s.trouble(), err)
}

func (s *troubled) ListOrphans(ctx context.Context, q payout.PageQuery) (payout.OrphanPage, error) {
	page, err := s.Store.ListOrphans(ctx, q)
	return page, errors.Join(s.trouble(), err)
}

func (s *troubled) ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	if err := s.trouble(); err != nil {
		return nil, err
	}
	return s.Store.ReadFeed(ctx, after, limit)
}

func (s *troubled) ControlChanges(ctx context.Context, limit int) ([]payout.ControlEntry, error) {
	all, err := s.Store.ControlChanges(ctx, limit)
	return all, errors.Join(s.trouble(), err)
}

func (s *troubled) FindProposal(ctx context.Context, key string) (payout.StatementProposal, error) {
	if err := s.trouble(); err != nil {
		return payout.StatementProposal{}, err
	}
	return s.Store.FindProposal(ctx, key)
}

// TestWhatCanBeWrongWithARequest goes through the answers that openapi.yaml describes and that
// the course of a payout does not bring about.
func TestWhatCanBeWrongWithARequest(t *testing.T) {
	table := &troubled{}
	l := begin(t, func(t *testing.T, now func() time.Time) payout.Store {
		var err error
		opened, err := localstore.Open(filepath.Join(t.TempDir(), "payouts.db"), localstore.WithClock(now), localstore.Unsynced())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = opened.Close() })
		table.Store = opened
		return table
	})
	known, body, _ := l.pay("R-known", vexora.Name, "0000")
	waits, _, _ := l.pay("R-open", vexora.Name, "")
	one, open := "/v1/payouts/"+string(known.ID), "/v1/payouts/"+string(waits.ID)
	l.wrongReads(one)
	l.wrongCreates(body)
	l.wrongOrders(one, open)
	l.wrongControls()
	l.busy()
	l.wrongStatements(table)
	l.restored(table)
	l.outOfReach(table, one, body)
}

// restored has the table be one that came out of a backup: an order that opens it states everything.
func (l *life) restored(table *troubled) {
	l.t.Helper()
	if err := table.RememberRestore(context.Background(), l.now()); err != nil {
		l.t.Fatal(err)
	}
	l.pass(time.Minute)
	_, now := l.call(l.operate, "GET", "/v1/controls", "", ofDara, "")
	if now["callbacks"] != "ask" || now["restored"] == nil {
		l.t.Errorf("the controls of a restored table: %v", now)
	}
	l.answers("422 release-incomplete", l.operate, "POST", "/v1/controls", "", ofDara,
		fmt.Sprintf(`{"reason": "because", "submissions": {"all": "open"}, "version": %v}`, now["version"]))
	l.answers("202", l.operate, "POST", "/v1/controls", "", ofDara, fmt.Sprintf(`{"reason": "because", "submissions": {"all": "open", "vexora": "open", "monetix": "held"}, `+
		`"caps": {"KHR": null, "USD": null}, "callbacks": "ask", "version": %v}`, now["version"]))
}

// answers makes a request and fails unless it is answered so.
func (l *life) answers(want string, h edge.Handler, method, path, query, arn, body string) {
	l.t.Helper()
	l.pass(10 * time.Millisecond) // of one moment, a later request is turned away with the one before
	status, m := l.call(h, method, path, query, arn, body)
	if got := strings.TrimSuffix(fmt.Sprint(status, " ", m["code"]), " <nil>"); got != want {
		l.t.Errorf("%s %s?%s %.80s is answered %s, not %s: %v", method, path, query, body, got, want, m["detail"])
	}
}

func (l *life) wrongReads(one string) {
	l.t.Helper()
	for _, path := range []string{"/v1/payouts", "/v1/orphans", "/v1/events", "/v1/banks", "/v1/version", one} {
		l.answers("200", l.read, "GET", path, "", ofDara, "")
		l.answers("400 invalid-query", l.read, "GET", path, "nonsense=1", ofDara, "")
		l.answers("405 method-not-allowed", l.read, "PUT", path, "", ofDara, "")
	}
	l.answers("404 not-found", l.read, "GET", "/v1/payouts/po_zzzzzzzzzzzzzzzzzzzzzzzzzz", "", ofDara, "")
	l.answers("404 not-found", l.read, "GET", "/v1/nothing", "", ofDara, "")
	l.answers("409 feed-rewound", l.read, "GET", "/v1/events", "after="+(payout.Position{3: 99}).String(), ofDara, "")
	l.answers("400 invalid-query", l.operate, "GET", one+"/evidence/1", "nonsense=1", ofDara, "")
	l.answers("403 principal-missing", l.operate, "GET", one+"/evidence/1", "", "", "")
	l.answers("404 not-found", l.operate, "GET", one+"/evidence/1", "", ofDara, "")
}

func (l *life) wrongCreates(known string) {
	l.t.Helper()
	create := func(want, body string) {
		l.t.Helper()
		l.answers(want, l.create, "POST", "/v1/payouts", "", ofDara, body)
	}
	l.sweeps(1, time.Second)
	create("200", known)
	other := func(old, new string) string {
		changed := strings.Replace(strings.Replace(known, "R-known", "R-new", 1), old, new, 1)
		if !strings.Contains(changed, new) {
			l.t.Fatalf("%s is not in %s", old, known)
		}
		return changed
	}
	create("400 invalid-json", "{")
	create("400 invalid-body", other(`"amount":"50000"`, `"amount":50000`))
	create("400 reference-missing", `{"amount": "50000"}`)
	create("413 body-too-large", strings.Repeat(" ", edge.BodyLimit+1))
	l.nobodyCreates(other("R-new", "R-nobody"))
	create("422 invalid-request", other(`"50000"`, `"-1"`))
	create("422 unsupported-currency", other("KHR", "EUR"))
	create("422 amount-above-cap", other(`"50000"`, `"99999999999"`))
	create("422 amount-not-expressible", other(`"50000"`, `"50000.50"`))
	create("422 provider-not-configured", strings.Replace(other("KHR", "USD"), `"50000"`, `"5"`, 1))
	create("422 reference-reused", strings.Replace(known, "50000", "60000", 1))
	bank, _ := l.request("R-bank", monetix.Name)
	create("422 unsupported-bank", strings.Replace(bank, "wing", "nowhere", 1))
	e := edge.Event{RawPath: "/v1/payouts", Headers: map[string]string{"idempotency-key": "R-else"}, Body: known}
	e.RequestContext.HTTP.Method = "POST"
	reply, err := l.create(l.t.Context(), e)
	asDescribed(l.t, e, reply)
	if err != nil || reply.StatusCode != 400 || !strings.Contains(reply.Body, "reference-conflict") {
		l.t.Errorf("%d %s, %v", reply.StatusCode, reply.Body, err)
	}
	lost := payout.DeriveID("dev", "R-lost")
	l.callback(l.vexora, l.vexoraBody(string(lost.ProviderReference(1)), "0000", "50000", ""))
	create("409 reference-blocked", strings.Replace(known, "R-known", "R-lost", 1))
}

// nobodyCreates posts a payout with a token that names no subject.
func (l *life) nobodyCreates(body string) {
	l.t.Helper()
	e := edge.Event{RawPath: "/v1/payouts", Body: body}
	e.RequestContext.HTTP.Method, e.RequestContext.Authorizer = "POST", withToken(issuer, "")
	reply, err := l.create(l.t.Context(), e)
	asDescribed(l.t, e, reply)
	if err != nil || reply.StatusCode != 403 || !strings.Contains(reply.Body, "principal-missing") || !strings.Contains(reply.Body, `"outcome":"unknown"`) {
		l.t.Errorf("%d %s, %v", reply.StatusCode, reply.Body, err)
	}
	l.answers("404 not-found", l.read, "GET", "/v1/payouts/"+string(payout.DeriveID("dev", "R-nobody")), "", ofDara, "")
}

func (l *life) wrongOrders(one, open string) {
	l.t.Helper()
	const order, resolve = `{"reason": "because", "sequence": 99}`, `{"reason": "because", "as": "succeeded", "evidence": "their letter", "sequence": 99}`
	post := func(want, path, arn, body string) {
		l.t.Helper()
		l.answers(want, l.operate, "POST", path, "", arn, body)
	}
	for action, body := range map[string]string{"/cancel": order, "/resend": order, "/resend-event": order, "/resolve": resolve} {
		post("400 invalid-json", open+action, ofDara, "{")
		post("400 invalid-body", open+action, ofDara, `{"reason": 1}`)
		post("403 principal-missing", open+action, "", body)
		post("404 not-found", "/v1/payouts/po_zzzzzzzzzzzzzzzzzzzzzzzzzz"+action, ofDara, body)
		if action != "/cancel" { // it is not queued, whatever was seen
			post("409 order-outdated", open+action, ofDara, body)
		}
		post("413 body-too-large", open+action, ofDara, strings.Repeat(" ", edge.BodyLimit+1))
		l.answers("405 method-not-allowed", l.operate, "GET", open+action, "", ofDara, "")
	}
	const now = `{"reason": "because"}`
	post("409 not-possible", open+"/cancel", ofDara, now)
	post("409 not-possible", one+"/resend", ofDara, now)
	post("409 not-possible", open+"/resend-event", ofDara, `{"reason": "because", "event": 99}`)
	post("403 people-not-registered", open+"/resolve", ofStranger, strings.Replace(resolve, `, "sequence": 99`, "", 1))
	post("403 people-not-registered", open+"/resend", ofStranger, now)
}

// busy are orders about what is at work, or held.
func (l *life) busy() {
	l.t.Helper()
	p := l.get(payout.DeriveID("dev", "R-open"))
	p.ID, p.Reference, p.Status = payout.DeriveID("dev", "R-busy"), "R-busy", payout.Submitting
	p.Notice.Lease = payout.Lease{Token: "another", Until: l.now().Add(time.Hour)}
	p.Lease = payout.Lease{Token: "another", Until: l.now().Add(time.Hour)}
	if err := l.store.Insert(l.t.Context(), p, payout.Whenever); err != nil {
		l.t.Fatal(err)
	}
	const now, resolve = `{"reason": "because"}`, `{"reason": "because", "as": "succeeded", "evidence": "their letter"}`
	post := func(want, path, body string) {
		l.t.Helper()
		l.answers(want, l.operate, "POST", path, "", ofDara, body)
	}
	busy := "/v1/payouts/" + string(p.ID)
	post("409 payout-busy", busy+"/resend", now)
	post("409 payout-busy", busy+"/resend-event", now)
	post("409 payout-busy", busy+"/resolve", resolve)
	post("200", "/v1/controls", `{"reason": "because", "submissions": {"all": "held"}}`)
	body, _ := l.request("R-held", vexora.Name)
	l.pass(time.Minute)
	if status, m := l.call(l.create, "POST", "/v1/payouts", "", ofDara, body); status != 202 || m["status"] != "queued" {
		l.t.Fatalf("a create while all is held: %d %v", status, m)
	}
	held := "/v1/payouts/" + string(payout.DeriveID("dev", "R-held"))
	post("409 provider-paused", held+"/resend", now)
	post("409 order-outdated", held+"/cancel", `{"reason": "because", "sequence": 99}`)
	post("200", held+"/cancel", now)
}

func (l *life) wrongControls() {
	l.t.Helper()
	release := func() string {
		_, now := l.call(l.operate, "GET", "/v1/controls", "", ofDara, "")
		return fmt.Sprintf(`{"reason": "because", "submissions": {"all": "open"}, "version": %v}`, now["version"])
	}
	post := func(want, arn, body string) {
		l.t.Helper()
		l.answers(want, l.operate, "POST", "/v1/controls", "", arn, body)
	}
	post("200", ofDara, `{"reason": "because", "submissions": {"all": "held"}}`)
	post("202", ofDara, release())
	post("400 invalid-json", ofDara, "{")
	post("400 invalid-body", ofDara, `{"reason": 1}`)
	post("403 principal-missing", "", `{"reason": "because", "submissions": {"all": "held"}}`)
	post("403 people-not-registered", ofStranger, release())
	post("409 not-possible", ofDara, `{"reason": "because", "submissions": {"all": "open", "vexora": "held"}}`)
	post("409 order-outdated", ofDara, `{"reason": "because", "submissions": {"vexora": "held"}, "version": 99}`)
	post("413 body-too-large", ofDara, strings.Repeat(" ", edge.BodyLimit+1))
	l.answers("200", l.operate, "GET", "/v1/controls", "", ofDara, "")
	l.answers("405 method-not-allowed", l.operate, "PUT", "/v1/controls", "", ofDara, "")
	post("200", ofBopha, release())
}

func (l *life) wrongStatements(table *troubled) {
	l.t.Helper()
	const file = "tradeNo,amount,currency,status\nP1,5,KHR,0000\n"
	post := func(want, query, arn, body string) {
		l.t.Helper()
		l.answers(want, l.operate, "POST", "/v1/statements", query, arn, body)
	}
	post("200", "provider=vexora&check=true", ofDara, file)
	post("400 invalid-query", "provider=bank", ofDara, file)
	post("403 people-not-registered", "provider=vexora", ofStranger, file)
	post("422 statement-unreadable", "provider=vexora", ofDara, "nonsense")
	post("413 body-too-large", "provider=vexora", ofDara, strings.Repeat(" ", edge.StatementLimit+1))
	table.endless.Store(true)
	post("409 not-possible", "provider=vexora&check=true&from=2026-05-01&to=2026-05-30", ofDara, file)
	table.endless.Store(false)
}

func (l *life) outOfReach(table *troubled, one, known string) {
	l.t.Helper()
	const unavailable = "503 service-unavailable"
	table.down.Store(true)
	defer table.down.Store(false)
	for _, path := range []string{"/v1/payouts", "/v1/orphans", "/v1/events", one} {
		l.answers(unavailable, l.read, "GET", path, "", ofDara, "")
	}
	l.answers(unavailable, l.create, "POST", "/v1/payouts", "", ofDara, strings.Replace(known, "R-known", "R-down", 1))
	for _, action := range []string{"/cancel", "/resend", "/resend-event", "/resolve"} {
		body := `{"reason": "because", "as": "succeeded", "evidence": "their letter"}`
		if action != "/resolve" {
			body = `{"reason": "because"}`
		}
		l.answers(unavailable, l.operate, "POST", one+action, "", ofDara, body)
	}
	l.answers(unavailable, l.operate, "GET", one+"/evidence/1", "", ofDara, "")
	l.answers(unavailable, l.operate, "GET", "/v1/controls", "", ofDara, "")
	l.answers(unavailable, l.operate, "POST", "/v1/controls", "", ofDara, `{"reason": "because", "submissions": {"all": "held"}}`)
	l.answers(unavailable, l.operate, "POST", "/v1/statements", "provider=vexora", ofDara, "tradeNo,amount,currency,status\nP1,5,KHR,0000\n")
}
