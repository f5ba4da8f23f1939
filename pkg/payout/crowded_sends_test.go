package payout_test

import (
	"context"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// fullOfSettled fills the list of a payout with what went before the window.
func (w *world) fullOfSettled(like payout.Payout) {
	w.listMore(like, payout.MostUnsettled-w.listed(), w.clock.Now().Add(-time.Hour), func(q *payout.Payout) { q.Status = payout.Succeeded })
}

// What cannot go by itself since its recipient's list is full is unknown all the same: time passes.
func TestAnUnknownPayoutBesideAFullListCallsAPersonInTime(t *testing.T) {
	for _, full := range []bool{false, true} {
		w := newWorldWith(t, within(10*time.Minute, 24*time.Hour))
		settled := w.mustCreate(draftFor(Monetix))
		w.receive(w.claim(settled, payout.FoundSucceeded))
		w.clock.pass(time.Hour)
		w.monetix.answer, w.monetix.told = w.unclear, w.absent
		d := draftFor(Monetix)
		d.Reference = "P"
		p := w.mustCreate(d)
		if full {
			w.fullOfSettled(settled)
		}
		for range 80 {
			w.clock.pass(time.Minute)
			w.freed()
			w.sweep()
		}
		now := w.stored(p.ID)
		if _, called := now.Attention[payout.UnknownTooLong]; !called || w.monetix.asked > 40 {
			t.Errorf("full %t: %s, attention %v after asking %d times", full, now.Status, now.Attention, w.monetix.asked)
		}
	}
}

// What waits beside a list that filled meanwhile is shown all of it.
func TestAQueuedPayoutBesideAListThatFilledCallsAPerson(t *testing.T) {
	w := newWorldWith(t, within(10*time.Minute, 24*time.Hour))
	settled := w.another("S")
	w.receive(w.claim(settled, payout.FoundSucceeded))
	w.clock.pass(time.Hour)
	p := w.queuedUnsent("P")
	w.fullOfSettled(settled)
	w.vexora.answer = w.says(payout.FoundProcessing)
	sent := len(w.vexora.sent)
	for range 4 {
		w.clock.pass(3 * time.Minute)
		w.freed()
		w.sweep()
	}
	now := w.stored(p.ID)
	if now.WaitsFor() != payout.QueuedDuplicate || len(now.Similar) == 0 || len(w.vexora.sent) != sent {
		t.Errorf("%s waits for %q beside %d, sent %d times", now.Status, now.WaitsFor(), len(now.Similar), len(w.vexora.sent)-sent)
	}
}

// An order that is refused ends no hold: an attempt that was doubted may still pay.
func TestARefusedOrderLeavesTheDoubtInForce(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, 24*time.Hour))
	accepted := w.vexora.answer
	p := w.failedForCertain("R1")
	w.vexora.answer, w.vexora.told = accepted, w.unclear
	w.receive(w.claim(p, payout.FoundProcessing)) // the certainty is gone
	w.clock.pass(2 * time.Hour)
	w.sweepFor(5, 20*time.Minute)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	var met []payout.Payout
	w.store.finding = func() {
		met = w.listMore(w.stored(p.ID), 1, w.clock.Now(), func(q *payout.Payout) {
			q.Attempt, q.Failure, q.Status, q.History = payout.FirstAttempt, nil, payout.Processing, nil
		})
	}
	if _, err := w.operator.Resend(bg, w.order(p.ID, bopha, "")); err == nil || len(met) == 0 {
		t.Fatalf("not refused: %v", err)
	}
	other := w.store.Payouts[met[0].ID]
	other.Status, other.Heard, other.CompletedAt = payout.Failed, payout.Heard{"1.sent", "1.closed.1"}, w.clock.Now()
	w.store.Payouts[other.ID] = other
	w.sweepFor(3, 5*time.Minute)
	w.freed()
	sent := len(w.vexora.sent)
	if next := w.another("Z"); next.SimilarTo != p.ID || len(w.vexora.sent) != sent {
		t.Errorf("%s, similar to %q, sent %d times; the doubted one is %s and waits for %q", next.Status, next.SimilarTo, len(w.vexora.sent)-sent, w.stored(p.ID).Status, w.stored(p.ID).WaitsFor())
	}
}

