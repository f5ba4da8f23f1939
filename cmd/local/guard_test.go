package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// knock sends one request over real HTTP to a listener of the run.
func knock(t *testing.T, to net.Listener, method, path, body string, headers map[string]string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequest(method, "http://"+to.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		if name == "Host" {
			request.Host = strings.ReplaceAll(value, "PORT", portOf(to))
			continue
		}
		request.Header.Set(name, strings.ReplaceAll(value, "PORT", portOf(to)))
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	decoded := map[string]any{}
	_ = json.Unmarshal(raw, &decoded)
	if reply.StatusCode >= 400 && reply.Header.Get("Content-Type") == "application/problem+json" && decoded["status"] != float64(reply.StatusCode) {
		t.Errorf("%s %s: the problem is %s", method, path, raw)
	}
	return reply.StatusCode, decoded
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestOnlyThisMachineIsAnswered: a page in a browser reaches loopback too, under a name that
// leads here (DNS rebinding) or from another site.
func TestOnlyThisMachineIsAnswered(t *testing.T) {
	r := start(t, t.TempDir())
	const sent = "application/json"
	for name, test := range map[string]struct {
		headers map[string]string
		want    int // 0: as without the headers
	}{
		"nothing special":          {nil, 0},
		"localhost":                {map[string]string{"Host": "localhost:PORT"}, 0},
		"localhost in capitals":    {map[string]string{"Host": "LOCALHOST:PORT"}, 0},
		"IPv6":                     {map[string]string{"Host": "[::1]:PORT"}, 0},
		"a name that leads here":   {map[string]string{"Host": "evil.example.com:PORT"}, 421},
		"a name with localhost":    {map[string]string{"Host": "localhost.evil.example.com:PORT"}, 421},
		"a subdomain of localhost": {map[string]string{"Host": "evil.localhost:PORT"}, 421},
		"another port":             {map[string]string{"Host": "127.0.0.1:1"}, 421},
		"no port":                  {map[string]string{"Host": "127.0.0.1"}, 421},
		"another address":          {map[string]string{"Host": "0.0.0.0:PORT"}, 421},
		"a short address":          {map[string]string{"Host": "127.1:PORT"}, 421},
		"its own page":             {map[string]string{"Origin": "http://127.0.0.1:PORT", "Sec-Fetch-Site": "same-origin"}, 0},
		"typed into the browser":   {map[string]string{"Sec-Fetch-Site": "none"}, 0},
		"another site":             {map[string]string{"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"}, 403},
		"another site, by Origin":  {map[string]string{"Origin": "https://evil.example.com"}, 403},
		"another port's page":      {map[string]string{"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 403},
		"a sandboxed page":         {map[string]string{"Origin": "null"}, 403},
		"a link on another site":   {map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"the right name, as https": {map[string]string{"Origin": "https://127.0.0.1:PORT"}, 403},
	} {
		for _, try := range []struct {
			to           net.Listener
			method, path string
			usual        int
		}{
			{r.front, "GET", "/v1/banks", 200}, {r.front, "POST", "/v1/payouts", 400}, {r.front, "POST", "/v1/callbacks/vexora", 400},
			{r.providers, "GET", "/ledger", 200}, {r.providers, "POST", "/merchant", 401}, {r.providers, "POST", "/monetix/v2/payment/status", 0},
		} {
			status, _ := knock(t, try.to, try.method, try.path, "{", merged(test.headers, map[string]string{"Content-Type": sent}))
			refused := status == 421 || status == 403
			if test.want != 0 && status != test.want || test.want == 0 && (refused || try.usual != 0 && status != try.usual) {
				t.Errorf("%s: %s %s is answered %d", name, try.method, try.path, status)
			}
		}
	}
}

func merged(all ...map[string]string) map[string]string {
	headers := map[string]string{}
	for _, some := range all {
		for name, value := range some {
			headers[name] = value
		}
	}
	return headers
}

// TestAPostSaysWhatItIs: a page of another site may post text and forms without asking
// first, and nothing else.
func TestAPostSaysWhatItIs(t *testing.T) {
	r := start(t, t.TempDir())
	const order = "/v1/payouts/po_zzzzzzzzzzzzzzzzzzzzzzzzzz/cancel"
	for _, test := range []struct {
		path, kind string
		taken      bool
	}{
		{"/v1/payouts", "application/json", true}, {"/v1/payouts", "application/json; charset=utf-8", true}, {"/v1/payouts", "Application/JSON", true},
		{"/v1/payouts", "text/plain", false}, {"/v1/payouts", "application/x-www-form-urlencoded", false}, {"/v1/payouts", "multipart/form-data; boundary=x", false},
		{"/v1/payouts", "", false}, {"/v1/payouts", "text/plain, application/json", false}, {"/v1/payouts", "application/jsonp", false},
		{order, "application/json", true}, {order, "text/plain", false}, {order, "", false},
		{"/v1/statements?provider=vexora", "text/csv", true}, {"/v1/statements?provider=vexora", "application/octet-stream", true},
		{"/v1/statements?provider=vexora", "text/plain", false}, {"/v1/statements?provider=vexora", "application/x-www-form-urlencoded", false},
		// What a provider calls its body is nowhere documented; its signature is what counts.
		{"/v1/callbacks/vexora", "text/plain", true}, {"/v1/callbacks/monetix", "", true},
	} {
		status, problem := knock(t, r.front, "POST", test.path, "{", map[string]string{"Content-Type": test.kind})
		if (status != http.StatusUnsupportedMediaType) != test.taken || !test.taken && problem["code"] != "content-type" {
			t.Errorf("%s as %q: %d %v", test.path, test.kind, status, problem)
		}
	}
	if status, p := knock(t, r.front, "POST", "/v1/payouts", walletDraft("0000"), map[string]string{"Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"}); status != 403 {
		t.Errorf("a page of another site has paid: %d %v", status, p)
	}
	if ledger := r.sandbox.Ledger(); len(ledger) != 0 {
		t.Errorf("paid: %+v", ledger)
	}
}
