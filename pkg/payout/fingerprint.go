package payout

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"cambodia-payouts/pkg/money"
)

// Fingerprint tells two requests under one reference apart: equal fingerprints
// mean the same money to the same person.
type Fingerprint string

// fingerprintVersion changes with the list of fields below; a payout stored under
// an older version would then no longer match, so it must be compared by its own.
const fingerprintVersion = "1"

// fingerprint covers what decides who gets how much, as the merchant gave it and
// before routing. Description and metadata may differ between two tries.
func (d Draft) fingerprint(amount money.Amount) Fingerprint {
	digest := sha256.New()
	for _, field := range []string{
		fingerprintVersion, strconv.FormatInt(amount.Minor(), 10), string(amount.Currency()),
		string(d.Destination.Type), d.Destination.Wallet, d.Destination.AccountID, d.Destination.Bank,
		d.Destination.AccountNumber, d.Destination.Branch, d.Destination.City, d.Destination.Province,
		d.Beneficiary.ID, d.Beneficiary.FirstName, d.Beneficiary.LastName, string(d.Provider),
	} {
		// The length before each field keeps "ab"+"c" apart from "a"+"bc".
		digest.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		digest.Write([]byte(field))
	}
	return Fingerprint(fingerprintVersion + "." + base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:18]))
}
