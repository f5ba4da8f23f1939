package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// perHour is the limit of these tests: 1,000 riel an hour to Vexora.
const perHour = 1000

// counter is one process that counts what was submitted.
func (w *world) counter() *payout.Outflow {
	w.t.Helper()
	tokens := 0
	o, err := payout.NewOutflow(payout.OutflowPorts{
		Desk: w.store, Signals: w.signals, Now: w.clock.Now, Pause: func(context.Context, time.Duration) {},
		NewToken: func() string { tokens++; return fmt.Sprintf("count-%p-%d", &tokens, tokens) },
	}, payout.OutflowLimits{Vexora: {money.KHR: amount(w.t, fmt.Sprint(perHour), money.KHR)}})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// submitted is so many riel to Vexora.
func submitted(t *testing.T, riel int) payout.OutflowSums {
	t.Helper()
	sums := payout.OutflowSums{}
	sums.Add(Vexora, amount(t, fmt.Sprint(riel), money.KHR))
	return sums
}

// submits has a process count, and reports whether it held the provider.
func (w *world) submits(o *payout.Outflow, riel int) bool {
	w.t.Helper()
	held, err := o.Count(bg, submitted(w.t, riel))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(held) > 0
}

func (w *world) vexoraHeld() bool {
	return w.store.SharedState.Controls.Submissions["vexora"] == payout.GateHeld
}

func TestMoreThanTheLimitOfAnHourHoldsTheProvider(t *testing.T) {
	w := newWorld(t)
	o := w.counter()
	if w.submits(o, perHour-1) || w.submits(o, 1) || w.vexoraHeld() {
		t.Fatal("held at the limit, and not above it")
	}
	w.clock.pass(20 * time.Minute)
	held, err := o.Count(bg, submitted(t, 1))
	if err != nil || len(held) != 1 || held[0].Provider != Vexora || held[0].Currency != money.KHR {
		t.Fatalf("above the limit: %+v, %v", held, err)
	}
	e := w.store.Changes[0]
	says := "KHR 1001.00 were submitted to vexora in the hour to 2026-05-16 08:30 UTC, more than the limit of 1000.00"
	if e.By != payout.OutflowBrake || e.Person != "" || e.Second != "" || e.Reason != says || e.Token == "" || e.Version != 1 || e.Before.Version != 0 {
		t.Errorf("the entry is %+v", e)
	}
	if !w.vexoraHeld() || len(w.store.SharedState.Controls.Submissions) != 1 {
		t.Errorf("in force is %v", w.store.SharedState.Controls.Submissions)
	}
	if len(w.signals.raised) != 1 || w.signals.raised[0] != payout.SignalOutflowHeld {
		t.Errorf("raised %v", w.signals.raised)
	}
	if p := w.mustCreate(draft("after")); p.Status != payout.Queued || p.QueuedReason != payout.QueuedHeld || len(w.vexora.sent) != 0 {
		t.Errorf("after it %s %s, %d were sent", p.Status, p.QueuedReason, len(w.vexora.sent))
	}
	if p := w.mustCreate(draftFor(Monetix)); p.Status != payout.Processing {
		t.Errorf("the other provider is %s", p.Status)
	}
}

func TestWhatHasNoLimitIsNeverHeld(t *testing.T) {
	w := newWorld(t)
	sums := payout.OutflowSums{}
	sums.Add(Vexora, amount(t, "9999", money.USD))
	sums.Add(Monetix, amount(t, "99999999", money.KHR))
	if held, err := w.counter().Count(bg, sums); err != nil || len(held) > 0 || w.store.writes > 0 {
		t.Errorf("%v, %v, %d writes", held, err, w.store.writes)
	}
}

func TestAnHourLeavesTheCountWhenItIsOver(t *testing.T) {
	w := newWorld(t)
	o := w.counter()
	w.submits(o, perHour)
	w.clock.pass(59 * time.Minute)
	if !newCopy(w, o, 1) {
		t.Error("what is 59 minutes old does not count")
	}
	w.clock.pass(6*time.Minute + time.Second) // the bucket that straddles the hour counts, too
	if newCopy(w, o, perHour) {
		t.Error("what is 65 minutes old counts")
	}
}

// newCopy counts in a copy of the counts, so that the test can go on without them.
func newCopy(w *world, o *payout.Outflow, riel int) bool {
	w.t.Helper()
	kept := map[payout.OutflowBucket]int64{}
	for b, minor := range w.store.Outflow {
		kept[b] = minor
	}
	held := w.submits(o, riel)
	w.store.Outflow, w.store.Changes, w.store.SharedState.Controls = kept, nil, payout.Controls{}
	return held
}

func TestAProviderThatIsHeldAlreadyGetsNoSecondEntry(t *testing.T) {
	for name, hold := range map[string]payout.ControlChange{
		"the provider": {Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateHeld}}, "everything": holdAll,
	} {
		w := newWorld(t)
		w.pull(dara, hold)
		o := w.counter()
		first := w.submits(o, 5*perHour)
		if second := w.submits(o, 5*perHour); first || second || len(w.store.Changes) != 1 {
			t.Errorf("%s was held, and has %d entries", name, len(w.store.Changes))
		}
	}
}

