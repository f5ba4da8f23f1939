package secrets

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAStaticSourceRotates(t *testing.T) {
	now := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	s := NewStaticSource(map[string]string{"vexora": "one"}, func() time.Time { return now })
	if _, found, err := s.Previous(t.Context(), "vexora"); found || err != nil {
		t.Errorf("a secret that was never rotated has a previous version: %v", err)
	}
	now = now.Add(time.Hour)
	s.Rotate("vexora", "two")
	current, err := s.Current(t.Context(), "vexora")
	if err != nil || current.Text.Reveal() != "two" || !current.CreatedAt.Equal(now) {
		t.Errorf("current: %q of %s, %v", current.Text.Reveal(), current.CreatedAt, err)
	}
	previous, found, err := s.Previous(t.Context(), "vexora")
	if err != nil || !found || previous.Text.Reveal() != "one" || previous.ID == current.ID {
		t.Errorf("previous: %q, %v, %v", previous.Text.Reveal(), found, err)
	}
}

func TestAStaticSourceMissesLikeARealOne(t *testing.T) {
	s := NewStaticSource(nil, nil)
	if _, err := s.Current(t.Context(), "vexora"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an absent secret: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Current(ctx, "vexora"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled caller: %v", err)
	}
	s.Rotate("vexora", "one")
	if v, err := s.Current(t.Context(), "vexora"); err != nil || v.CreatedAt.IsZero() {
		t.Errorf("the real clock: %v, %v", v.CreatedAt, err)
	}
}
