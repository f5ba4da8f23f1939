package monetix

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"math"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/secrets"
)

// Sign is the base64 text of the HMAC-SHA512 over the canonical text of a tree.
// Members called signature may be there; they are not signed.
func Sign(tree jsontree.Value, secret secrets.Secret) string {
	mac := newMAC(secret)
	canonical(tree).stream(mac)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func newMAC(secret secrets.Secret) hash.Hash {
	return hmac.New(sha512.New, []byte(secret.Reveal()))
}

// Canonical is the text that is signed: a line path:value for every scalar, sorted
// and joined by ";" (Signature generation and verification). Neither ":" nor ";"
// is escaped in values, so {"a":"1;b:2"} and {"a":"1","b":"2"} have one text:
// whoever verifies a signature has verified the text, and not the fields; see
// [Verifier.Verify].
func Canonical(tree jsontree.Value) string {
	var text strings.Builder
	canonical(tree).stream(&text)
	return text.String()
}

// canonical is the text that we sign ourselves.
func canonical(tree jsontree.Value) text {
	s, _ := write(tree, math.MaxInt)
	return s.likeliest()
}
