package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cambodia-payouts/pkg/payout"
)

const (
	key      = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
	otherKey = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"
)

var insecure = Rules{AllowInsecure: true}

// keys are versions of the secret, the current one first.
type keys struct {
	versions []Credentials
	err      error
}

func (k keys) Verifying(context.Context) ([]Credentials, error) { return k.versions, k.err }

func credentials(t *testing.T, url, key string) Credentials {
	t.Helper()
	c, err := ParseCredentials([]byte(`{"url": "`+url+`", "secret": "`+key+`"}`), insecure)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var message = payout.Message{ID: "evt_1", Body: []byte(`{"id":"evt_1"}`)}

func TestAMessageIsSignedAsTheSpecificationSays(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	client := NewClient(keys{versions: []Credentials{credentials(t, server.URL+"/hook?a=b", key), credentials(t, server.URL, otherKey)}}, insecure, time.Now)
	if d := client.Deliver(context.Background(), message); d.Result != payout.Delivered {
		t.Fatalf("%+v", d)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/hook?a=b" || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("webhook-id") != "evt_1" {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	if at, err := strconv.ParseInt(got.Header.Get("webhook-timestamp"), 10, 64); err != nil || time.Since(time.Unix(at, 0)) > time.Minute {
		t.Errorf("sent at %s", got.Header.Get("webhook-timestamp"))
	}
	// During a rotation the receiver may know either key; the library's own verifier
	// takes both.
	for name, k := range map[string]string{"current": key, "before": otherKey} {
		verifier, err := standardwebhooks.NewWebhook(k)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(body, got.Header); err != nil {
			t.Errorf("%s key: %v", name, err)
		}
		if verifier.Verify(append(body, ' '), got.Header) == nil {
			t.Errorf("%s key: another body verifies", name)
		}
	}
}

func TestWhatEachAnswerMeans(t *testing.T) {
	now := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		status int
		retry  string
		want   payout.DeliveryResult
		after  time.Duration
	}{
		"OK":             {200, "", payout.Delivered, 0},
		"no content":     {204, "", payout.Delivered, 0},
		"redirect":       {302, "", payout.Down, 0},
		"bad request":    {400, "", payout.Declined, 0},
		"unauthorized":   {401, "", payout.Down, 0},
		"not there":      {404, "", payout.Down, 0},
		"gone":           {410, "", payout.Gone, 0},
		"unprocessable":  {422, "", payout.Declined, 0},
		"too many":       {429, "120", payout.Down, 2 * time.Minute},
		"fault":          {500, "", payout.Down, 0},
		"away, for long": {503, now.Add(time.Hour).Format(http.TimeFormat), payout.Down, time.Hour},
		"nonsense":       {503, "soon", payout.Down, 0},
		"in the past":    {503, now.Add(-time.Hour).Format(http.TimeFormat), payout.Down, 0},
		"negative":       {503, "-5", payout.Down, 0},
	} {
		d := classify(&http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {test.retry}}}, now)
		if d.Result != test.want || d.RetryAfter != test.after {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var followed sync.Map
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store("yes", true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	d := NewClient(keys{versions: []Credentials{credentials(t, server.URL, key)}}, insecure, time.Now).Deliver(context.Background(), message)
	if _, yes := followed.Load("yes"); yes || d.Result != payout.Down {
		t.Errorf("followed %v, %+v", yes, d)
	}
}

// Names resolve to whatever their owner likes, so the address itself is judged, at
// the moment of the connection.
func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("connected to this machine") }))
	defer server.Close()
	c := credentials(t, server.URL, key)
	d := NewClient(keys{versions: []Credentials{c}}, Rules{}, time.Now).Deliver(context.Background(), message)
	if d.Result != payout.Down || d.Detail != "the address is not a public one" {
		t.Errorf("%+v", d)
	}
	// A name of ours that leads here is no better.
	c.URL.Host = strings.Replace(c.URL.Host, "127.0.0.1", "localhost", 1)
	if d := NewClient(keys{versions: []Credentials{c}}, Rules{}, time.Now).Deliver(context.Background(), message); d.Detail != "the address is not a public one" {
		t.Errorf("%+v", d)
	}
}

