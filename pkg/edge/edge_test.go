package edge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

var quiet = slog.New(slog.DiscardHandler)

const id = payout.ID("po_abcdefghijklmnopqrstuvwxyz")

// event is a request as an HTTP API sends it.
func event(method, path, body string) edge.Event {
	e := edge.Event{
		Version: "2.0", RawPath: path, Body: body,
		Headers: map[string]string{"content-type": "application/json"},
	}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path = method, path
	e.RequestContext.RequestID, e.RequestContext.Stage = "req-1", "$default"
	return e
}

type creator func(payout.Draft, payout.Principal) (payout.Created, error)

func (f creator) Create(_ context.Context, d payout.Draft, by payout.Principal) (payout.Created, error) {
	return f(d, by)
}

func some(t *testing.T, s payout.Status) payout.Payout {
	t.Helper()
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	return payout.Payout{
		ID: id, Reference: "R1", Status: s, Provider: vexora.Name, Attempt: 1, Amount: amount,
		Destination: payout.Destination{Type: "wallet", Wallet: "LANTON", AccountID: "lanton_88990011", AccountNumber: "88990011"},
		Beneficiary: payout.Beneficiary{Phone: "+855 12 345 678"},
		History:     []payout.Entry{{At: at, Source: payout.FromCreate, Status: payout.Submitting}},
		CreatedAt:   at, UpdatedAt: at,
	}
}

// goodBody is the create request of the README.
const goodBody = `{"reference":"R1","provider":"vexora","amount":"50000","currency":"KHR",
 "destination":{"type":"wallet","wallet":"LANTON","account_id":"lanton_88990011","account_number":"88990011"},
 "beneficiary":{"id":"customer_123","first_name":"Sophea","last_name":"Chan","email":"sophea.chan@example.com","phone":"+855 12 345 678","ip_address":"198.51.100.47"},
 "description":"May salary","metadata":{"order":"42"}}`

func call(t *testing.T, h edge.Handler, e edge.Event) (edge.Reply, map[string]any) {
	t.Helper()
	reply, err := h(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	decoded := map[string]any{}
	if strings.Contains(reply.Headers["content-type"], "json") {
		if err := json.Unmarshal([]byte(reply.Body), &decoded); err != nil {
			t.Fatalf("%v in %s", err, reply.Body)
		}
	}
	return reply, decoded
}

func TestCreateDecodesEveryMemberAndAnswers201WithALocation(t *testing.T) {
	var got payout.Draft
	var who payout.Principal
	h := edge.NewCreate(creator(func(d payout.Draft, by payout.Principal) (payout.Created, error) {
		got, who = d, by
		return payout.Created{Payout: some(t, payout.Processing)}, nil
	}), quiet)
	e := event("POST", "/v1/payouts", goodBody)
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
			UserARN: "arn:aws:sts::111122223333:assumed-role/payroll/session-7",
		},
	}
	reply, body := call(t, h, e)
	if reply.StatusCode != http.StatusCreated || reply.Headers["location"] != "/v1/payouts/"+string(id) {
		t.Errorf("%d %v", reply.StatusCode, reply.Headers)
	}
	if len(got.Shape) != 0 || got.Reference != "R1" || got.Amount != "50000" || got.Metadata["order"] != "42" ||
		got.Destination.AccountID != "lanton_88990011" || got.Beneficiary.IPAddress != "198.51.100.47" {
		t.Errorf("decoded %+v", got)
	}
	if who != "arn:aws:iam::111122223333:role/payroll" {
		t.Errorf("principal %s", who)
	}
	if body["amount"] != "50000.00" || body["provider_reference"] != "PABCDEFGHIJKLMNOPQRSTUVWXYZ01" {
		t.Errorf("body %v", body)
	}
	if strings.Contains(reply.Body, "88990011") || strings.Contains(reply.Body, "345 678") || !strings.Contains(reply.Body, `"****0011"`) {
		t.Errorf("numbers are not masked: %s", reply.Body)
	}
}

