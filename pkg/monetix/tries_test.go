package monetix_test

import (
	"context"
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

// Monetix may try a payout again by itself; each try is an operation of the answer.

// try is one operation.
type try struct{ kind, status, code string }

func (o try) json(id int) string {
	return fmt.Sprintf(`{"id":%d,"type":%q,"status":%q,"code":%q,"date":"2024-12-07T%02d:08:45+0000"}`, id, o.kind, o.status, o.code, id)
}

// inOrder lists operations, forwards and backwards: what they say together does not depend on
// their order.
func inOrder(all []try) []string {
	var forwards, backwards string
	for i, each := range all {
		forwards += "," + each.json(i+1)
		backwards = "," + each.json(i+1) + backwards
	}
	return []string{"[" + strings.TrimPrefix(forwards, ",") + "]", "[" + strings.TrimPrefix(backwards, ",") + "]"}
}

func TestAFailureIsAsCertainAsTheLeastCertainTry(t *testing.T) {
	certain := try{"payout", "decline", "20102"}
	for name, tt := range map[string]struct {
		tries   []try
		want    payout.Finding
		certain bool
	}{
		"one try":                                 {[]try{certain}, payout.FoundFailed, true},
		"two tries that were refused":             {[]try{{"payout", "decline", "20202"}, certain}, payout.FoundFailed, true},
		"a time-out before":                       {[]try{{"payout", "decline", "20602"}, certain}, payout.FoundFailed, false},
		"a time-out in the middle":                {[]try{certain, {"payout", "decline", "10602"}, certain}, payout.FoundFailed, false},
		"a code that nobody lists":                {[]try{{"payout", "decline", "77777"}, certain}, payout.FoundFailed, false},
		"a try without a type":                    {[]try{{"", "decline", "20602"}, certain}, payout.FoundFailed, false},
		"a try that is under way":                 {[]try{certain, {"payout", "processing", ""}}, payout.FoundFailed, false},
		"a try that waits":                        {[]try{{"payout", "awaiting clarification", ""}, certain}, payout.FoundFailed, false},
		"a try with a status that nobody lists":   {[]try{{"payout", "internal error", ""}, certain}, payout.FoundFailed, false},
		"a try that may be paid (20802)":          {[]try{{"payout", "decline", "20802"}, certain}, payout.FoundUnlisted, false},
		"a try that waits (9999)":                 {[]try{{"payout", "processing", "9999"}, certain}, payout.FoundUnlisted, false},
		"a try that is paid":                      {[]try{{"payout", "success", "0"}, certain}, payout.FoundUnlisted, false},
		"the only try is paid":                    {[]try{{"payout", "success", "0"}}, payout.FoundUnlisted, false},
		"money that came back":                    {[]try{certain, {"reversal", "success", "0"}}, payout.FoundUnlisted, false},
		"another operation that succeeded":        {[]try{certain, {"manual change", "success", "0"}}, payout.FoundFailed, false},
		"the number is taken, says one of them":   {[]try{{"payout", "decline", "3041"}, certain}, payout.FoundUnlisted, false},
		"a time-out of an operation of that kind": {[]try{certain, {"commission", "decline", "20602"}}, payout.FoundFailed, false},
	} {
		for _, operations := range inOrder(tt.tries) {
			c, _ := ask(t, 200, told(t, "decline", operations))
			if c.Finding != tt.want || c.Finding == payout.FoundFailed && c.Doubtful == tt.certain {
				t.Errorf("%s: %s, code %s, doubtful %v", name, c.Finding, c.Code, c.Doubtful)
			}
		}
	}
}

func TestADeclineBesideAPaidOperationIsHeldInACallbackToo(t *testing.T) {
	for operation, want := range map[string]payout.Finding{
		"success": payout.FoundUnlisted, "processing": payout.FoundFailed, "decline": payout.FoundFailed,
	} {
		c, err := verify(t, about{status: "decline", operation: operation, code: "20102"}.callback(t, example(t)))
		if err != nil || c.Finding != want || c.Doubtful != (operation == "processing") {
			t.Errorf("operation %s: %s, doubtful %v, %v", operation, c.Finding, c.Doubtful, err)
		}
	}
}

func TestEveryReasonOfErrorsIsWeighed(t *testing.T) {
	for second, want := range map[string]struct {
		finding  payout.Finding
		doubtful bool
	}{
		"20201": {payout.FoundFailed, false}, "20602": {payout.FoundFailed, true}, "77777": {payout.FoundFailed, true},
		"9999": {payout.FoundUnlisted, false}, "3041": {payout.FoundUnlisted, false},
	} {
		extra := fmt.Sprintf(`,"errors":[{"code":20102,"message":"m"},{"code":%s,"message":"n"}]`, second)
		c, err := verify(t, about{status: "decline", code: "20106", extra: extra}.callback(t, example(t)))
		if err != nil || c.Finding != want.finding || c.Doubtful != want.doubtful {
			t.Errorf("%s: %s, doubtful %v, %v", second, c.Finding, c.Doubtful, err)
		}
	}
}

func TestASuccessNeedsATryThatShowsIt(t *testing.T) {
	for name, tt := range map[string]struct {
		tries []try
		want  payout.Finding
	}{
		"after a time-out":             {[]try{{"payout", "decline", "20602"}, {"payout", "success", "0"}}, payout.FoundSucceeded},
		"the time-out had paid":        {[]try{{"payout", "success", "0"}, {"payout", "decline", "20102"}}, payout.FoundSucceeded},
		"after one that was not known": {[]try{{"payout", "decline", "20802"}, {"payout", "success", "0"}}, payout.FoundSucceeded},
		"no try shows it":              {[]try{{"payout", "decline", "20602"}, {"payout", "decline", "20102"}}, payout.FoundUnlisted},
		"another one is under way":     {[]try{{"payout", "success", "0"}, {"payout", "processing", ""}}, payout.FoundUnlisted},
		"it is not finished":           {[]try{{"payout", "success", "20802"}}, payout.FoundUnlisted},
		"no try at all":                {nil, payout.FoundSucceeded},
	} {
		for _, operations := range inOrder(tt.tries) {
			if c, _ := ask(t, 200, told(t, "success", operations)); c.Finding != tt.want {
				t.Errorf("%s: %s", name, c.Finding)
			}
		}
	}
}

// What the pages call "a later operation whose type is a reversal" (providers' page, statuses).
func TestAReversalBesideASuccessIsAReturn(t *testing.T) {
	paid := try{"payout", "success", "0"}
	for name, tt := range map[string]struct {
		tries []try
		want  payout.Finding
	}{
		"a reversal":                         {[]try{paid, {"reversal", "success", "0"}}, payout.FoundReturned},
		"in another spelling":                {[]try{paid, {"Payout_Reversal", "success", "0"}}, payout.FoundReturned},
		"a refund":                           {[]try{paid, {"refund", "success", "0"}}, payout.FoundReturned},
		"the reversal alone":                 {[]try{{"reversal", "success", "0"}}, payout.FoundReturned},
		"one that is under way":              {[]try{paid, {"reversal", "processing", ""}}, payout.FoundSucceeded},
		"one that was declined":              {[]try{paid, {"reversal", "decline", "20000"}}, payout.FoundSucceeded},
		"paid, taken back, and paid again":   {[]try{paid, {"reversal", "success", "0"}, paid}, payout.FoundUnlisted},
		"a refund that was undone":           {[]try{paid, {"refund reverse", "success", "0"}}, payout.FoundUnlisted},
		"the reversal of something else":     {[]try{paid, {"sale reversal", "success", "0"}}, payout.FoundUnlisted},
		"a purchase under the payout":        {[]try{paid, {"sale", "success", "0"}}, payout.FoundSucceeded},
		"a commission":                       {[]try{paid, {"commission", "success", "0"}}, payout.FoundSucceeded},
		"a reversal that is not finished":    {[]try{paid, {"reversal", "success", "20802"}}, payout.FoundUnlisted},
		"a reversal of what was not paid":    {[]try{{"payout", "decline", "20102"}, {"reversal", "success", "0"}}, payout.FoundUnlisted},
		"a reversal beside one that goes on": {[]try{paid, {"payout", "processing", ""}, {"reversal", "success", "0"}}, payout.FoundUnlisted},
	} {
		for _, operations := range inOrder(tt.tries) {
			if c, _ := ask(t, 200, told(t, "success", operations)); c.Finding != tt.want {
				t.Errorf("%s: %s", name, c.Finding)
			}
		}
	}
	part := `[` + paid.json(1) + `,{"id":2,"type":"reversal","status":"success","code":"0","sum_initial":{"amount":1,"currency":"KHR"}}]`
	if c, _ := ask(t, 200, told(t, "success", part)); len(c.Amounts) != 2 {
		t.Errorf("a part came back, and the claim states %v", c.Amounts)
	}
	purchase := fmt.Sprintf(`{"project_id":1234,"payment":{"id":"%s","type":"purchase","status":"success"},"operations":[{"type":"reversal","status":"success"}]}`, example(t).ProviderReference())
	if c, _ := ask(t, 200, sign(t, purchase, testSecret)); c.Finding != payout.FoundUnclear {
		t.Errorf("a purchase: %s", c.Finding)
	}
}

func TestAReversalBesideASuccessIsKept(t *testing.T) {
	for _, kind := range []string{"reversal", "payout reversal"} {
		store, err := localstore.Open(filepath.Join(t.TempDir(), "db"), localstore.Unsynced())
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		p := example(t)
		p.Status, p.Fingerprint, p.Version, p.Heard = payout.Processing, "1.x", 1, payout.Heard{"1.sent"}
		p.CreatedAt, p.UpdatedAt, p.StatusAt, p.SubmittedAt, p.QueryAt, p.DueAt = at, at, at, at, at.Add(24*time.Hour), at.Add(24*time.Hour)
		p.History = []payout.Entry{{At: at, Source: payout.FromCreate, Status: payout.Submitting}}
		if err := store.Insert(context.Background(), p, payout.Whenever); err != nil {
			t.Fatal(err)
		}
		for _, operation := range []string{"payout", kind} {
			c, err := verify(t, sign(t, fmt.Sprintf(`{"project_id":1234,"payment":{"id":%q,"type":"payout","status":"success","sum":{"amount":5000000,"currency":"KHR"}},
				"operation":{"id":2,"type":%q,"status":"success","code":"0","request_id":"r-%d","sum_initial":{"amount":5000000,"currency":"KHR"}}}`,
				p.ProviderReference(), operation, len(operation)), testSecret))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := payout.NewReceiver(store, quiet{}, payout.Policy{}).Receive(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
		after, _ := store.Get(context.Background(), p.ID)
		if after.Status != payout.Succeeded || after.Return == nil {
			t.Errorf("%s: %s, return %v, attention %v", kind, after.Status, after.Return, after.Attention.Reasons())
		}
	}
}

func TestNotFoundBesideATryThatIsThereIsNoAbsence(t *testing.T) {
	for _, status := range []string{"success", "processing"} {
		c, _ := ask(t, 200, told(t, "error", `[{"type":"payout","status":"`+status+`"},{"code":"3061"}]`))
		if c.Finding == payout.FoundAbsent || c.Finding == payout.FoundFailed && !c.Doubtful {
			t.Errorf("%s: %s", status, c.Finding)
		}
	}
}

func TestACurrencyThatTheProjectDoesNotHavePausesThatKindAlone(t *testing.T) {
	for _, code := range []string{"1004", "01004", "3023", "2541"} {
		for _, status := range []int{400, 403, 404, 422} {
			c := newGate(t, status, `{"status":"error","code":"`+code+`"}`).send(t, example(t))
			if c.Finding != payout.FoundAboutUs || !c.OfThisKind {
				t.Errorf("%d with code %s: %s, of this kind alone %v", status, code, c.Finding, c.OfThisKind)
			}
		}
	}
}

func TestARefusalOfUsWithoutACodeIsWeakerThanOneWithACode(t *testing.T) {
	for answer, uncoded := range map[string]bool{
		`<html>Request blocked</html>`:     true,
		``:                                 true,
		`{"status":"error"}`:               true,
		`{"status":"error","code":"3299"}`: false,
		`{"errors":[{"code":"303","message":"forbidden"}]}`: false,
	} {
		c := newGate(t, 403, answer).send(t, example(t))
		if c.Finding != payout.FoundAboutUs || c.Uncoded != uncoded {
			t.Errorf("%q: %s, without a code %v", answer, c.Finding, c.Uncoded)
		}
	}
}

// retrying is a Gate that takes every payout, and declines it after two tries, the first of
// which looks like a time-out.
func retrying(t *testing.T, taken *[]string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		id := scalarAt(t, string(raw), "general", "payment_id")
		if strings.HasSuffix(r.URL.Path, "/payout") {
			*taken = append(*taken, id)
			_, _ = fmt.Fprintf(w, `{"status":"success","request_id":"r-1","project_id":1234,"payment_id":%q}`, id)
			return
		}
		operations := inOrder([]try{{"payout", "decline", "20602"}, {"payout", "decline", "20102"}})[0]
		_, _ = io.WriteString(w, sign(t, fmt.Sprintf(`{"project_id":1234,"payment":{"id":%q,"status":"decline","sum":{"amount":5000000,"currency":"KHR"}},"operations":%s}`, id, operations), testSecret))
	}))
	t.Cleanup(server.Close)
	return server
}

