package localstore

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// cursorVersion changes when the meaning of a cursor does; old cursors are then
// refused and the caller begins the list again.
const cursorVersion = 1

// cursor says where a page ended. It names its list, so that it cannot continue
// another one. Whoever may read the list reads the cursor too, so that no key in it is made of what
// the list masks.
type cursor struct {
	Version int    `json:"v"`
	List    string `json:"l"`
	After   string `json:"a"` // the last row's key, without the list's prefix
}

func (l listing) cursorAfter(key string) (string, error) {
	written, err := json.Marshal(cursor{Version: cursorVersion, List: l.name, After: key})
	if err != nil {
		return "", fmt.Errorf("write a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(written), nil
}

// after returns the key behind which a page of the list begins: empty at its
// start, [payout.ErrCursor] for whatever this list did not give out.
func after(list, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	written, err := base64.RawURLEncoding.DecodeString(given)
	if err != nil {
		return "", payout.ErrCursor
	}
	var c cursor
	if err := json.Unmarshal(written, &c); err != nil {
		return "", payout.ErrCursor
	}
	if c.Version != cursorVersion || c.List != list || c.After == "" {
		return "", payout.ErrCursor
	}
	return c.After, nil
}
