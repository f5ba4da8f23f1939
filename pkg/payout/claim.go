package payout

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

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
	// Doubtful marks a failure whose code may hide a payment: a timeout on the
	// provider's side, or a reason that nobody lists.
	Doubtful bool
	// Asked says what an answer to a status query rests on; nil for other claims.
	Asked *Asked
	// OnlyIfFirst marks a refusal that speaks of this submission alone: after an
	// earlier one that may have arrived, it proves nothing.
	OnlyIfFirst bool

	Code    string // the provider's code, verbatim
	Message string // the provider's text; see Printable
	// Failure classifies a failed claim; Conclusive says that the answer to a
	// submission is documented as a final refusal of it.
	Failure    FailureCode
	Conclusive bool
	// By is who vouches for the claim, where a person does: of a statement's line.
	By Principal

	Raw []byte    // what the provider sent, byte for byte; empty if nothing came
	At  time.Time // when it arrived

	key string // what the claim was recognised by before it was stripped
}

// Asked is what a status query knew when it began.
type Asked struct {
	Begun time.Time
	// Entries is how many entries the payout's history had: whatever was written since is
	// not answered.
	Entries int
	// Due is the payout's next question as the query began. If it is another one that has
	// come already, somebody wants the payout asked about again.
	Due time.Time
	// Submitted is when the last submission was fenced. An answer that began before
	// another submission says nothing about that one.
	Submitted time.Time
	// Settled: no process of ours could still be sending when the query began.
	Settled bool
}

// attempt is the attempt that the claim is about; zero if its reference is not ours.
func (c Claim) attempt() Attempt {
	_, attempt, _ := ParseProviderReference(c.Reference)
	return attempt
}

// Key recognises a repetition: the same finding, provider number and code, stated in the
// same way for the same reference and amounts. Bytes do not serve, because providers sign
// every retry anew. An answer is no repetition of a callback: it has another weight.
func (c Claim) Key() string {
	if c.key != "" {
		return c.key
	}
	parts := []string{string(c.Source), string(c.Provider), c.Reference, string(c.Finding), c.ProviderID, c.Code, c.Suspect}
	for _, a := range c.Amounts {
		parts = append(parts, string(a.Currency()), a.String())
	}
	if c.Description != nil {
		parts = append(parts, *c.Description)
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
		Raw:          c.Raw,
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
		Finding: FoundUnlisted, Message: c.Ambiguous, Raw: c.Raw, At: c.At, key: c.Key(),
	}
}

// messageLimit bounds, in bytes, what is kept of a provider's text.
const messageLimit = 160

// Printable makes a provider's text fit to be stored and shown: control
// characters become blanks and the text is clipped at a character boundary.
func Printable(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	end := 0
	for i, r := range clean {
		if i+utf8.RuneLen(r) > messageLimit {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return strings.TrimSpace(clean[:end])
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
