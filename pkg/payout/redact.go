package payout

import (
	"slices"
	"time"
	"unicode/utf8"
)

// redactedText stands for personal data that was taken out.
const redactedText = "redacted"

// Redaction is what stays of a payout's personal data. Amounts, states, references
// and hashes are not among it: the fingerprint still recognises a replay, and the
// evidence's hash still proves what a provider's archive says.
type Redaction struct {
	Destination Destination
	Beneficiary Beneficiary
	History     []Entry
}

// redaction takes out of a payout what identifies a person.
func (p Payout) redaction() *Redaction {
	r := &Redaction{Destination: p.Destination, Beneficiary: p.Beneficiary, History: slices.Clone(p.History)}
	d, b := &r.Destination, &r.Beneficiary
	d.AccountNumber = lastDigits(d.AccountNumber)
	for _, field := range []*string{
		&d.AccountID, &d.Branch, &d.City, &d.Province,
		&b.FirstName, &b.LastName, &b.Email, &b.Phone, &b.IPAddress,
	} {
		if *field != "" {
			*field = redactedText
		}
	}
	for i := range r.History {
		r.History[i].Raw = nil
	}
	return r
}

// lastDigits keeps what finance people recognise an account by, and no more. Of a
// number that is hardly longer, nothing is kept.
func lastDigits(number string) string {
	const kept = 4
	if utf8.RuneCountInString(number) < 2*kept {
		return redactedText
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

// keep has the sweep come back for the personal data of a payout that this change
// ends, unless it comes back earlier anyway.
func (p Policy) keep(change *Change) {
	if change.Status.Final() && change.QueryAt != nil && change.QueryAt.IsZero() {
		due := p.retention(change.At)
		change.QueryAt = &due
	}
}
