package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A request that stores nothing leaves no entry: a replay, one whose reference is taken, one that is
// turned away. Otherwise its sender would fill the list, and hold others for a week.
func TestARequestThatStoresNothingLeavesNoEntry(t *testing.T) {
	requests := map[string]func(w *world){
		"replays": func(w *world) {
			if c, err := w.create(draft("R1")); err != nil || !c.Replayed {
				t.Fatal(c, err)
			}
		},
		"its reference is taken": func(w *world) {
			d := draft("R1")
			d.Beneficiary.FirstName = "Guess"
			if _, err := w.creator.Create(bg, d, insider); err == nil {
				t.Fatal("not refused")
			}
		},
		"turned away": func(w *world) {
			w.clock.pass(10 * time.Minute) // or it would wait beside the first
			w.turnedAway(fmt.Sprint("away-", w.clock.Now()))
		},
	}
	for name, request := range requests {
		w := newWorldWith(t, within(10*time.Minute, time.Hour))
		p := w.mustCreate(draft("R1"))
		for range 60 {
			w.clock.pass(time.Second)
			request(w)
		}
		if w.listed() != 1 || len(w.entriesOf(p.ID)) != 1 {
			t.Errorf("%s: %d entries, %d of the payout", name, w.listed(), len(w.entriesOf(p.ID)))
		}
	}
}

// A replay of the very moment of the payout's submission takes off its own entry, not that one.
func TestAReplayLeavesTheEntryOfASubmission(t *testing.T) {
	w := newWorldWith(t, withWindow)
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.another("P")
	w.over(payout.Floor{})
	w.clock.pass(5 * time.Minute)
	slow := &answersLate{memory: w.store, reached: make(chan struct{}), release: make(chan struct{})}
	again := w.creatorOver(slow)
	done := make(chan error)
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: func() { // between look and fence
		go func() { _, err := again.Create(bg, draft("P"), insider); done <- err }()
		<-slow.reached
	}}
	sent := len(w.vexora.sent)
	w.sweep()
	close(slow.release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Minute)
	if z := w.another("Z"); len(w.vexora.sent) != sent+1 || z.SimilarTo != p.ID {
		t.Errorf("%d sent; Z is %s, similar to %q", len(w.vexora.sent)-sent, z.Status, z.SimilarTo)
	}
}

// creatorOver is create in another process, with a window of an hour, that sees another store.
func (w *world) creatorOver(s payout.Store) *payout.Creator {
	w.t.Helper()
	c, err := payout.NewCreator(payout.Ports{
		Store: s, Connectors: map[payout.Provider]payout.Connector{Vexora: w.vexora}, Signals: w.signals, Breaker: w.breaker, Keys: w,
		Now: w.clock.Now, NewToken: func() string { return "of-another" }, Pause: func(context.Context, time.Duration) {}, People: register,
	}, payout.Policy{Namespace: "test", DuplicateWindow: time.Hour})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// answersLate is the store of a create that looked before the payout was made. It is told that its
// reference is taken only when it is let go.
type answersLate struct {
	*memory
	reached, release chan struct{}
}

func (s *answersLate) Get(context.Context, payout.ID) (payout.Payout, error) {
	return payout.Payout{}, payout.ErrNotFound
}

func (s *answersLate) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	err := s.memory.Insert(ctx, p, arrived)
	close(s.reached)
	<-s.release
	return err
}

// Of an id without a payout nobody can be shown anything. No order is beside it, and it leaves no
// trace; two minutes later it is known whether there is one.
func TestNoOrderIsBesideWhatIsNotThere(t *testing.T) {
	w := newWorldWith(t, withWindow)
	salary := w.queuedUnsent("salary")
	w.freed()
	w.clock.pass(5 * time.Minute)
	key := w.store.onlyKey(t)
	ghost := payout.Unsettled{Key: key, ID: payout.DeriveID("test", "ghost"), At: w.clock.Now(), Token: "ghost"}
	w.store.Lists[key] = append(w.store.Lists[key], ghost)
	before := w.stored(salary.ID)
	for range 3 {
		_, err := w.operator.Resend(bg, w.order(salary.ID, dara, ""))
		if now := w.stored(salary.ID); problemOf(err) != payout.OrderBusy || len(now.History) != len(before.History) || len(now.Similar) != 0 {
			t.Fatalf("%v; %d entries more, similar %v", err, len(now.History)-len(before.History), now.Similar)
		}
	}
	w.clock.pass(2 * time.Minute)
	if done := w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))); done.Payout.Status != payout.Processing {
		t.Errorf("two minutes later: %s", done.Payout.Status)
	}
}

