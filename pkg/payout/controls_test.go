package payout_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

var (
	holdAll    = payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld}}
	releaseAll = payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateOpen}}
	askFirst   = payout.ControlChange{Callbacks: payout.AskFirst}
)

// pull gives an order about the controls, having seen them.
func (w *world) pull(by payout.Principal, change payout.ControlChange) payout.ControlsSet {
	w.t.Helper()
	set, err := w.tryPull(by, change, true)
	if err != nil {
		w.t.Fatal(err)
	}
	return set
}

func (w *world) tryPull(by payout.Principal, change payout.ControlChange, look bool) (payout.ControlsSet, error) {
	order := payout.ControlOrder{By: by, Identities: []payout.Principal{by}, Reason: "money leaks", Change: change}
	if look {
		seen := w.store.SharedState.Controls.Version
		order.Seen = &seen
	}
	return w.operator.SetControls(bg, order)
}

// elsewhere has the order stored without this process hearing of it at once.
func (w *world) elsewhere(change payout.ControlChange) {
	w.t.Helper()
	operator, err := payout.NewOperator(payout.Ports{
		Store: w.store, Connectors: w.connectors, Signals: w.signals, Breaker: payout.NewBreaker(w.store, payout.Floor{Caps: most(w.t)}), Keys: w, Now: w.clock.Now,
		NewToken: func() string { return "elsewhere" }, Pause: func(context.Context, time.Duration) {}, People: register,
	}, payout.Policy{})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := operator.SetControls(bg, payout.ControlOrder{By: "arn:aws:iam::1:role/anyone", Reason: "money leaks", Change: change}); err != nil {
		w.t.Fatal(err)
	}
}

func TestAHoldIsInForceInEveryProcessWithinTenSeconds(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(draft("before"))
	w.elsewhere(holdAll)
	w.clock.pass(5 * time.Second)
	p := w.mustCreate(draft("after"))
	if p.Status != payout.Queued || p.QueuedReason != payout.QueuedHeld || len(w.vexora.sent) != 1 {
		t.Errorf("%s %s, %d were sent", p.Status, p.QueuedReason, len(w.vexora.sent))
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); problemOf(err) != payout.OrderPaused || len(w.vexora.sent) != 1 {
		t.Errorf("a resend: %v, %d were sent", err, len(w.vexora.sent))
	}
	w.pull(dara, releaseAll)
	w.pull(bopha, releaseAll)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if p = w.stored(p.ID); p.Status != payout.Processing || len(w.vexora.sent) != 2 {
		t.Errorf("released: %s, %d were sent", p.Status, len(w.vexora.sent))
	}
}

// The controls are looked at once more if the fence itself took long: a process may sleep in
// the middle of it.
func TestAHoldDuringASlowFenceStopsTheSubmission(t *testing.T) {
	for _, d := range []payout.Draft{draft("new"), draftFor(Monetix)} {
		w := newWorld(t)
		w.store.fault = func(int) fault {
			w.store.fault = func(int) fault { return none }
			w.clock.pass(12 * time.Second)
			w.store.SharedState.Controls = payout.Controls{Version: 1, Submissions: holdAll.Submissions}
			return none
		}
		p := w.mustCreate(d)
		if len(w.vexora.sent)+len(w.monetix.sent) != 0 || p.Status != payout.Queued || p.Sent != 0 {
			t.Errorf("%s, sent %d times", p.Status, p.Sent)
		}
	}
}