// heldUp is the store of another process: one reading of a payout takes long, and something
// happens after it has taken entries of that payout off.
type heldUp struct {
	*memory
	id            payout.ID
	looks         int // how often it is read until one takes long
	read, release chan struct{}
	gap           func()
}

func (s *heldUp) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	p, err := s.memory.Get(ctx, id)
	if id == s.id {
		if s.looks--; s.looks == 0 {
			close(s.read)
			<-s.release
		}
	}
	return p, err
}

func (s *heldUp) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, off []payout.Unsettled) error {
	err := s.memory.ForgetUnsettled(ctx, key, off)
	for _, u := range off {
		if u.ID == s.id && u.Token != "" && s.gap != nil {
			s.gap()
			s.gap = nil
		}
	}
	return err
}

// beforeFence does something just before a payout is fenced.
type beforeFence struct {
	*memory
	id payout.ID
	do func()
}

func (s *beforeFence) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	if do := s.do; do != nil && step.ID == s.id && step.Then.Status == payout.Submitting {
		s.do = nil
		do()
	}
	return s.memory.Apply(ctx, step)
}

// P and X wait on a full list and are swept at one moment. X makes room by what it read of P before
// its fence; who is created meanwhile has to see that P is being sent.
func TestTheEntryOfAFenceUnderWayStays(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, 24*time.Hour))
	settled := w.another("S")
	w.receive(w.claim(settled, payout.FoundSucceeded))
	w.clock.pass(2 * time.Hour)
	w.over(payout.Floor{Held: held(Vexora)})
	p, x := w.another("P"), w.another("X")
	w.over(payout.Floor{})
	w.listMore(settled, payout.MostUnsettled-3, w.clock.Now().Add(-2*time.Hour), func(q *payout.Payout) { q.Status = payout.Succeeded })
	if p.ID.Shard() == x.ID.Shard() {
		t.Fatal("both are in one shard")
	}
	sweeper := func(store payout.Store, token string) *payout.Sweeper {
		s, err := payout.NewSweeper(payout.Ports{
			Store: store, Connectors: map[payout.Provider]payout.Connector{Vexora: w.vexora}, Signals: w.signals, Breaker: w.breaker, Keys: w,
			Now: w.clock.Now, NewToken: func() string { return token }, Pause: func(context.Context, time.Duration) {}, People: register, Notifier: w.notifier,
		}, payout.Policy{Namespace: "test", DuplicateWindow: time.Hour, QueuedMaxAge: 24 * time.Hour}, func(d time.Duration) time.Duration { return d })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	late, done := &heldUp{memory: w.store, id: p.ID, looks: 3, read: make(chan struct{}), release: make(chan struct{})}, make(chan struct{})
	late.gap = func() { w.another("Y") }
	ofX := sweeper(late, "of X")
	ofP := sweeper(&beforeFence{memory: w.store, id: p.ID, do: func() {
		go func() {
			defer close(done)
			_, _ = ofX.Sweep(bg, x.ID.Shard())
		}()
		select {
		case <-late.read:
		case <-done:
		}
	}}, "of P")
	w.clock.pass(3 * time.Minute)
	sent := len(w.vexora.sent)
	if _, err := ofP.Sweep(bg, p.ID.Shard()); err != nil {
		t.Fatal(err)
	}
	close(late.release)
	<-done
	if w.another("Z"); len(w.vexora.sent)-sent != 1 {
		t.Errorf("%d of one sum to one recipient went by themselves", len(w.vexora.sent)-sent)
	}
}
