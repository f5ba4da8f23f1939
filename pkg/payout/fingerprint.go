package payout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/money"
)

// Fingerprint tells two requests under one reference apart: equal fingerprints
// mean the same money to the same person. Its version stands before a point.
type Fingerprint string

// The versions of fingerprints. A stored one is compared by its own.
const (
	// noFingerprint equals no request: what it was made of is gone.
	noFingerprint = "0"
	// plainFingerprint is a hash without a key. It is compared, and written no more.
	plainFingerprint = "1"
	// keyedFingerprint is an HMAC under the stack's key.
	keyedFingerprint = "2"

	// goneFingerprint is what redaction leaves. Every version of us that there was knows it.
	goneFingerprint Fingerprint = noFingerprint + "."
)

func (f Fingerprint) version() string {
	version, _, _ := strings.Cut(string(f), ".")
	return version
}

// fingerprint covers what decides who gets how much, as the merchant gave it and
// before routing. Description and metadata may differ between two tries.
func (d Draft) fingerprint(key StackKey, amount money.Amount) Fingerprint {
	return Fingerprint(keyedFingerprint + "." + key.digest("fingerprint", d.identity(amount)...))
}

func (d Draft) plainFingerprint(amount money.Amount) Fingerprint {
	digest := sha256.New()
	writeFields(digest, append([]string{plainFingerprint}, d.identity(amount)...))
	return Fingerprint(plainFingerprint + "." + base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:hashBytes]))
}

// identity lists what a fingerprint covers. A change of it needs another version.
func (d Draft) identity(amount money.Amount) []string {
	return []string{
		strconv.FormatInt(amount.Minor(), 10), string(amount.Currency()),
		string(d.Destination.Type), d.Destination.Wallet, d.Destination.AccountID, d.Destination.Bank,
		d.Destination.AccountNumber, d.Destination.Branch, d.Destination.City, d.Destination.Province,
		d.Beneficiary.ID, d.Beneficiary.FirstName, d.Beneficiary.LastName, string(d.Provider),
	}
}

var errOtherVersion = errors.New("payout: the stored fingerprint is of a later version")

// isOf reports whether a stored fingerprint is that of a request. An error means that
// nobody can tell: the key cannot be read, or a later version has written it.
func (f Fingerprint) isOf(ctx context.Context, d Draft, amount money.Amount, keys Keys) (bool, error) {
	switch f.version() {
	case noFingerprint:
		return false, nil
	case plainFingerprint:
		return f == d.plainFingerprint(amount), nil
	case keyedFingerprint:
		key, err := keys.Current(ctx)
		return err == nil && f == d.fingerprint(key, amount), err
	}
	return false, errOtherVersion
}

// comparable is the fingerprint that a request may be compared with. Of a redacted payout none
// is left, also where an earlier version of us did not take it out: an answer that differs for
// the right account would give the account away to whoever may post. What a later version has
// written is left to it.
func (p Payout) comparable() Fingerprint {
	known := slices.Contains([]string{noFingerprint, plainFingerprint, keyedFingerprint}, p.Fingerprint.version())
	if p.RedactedAt.IsZero() || !known {
		return p.Fingerprint
	}
	return goneFingerprint
}
