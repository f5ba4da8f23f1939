package monetix_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// figure is a callback of the page, about our payout, signed by the test's key.
func figure(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(raw), `"signature"`)
	body = strings.TrimSuffix(strings.TrimSpace(body), ",") + "}"
	return sign(t, strings.Replace(body, `"payment_47"`, `"`+string(example(t).ProviderReference())+`"`, 1), testSecret)
}

func TestBothFiguresOfThePageAreUnderstood(t *testing.T) {
	for name, want := range map[string]payout.Claim{
		"seed_callback_success.json": {Finding: payout.FoundSucceeded, Code: "0", Message: "Success"},
		"seed_callback_decline.json": {Finding: payout.FoundFailed, Code: "20000", Message: "General decline", Failure: payout.FailureDeclined},
	} {
		c, err := verify(t, figure(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if c.Finding != want.Finding || c.Code != want.Code || c.Message != want.Message || c.Failure != want.Failure {
			t.Errorf("%s: %+v", name, c)
		}
		if c.ProviderID != "1a23456bc7890de" || c.Reference != string(example(t).ProviderReference()) || c.Description != nil {
			t.Errorf("%s: %s, %s", name, c.ProviderID, c.Reference)
		}
		amount := example(t).Amount
		if len(c.Amounts) != 2 || c.Amounts[0] != amount || c.Amounts[1] != amount || c.Suspect != "" {
			t.Errorf("%s: amounts %v, suspect %q", name, c.Amounts, c.Suspect)
		}
	}
}

func TestForgedAndBrokenCallbacks(t *testing.T) {
	good := about{status: "success", code: "0"}.callback(t, example(t))
	signature := good[strings.Index(good, `"signature":"`)+len(`"signature":"`) : len(good)-2]
	replace := func(old, fresh string) string { return strings.Replace(good, old, fresh, 1) }
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"one character of the body": {replace(`"message":"m"`, `"message":"n"`), payout.ErrCallbackSignature},
		"one character of the sign": {replace(signature[:4], "AAAA"), payout.ErrCallbackSignature},
		"a lower-case signature":    {replace(signature, strings.ToLower(signature)), payout.ErrCallbackSignature},
		"a cut signature":           {replace(signature, signature[:40]), payout.ErrCallbackSignature},
		"blanks in the signature":   {replace(signature, signature+"\\n"), payout.ErrCallbackSignature},
		"no signature":              {replace(`,"signature":"`+signature+`"`, ""), payout.ErrCallbackSignature},
		"a numeric signature":       {replace(`"`+signature+`"`, "12345"), payout.ErrCallbackSignature},
		"a null signature":          {replace(`"`+signature+`"`, "null"), payout.ErrCallbackSignature},
		"an added signature":        {replace(`{"project_id"`, `{"general":{"signature":"AAAA"},"project_id"`), payout.ErrCallbackSignature},
		"an added member":           {replace(`{"project_id"`, `{"x":1,"project_id"`), payout.ErrCallbackSignature},
		"another key":               {sign(t, `{"project_id":1234}`, "other"), payout.ErrCallbackSignature},
		"a duplicate member":        {replace(`{"project_id"`, `{"project_id":1,"project_id"`), payout.ErrCallbackMalformed},
		"trailing data":             {good + "{}", payout.ErrCallbackMalformed},
		"not an object":             {`["signature"]`, payout.ErrCallbackMalformed},
		"nothing":                   {``, payout.ErrCallbackMalformed},
		"invalid UTF-8":             {replace(`"message":"m"`, "\"message\":\"\xff\""), payout.ErrCallbackMalformed},
		"a lone surrogate":          {replace(`"message":"m"`, `"message":"\ud800"`), payout.ErrCallbackMalformed},
		"deep nesting":              {strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000), payout.ErrCallbackMalformed},
		"a megabyte":                {`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, payout.ErrCallbackMalformed},
		"another project":           {sign(t, `{"project_id":1235,"payment":{"id":"x","type":"payout"}}`, testSecret), payout.ErrCallbackUnusable},
		"no project":                {sign(t, `{"payment":{"id":"x","type":"payout"}}`, testSecret), payout.ErrCallbackUnusable},
		"no reference":              {sign(t, `{"project_id":1234,"payment":{"type":"payout"}}`, testSecret), payout.ErrCallbackUnusable},
		"a purchase":                {sign(t, `{"project_id":1234,"payment":{"id":"x","type":"purchase"}}`, testSecret), payout.ErrCallbackUnrelated},
	} {
		if _, err := verify(t, test.body); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFieldsThatWereReCutAreStillNotOurPayout(t *testing.T) {
	// Both bodies have one canonical text, and so one signature.
	honest := sign(t, `{"project_id":1234,"payment":{"id":"P1","status":"decline;payment:type:payout"}}`, testSecret)
	recut := strings.Replace(honest, `"status":"decline;payment:type:payout"`, `"status":"decline","type":"payout"`, 1)
	c, err := verify(t, recut)
	if err != nil {
		t.Fatal("the signature does not separate fields; this test has lost its meaning")
	}
	if c.Suspect == "" {
		t.Error("a claim without an amount must not move money")
	}
}

func TestAmountsThatCannotBeReadMakeAClaimSuspect(t *testing.T) {
	for _, sum := range []string{
		`{"amount":5000000.0,"currency":"KHR"}`, `{"amount":-1,"currency":"KHR"}`, `{"amount":5e6,"currency":"KHR"}`,
		`{"amount":5000000,"currency":"EUR"}`, `{"amount":5000000}`, `{"currency":"KHR"}`, `{}`, `5000000`, `null`,
		`{"amount":99999999999999999999,"currency":"KHR"}`, `{"amount":"٥","currency":"KHR"}`,
	} {
		c, err := verify(t, sign(t, fmt.Sprintf(`{"project_id":"1234","payment":{"id":"P","type":"payout","status":"success","sum":%s}}`, sum), testSecret))
		if err != nil || c.Suspect == "" {
			t.Errorf("%s: %v, %v", sum, c.Amounts, err)
		}
	}
	c, err := verify(t, sign(t, `{"project_id":1234,"payment":{"id":"P","type":"payout","status":"success","sum":{"amount":"5000000","currency":"KHR"}}}`, testSecret))
	if err != nil || len(c.Amounts) != 1 || c.Amounts[0].Currency() != money.KHR {
		t.Errorf("digits as text: %v, %v", c.Amounts, err)
	}
}

func TestTwelveItemsMayBeSortedInAnyDocumentedOrder(t *testing.T) {
	head := `{"project_id":1234,"payment":{"id":"P","type":"payout","status":"x"},"list":[` + strings.TrimSuffix(strings.Repeat(`1.50,`, 12), ",") + `]`
	for name, test := range map[string]struct {
		order  []int
		number string
	}{
		"paths":             {[]int{0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9}, "1.50"},
		"lines":             {[]int{0, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "1.50"},
		"PHP, by its value": {[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "1.5"},
	} {
		var lines []string
		for _, i := range test.order {
			lines = append(lines, fmt.Sprintf("list:%d:%s", i, test.number))
		}
		text := strings.Join(append(lines, "payment:id:P", "payment:status:x", "payment:type:payout", "project_id:1234"), ";")
		mac := hmac.New(sha512.New, []byte(testSecret))
		mac.Write([]byte(text))
		body := fmt.Sprintf(`%s,"signature":%q}`, head, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		if _, err := verify(t, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARotatedKeyIsFetchedOnce(t *testing.T) {
	k := &keys{
		sets:      []monetix.Credentials{credentials(t, "https://gate.example.com", "old")},
		refreshed: []monetix.Credentials{credentials(t, "https://gate.example.com", testSecret)},
	}
	v := monetix.NewVerifier(k, monetix.DefaultSettings(), clock)
	if _, err := v.Verify(context.Background(), []byte(about{status: "success"}.callback(t, example(t)))); err != nil || k.refreshes != 1 {
		t.Errorf("%v after %d refreshes", err, k.refreshes)
	}
	k = testKeys(t, "https://gate.example.com")
	k.sets = append(k.sets, credentials(t, "https://gate.example.com", "previous"))
	previous := sign(t, `{"project_id":1234,"payment":{"id":"P","type":"payout","status":"success"}}`, "previous")
	if _, err := monetix.NewVerifier(k, monetix.DefaultSettings(), clock).Verify(context.Background(), []byte(previous)); err != nil || k.refreshes != 0 {
		t.Errorf("the previous key: %v after %d refreshes", err, k.refreshes)
	}
}

func TestKeysThatCannotBeReadAreNotABadSignature(t *testing.T) {
	k := testKeys(t, "https://gate.example.com")
	k.err = errors.New("down")
	_, err := monetix.NewVerifier(k, monetix.DefaultSettings(), clock).Verify(context.Background(), []byte(about{status: "success"}.callback(t, example(t))))
	if err == nil || errors.Is(err, payout.ErrCallbackSignature) {
		t.Errorf("%v", err)
	}
}

func FuzzVerifyNeverPanicsAndNeverBelieves(f *testing.F) {
	f.Add([]byte(`{"project_id":1234,"payment":{"id":"P"},"signature":"AAAA"}`))
	f.Add([]byte(`{"general":{"signature":"` + strings.Repeat("A", 86) + `=="}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, err := verify(t, string(body)); err == nil {
			t.Errorf("believed %+v", c)
		}
	})
}
