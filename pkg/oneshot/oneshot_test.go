package oneshot_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/oneshot"
)

// raw is a TCP server that plays one connection at a time and counts requests.
type raw struct {
	url         *url.URL
	connections atomic.Int64
	requests    atomic.Int64
}

// serve answers each connection by the function, after it has read one request if
// it asks for it.
func serve(t *testing.T, play func(r *raw, c net.Conn)) *raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &raw{url: address(t, "http://"+l.Addr().String()+"/pay")}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.connections.Add(1)
			go func() {
				defer c.Close()
				play(r, c)
			}()
		}
	}()
	return r
}

// take reads one whole request.
func (r *raw) take(c net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, request.Body); err == nil {
		r.requests.Add(1)
	}
}

// says answers a request with these bytes and hangs up.
func says(text string) func(*raw, net.Conn) {
	return func(r *raw, c net.Conn) {
		r.take(c)
		_, _ = io.WriteString(c, text)
	}
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func post(ctx context.Context, u *url.URL, c oneshot.Config) oneshot.Result {
	return oneshot.Dial(ctx, u, c).Post(ctx, oneshot.Request{URL: u, Body: []byte(`{"a":1}`), Header: http.Header{"Content-Type": {"application/json"}}})
}

func TestAnAnswerIsTakenInWhole(t *testing.T) {
	s := serve(t, says("HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy"))
	r := post(context.Background(), s.url, oneshot.Config{})
	if r.Outcome != oneshot.Answered || r.Status != 503 || string(r.Body) != "busy" || r.ContentType != "text/plain" || r.Err != nil {
		t.Errorf("%+v", r)
	}
	if s.requests.Load() != 1 || s.connections.Load() != 1 {
		t.Errorf("%d requests on %d connections", s.requests.Load(), s.connections.Load())
	}
}

func TestAnswersOfEveryForm(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want oneshot.Outcome
	}{
		"chunked":                     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", oneshot.Answered},
		"until the end":               {"HTTP/1.0 200 OK\r\n\r\nok", oneshot.Answered},
		"no content":                  {"HTTP/1.1 204 No Content\r\n\r\n", oneshot.Answered},
		"a redirect":                  {"HTTP/1.1 307 Temporary Redirect\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", oneshot.Answered},
		"an interim answer first":     {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", oneshot.Answered},
		"nothing":                     {"", oneshot.Lost},
		"half a head":                 {"HTTP/1.1 200 OK\r\nContent-Le", oneshot.Lost},
		"half a body":                 {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", oneshot.Lost},
		"half a chunk":                {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nha", oneshot.Lost},
		"another protocol":            {"SSH-2.0-OpenSSH_9.2\r\n", oneshot.Lost},
		"longer than anybody may say": {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("x", 2000), oneshot.Lost},
		"an endless head":             {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10), oneshot.Lost},
	} {
		s := serve(t, says(test.text))
		r := post(context.Background(), s.url, oneshot.Config{MaxAnswer: 1000})
		if r.Outcome != test.want || (r.Err == nil) != (test.want == oneshot.Answered) {
			t.Errorf("%s: %s, %v", name, r.Outcome, r.Err)
		}
		if s.connections.Load() != 1 || s.requests.Load() != 1 {
			t.Errorf("%s: %d requests on %d connections", name, s.requests.Load(), s.connections.Load())
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var hits atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
	}))
	defer server.Close()
	if r := post(context.Background(), address(t, server.URL+"/pay"), oneshot.Config{}); r.Status != 308 || hits.Load() != 1 {
		t.Errorf("%d after %d requests", r.Status, hits.Load())
	}
}

func TestWithoutAConnectionNothingWasSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := address(t, "http://"+l.Addr().String())
	_ = l.Close()
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, r := range map[string]oneshot.Result{
		"refused":         post(context.Background(), gone, oneshot.Config{}),
		"never connected": post(context.Background(), gone, oneshot.Config{DialContext: never, DialTimeout: 20 * time.Millisecond}),
		"another scheme":  post(context.Background(), address(t, "ftp://127.0.0.1/x"), oneshot.Config{}),
		"no host":         post(context.Background(), address(t, "http:///x"), oneshot.Config{}),
	} {
		if r.Outcome != oneshot.NotSent || r.Err == nil {
			t.Errorf("%s: %s, %v", name, r.Outcome, r.Err)
		}
	}
}

