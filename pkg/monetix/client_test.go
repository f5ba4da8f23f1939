package monetix_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
)

// ask puts a status query to a gate that answers so.
func ask(t *testing.T, status int, answer string) (payout.Claim, *gate) {
	t.Helper()
	g := newGate(t, status, answer)
	return newClient(t, testKeys(t, g.URL), "").Ask(context.Background(), example(t), 1), g
}

// told is a signed answer about our payout.
func told(t *testing.T, status, operations string) string {
	t.Helper()
	return sign(t, fmt.Sprintf(`{"project_id":1234,"payment":{"id":"%s","status":%q,"sum":{"amount":5000000,"currency":"KHR"}},"operations":%s}`,
		example(t).ProviderReference(), status, operations), testSecret)
}

const oneOperation = `[{"id":47,"type":"payout","status":"success","date":"2024-12-07T19:08:45+0000","code":"0","message":"Success","request_id":"r-1","sum_initial":{"amount":5000000,"currency":"KHR"}}]`

func TestAQuestionIsSignedAndItsAnswerIsBelievedWhenSigned(t *testing.T) {
	c, g := ask(t, 200, told(t, "success", oneOperation))
	if c.Finding != payout.FoundSucceeded || c.ProviderID != "r-1" || len(c.Amounts) != 2 || c.At != at {
		t.Errorf("%+v", c)
	}
	if g.paths[0] != "/v2/payment/status" || !strings.Contains(string(g.bodies[0]), `"signature":"`) ||
		strings.Contains(string(g.bodies[0]), "customer") {
		t.Errorf("%s %s", g.paths[0], g.bodies[0])
	}
}

func TestAnswersThatAreNoAnswer(t *testing.T) {
	good := told(t, "success", oneOperation)
	for name, answer := range map[string]string{
		"not signed":      strings.Split(good, `,"signature"`)[0] + "}",
		"tampered with":   strings.Replace(good, "success", "decline", 1),
		"another payment": sign(t, `{"project_id":1234,"payment":{"id":"other","status":"success"},"operations":[]}`, testSecret),
		"another project": sign(t, `{"project_id":1,"payment":{"id":"`+string(example(t).ProviderReference())+`","status":"success"}}`, testSecret),
		"without payment": sign(t, `{"project_id":1234}`, testSecret),
		"garbage":         "<html>",
		"nothing":         "",
	} {
		if c, _ := ask(t, 200, answer); c.Finding != payout.FoundUnclear {
			t.Errorf("%s: %s", name, c.Finding)
		}
	}
	for _, status := range []int{201, 302, 400, 403, 404, 422, 500} {
		if c, _ := ask(t, status, good); c.Finding != payout.FoundUnclear {
			t.Errorf("HTTP %d: %s", status, c.Finding)
		}
	}
}

func TestNotFoundInEveryShapeProvesNothing(t *testing.T) {
	id := string(example(t).ProviderReference())
	for name, answer := range map[string]string{
		"bare":             `{"status":"error","code":"3061","message":"Transaction not found"}`,
		"as a number":      `{"status":"error","code":3062}`,
		"in errors":        `{"errors":[{"code":3061,"message":"Transaction not found"}]}`,
		"beside a payment": sign(t, `{"project_id":1234,"payment":{"id":"`+id+`","status":"error"},"errors":[{"code":3061}]}`, testSecret),
		"in an operation":  sign(t, `{"project_id":1234,"payment":{"id":"`+id+`","status":"error"},"operations":[{"code":"3061"}]}`, testSecret),
	} {
		if c, _ := ask(t, 200, answer); c.Finding != payout.FoundAbsent {
			t.Errorf("%s: %s", name, c.Finding)
		}
	}
}

func TestTheLatestOperationGivesTheReasonWhereverItStands(t *testing.T) {
	older := `{"id":1,"type":"payout","status":"decline","date":"2024-12-07T19:08:45+0000","code":"20602","sum_initial":{"amount":1,"currency":"KHR"}}`
	newer := `{"id":2,"type":"payout","status":"decline","date":"2024-12-07T20:08:45+0000","code":"20102","sum_initial":{"amount":1,"currency":"KHR"}}`
	for _, list := range []string{"[" + older + "," + newer + "]", "[" + newer + "," + older + "]"} {
		c, _ := ask(t, 200, told(t, "decline", list))
		if c.Code != "20102" || c.Failure != payout.FailureRecipient || len(c.Amounts) != 1 {
			t.Errorf("code %s, amounts %v", c.Code, c.Amounts)
		}
	}
}

func TestWithoutKeysNothingCanBeAskedOrPrepared(t *testing.T) {
	c := newClient(t, &keys{err: errors.New("down")}, "")
	if claim := c.Ask(context.Background(), example(t), 1); claim.Finding != payout.FoundUnclear {
		t.Errorf("%s", claim.Finding)
	}
	if _, _, err := c.Prepare(context.Background(), example(t)); err == nil {
		t.Error("prepared")
	}
}

func TestCredentialsReportEveryFaultAndNoSecret(t *testing.T) {
	good := `{"base_url":"https://gate.example.com/x/","project_id":1234,"secret_key":"s3cr3t"}`
	c, err := monetix.ParseCredentials([]byte(good), monetix.URLRules{})
	if err != nil || c.BaseURL.String() != "https://gate.example.com/x" || c.ProjectID != 1234 || c.Secret.Reveal() != "s3cr3t" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = monetix.ParseCredentials([]byte(`{"base_url":"ftp://x","project_id":"1234","secret_key":" s3cr3t","typo":1}`), monetix.URLRules{})
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 4 || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
	for _, placeholder := range []string{"", "{}", `{"base_url":"REPLACE_ME"}`} {
		if _, err := monetix.ParseCredentials([]byte(placeholder), monetix.URLRules{}); !errors.Is(err, monetix.ErrNotConfigured) {
			t.Errorf("%s: %v", placeholder, err)
		}
	}
}

func TestBaseAddresses(t *testing.T) {
	for address, want := range map[string][2]bool{ // allowed plainly, allowed insecurely
		"https://api.example.com":          {true, true},
		"http://127.0.0.1:8081/monetix":    {true, true},
		"http://[::1]:1":                   {true, true},
		"http://localhost:1":               {true, true},
		"http://host.docker.internal:8081": {false, true},
		"http://api.example.com":           {false, false},
		"http://127.0.0.1.example.com":     {false, false},
		"https://user:x@api.example.com":   {false, false},
		"https://api.example.com?x=1":      {false, false},
		"https://":                         {false, false},
		"":                                 {false, false},
	} {
		for i, insecure := range []bool{false, true} {
			_, err := monetix.ParseCredentials(fmt.Appendf(nil, `{"base_url":%q,"project_id":1,"secret_key":"k"}`, address), monetix.URLRules{AllowInsecure: insecure})
			if (err == nil) != want[i] {
				t.Errorf("%q, insecure %v: %v", address, insecure, err)
			}
		}
	}
}

func TestSettingsRefuseWhatDoesNotExist(t *testing.T) {
	for raw, ok := range map[string]bool{"": true, "{}": true, `{"x":1}`: false,
		`{"queries_per_second": 0}`: true, `{"queries_per_second": 2}`: true, `{"queries_per_second": 2.5}`: false, `{"queries_per_second": -1}`: false,
		`{"queries_per_second": 1001}`: false, `{"queries_per_second": "2"}`: false, `{"queries_per_second": null}`: false, "[]": false, "{": false} {
		if _, err := monetix.ParseSettings([]byte(raw)); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