func TestCreateStatusCodesFollowWhatIsStored(t *testing.T) {
	for status, want := range map[payout.Status]int{
		payout.Processing: 201, payout.Succeeded: 201, payout.Failed: 201,
		payout.Unknown: 202, payout.Queued: 202, payout.Submitting: 202,
	} {
		h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
			return payout.Created{Payout: some(t, status)}, nil
		}), quiet)
		if reply, _ := call(t, h, event("POST", "/v1/payouts", goodBody)); reply.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", status, reply.StatusCode, want)
		}
	}
	h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{Payout: some(t, payout.Succeeded), Replayed: true}, nil
	}), quiet)
	if reply, _ := call(t, h, event("POST", "/v1/payouts", goodBody)); reply.StatusCode != 200 || reply.Headers["idempotent-replayed"] != "true" {
		t.Errorf("a replay is answered %d %v", reply.StatusCode, reply.Headers)
	}
}

func TestCreateRefusesBodiesItCannotRead(t *testing.T) {
	never := creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		t.Error("reached the domain")
		return payout.Created{}, nil
	})
	tests := map[string]struct {
		body   string
		status int
		code   string
	}{
		"nothing":               {"", 400, "invalid-json"},
		"no JSON":               {"amount=50000", 400, "invalid-json"},
		"cut off":               {goodBody[:80], 400, "invalid-json"},
		"two values":            {goodBody + "{}", 400, "invalid-json"},
		"a duplicate member":    {`{"reference":"R1","reference":"R2"}`, 400, "invalid-json"},
		"a nested duplicate":    {`{"reference":"R1","destination":{"type":"wallet","type":"bank_account"}}`, 400, "invalid-json"},
		"invalid UTF-8":         {"{\"reference\":\"R1\",\"description\":\"\xff\"}", 400, "invalid-json"},
		"a lone surrogate":      {`{"reference":"R1","description":"\ud800"}`, 400, "invalid-json"},
		"an array":              {`[]`, 400, "reference-missing"},
		"no reference":          {`{"amount":"1"}`, 400, "reference-missing"},
		"an empty reference":    {`{"reference":""}`, 400, "reference-missing"},
		"a numeric reference":   {`{"reference":42}`, 400, "reference-missing"},
		"a reference of 65":     {`{"reference":"` + strings.Repeat("a", 65) + `"}`, 400, "reference-missing"},
		"a blank in it":         {`{"reference":"R 1"}`, 400, "reference-missing"},
		"deep nesting":          {strings.Repeat("[", 5000), 400, "invalid-json"},
		"more than 64 KiB":      {`{"reference":"` + strings.Repeat("a", 70000) + `"}`, 413, "body-too-large"},
		"64 KiB of blanks more": {strings.Repeat(" ", 65537), 413, "body-too-large"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reply, body := call(t, edge.NewCreate(never, quiet), event("POST", "/v1/payouts", tt.body))
			if reply.StatusCode != tt.status || body["code"] != tt.code || body["outcome"] != "unknown" {
				t.Errorf("%d %v", reply.StatusCode, body)
			}
			if reply.Headers["content-type"] != "application/problem+json" || body["request_id"] != "req-1" {
				t.Errorf("not a problem: %v %v", reply.Headers, body)
			}
		})
	}
}

func TestCreateListsEveryFaultOfShapeWithItsPointer(t *testing.T) {
	var got payout.Draft
	h := edge.NewCreate(creator(func(d payout.Draft, _ payout.Principal) (payout.Created, error) {
		got = d
		return payout.Created{}, &payout.Refusal{Kind: payout.Unreadable, Faults: d.Shape, Outcome: payout.NotStarted}
	}), quiet)
	reply, body := call(t, h, event("POST", "/v1/payouts", `{"reference":"R1","amount":50000,"curency":"KHR",
	  "destination":{"type":7,"a/b~c":1},"beneficiary":[],"metadata":{"n":1},"description":null}`))
	var pointers []string
	for _, f := range got.Shape {
		pointers = append(pointers, f.Pointer)
	}
	want := "/amount /curency /destination/type /destination/a~1b~0c /beneficiary /metadata/n /description /currency"
	if strings.Join(pointers, " ") != want {
		t.Errorf("pointers %v", pointers)
	}
	if reply.StatusCode != 400 || len(body["errors"].([]any)) != 8 || body["outcome"] != "not_started" || body["retryable"] != false {
		t.Errorf("%d %v", reply.StatusCode, body)
	}
}