func TestOnePersonTightensAndTwoLoosen(t *testing.T) {
	w := newWorld(t)
	if set, err := w.tryPull("arn:aws:iam::1:role/anyone", holdAll, false); err != nil || set.Awaiting || set.Controls.Version != 1 {
		t.Fatalf("a stranger to the register could not hold: %+v %v", set, err)
	}
	if again := w.pull(dara, holdAll); again.Controls.Version != 1 {
		t.Errorf("what is so already became version %d", again.Controls.Version)
	}
	if _, err := w.tryPull("arn:aws:iam::1:role/anyone", releaseAll, true); problemOf(err) != payout.OrderPeopleNotRegistered {
		t.Errorf("released by a stranger to the register: %v", err)
	}
	if _, err := w.tryPull(dara, releaseAll, false); problemOf(err) != payout.OrderUnreadable {
		t.Errorf("released without a version: %v", err)
	}
	for _, by := range []payout.Principal{dara, dara, darasToken} {
		if set := w.pull(by, releaseAll); !set.Awaiting {
			t.Fatalf("%s released alone", by)
		}
	}
	w.pull(sokha, askFirst) // which nobody means to release
	if set := w.pull(bopha, releaseAll); set.Awaiting || set.Controls.Version != 3 || set.Controls.Callbacks != payout.AskFirst {
		t.Errorf("two have ordered it: %+v", set)
	}
	newest := w.store.Changes[2]
	if newest.Person != "Bopha" || newest.Second != "Dara" || newest.Before.Submissions[payout.Everything] != payout.GateHeld || newest.Reason != "money leaks" {
		t.Errorf("kept as %+v", newest)
	}
}

func TestAReleaseWaitsADayForItsSecondPerson(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, holdAll)
	w.pull(dara, releaseAll)
	w.clock.pass(24*time.Hour + time.Second)
	if set := w.pull(bopha, releaseAll); !set.Awaiting {
		t.Error("released on yesterday's order")
	}
}

// A person's order, given before two released, is written only when he has ordered the next release:
// it does not take the place of that, which is still his word.
func TestAnOrderThatComesLateTakesNoLaterOnesPlace(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, holdAll)
	slept := false
	w.store.fault = func(int) fault {
		if slept {
			return none
		}
		slept = true
		w.store.mu.Unlock()
		defer w.store.mu.Lock()
		w.pull(dara, releaseAll)
		w.pull(bopha, releaseAll)
		w.pull(bopha, holdAll)
		w.pull(dara, releaseAll)
		return none
	}
	if set, err := w.tryPull(dara, releaseAll, true); problemOf(err) != payout.OrderOutdated {
		t.Errorf("the order of before: %+v, %v", set, err)
	}
	if set := w.pull(bopha, releaseAll); set.Awaiting || len(set.Controls.Submissions) > 0 && set.Controls.Submissions[payout.Everything] == payout.GateHeld {
		t.Errorf("two ordered the same, and it waits: %+v", set)
	}
}

func TestControlsThatMovedOnAreNotOverwritten(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, holdAll)
	seen := 0
	_, err := w.operator.SetControls(bg, payout.ControlOrder{By: dara, Reason: "as of before", Seen: &seen, Change: askFirst})
	if problemOf(err) != payout.OrderOutdated {
		t.Errorf("%v", err)
	}
	both := payout.ControlChange{Submissions: releaseAll.Submissions, Callbacks: payout.AskFirst}
	if _, err := w.tryPull(dara, both, true); problemOf(err) != payout.OrderNotPossible {
		t.Errorf("a brake that waits for a second person: %v", err)
	}
}

func TestAChangeWhoseAnswerIsLostCountsOnce(t *testing.T) {
	w := newWorld(t)
	w.store.fault = func(write int) fault {
		if write == 1 {
			return lostAfter
		}
		return none
	}
	if set := w.pull(dara, holdAll); set.Controls.Version != 1 || len(w.store.Changes) != 1 {
		t.Errorf("version %d, %d changes", set.Controls.Version, len(w.store.Changes))
	}
	w.store.fault = func(int) fault { return lostBefore }
	if _, err := w.tryPull(dara, askFirst, false); problemOf(err) != payout.OrderUnavailable {
		t.Errorf("not stored, and said: %v", err)
	}
}

