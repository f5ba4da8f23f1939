package secrets

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

func (r rig) wantRefresh(t *testing.T, want bool) {
	t.Helper()
	if changed, err := r.Refresh(t.Context()); err != nil || changed != want {
		t.Fatalf("refresh: changed %v, %v; want %v", changed, err, want)
	}
}

func TestAfterARotationBothVerifyAndOneSigns(t *testing.T) {
	r := newRig(t, nil)
	r.wantVerifying(t, "one")
	r.store.Rotate("vexora", "two")
	r.wantVerifying(t, "one")
	r.wantRefresh(t, true)
	r.wantCurrent(t, "two")
	r.wantVerifying(t, "two", "one")
}

func TestThePreviousVersionVerifiesFor72Hours(t *testing.T) {
	r := newRig(t, nil)
	r.clock.pass(time.Hour)
	r.store.Rotate("vexora", "two")
	r.wantVerifying(t, "two", "one")
	r.clock.pass(72*time.Hour - time.Second)
	r.wantVerifying(t, "two", "one")
	r.clock.pass(time.Second)
	r.wantVerifying(t, "two")
}

func TestThePreviousVersionIsAskedForOnlyWhenItMatters(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.wantQuestions(t, 1, 0) // signing does not need it
	r.wantVerifying(t, "one")
	r.wantVerifying(t, "one")
	r.wantQuestions(t, 1, 1)
	r.clock.pass(5 * time.Minute)
	r.wantVerifying(t, "one")
	r.wantQuestions(t, 2, 1) // unchanged, so its predecessor is too
	r.clock.pass(72 * time.Hour)
	r.wantVerifying(t, "one")
	r.wantQuestions(t, 3, 1)
}

func TestTwoRotationsForgetTheFirstVersion(t *testing.T) {
	r := newRig(t, nil)
	r.store.Rotate("vexora", "two")
	r.wantVerifying(t, "two", "one")
	r.store.Rotate("vexora", "three")
	r.wantRefresh(t, true)
	r.wantVerifying(t, "three", "two")
}

func TestTroubleWithThePreviousVersionNeverHidesTheCurrent(t *testing.T) {
	t.Run("the store does not answer", func(t *testing.T) {
		r := newRig(t, nil)
		r.store.Rotate("vexora", "two")
		r.store.breakWith(nil, errDown)
		r.wantVerifying(t, "two")
		r.wantVerifying(t, "two")
		r.wantQuestions(t, 1, 1) // asked again only after the floor
		if len(*r.bridged) != 1 {
			t.Errorf("bridged: %v", *r.bridged)
		}
		r.store.breakWith(nil, nil)
		r.clock.pass(5 * time.Second)
		r.wantVerifying(t, "two", "one")
	})
	t.Run("it is the template's placeholder", func(t *testing.T) {
		r := newRig(t, nil)
		r.store.Rotate("vexora", `{"secret": "REPLACE_ME"}`)
		r.store.Rotate("vexora", "two")
		r.wantVerifying(t, "two")
		r.wantVerifying(t, "two")
		r.wantQuestions(t, 1, 1)
	})
	t.Run("the caller has no time left", func(t *testing.T) {
		r := newRig(t, nil)
		r.store.Rotate("vexora", "two")
		r.wantCurrent(t, "two")
		ctx, cancel := context.WithCancel(t.Context())
		r.store.beforePrevious = func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }
		if got, err := r.Verifying(ctx); err != nil || !slices.Equal(got, []string{"two"}) {
			t.Errorf("verifying with %q, %v", got, err)
		}
	})
	t.Run("the rotation came between the two questions", func(t *testing.T) {
		r := newRig(t, nil)
		r.wantCurrent(t, "one")
		r.store.Rotate("vexora", "two") // from now on the previous version is the one held
		r.wantVerifying(t, "one")
	})
}

