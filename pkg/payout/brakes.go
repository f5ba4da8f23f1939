package payout

import (
	"sync"
	"time"
)

// Brakes stop submissions to a provider: by configuration (PAUSED_PROVIDERS,
// SUBMISSIONS=held), or for a while by themselves after a refusal about us, so
// that a rotated key or a closed firewall does not run through a whole payroll.
type Brakes struct {
	held map[Provider]bool

	mu    sync.Mutex
	until map[Provider]time.Time
}

// brakeFor is how long one refusal about us holds the next submissions of the
// same process. The sweep tries again after it.
const brakeFor = time.Minute

// NewBrakes returns brakes that hold the given providers for good.
func NewBrakes(held ...Provider) *Brakes {
	b := &Brakes{held: map[Provider]bool{}, until: map[Provider]time.Time{}}
	for _, p := range held {
		b.held[p] = true
	}
	return b
}

// Held reports whether submissions to the provider must wait.
func (b *Brakes) Held(p Provider, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[p] || now.Before(b.until[p])
}

// heed learns from a submission.
func (b *Brakes) heed(p Provider, f Finding, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case f == FoundAboutUs:
		b.until[p] = now.Add(brakeFor)
	case f.states():
		delete(b.until, p)
	}
}