func TestWhoCannotReadTheControlsHolds(t *testing.T) {
	w := newWorld(t)
	breaker := payout.NewBreaker(noShared{w.store}, payout.Floor{Caps: most(t)})
	p := payout.Payout{Provider: Vexora, Amount: amount(t, "1", money.KHR)}
	if why := breaker.Ordered(bg, p, w.clock.Now()); why != payout.QueuedHeld {
		t.Errorf("never read: %q", why)
	}
	silent := &sometimes{memory: w.store}
	breaker = payout.NewBreaker(silent, payout.Floor{Caps: most(t)})
	if why := breaker.Ordered(bg, p, w.clock.Now()); why != "" {
		t.Fatalf("read: %q", why)
	}
	silent.failing = true
	for _, step := range []struct {
		after time.Duration
		want  payout.QueuedReason
	}{{29 * time.Second, ""}, {2 * time.Second, payout.QueuedHeld}, {-40 * time.Second, ""}, {-30 * time.Second, payout.QueuedHeld}} {
		w.clock.pass(step.after)
		if why := breaker.Ordered(bg, p, w.clock.Now()); why != step.want {
			t.Errorf("%s later: %q", step.after, why)
		}
		if b := breaker.Belief(bg, w.clock.Now()); (b == payout.AskFirst) != (step.want != "") {
			t.Errorf("%s later callbacks: %s", step.after, b)
		}
	}
}

// slow is a store whose first shared state comes when it is let go, as it was when it was asked for.
type slow struct {
	*memory
	asked, comes chan struct{}
	second       atomic.Bool
}

func newSlow(m *memory) *slow {
	return &slow{memory: m, asked: make(chan struct{}), comes: make(chan struct{})}
}

func (s *slow) Shared(ctx context.Context) (payout.Shared, error) {
	shared, err := s.memory.Shared(ctx)
	if !s.second.Swap(true) {
		close(s.asked)
		<-s.comes
	}
	return shared, err
}

// looking begins the slow reading; what it returns lets the answer come.
func (s *slow) looking(b *payout.Breaker, now time.Time) func() {
	done := make(chan struct{})
	go func() {
		b.Refresh(bg, now)
		close(done)
	}()
	<-s.asked
	return func() {
		close(s.comes)
		<-done
	}
}

// Two workers of a sweep read the shared state, and the answer to the first is the later one.
func TestAnOlderReadingThatComesLaterPutsNothingBack(t *testing.T) {
	for name, later := range map[string]func(w *world, b *payout.Breaker, p payout.Payout){
		"another reading": func(w *world, b *payout.Breaker, p payout.Payout) {
			w.elsewhere(holdAll)
			w.clock.pass(5 * time.Second)
			if why := b.Ordered(bg, p, w.clock.Now()); why != payout.QueuedHeld {
				t.Fatalf("the hold is not seen: %q", why)
			}
		},
		"a reading of a clock that went back": func(w *world, b *payout.Breaker, p payout.Payout) {
			w.elsewhere(holdAll)
			w.clock.pass(-time.Minute)
			if why := b.Ordered(bg, p, w.clock.Now()); why != payout.QueuedHeld {
				t.Fatalf("the hold is not seen: %q", why)
			}
		},
		"an order of this process": func(w *world, _ *payout.Breaker, _ payout.Payout) { w.pull(dara, holdAll) },
	} {
		w := newWorld(t)
		port := newSlow(w.store)
		*w.breaker = *payout.NewBreaker(port, payout.Floor{Caps: most(t)})
		p := payout.Payout{Provider: Vexora, Amount: amount(t, "100", money.KHR)}
		comes := port.looking(w.breaker, w.clock.Now())
		later(w, w.breaker, p)
		comes()
		for _, after := range []time.Duration{0, 4900 * time.Millisecond} {
			if why := w.breaker.Ordered(bg, p, w.clock.Now().Add(after)); why != payout.QueuedHeld {
				t.Errorf("%s, %s later: the hold was known, and is forgotten: %q", name, after, why)
			}
		}
	}
}

