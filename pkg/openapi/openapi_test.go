package openapi_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/openapi"
	"cambodia-payouts/pkg/payout"
	_ "cambodia-payouts/pkg/wire" // the providers are known by it
)

func document(t *testing.T) *openapi.Document {
	t.Helper()
	d, err := openapi.Read("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const version = `{"revision": "", "schema": 4}`

func TestAnAnswerThatIsNotDescribedIsSaidToBe(t *testing.T) {
	const get, kind = "GET", "application/json"
	for name, test := range map[string]struct {
		method, path string
		status       int
		kind, body   string
		says         string
	}{
		"as described":      {get, "/v1/version", 200, kind, version, ""},
		"another member":    {get, "/v1/version", 200, kind, `{"revision": "", "schema": 4, "more": 1}`, "more"},
		"a member less":     {get, "/v1/version", 200, kind, `{"schema": 4}`, "revision"},
		"another type":      {get, "/v1/version", 200, kind, `{"revision": "", "schema": "4"}`, "schema"},
		"no JSON":           {get, "/v1/version", 200, kind, `{`, "EOF"},
		"another status":    {get, "/v1/version", 204, kind, version, "status 204"},
		"another media":     {get, "/v1/version", 200, "text/plain", version, "text/plain"},
		"another path":      {get, "/v1/versions", 200, kind, version, "not documented"},
		"another method":    {"PUT", "/v1/version", 200, kind, version, "not documented"},
		"a problem":         {get, "/v1/version", 400, "application/problem+json", problem(400, "invalid-query"), ""},
		"of another code":   {get, "/v1/version", 400, "application/problem+json", problem(400, "invalid-json"), "code"},
		"a path that is no": {get, "/v1/versions", 404, "application/problem+json", problem(404, "not-found"), ""},
		"no problem":        {get, "/v1/versions", 404, "application/problem+json", `{}`, "missing"},
	} {
		err := document(t).CheckAnswer(test.method, test.path, test.status, test.kind, test.body)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func problem(status int, code string) string {
	return fmt.Sprintf(`{"type": "urn:cambodia-payouts:problem:%s", "title": "t", "status": %d, "code": %q, "retryable": false}`, code, status, code)
}

func TestWhatWasSeenIsNotMissedAnyMore(t *testing.T) {
	d := document(t)
	answer := openapi.Answer{Method: "GET", Route: "/v1/version", Status: 200}
	if !slices.Contains(d.Unseen(), answer) {
		t.Fatalf("%s is not missed", answer)
	}
	if err := d.CheckAnswer("GET", "/v1/version", 200, "application/json", version); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(d.Unseen(), answer) {
		t.Errorf("%s is missed", answer)
	}
}

func TestExamplesAreWhatTheyAreExamplesOf(t *testing.T) {
	d := document(t)
	examples := d.Examples()
	if len(examples) < 9 {
		t.Fatalf("only %d examples", len(examples))
	}
	for at, body := range examples {
		if err := d.CheckRequest(at[0], strings.Replace(at[1], "{id}", "po_ahggqe4hyijnt3j3a6afp7f2om", 1), body); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
}

func TestTheWordsAreThoseOfTheCode(t *testing.T) {
	words := map[string][]string{}
	for _, s := range payout.Statuses {
		words["Status"] = append(words["Status"], string(s))
	}
	for _, r := range payout.Reasons {
		words["Reason"] = append(words["Reason"], string(r))
	}
	for _, p := range payout.Providers() {
		words["Provider"] = append(words["Provider"], string(p))
	}
	for _, schema := range []string{"Status", "Reason", "Provider"} {
		known := words[schema]
		if len(known) == 0 {
			t.Errorf("the code has no word of %s", schema)
		}
		for _, word := range known {
			if err := document(t).CheckSchema(schema, fmt.Sprintf("%q", word)); err != nil {
				t.Errorf("%s has no %s", schema, word)
			}
		}
		if err := document(t).CheckSchema(schema, `"nonsense"`); err == nil {
			t.Errorf("%s takes every word", schema)
		}
	}
}

// The routes of the template are those that are described, but for the providers'.
func TestTheRoutesAreThoseOfTheTemplate(t *testing.T) {
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	deployed := map[string]bool{}
	for _, route := range regexp.MustCompile(`ApiId: !Ref Api, Method: ([A-Z]+), Path: (?:"([^"]+)"|([^,"}]+))`).FindAllStringSubmatch(string(template), -1) {
		if path := route[2] + route[3]; !strings.HasPrefix(path, "/v1/callbacks/") {
			deployed[route[1]+" "+path] = true
		}
	}
	described := map[string]bool{}
	for _, a := range document(t).Unseen() {
		described[a.Method+" "+a.Route] = true
	}
	if len(deployed) < 15 || !maps.Equal(deployed, described) {
		t.Errorf("deployed are  %v\ndescribed are %v", slices.Sorted(maps.Keys(deployed)), slices.Sorted(maps.Keys(described)))
	}
}
