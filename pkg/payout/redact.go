package payout

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Redacted stands for personal data that was taken out.
const Redacted = "redacted"

// Redaction is what stays of a payout's personal data. Description and metadata are
// the merchant's free text, and go whole. Amounts, states, references, codes and the names
// of staff stay. So do hashes under the stack's key: the recipient's key still holds the same
// money back if a doubt comes late, and a sealed hash still proves a text to whoever has it and
// the key. The fingerprint goes: whoever may post could try the account out by it, and would see
// in the answer which of his tries was right.
type Redaction struct {
	At          time.Time // when it was done first
	Destination Destination
	Beneficiary Beneficiary
	Fingerprint Fingerprint
	Recipient   RecipientKey
	Failure     *Failure
	Return      *Return
	History     []Entry
}

// redaction takes out of a payout what identifies a person. Done again, it takes out what
// came since.
func (p Payout) redaction(key StackKey, now time.Time) *Redaction {
	r := &Redaction{
		At: now, Destination: p.Destination, Beneficiary: p.Beneficiary, Fingerprint: goneFingerprint,
		Failure: p.Failure.redacted(), Return: p.Return.redacted(), History: slices.Clone(p.History),
	}
	r.Recipient = p.Recipient
	if p.RedactedAt.IsZero() {
		r.Recipient = p.recipientKey(key)
		r.Destination.AccountNumber = lastDigits(p.Destination.AccountNumber)
	} else {
		r.At = p.RedactedAt
	}
	d, b := &r.Destination, &r.Beneficiary
	for _, field := range []*string{
		&d.AccountID, &d.Branch, &d.City, &d.Province,
		&b.ID, &b.FirstName, &b.LastName, &b.Email, &b.Phone, &b.IPAddress,
	} {
		if *field != "" {
			*field = Redacted
		}
	}
	for i, e := range r.History {
		r.History[i] = e.redacted()
		if !e.signed() {
			r.History[i].Evidence = key.hmac(e.Evidence)
		}
	}
	return r
}

// apply makes the redaction.
func (r Redaction) apply(p Payout) Payout {
	p.Destination, p.Beneficiary, p.History = r.Destination, r.Beneficiary, r.History
	p.Fingerprint, p.Recipient, p.Failure, p.Return = r.Fingerprint, r.Recipient, r.Failure, r.Return
	p.Description, p.Metadata, p.RedactedAt = "", nil, r.At
	return p
}

func (f *Failure) redacted() *Failure {
	if f == nil {
		return nil
	}
	bare := *f
	bare.Message = ""
	return &bare
}

func (r *Return) redacted() *Return {
	if r == nil {
		return nil
	}
	bare := *r
	bare.Message = ""
	return &bare
}

// redacted is the entry without what others wrote, but for their codes.
func (e Entry) redacted() Entry {
	e.Raw, e.Message, e.ClaimKey = nil, e.ownWords(), impersonal(e.ClaimKey)
	return e
}

// ownWords is the part of the entry's message that we wrote: all of it, or what a person
// ordered without the reason, or nothing.
func (e Entry) ownWords() string {
	switch e.Source {
	case FromCreate, FromSweep:
		return e.Message
	case FromNotifier, FromOperator:
		what, _, _ := strings.Cut(e.Message, orderSeparator)
		return what
	}
	return ""
}

// signed reports whether the entry's body bears a signature of the provider. Its plain hash
// tells nothing then: nobody can guess a signature without the provider's key.
func (e Entry) signed() bool { return e.Source == FromCallback }

// telling reports whether the entry holds what a redaction would take out.
func (e Entry) telling() bool {
	plain := !e.signed() && e.Evidence != "" && !strings.HasPrefix(e.Evidence, sealedMark)
	return plain || len(e.Raw) > 0 || e.Message != e.ownWords() || e.ClaimKey != impersonal(e.ClaimKey)
}

// telling reports whether a payout that was redacted holds anything that has to go since.
func (p Payout) telling(now time.Time) bool {
	return p.Fingerprint != goneFingerprint || p.staleProposal(now) || slices.ContainsFunc(p.History, Entry.telling)
}

// staleProposal reports whether an order that waited for its second person waits no more:
// the hash of its evidence can go.
func (p Payout) staleProposal(now time.Time) bool {
	return !p.Proposal.At.IsZero() && now.Sub(p.Proposal.At) > proposalFor
}

// discreet leaves out of a change what must not come back into a payout that was redacted:
// a word about it keeps its codes and its hash, an order who gave it. A hash that no
// provider has signed is sealed by the sweep, which is due at once.
func (p Payout) discreet(change Change) Change {
	if p.RedactedAt.IsZero() {
		return change
	}
	change.Failure, change.Return = change.Failure.redacted(), change.Return.redacted()
	if change.Entry == nil {
		return change
	}
	entry := change.Entry.redacted()
	change.Entry = &entry
	if change.QueryAt == nil && (entry.telling() || change.Proposal != nil) {
		change.QueryAt = &change.At
	}
	return change
}

// lastDigits keeps what finance people recognise an account by, and no more. Of a
// number that is hardly longer, nothing is kept.
func lastDigits(number string) string {
	const kept = 4
	if utf8.RuneCountInString(number) < 2*kept {
		return Redacted
	}
	runes := []rune(number)
	return "****" + string(runes[len(runes)-kept:])
}

// retention is when the personal data of a payout that ended has to go; zero
// when it is kept.
func (p Policy) retention(ended time.Time) time.Time {
	if p.RedactAfter <= 0 {
		return time.Time{}
	}
	return ended.Add(p.RedactAfter)
}

// attentionGrace is how much longer the personal data of a payout stays that somebody has
// to look into. After that it goes: what nobody looked into for so long does not need it.
const attentionGrace = 90 * 24 * time.Hour

// keep has the sweep come back for the personal data of a payout that this change
// ends, unless it comes back earlier anyway.
func (p Policy) keep(change *Change) {
	if change.Status.Final() && change.QueryAt != nil && change.QueryAt.IsZero() {
		due := p.retention(change.At)
		change.QueryAt = &due
	}
}
