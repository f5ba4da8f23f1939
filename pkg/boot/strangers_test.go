package boot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
)

// doorbell is a wired callback function, with its log and a clock.
type doorbell struct {
	handler edge.Handler
	log     bytes.Buffer
	at      time.Time
	store   payout.Store
}

func newDoorbell(tb testing.TB, p payout.Provider) *doorbell {
	tb.Helper()
	b := &doorbell{at: time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)}
	d := deployment(tb, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	d.Log, d.Now, b.store = telemetry.NewLogger(&b.log, 0), func() time.Time { return b.at }, d.Store
	storage := boot.Storage{Namespace: "dev"}
	var (
		callback edge.Callback
		err      error
	)
	if p == vexora.Name {
		callback, err = boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: storage, SecretID: "vexora"}).Callback(tb.Context(), vexora.Provider)
	} else {
		callback, err = boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: storage, SecretID: "monetix"}).Callback(tb.Context(), monetix.Provider)
	}
	if err != nil {
		tb.Fatal(err)
	}
	b.handler = edge.NewCallback(callback)
	return b
}

// post posts a body and returns the status.
func (b *doorbell) post(tb testing.TB, body string) int {
	tb.Helper()
	e := edge.Event{RawPath: "/", Body: body}
	e.RequestContext.HTTP.Method = http.MethodPost
	reply, err := b.handler(tb.Context(), e)
	if err != nil {
		tb.Fatalf("the function failed, which rings and pages: %v", err)
	}
	return reply.StatusCode
}

// counted adds up what CloudWatch would count of a metric, and the lines of the log.
func (b *doorbell) counted(tb testing.TB, metric string) (sum, lines int) {
	tb.Helper()
	for line := range strings.Lines(b.log.String()) {
		lines++
		var decoded map[string]any
		if err := json.Unmarshal([]byte(line), &decoded); err != nil {
			tb.Fatal(err)
		}
		if n, there := decoded[metric].(float64); there {
			sum += int(n)
		}
	}
	return sum, lines
}

var unsignedBodies = map[payout.Provider]string{
	vexora.Name:  `{"tradeNo": "x", "sign": "00000000000000000000000000000000"}`,
	monetix.Name: `{"project_id": 1234, "payment": {"id": "x"}, "signature": "AAAA"}`,
}

// TestAStrangersFloodWritesFewLinesAndIsStillCounted: every post used to write two lines.
func TestAStrangersFloodWritesFewLinesAndIsStillCounted(t *testing.T) {
	const flood = 3000
	for p, body := range unsignedBodies {
		b := newDoorbell(t, p)
		for range flood {
			if status := b.post(t, body); status != http.StatusUnauthorized {
				t.Fatalf("%s: answered %d", p, status)
			}
		}
		sum, lines := b.counted(t, string(payout.SignalBadSignature))
		if lines > 40 || sum > flood || sum*2 < flood {
			t.Errorf("%s: %d refusals wrote %d lines, and the metric says %d", p, flood, lines, sum)
		}
		b.at = b.at.Add(time.Minute)
		b.post(t, body)
		if sum, _ := b.counted(t, string(payout.SignalBadSignature)); sum != flood+1 {
			t.Errorf("%s: in the next minute the metric says %d of %d", p, sum, flood+1)
		}
	}
}

func TestARefusalThatIsNotAboutTheSignatureWritesFewLinesToo(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"malformed": {`{"a": }`, http.StatusBadRequest},
		"not JSON":  {"=", http.StatusBadRequest},
		"too large": {strings.Repeat("x", edge.BodyLimit+1), http.StatusRequestEntityTooLarge},
	} {
		for p := range unsignedBodies {
			b := newDoorbell(t, p)
			for range 500 {
				if status := b.post(t, test.body); status != test.status {
					t.Fatalf("%s at %s: answered %d", name, p, status)
				}
			}
			b.at = b.at.Add(time.Minute)
			b.post(t, test.body)
			if sum, lines := b.counted(t, "count"); lines > 20 || sum != 501 {
				t.Errorf("%s at %s: %d lines stand for %d refusals of 501", name, p, lines, sum)
			}
		}
	}
}

// TestAGenuineCallbackThatIsRepeatedWritesFewLines: whoever has seen one can post it
// again and again.
func TestAGenuineCallbackThatIsRepeatedWritesFewLines(t *testing.T) {
	b := newDoorbell(t, vexora.Name)
	p := unknownPayout(t, b.store, vexora.Name)
	fields := map[string]any{
		"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "VX1", "amount": "50000", "status": "0000",
		"message": "Success", "timestamp": "1778919005000", "remark": "May",
	}
	fields["sign"] = sandbox.SignVexora(plainFields(fields), vexoraTestKey)
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if status := b.post(t, string(body)); status != http.StatusOK {
			t.Fatalf("repetition %d is answered %d", i, status)
		}
	}
	if sum, lines := b.counted(t, string(payout.SignalVerified)); lines > 40 || sum < 500 {
		t.Errorf("%d lines, and %d verified callbacks were counted", lines, sum)
	}
}

func plainFields(fields map[string]any) map[string]string {
	plain := map[string]string{}
	for name, value := range fields {
		plain[name] = fmt.Sprint(value)
	}
	return plain
}

// FuzzAStrangersPostIsANormalReturn: a function that fails is counted as an error, and
// errors page and roll back. No body may make one.
func FuzzAStrangersPostIsANormalReturn(f *testing.F) {
	for _, body := range unsignedBodies {
		f.Add(body)
	}
	f.Add(`{"sign":"x","signature":"x","a":[[[{"b":null}]]]}`)
	f.Add("")
	doors := []*doorbell{newDoorbell(f, vexora.Name), newDoorbell(f, monetix.Name)}
	f.Fuzz(func(t *testing.T, body string) {
		for _, b := range doors {
			if status := b.post(t, body); status != 400 && status != 401 && status != 413 {
				t.Errorf("answered %d", status)
			}
		}
	})
}
