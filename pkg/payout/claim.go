package payout

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
)

// Finding is what a provider's words mean for the money. Connectors translate by
// tables; a word that no table lists is Unlisted or Unclear, never a failure.
type Finding string

// The findings.
const (
	FoundProcessing Finding = "processing" // taken, not finished
	FoundSucceeded  Finding = "succeeded"  // paid
	FoundFailed     Finding = "failed"     // documented as final and not paid
	FoundReturned   Finding = "returned"   // paid, and the money came back
	FoundUnlisted   Finding = "unlisted"   // a status that is not documented: hold and ask
	FoundUnclear    Finding = "unclear"    // no usable answer: timeout, 5xx, garbage, duplicate reference
	FoundNotSent    Finding = "not_sent"   // failed before a connection existed; certain
	FoundAboutUs    Finding = "about_us"   // refused for our key, address, project or endpoint; not registered
	FoundAbsent     Finding = "absent"     // the provider says it does not know the payout; proves nothing by itself
)

// Claim is what a provider says about a payout, after its origin was verified (a
// callback's signature, or our own TLS connection). It is a claim, not a fact:
// Decide compares it with the record first.
type Claim struct {
	Source    Source
	Provider  Provider
	Reference string // as the provider wrote it; see ParseProviderReference
	// ProviderID is the provider's own number, empty when the claim has none.
	ProviderID string
	Finding    Finding
	// Amounts holds every amount that the claim states; all must be ours, since
	// conversion happens on the provider's side of these figures.
	Amounts []money.Amount
	// Description is the echoed remark or description; nil when not echoed.
	Description *string
	// Suspect says what in the claim cannot be right even before it is compared
	// with our record (an unreadable amount, a missing one); empty when nothing.
	Suspect string
	// Ambiguous says why the signed text could be cut into other fields than those that
	// came, empty if it could not. A signature vouches for the text alone: nothing that
	// such a claim says is believed; see [Payout.Decide].
	Ambiguous string
	// Unbelieved: by people's controls no callback is believed; see [AskFirst].
	Unbelieved bool
	// Doubtful marks a failure whose code may hide a payment: a timeout on the
	// provider's side, or a reason that nobody lists.
	Doubtful bool
	// Asked says what an answer to a status query rests on; nil for other claims.
	Asked *Asked
	// OnlyIfFirst marks a refusal that speaks of this submission alone: after an
	// earlier one that may have arrived, it proves nothing.
	OnlyIfFirst bool

	// Account is the one that a status query was put under; empty if there was none.
	Account string
	// Answered: the provider did answer, readably, though the answer does not tell what became
	// of the payout. That is no silence; see [Breaker].
	Answered bool
	// OfThisKind narrows [FoundAboutUs]: what is not set up is the payout's currency or method,
	// and others may go.
	OfThisKind bool
	// met is what the payout met after the fence that people ordered. Their order is refused, so
	// nothing goes before they have given it anew. Nil for anything else.
	met *similarPayouts
	// NotBefore is when a payout that was not sent is tried again; zero for the usual time.
	NotBefore time.Time
	// Uncoded weakens [FoundAboutUs]: no code of the provider's stands with it. Something before
	// the provider may have refused it, and perhaps for a text in it.
	Uncoded bool

	Code    string // the provider's code; see [codeOf] for what is stored of it
	Message string // the provider's text; see Printable
	// Failure classifies a failed claim; Conclusive says that the answer to a
	// submission is documented as a final refusal of it.
	Failure    FailureCode
	Conclusive bool
	// By is who vouches for the claim, where a person does: of a statement's line.
	By Principal

	Raw []byte // what the provider sent, byte for byte; empty if nothing came
	// Padded: much of Raw is not covered by the provider's signature, so that whoever has
	// seen one genuine body can make any number of others. Only its hash is kept.
	Padded bool
	At     time.Time // when it arrived

	keptKey string // what the claim was recognised by before it was stripped
	said    string // the code as the provider wrote it, which may be kept as another one
	// earlier is what the claim would have been recognised by before its payout was redacted,
	// while there was somebody to compare its code with; empty for other payouts.
	earlier string
}

