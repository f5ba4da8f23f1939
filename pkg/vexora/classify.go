package vexora

import (
	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Status is data.status: the payout. Code is the outer code: the call. Bank codes
// look the same as both, and are a third type. All are compared as text: 00029,
// 0029 and 29 are not one number.
type (
	Status string
	Code   string
)

// verdict is what a status says about the money.
type verdict struct {
	finding payout.Finding
	failure payout.FailureCode
}

// statuses is everything that may decide. The disbursement page for Cambodia names
// 0000 and 0015; 00029 stands on Vexora's Australia error-code page, and so a
// failure by it is not yet safe to pay again. Whatever is not here is held and
// asked about: 0001 (partial, of collections), 0029 and 0100019 (pages of sister
// platforms), 00032 ("unknown error").
var statuses = map[Status]verdict{
	"0000":  {finding: payout.FoundSucceeded},
	"0015":  {finding: payout.FoundProcessing},
	"00029": {finding: payout.FoundFailed, failure: payout.FailureDeclined},
}

// classify reads a status; an empty one is no answer.
func classify(s Status) verdict {
	if v, listed := statuses[s]; listed {
		return v
	}
	if s == "" {
		return verdict{finding: payout.FoundUnclear}
	}
	return verdict{finding: payout.FoundUnlisted}
}

// The outer codes that mean something. 5000 (platform exception) and every code
// that is not here leave the payout unknown.
const (
	callProcessed Code = "0000"
	orderError    Code = "8000" // bad parameters, or perhaps a repeated tradeNo: not documented
)

// reading is an answer of Vexora's, decoded tolerantly: pages disagree on which
// members are text, and data may be absent, null or "".
type reading struct {
	code    Code
	message string
	data    jsontree.Value
}

func read(body []byte) (reading, bool) {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return reading{}, false
	}
	r := reading{code: Code(textOf(tree, "code")), message: textOf(tree, "msg")}
	if data, ok := tree.Member("data"); ok && data.Kind() == jsontree.Object {
		r.data = data
	}
	return r, r.code != ""
}

// textOf reads a text member, "" for none.
func textOf(v jsontree.Value, name string) string {
	member, _ := v.Member(name)
	text, _ := member.Text()
	return text
}

// scalarOf reads a text or number member as it was written.
func scalarOf(v jsontree.Value, name string) (string, bool) {
	member, there := v.Member(name)
	if text, ok := member.Text(); ok {
		return text, true
	}
	if member.Kind() == jsontree.Number {
		return member.Literal(), true
	}
	return "", there && member.Kind() != jsontree.Null
}

// created says what the answer to a disbursement means. The outer code says
// nothing final, except where the merchant has it in writing.
func created(body []byte, p payout.Payout, s Settings) payout.Claim {
	r, ok := read(body)
	if !ok {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "the answer is not Vexora's JSON"}
	}
	switch {
	case r.code == callProcessed:
		return r.about(p.ProviderReference()).Claim
	case r.code == orderError && s.Create8000 == "failed" && r.refuses():
		return payout.Claim{
			Finding: payout.FoundFailed, Failure: payout.FailureRefused, Conclusive: true,
			// After an earlier submission it may only mean "I have this one already".
			OnlyIfFirst: true, Code: string(r.code), Message: r.message,
		}
	}
	return payout.Claim{Finding: payout.FoundUnclear, Answered: r.code == orderError, Code: string(r.code), Message: r.message}
}

// refuses reports that no status beside the outer code says otherwise: every part of an answer
// is weighed. A refused order may have a number of Vexora's all the same.
func (r reading) refuses() bool {
	status, _ := scalarOf(r.data, "status")
	return status == "" || classify(Status(status)).finding == payout.FoundFailed
}

// asked says what the answer to a status query means. An outer code other than
// "processed" is no answer at all.
func asked(body []byte, about payout.ProviderReference, currency money.Currency) payout.Claim {
	r, ok := read(body)
	if !ok {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "the answer is not Vexora's JSON"}
	}
	if r.code != callProcessed {
		return payout.Claim{Finding: payout.FoundUnclear, Code: string(r.code), Message: r.message}
	}
	if echoed := textOf(r.data, "tradeNo"); echoed == "" {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "the answer names no tradeNo"}
	}
	c := r.about(about)
	// Areas call it one or the other. payAmount may differ by documentation and
	// says nothing about what we asked for.
	for _, name := range []string{"amount", "orderAmount"} {
		if text, there := scalarOf(r.data, name); there {
			c.amount(text, currency)
		}
	}
	return c.Claim
}

// stated is a claim under construction.
type stated struct{ payout.Claim }

// amount adds an amount to a claim, or makes it suspect.
func (c *stated) amount(text string, currency money.Currency) {
	a, err := money.ParseExact(text, currency)
	if err != nil {
		c.Suspect = "the claim states an amount that cannot be read"
		return
	}
	c.Amounts = append(c.Amounts, a)
}

// about reads what data says about the payout. Only data.status decides: messages,
// success and successTime contradict it in Vexora's own examples.
func (r reading) about(reference payout.ProviderReference) stated {
	if echoed := textOf(r.data, "tradeNo"); echoed != "" && echoed != string(reference) {
		return stated{payout.Claim{Finding: payout.FoundUnclear, Message: "the answer names another tradeNo"}}
	}
	status := Status(textOf(r.data, "status"))
	v := classify(status)
	c := stated{payout.Claim{
		Finding: v.finding, Failure: v.failure, Code: string(status), Message: textOf(r.data, "message"),
		ProviderID: textOf(r.data, "platFormTradeNo"),
	}}
	remark, _ := scalarOf(r.data, "remark")
	c.remark(remark)
	return c
}

// remark compares what is echoed, if it is.
func (c *stated) remark(text string) {
	if text != "" {
		c.Description = &text
	}
}
