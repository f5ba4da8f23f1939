package dynamo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// cursorVersion changes when the meaning of a cursor does; old cursors are then
// refused and the caller begins the list again.
const cursorVersion = 1

// cursorLimit bounds the text of a cursor; ours stay under 200 bytes.
const cursorLimit = 512

// cursor says where a page ended. It names its list, so that it cannot continue
// another one. Whoever may read the list reads the cursor too, so that no sort key is made of what
// the list masks.
type cursor struct {
	Version int    `json:"v"`
	List    string `json:"l"`
	After   string `json:"a"` // the sort key of the last row
}

func (c cursor) encode() (string, error) {
	written, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("dynamo: write a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(written), nil
}

// after returns the sort key behind which a page of the list begins: empty at its
// start, [payout.ErrCursor] for whatever this list did not give out.
func after(list, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	if len(given) > cursorLimit {
		return "", payout.ErrCursor
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
