package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// How long the key is used without asking again. It never changes, so that an outage must
// not end it: whoever has read it once goes on with it.
const (
	stackKeyTTL      = 24 * time.Hour
	stackKeyStaleFor = 10 * 365 * 24 * time.Hour
)

// stackKey builds the source of the key, and reads it once. A text that cannot be the key,
// or none, stops the function. An outage does not: what needs the key is then refused as
// retryable, and a request that does not need it is answered.
func (a Assembly) stackKey(ctx context.Context, opening opening) (payout.Keys, error) {
	report := func(message string, err error) {
		a.Log.LogAttrs(ctx, slog.LevelError, message, slog.Any("error", err))
	}
	keys := secrets.NewCache(a.StackKey, a.Secrets, parseStackKey, secrets.Options{
		TTL: stackKeyTTL, StaleFor: stackKeyStaleFor, Now: a.now, Random: a.chance().Below,
		Bridged: func(err error) { report("stack key not readable, using the one that was", err) },
	})
	if opening == later {
		return keys, nil
	}
	switch _, err := keys.Current(ctx); {
	case errors.Is(err, payout.ErrStackKey), errors.Is(err, secrets.ErrNotFound):
		return nil, fmt.Errorf("STACK_KEY_SECRET_ID: %w", err)
	case err != nil:
		report("stack key not readable", err)
	}
	return keys, nil
}

// A placeholder is no key: hashes under a text that everybody knows would hide nothing, and a key
// is never rotated (decision 0020).
func parseStackKey(document []byte) (payout.StackKey, error) {
	if secrets.IsPlaceholder(string(document)) {
		return payout.StackKey{}, payout.ErrStackKey
	}
	return payout.NewStackKey(string(document))
}
