package vexora_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// notification is the body of the notes' own vector about our payout.
func notification(t *testing.T, status string) string {
	t.Helper()
	return signed(t, fmt.Sprintf(`{"tradeNo":"%s","platFormTradeNo":"VX1","amount":"50000","status":%q,"message":"SUCCESS",
		"successTime":"2026-05-16 15:10:05","timestamp":"1778919005000","remark":"payout_KHPO202605160001"}`,
		example(t).ProviderReference(), status), rielSecret)
}

// signed adds the signature over the literal tokens of a flat body.
func signed(t *testing.T, body, secret string) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimSpace(body), "}") + fmt.Sprintf(`,"sign":%q}`, vexora.Sign(literals(t, body), secrets.New(secret)))
}

func verify(t *testing.T, body string) (payout.Claim, error) {
	t.Helper()
	return vexora.NewVerifier(testKeys(t, "https://api.example.com"), clock).Verify(context.Background(), []byte(body))
}

func TestANotificationBecomesAClaim(t *testing.T) {
	body := notification(t, "0000")
	c, err := verify(t, body)
	if err != nil {
		t.Fatal(err)
	}
	p := example(t)
	if c.Reference != string(p.ProviderReference()) || c.ProviderID != "VX1" || c.Code != "0000" || c.Message != "SUCCESS" ||
		c.Finding != payout.FoundSucceeded || c.Source != payout.FromCallback || c.Provider != vexora.Name {
		t.Errorf("%+v", c)
	}
	if len(c.Amounts) != 1 || c.Amounts[0] != p.Amount || *c.Description != p.Description || string(c.Raw) != body || !c.At.Equal(at) {
		t.Errorf("%+v", c)
	}
}

func TestOnlyThreeStatusesDecide(t *testing.T) {
	for status, want := range map[string]payout.Finding{
		"0000": payout.FoundSucceeded, "0015": payout.FoundProcessing, "00029": payout.FoundFailed,
		"0029": payout.FoundUnlisted, "29": payout.FoundUnlisted, "000029": payout.FoundUnlisted, "0001": payout.FoundUnlisted,
		"00032": payout.FoundUnlisted, "0100019": payout.FoundUnlisted, "": payout.FoundUnlisted, "0": payout.FoundUnlisted,
		" 0000": payout.FoundUnlisted, "SUCCESS": payout.FoundUnlisted,
	} {
		c, err := verify(t, notification(t, status))
		if err != nil || c.Finding != want || c.Conclusive {
			t.Errorf("%q: %s, conclusive %v, %v", status, c.Finding, c.Conclusive, err)
		}
	}
}

func TestTheCurrencyIsThatOfTheSecretThatSigned(t *testing.T) {
	body := `{"tradeNo":"T","amount":"12.5000","status":"0000"}`
	for secret, currency := range map[string]money.Currency{rielSecret: money.KHR, dollarSecret: money.USD} {
		c, err := verify(t, signed(t, body, secret))
		if err != nil || len(c.Amounts) != 1 || c.Amounts[0].Currency() != currency || c.Amounts[0].String() != "12.50" {
			t.Errorf("%s: %v, %v", currency, c.Amounts, err)
		}
	}
}

