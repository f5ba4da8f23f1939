package secrets

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Cache holds one secret in its parsed form. However many callers miss at once,
// the store is asked once. It is safe for concurrent use.
type Cache[T any] struct {
	name    string
	source  Source
	parse   func([]byte) (T, error)
	options Options
	flight  singleflight.Group

	mu      sync.Mutex // guards all below, and the times and previous of held
	held    *entry[T]
	begun   uint64 // fetches so far
	refresh forcedRefresh
	// failed is why the last fetch brought nothing, with nothing held to bridge it, and spared until
	// when the store is not asked again. A callback URL is public also where its provider is not used
	// and its secret never filled: each post would else be a request to the store.
	failed error
	spared time.Time
}

// entry is one fetched version; value, version and fetch never change.
type entry[T any] struct {
	value    T
	version  Version
	fetch    uint64    // its number, in the order in which fetches began
	askAt    time.Time // when to ask the store again
	useUntil time.Time // when to stop using it even if the store stays silent
	previous previous[T]
}

// NewCache makes a cache that fetches on first use. The parse function must not
// put any part of the document into its errors; those of encoding/json quote it,
// so a parser that uses it has to say in its own words what is wrong.
func NewCache[T any](name string, source Source, parse func([]byte) (T, error), o Options) *Cache[T] {
	return &Cache[T]{name: name, source: source, parse: parse, options: o.withDefaults()}
}

// Current is the version to sign with.
func (c *Cache[T]) Current(ctx context.Context) (T, error) {
	e, err := c.current(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return e.value, nil
}

func (c *Cache[T]) current(ctx context.Context) (*entry[T], error) {
	if e, err := c.fresh(); e != nil || err != nil {
		return e, err
	}
	return await(ctx, c, "current", c.renew)
}

// fresh is what is held if the store need not be asked, or why it was of no use a moment ago, or
// nothing.
func (c *Cache[T]) fresh() (*entry[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch now := c.options.Now(); {
	case c.held != nil && now.Before(c.held.askAt):
		return c.held, nil
	case c.failed != nil && c.spared.Sub(now) > 0 && c.spared.Sub(now) <= c.options.RefreshFloor: // a clock can go back
		return nil, c.failed
	}
	return nil, nil
}

// renew fetches, or bridges a failure with what is held.
func (c *Cache[T]) renew(ctx context.Context) (*entry[T], error) {
	// A caller may have missed just before another one's fetch ended.
	if e, err := c.fresh(); e != nil || err != nil {
		return e, err
	}
	e, err := c.fetch(ctx)
	if err != nil {
		return c.bridge(err)
	}
	return e, nil
}

// fetch asks the store and keeps the answer, unless a fetch that began later has
// been faster: an old answer must not push a rotation's new key out again.
func (c *Cache[T]) fetch(ctx context.Context) (*entry[T], error) {
	number := c.begin()
	version, err := c.source.Current(ctx, c.name)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", c.name, err)
	}
	value, err := c.parse([]byte(version.Text.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", c.name, err)
	}
	now := c.options.Now()
	e := &entry[T]{value: value, version: version, fetch: number}
	e.askAt, e.useUntil = now.Add(c.options.lifetime()), now.Add(c.options.StaleFor)
	return c.keep(e), nil
}

func (c *Cache[T]) begin() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun++
	return c.begun
}

func (c *Cache[T]) keep(e *entry[T]) *entry[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil && c.held.fetch > e.fetch {
		return c.held
	}
	// The version before moves only when the current one does.
	if c.held != nil && c.held.version.ID == e.version.ID {
		e.previous = c.held.previous
	}
	c.held, c.failed = e, nil
	return e
}

// bridge keeps the last good version in use for a while, or the failure where there is none, and
// spares the store until the floor has passed.
func (c *Cache[T]) bridge(cause error) (*entry[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.options.Now()
	if c.held == nil || !now.Before(c.held.useUntil) {
		c.failed, c.spared = cause, now.Add(c.options.RefreshFloor)
		return nil, cause
	}
	c.held.askAt = now.Add(c.options.RefreshFloor)
	c.options.Bridged(cause)
	return c.held, nil
}

// await runs one errand for all who wait for it under the same key. The errand
// does not inherit a caller's deadline: one who gives up must not fail the others.
func await[T, R any](ctx context.Context, c *Cache[T], key string, errand func(context.Context) (R, error)) (R, error) {
	var none R
	results := c.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.FetchTimeout)
		defer cancel()
		return errand(ctx)
	})
	select {
	case <-ctx.Done():
		return none, fmt.Errorf("secret %s: %w", c.name, context.Cause(ctx))
	case r := <-results:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(R), nil
	}
}
