//go:build trial

package trial

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cambodia-payouts/pkg/secrets"
)

// signature is the member that holds it.
const signature = "signature"

// Sign is the lower-case hex of an HMAC-SHA256 over all fields, by name, each name and value
// behind its length, so that no text can be cut otherwise. It is exported so that users can test
// their own side, as each room's is.
func Sign(fields map[string]string, key secrets.Secret) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != signature {
			_, _ = fmt.Fprintf(mac, "%d:%s%d:%s", len(name), name, len(fields[name]), fields[name])
		}
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// seal signs fields and writes them. It adds the signature to them.
func seal(fields map[string]string, key secrets.Secret) ([]byte, error) {
	fields[signature] = Sign(fields, key)
	return json.Marshal(fields)
}
