package monetix

import (
	"fmt"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// oneRefusal draws an answer to a request in each form that may give two reasons.
var oneRefusal = []func(a, b string) string{
	func(a, b string) string { return fmt.Sprintf(`{"errors":[{"code":%q},{"code":%q}]}`, a, b) },
	func(a, b string) string { return fmt.Sprintf(`{"code":%q,"errors":[{"code":%q}]}`, a, b) },
	func(a, b string) string {
		return fmt.Sprintf(`{"errors":[{"code":"0"},{"message":"m"},{"code":%q},{"code":%s}]}`, a, b)
	},
}

// codesOfRequests are one of each meaning that a code may have in an answer to a request, and
// some that have none.
var codesOfRequests = []string{
	"2426", "2641", "1006", "504", // the data
	"3261", "1005", "1004", "2541", // us, and the kind of payout
	"3041", "3613", "10105", // the number is taken
	"9999", "20802", "10602", "20801", // in progress, or it may have been a time-out
	"20102", "100", "3061", "7777", // of operations, of status queries, of nobody
}

func TestEveryReasonOfARefusalIsWeighedInNoOrder(t *testing.T) {
	for _, status := range refusals {
		for form, answer := range oneRefusal {
			for _, a := range codesOfRequests {
				for _, b := range codesOfRequests {
					one := acknowledged(status, []byte(answer(a, b)), payout.Payout{}, 1)
					other := acknowledged(status, []byte(answer(b, a)), payout.Payout{}, 1)
					if one.Finding != other.Finding || one.Conclusive != other.Conclusive || one.OfThisKind != other.OfThisKind || one.Answered != other.Answered {
						t.Errorf("%d, form %d: %s and %s are %s, the other way round %s", status, form, a, b, one.Finding, other.Finding)
					}
					if refuses := one.Finding == payout.FoundFailed && one.Conclusive; refuses != (isAboutData(a) && isAboutData(b)) {
						t.Errorf("%d, form %d: %s and %s are %s, conclusive %v", status, form, a, b, one.Finding, one.Conclusive)
					}
					heavier := max(weigh(RequestCode(a)), weigh(RequestCode(b)))
					if heavier == mayHavePaid && one.Finding != payout.FoundUnclear || status != 404 && heavier == nobodyLists && one.Finding != payout.FoundUnclear {
						t.Errorf("%d, form %d: %s and %s are %s", status, form, a, b, one.Finding)
					}
				}
			}
		}
	}
}

func TestAFirewallIsToldFromMonetixByAnyReason(t *testing.T) {
	for answer, uncoded := range map[string]bool{
		`<html>`: true, `{"code":"0"}`: true, `{"errors":[{"message":"m"}]}`: true,
		`{"errors":[{"message":"m"},{"code":3261}]}`: false, `{"code":"0","errors":[{"code":3261}]}`: false,
	} {
		c := acknowledged(403, []byte(answer), payout.Payout{}, 1)
		if c.Finding != payout.FoundAboutUs || c.Uncoded != uncoded {
			t.Errorf("%s: %s, uncoded %v", answer, c.Finding, c.Uncoded)
		}
	}
}
