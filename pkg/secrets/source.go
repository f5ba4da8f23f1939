package secrets

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that the secret does not exist, or has no version yet.
var ErrNotFound = errors.New("secrets: not found")

// Version is one version of a secret.
type Version struct {
	ID        string
	Text      Secret // the whole document as it is stored
	CreatedAt time.Time
}

// Source reads versions. Implementations return errors that hold no part of a
// secret, and wrap [ErrNotFound] for a secret that is not there.
type Source interface {
	// Current reads the version to sign with (AWSCURRENT).
	Current(ctx context.Context, name string) (Version, error)
	// Previous reads the version before it (AWSPREVIOUS). It is false, without an
	// error, when the secret was never rotated.
	Previous(ctx context.Context, name string) (Version, bool, error)
}