func TestTheReferenceMayStandInTheHeader(t *testing.T) {
	without := strings.Replace(goodBody, `"reference":"R1",`, "", 1)
	tests := map[string]struct {
		body, key string
		want      payout.Reference
		code      string
	}{
		"bare":                      {without, "R1", "R1", ""},
		"quoted":                    {without, `"R1"`, "R1", ""},
		"both equal":                {goodBody, "R1", "R1", ""},
		"both, different":           {goodBody, "R2", "", "reference-conflict"},
		"malformed":                 {without, "R 1", "", "reference-missing"},
		"of a body that is no JSON": {"{", "R1", "R1", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got payout.Draft
			h := edge.NewCreate(creator(func(d payout.Draft, _ payout.Principal) (payout.Created, error) {
				got = d
				return payout.Created{Payout: some(t, payout.Processing)}, nil
			}), quiet)
			e := event("POST", "/v1/payouts", tt.body)
			e.Headers["Idempotency-Key"] = tt.key
			_, body := call(t, h, e)
			if got.Reference != tt.want {
				t.Errorf("reference %q, body %v", got.Reference, body)
			}
			if tt.code != "" && body["code"] != tt.code {
				t.Errorf("code %v", body["code"])
			}
			if tt.body == "{" && len(got.Shape) == 0 {
				t.Error("an unreadable body reached the domain without a fault")
			}
		})
	}
}

func TestRefusalsOfTheDomainBecomeProblems(t *testing.T) {
	tests := map[payout.RefusalKind]struct {
		status int
		code   string
		retry  bool
	}{
		payout.Unacceptable:     {422, "unsupported-bank", false},
		payout.ReferenceReused:  {422, "reference-reused", false},
		payout.ReferenceBlocked: {409, "reference-blocked", false},
		payout.Unavailable:      {503, "service-unavailable", true},
	}
	for kind, tt := range tests {
		t.Run(string(kind), func(t *testing.T) {
			refusal := &payout.Refusal{Kind: kind, Outcome: payout.OutcomeFinal, Cause: errors.New("inner text 4242")}
			if kind == payout.Unacceptable {
				refusal.Faults = []payout.Fault{{Pointer: "/destination/bank", Code: payout.UnsupportedBank, Message: "no"}}
			} else {
				refusal.Existing = id
			}
			h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
				return payout.Created{}, refusal
			}), quiet)
			reply, body := call(t, h, event("POST", "/v1/payouts", goodBody))
			if reply.StatusCode != tt.status || body["code"] != tt.code || body["retryable"] != tt.retry || body["outcome"] != "final" {
				t.Errorf("%d %v", reply.StatusCode, body)
			}
			if strings.Contains(reply.Body, "4242") {
				t.Error("the cause reached the caller")
			}
			if kind != payout.Unacceptable && body["payout"] != "/v1/payouts/"+string(id) {
				t.Errorf("no path of the payout: %v", body)
			}
		})
	}
}

func TestBase64BodiesAreDecodedStrictly(t *testing.T) {
	h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{Payout: some(t, payout.Processing)}, nil
	}), quiet)
	e := event("POST", "/v1/payouts", base64.StdEncoding.EncodeToString([]byte(goodBody)))
	e.IsBase64Encoded = true
	if reply, _ := call(t, h, e); reply.StatusCode != 201 {
		t.Errorf("good base64 is answered %d", reply.StatusCode)
	}
	for _, bad := range []string{"!!!!", "eyJ9=", "e30", "e31="} {
		e.Body = bad
		if reply, _ := call(t, h, e); reply.StatusCode != 400 {
			t.Errorf("%s is answered %d", bad, reply.StatusCode)
		}
	}
}

func TestRoutesAndMethods(t *testing.T) {
	h := edge.NewCreate(creator(nil), quiet)
	if reply, _ := call(t, h, event("PUT", "/v1/payouts", "{}")); reply.StatusCode != 405 {
		t.Errorf("PUT is answered %d", reply.StatusCode)
	}
	if reply, _ := call(t, h, event("POST", "/v1/payout", "{}")); reply.StatusCode != 404 {
		t.Errorf("another path is answered %d", reply.StatusCode)
	}
	e := event("PUT", "/beta/v1/payouts", "{}")
	e.RequestContext.Stage = "beta"
	if reply, _ := call(t, h, e); reply.StatusCode != 405 {
		t.Errorf("the route behind a stage name is answered %d", reply.StatusCode)
	}
}

