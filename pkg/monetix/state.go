package monetix

import (
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// state is what a callback, or the answer to a status query, says about a payment.
type state struct {
	tree, payment jsontree.Value
	// operations are all of them: Monetix may try a payout again by itself, and each try is
	// one. What becomes of the money is in any of them.
	operations []jsontree.Value
	reason     jsontree.Value // the one that is shown; may be missing
}

// stateOf reads an answer, which has a list of operations, or perhaps one.
func stateOf(tree jsontree.Value) state {
	list, _ := tree.Member("operations")
	return stateWith(tree, list.Elements())
}

// stateOfCallback reads a callback, which has one operation. A list would not be signed, or is
// a member that is not documented, and says nothing.
func stateOfCallback(tree jsontree.Value) state { return stateWith(tree, nil) }

func stateWith(tree jsontree.Value, operations []jsontree.Value) state {
	s := state{tree: tree, operations: operations}
	s.payment, _ = tree.Member("payment")
	if one, there := tree.Member("operation"); there {
		s.operations = append(s.operations, one)
	}
	s.reason = latest(s.operations)
	return s
}

// dateFormat is that of Gate: UTC, the offset without a colon.
const dateFormat = "2006-01-02T15:04:05-0700"

// latest picks the operation that gives the reason, one of the payout's if there is any: by
// its date, since their order in the array is not documented.
func latest(operations []jsontree.Value) jsontree.Value {
	ours := slices.DeleteFunc(slices.Clone(operations), func(o jsontree.Value) bool { return !pays(o) })
	if len(ours) == 0 {
		ours = operations
	}
	var (
		operation jsontree.Value
		newest    time.Time
	)
	for i, each := range ours {
		at, err := time.Parse(dateFormat, scalar(each, "date"))
		if i == 0 || (err == nil && !at.Before(newest)) {
			operation, newest = each, at
		}
	}
	return operation
}

// payoutKind is payment.type and operation.type of a payout.
const payoutKind Status = "payout"

// pays reports whether an operation is a try of the payout.
func pays(operation jsontree.Value) bool {
	kind := plain(scalar(operation, "type"))
	return kind == payoutKind || kind == ""
}

// reversals are the types of an operation that brings a payout's money back. Monetix' pages
// tell that there is one, and not how its type is written.
var reversals = []Status{"reversal", "payout reversal", "refund", "payout refund"}

func takesBack(operation jsontree.Value) bool {
	return slices.Contains(reversals, plain(scalar(operation, "type")))
}

// mayTakeBack reports a type that is not listed and sounds like one: "refund reverse", say,
// or "sale reversal". It is held and asked about.
func mayTakeBack(operation jsontree.Value) bool {
	kind := string(plain(scalar(operation, "type")))
	return !takesBack(operation) && (strings.Contains(kind, "revers") || strings.Contains(kind, "refund"))
}

func succeeded(operation jsontree.Value) bool { return plain(scalar(operation, "status")) == "success" }

// isClosed reports whether nothing more will come of an operation. "internal error" and "external error"
// are not documented as final.
func isClosed(operation jsontree.Value) bool {
	return slices.Contains([]Status{"", "decline", "error"}, plain(scalar(operation, "status")))
}

// count is how many operations are all of these.
func (s state) count(such ...func(jsontree.Value) bool) int {
	n := 0
	for _, each := range s.operations {
		if !slices.ContainsFunc(such, func(is func(jsontree.Value) bool) bool { return !is(each) }) {
			n++
		}
	}
	return n
}

func (s state) allClosed() bool { return s.count(isClosed) == len(s.operations) }

// items are the items of errors[].
func (s state) items() []jsontree.Value {
	list, _ := s.tree.Member("errors")
	return list.Elements()
}

// codes are all reasons: those of operations, and of errors[].
func (s state) codes() []string {
	var all []string
	for _, each := range slices.Concat(s.operations, s.items()) {
		if code := scalar(each, "code"); !bare(code) {
			all = append(all, code)
		}
	}
	return all
}

// bare is a code that gives no reason.
func bare(code string) bool { return code == "" || plainCode(code) == "0" }

// code is the reason that is shown: that of the operation, or of the first item of errors[].
func (s state) code() string {
	code := scalar(s.reason, "code")
	if !bare(code) {
		return code
	}
	if first, _ := firstError(s.tree); first != "" {
		return first
	}
	return code
}

func (s state) message() string {
	if _, text := firstError(s.tree); text != "" {
		return text
	}
	return scalar(s.reason, "message")
}

// says reports whether any of the reasons is one of these.
func (s state) says(such []string) bool {
	return slices.ContainsFunc(s.codes(), func(code string) bool { return slices.Contains(such, plainCode(code)) })
}

// duplicate reports whether an answer says, in any place, that the number is taken. Such a
// code never fails anything, whatever stands beside it.
func duplicate(tree jsontree.Value) bool {
	return slices.Contains(duplicates, plainCode(scalar(tree, "code"))) || stateOf(tree).says(duplicates)
}

// firstError reads the first item of errors[].
func firstError(tree jsontree.Value) (code, message string) {
	list, _ := tree.Member("errors")
	if list.Kind() != jsontree.Array || list.Len() == 0 {
		return "", ""
	}
	item := list.At(0).Value
	return scalar(item, "code"), scalar(item, "message")
}

// claim says what the state means for the money. Amounts are added by the callers.
func (s state) claim() payout.Claim {
	status := plain(scalar(s.payment, "status"))
	finding, listed := statuses[status]
	if !listed {
		finding = payout.FoundUnlisted
	}
	c := payout.Claim{Finding: finding, Code: s.code(), Message: s.message(), ProviderID: s.requestID()}
	if text := scalar(s.payment, "description"); text != "" {
		c.Description = &text
	}
	s.refine(&c, status)
	return c
}

// requestID is the number that the acknowledgement of a payout had. Other operations, of
// support say, come from requests of their own. Tries with different numbers name none.
func (s state) requestID() string {
	id := ""
	for _, each := range s.operations {
		switch other := scalar(each, "request_id"); {
		case !pays(each) || other == "":
		case id != "" && id != other:
			return ""
		default:
			id = other
		}
	}
	return id
}

// refine looks at the reasons beside the status. A reason can make a final status
// doubtful, never the other way round.
func (s state) refine(c *payout.Claim, status Status) {
	switch c.Finding {
	case payout.FoundSucceeded:
		s.refineSuccess(c)
	case payout.FoundReturned:
		if s.unfinishedSuccess() {
			c.Finding = payout.FoundUnlisted
		}
	case payout.FoundFailed:
		s.refineFailure(c, status)
	}
}

// refineSuccess holds a success that no try shares, and finds the one that was taken back.
func (s state) refineSuccess(c *payout.Claim) {
	paid, back := s.count(pays, succeeded), s.count(takesBack, succeeded)
	switch {
	case s.disagrees(paid), s.unfinishedSuccess(), back > 0 && paid > back, s.count(mayTakeBack, succeeded) > 0:
		c.Finding = payout.FoundUnlisted
	case back > 0:
		c.Finding = payout.FoundReturned
	}
}

// disagrees reports tries none of which is successful beside a payment that is, or one that
// may still become a second payment.
func (s state) disagrees(paid int) bool {
	states := func(o jsontree.Value) bool { return scalar(o, "status") != "" }
	open := func(o jsontree.Value) bool { return !isClosed(o) && !succeeded(o) }
	return paid == 0 && s.count(pays, states) > 0 || s.count(pays, open) > 0
}

// unfinishedSuccess reports a code that contradicts the success beside it. The code of a try
// that was declined, and tried again, does not.
func (s state) unfinishedSuccess() bool {
	such := func(v jsontree.Value) bool { return slices.Contains(unfinished, plainCode(scalar(v, "code"))) }
	notDeclined := func(o jsontree.Value) bool { return plain(scalar(o, "status")) != "decline" }
	return s.count(such, notDeclined) > 0 || slices.ContainsFunc(s.items(), such)
}

// refineFailure weighs everything beside a failure: any try may have paid.
func (s state) refineFailure(c *payout.Claim, status Status) {
	switch {
	case s.count(succeeded, moves) > 0, s.says(unfinished):
		c.Finding = payout.FoundUnlisted
	case s.says(duplicates) && status != "error":
		c.Finding = payout.FoundUnlisted // there is another one under this number: hold and ask
	case s.says(duplicates), status == "error" && s.says(notFound):
		c.Finding = payout.FoundUnclear // it exists, or cannot be looked up; that is no failure
	default:
		c.Failure = operationCodes[OperationCode(plainCode(c.Code))].failure
		c.Doubtful = !s.allClosed() || !s.all(isFinal)
		if status == "error" {
			// The payment_id may be used again after an error: it speaks of one
			// submission, and is safe to pay again only where the data were at fault.
			c.OnlyIfFirst = true
			c.Doubtful = !s.allClosed() || !s.all(isAboutData) || len(s.codes()) == 0
		}
	}
}

// moves reports whether an operation that succeeded has moved the payout's money, there or
// back.
func moves(operation jsontree.Value) bool { return pays(operation) || takesBack(operation) }

// all reports whether all reasons are such.
func (s state) all(such func(code string) bool) bool {
	return !slices.ContainsFunc(s.codes(), func(code string) bool { return !such(plainCode(code)) })
}

func isFinal(code string) bool { return operationCodes[OperationCode(code)].final }

func isAboutData(code string) bool {
	_, is := aboutData[RequestCode(code)]
	return is
}

// whole is the amount of an operation that has to be that of the payout: of the only one,
// or of what took it back. Of several tries each may move a part. False if there is none.
func (s state) whole(f payout.Finding) (jsontree.Value, bool) {
	for _, each := range s.operations {
		initial, _ := each.Member("sum_initial")
		if len(s.operations) == 1 || f == payout.FoundReturned && takesBack(each) && succeeded(each) {
			return initial, statesSum(initial)
		}
	}
	return jsontree.Value{}, false
}