// A list full of ids without a payout calls no person.
func TestAListOfWhatIsNotThereCallsNobody(t *testing.T) {
	w := newWorldWith(t, withWindow)
	w.must(w.operator.Cancel(bg, w.order(w.queuedUnsent("first").ID, dara, "")))
	w.freed()
	key := w.store.onlyKey(t)
	for n := range payout.MostUnsettled {
		id := payout.DeriveID("test", payout.Reference(fmt.Sprint("ghost-", n)))
		w.store.Lists[key] = append(w.store.Lists[key], payout.Unsettled{Key: key, ID: id, At: w.clock.Now(), Token: "ghost"})
	}
	salary := w.another("salary")
	if salary.WaitsFor() != payout.QueuedDuplicate || len(salary.Attention) > 0 || len(salary.Similar) > 0 {
		t.Fatalf("%s waits for %q, attention %v, similar %v", salary.Status, salary.WaitsFor(), salary.Attention, salary.Similar)
	}
	w.sweepFor(6, time.Minute)
	if now := w.stored(salary.ID); now.Status != payout.Processing {
		t.Errorf("six minutes later: %s", now.Status)
	}
}

// What waits may be on no list. Whoever's word moves it from the queue, it holds the same money.
func TestWhatAWordMovesFromTheQueueHolds(t *testing.T) {
	for _, finding := range []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded} {
		w := newWorldWith(t, within(24*time.Hour, time.Hour))
		w.over(payout.Floor{Held: held(Vexora)})
		p := w.another("P")
		w.store.listFault = errors.New("throttled")
		w.receive(w.claim(p, finding))
		w.vexora.told = w.says(payout.FoundSucceeded)
		w.sweepAnyway()
		w.store.listFault = nil
		w.sweepFor(30, 2*time.Minute)
		w.freed()
		if x := w.another("X"); x.Status != payout.Queued || x.SimilarTo != p.ID {
			t.Errorf("%s: P is %s; X is %s, similar to %q", finding, w.stored(p.ID).Status, x.Status, x.SimilarTo)
		}
	}
}

// A lost table may have sent what the backup has as waiting, as late as the restore. The window
// counts from there, whether the provider's word or the sweep comes first.
func TestTheWindowOfWhatALostTableSentCountsFromTheRestore(t *testing.T) {
	for _, wordFirst := range []bool{false, true} {
		before := newWorldWith(t, within(time.Hour, 24*time.Hour))
		before.over(payout.Floor{Held: held(Vexora)})
		p := before.another("P")
		restored := before.clock.Now().Add(3 * time.Hour)
		w := newWorldWith(t, func(p *payout.Policy) {
			p.DuplicateWindow, p.QueuedMaxAge = time.Hour, 24*time.Hour
			p.Remembered = func() time.Time { return restored }
		})
		w.store.Payouts, w.store.Lists = before.store.copy().Payouts, before.store.Lists
		w.store.released(restored)
		w.clock.pass(restored.Sub(w.clock.Now()) + time.Minute)
		w.vexora.told = w.says(payout.FoundSucceeded)
		if wordFirst {
			w.receive(w.claim(p, payout.FoundSucceeded))
		}
		w.sweepFor(5, time.Minute)
		if x := w.another("X"); x.Status != payout.Queued || x.SimilarTo != p.ID {
			t.Errorf("word first %t: P is %s; X is %s, similar to %q", wordFirst, w.stored(p.ID).Status, x.Status, x.SimilarTo)
		}
	}
}