func TestAnEndpointThatSaysNothingIsDown(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server see that the caller is gone
		<-r.Context().Done()
	}))
	defer server.Close()
	if d := NewClient(keys{versions: []Credentials{credentials(t, server.URL, key)}}, insecure, time.Now).Deliver(ctx, message); d.Result != payout.Down || d.Detail != "no answer in time" {
		t.Errorf("%+v", d)
	}
}

func TestASecretIsReadWholeOrNotAtAll(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		rules    Rules
		ok       bool
	}{
		"good":                {`{"url": "https://merchant.example/hook", "secret": "` + key + `"}`, Rules{}, true},
		"http":                {`{"url": "http://merchant.example/hook", "secret": "` + key + `"}`, Rules{}, false},
		"http on this one":    {`{"url": "http://127.0.0.1:9/", "secret": "` + key + `"}`, insecure, true},
		"http elsewhere, dev": {`{"url": "http://merchant.example/", "secret": "` + key + `"}`, insecure, false},
		"with a user":         {`{"url": "https://a:b@merchant.example/", "secret": "` + key + `"}`, Rules{}, false},
		"no host":             {`{"url": "https:///hook", "secret": "` + key + `"}`, Rules{}, false},
		"no prefix":           {`{"url": "https://merchant.example/", "secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}`, Rules{}, false},
		"short key":           {`{"url": "https://merchant.example/", "secret": "whsec_MDEyMzQ1"}`, Rules{}, false},
		"not base64":          {`{"url": "https://merchant.example/", "secret": "whsec_***"}`, Rules{}, false},
		"not JSON":            {`https://merchant.example/`, Rules{}, false},
	} {
		_, err := ParseCredentials([]byte(test.document), test.rules)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "MDEy") || strings.Contains(err.Error(), "a:b")) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
	if _, err := ParseCredentials([]byte(`{"url": "https://REPLACE_ME", "secret": "whsec_REPLACE_ME"}`), Rules{}); !errors.Is(err, ErrNotConfigured) {
		t.Errorf("a placeholder: %v", err)
	}
}

// asked counts how often the secret is looked up.
type asked struct {
	keys
	n *int
}

func (a asked) Verifying(ctx context.Context) ([]Credentials, error) {
	*a.n++
	return a.keys.Verifying(ctx)
}

func TestAnEndpointThatIsNotThereIsLookedForOnceAMinute(t *testing.T) {
	n, now := 0, time.Now()
	client := NewClient(asked{keys{err: ErrNotConfigured}, &n}, Rules{}, func() time.Time { return now })
	for range 100 {
		if ready, err := client.Ready(context.Background()); ready || err != nil {
			t.Fatalf("%v, %v", ready, err)
		}
		now = now.Add(time.Second)
	}
	if n != 2 {
		t.Errorf("looked up %d times in 100 seconds", n)
	}
}

func TestWithoutAnEndpointNobodyIsReady(t *testing.T) {
	for name, test := range map[string]struct {
		keys  Keys
		ready bool
		fault bool
	}{
		"no secret":   {nil, false, false},
		"placeholder": {keys{err: ErrNotConfigured}, false, false},
		"unreadable":  {keys{err: errors.New("away")}, false, true},
		"there":       {keys{versions: []Credentials{{}}}, true, false},
	} {
		ready, err := NewClient(test.keys, Rules{}, time.Now).Ready(context.Background())
		if ready != test.ready || (err != nil) != test.fault {
			t.Errorf("%s: %v, %v", name, ready, err)
		}
	}
	if d := NewClient(keys{err: errors.New("away")}, Rules{}, time.Now).Deliver(context.Background(), message); d.Result != payout.Down {
		t.Errorf("%+v", d)
	}
}
