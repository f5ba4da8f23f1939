package secrets

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// StaticSource holds documents in memory, for the local run and for tests. It
// is safe for concurrent use.
type StaticSource struct {
	now func() time.Time

	mu       sync.Mutex
	versions map[string][]Version // oldest first
}

// NewStaticSource starts with one version of each document, created now. The
// clock may be nil for the real one.
func NewStaticSource(documents map[string]string, now func() time.Time) *StaticSource {
	if now == nil {
		now = time.Now
	}
	s := &StaticSource{now: now, versions: map[string][]Version{}}
	for name, document := range documents {
		s.Rotate(name, document)
	}
	return s
}

// Rotate makes a document current and what was current previous.
func (s *StaticSource) Rotate(name, document string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[name] = append(s.versions[name], Version{
		ID:        name + "#" + strconv.Itoa(len(s.versions[name])+1),
		Text:      New(document),
		CreatedAt: s.now(),
	})
}

// Current is the newest version.
func (s *StaticSource) Current(ctx context.Context, name string) (Version, error) {
	v, ok, err := s.back(ctx, name, 1)
	if err == nil && !ok {
		return Version{}, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return v, err
}

// Previous is the newest version but one.
func (s *StaticSource) Previous(ctx context.Context, name string) (Version, bool, error) {
	return s.back(ctx, name, 2)
}

// back counts from the newest version, which is 1.
func (s *StaticSource) back(ctx context.Context, name string, n int) (Version, bool, error) {
	if err := ctx.Err(); err != nil {
		return Version{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := s.versions[name]
	if len(versions) < n {
		return Version{}, false, nil
	}
	return versions[len(versions)-n], true, nil
}
