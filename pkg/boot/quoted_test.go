package boot_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// quotedNumber is the number of a recipient, and spellings in which a provider quotes it.
const quotedNumber = "7301986425"

var quotations = []string{
	"Account 7301986425 does not exist", "7301986425", "730 198 6425", "730-198-6425", "A/C KH01 7301.9864.25 of Sophea Chan",
	"ending 86425", "७३०१९८६४२५", "E-73-01-98-64-25", strings.Repeat("long ", 31) + "73019",
	"A/C ៧៣០១៩៨៦៤២៥", "７３０１９８６４２５", "⑺⑶⓪⑴⑼⑻⑹⑷⑵⑸", "⁷³⁰¹⁹⁸⁶⁴²⁵", "73Ol986425", "A/C 73ОІ9864-25", "7301<!-- of 2 -->986425", "730/* a */198/* b */6425",
	"73\u31640198\u034f6425", "730<![CDATA[1986]]>425",
}

// made are hashes, ids and times, in which digits of the number stand by chance.
var made = regexp.MustCompile(`[0-9a-f]{64}|(evt|po)_[a-z2-7]{26}|P[A-Z2-7]{26}[0-9]{2}|[0-9-]{10}T[0-9:.]{8,}Z?`)

// comments are what no reader of markup sees.
var comments = regexp.MustCompile(`<!--.*?-->|/\*.*?\*/|<!\[CDATA\[|\]\]>`)

// showsNumber reports whether a text has five digits of the number in a row, however they are
// set apart, or the first ones before the end of a text.
func showsNumber(text string) bool {
	text = made.ReplaceAllString(text, "made")
	text = comments.ReplaceAllString(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(text), "")
	digits := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(" -./()\u3164\u034f", r):
			return -1
		case r >= '०' && r <= '९':
			return '0' + r - '०'
		case r >= '០' && r <= '៩':
			return '0' + r - '០'
		case strings.ContainsRune("OОo", r):
			return '0'
		case strings.ContainsRune("lIІ", r):
			return '1'
		}
		return r
	}, norm.NFKC.String(text))
	for from := range len(quotedNumber) - 4 {
		if strings.Contains(digits, quotedNumber[from:from+5]) {
			return true
		}
	}
	return strings.Contains(digits, `7301"`)
}

// quoting is a signed callback of each provider that quotes the number in its texts.
func quoting(provider payout.Provider, reference, status, code, message string) string {
	if provider == vexora.Name {
		fields := map[string]string{"tradeNo": reference, "platFormTradeNo": "V1", "amount": "50000", "status": status, "message": message}
		if status == "" {
			fields["status"] = code
		}
		fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
		body, _ := json.Marshal(fields)
		return string(body)
	}
	sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
	tree := map[string]any{
		"project_id": json.Number("1234"),
		"payment":    map[string]any{"id": reference, "type": "payout", "status": status, "sum": sum},
		"operation":  map[string]any{"type": "payout", "request_id": "mx-1", "code": code, "message": message},
	}
	tree["signature"] = sandbox.SignMonetix(tree, monetixTestKey)
	body, _ := json.Marshal(tree)
	return string(body)
}

// TestNoReaderSeesTheNumberThatAProviderQuotes has both providers quote a recipient wherever
// they write, and reads everything that goes out.
func TestNoReaderSeesTheNumberThatAProviderQuotes(t *testing.T) {
	ctx := context.Background()
	d, _, log := operating(t, map[string]string{"people": peopleDocument}, "LOG_LEVEL=debug")
	reader, err1 := boot.Assemble(d, read[boot.ReadConfig](t, environment())).Reader()
	ofVexora, err2 := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "vexora"}).Callback(ctx, vexora.Provider)
	ofMonetix, err3 := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(ctx, monetix.Provider)
	notifier, err4 := boot.Assemble(d, read[boot.NotifyConfig](t, environment())).Notifier()
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	handlers := map[payout.Provider]edge.Handler{vexora.Name: edge.NewCallback(ofVexora), monetix.Name: edge.NewCallback(ofMonetix)}
	statuses := map[payout.Provider][]string{vexora.Name: {"", "0015", "00029", "0000"}, monetix.Name: {"odd", "processing", "decline", "reversed"}}
	var out []string
	get := func(path string) {
		e := edge.Event{RawPath: path}
		e.RequestContext.HTTP.Method = http.MethodGet
		reply, err := edge.NewRead(reader)(ctx, e)
		if err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, reply.StatusCode, err)
		}
		out = append(out, reply.Body)
	}
	for provider, handler := range handlers {
		for _, said := range quotations {
			for n, status := range statuses[provider] {
				p := quotedPayout(t, d.Store, provider)
				for _, reference := range []string{string(p.ProviderReference()), string(p.ProviderReference()), "of-another-" + status, "P" + strings.Repeat("A", 26) + "0" + string(rune('1'+n))} {
					if code := post(t, handler, quoting(provider, reference, status, said, said)); code != http.StatusOK {
						t.Fatalf("%s: %d", provider, code)
					}
				}
				if err := notifier.Notify(ctx, p.ID); err != nil {
					t.Fatal(err)
				}
				get("/v1/payouts/" + string(p.ID))
			}
		}
	}
	for _, path := range []string{"/v1/payouts", "/v1/orphans", "/v1/events"} {
		get(path)
	}
	for _, text := range append(out, strings.Split(log.String(), "\n")...) {
		if showsNumber(text) {
			t.Fatalf("the number of the recipient: %s", text)
		}
	}
	if !strings.Contains(strings.Join(out, ""), "****6425 does not exist") {
		t.Error("nothing was quoted")
	}
}

// quotedPayout is one whose end nobody knows, to the number that is quoted.
func quotedPayout(t *testing.T, store payout.Store, provider payout.Provider) payout.Payout {
	t.Helper()
	p := unknownPayout(t, newShelf(), provider)
	p.CreatedAt = time.Now()
	p.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: quotedNumber}
	p.Beneficiary = payout.Beneficiary{FirstName: "Sophea", LastName: "Chan", Email: "sophea.chan@example.com", Phone: "012345678"}
	if err := store.Insert(t.Context(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	return p
}
