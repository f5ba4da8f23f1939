package cursor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// version changes when the meaning of a cursor does. Old cursors are then refused, and the
// caller begins the list again.
const version = 1

// limit bounds the text of a cursor in bytes, before anything of it is decoded: it comes from
// outside. Ours stay under 200 bytes.
const limit = 512

// place says where a page ended. It names its list, so that it cannot continue another one. It is
// encoded and not encrypted: whoever may read the list reads the place too, so that no key in it
// may be made of what the list masks. It is not signed: whoever changes it moves his own place in a
// list that he may read anyway.
type place struct {
	Version int    `json:"v"`
	List    string `json:"l"`
	After   string `json:"a"`
}

// After is the cursor of the page that begins behind a key of the list, the key of the last row
// that was read.
func After(list, key string) (string, error) {
	written, err := json.Marshal(place{Version: version, List: list, After: key})
	if err != nil {
		return "", fmt.Errorf("cursor: write: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(written), nil
}

// Key is the key behind which a page of the list begins. It is empty at the list's start, where the
// cursor is empty too. The error is [payout.ErrCursor] for whatever [After] did not give out for this list.
func Key(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	if len(cursor) > limit {
		return "", payout.ErrCursor
	}
	written, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", payout.ErrCursor
	}
	var p place
	if err := json.Unmarshal(written, &p); err != nil {
		return "", payout.ErrCursor
	}
	if p.Version != version || p.List != list || p.After == "" {
		return "", payout.ErrCursor
	}
	return p.After, nil
}
