package cursor_test

import (
	"errors"
	"strings"
	"testing"

	"cambodia-payouts/pkg/cursor"
	"cambodia-payouts/pkg/payout"
)

// FuzzCursor: whatever a caller gives, a cursor either continues the list that gave
// it out, or is refused.
func FuzzCursor(f *testing.F) {
	genuine, err := cursor.After("day 2026-05-16", "2026-05-16T08:10:05.123Z#po_x")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", genuine, genuine + "=", "e30", "bnVsbA", strings.Repeat("A", 600), "\x00", genuine[:20]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		key, err := cursor.Key("day 2026-05-16", given)
		switch {
		case err != nil && !errors.Is(err, payout.ErrCursor):
			t.Errorf("%q: %v", given, err)
		case err == nil && given != "" && key == "":
			t.Errorf("%q begins the list again", given)
		}
		if _, err := cursor.Key("attention", genuine); !errors.Is(err, payout.ErrCursor) {
			t.Error("a cursor continued another list")
		}
	})
}
