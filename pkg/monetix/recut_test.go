package monetix_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
)

// paidCallback is a callback that says "paid", with members in places that tests choose.
func paidCallback(top, payment, operation string) string {
	return fmt.Sprintf(`{"project_id":1234,%s"payment":{"id":"P","type":"payout","status":"success",%s"sum":{"amount":5000000,"currency":"KHR"}},
		"operation":{"type":"payout","status":"success",%s"code":"0","message":"m"}}`, top, payment, operation)
}

func TestWhichTextsCouldBeCutOtherwise(t *testing.T) {
	tests := map[string]struct {
		body      string
		ambiguous bool
	}{
		"the documented callback":                {paidCallback("", "", ""), false},
		"every documented member":                {paidCallback(`"customer":{"id":"c"},"account":{"number":"1"},"errors":[],"additional_data":{"a":"b"},"display_data":[1],`, "", ""), false},
		"free text":                              {paidCallback("", `"method":"a;b:c; payment: May",`, `"date":"2024-12-07T19:08:45+0000",`), false},
		"a path in the middle of a part":         {paidCallback("", `"method":"see payment:status:decline",`, ""), false},
		"an unknown member below the top":        {paidCallback("", `"extra-1_X":"1",`, ""), false},
		"an unknown member at the top":           {paidCallback(`"extra":"1",`, "", ""), true},
		"an empty unknown member at the top":     {paidCallback(`"extra":{},`, "", ""), false},
		"empty members of any name":              {paidCallback(`"a b":[],"general":{},"payment_id":[[]],`, `"c:d":{"":{}},`, `";":[{},[]],`), false},
		"a part that is never signed":            {paidCallback(`"frame_mode":{"a b":"x;payment:status:decline"},`, `"signature":{";":1},`, ""), false},
		"a member of an empty name's":            {paidCallback(`"extra":{"":"1"},`, "", ""), true},
		"a name with a blank":                    {paidCallback("", `"ex tra":"1",`, ""), true},
		"a name with a colon":                    {paidCallback("", `"sum:x":"1",`, ""), true},
		"a name of another script":               {paidCallback("", `"ក":"1",`, ""), true},
		"an empty name":                          {paidCallback("", `"":"1",`, ""), true},
		"a name inside an array":                 {paidCallback(`"errors":[{"a b":"1"}],`, "", ""), true},
		"a status in a value":                    {paidCallback("", `"method":"x;payment:status:decline",`, ""), true},
		"a status that begins a value":           {paidCallback("", `"method":";payment:status:",`, ""), true},
		"a number of the operation in a value":   {paidCallback(`"customer":{"id":"x;operation:request_id:1"},`, "", ""), true},
		"an error in a value":                    {paidCallback(`"customer":{"id":"x;errors:0:code:3041"},`, "", ""), true},
		"an error as an object instead of array": {paidCallback(`"errors":{"0":{"code":"3041"}},`, "", ""), true},
		"a status below a status":                {paidCallback("", "", `"request_id":{"x":"1"},`), true},
		"a request in a value":                   {paidCallback(`"customer":{"zip":"1;general:project_id:1"},`, "", ""), true},
		"a payment page in a value":              {paidCallback(`"customer":{"zip":"1;payment_id:1"},`, "", ""), true},
		"general with more than the signature":   {paidCallback(`"general":{"payment_id":"1"},`, "", ""), true},
	}
	for name, tt := range tests {
		c, err := verify(t, sign(t, tt.body, testSecret))
		if err != nil || (c.Ambiguous != "") != tt.ambiguous {
			t.Errorf("%s: ambiguous %q, %v", name, c.Ambiguous, err)
		}
	}
}

func TestSettingsOfCallbackMembers(t *testing.T) {
	s, err := monetix.ParseSettings([]byte(`{"callback_members": ["terminal", "x-1_Y"]}`))
	if err != nil || !slices.Equal(s.CallbackMembers, []string{"terminal", "x-1_Y"}) {
		t.Errorf("%v, %v", s, err)
	}
	many := `"a` + strings.Repeat(`","a`, 25) + `"`
	for _, wrong := range []string{
		`[]`, `{"x": 1}`, `{"callback_members": "a"}`, `{"callback_members": [1]}`, `{"callback_members": [""]}`, `{"callback_members": ["a b"]}`,
		`{"callback_members": ["a", "a"]}`, `{"callback_members": ["general"]}`, `{"callback_members": ["payment_id"]}`, `{"callback_members": ["operations"]}`, `{"callback_members": [` + many + `]}`,
		`{"callback_members": ["` + strings.Repeat("a", 65) + `"]}`, `{"callback_members": null}`,
	} {
		if _, err := monetix.ParseSettings([]byte(wrong)); err == nil {
			t.Errorf("took %s", wrong)
		}
	}
	for _, fine := range []string{``, `{}`, `{"callback_members": []}`} {
		if _, err := monetix.ParseSettings([]byte(fine)); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

func TestTextsThatWouldTakeTooMuchAreMalformedAndNotUnsigned(t *testing.T) {
	member := func(name string, n int, value string) string {
		return `"` + name + `":[` + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + `],`
	}
	long := strings.Repeat("n", 200)
	tests := map[string]struct {
		body string
		want error
	}{
		"a text of more than 256 KiB":             {member(long, 1300, `1`), payout.ErrCallbackMalformed},
		"orders that are more than 256 KiB":       {member(long, 700, `1`), payout.ErrCallbackMalformed},
		"one order of 200 KiB":                    {member(long, 10, `"`+strings.Repeat("x", 6000)+`"`), payout.ErrCallbackSignature},
		"every order of an ordinary array of 200": {member("operations", 200, `1.50`), payout.ErrCallbackSignature},
	}
	for name, tt := range tests {
		body := sign(t, paidCallback(tt.body, "", ""), "another key")
		if _, err := verify(t, body); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is signed as nearly everybody signs is found first, up to the bound.
	if _, err := verify(t, sign(t, paidCallback(member(long, 700, `1`), "", ""), testSecret)); err != nil {
		t.Errorf("a long text that was signed: %v", err)
	}
}

func TestAnOrdinaryCallbackTakesOneTextAndFewAllocations(t *testing.T) {
	body := []byte(sign(t, paidCallback(`"customer":{"id":"c"},`, "", ""), testSecret))
	v := monetix.NewVerifier(testKeys(t, "https://gate.example.com"), monetix.DefaultSettings(), clock)
	all := testing.AllocsPerRun(100, func() {
		if _, err := v.Verify(context.Background(), body); err != nil {
			t.Fatal(err)
		}
	})
	reading := testing.AllocsPerRun(100, func() { parse(t, string(body)) })
	t.Logf("%.0f allocations, %.0f of them to read the JSON", all, reading)
	if all-reading > 40 {
		t.Errorf("%.0f allocations beside reading the JSON", all-reading)
	}
}
