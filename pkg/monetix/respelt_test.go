package monetix_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// A signature vouches for a text in which 3041, "3041" and 3041.0, as well as true and 1, or
// null and nothing, are the same. Whoever has one genuine callback may choose among them.

// leaf is a scalar of a callback: its place, and what is signed of it.
type leaf struct{ path, text string }

// leaves draws the scalars of a callback, those of errors[] last.
func leaves(r *rand.Rand) []leaf {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	codes := []string{"", "0", "1", "3041", "20102", "20602", "9999", "77777", "30.5"}
	all := []leaf{
		{"project_id", "1234"}, {"payment:id", one("P", "7", "1")}, {"payment:type", "payout"},
		{"payment:status", one("success", "decline", "error", "processing", "reversed", "1", "")},
		{"payment:description", one("", "0", "1", "12.5", "May")}, {"payment:sum:amount", one("5000000", "1", "0", "")},
		{"payment:sum:currency", one("KHR", "USD", "")}, {"operation:type", one("payout", "reversal", "sale", "")},
		{"operation:status", one("success", "decline", "processing", "")}, {"operation:request_id", one("r-1", "1", "0", "77.5", "")},
		{"operation:code", one(codes...)}, {"operation:message", one("m", "1", "")},
		{"operation:sum_initial:amount", one("5000000", "1")}, {"operation:sum_initial:currency", "KHR"},
	}
	kept := all[:4]
	for _, each := range all[4:] {
		if r.IntN(6) > 0 {
			kept = append(kept, each)
		}
	}
	for i := range r.IntN(3) {
		kept = append(kept, leaf{fmt.Sprint("errors:", i, ":code"), one(codes...)}, leaf{fmt.Sprint("errors:", i, ":message"), one("x", "1", "")})
	}
	return kept
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// spell writes a text as any scalar that is signed as it: also, if it may, as a number that
// PHP writes in another way.
func spell(r *rand.Rand, text string, otherwise bool) string {
	quoted, _ := json.Marshal(text)
	all := []string{string(quoted)}
	if jsonNumber.MatchString(text) {
		all = append(all, text)
		if more := text + ".0"; otherwise && !strings.Contains(text, ".") {
			all = append(all, more, more+"0")
		} else if otherwise {
			all = append(all, text+"00")
		}
	}
	switch text {
	case "1":
		all = append(all, "true")
	case "0":
		all = append(all, "false")
	case "":
		all = append(all, "null")
	}
	return all[r.IntN(len(all))]
}

// written is the JSON of a callback without its end. What is not signed may stand in it too.
func written(all []leaf, spelled func(string) string, unsigned func(object string) string) string {
	inner := map[string][]string{}
	var errors []string
	for _, each := range all {
		at := strings.LastIndex(each.path, ":")
		object, name := each.path[:max(at, 0)], each.path[at+1:]
		if strings.HasPrefix(object, "errors") && name == "code" {
			errors = append(errors, object)
		}
		inner[object] = append(inner[object], fmt.Sprintf("%q:%s", name, spelled(each.text)))
	}
	object := func(name string) string { return "{" + strings.Join(inner[name], ",") + unsigned(name) + "}" }
	for name, of := range map[string]string{"payment:sum": "payment", "operation:sum_initial": "operation"} {
		if len(inner[name]) > 0 {
			inner[of] = append(inner[of], fmt.Sprintf("%q:%s", name[len(of)+1:], object(name)))
		}
	}
	for i, name := range errors {
		errors[i] = object(name)
	}
	body := "{" + strings.Join(inner[""], ",") + `,"payment":` + object("payment")
	if len(inner["operation"]) > 0 {
		body += `,"operation":` + object("operation")
	}
	if len(errors) > 0 {
		body += `,"errors":[` + strings.Join(errors, ",") + "]"
	}
	return body
}

func nothingMore(string) string { return "" }

// hidden adds, sometimes, members that are not signed.
func hidden(r *rand.Rand, all []leaf) func(string) string {
	return func(object string) string {
		there := func(name string) bool {
			for _, each := range all {
				if strings.HasPrefix(each.path, object+":"+name) {
					return true
				}
			}
			return false
		}
		name := []string{"x", "sum", "sum_initial", "code", "status", "type", "frame_mode", "request_id"}[r.IntN(8)]
		if object == "" || r.IntN(3) > 0 || there(name) {
			return ""
		}
		return fmt.Sprintf(`,%q:%s`, name, []string{"{}", "[]", `{"y":{}}`}[r.IntN(3)])
	}
}

// said is everything that a claim says, apart from its bytes.
func said(c payout.Claim) string {
	description := "none"
	if c.Description != nil {
		description = *c.Description
	}
	return fmt.Sprintf("%s: %s %s %s of %s, %v, %q, suspect %q, doubtful %v, first only %v, %s %q",
		c.Key(), c.Finding, c.Failure, c.Code, c.ProviderID, c.Amounts, description, c.Suspect, c.Doubtful, c.OnlyIfFirst, c.Reference, c.Message)
}

// respell compares a genuine callback with a copy that has the same signed text. It reports
// whether the copy was believed.
func respell(t *testing.T, r *rand.Rand) bool {
	t.Helper()
	all := leaves(r)
	plain := written(all, func(text string) string { quoted, _ := json.Marshal(text); return string(quoted) }, nothingMore)
	signature := fmt.Sprintf(`,"signature":%q}`, monetix.Sign(parse(t, plain+"}"), secrets.New(testSecret)))
	genuine, err := verify(t, plain+signature)
	if err != nil || genuine.Ambiguous != "" {
		t.Fatalf("%s: %v, ambiguous %q", plain, err, genuine.Ambiguous)
	}
	otherwise := r.IntN(4) == 0
	copied := written(all, func(text string) string { return spell(r, text, otherwise) }, hidden(r, all)) + signature
	c, err := verify(t, copied)
	if err != nil || c.Ambiguous != "" {
		return false
	}
	if said(c) != said(genuine) {
		t.Fatalf("one signed text says two things\n%s\n%s\n\n%s\n%s", plain, said(genuine), copied, said(c))
	}
	return true
}

func TestOneSignedTextSaysOneThing(t *testing.T) {
	believed := 0
	for seed := range uint64(4000) {
		if respell(t, rand.New(rand.NewPCG(seed, 3041))) {
			believed++
		}
	}
	if believed < 1000 {
		t.Errorf("only %d copies were believed: the test says nothing", believed)
	}
}

func FuzzOneSignedTextSaysOneThing(f *testing.F) {
	f.Add(uint64(3), uint64(41))
	f.Fuzz(func(t *testing.T, a, b uint64) { respell(t, rand.New(rand.NewPCG(a, b))) })
}

func TestANumberThatIsNotWrittenAsItIsSignedIsAmbiguous(t *testing.T) {
	for name, respelt := range map[string][2]string{
		"the code of the operation": {`"code":"20102"`, `"code":20102.0`},
		"the code of an error":      {`"code":3041`, `"code":3041.00`},
		"the project":               {`"project_id":1234`, `"project_id":1234.0`},
		"the amount":                {`"amount":5000000,"currency":"KHR"},"description"`, `"amount":5000000.0,"currency":"KHR"},"description"`},
	} {
		honest := about{status: "decline", code: "20102", extra: `,"errors":[{"code":7},{"code":3041}]`}.callback(t, example(t))
		copied := strings.Replace(honest, respelt[0], respelt[1], 1)
		if copied == honest {
			t.Fatalf("%s does not stand in %s", respelt[0], honest)
		}
		if c, err := verify(t, honest); err != nil || c.Ambiguous != "" {
			t.Errorf("the honest one: ambiguous %q, %v", c.Ambiguous, err)
		}
		if c, err := verify(t, copied); err != nil || c.Ambiguous == "" {
			t.Errorf("%s: believed as %s, code %s, %v", name, c.Finding, c.Code, err)
		}
	}
}

func TestCodesAreComparedByTheirNumber(t *testing.T) {
	for _, code := range []string{"3041", "03041", "3041.0", " 3041 "} {
		c, err := verify(t, about{status: "error", code: code}.callback(t, example(t)))
		if err != nil || c.Finding != payout.FoundUnclear {
			t.Errorf("error with code %q: %s, %v", code, c.Finding, err)
		}
	}
	for _, code := range []string{"20602.0", "020602", "2060.2", "20602.5", "2e4", "x"} {
		c, err := verify(t, about{status: "decline", code: code}.callback(t, example(t)))
		if err != nil || c.Finding != payout.FoundFailed || !c.Doubtful {
			t.Errorf("decline with code %q: %s, doubtful %v, %v", code, c.Finding, c.Doubtful, err)
		}
	}
}