// shelf is a library with one payout.
type shelf struct {
	p     payout.Payout
	query payout.PageQuery
	day   string
	feed  []payout.Published
	err   error
	// restored is what the table remembers of a restore.
	restored time.Time
}

func (s *shelf) Shared(context.Context) (payout.Shared, error) {
	return payout.Shared{RestoredAt: s.restored}, s.err
}

func (s *shelf) Get(_ context.Context, id payout.ID) (payout.Payout, error) {
	if s.err != nil {
		return payout.Payout{}, s.err
	}
	if id != s.p.ID {
		return payout.Payout{}, payout.ErrNotFound
	}
	return s.p, nil
}

func (s *shelf) ReadFeed(context.Context, payout.Position, int) ([]payout.Published, error) {
	return s.feed, s.err
}

func (s *shelf) ListDay(_ context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	s.day, s.query = day, q
	return payout.Page{Payouts: []payout.Payout{s.p}, Next: "next"}, s.err
}

func (s *shelf) ListAttention(_ context.Context, q payout.PageQuery) (payout.Page, error) {
	s.day, s.query = "attention", q
	return payout.Page{}, s.err
}

func (s *shelf) ListOrphans(context.Context, payout.PageQuery) (payout.OrphanPage, error) {
	return payout.OrphanPage{Orphans: []payout.Orphaned{{Provider: monetix.Name, Reference: "x~0123456789ab", ProviderID: "N~ba9876543210"}}}, s.err
}

func reader(t *testing.T, s *shelf) edge.Handler {
	t.Helper()
	banks, err := wire.Banks(nil)
	if err != nil {
		t.Fatal(err)
	}
	return edge.NewRead(edge.Reader{
		Library: s, Namespace: "test", Banks: banks, Log: quiet, Revision: "0123abcd", Schema: 3,
		Now: func() time.Time { return time.Date(2026, 5, 16, 23, 59, 0, 0, time.UTC) },
	})
}

func get(path, query string) edge.Event {
	e := event("GET", path, "")
	e.RawQueryString = query
	return e
}

func TestReadingRoutes(t *testing.T) {
	s := &shelf{p: some(t, payout.Succeeded)}
	s.p.ID = payout.DeriveID("test", "R1")
	h := reader(t, s)

	reply, body := call(t, h, get("/v1/payouts/"+string(s.p.ID), ""))
	if reply.StatusCode != 200 || body["status"] != "succeeded" || len(body["history"].([]any)) != 1 {
		t.Errorf("by id: %d %v", reply.StatusCode, body)
	}
	_, body = call(t, h, get("/v1/payouts", "reference=R1"))
	if len(body["payouts"].([]any)) != 1 {
		t.Errorf("by reference: %v", body)
	}
	_, body = call(t, h, get("/v1/payouts", "reference=R2"))
	if len(body["payouts"].([]any)) != 0 {
		t.Errorf("by an unused reference: %v", body)
	}
	_, body = call(t, h, get("/v1/payouts", "status=failed&provider=monetix&limit=7&cursor=c"))
	if s.day != "2026-05-16" || s.query != (payout.PageQuery{Status: "failed", Provider: "monetix", Limit: 7, Cursor: "c"}) || body["next_cursor"] != "next" {
		t.Errorf("today: %s %+v %v", s.day, s.query, body)
	}
	call(t, h, get("/v1/payouts", "attention=true"))
	if s.day != "attention" {
		t.Error("attention was not asked")
	}
	if call(t, h, get("/v1/payouts", "attention=money")); s.query.Among != payout.GraveAlone {
		t.Errorf("asked for %+v", s.query)
	}
	_, body = call(t, h, get("/v1/orphans", ""))
	if shown := fmt.Sprint(body); strings.Contains(shown, "0123456789ab") || strings.Contains(shown, "ba9876543210") {
		t.Errorf("a hash of what a provider said of somebody is shown: %s", shown)
	}
	if len(body["orphans"].([]any)) != 1 {
		t.Errorf("orphans: %v", body)
	}
	_, body = call(t, h, get("/v1/banks", ""))
	if len(body["banks"].([]any)) < 3 {
		t.Errorf("banks: %v", body)
	}
	_, body = call(t, h, get("/v1/version", ""))
	if len(body) != 2 || body["revision"] != "0123abcd" || body["schema"] != 3.0 {
		t.Errorf("version: %v", body)
	}
}

