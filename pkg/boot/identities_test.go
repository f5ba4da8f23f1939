package boot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// One person may hold several credentials, and some of them let him choose a name. The
// register alone decides who is another person.

const (
	account     = "111122223333"
	userDara    = "arn:aws:iam::" + account + ":user/dara"
	userBopha   = "arn:aws:iam::" + account + ":user/bopha"
	federated   = "arn:aws:sts::" + account + ":federated-user/"
	issuer      = "https://login.example.com/"
	tokenDara   = "auth0|5f7c"
	peopleTwice = `{"people": [
		{"name": "Dara", "principals": ["` + userDara + `", "` + issuer + `|` + tokenDara + `"]},
		{"name": "Bopha", "principals": ["` + userBopha + `"]}]}`
)

// credential is what the gateway says of a caller.
type credential = *events.APIGatewayV2HTTPRequestContextAuthorizerDescription

func withToken(issuer, subject string) credential {
	return &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{"iss": issuer, "sub": subject}},
	}
}

// resolveAs gives an order for two and returns the status.
func resolveAs(t *testing.T, h edge.Handler, as credential) int {
	t.Helper()
	e := edge.Event{
		RawPath: "/v1/payouts/" + string(seededID) + "/resolve",
		Body:    `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`,
	}
	e.RequestContext.HTTP.Method, e.RequestContext.Authorizer = http.MethodPost, as
	reply, err := h(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode
}

func TestOnePersonIsNotTwoByAnotherCredential(t *testing.T) {
	const nobody = http.StatusForbidden
	for name, test := range map[string]struct {
		first, second credential
		want          [2]int
	}{
		"a user and himself":                        {by(userDara), by(userDara), [2]int{202, 202}},
		"a user and his federated user":             {by(userDara), by(federated + "dara"), [2]int{202, nobody}},
		"a user and a federated user of his choice": {by(userDara), by(federated + "bopha"), [2]int{202, nobody}},
		"a federated user and his user":             {by(federated + "dara"), by(userDara), [2]int{nobody, 202}},
		"two federated names":                       {by(federated + "dara"), by(federated + "bopha"), [2]int{nobody, nobody}},
		"a user and his token":                      {by(userDara), withToken(issuer, tokenDara), [2]int{202, 202}},
		"a token and its user":                      {withToken(issuer, tokenDara), by(userDara), [2]int{202, 202}},
		"a user and a token of another issuer":      {by(userDara), withToken("https://evil.example.com/", tokenDara), [2]int{202, nobody}},
		"a user and a token that claims his ARN":    {by(userDara), withToken(issuer, userBopha), [2]int{202, nobody}},
		"a user and a token that claims a line":     {by(userDara), withToken("", issuer+"|"+tokenDara), [2]int{202, nobody}},
		"a user and a session with a name":          {by(userDara), by("arn:aws:sts::" + account + ":assumed-role/any/bopha"), [2]int{202, nobody}},
		"a user and the root user":                  {by(userDara), by("arn:aws:iam::" + account + ":root"), [2]int{202, nobody}},
		"a user and one of another account":         {by(userDara), by("arn:aws:iam::999999999999:user/bopha"), [2]int{202, nobody}},
		"two people":                                {by(userDara), by(userBopha), [2]int{202, 200}},
		"two people, one by a token":                {withToken(issuer, tokenDara), by(userBopha), [2]int{202, 200}},
	} {
		d, h, _ := operating(t, map[string]string{"people": peopleTwice})
		seeded(t, d, seededID, payout.Unknown, vexora.Name)
		if got := [2]int{resolveAs(t, h, test.first), resolveAs(t, h, test.second)}; got != test.want {
			t.Errorf("%s: answered %v, not %v", name, got, test.want)
		}
	}
}

// TestNobodyCreatesInAnothersName: created_by is what auditors read.
func TestNobodyCreatesInAnothersName(t *testing.T) {
	role := func(session string) credential {
		return by("arn:aws:sts::" + account + ":assumed-role/payroll/" + session)
	}
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("PAUSED_PROVIDERS=vexora,monetix"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, number := edge.NewCreate(creator, d.Log), 0
	for name, test := range map[string]struct {
		as   credential
		want string
	}{
		"a user":                   {by(userDara), userDara},
		"a session":                {role("dara"), "arn:aws:iam::" + account + ":role/payroll"},
		"another session":          {role("bopha"), "arn:aws:iam::" + account + ":role/payroll"},
		"a federated user":         {by(federated + "dara"), federated[:len(federated)-1]},
		"a token":                  {withToken(issuer, tokenDara), tokenDara},
		"a token that says an ARN": {withToken(issuer, userBopha), issuer + "|" + userBopha},
	} {
		number++
		e := edge.Event{RawPath: "/v1/payouts", Body: fmt.Sprintf(`{"reference":"R-%d","provider":"vexora","amount":"50000","currency":"KHR",
			"destination":{"type":"wallet","wallet":"LANTON","account_id":"lanton_%[1]d","account_number":"8899001%[1]d"},
			"beneficiary":{"id":"c","first_name":"Sophea","last_name":"Chan","email":"s@example.com","phone":"012345678","ip_address":"198.51.100.47"}}`, number)}
		e.RequestContext.HTTP.Method, e.RequestContext.Authorizer = http.MethodPost, test.as
		reply, err := h(t.Context(), e)
		var created map[string]any
		if err != nil || json.Unmarshal([]byte(reply.Body), &created) != nil || created["created_by"] != test.want {
			t.Errorf("%s: %d, created by %v: %s", name, reply.StatusCode, created["created_by"], reply.Body)
		}
	}
}