func TestAFailedTLSHandshakeWasNotSent(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came") }))
	defer server.Close()
	if r := post(context.Background(), address(t, server.URL), oneshot.Config{}); r.Outcome != oneshot.NotSent { // a certificate nobody trusts
		t.Errorf("%s, %v", r.Outcome, r.Err)
	}
	s := serve(t, func(*raw, net.Conn) {}) // hangs up in the handshake
	secured := *s.url
	secured.Scheme = "https"
	if r := post(context.Background(), &secured, oneshot.Config{}); r.Outcome != oneshot.NotSent {
		t.Errorf("%s, %v", r.Outcome, r.Err)
	}
}

func TestTLSWorksWithATrustedCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	defer server.Close()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig
	r := post(context.Background(), address(t, server.URL), oneshot.Config{TLS: config})
	if r.Outcome != oneshot.Answered || string(r.Body) != "HTTP/1.1" {
		t.Errorf("%+v", r)
	}
}

func TestATimeoutAfterTheRequestIsLost(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := serve(t, func(r *raw, c net.Conn) {
		r.take(c)
		cancel() // the time is over now, however slow the machine is
		_, _ = io.Copy(io.Discard, c)
	})
	if r := post(ctx, s.url, oneshot.Config{}); r.Outcome != oneshot.Lost || s.requests.Load() != 1 {
		t.Errorf("%s after %d requests, %v", r.Outcome, s.requests.Load(), r.Err)
	}
}

func TestACancelledCallerSendsNothing(t *testing.T) {
	s := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	line := oneshot.Dial(context.Background(), s.url, oneshot.Config{})
	time.Sleep(20 * time.Millisecond) // connected
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := line.Post(ctx, oneshot.Request{URL: s.url}); r.Outcome != oneshot.NotSent || s.requests.Load() != 0 {
		t.Errorf("%s after %d requests", r.Outcome, s.requests.Load())
	}
}

func TestALineIsGoodForOneRequest(t *testing.T) {
	s := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	line := oneshot.Dial(context.Background(), s.url, oneshot.Config{})
	if r := line.Post(context.Background(), oneshot.Request{URL: s.url}); r.Outcome != oneshot.Answered {
		t.Fatalf("%+v", r)
	}
	if r := line.Post(context.Background(), oneshot.Request{URL: s.url}); r.Outcome != oneshot.NotSent || !errors.Is(r.Err, oneshot.ErrUsed) {
		t.Errorf("again: %+v", r)
	}
	line.Close()
	line.Close()
	closed := oneshot.Dial(context.Background(), s.url, oneshot.Config{})
	closed.Close()
	if r := closed.Post(context.Background(), oneshot.Request{URL: s.url}); r.Outcome != oneshot.NotSent {
		t.Errorf("after closing: %+v", r)
	}
	if s.requests.Load() != 1 {
		t.Errorf("%d requests", s.requests.Load())
	}
}

func TestHeadersThatInviteRepetitionAreRefused(t *testing.T) {
	s := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "expect", "Content-Length", "Host"} {
		r := oneshot.Dial(context.Background(), s.url, oneshot.Config{}).
			Post(context.Background(), oneshot.Request{URL: s.url, Header: http.Header{name: {"x"}}})
		if r.Outcome != oneshot.NotSent || !errors.Is(r.Err, oneshot.ErrHeader) {
			t.Errorf("%s: %s, %v", name, r.Outcome, r.Err)
		}
	}
	other := address(t, "http://127.0.0.1:1/x")
	if r := oneshot.Dial(context.Background(), s.url, oneshot.Config{}).Post(context.Background(), oneshot.Request{URL: other}); !errors.Is(r.Err, oneshot.ErrTarget) {
		t.Errorf("another host: %+v", r)
	}
	if s.requests.Load() != 0 {
		t.Errorf("%d requests", s.requests.Load())
	}
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	proxy := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	t.Setenv("HTTP_PROXY", "http://"+proxy.url.Host)
	s := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	if r := post(context.Background(), s.url, oneshot.Config{}); r.Outcome != oneshot.Answered || proxy.connections.Load() != 0 {
		t.Errorf("%+v, proxy used %d times", r, proxy.connections.Load())
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	s := serve(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	post(context.Background(), s.url, oneshot.Config{})
	before := runtime.NumGoroutine()
	for range 50 {
		post(context.Background(), s.url, oneshot.Config{})
		oneshot.Dial(context.Background(), s.url, oneshot.Config{}).Close() // given up before it was used
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+3 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