func TestReadingRefusals(t *testing.T) {
	tests := map[string]struct {
		path, query string
		err         error
		want        int
	}{
		"an unknown id":            {"/v1/payouts/" + string(id), "", nil, 404},
		"no id at all":             {"/v1/payouts/42", "", nil, 404},
		"another path":             {"/v2", "", nil, 404},
		"a misspelt parameter":     {"/v1/payouts", "stauts=failed", nil, 400},
		"a parameter twice":        {"/v1/payouts", "limit=1&limit=2", nil, 400},
		"a broken query":           {"/v1/payouts", "limit=%zz", nil, 400},
		"a day that is none":       {"/v1/payouts", "day=2026-02-30", nil, 400},
		"day and attention":        {"/v1/payouts", "day=2026-02-03&attention=true", nil, 400},
		"attention, but no":        {"/v1/payouts", "attention=false", nil, 400},
		"an unknown status":        {"/v1/payouts", "status=done", nil, 400},
		"an unknown provider":      {"/v1/payouts", "provider=aba", nil, 400},
		"a limit of zero":          {"/v1/payouts", "limit=0", nil, 400},
		"a limit of 101":           {"/v1/payouts", "limit=101", nil, 400},
		"a malformed reference":    {"/v1/payouts", "reference=a%20b", nil, 400},
		"reference and more":       {"/v1/payouts", "reference=R1&limit=3", nil, 400},
		"a cursor of another list": {"/v1/payouts", "cursor=x", payout.ErrCursor, 400},
		"a table that is away":     {"/v1/payouts", "", errors.New("down"), 503},
		"banks with a filter":      {"/v1/banks", "status=failed", nil, 400},
		"a version with a filter":  {"/v1/version", "of=create-payout", nil, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := reader(t, &shelf{p: payout.Payout{ID: "po_x"}, err: tt.err})
			if reply, body := call(t, h, get(tt.path, tt.query)); reply.StatusCode != tt.want {
				t.Errorf("%d %v", reply.StatusCode, body)
			}
		})
	}
	if reply, _ := call(t, reader(t, &shelf{}), event("DELETE", "/v1/payouts", "")); reply.StatusCode != 405 {
		t.Errorf("DELETE is answered %d", reply.StatusCode)
	}
}

type verifier func([]byte) (payout.Claim, error)

func (f verifier) Verify(_ context.Context, b []byte) (payout.Claim, error) { return f(b) }

type receiver func(payout.Claim) (payout.Verdict, error)

func (f receiver) Receive(_ context.Context, c payout.Claim) (payout.Verdict, error) { return f(c) }

type heard []payout.Signal

func (h *heard) Balance(context.Context, payout.Provider, payout.Balance) {}

func (h *heard) Survey(context.Context, payout.Survey) {}

func (h *heard) Duplicate(ctx context.Context, p payout.Payout) {
	h.Signal(ctx, payout.SignalDuplicate, p.Provider, p.ID)
}

func (h *heard) Signal(_ context.Context, s payout.Signal, _ payout.Provider, _ payout.ID) {
	*h = append(*h, s)
}

