package boot_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
)

// A body may hold thousands of faults; the answer does not.
func TestAStrangersCreateIsAnsweredShortly(t *testing.T) {
	silent := func(string) (int, string) { return 500, "" }
	_, h, _ := creating(t, silent, silent)
	for name, pair := range map[string][2]string{
		"metadata with control characters": {"\x7f%d", ""}, "many members": {"%d", ""}, "values with control characters": {"%d", "\x00"},
	} {
		pairs := map[string]string{}
		for n := range 3500 {
			pairs[fmt.Sprintf(pair[0], n)] = pair[1]
		}
		raw, _ := json.Marshal(map[string]any{"reference": "R1", "provider": "monetix", "amount": "5", "currency": "KHR", "metadata": pairs,
			"destination": map[string]string{"type": "bank_account"}, "beneficiary": map[string]string{}})
		status, _, reply := orderAs(t, h, ofStranger, "POST", "/v1/payouts", "", string(raw))
		if status != 422 || len(reply.Body) > 10_000 {
			t.Errorf("%s: %d bytes are answered %d with %d bytes", name, len(raw), status, len(reply.Body))
		}
	}
}

// A name that its bearer chose must not stand in created_by as somebody else's.
func TestAStrangersSubjectReadsAsNobodyElses(t *testing.T) {
	silent := func(string) (int, string) { return 500, "" }
	_, h, _ := creating(t, silent, silent)
	const arn = "arn:aws:iam::111122223333:role/payroll"
	for subject, want := range map[string]string{"dara": "dara", "dara@example.com": "dara@example.com", arn: ""} {
		for _, before := range []string{"", " ", "\t", "\u200b", "\u00a0", "\u00ad", "\u3164", "\u034f", "x "} {
			if before != "" && subject != arn {
				continue
			}
			checkCreator(t, h, before+subject, want)
		}
	}
	for _, subject := range []string{"ARN:aws:iam::111122223333:role/payroll", "a\u200brn:aws:iam::111122223333:role/payroll", "https://other.example.com|dara"} {
		checkCreator(t, h, subject, "")
	}
}

// checkCreator creates a payout by a token; without a name that is wanted, the issuer has to
// stand before the subject.
func checkCreator(t *testing.T, h edge.Handler, subject, want string) {
	t.Helper()
	e := edge.Event{RawPath: "/v1/payouts", Body: wallet(fmt.Sprint("t-", crc32.ChecksumIEEE([]byte(subject))), "10000001")}
	e.RequestContext.HTTP.Method = "POST"
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{
		Claims: map[string]string{"iss": "https://idp.example.com", "sub": subject},
	}}
	reply, err := h(t.Context(), e)
	var made struct {
		By string `json:"created_by"`
	}
	if err != nil || json.Unmarshal([]byte(reply.Body), &made) != nil || made.By == "" {
		t.Fatal(reply.StatusCode, err, reply.Body)
	}
	const issuer = "https://idp.example.com|"
	if issued := len(made.By) > len(issuer) && made.By[:len(issuer)] == issuer; made.By != want && (want != "" || !issued) {
		t.Errorf("the subject %q stands as %q (%d)", subject, made.By, reply.StatusCode)
	}
}
