package secrets

import (
	"context"
	"math/rand/v2"
	"time"
)

// Options are the times that a [Cache] lives by. A zero field means its default.
type Options struct {
	// TTL is how long a version is used without asking again: 5 minutes.
	TTL time.Duration
	// Jitter is the part of the TTL that is cut off at random, so that functions
	// started together do not ask together: a fifth of the TTL.
	Jitter time.Duration
	// RefreshFloor is the least time between two forced refreshes, and between two
	// attempts while the store does not answer: 5 seconds.
	RefreshFloor time.Duration
	// PreviousFor is how long after a rotation the version before it still
	// verifies: 72 hours. A callback that comes later and still bears the old key's
	// signature is turned away; the sweep then learns the result by asking.
	PreviousFor time.Duration
	// OnlyCurrent reports whether the version before the current one must not verify, for
	// instance because its key has leaked; nil means that it may.
	OnlyCurrent func(context.Context) bool
	// StaleFor is how long the last good version is used while the store does not
	// answer or answers nonsense: 24 hours.
	StaleFor time.Duration
	// FetchTimeout bounds one status query to the store, whoever waits for it: 3
	// seconds. A callback asks three at the worst (current, previous, refresh) and
	// should be answered within 10, as the Myanmar webhook page of Vexora asks.
	FetchTimeout time.Duration

	// Bridged hears of every error that was bridged with what was held, for the log
	// and the alarm; nothing else shows that the clock is running.
	Bridged func(error)
	// Now is the clock.
	Now func() time.Time
	// Random returns a number of 0 to n-1.
	Random func(n int64) int64
}

func (o Options) withDefaults() Options {
	orDefault(&o.TTL, 5*time.Minute)
	orDefault(&o.Jitter, o.TTL/5)
	orDefault(&o.RefreshFloor, 5*time.Second)
	orDefault(&o.PreviousFor, 72*time.Hour)
	orDefault(&o.StaleFor, 24*time.Hour)
	orDefault(&o.FetchTimeout, 3*time.Second)
	if o.Bridged == nil {
		o.Bridged = func(error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Int64N
	}
	return o
}

func orDefault(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
}

// lifetime is one draw of the jittered TTL.
func (o Options) lifetime() time.Duration {
	return o.TTL - time.Duration(o.Random(int64(min(o.Jitter, o.TTL-1))+1))
}
