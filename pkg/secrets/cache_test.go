package secrets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// store is a source with a hand on every answer; it counts the status queries.
type store struct {
	*StaticSource
	mu             sync.Mutex
	asked          int
	askedPrevious  int
	fail           error
	failPrevious   error
	beforeAnswer   func(ctx context.Context) error // runs while a status query is open
	beforePrevious func(ctx context.Context) error
}

func (s *store) Current(ctx context.Context, name string) (Version, error) {
	s.mu.Lock()
	s.asked++
	fail, before := s.fail, s.beforeAnswer
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return Version{}, err
		}
	}
	if fail != nil {
		return Version{}, fail
	}
	return s.StaticSource.Current(ctx, name)
}

func (s *store) Previous(ctx context.Context, name string) (Version, bool, error) {
	s.mu.Lock()
	s.askedPrevious++
	fail, before := s.failPrevious, s.beforePrevious
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return Version{}, false, err
		}
	}
	if fail != nil {
		return Version{}, false, fail
	}
	return s.StaticSource.Previous(ctx, name)
}

func (s *store) questions() (current, previous int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.askedPrevious
}

func (s *store) breakWith(current, previous error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.failPrevious = current, previous
}

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a cache of one secret named "vexora" whose first document is "one". A
// document "broken" does not parse. Jitter is drawn as zero.
type rig struct {
	*Cache[string]
	store   *store
	clock   *clock
	bridged *[]error
}

var errDown = errors.New("the store does not answer")

func newRig(t *testing.T, change func(*Options)) rig {
	t.Helper()
	c := &clock{now: time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)}
	s := &store{StaticSource: NewStaticSource(map[string]string{"vexora": "one"}, c.Now)}
	var bridged []error
	o := Options{Now: c.Now, Random: func(int64) int64 { return 0 }, Bridged: func(err error) { bridged = append(bridged, err) }}
	if change != nil {
		change(&o)
	}
	return rig{NewCache("vexora", s, readDocument, o), s, c, &bridged}
}

func readDocument(document []byte) (string, error) {
	if string(document) == "broken" || IsPlaceholder(string(document)) {
		return "", errors.New("not a document")
	}
	return string(document), nil
}

func (r rig) wantCurrent(t *testing.T, want string) {
	t.Helper()
	if got, err := r.Current(t.Context()); err != nil || got != want {
		t.Fatalf("current is %q, %v; want %q", got, err, want)
	}
}

func (r rig) wantVerifying(t *testing.T, want ...string) {
	t.Helper()
	if got, err := r.Verifying(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Fatalf("verifying with %q, %v; want %q", got, err, want)
	}
}

func (r rig) wantQuestions(t *testing.T, current, previous int) {
	t.Helper()
	if c, p := r.store.questions(); c != current || p != previous {
		t.Fatalf("asked %d times for the current and %d for the previous version, want %d and %d", c, p, current, previous)
	}
}

func TestAVersionIsUsedUntilItsTimeIsOver(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.Rotate("vexora", "two")
	r.clock.pass(5*time.Minute - 1)
	r.wantCurrent(t, "one")
	r.wantQuestions(t, 1, 0)
	r.clock.pass(1)
	r.wantCurrent(t, "two")
	r.wantQuestions(t, 2, 0)
}

func TestJitterShortensTheTimeOnly(t *testing.T) {
	tests := []struct {
		name  string
		draw  int64 // of 0 to n-1, as a share of n in percent
		after time.Duration
	}{
		{"nothing drawn", 0, 5 * time.Minute},
		{"half drawn", 50, 4*time.Minute + 30*time.Second},
		{"all drawn", 100, 4 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(o *Options) {
				o.Random = func(n int64) int64 { return (n - 1) / 100 * tt.draw }
			})
			r.wantCurrent(t, "one")
			r.clock.pass(tt.after - time.Millisecond)
			r.wantCurrent(t, "one")
			r.wantQuestions(t, 1, 0)
			r.clock.pass(time.Millisecond)
			r.wantCurrent(t, "one")
			r.wantQuestions(t, 2, 0)
		})
	}
}

func TestJitterNeverEatsTheWholeTime(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.TTL, o.Jitter = time.Second, time.Hour
		o.Random = func(n int64) int64 { return n - 1 }
	})
	r.wantCurrent(t, "one")
	r.wantCurrent(t, "one")
	r.wantQuestions(t, 1, 0)
}