// Nobody has read anything yet, and the first reading is slow: others read for themselves.
func TestWhileTheFirstReadingIsUnderWayOthersRead(t *testing.T) {
	w := newWorld(t)
	port := newSlow(w.store)
	b := payout.NewBreaker(port, payout.Floor{Caps: most(t)})
	comes := port.looking(b, w.clock.Now())
	defer comes()
	p := payout.Payout{Provider: Vexora, Amount: amount(t, "100", money.KHR)}
	if why := b.Ordered(bg, p, w.clock.Now()); why != "" {
		t.Errorf("%q, and nobody holds anything", why)
	}
	if belief := b.Belief(bg, w.clock.Now()); belief != payout.Believe {
		t.Errorf("callbacks: %s", belief)
	}
}

// sometimes is a store whose shared state cannot always be read.
type sometimes struct {
	*memory
	failing bool
}

func (s *sometimes) Shared(ctx context.Context) (payout.Shared, error) {
	if s.failing {
		return payout.Shared{}, errors.New("throttled")
	}
	return s.memory.Shared(ctx)
}

func TestARestoredTableIsHeldUntilTwoReleaseIt(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateHeld}})
	w.clock.pass(time.Minute)
	w.over(payout.Floor{RestoredAt: w.clock.Now()})
	w.clock.pass(time.Minute)
	w.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{"monetix": payout.GateHeld}}) // an order, and no release
	gate := func() string {
		room, err := w.operator.Controls(bg)
		if err != nil {
			t.Fatal(err)
		}
		why := ""
		for _, p := range payout.Providers() {
			for _, by := range room.HeldBy(p) {
				why += string(p) + ":" + by + " "
			}
		}
		return why
	}
	if got := gate(); got != "vexora:controls vexora:restored_at monetix:controls monetix:restored_at " {
		t.Error(got)
	}
	careful := anew
	careful.Submissions = gates{payout.Everything: payout.GateOpen, "vexora": payout.GateHeld, "monetix": payout.GateHeld}
	w.pull(dara, careful)
	w.pull(bopha, careful)
	if got := gate(); got != "vexora:controls monetix:controls " {
		t.Error(got)
	}
}

func TestACapIsLoweredAtOnce(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.says(payout.FoundNotSent)
	queued := w.mustCreate(draft("queued before")) // 50,000 KHR
	w.vexora.answer = w.says(payout.FoundProcessing)
	sent := len(w.vexora.sent)
	w.pull(sokha, payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "49999", money.KHR)}})
	_, err := w.create(draft("above"))
	var refused *payout.Refusal
	if !errors.As(err, &refused) || refused.Kind != payout.Unacceptable {
		t.Errorf("created above the cap: %v", err)
	}
	w.clock.pass(5 * time.Minute)
	w.sweep()
	if p := w.stored(queued.ID); p.Status != payout.Queued || p.QueuedReason != payout.QueuedHeld || len(w.vexora.sent) != sent {
		t.Errorf("%s %s: above the cap in force", p.Status, p.QueuedReason)
	}
	none := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: {}}}
	if set := w.pull(dara, none); !set.Awaiting {
		t.Error("one person took the cap away")
	}
	higher := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "60000", money.KHR)}}
	if set := w.pull(dara, higher); !set.Awaiting {
		t.Error("one person raised the cap")
	}
	if set := w.pull(bopha, higher); set.Awaiting {
		t.Error("two did not raise the cap")
	}
}

