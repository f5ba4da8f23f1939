package monetix

import (
	"cmp"
	"slices"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Two lists of codes share numbers and mean different things by them: 10105 of a
// request is "payment_id exists", 10105 of an operation "no funds on the card".
// They are different types.
type (
	// RequestCode is the code of an answer to one of our requests.
	RequestCode string
	// OperationCode is operation.code, or the code of an item of errors[].
	OperationCode string
)

// meaning is what a code says beyond the status beside it.
type meaning struct {
	failure payout.FailureCode
	// final: the code says for certain that no money moved. Every other one, and one
	// that nobody lists, may hide a payment; see [payout.Claim.Doubtful].
	final bool
}

// Sorts of codes. The numbers are those of the platform's unified registry.
var (
	ourData   = meaning{payout.FailureRefused, true}
	recipient = meaning{payout.FailureRecipient, true}
	limit     = meaning{payout.FailureLimit, true}
	funds     = meaning{payout.FailureFunds, true}
	risk      = meaning{payout.FailureRisk, true}
	declined  = meaning{payout.FailureDeclined, true}
	technical = meaning{payout.FailureProvider, true}
	setup     = meaning{payout.FailureConfigured, true}
	// doubtful: a refusal that looks like a time-out; money may have moved.
	doubtful = meaning{payout.FailureProvider, false}
)

// operationCodes classifies the reason of a decline or an error.
var operationCodes = table(map[meaning][]OperationCode{
	ourData:   {"319", "502", "702", "2003", "2004", "2124", "2261", "2426", "2610", "2611", "3242", "3243"},
	recipient: {"2641", "2801", "3244", "20102", "20106", "20107", "20201", "20204", "20450", "20451"},
	limit: {
		"309", "904", "2642", "3104", "3281", "3289", "3358",
		"3106", "3108", "3109", "3110", "3111", "3112", "3297", "3298", "20101",
	},
	funds: {"504", "3028", "10504", "20504"},
	// The reason must not be shown to the recipient.
	risk:     {"402", "603", "2701", "3198", "3199", "10401", "10402", "20203", "20401", "20402"},
	declined: {"100", "301", "10000", "10100", "20000", "20100", "20301"},
	technical: {
		"314", "501", "601", "602", "2147", "3081", "3201", "10202", "10505", "10601", "10603",
		"20202", "20206", "20501", "20502", "20503", "20601", "20603", "20604", "20701", "20702", "20706",
	},
	setup: {
		"303", "310", "2442", "2541", "3023", "3024", "3026", "3119", "3121", "3261", "3262",
		"3291", "3292", "3293", "3299", "20205", "20705",
	},
	doubtful: {"10602", "20602", "20801", "20812"},
})

// unfinished are codes that contradict any final status beside them.
var unfinished = []string{"9999", "19999", "29999", "20802", "20899"}

// duplicates are codes that prove that the payment_id is registered, and say
// nothing about its money. 3613 is a refusal because of a similar payment.
var duplicates = []string{"3041", "3060", "3613", "10105"}

// notFound are codes of answers to status queries. They may mean temporary trouble, and
// prove nothing about the payout.
var notFound = []string{"3061", "3062"}

// aboutData are the codes of requests that were refused for what they say: nothing
// was registered, and nothing will be.
var aboutData = table(map[meaning][]RequestCode{
	ourData:   {"319", "502", "702", "2003", "2004", "2124", "2261", "2426", "2610", "2611", "3242", "3243"},
	recipient: {"2641", "2801", "3244"},
	limit: {
		"309", "904", "1006", "2642", "3104", "3281", "3289", "3358",
		"3106", "3108", "3109", "3110", "3111", "3112", "3297", "3298",
	},
	funds: {"504", "3028"},
})

// aboutUs are the codes of requests that were refused for who sent them, or from
// where. A payout is not to blame for them.
var aboutUs = []RequestCode{
	"303", "310", "1005", "2442", "3024", "3261", "3262",
	"3291", "3292", "3293", "3299",
}

// aboutKind are those that blame the payout's currency or method, which the project does
// not have: payouts of another kind may go. 1004 is of the older list of request errors
// in the Gate documentation: "currency not available".
var aboutKind = []RequestCode{"1004", "2541", "3023", "3026", "3119", "3121"}

// table turns a list per meaning into a meaning per code.
func table[C cmp.Ordered](by map[meaning][]C) map[C]meaning {
	flat := map[C]meaning{}
	for m, codes := range by {
		for _, code := range codes {
			flat[code] = m
		}
	}
	return flat
}

// Status is payment.status or operation.status in its plain spelling.
type Status string

// plain takes the differences out that carry nothing: case, blanks around, and "_"
// for a blank.
func plain(text string) Status {
	return Status(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), "_", " "))
}

// statuses is what payment.status says about the money. What is not here is held
// and asked about, "partially paid out", "internal error" and "external error"
// among it.
var statuses = map[Status]payout.Finding{
	"success":             payout.FoundSucceeded,
	"decline":             payout.FoundFailed,
	"error":               payout.FoundFailed, // never initiated; see [state.refine]
	"reversed":            payout.FoundReturned,
	"processing":          payout.FoundProcessing,
	"external processing": payout.FoundProcessing,
	"initial":             payout.FoundProcessing,
	// Monetix tries again by itself, or wants something from us: not final.
	"awaiting retry":         payout.FoundProcessing,
	"awaiting clarification": payout.FoundProcessing,
	"awaiting approval":      payout.FoundProcessing,
	"awaiting confirmation":  payout.FoundProcessing,
	"awaiting finalization":  payout.FoundProcessing,
}

// sum adds the amount of an object {amount, currency} in minor units, digits as a
// number or as text.
func sum(c *payout.Claim, v jsontree.Value) {
	a, err := money.ParseMinor(scalar(v, "amount"), money.Currency(scalar(v, "currency")))
	if err != nil {
		c.Suspect = "the claim states an amount that cannot be read"
		return
	}
	c.Amounts = append(c.Amounts, a)
}

// acknowledged says what the answer to a payout request means. It never says
// anything about the money.
func acknowledged(status int, body []byte, p payout.Payout, project int64) payout.Claim {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	readable := err == nil && tree.Kind() == jsontree.Object
	reason := weightiest(tree)
	registered := duplicate(tree)
	c := payout.Claim{Finding: payout.FoundUnclear, Answered: registered, Code: reason.code, Message: reason.message}
	switch {
	case status == 200 && readable && scalar(tree, "status") == "success" && echoes(tree, p, project):
		return payout.Claim{Finding: payout.FoundProcessing, ProviderID: scalar(tree, "request_id"), Code: "success"}
	case registered:
		// It is there, whatever the status: nothing may step back.
	case status == 403 || slices.Contains(refusals, status):
		refused(&c, status, reason)
	}
	return c
}

// echoes compares what the acknowledgement repeats of the request.
func echoes(tree jsontree.Value, p payout.Payout, project int64) bool {
	if _, there := tree.Member("payment_id"); there && scalar(tree, "payment_id") != string(p.ProviderReference()) {
		return false
	}
	_, there := tree.Member("project_id")
	return !there || sameProject(tree, project)
}