func TestCallbacksAreThankedOnlyWhenStoredOrMeaningless(t *testing.T) {
	tests := map[string]struct {
		verify, receive error
		want            int
		signal          payout.Signal
	}{
		"stored":            {nil, nil, 200, payout.SignalVerified},
		"not stored":        {nil, payout.ErrUnclear, 503, payout.SignalNotStored},
		"malformed":         {payout.ErrCallbackMalformed, nil, 400, ""},
		"badly signed":      {payout.ErrCallbackSignature, nil, 401, payout.SignalBadSignature},
		"of another":        {payout.ErrCallbackUnusable, nil, 400, payout.SignalForeignCallback},
		"about a purchase":  {payout.ErrCallbackUnrelated, nil, 200, payout.SignalUnrelatedPayment},
		"keys out of reach": {errors.New("secrets are away"), nil, 503, ""},
	}
	for name, tt := range tests {
		for _, provider := range payout.Providers() {
			t.Run(name+" from "+string(provider), func(t *testing.T) {
				var signals heard
				h := edge.NewCallback(edge.Callback{
					Provider: provider, Signals: &signals, Log: quiet,
					Verifier: verifier(func(b []byte) (payout.Claim, error) {
						if string(b) != " {} " {
							t.Errorf("the body came as %q", b)
						}
						return payout.Claim{}, tt.verify
					}),
					Receiver: receiver(func(payout.Claim) (payout.Verdict, error) { return payout.Applied, tt.receive }),
				})
				for _, path := range []string{"/", "/v1/callbacks/" + string(provider)} {
					reply, err := h(context.Background(), event("POST", path, " {} "))
					if err != nil || reply.StatusCode != tt.want {
						t.Errorf("%s is answered %d, %v", path, reply.StatusCode, err)
					}
					thanked := reply.Body == "OK" && strings.HasPrefix(reply.Headers["content-type"], "text/plain")
					if thanked != (tt.want == 200) {
						t.Errorf("answer %q of type %s", reply.Body, reply.Headers["content-type"])
					}
				}
				// One for each of the two posts, and nothing else: good news about what was not stored
				// would silence the alarm on callbacks that do not verify.
				want := heard{tt.signal, tt.signal}
				if tt.signal == "" {
					want = nil
				}
				if !slices.Equal(signals, want) {
					t.Errorf("signals %v, not %v", signals, want)
				}
			})
		}
	}
}

func TestCallbacksBeyondTheSizeAreRefusedBeforeAnythingElse(t *testing.T) {
	h := edge.NewCallback(edge.Callback{
		Provider: vexora.Name, Log: quiet, Signals: &heard{},
		Verifier: verifier(func([]byte) (payout.Claim, error) { t.Error("verified"); return payout.Claim{}, nil }),
	})
	reply, _ := h(context.Background(), event("POST", "/", strings.Repeat("x", edge.BodyLimit+1)))
	if reply.StatusCode != 413 {
		t.Errorf("answered %d", reply.StatusCode)
	}
	encoded := event("POST", "/", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), edge.BodyLimit+1)))
	encoded.IsBase64Encoded = true
	if reply, _ = h(context.Background(), encoded); reply.StatusCode != 413 {
		t.Errorf("base64 is answered %d", reply.StatusCode)
	}
}

type sweeper func(int) (payout.Swept, error)

// blind is a sweeper that cannot measure the review queue.
type blind struct{ sweeper }

func (blind) Survey(context.Context) error { return errors.New("listing failed") }

func (f sweeper) Balances(context.Context) error { return errors.New("asking failed") }

func (f sweeper) Survey(context.Context) error { return nil }

func (f sweeper) RedactOrphans(context.Context) error { return errors.New("listing failed") }

func (f sweeper) Sweep(_ context.Context, shard int) (payout.Swept, error) { return f(shard) }

func TestASweepGivesEveryShardItsTurnAndReportsFaults(t *testing.T) {
	h := edge.NewSweep(sweeper(func(shard int) (payout.Swept, error) {
		if shard == 3 {
			return payout.Swept{}, errors.New("shard 3 is away")
		}
		return payout.Swept{Due: 2, Taken: 1}, nil
	}), quiet)
	report, err := h(context.Background(), nil)
	if err == nil || report.Due != 2*(payout.Shards-1) || report.Taken != payout.Shards-1 {
		t.Errorf("%+v, %v", report, err)
	}
}

// Alarms on money watch the survey. Where there is none, the alarm on errors has to ring.
func TestASweepThatCannotMeasureTheDeskFails(t *testing.T) {
	good := sweeper(func(int) (payout.Swept, error) { return payout.Swept{}, nil })
	if _, err := edge.NewSweep(good, quiet)(context.Background(), nil); err != nil {
		t.Error(err)
	}
	if _, err := edge.NewSweep(blind{good}, quiet)(context.Background(), nil); err == nil {
		t.Error("nobody hears of it")
	}
}

