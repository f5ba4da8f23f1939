package vexora

import (
	"crypto/md5" //nolint:gosec // the protocol asks for it
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"cambodia-payouts/pkg/secrets"
)

// signMember is the member that carries the signature and is not signed itself.
const signMember = "sign"

// Canonical is the text that is signed: every member except sign whose value is
// not empty, sorted by name in byte order, each written as name=value with nothing
// in between (the disbursement page, "sign"). Fields are not kept apart: a=1b=2 is
// one field or two. So whoever verifies a signature has verified the text, and not
// the fields; see [payout.Payout.Decide].
func Canonical(fields map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == signMember || fields[name] == "" {
			continue
		}
		text.WriteString(name)
		text.WriteByte('=')
		text.WriteString(fields[name])
	}
	return text.String()
}

// Sign is the lower-case hexadecimal MD5 of the canonical text followed by the app
// secret.
func Sign(fields map[string]string, secret secrets.Secret) string {
	digest := md5.Sum([]byte(Canonical(fields) + secret.Reveal())) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}

// matches compares in constant time. Vexora's own pages print digests in lower
// case; the case carries nothing.
func matches(given string, fields map[string]string, secret secrets.Secret) bool {
	want := Sign(fields, secret)
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(given)), []byte(want)) == 1
}
