package boot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// dressed is a text that no terminal should see, and that has no end.
func dressed(name string) string {
	return name + "\x1b]0;owned\x07\u202e\u2066\u200b\ufeff\u0085\u2028" + strings.Repeat("A", 9_000)
}

// mostShown is the most bytes of a text from outside in anything that goes out.
const mostShown = 256

// clean checks every text of a JSON answer.
func clean(t *testing.T, where, body string) {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(body), &tree); err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			bad := func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }
			if strings.ContainsFunc(v, bad) || len(v) > mostShown {
				t.Errorf("%s: %d bytes: %.80q", where, len(v), v)
			}
		case []any:
			for _, each := range v {
				walk(each)
			}
		case map[string]any:
			for name, each := range v {
				walk(name)
				walk(each)
			}
		}
	}
	walk(tree)
}

// vexoraBody and monetixBody are signed callbacks that are dressed wherever they can be.
func vexoraBody(p payout.Payout, status, reference string) string {
	fields := map[string]string{
		"tradeNo": reference, "platFormTradeNo": dressed("id"), "amount": "50000", "status": status, "message": dressed("message"),
	}
	fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
	body, _ := json.Marshal(fields)
	return string(body)
}

func monetixBody(p payout.Payout, status, reference string) string {
	sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
	m := map[string]any{
		"project_id": json.Number("1234"),
		"payment":    map[string]any{"id": reference, "type": "payout", "status": status, "sum": sum},
		"operation":  map[string]any{"type": "payout", "request_id": dressed("id"), "code": dressed("code"), "message": dressed("m")},
	}
	m["signature"] = sandbox.SignMonetix(m, monetixTestKey)
	body, _ := json.Marshal(m)
	return string(body)
}

// TestNoTextFromOutsideReachesAnAnswerAReportOrALog has both providers, a file and people
// write what they like, and reads everything that goes out.
func TestNoTextFromOutsideReachesAnAnswerAReportOrALog(t *testing.T) {
	ctx := context.Background()
	d, operate, log := operating(t, map[string]string{"people": peopleDocument}, "LOG_LEVEL=debug")
	reader, err1 := boot.Assemble(d, read[boot.ReadConfig](t, environment())).Reader()
	ofVexora, err2 := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "vexora"}).Callback(ctx, vexora.Provider)
	ofMonetix, err3 := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(ctx, monetix.Provider)
	notifier, err4 := boot.Assemble(d, read[boot.NotifyConfig](t, environment())).Notifier()
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	callbacks := map[payout.Provider]struct {
		handler  edge.Handler
		body     func(p payout.Payout, status, reference string) string
		statuses []string
	}{
		vexora.Name:  {edge.NewCallback(ofVexora), vexoraBody, []string{dressed("status"), "0015", "0000", "00029"}},
		monetix.Name: {edge.NewCallback(ofMonetix), monetixBody, []string{dressed("status"), "processing", "success", "decline"}},
	}
	for provider, from := range callbacks {
		p := unknownPayout(t, d.Store, provider)
		for _, status := range from.statuses {
			for _, reference := range []string{string(p.ProviderReference()), string(p.ID.ProviderReference(7)), dressed("reference"), "P" + strings.Repeat("A", 26) + "01"} {
				e := edge.Event{RawPath: "/", Body: from.body(p, status, reference)}
				e.RequestContext.HTTP.Method = http.MethodPost
				if reply, err := from.handler(ctx, e); err != nil || reply.StatusCode != 200 {
					t.Fatalf("%s: %d %s %v", provider, reply.StatusCode, reply.Body, err)
				}
			}
		}
		order, _ := json.Marshal(map[string]string{"as": "reviewed", "reason": dressed("reason")[:400], "evidence": dressed("evidence")[:4000]})
		for _, arn := range []string{ofDara, ofBopha} {
			_, _, reply := orderAs(t, operate, arn, "POST", "/v1/payouts/"+string(p.ID)+"/resolve", "", string(order))
			clean(t, "an order", reply.Body)
		}
		cell := func(name string) string { return strings.ToValidUTF8(dressed(name)[:1500], "") } // longer rows are refused
		statement := "tradeNo,platFormTradeNo,amount,currency,status,message\n" +
			fmt.Sprintf("%s,\"%s\",50000,KHR,\"%s\",\"%s\"\n\"%s\",x,1,KHR,x,x\n", p.ProviderReference(), cell("id"), cell("status"), cell("m"), cell("reference"))
		for _, format := range []string{"", "&format=csv", "&check=true"} {
			_, _, reply := orderAs(t, operate, ofDara, "POST", "/v1/statements", "provider=vexora"+format, statement)
			if reply.StatusCode != 200 {
				t.Fatalf("a statement: %d %s", reply.StatusCode, reply.Body)
			}
			if format != "&format=csv" {
				clean(t, "a report", reply.Body)
			} else if shown := strings.NewReplacer("\r\n", "", "\n", "").Replace(reply.Body); strings.ContainsFunc(shown, unicode.IsControl) || len(shown) > 4096 {
				t.Errorf("a CSV report: %d bytes, %.200q", len(shown), shown)
			}
		}
		if err := notifier.Notify(ctx, p.ID); err != nil {
			t.Fatal(err)
		}
		get := edge.Event{RawPath: "/v1/payouts/" + string(p.ID)}
		for _, get.RawPath = range []string{get.RawPath, "/v1/orphans", "/v1/events", "/v1/payouts"} {
			get.RequestContext.HTTP.Method = http.MethodGet
			reply, err := edge.NewRead(reader)(ctx, get)
			if err != nil || reply.StatusCode != 200 {
				t.Fatalf("%s: %d %v", get.RawPath, reply.StatusCode, err)
			}
			clean(t, get.RawPath, reply.Body)
		}
	}
	for line := range bytes.Lines(log.Bytes()) {
		clean(t, "the log", string(line))
	}
}
