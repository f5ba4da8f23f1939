package people_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/people"
	"cambodia-payouts/pkg/secrets"
)

// The principals of the tests.
const (
	role    = "arn:aws:iam::111122223333:role/dara"
	user    = "arn:aws:iam::111122223333:user/bopha"
	sso     = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Finance_1234567890abcdef/dara@example.com"
	ssoRole = "arn:aws:iam::111122223333:role/AWSReservedSSO_Finance_1234567890abcdef"
	token   = "https://login.example.com/tenant|auth0|42"
)

// document is a register of one person for each list of principals.
func document(lists ...[]string) string {
	var persons []string
	for i, list := range lists {
		quoted := make([]string, len(list))
		for j, principal := range list {
			quoted[j] = fmt.Sprintf("%q", principal)
		}
		persons = append(persons, fmt.Sprintf(`{"name": "person %d", "principals": [%s]}`, i, strings.Join(quoted, ",")))
	}
	return `{"people": [` + strings.Join(persons, ",") + `]}`
}

func parse(t *testing.T, document string) people.Register {
	t.Helper()
	r, err := people.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPersonIsFoundByEveryPrincipal(t *testing.T) {
	r := parse(t, document([]string{role, sso, token}, []string{user}))
	for name, test := range map[string]struct {
		identities []payout.Principal
		want       payout.Person
	}{
		"role":                         {[]payout.Principal{role}, "person 0"},
		"session of single sign-on":    {[]payout.Principal{sso, ssoRole}, "person 0"},
		"token":                        {[]payout.Principal{token}, "person 0"},
		"user":                         {[]payout.Principal{user}, "person 1"},
		"user with its path":           {[]payout.Principal{"arn:aws:iam::111122223333:user/team/bopha"}, "person 1"},
		"first identity that is known": {[]payout.Principal{"arn:aws:iam::111122223333:role/other", user, role}, "person 1"},
	} {
		if got, err := r.Who(test.identities); err != nil || got != test.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Two orders by two names have to be seen as two people's by whoever reads a history.
func TestANameThatReadsAsAnotherIsRefused(t *testing.T) {
	for why, name := range map[string]string{
		"a filler of Hangul": "Dara\u3164", "its half width": "Dara\uffa0", "a filler of a vowel": "Dara\u1160", "a joiner of graphemes": "Da\u034fra",
		"a variation": "Dara\ufe0f", "one of Mongolian": "Dara\u180b", "a Khmer vowel that nobody sees": "Dara\u17b4", "a pattern without dots": "Dara\u2800",
		"nothing of width": "Dara\u200b", "a no-break blank": "Dara\u00a0Sok", "a long s": "Daſa", "a small capital": "Dᴀra", "a letter of phonetics": "Dɑra",
		"a raised letter": "Darª", "a ligature": "ﬁna", "wide letters": "Ｄａｒａ", "a Roman number": "Dara Ⅱ", "a click": "Aǀi",
	} {
		document := `{"people": [{"name": "` + name + `", "principals": ["` + role + `"]}]}`
		if _, err := people.Parse([]byte(document)); err == nil || !strings.Contains(err.Error(), "/people/0/name must be text") {
			t.Errorf("%s: %q is taken: %v", why, name, err)
		}
	}
	const two = `{"people": [{"name": "Dilara", "principals": ["` + role + `"]}, {"name": "Dılara", "principals": ["` + user + `"]}]}`
	if _, err := people.Parse([]byte(two)); err == nil || !strings.Contains(err.Error(), "is the same name as") {
		t.Errorf("with and without its dot: %v", err)
	}
	for _, name := range []string{"Sok Dara", "Işıl Çelik", "Nguyễn Thị Ánh", "Łukasz Żółć", "សុភា ចាន់", "คำพูน ทองดำ", "ຄຳແພງ", "Дара", "李小龍", "김민수", "François d'Été", "Dara (2)"} {
		if _, err := people.Parse([]byte(`{"people": [{"name": "` + name + `", "principals": ["` + role + `"]}]}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNobodyElseIsFound(t *testing.T) {
	r := parse(t, document([]string{role, sso, token}, []string{user}))
	for name, identities := range map[string][]payout.Principal{
		"none":                           nil,
		"empty":                          {""},
		"another account":                {"arn:aws:iam::999922223333:role/dara"},
		"another partition":              {"arn:aws-cn:iam::111122223333:role/dara"},
		"user of a role's name":          {"arn:aws:iam::111122223333:user/dara"},
		"another case":                   {"arn:aws:iam::111122223333:role/Dara"},
		"another session of the role":    {payout.Principal(strings.Replace(sso, "dara@", "bopha@", 1)), ssoRole},
		"session of the registered role": {"arn:aws:sts::111122223333:assumed-role/dara/bopha"},
		"federated user":                 {"arn:aws:sts::111122223333:federated-user/bopha"},
		"subject without an issuer":      {"auth0|42"},
		"subject that is an ARN":         {"https://evil.example.com|" + role},
		"another issuer":                 {"https://login.example.com|auth0|42"},
	} {
		if got, err := r.Who(identities); !errors.Is(err, payout.ErrNotRegistered) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestWithAndWithoutItsPathARoleIsOneRole(t *testing.T) {
	for name, test := range map[string]struct{ written, called string }{
		"path in the register":        {"arn:aws:iam::111122223333:role/team/dara", role},
		"deep path":                   {"arn:aws:iam::111122223333:role/a/b/c/dara", role},
		"China":                       {"arn:aws-cn:iam::111122223333:role/team/dara", "arn:aws-cn:iam::111122223333:role/dara"},
		"US government":               {"arn:aws-us-gov:iam::111122223333:role/dara", "arn:aws-us-gov:iam::111122223333:role/dara"},
		"path of single sign-on":      {"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/ap-southeast-1/AWSReservedSSO_Finance_1234567890abcdef", ssoRole},
		"user's path in the register": {"arn:aws:iam::111122223333:user/team/bopha", user},
	} {
		if _, err := parse(t, document([]string{test.written})).Who([]payout.Principal{payout.Principal(test.called)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPrincipalsThatTheirBearersNameAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ principal, why string }{
		"session":                  {"arn:aws:sts::111122223333:assumed-role/dara/laptop", "chooses the name of the session"},
		"session, prefix in it":    {"arn:aws:sts::111122223333:assumed-role/xAWSReservedSSO_F_1/dara", "chooses the name of the session"},
		"session, prefix alone":    {"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_/dara", "chooses the name of the session"},
		"session, prefix in lower": {"arn:aws:sts::111122223333:assumed-role/awsreservedsso_F_1/dara", "chooses the name of the session"},
		"session, two slashes":     {sso + "/more", "not a well-formed ARN"},
		"session without a name":   {"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_F_1", "not a well-formed ARN"},
		"federated user":           {"arn:aws:sts::111122223333:federated-user/dara", "federated user"},
		"root":                     {"arn:aws:iam::111122223333:root", "root user"},
		"role without a name":      {"arn:aws:iam::111122223333:role/", "not a well-formed ARN"},
		"every role":               {"arn:aws:iam::111122223333:role/*", "not a well-formed ARN"},
		"every role of a path":     {"arn:aws:iam::111122223333:role/*/dara", "not a well-formed ARN"},
		"group":                    {"arn:aws:iam::111122223333:group/finance", "must be the ARN of"},
		"account":                  {"111122223333", "must be the ARN of"},
		"short account":            {"arn:aws:iam::1:role/dara", "must be the ARN of"},
		"another partition":        {"arn:aws-moon:iam::111122223333:role/dara", "must be the ARN of"},
		"another service":          {"arn:aws:lambda::111122223333:role/dara", "must be the ARN of"},
		"blank after it":           {role + " ", "not a well-formed ARN"},
		"line break after it":      {role + "\n", "must be the ARN of"},
		"subject alone":            {"auth0", "must be the ARN of"},
		"issuer on http":           {"http://login.example.com|42", "issuer|sub"},
		"issuer without a host":    {"https://|42", "issuer|sub"},
		"issuer with a query":      {"https://login.example.com?a=b|42", "issuer|sub"},
		"issuer with a fragment":   {"https://login.example.com#|42", "issuer|sub"},
		"no subject":               {"https://login.example.com|", "issuer|sub"},
		"blank subject":            {"https://login.example.com| 42", "issuer|sub"},
		"empty":                    {"", "must be the ARN of"},
	} {
		_, err := people.Parse([]byte(document([]string{test.principal})))
		if err == nil || !strings.Contains(err.Error(), test.why) || !strings.Contains(err.Error(), "/people/0/principals/0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPrincipalAndANameBelongToOnePerson(t *testing.T) {
	for name, test := range map[string]struct{ document, says string }{
		"role, and with its path": {document([]string{role}, []string{"arn:aws:iam::111122223333:role/team/dara"}), "/people/1/principals/0 is the same principal as /people/0/principals/0"},
		"same session":            {document([]string{sso}, []string{sso}), "same principal"},
		"same token":              {document([]string{token}, []string{token}), "same principal"},
		"twice of one person":     {document([]string{role, role}), "/people/0/principals/1 is the same principal"},
		"same name": {
			`{"people": [{"name": "Dara", "principals": ["` + role + `"]}, {"name": "dara", "principals": ["` + user + `"]}]}`,
			"/people/1/name is the same name as /people/0/name",
		},
	} {
		if _, err := people.Parse([]byte(test.document)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDocumentIsStrict(t *testing.T) {
	person := `{"name": "Dara", "principals": ["` + role + `"]}`
	for name, test := range map[string]struct{ document, says string }{
		"not JSON":      {`{"people": [`, "malformed JSON"},
		"not an object": {`[]`, "must be an object"},
		"more after it": {`{"people": []} {}`, "data after the end"},
		"no people":     {`{"persons": []}`, "/people must be an array"},
		"people in an object": {
			`{"people": {"dara": []}}`, "/people must be an array",
		},
		"unknown member":         {`{"people": [], "note": ""}`, "none of [people]"},
		"unknown member inside":  {`{"people": [{"name": "D", "principals": ["` + role + `"], "role": "boss"}]}`, "/people/0 has a member that is none of"},
		"duplicate member":       {`{"people": [` + person + `], "people": []}`, "duplicate member name"},
		"duplicate inside":       {`{"people": [{"name": "A", "name": "B", "principals": []}]}`, "duplicate member name"},
		"person that is text":    {`{"people": ["` + role + `"]}`, "/people/0 must be an object"},
		"no name":                {`{"people": [{"principals": ["` + role + `"]}]}`, "/people/0/name must be text"},
		"blank name":             {`{"people": [{"name": " ", "principals": ["` + role + `"]}]}`, "/people/0/name must be text"},
		"name with a line break": {`{"people": [{"name": "a\nb", "principals": ["` + role + `"]}]}`, "/people/0/name must be text"},
		"name that turns around": {`{"people": [{"name": "a\u202eb", "principals": ["` + role + `"]}]}`, "/people/0/name must be text"},
		"long name":              {`{"people": [{"name": "` + strings.Repeat("x", 101) + `", "principals": ["` + role + `"]}]}`, "/people/0/name must be text"},
		"no principals":          {`{"people": [{"name": "D"}]}`, "/people/0/principals must be an array"},
		"empty principals":       {`{"people": [{"name": "D", "principals": []}]}`, "/people/0/principals must be an array"},
		"principal is a number":  {`{"people": [{"name": "D", "principals": [7]}]}`, "/people/0/principals/0 must be text"},
	} {
		if _, err := people.Parse([]byte(test.document)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryFaultIsReportedAndNoneQuotesTheDocument(t *testing.T) {
	_, err := people.Parse([]byte(`{"whsec_1": 1, "people": [{"name": 1, "principals": ["sesame"], "whsec_2": 2}, {"name": "sesame-2", "principals": []},
		"sesame", {"name": "sesame-3", "principals": ["arn:aws:iam::111122223333:role/sesame", "arn:aws:iam::111122223333:role/sesame"]}]}`))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, where := range []string{
		"the document has a member", "/people/0 has a member", "/people/0/name", "/people/0/principals/0", "/people/1/principals", "/people/2 must", "/people/3/principals/1",
	} {
		if !strings.Contains(err.Error(), where) {
			t.Errorf("%s is not in:\n%v", where, err)
		}
	}
	if strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "whsec") {
		t.Errorf("the error quotes the document:\n%v", err)
	}
	if _, err := people.Parse([]byte(`{"sesame": 1, "sesame": 2}`)); err == nil || strings.Contains(err.Error(), "sesame") {
		t.Errorf("%v", err)
	}
}

func TestAPlaceholderIsNoRegister(t *testing.T) {
	for _, document := range []string{"", "{}", `{"people": [{"name": "REPLACE_ME", "principals": ["arn:aws:iam::REPLACE_ME:role/REPLACE_ME"]}]}`} {
		r := parse(t, document)
		if _, err := r.Who([]payout.Principal{role}); !errors.Is(err, payout.ErrNoRegister) || r.IsSet() {
			t.Errorf("%q: %v", document, err)
		}
	}
}

// TestARegisterThatIsTooSmallHoldsAtOnce: taking somebody out must not be refused, or
// the register with him in it would stay in force.
func TestARegisterThatIsTooSmallHoldsAtOnce(t *testing.T) {
	if r := parse(t, `{"people": []}`); r.Persons() != 0 || !r.IsSet() {
		t.Errorf("%d", r.Persons())
	} else if _, err := r.Who([]payout.Principal{role}); !errors.Is(err, payout.ErrNotRegistered) {
		t.Errorf("%v", err)
	}
	if r := parse(t, document([]string{role})); r.Persons() != 1 {
		t.Errorf("%d", r.Persons())
	}
	if r := parse(t, document([]string{role}, []string{user, token})); r.Persons() != 2 {
		t.Errorf("%d", r.Persons())
	}
}

func TestTheRegisterIsTheSecretsOfNow(t *testing.T) {
	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	store := secrets.NewStaticSource(map[string]string{"people": document([]string{role}, []string{user})}, nil)
	who := people.New(secrets.NewCache("people", store, people.Parse, secrets.Options{Now: func() time.Time { return now }}))
	find := func(p payout.Principal) error {
		_, err := who.Who(t.Context(), []payout.Principal{p})
		return err
	}
	if err := find(user); err != nil {
		t.Fatal(err)
	}
	store.Rotate("people", document([]string{role}))
	now = now.Add(10 * time.Minute)
	if err := find(user); !errors.Is(err, payout.ErrNotRegistered) {
		t.Errorf("still registered: %v", err)
	}
	store.Rotate("people", "{}")
	now = now.Add(10 * time.Minute)
	if err := find(role); !errors.Is(err, payout.ErrNoRegister) {
		t.Errorf("still a register: %v", err)
	}
}

// down is a store that does not answer.
type down struct{}

func (down) Current(context.Context) (people.Register, error) {
	return people.Register{}, secrets.ErrNotFound
}

func TestTroubleWithTheStoreIsNoVerdictAboutTheCaller(t *testing.T) {
	_, err := people.New(down{}).Who(t.Context(), []payout.Principal{role})
	if !errors.Is(err, secrets.ErrNotFound) || errors.Is(err, payout.ErrNoRegister) || errors.Is(err, payout.ErrNotRegistered) {
		t.Errorf("%v", err)
	}
}

func TestLiveIsThePort(t *testing.T) {
	var _ payout.People = people.New(down{})
	var _ people.Source = (*secrets.Cache[people.Register])(nil)
}