// What came before a release does not count any more; what comes after it does at once, in the
// same five minutes as well.
func TestAReleaseByTwoBeginsAFreshHour(t *testing.T) {
	w := newWorld(t)
	o := w.counter()
	if !w.submits(o, 2*perHour) {
		t.Fatal("not held")
	}
	release := payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateOpen}}
	w.pull(dara, release)
	if !w.vexoraHeld() {
		t.Fatal("one person released it")
	}
	w.pull(bopha, release)
	if w.vexoraHeld() {
		t.Fatal("two people did not release it")
	}
	w.pull(dara, payout.ControlChange{Callbacks: payout.AskFirst}) // opens nothing
	if w.submits(o, perHour) {
		t.Error("what was before the release counts")
	}
	if !w.submits(o, 1) || !w.vexoraHeld() {
		t.Error("what came after the release does not count")
	}
}

// A release of another provider is none of this one.
func TestAReleaseOfAnotherProviderForgetsNothing(t *testing.T) {
	w := newWorld(t)
	o := w.counter()
	w.submits(o, perHour)
	for _, change := range []payout.ControlChange{
		{Submissions: map[payout.Scope]payout.Gate{"monetix": payout.GateHeld}}, {Submissions: map[payout.Scope]payout.Gate{"monetix": payout.GateOpen}},
	} {
		w.pull(dara, change)
		w.pull(bopha, change)
	}
	if !w.submits(o, 1) {
		t.Error("the count began anew")
	}
}

// The stream gives records again and late. Both count, which is the cautious side.
func TestLateAndRepeatedRecordsCountTooMuchAndNeverTooLittle(t *testing.T) {
	w := newWorld(t)
	o := w.counter()
	if w.submits(o, perHour*6/10) || !w.submits(o, perHour*6/10) {
		t.Error("a record that comes again does not count again")
	}
	w = newWorld(t)
	o = w.counter()
	w.submits(o, perHour)
	w.clock.pass(-4 * time.Minute) // of another process
	if !w.submits(o, 1) {
		t.Error("a clock that is behind does not count with the others")
	}
}

func TestOfTwoProcessesThatHoldAtOnceOneMakesTheEntry(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	held := 0
	for range 8 {
		o := w.counter()
		wait.Go(func() {
			entries, err := o.Count(bg, submitted(t, perHour))
			mu.Lock()
			defer mu.Unlock()
			if held += len(entries); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if held != 1 || len(w.store.Changes) != 1 || !w.vexoraHeld() {
		t.Errorf("%d held it, with %d entries", held, len(w.store.Changes))
	}
}

// Somebody else changes the controls between the look and the entry.
func TestWhoseControlsMovedLooksAgain(t *testing.T) {
	for name, other := range map[string]payout.ControlChange{
		"not about submissions": askFirst, "which holds everything": holdAll,
	} {
		w := newWorld(t)
		w.store.fault = func(write int) fault {
			if write == 2 { // the entry
				w.store.fault = func(int) fault { return none }
				w.store.Changes = append(w.store.Changes, payout.ControlEntry{Version: 1, Token: "other", After: payout.Controls{
					Version: 1, Submissions: other.Submissions, Callbacks: other.Callbacks,
				}})
				w.store.SharedState.Controls = w.store.Changes[0].After
			}
			return none
		}
		held := w.submits(w.counter(), 2*perHour)
		if want := other.Submissions == nil; held != want || w.vexoraHeld() != want {
			t.Errorf("a change %s: held %t, in force %+v", name, held, w.store.SharedState.Controls)
		}
	}
}

func TestADeskThatFailsIsTriedAgainAndSignalled(t *testing.T) {
	for _, lost := range []fault{lostBefore, lostAfter} {
		w := newWorld(t)
		w.store.fault = func(write int) fault {
			if write%2 == 1 { // the first try of each write
				return lost
			}
			return none
		}
		if !w.submits(w.counter(), 2*perHour) || len(w.store.Changes) != 1 {
			t.Errorf("fault %v: %d entries", lost, len(w.store.Changes))
		}
	}
	w := newWorld(t)
	w.store.fault = func(int) fault { return lostBefore }
	held, err := w.counter().Count(bg, submitted(t, 2*perHour))
	if !errors.Is(err, payout.ErrUnclear) || len(held) > 0 || !strings.Contains(err.Error(), "vexora") {
		t.Errorf("%v, %v", held, err)
	}
	if len(w.signals.raised) != 1 || w.signals.raised[0] != payout.SignalOutflowUncounted {
		t.Errorf("raised %v", w.signals.raised)
	}
	w.store.fault = func(int) fault { return none }
	if !w.submits(w.counter(), 2*perHour) {
		t.Error("the next count does not hold")
	}
}

func TestAnOutflowBrakeWithoutALimitOrAPortIsRefused(t *testing.T) {
	w := newWorld(t)
	ports := payout.OutflowPorts{Desk: w.store, Signals: w.signals, Now: w.clock.Now, NewToken: func() string { return "" }, Pause: func(context.Context, time.Duration) {}}
	for name, limits := range map[string]payout.OutflowLimits{
		"none":             {Vexora: {money.KHR: {}}},
		"another currency": {Vexora: {money.KHR: amount(t, "1", money.USD)}},
	} {
		if _, err := payout.NewOutflow(ports, limits); err == nil {
			t.Errorf("%s is a limit", name)
		}
	}
	ports.Desk = nil
	if _, err := payout.NewOutflow(ports, nil); err == nil {
		t.Error("a limit without a coordination port")
	}
}
