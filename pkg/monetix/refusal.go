package monetix

import (
	"slices"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// refusals are the HTTP statuses with which a request is refused for certain.
var refusals = []int{400, 404, 422}

// weight is what a code says of a request that was refused. The heavier of two decides: only
// reasons that are all about the data make a refusal, which is safe to pay again at once.
type weight int

const (
	noReason weight = iota
	aboutTheData
	aboutTheKind
	aboutOurselves
	// nobodyLists: also the codes of operations and of status queries. No page says that nothing
	// was registered when one of them comes.
	nobodyLists
	// mayHavePaid: it is in progress, or it looks like a time-out.
	mayHavePaid
)

func weigh(code RequestCode) weight {
	_, data := aboutData[code]
	of, listed := operationCodes[OperationCode(code)]
	switch {
	case slices.Contains(unfinished, string(code)), listed && of == doubtful:
		return mayHavePaid
	case data:
		return aboutTheData
	case slices.Contains(aboutUs, code):
		return aboutOurselves
	case slices.Contains(aboutKind, code):
		return aboutTheKind
	}
	return nobodyLists
}

// reason is one reason of a refusal, as it was written.
type reason struct {
	code, message string
	weight        weight
}

// weightiest is the reason that decides: of the answer itself, of an operation, or of an item
// of errors[], wherever it stands. Of equal ones it is the first.
func weightiest(tree jsontree.Value) reason {
	s := stateOf(tree)
	heaviest := reason{message: scalar(tree, "message")}
	for _, each := range slices.Concat([]jsontree.Value{tree}, s.operations, s.items()) {
		r := reason{code: scalar(each, "code"), message: scalar(each, "message")}
		if bare(r.code) {
			continue
		}
		if r.weight = weigh(RequestCode(plainCode(r.code))); r.weight > heaviest.weight {
			heaviest = r
		}
	}
	return heaviest
}

// refused reads a documented refusal. Without a listed code a 400 or 422 stays unclear: an
// intermediary answers like that as well. 403 is an address or an endpoint that is not
// allowed, and 404 another project, whatever code stands with it.
func refused(c *payout.Claim, status int, r reason) {
	switch {
	case r.weight == mayHavePaid:
	case r.weight == aboutTheData && status != 403:
		m := aboutData[RequestCode(plainCode(r.code))]
		c.Finding, c.Failure, c.Conclusive, c.OnlyIfFirst = payout.FoundFailed, m.failure, m.final, true
	case r.weight == aboutTheKind:
		c.Finding, c.OfThisKind = payout.FoundAboutUs, true
	case r.weight == aboutOurselves, status == 403, status == 404:
		c.Finding = payout.FoundAboutUs
		c.Uncoded = r.weight != aboutOurselves // a firewall or a proxy answers like that, too
	}
}