func TestDefaultsNeedNoOptions(t *testing.T) {
	source := NewStaticSource(map[string]string{"vexora": "one"}, nil)
	c := NewCache("vexora", source, readDocument, Options{})
	source.Rotate("vexora", "two")
	if got, err := c.Verifying(t.Context()); err != nil || !slices.Equal(got, []string{"two", "one"}) {
		t.Errorf("verifying with %q, %v", got, err)
	}
}

func TestWithoutAGoodVersionThereIsAnError(t *testing.T) {
	r := newRig(t, nil)
	r.store.breakWith(errDown, nil)
	if got, err := r.Current(t.Context()); !errors.Is(err, errDown) || got != "" || !strings.Contains(err.Error(), "vexora") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := r.Verifying(t.Context()); !errors.Is(err, errDown) || got != nil {
		t.Errorf("%q, %v", got, err)
	}
	r.wantQuestions(t, 1, 0) // nor is the store asked again at once
	r.store.breakWith(nil, nil)
	r.clock.now = r.clock.now.Add(5 * time.Second)
	r.wantCurrent(t, "one")
}

func TestAMissingSecretIsNamed(t *testing.T) {
	c := NewCache("monetix", NewStaticSource(nil, nil), readDocument, Options{})
	if _, err := c.Current(t.Context()); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "monetix") {
		t.Errorf("got %v", err)
	}
}

func TestTheLastGoodVersionBridgesAnOutage(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.breakWith(errDown, nil)
	r.clock.pass(5 * time.Minute)
	r.wantCurrent(t, "one")
	r.wantCurrent(t, "one")
	r.wantQuestions(t, 2, 0) // the floor spares a store in trouble
	if len(*r.bridged) != 1 || !errors.Is((*r.bridged)[0], errDown) {
		t.Errorf("bridged: %v", *r.bridged)
	}
	r.clock.pass(5 * time.Second)
	r.wantCurrent(t, "one")
	r.wantQuestions(t, 3, 0)

	r.store.Rotate("vexora", "two")
	r.store.breakWith(nil, nil)
	r.clock.pass(5 * time.Second)
	r.wantCurrent(t, "two")
}

func TestABridgeEndsAfterADay(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.breakWith(errDown, nil)
	r.clock.pass(24*time.Hour - time.Second)
	r.wantCurrent(t, "one")
	r.clock.pass(5 * time.Second)
	if _, err := r.Current(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("after a day: %v", err)
	}
}

func TestABrokenDocumentIsBridgedToo(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.Rotate("vexora", "broken")
	r.clock.pass(5 * time.Minute)
	r.wantCurrent(t, "one")
	if changed, err := r.Refresh(t.Context()); changed || err == nil {
		t.Errorf("refresh: %v, %v", changed, err)
	}
	r.wantCurrent(t, "one")
}

func TestFiftyCallersAskOnce(t *testing.T) {
	const callers = 50
	r := newRig(t, nil)
	gate := make(chan struct{})
	r.store.beforeAnswer = func(context.Context) error { <-gate; return nil }
	var started, done sync.WaitGroup
	errs := make(chan error, callers)
	for range callers {
		started.Add(1)
		done.Go(func() {
			started.Done()
			got, err := r.Current(context.Background())
			if err == nil && got != "one" {
				err = fmt.Errorf("got %q", got)
			}
			errs <- err
		})
	}
	started.Wait()
	close(gate)
	done.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	r.wantQuestions(t, 1, 0)
}

func TestACallerWhoGivesUpDoesNotFailTheOthers(t *testing.T) {
	r := newRig(t, nil)
	asked, gate := make(chan struct{}), make(chan struct{})
	r.store.beforeAnswer = func(ctx context.Context) error { close(asked); <-gate; return ctx.Err() }

	hasty, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := r.Current(hasty)
		gaveUp <- err
	}()
	<-asked
	patient := make(chan error, 1)
	go func() {
		got, err := r.Current(context.Background())
		if err == nil && got != "one" {
			err = fmt.Errorf("got %q", got)
		}
		patient <- err
	}()
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	close(gate)
	if err := <-patient; err != nil {
		t.Errorf("who waited got %v", err)
	}
}

func TestAQuestionHasItsOwnDeadline(t *testing.T) {
	r := newRig(t, func(o *Options) { o.FetchTimeout = 10 * time.Millisecond })
	r.store.beforeAnswer = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	if _, err := r.Current(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