// A deployment lowers a cap of the stack while payouts wait: the sweep and people's resends
// heed it as creates do, and no control lifts it.
func TestALoweredCapOfTheStackHoldsWhatWaits(t *testing.T) {
	lowered := payout.Floor{Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "49999", money.KHR), money.USD: amount(t, "10", money.USD)}}
	for name, control := range map[string]money.Amount{"no control": {}, "a higher control": amount(t, "60000", money.KHR)} {
		w := newWorld(t)
		failed := w.failedForCertain("failed before")
		w.vexora.answer = w.says(payout.FoundNotSent)
		queued := w.mustCreate(draft("queued before")) // 50,000 KHR
		w.vexora.answer = w.says(payout.FoundProcessing)
		sent := len(w.vexora.sent)
		w.over(lowered)
		for _, cap := range []money.Amount{amount(t, "100", money.KHR), control} { // set, then released by two
			change := payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: cap}}
			w.pull(dara, change)
			w.pull(bopha, change)
		}
		w.clock.pass(5 * time.Minute)
		w.sweep()
		for _, id := range []payout.ID{queued.ID, failed.ID} {
			if _, err := w.operator.Resend(bg, w.order(id, dara, "")); problemOf(err) != payout.OrderPaused {
				t.Errorf("%s: a resend: %v", name, err)
			}
		}
		if p := w.stored(queued.ID); p.Status != payout.Queued || p.QueuedReason != payout.QueuedHeld || len(w.vexora.sent) != sent {
			t.Errorf("%s: %s %s, %d were sent above the cap of the stack", name, p.Status, p.QueuedReason, len(w.vexora.sent)-sent)
		}
	}
}

func TestWhoeverSubmitsNeedsACapForEachCurrency(t *testing.T) {
	w := newWorld(t)
	ports := payout.Ports{
		Store: w.store, Connectors: w.connectors, Signals: w.signals, Keys: w, Now: w.clock.Now,
		NewToken: func() string { return "token" }, Pause: func(context.Context, time.Duration) {}, Notifier: w.notifier,
		Breaker: payout.NewBreaker(w.store, payout.Floor{Caps: map[money.Currency]money.Amount{money.KHR: amount(t, "1", money.KHR)}}),
	}
	_, creator := payout.NewCreator(ports, payout.Policy{})
	_, sweeper := payout.NewSweeper(ports, payout.Policy{}, func(d time.Duration) time.Duration { return d })
	_, operator := payout.NewOperator(ports, payout.Policy{})
	for name, err := range map[string]error{"creator": creator, "sweeper": sweeper, "operator": operator} {
		if err == nil || !strings.Contains(err.Error(), "no cap for USD") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoCallbackIsBelievedWithoutAQuestion(t *testing.T) {
	w := newWorld(t)
	failed := w.failedForCertain("failed")
	open := w.mustCreate(draft("open"))
	w.vexora.answer = w.says(payout.FoundNotSent)
	queued := w.mustCreate(draft("queued"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.pull(dara, askFirst)
	for _, p := range []payout.Payout{open, failed, queued} {
		w.receive(w.claim(p, payout.FoundSucceeded))
	}
	sent := len(w.vexora.sent)
	if p := w.stored(open.ID); p.Status != payout.Processing || !p.QueryAt.Equal(w.clock.Now()) || len(p.Attention) > 0 {
		t.Errorf("%s, asked at %s, attention %v", p.Status, p.QueryAt, p.Attention)
	}
	if p := w.stored(failed.ID); p.Status != payout.Failed || p.SafeToPayAgain() {
		t.Errorf("%s, safe %v while nobody has asked", p.Status, p.SafeToPayAgain())
	}
	w.vexora.told = func(p payout.Payout) payout.Claim {
		if p.ID == open.ID {
			return w.says(payout.FoundSucceeded)(p)
		}
		return w.says(payout.FoundFailed)(p)
	}
	w.ask()
	if p := w.stored(open.ID); p.Status != payout.Succeeded {
		t.Errorf("the provider was asked, and it is %s", p.Status)
	}
	if p := w.stored(failed.ID); p.Status != payout.Failed || !p.SafeToPayAgain() || len(p.Attention) > 0 {
		t.Errorf("%s, safe %v, attention %v, heard %v: a stranger's word, and the provider says otherwise", p.Status, p.SafeToPayAgain(), p.Attention, p.Heard)
	}
	if p := w.stored(queued.ID); p.Status == payout.Succeeded || len(w.vexora.sent) != sent {
		t.Errorf("%s: sent, though somebody speaks of it", p.Status)
	}
}
