package payout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// An order that is refused says that nothing was sent, and that it has to be given again. So nothing
// goes by itself afterwards, though the order had the payout fenced before it met another one.
func TestARefusedOrderIsNotCarriedOutLater(t *testing.T) {
	twin := func(w *world) { // sent at this moment, with its provider
		like := w.stored(w.store.Lists[w.store.onlyKey(t)][0].ID)
		w.listMore(like, 1, w.clock.Now(), nil)
	}
	besideAnUnknown := func(w *world) payout.ID {
		accepted := w.vexora.answer
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		w.another("X")
		w.vexora.answer = accepted
		w.clock.pass(time.Second)
		w.freed()
		return w.another("P").ID
	}
	failed := func(w *world) payout.ID {
		accepted := w.vexora.answer
		p := w.failedForCertain("R1")
		w.vexora.answer = accepted
		w.clock.pass(2 * time.Hour)
		return p.ID
	}
	byTwo := func(w *world) payout.ID {
		w.vexora.told = w.unclear
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		w.clock.pass(2 * time.Hour)
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		return p.ID
	}
	for name, road := range map[string]struct {
		begin func(w *world) payout.ID
		again int // orders that it takes then
	}{
		"beside what is unknown": {besideAnUnknown, 1},
		"a safe failure":         {failed, 1},
		"an order of two":        {byTwo, 2},
	} {
		w := newWorldWith(t, within(time.Hour, 24*time.Hour))
		id := road.begin(w)
		sent := len(w.vexora.sent)
		w.store.finding = func() { twin(w) }
		_, err := w.operator.Resend(bg, w.order(id, bopha, ""))
		for range 4 {
			w.freed()
			w.sweepFor(1, 3*time.Minute)
		}
		now := w.stored(id)
		if err == nil || len(w.vexora.sent) > sent || now.Beside != 0 || now.WaitsFor() != payout.QueuedDuplicate || now.SimilarTo == "" {
			t.Errorf("%s: %v; %d sent, %s waits for %q, beside %d", name, err, len(w.vexora.sent)-sent, now.Status, now.WaitsFor(), now.Beside)
		}
		for n, by := range []payout.Principal{dara, bopha}[:road.again] {
			w.freed()
			o, err := w.operator.Resend(bg, w.order(id, by, ""))
			if last := n+1 == road.again; err != nil || o.Awaiting == last || (len(w.vexora.sent) == sent+1) != last {
				t.Errorf("%s: order %d again: %v, awaiting %t, %d sent", name, n+1, err, o.Awaiting, len(w.vexora.sent)-sent)
			}
		}
	}
}

// Where nobody can be named, because the list cannot be read, the order is not refused: it stands,
// and the payout goes by itself as soon as nothing holds it.
func TestAnOrderStandsWhoseListCannotBeRead(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, 24*time.Hour))
	accepted := w.vexora.answer
	p := w.failedForCertain("R1")
	w.vexora.answer = accepted
	w.clock.pass(2 * time.Hour)
	sent := len(w.vexora.sent)
	w.store.finding = func() { w.store.findFault = errors.New("throttled") }
	o, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	w.store.findFault = nil
	if err != nil || o.Payout.Status != payout.Queued || len(w.vexora.sent) > sent {
		t.Errorf("%v: %s", err, o.Payout.Status)
	}
	w.vexora.told = w.says(payout.FoundProcessing)
	w.freed()
	w.sweepFor(2, 3*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Processing || len(w.vexora.sent) != sent+1 {
		t.Errorf("%s, %d sent", now.Status, len(w.vexora.sent)-sent)
	}
}

// A create that could not compare leaves no entry.
func TestACreateThatCouldNotCompareLeavesNoEntry(t *testing.T) {
	w := newWorldWith(t, withWindow)
	other := w.another("S")
	w.clock.pass(2 * time.Hour)
	_, err := w.creatorOver(hides{w.store, other.ID}).Create(bg, draft("R1"), insider)
	if err == nil || w.listed() != 1 {
		t.Errorf("%v: %d entries", err, w.listed())
	}
}

// hides is a store in which one payout cannot be read.
type hides struct {
	*memory
	id payout.ID
}

func (s hides) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	if id == s.id {
		return payout.Payout{}, errors.New("throttled")
	}
	return s.memory.Get(ctx, id)
}

// What a callback alone says to be back is not back before the provider's answer.
func TestAReturnThatOnlyACallbackTellsOfIsAskedAboutFirst(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.receive(w.claim(p, payout.FoundReturned))
	said := w.stored(p.ID).NextAction(payout.Returned)
	w.monetix.told = w.says(payout.FoundReturned)
	w.sweepFor(3, 5*time.Minute)
	now := w.stored(p.ID)
	if back := now.NextAction(payout.Returned); now.Return == nil || said == back || !isTold(now, cameBack) {
		t.Errorf("%s, first %q, then %q", now.Status, said, back)
	}
	doubted := now
	doubted.Attention = now.Attention.With(payout.Contradiction, w.clock.Now())
	if doubted.NextAction(payout.Returned) != said {
		t.Errorf("beside a contradiction: %q", doubted.NextAction(payout.Returned))
	}
}