// Asked is what a status query knew when it began.
type Asked struct {
	Begun time.Time
	// Entries is how many entries the payout's history had: whatever was written since is
	// not answered.
	Entries int
	// Due is the payout's next status query as the query began. If it is another one that has
	// come already, somebody wants the payout asked about again.
	Due time.Time
	// Submitted is when the last submission was fenced. An answer that began before
	// another submission says nothing about that one.
	Submitted time.Time
	// Settled: no process of ours could still be sending when the query began.
	Settled bool
	// Taken is the payout's count as the sweep that asked had taken it up. An answer counts for as long as no
	// other one has: what came since may have left no trace.
	Taken int64
	// Inquiry: the query is that of an inquiry, and none of the ordinary ones; see [Inquiry].
	Inquiry bool
}

// attempt is the attempt that the claim is about; zero if its reference is not ours.
func (c Claim) attempt() Attempt {
	_, attempt, _ := ParseProviderReference(c.Reference)
	return attempt
}

// Key recognises a repetition: the same finding, provider number and code, stated in the
// same way for the same reference and amounts. Bytes do not serve, because providers sign
// every retry anew. An answer is no repetition of a callback: it has another weight.
//
// An echoed description is personal data, which could be guessed from a hash, and so may be a
// code that is not kept. What stands for them is a part of its own, which goes with the rest.
func (c Claim) Key() string {
	if c.keptKey != "" {
		return c.keptKey
	}
	key := c.impersonalKey()
	parts := []string{key}
	if c.Description != nil {
		parts = append(parts, *c.Description)
	}
	if c.Code == unreadableCode {
		parts = append(parts, unreadableCode, c.said)
	}
	if len(parts) == 1 {
		return key
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return key + personalMark + base64.RawURLEncoding.EncodeToString(digest[:6])
}

// personalMark stands before the part of a key that personal data makes.
const personalMark = "."

// impersonal is a key without that part.
func impersonal(key string) string {
	key, _, _ = strings.Cut(key, personalMark)
	return key
}

// impersonalKey is the part of the key that holds no personal data.
func (c Claim) impersonalKey() string {
	parts := []string{string(c.Source), string(c.Provider), c.Reference, string(c.Finding), c.ProviderID, c.Code, c.Suspect}
	for _, a := range c.Amounts {
		parts = append(parts, string(a.Currency()), a.String())
	}
	if c.Unbelieved {
		parts = append(parts, "unbelieved") // when it comes again and is believed, it is news
	}
	if c.Ambiguous != "" {
		parts = append(parts, "ambiguous", c.Ambiguous) // no repetition of an honest claim
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(digest[:9])
}

// entry records the claim in a payout's history.
func (c Claim) entry(after Status) *Entry {
	return &Entry{
		At:           c.At,
		Source:       c.Source,
		Status:       after,
		Finding:      c.Finding,
		ProviderCode: c.Code,
		Message:      Printable(c.Message),
		By:           c.By,
		ClaimKey:     c.Key(),
		Evidence:     HashEvidence(c.Raw),
		Raw:          c.body(),
	}
}

// disbelieved is an ambiguous claim as it is kept: that somebody spoke of the reference, and
// why nothing of what was said is believed. The raw body shows it. Other claims stay as they
// are.
func (c Claim) disbelieved() Claim {
	if c.Ambiguous == "" {
		return c
	}
	return Claim{
		Source: c.Source, Provider: c.Provider, Reference: c.Reference, Ambiguous: c.Ambiguous,
		Finding: FoundUnlisted, Message: c.Ambiguous, Raw: c.Raw, Padded: c.Padded, At: c.At, keptKey: c.Key(), earlier: c.earlier,
	}
}

// body is what may be kept of what the provider sent: nothing of what anybody could have
// swollen.
func (c Claim) body() []byte {
	if c.Padded || len(c.Raw) > BodyLimit {
		return nil
	}
	return c.Raw
}

// failure is what a failed claim says about why, and about paying again.
func (c Claim) failure() Failure {
	code := c.Failure
	if code == "" {
		code = FailureUnclassified
	}
	return Failure{
		Code: code, ProviderCode: c.Code, Message: Printable(c.Message),
	}
}

// confirmAfter is how long after the end of a payout the provider is asked about
// it once more.
const confirmAfter = 5 * time.Minute

// confirmAt is when to ask about a payout that this claim brought to an end; the zero
// time means never. What the provider itself answered is not asked about again, except
// a failure that is not certain. Every other word is weaker: a callback's signature
// hangs on a key that may have leaked, and a file or a person may err.
func (c Claim) confirmAt(s Status, certain bool) time.Time {
	answered := c.Source == FromAnswer || c.Source == FromQuery
	if answered && (s == Succeeded || certain) {
		return time.Time{}
	}
	return c.At.Add(confirmAfter)
}
