package vexora

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the protocol asks for it
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"strings"

	"cambodia-payouts/pkg/secrets"
)

// signMember is the member that carries the signature and is not signed itself.
const signMember = "sign"

// field is one member that may be signed.
type field struct {
	name, value string
	null        bool
}

// fields are sorted by name, each name once.
type fields []field

func fieldsOf(values map[string]string) fields {
	all := make(fields, 0, len(values))
	for name, value := range values {
		all = append(all, field{name: name, value: value})
	}
	all.sort()
	return all
}

func (f fields) sort() {
	slices.SortFunc(f, func(a, b field) int { return cmp.Compare(a.name, b.name) })
}

// signed is the value as it is signed, empty if it is not. Nulls are left out, as the
// pages say and public integrations do, or spelled "null", as the published Java sample
// would.
func (f field) signed(spelled bool) string {
	switch {
	case f.name == signMember:
		return ""
	case f.null && spelled:
		return "null"
	}
	return f.value
}

// stream writes the canonical text, and never holds it whole.
func (f fields) stream(to io.Writer, spelled bool) {
	for _, each := range f {
		if value := each.signed(spelled); value != "" {
			_, _ = io.WriteString(to, each.name) // neither a digest nor a builder fails
			_, _ = io.WriteString(to, "=")
			_, _ = io.WriteString(to, value)
		}
	}
}

// Canonical is the text that is signed: every member except sign whose value is
// not empty, sorted by name in byte order, each written as name=value with nothing
// in between (the disbursement page, "sign"). Fields are not kept apart: a=1b=2 is
// one field or two. So whoever verifies a signature has verified the text, and not
// the fields; see [Verifier.Verify].
func Canonical(values map[string]string) string {
	var text strings.Builder
	fieldsOf(values).stream(&text, false)
	return text.String()
}

// Sign is the lower-case hexadecimal MD5 of the canonical text followed by the app
// secret.
func Sign(values map[string]string, secret secrets.Secret) string {
	return hex.EncodeToString(finish(fieldsOf(values).digest(false), secret))
}

// digest is the MD5 of the text alone. All secrets come behind the text, and so it is
// read once, however many secrets are tried.
func (f fields) digest(spelled bool) hash.Cloner {
	digest := md5.New().(hash.Cloner) //nolint:gosec // as above; Go promises that its hashes can be cloned
	f.stream(digest, spelled)
	return digest
}

// finish adds a secret to the digest of a text, and leaves that as it is.
func finish(text hash.Cloner, secret secrets.Secret) []byte {
	digest, err := text.Clone()
	if err != nil {
		panic(err) // MD5 of the standard library can be cloned
	}
	_, _ = io.WriteString(digest, secret.Reveal())
	return digest.Sum(nil)
}

// matches compares in constant time.
func matches(given []byte, text hash.Cloner, secret secrets.Secret) bool {
	return subtle.ConstantTimeCompare(given, finish(text, secret)) == 1
}
