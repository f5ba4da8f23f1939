package secrets

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// mask is all that ever gets printed of a secret. It has no length to learn from.
const mask = "[secret]"

// Secret is a text that must not reach a log, an answer or an error. Every way
// of printing shows a mask. The text sits behind a pointer because fmt reads
// unexported fields of an enclosing struct without asking their methods; of a
// pointer it prints the address. It is not comparable with ==, which would leak
// by timing; use [Secret.Equal].
type Secret struct {
	_    [0]func()
	text *string
}

// New hides a text.
func New(text string) Secret { return Secret{text: &text} }

// Reveal is the text itself, for a signature or a connection, nothing else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells that there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal compares in a time that depends on the lengths only.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// String is the mask.
func (s Secret) String() string { return mask }

// Format prints the mask for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// LogValue gives the mask to log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText gives the mask to JSON, XML and whatever else encodes text. There
// is no way back in: a secret is read by a parser that names its fields.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// ErrNotConfigured says that a secret is still the template's placeholder.
var ErrNotConfigured = errors.New("not configured")

// placeholder is what the template writes into a fresh secret, so that the first
// deployment works before anybody has credentials.
const placeholder = "REPLACE_ME"

// IsPlaceholder tells that a document or a value was never filled in. A provider
// with such a secret is not configured, which is no fault.
func IsPlaceholder(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text == "{}" || strings.Contains(text, placeholder)
}
