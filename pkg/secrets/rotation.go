package secrets

import (
	"context"
	"time"
)

// forcedRefresh remembers the last forced refresh and what came of it.
type forcedRefresh struct {
	at      time.Time
	changed bool
	err     error
}

// Refresh asks the store whatever the age of what is held, and tells whether the
// document changed. Callers use it after a signature did not verify, and verify
// once more if it changed. Within the floor the last answer is given again: who
// comes second must learn of the change as well. The first fetch and those of the
// TTL do not count for the floor, or a rotation right after a start would be
// missed.
func (c *Cache[T]) Refresh(ctx context.Context) (changed bool, err error) {
	return await(ctx, c, "refresh", c.force)
}

func (c *Cache[T]) force(ctx context.Context) (bool, error) {
	before, last := c.lastRefresh()
	if !last.at.IsZero() && c.options.Now().Sub(last.at) < c.options.RefreshFloor {
		return last.changed, last.err
	}
	e, err := c.fetch(ctx)
	changed := err == nil && (before == nil || !before.version.Text.Equal(e.version.Text))

	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh = forcedRefresh{at: c.options.Now(), changed: changed, err: err}
	return changed, err
}

func (c *Cache[T]) lastRefresh() (*entry[T], forcedRefresh) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held, c.refresh
}

// previous is the version before the current one.
type previous[T any] struct {
	value   T
	usable  bool      // there is one, and it can be read
	settled bool      // the store has answered
	askAt   time.Time // when to ask again if it has not
}

// Verifying lists the versions that a signature may be checked with: the current
// one, then the one before it for a while after the rotation, unless
// [Options.OnlyCurrent] forbids it. Never sign with them. Trouble with the version before never hides the current one.
func (c *Cache[T]) Verifying(ctx context.Context) ([]T, error) {
	e, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	values := []T{e.value}
	rotatedUntil := e.version.CreatedAt.Add(c.options.PreviousFor)
	if !c.options.Now().Before(rotatedUntil) || c.options.OnlyCurrent != nil && c.options.OnlyCurrent(ctx) {
		return values, nil
	}
	p, known := c.knownPrevious(e)
	if !known {
		// Keyed by version: after a rotation nobody may be handed the predecessor of
		// a version that is no longer current.
		p, err = await(ctx, c, "previous of "+e.version.ID, func(ctx context.Context) (previous[T], error) {
			// A caller may have missed just before another one's errand ended.
			if p, known := c.knownPrevious(e); known {
				return p, nil
			}
			return c.fetchPrevious(ctx, e), nil
		})
	}
	if err == nil && p.usable {
		values = append(values, p.value)
	}
	return values, nil
}

// knownPrevious tells whether the store need not be asked now.
func (c *Cache[T]) knownPrevious(e *entry[T]) (previous[T], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e.previous, e.previous.settled || c.options.Now().Before(e.previous.askAt)
}

func (c *Cache[T]) fetchPrevious(ctx context.Context, e *entry[T]) previous[T] {
	p := previous[T]{}
	version, found, err := c.source.Previous(ctx, c.name)
	if err != nil {
		p.askAt = c.options.Now().Add(c.options.RefreshFloor)
		c.options.Bridged(err)
	} else {
		p.settled = true
	}
	if found && err == nil && version.ID != e.version.ID {
		// A version that cannot be read is no news: before the first real
		// credentials there was the template's placeholder.
		p.value, err = c.parse([]byte(version.Text.Reveal()))
		p.usable = err == nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e.previous = p
	return p
}