func TestLiteralTokensAreWhatIsSigned(t *testing.T) {
	for _, body := range []string{
		`{"tradeNo":"T1","amount":50000.00,"timestamp":1778919005000}`,
		`{"tradeNo":"T1","amount":9998989.1200,"ok":true}`,
	} {
		if _, err := verify(t, signed(t, body, rielSecret)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	honest := signed(t, `{"tradeNo":"T1","amount":50000.00}`, rielSecret)
	if _, err := verify(t, strings.Replace(honest, "50000.00", "50000", 1)); !errors.Is(err, payout.ErrCallbackSignature) {
		t.Errorf("zeros were lost on the way and nobody noticed: %v", err)
	}
}

func TestNullsMayBeSignedOrNot(t *testing.T) {
	without := signed(t, `{"tradeNo":"T1","amount":"5"}`, rielSecret)
	if _, err := verify(t, strings.Replace(without, `{`, `{"remark":null,`, 1)); err != nil {
		t.Errorf("left out: %v", err)
	}
	spelled := signed(t, `{"tradeNo":"T1","amount":"5","remark":null}`, rielSecret)
	if _, err := verify(t, spelled); err != nil {
		t.Errorf("spelled out: %v", err)
	}
}

func TestForgedAndBrokenNotifications(t *testing.T) {
	good := notification(t, "0000")
	replace := func(old, fresh string) string { return strings.Replace(good, old, fresh, 1) }
	sign := good[strings.Index(good, `"sign":"`)+len(`"sign":"`) : len(good)-2]
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"another amount":      {replace(`"50000"`, `"5000000"`), payout.ErrCallbackSignature},
		"another status":      {replace(`"0000"`, `"00029"`), payout.ErrCallbackSignature},
		"an added member":     {replace(`{`, `{"x":"1",`), payout.ErrCallbackSignature},
		"a member taken away": {replace(`"message":"SUCCESS",`, ``), payout.ErrCallbackSignature},
		"no signature":        {replace(`,"sign":"`+sign+`"`, ""), payout.ErrCallbackSignature},
		"an empty signature":  {replace(sign, ""), payout.ErrCallbackSignature},
		"a numeric signature": {replace(`"`+sign+`"`, "1"), payout.ErrCallbackSignature},
		"a null signature":    {replace(`"`+sign+`"`, "null"), payout.ErrCallbackSignature},
		"a cut signature":     {replace(sign, sign[:30]), payout.ErrCallbackSignature},
		"another key":         {signed(t, `{"tradeNo":"T","amount":"5"}`, "other"), payout.ErrCallbackSignature},
		"a nested value":      {replace(`{`, `{"data":{},`), payout.ErrCallbackMalformed},
		"an array":            {replace(`{`, `{"data":[],`), payout.ErrCallbackMalformed},
		"a duplicate member":  {replace(`{`, `{"tradeNo":"x",`), payout.ErrCallbackMalformed},
		"trailing data":       {good + "x", payout.ErrCallbackMalformed},
		"not an object":       {`"OK"`, payout.ErrCallbackMalformed},
		"nothing":             {``, payout.ErrCallbackMalformed},
		"invalid UTF-8":       {replace("SUCCESS", "\xff"), payout.ErrCallbackMalformed},
		"a lone surrogate":    {replace("SUCCESS", `\udc00`), payout.ErrCallbackMalformed},
		"a megabyte":          {`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, payout.ErrCallbackMalformed},
		"no reference":        {signed(t, `{"amount":"5","status":"0000"}`, rielSecret), payout.ErrCallbackUnusable},
	} {
		if _, err := verify(t, test.body); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify(t, replace(sign, strings.ToUpper(sign))); err != nil {
		t.Errorf("the case of the digest carries nothing: %v", err)
	}
}

func TestFieldsThatWereReCutKeepTheDigestAndAreSuspect(t *testing.T) {
	honest := signed(t, `{"amount":"5","message":"xplatFormTradeNo=V","status":"0015","tradeNo":"T"}`, rielSecret)
	recut := strings.Replace(honest, `"message":"xplatFormTradeNo=V"`, `"message":"x","platFormTradeNo":"V"`, 1)
	if _, err := verify(t, recut); err != nil {
		t.Fatal("the digest does not separate fields; this test has lost its meaning")
	}
	hidden := signed(t, `{"amount":"5status=0000","tradeNo":"T"}`, rielSecret)
	if c, err := verify(t, hidden); err != nil || c.Suspect == "" || c.Finding == payout.FoundSucceeded {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAmountsThatCannotBeReadMakeAClaimSuspect(t *testing.T) {
	for _, amount := range []string{`""`, `"-5"`, `"5e3"`, `"5,000"`, `"5.001"`, `"٥"`, `5e3`, `-5`, `null`, `true`} {
		c, err := verify(t, signed(t, `{"tradeNo":"T","status":"0000","amount":`+amount+`}`, rielSecret))
		if err != nil || c.Suspect == "" {
			t.Errorf("%s: %v, %v", amount, c.Amounts, err)
		}
	}
}

func TestARotatedKeyIsFetchedOnce(t *testing.T) {
	k := &keys{
		sets:      []vexora.Credentials{credentials(t, "https://x", "old", "old-usd")},
		refreshed: []vexora.Credentials{credentials(t, "https://x", rielSecret, dollarSecret), credentials(t, "https://x", "old", "old-usd")},
	}
	v := vexora.NewVerifier(k, clock)
	if _, err := v.Verify(context.Background(), []byte(notification(t, "0000"))); err != nil || k.refreshes != 1 {
		t.Errorf("%v after %d refreshes", err, k.refreshes)
	}
	if _, err := v.Verify(context.Background(), []byte(signed(t, `{"tradeNo":"T","amount":"5"}`, "old"))); err != nil || k.refreshes != 1 {
		t.Errorf("the previous key: %v after %d refreshes", err, k.refreshes)
	}
	k.err = errors.New("down")
	if _, err := v.Verify(context.Background(), []byte(notification(t, "0000"))); err == nil || errors.Is(err, payout.ErrCallbackSignature) {
		t.Errorf("keys that cannot be read: %v", err)
	}
}

func FuzzVerifyNeverPanicsAndNeverBelieves(f *testing.F) {
	f.Add([]byte(`{"tradeNo":"T","amount":"5","sign":"00000000000000000000000000000000"}`))
	f.Add([]byte(`{"sign":null,"a":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, err := verify(t, string(body)); err == nil {
			t.Errorf("believed %+v", c)
		}
	})
}