// hanging is a sweeper whose providers answer nobody before the invocation ends.
type hanging struct {
	sweeper
	measured chan struct{}
}

func (h hanging) Sweep(ctx context.Context, _ int) (payout.Swept, error) {
	<-ctx.Done()
	return payout.Swept{}, nil
}

func (h hanging) Balances(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (h hanging) Survey(context.Context) error {
	close(h.measured)
	return nil
}

// Lambda ends an invocation whose provider hangs. Alarms on money must have their measurement
// by then, or they keep the state of before.
func TestTheDeskIsMeasuredWhileAProviderHangs(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	h, done := hanging{measured: make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(done)
		_, _ = edge.NewSweep(h, quiet)(ctx, nil)
	}()
	select {
	case <-h.measured:
	case <-time.After(2 * time.Second):
		t.Error("the review queue is measured only when the providers have answered")
	}
	end()
	<-done
}

// stored is a library with one payout.
type stored struct {
	edge.Library
	p        payout.Payout
	restored time.Time
}

func (s stored) Shared(context.Context) (payout.Shared, error) {
	return payout.Shared{RestoredAt: s.restored}, nil
}

func (s stored) Get(context.Context, payout.ID) (payout.Payout, error) { return s.p, nil }

func TestAfterARestoreNothingThatFailedBeforeIsShownAsSafe(t *testing.T) {
	ended := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	p := payout.Payout{
		ID: id, Attempt: 1, Status: payout.Failed, SubmittedAt: ended, Failure: &payout.Failure{Code: payout.FailureDeclined},
		Heard: payout.Heard{"1.closed.1", "1.sent"},
	}
	for restored, want := range map[time.Time]bool{{}: true, ended.Add(-time.Hour): true, ended.Add(time.Hour): false} {
		for name, r := range map[string]edge.Reader{
			"RESTORED_AT": {Library: stored{p: p}, Log: quiet, RestoredAt: restored},
			"the table":   {Library: stored{p: p, restored: restored}, Log: quiet},
		} {
			_, decoded := call(t, edge.NewRead(r), event("GET", "/v1/payouts/"+string(id), ""))
			if got := decoded["failure"].(map[string]any)["safe_to_pay_again"]; got != want {
				t.Errorf("restored at %v, says %s: safe %v", restored, name, got)
			}
		}
	}
}

func TestUnreadableJSONIsAnsweredWithLineColumnAndRule(t *testing.T) {
	h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		t.Error("an unreadable body was passed on")
		return payout.Created{}, nil
	}), quiet)
	reply, body := call(t, h, event("POST", "/v1/payouts", "{\n  \"Sophea\": 88990011,\n  \"Sophea\": 1}"))
	if reply.StatusCode != 400 || body["code"] != "invalid-json" || body["outcome"] != "unknown" {
		t.Errorf("%d %v", reply.StatusCode, body)
	}
	if body["detail"] != "the body is not acceptable JSON: line 3, column 3: duplicate member name" {
		t.Errorf("detail %q", body["detail"])
	}
}

// Whoever retries with a changed request must not be sent to a new reference: that pays twice.
func TestAReferenceThatIsTakenSendsTheCallerToItsPayoutFirst(t *testing.T) {
	taken := creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{}, &payout.Refusal{Kind: payout.ReferenceReused, Existing: id}
	})
	_, decoded := call(t, edge.NewCreate(taken, quiet), event("POST", "/v1/payouts", goodBody))
	if detail := fmt.Sprint(decoded["detail"]); !strings.Contains(detail, "read that one first") || !strings.Contains(detail, "do not post it again") {
		t.Error(detail)
	}
}

// Of a reference that cannot exist the outcome says nothing, so the text has to.
func TestAReferenceThatCannotExistMayBeCorrected(t *testing.T) {
	_, decoded := call(t, edge.NewCreate(nil, quiet), event("POST", "/v1/payouts", `{"reference": "no blanks"}`))
	if detail := fmt.Sprint(decoded["detail"]); decoded["code"] != "reference-missing" || !strings.Contains(detail, "correct it") {
		t.Error(decoded["code"], detail)
	}
}