func TestRefreshTellsWhetherTheDocumentChanged(t *testing.T) {
	r := newRig(t, nil)
	r.wantRefresh(t, true) // from nothing to something
	r.clock.pass(time.Minute)
	r.wantRefresh(t, false)
	r.clock.pass(time.Minute)
	r.store.Rotate("vexora", "one") // a new version of the same words
	r.wantRefresh(t, false)
	r.clock.pass(time.Minute)
	r.store.Rotate("vexora", "two")
	r.wantRefresh(t, true)
	r.wantQuestions(t, 4, 0)
}

func TestTheFirstFetchDoesNotCountForTheFloor(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.Rotate("vexora", "two")
	r.wantRefresh(t, true) // no time has passed since the start
	r.wantCurrent(t, "two")
}

func TestForgeriesAskTheStoreOncePerFloor(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	for range 100 {
		r.wantRefresh(t, false)
	}
	r.wantQuestions(t, 2, 0)
	r.clock.pass(5*time.Second - 1)
	r.wantRefresh(t, false)
	r.wantQuestions(t, 2, 0)
	r.clock.pass(1)
	r.store.Rotate("vexora", "two")
	r.wantRefresh(t, true)
	r.wantQuestions(t, 3, 0)
}

func TestWhoComesSecondLearnsOfTheChangeAsWell(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.Rotate("vexora", "two")
	r.wantRefresh(t, true)
	r.wantRefresh(t, true) // verified with "one" before, must try "two"
	r.wantQuestions(t, 2, 0)
}

func TestAFailedRefreshKeepsWhatIsHeld(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.breakWith(errDown, nil)
	for range 3 {
		if changed, err := r.Refresh(t.Context()); changed || !errors.Is(err, errDown) {
			t.Errorf("refresh: %v, %v", changed, err)
		}
	}
	r.wantQuestions(t, 2, 0)
	r.wantCurrent(t, "one")
}

func TestFiftyRefreshesAskOnce(t *testing.T) {
	r := newRig(t, nil)
	r.wantCurrent(t, "one")
	r.store.Rotate("vexora", "two")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if changed, err := r.Refresh(context.Background()); err != nil || !changed {
				t.Errorf("refresh: %v, %v", changed, err)
			}
			if got, err := r.Verifying(context.Background()); err != nil || got[0] != "two" {
				t.Errorf("verifying with %q, %v", got, err)
			}
		})
	}
	all.Wait()
	r.wantQuestions(t, 2, 1)
}

func TestASlowOldAnswerDoesNotUndoARotation(t *testing.T) {
	r := newRig(t, nil)
	asked, gate := make(chan struct{}), make(chan struct{})
	// The ordinary fetch reads "one" and is held up on its way back.
	old, err := r.store.StaticSource.Current(t.Context(), "vexora")
	if err != nil {
		t.Fatal(err)
	}
	slow := &answerLater{store: r.store, version: old, asked: asked, gate: gate}
	cache := NewCache("vexora", slow, readDocument, Options{Now: r.clock.Now})
	done := make(chan error, 1)
	go func() {
		_, err := cache.Current(context.Background())
		done <- err
	}()
	<-asked
	r.store.Rotate("vexora", "two")
	if changed, err := cache.Refresh(t.Context()); err != nil || !changed {
		t.Fatalf("refresh: %v, %v", changed, err)
	}
	close(gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := cache.Current(t.Context()); err != nil || got != "two" {
		t.Errorf("current is %q, %v", got, err)
	}
}

// answerLater gives its first answer, an old one, when the gate opens.
type answerLater struct {
	*store
	version     Version
	asked, gate chan struct{}
	once        sync.Once
}

func (a *answerLater) Current(ctx context.Context, name string) (Version, error) {
	first := false
	a.once.Do(func() { first = true })
	if !first {
		return a.store.Current(ctx, name)
	}
	close(a.asked)
	<-a.gate
	return a.version, nil
}
