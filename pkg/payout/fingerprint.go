package payout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
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

// withKey is the payout's fingerprint under the key. The data that a plain one was made of
// is still there, but for who had chosen the provider; where nothing fits, it equals no
// request from now on.
func (p Payout) withKey(key StackKey) Fingerprint {
	if p.Fingerprint.version() != plainFingerprint {
		return p.Fingerprint
	}
	for _, chosen := range []Provider{p.Provider, ""} {
		d := Draft{Provider: chosen, Destination: p.Destination, Beneficiary: p.Beneficiary}
		if d.plainFingerprint(p.Amount) == p.Fingerprint {
			return d.fingerprint(key, p.Amount)
		}
	}
	return noFingerprint + "."
}