// Whatever waits for people keeps its list: a full one too, and beside what it was held by.
func TestWhatWaitsForPeopleKeepsItsList(t *testing.T) {
	begin := map[string]func(w *world) (p, since payout.Payout){
		"beside a full list": func(w *world) (payout.Payout, payout.Payout) {
			s := w.another("S")
			w.receive(w.claim(s, payout.FoundSucceeded))
			w.clock.pass(10 * time.Minute)
			w.over(payout.Floor{Held: held(Vexora)})
			p := w.another("P")
			w.listMore(s, payout.MostUnsettled-1, w.clock.Now(), func(q *payout.Payout) { q.Status = payout.Succeeded })
			return p, s
		},
		"as a duplicate": func(w *world) (payout.Payout, payout.Payout) {
			a := w.another("A")
			w.clock.pass(time.Minute)
			p := w.another("P")
			w.receive(w.claim(a, payout.FoundSucceeded))
			w.clock.pass(2 * time.Hour)
			b := w.another("B")
			w.receive(w.claim(b, payout.FoundSucceeded))
			return p, b
		},
	}
	for name, do := range begin {
		w := newWorldWith(t, within(time.Hour, time.Hour))
		p, since := do(w)
		w.vexora.told = w.says(payout.FoundSucceeded)
		for range 9 * 24 {
			w.clock.pass(time.Hour)
			w.sweep()
			w.store.expire(w.clock.Now())
		}
		w.over(payout.Floor{})
		sent := len(w.vexora.sent)
		_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
		shown := false
		for _, s := range w.stored(p.ID).Similar {
			shown = shown || s.ID() == since.ID
		}
		if len(w.vexora.sent) > sent || problemOf(err) != payout.OrderNotPossible || !shown {
			t.Errorf("%s: %d sent, %v; shown what went since: %t", name, len(w.vexora.sent)-sent, err, shown)
		}
	}
}

// A failure that is not certain holds for thirty days, however long its list lives.
func TestAnUncertainFailureHoldsForThirtyDays(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, time.Hour))
	a := w.another("A")
	w.receive(w.doubtful(a))
	w.vexora.told = w.saysDoubtful
	for week := range 8 {
		for range 7 {
			w.clock.pass(24 * time.Hour)
			w.sweep()
			w.store.expire(w.clock.Now())
		}
		x := w.another(fmt.Sprint("week ", week+1))
		if holds := x.Status == payout.Queued; holds != (week < 4) {
			t.Errorf("week %d: %s, similar to %q", week+1, x.Status, x.SimilarTo)
		}
		if x.Status == payout.Queued {
			w.must(w.operator.Cancel(bg, w.order(x.ID, dara, "")))
		} else {
			w.receive(w.claim(x, payout.FoundSucceeded))
		}
	}
}

// An order that is refused puts a payout beside nobody.
func TestARefusedOrderIsBesideNobody(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, 24*time.Hour))
	accepted := w.vexora.answer
	p := w.queuedUnsent("P")
	w.vexora.answer, w.vexora.told = accepted, w.unclear
	w.freed()
	w.clock.pass(time.Minute)
	w.another("A")
	_, first := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	w.must(w.operator.Resend(bg, w.order(w.another("B").ID, dara, "")))
	_, second := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if now := w.stored(p.ID); first == nil || second == nil || now.Beside != 0 || len(now.Similar) != 2 {
		t.Errorf("%v, %v: beside %d of %v", first, second, now.Beside, now.Similar)
	}
	if done := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))); done.Payout.Status != payout.Processing || done.Payout.Beside != 2 {
		t.Errorf("%s, beside %d", done.Payout.Status, done.Payout.Beside)
	}
}

// Nothing is taken off that somebody is compared with who waits for longer than the list keeps
// what is settled.
func TestAnOrderTakesNothingOffThatHoldsItself(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, time.Hour))
	s := w.another("S")
	w.listMore(s, payout.MostUnsettled-1, w.clock.Now(), nil)
	w.clock.pass(30 * time.Minute)
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.another("P")
	w.over(payout.Floor{})
	w.clock.pass(9 * 24 * time.Hour)
	sent := len(w.vexora.sent)
	_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if now := w.stored(p.ID); len(w.vexora.sent) > sent || problemOf(err) != payout.OrderNotPossible || len(now.Similar) != payout.MostUnsettled {
		t.Errorf("%d sent, %v, %d shown", len(w.vexora.sent)-sent, err, len(now.Similar))
	}
}

