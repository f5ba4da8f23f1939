package payout

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Reference is the merchant's own number of a payout and, being unique for
// ever, its idempotency key: 1 to 64 of A-Z a-z 0-9 . _ : and -.
type Reference string

var referenceFormat = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// ParseReference accepts a well-formed reference only; it trims nothing, because
// two spellings of one reference would be two payouts.
func ParseReference(text string) (Reference, bool) {
	return Reference(text), referenceFormat.MatchString(text)
}

// Namespace separates the stages that share one provider account: the same
// reference in two namespaces has two ids and two provider references.
type Namespace string

// ID names a payout for ever: "po_" and 26 lower-case base32 characters.
type ID string

// idDigits is the length of the base32 part: 130 bits of the digest, so that two
// references of one merchant never meet.
const idDigits = 26

var (
	idFormat                = regexp.MustCompile(`^po_[a-z2-7]{26}$`)
	providerReferenceFormat = regexp.MustCompile(`^P([A-Z2-7]{26})([0-9]{2})$`)
)

// DeriveID computes the id of a reference. It is derived, not drawn, so that no
// look-up table can disagree with it, and a table restored from a backup still
// refuses to pay a reference twice.
func DeriveID(ns Namespace, ref Reference) ID {
	digest := sha256.Sum256([]byte(string(ns) + "\x00" + string(ref)))
	text := base32.StdEncoding.EncodeToString(digest[:])
	return ID("po_" + strings.ToLower(text[:idDigits]))
}

// ParseID reports whether the text has the form of a payout id.
func ParseID(text string) (ID, bool) {
	return ID(text), idFormat.MatchString(text)
}

// Shard spreads ids over the partitions of an index: the first base32 digit
// carries five random bits, three of which choose one of eight shards.
func (id ID) Shard() int {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	return strings.IndexByte(alphabet, id[len("po_")]) % Shards
}

// Shards is the number of partitions of every index of the table.
const Shards = 8

// ProviderReference is the number a provider knows the payout by (Vexora's
// tradeNo, Monetix' payment_id): "P", the id's 26 characters in upper case and
// the two-digit attempt. 29 characters stay below the shortest documented limit
// of 32, and need no separator that a provider might alter.
type ProviderReference string

// Attempt numbers the provider references of one payout, from 1 to 99. It rises
// only when an operator pays again after a final failure.
type Attempt int

// FirstAttempt is the attempt of a new payout.
const FirstAttempt Attempt = 1

// ProviderReference derives the number to send for one attempt.
func (id ID) ProviderReference(a Attempt) ProviderReference {
	return ProviderReference(fmt.Sprintf("P%s%02d", strings.ToUpper(string(id[len("po_"):])), a))
}

// ParseProviderReference decodes a number that a provider sends back. False means
// that the number cannot be ours, whatever the table holds.
func ParseProviderReference(text string) (ID, Attempt, bool) {
	parts := providerReferenceFormat.FindStringSubmatch(text)
	if parts == nil {
		return "", 0, false
	}
	attempt, err := strconv.Atoi(parts[2])
	if err != nil || attempt < int(FirstAttempt) {
		return "", 0, false
	}
	return ID("po_" + strings.ToLower(parts[1])), Attempt(attempt), true
}
