package edge_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// withToken is an event of a caller with a token.
func withToken(e edge.Event, claims map[string]string) edge.Event {
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims},
	}
	return e
}

func TestWhoACallerMayBeKnownBy(t *testing.T) {
	const (
		sts  = "arn:aws:sts::111122223333:"
		iam  = "arn:aws:iam::111122223333:"
		user = iam + "user/payroll"
		sso  = "AWSReservedSSO_Finance_1234567890abcdef"
	)
	order := event("POST", "/v1/payouts/"+string(id)+"/cancel", `{"reason":"why not"}`)
	list := func(identities ...payout.Principal) []payout.Principal { return identities }
	for name, test := range map[string]struct {
		e          edge.Event
		by         payout.Principal
		identities []payout.Principal
	}{
		"a user":                            {signed(order, user), user, list(user)},
		"a user with a path":                {signed(order, iam+"user/team/dara"), iam + "user/team/dara", list(iam + "user/team/dara")},
		"a session":                         {signed(order, sts+"assumed-role/finance/dara"), iam + "role/finance", list(iam + "role/finance")},
		"another session of the role":       {signed(order, sts+"assumed-role/finance/bopha"), iam + "role/finance", list(iam + "role/finance")},
		"a session named like single sign":  {signed(order, sts+"assumed-role/finance/AWSReservedSSO_x"), iam + "role/finance", list(iam + "role/finance")},
		"a session in China":                {signed(order, "arn:aws-cn:sts::111122223333:assumed-role/finance/x"), "arn:aws-cn:iam::111122223333:role/finance", list("arn:aws-cn:iam::111122223333:role/finance")},
		"single sign-on":                    {signed(order, sts+"assumed-role/"+sso+"/dara@example.com"), iam + "role/" + sso, list(sts+"assumed-role/"+sso+"/dara@example.com", iam+"role/"+sso)},
		"single sign-on of somebody else":   {signed(order, sts+"assumed-role/"+sso+"/bopha@example.com"), iam + "role/" + sso, list(sts+"assumed-role/"+sso+"/bopha@example.com", iam+"role/"+sso)},
		"a federated user":                  {signed(order, sts+"federated-user/dara"), sts + "federated-user", list(sts + "federated-user")},
		"a federated user of another name":  {signed(order, sts+"federated-user/b/c"), sts + "federated-user", list(sts + "federated-user")},
		"the root user":                     {signed(order, iam+"root"), iam + "root", list(iam + "root")},
		"a token":                           {withToken(order, map[string]string{"iss": "https://login.example.com", "sub": "auth0|42"}), "auth0|42", list("https://login.example.com|auth0|42")},
		"a token whose subject is an ARN":   {withToken(order, map[string]string{"iss": "https://evil.example.com", "sub": user}), "https://evil.example.com|" + user, list("https://evil.example.com|" + user)},
		"a token with a plain subject":      {withToken(order, map[string]string{"iss": "https://login.example.com", "sub": "5f7c"}), "5f7c", list("https://login.example.com|5f7c")},
		"a subject like an ARN in capitals": {withToken(order, map[string]string{"iss": "https://i.example.com", "sub": "ARN:x"}), "https://i.example.com|ARN:x", list("https://i.example.com|ARN:x")},
		"an ARN behind what is not seen":    {withToken(order, map[string]string{"iss": "https://i.example.com", "sub": "\u200ba\u00adrn:x"}), "https://i.example.com|\u200ba\u00adrn:x", list("https://i.example.com|\u200ba\u00adrn:x")},
		"a token that names no issuer":      {withToken(order, map[string]string{"sub": user}), "|" + user, nil},
		"a token beside a key is the token": {withToken(signed(order, user), map[string]string{"iss": "https://i.example.com", "sub": "7"}), "7", list("https://i.example.com|7")},
	} {
		d := &operator{answer: payout.Ordered{Payout: some(t, payout.Cancelled)}}
		reply, _ := call(t, edge.NewOperate(edge.Operate{Operator: d, Log: quiet}), test.e)
		if reply.StatusCode != 200 || d.order.By != test.by || !slices.Equal(d.order.Identities, test.identities) {
			t.Errorf("%s: %d, by %q known by %q", name, reply.StatusCode, d.order.By, d.order.Identities)
		}
	}
}

// What nobody has created would count against everybody: pauses are by caller.
func TestNobodyCreatesNothing(t *testing.T) {
	create := event("POST", "/v1/payouts", goodBody)
	for name, e := range map[string]edge.Event{
		"an empty ARN":                   signed(create, ""),
		"a token without subject":        withToken(create, map[string]string{"iss": "https://login.example.com"}),
		"a token with an empty subject":  withToken(create, map[string]string{"iss": "https://login.example.com", "sub": ""}),
		"a subject of blanks":            withToken(create, map[string]string{"iss": "https://login.example.com", "sub": " \u200b"}),
		"a subject that nobody sees":     withToken(create, map[string]string{"iss": "https://login.example.com", "sub": "\u3164\u2800"}),
		"a body that cannot be read too": withToken(event("POST", "/v1/payouts", "{"), nil),
	} {
		asked := false
		h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
			asked = true
			return payout.Created{Payout: some(t, payout.Processing)}, nil
		}), quiet)
		reply, decoded := call(t, h, e)
		if reply.StatusCode != 403 || decoded["code"] != "principal-missing" || decoded["outcome"] != "unknown" || asked {
			t.Errorf("%s: %d %v, outcome %v, went on %t", name, reply.StatusCode, decoded["code"], decoded["outcome"], asked)
		}
	}
}

func TestNobodyGivesNoOrder(t *testing.T) {
	order := event("POST", "/v1/payouts/"+string(id)+"/cancel", `{"reason":"why not"}`)
	for name, e := range map[string]edge.Event{
		"no authorizer":           order,
		"an empty ARN":            signed(order, ""),
		"a token without subject": withToken(order, map[string]string{"iss": "https://login.example.com"}),
		"a subject of blanks":     withToken(order, map[string]string{"iss": "https://login.example.com", "sub": "\u2003"}),
	} {
		d := &operator{}
		if reply, decoded := call(t, edge.NewOperate(edge.Operate{Operator: d, Log: quiet}), e); reply.StatusCode != 403 || decoded["code"] != "principal-missing" || d.action != "" {
			t.Errorf("%s: %d %v", name, reply.StatusCode, decoded["code"])
		}
	}
}