// Beside a full list the entry of another request under the same reference is no place: that one
// takes it away when it loses the fence.
func TestAnotherRequestsEntryIsNoPlace(t *testing.T) {
	w := newWorldWith(t, withWindow)
	s := w.another("S")
	w.listMore(s, payout.MostUnsettled-2, w.clock.Now().Add(-2*time.Hour), holdsNobodyAndStays)
	w.clock.pass(2 * time.Hour)
	key := w.store.onlyKey(t)
	other := payout.Unsettled{Key: key, ID: payout.DeriveID("test", "R1"), At: w.clock.Now(), Token: "other"}
	w.store.Lists[key] = append(w.store.Lists[key], other)
	if p := w.another("R1"); p.Status != payout.Queued || len(w.vexora.sent) != 1 {
		t.Errorf("%s, %d sent", p.Status, len(w.vexora.sent))
	}
}

// What processes that died left of one payout does not fill a list: after two minutes the latest
// entry stands for all of them.
func TestWhatDiedLeavesOneEntry(t *testing.T) {
	w := newWorldWith(t, within(10*time.Minute, time.Hour))
	p := w.another("P")
	key := w.store.onlyKey(t)
	for n := range payout.MostUnsettled - 1 {
		left := payout.Unsettled{Key: key, ID: p.ID, At: w.clock.Now().Add(time.Duration(n) * time.Second), Token: "died"}
		w.store.Lists[key] = append(w.store.Lists[key], left)
	}
	w.clock.pass(11 * time.Minute)
	if next := w.another("next"); next.Status != payout.Processing || w.listed() != 2 || len(w.entriesOf(p.ID)) != 1 {
		t.Errorf("%s, %d entries, %d of P", next.Status, w.listed(), len(w.entriesOf(p.ID)))
	}
}

// An order that somebody else forestalled takes its entry off.
func TestAForestalledOrderLeavesNoEntry(t *testing.T) {
	w := newWorldWith(t, withWindow)
	accepted := w.vexora.answer
	p := w.queuedUnsent("P")
	w.vexora.answer = accepted
	w.clock.pass(5 * time.Minute)
	w.freed()
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: func() {
		w.clock.pass(time.Second)
		w.sweep()
		w.clock.pass(time.Second)
	}}
	_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if now := w.stored(p.ID); problemOf(err) != payout.OrderBusy || now.Status != payout.Processing || len(w.entriesOf(p.ID)) != 1 {
		t.Errorf("%v: %s, %d entries", err, now.Status, len(w.entriesOf(p.ID)))
	}
}

// Who is shown a payout that he knows is told that it was sent again.
func TestAnOrderIsToldThatATwinWasSentAgain(t *testing.T) {
	w := newWorldWith(t, withWindow)
	a := w.failedForCertain("A")
	w.vexora.answer, w.vexora.told = w.says(payout.FoundProcessing), w.unclear
	w.clock.pass(2 * time.Hour)
	w.freed()
	w.must(w.operator.Resend(bg, w.order(a.ID, dara, "")))
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.another("P")
	w.freed()
	_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if err == nil || !strings.Contains(err.Error(), string(a.ID)+" (submission 2.1)") {
		t.Error(err)
	}
}

// Each submission has an entry of its own, also if the clock of whoever makes it is behind: an
// order that sleeps after its fence takes off the entry of the one before, which must not be that
// of its own submission, as a sweep has noted it meanwhile.
func TestEachSubmissionHasItsOwnEntryUnderAnyClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Microsecond, 2 * time.Minute} {
		w := newWorldWith(t, withWindow)
		accepted := w.vexora.answer
		w.clock.pass(ahead)
		p := w.queuedUnsent("P")
		before := w.entriesOf(p.ID)
		w.vexora.answer = accepted
		w.clock.pass(-ahead)
		w.freed()
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		now := w.entriesOf(p.ID)
		if len(before) != 1 || len(now) != 1 || !now[0].At.After(before[0].At) {
			t.Errorf("created %s ahead: listed at %v, then at %v", ahead, before, now)
		}
	}
}

// A process whose clock is hours ahead made the payout, and another one sends it. Its answer is lost:
// it is asked about in minutes all the same.
func TestAClockFarAheadPutsNoQuestionOff(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 24 * time.Hour })
	w.clock.pass(6 * time.Hour)
	p := w.queuedUnsent("P")
	w.clock.pass(-6 * time.Hour)
	w.vexora.answer, w.vexora.told = w.unclear, w.says(payout.FoundSucceeded)
	w.freed()
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.sweepFor(5, time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Succeeded || w.vexora.asked == 0 {
		t.Errorf("%s, asked %d times", now.Status, w.vexora.asked)
	}
}