func scalarAt(t *testing.T, body string, path ...string) string {
	t.Helper()
	v, _ := parse(t, body).Path(path...)
	text, _ := v.Text()
	return text
}

func TestOnePersonDoesNotPayAgainBesideATimeOutThatMonetixTriedAgain(t *testing.T) {
	var taken []string
	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	client, err := monetix.NewClient(monetix.Options{Keys: testKeys(t, retrying(t, &taken).URL), Banks: directory(t), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	store, err := localstore.Open(filepath.Join(t.TempDir(), "db"), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ports, policy := service(t, store, client, &now)
	creator, err := payout.NewCreator(ports, policy)
	if err != nil {
		t.Fatal(err)
	}
	sweeper, err := payout.NewSweeper(ports, policy, func(d time.Duration) time.Duration { return d })
	if err != nil {
		t.Fatal(err)
	}
	p := example(t)
	created, err := creator.Create(context.Background(), payout.Draft{
		Reference: p.Reference, Provider: monetix.Name, Amount: "50000", Currency: "KHR", Destination: p.Destination, Beneficiary: p.Beneficiary,
	}, "me")
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		now = now.Add(time.Minute)
		for shard := range payout.Shards {
			_, _ = sweeper.Sweep(context.Background(), shard)
		}
	}
	after, _ := store.Get(context.Background(), created.Payout.ID)
	if after.Status != payout.Failed || after.SafeToPayAgain() {
		t.Errorf("%s, safe to pay again: %v", after.Status, after.SafeToPayAgain())
	}
	operator, err := payout.NewOperator(ports, policy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operator.Resend(context.Background(), payout.Order{ID: after.ID, By: "arn:one", Reason: "safe"}); len(taken) != 1 {
		t.Errorf("Monetix has taken %v, %v", taken, err)
	}
}

// service is what use cases need, around one store and one client.
func service(t *testing.T, store *localstore.Store, client *monetix.Client, now *time.Time) (payout.Ports, payout.Policy) {
	t.Helper()
	key, err := payout.NewStackKey("a key of hashes over personal data, for tests")
	if err != nil {
		t.Fatal(err)
	}
	tokens := 0
	most := func(c money.Currency) money.Amount { a, _ := money.Parse("1000000", c); return a }
	floor := payout.Floor{Caps: map[money.Currency]money.Amount{money.KHR: most(money.KHR), money.USD: most(money.USD)}}
	ports := payout.Ports{
		Store: store, Connectors: map[payout.Provider]payout.Connector{monetix.Name: client}, Signals: quiet{}, Breaker: payout.NewBreaker(store, floor), Keys: key,
		Now: func() time.Time { return *now }, NewToken: func() string { tokens++; return fmt.Sprint("t", tokens) },
		Pause: func(context.Context, time.Duration) {},
	}
	ports.Notifier, err = payout.NewNotifier(payout.NotifierPorts{
		Store: store, Endpoint: quiet{}, Signals: quiet{}, Breaker: ports.Breaker, Now: ports.Now, NewToken: ports.NewToken,
		Jitter: func(d time.Duration) time.Duration { return d },
	})
	if err != nil {
		t.Fatal(err)
	}
	return ports, payout.Policy{Namespace: "test"}
}
