package payout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// StackKey is the key of every hash over personal data that is stored. Without it nobody
// can try out numbers: an account number has so few digits that a plain hash of it is the
// number. It is never rotated, since what it hashed could not be compared any more. It
// prints as a mask.
type StackKey struct{ text *string }

// leastStackKey is the fewest characters of a key.
const leastStackKey = 32

// ErrStackKey means that a text cannot be the stack's key.
var ErrStackKey = errors.New("payout: the stack key must be plain text of at least 32 characters")

// NewStackKey makes the key of a text, which is used as it is.
func NewStackKey(text string) (StackKey, error) {
	if utf8.RuneCountInString(strings.TrimSpace(text)) < leastStackKey {
		return StackKey{}, ErrStackKey
	}
	return StackKey{&text}, nil
}

// Current implements Keys.
func (k StackKey) Current(context.Context) (StackKey, error) {
	if k.text == nil {
		return StackKey{}, ErrStackKey
	}
	return k, nil
}

// Format prints a mask for every verb and flag.
func (k StackKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[stack key]") }

// digest is the HMAC of fields under the key, for one purpose.
func (k StackKey) digest(purpose string, fields ...string) string {
	mac := hmac.New(sha256.New, []byte(*k.text))
	writeFields(mac, append([]string{purpose}, fields...))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:hashBytes])
}

// hashBytes is how much of a hash is kept: 144 bits, which fill 24 characters.
const hashBytes = 18

// writeFields writes each field behind its length, which keeps "ab"+"c" apart from
// "a"+"bc".
func writeFields(to io.Writer, fields []string) {
	for _, field := range fields {
		_, _ = to.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field)))) // a hash takes everything
		_, _ = io.WriteString(to, field)
	}
}

// sealedMark stands before a hash that was sealed.
const sealedMark = "hmac-sha256:"

// hmac replaces the plain hash of a text by its HMAC under the key. Whoever has the text
// and the key can still prove it, and nobody else can guess it. A sealed hash stays.
func (k StackKey) hmac(hash string) string {
	if hash == "" || strings.HasPrefix(hash, sealedMark) {
		return hash
	}
	mac := hmac.New(sha256.New, []byte(*k.text))
	_, _ = io.WriteString(mac, hash)
	return sealedMark + hex.EncodeToString(mac.Sum(nil))
}
