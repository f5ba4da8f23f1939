package payout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// listMore puts n payouts of the same money on the table and on the list, as if each had been sent
// at a time and its provider had taken it. It returns them.
func (w *world) listMore(like payout.Payout, n int, at time.Time, change func(*payout.Payout)) []payout.Payout {
	w.t.Helper()
	key, all := w.store.onlyKey(w.t), []payout.Payout(nil)
	for i := range n {
		p := like
		p.Reference = payout.Reference(fmt.Sprint("more-", i))
		p.ID = payout.DeriveID("test", p.Reference)
		p.Status, p.CreatedAt, p.SubmittedAt, p.StatusAt, p.Sent = payout.Processing, at, at, at, 1
		p.DueAt, p.QueryAt, p.Attention, p.Heard = time.Time{}, time.Time{}, nil, payout.Heard{"1.sent"}
		if change != nil {
			change(&p)
		}
		w.store.Payouts[p.ID] = p
		w.store.Lists[key] = append(w.store.Lists[key], payout.Unsettled{Key: key, ID: p.ID, At: at})
		all = append(all, p)
	}
	return all
}

func within(window, age time.Duration) func(*payout.Policy) {
	return func(p *payout.Policy) { p.DuplicateWindow, p.QueuedMaxAge = window, age }
}

// ages are QUEUED_MAX_AGE as create-payout and operate-payout may know it: not at all.
var ages = []time.Duration{0, 24 * time.Hour}

// Neither a create nor an order takes anything off a list with which the queue still has to compare.
func TestNothingIsTakenOffThatStillHolds(t *testing.T) {
	prunes := map[string]func(w *world, late payout.Payout){
		"a create": func(w *world, _ payout.Payout) { w.another("X") },
		"an order": func(w *world, late payout.Payout) { _, _ = w.operator.Resend(bg, w.order(late.ID, dara, "")) },
	}
	for name, prune := range prunes {
		for _, age := range ages {
			w := newWorldWith(t, within(time.Hour, age))
			w.deploy(within(time.Hour, 24*time.Hour))
			w.listMore(w.another("S"), 8, w.clock.Now().Add(-26*time.Hour), nil)
			w.clock.pass(30 * time.Minute)
			w.over(payout.Floor{Held: held(Vexora)})
			waits := w.another("W")
			w.clock.pass(40 * time.Minute)
			late := w.another("late") // 70 minutes after S
			w.over(payout.Floor{})
			accepted := w.vexora.answer
			w.vexora.answer = w.refusedForGood
			prune(w, late)
			w.vexora.answer = accepted
			w.sweepFor(2, 2*time.Minute)
			if now := w.stored(waits.ID); now.Status != payout.Queued || now.SimilarTo == "" {
				t.Errorf("%s that knows QUEUED_MAX_AGE as %v: what was made 30 minutes after the same money went, with a window of an hour, is %s", name, age, now.Status)
			}
		}
	}
}

// An order about a payout that waited for days is compared with all that went since.
func TestAnOrderAfterDaysIsComparedWithAllThatWentSince(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, 0))
	w.over(payout.Floor{Held: held(Vexora)})
	waits := w.another("W")
	w.over(payout.Floor{})
	went := w.another("S")
	w.receive(w.claim(went, payout.FoundSucceeded))
	w.listMore(went, 9, w.clock.Now().Add(-26*time.Hour), nil)
	w.clock.pass(6 * 24 * time.Hour)
	accepted := w.vexora.answer
	w.vexora.answer = w.refusedForGood
	w.another("X") // prunes
	w.vexora.answer = accepted
	w.clock.pass(2 * time.Hour)
	_, _ = w.operator.Resend(bg, w.order(waits.ID, dara, ""))
	if now := w.stored(waits.ID); now.Status != payout.Queued || now.SimilarTo == "" {
		t.Errorf("%s, similar to %q", now.Status, now.SimilarTo)
	}
}

// Somebody finds a full list, and a payout on it that waits and holds nobody. Before he takes it
// off, it is sent. Of the two, one is held.
func TestWhatIsSentWhileAListIsPrunedStaysOnIt(t *testing.T) {
	for _, others := range []int{payout.MostUnsettled - 1, 20} {
		w := newWorldWith(t, within(time.Hour, 0))
		w.deploy(within(time.Hour, time.Hour))
		start := w.clock.Now()
		w.clock.pass(61 * time.Minute)
		waits := w.queuedUnsent("W")
		w.listMore(waits, others, start, nil)
		w.clock.pass(2 * time.Minute)
		sent := len(w.vexora.sent)
		w.store.forgetting = w.sweep
		x := w.another("X")
		if both := len(w.vexora.sent) - sent; both != 1 {
			t.Errorf("%d others on the list: %d are sent: %s and %s", others, both, w.stored(waits.ID).Status, x.Status)
		}
	}
}

// Nor is what people order meanwhile forgotten, though it finds no room on the full list.
func TestWhatIsOrderedWhileAListIsPrunedStaysOnIt(t *testing.T) {
	w := newWorldWith(t, withWindow)
	waits := w.queuedUnsent("W")
	w.listMore(waits, payout.MostUnsettled-1, w.clock.Now(), holdsNobodyAndStays)
	w.clock.pass(2 * time.Minute)
	w.store.forgetting = func() { w.must(w.operator.Resend(bg, w.order(waits.ID, dara, ""))) }
	if x := w.another("X"); x.Status != payout.Queued || x.SimilarTo != waits.ID || len(w.entriesOf(waits.ID)) != 1 {
		t.Errorf("%s, similar to %q; W has %d entries", x.Status, x.SimilarTo, len(w.entriesOf(waits.ID)))
	}
}

// A settled payout is taken off a full list, and doubted at that moment.
func TestWhatIsDoubtedWhileRoomIsMadeStaysOnTheList(t *testing.T) {
	w := newWorldWith(t, withWindow)
	others := w.listMore(w.another("S"), payout.MostUnsettled-1, w.clock.Now(), nil)
	w.clock.pass(8 * 24 * time.Hour)
	last := others[len(others)-1]
	w.store.forgetting = func() {
		last.Status = payout.Unknown
		w.store.Payouts[last.ID] = last
	}
	if x := w.another("X"); x.Status != payout.Queued || x.SimilarTo != last.ID {
		t.Errorf("%s, similar to %q", x.Status, x.SimilarTo)
	}
}

// Somebody takes the entry of a payout off after it was noted for its submission, and before its
// fence: it waited, and held nobody. It is on the list again before it goes.
func TestWhatWasTakenOffBeforeItsFenceIsListedAgain(t *testing.T) {
	w := newWorldWith(t, withWindow)
	waits := w.queuedUnsent("W")
	w.clock.pass(2 * time.Minute)
	w.store.finding = func() { w.store.Lists[w.store.onlyKey(t)] = nil }
	w.sweep()
	if now := w.stored(waits.ID); now.Status != payout.Processing || len(w.entriesOf(waits.ID)) != 1 {
		t.Errorf("%s, %d entries", now.Status, len(w.entriesOf(waits.ID)))
	}
}

// A full list is one of which nobody sees what is sent beside it: nothing goes by itself.
func TestNothingGoesByItselfBesideAFullList(t *testing.T) {
	w := newWorldWith(t, withWindow)
	waits := w.queuedUnsent("W")
	w.clock.pass(2 * time.Minute)
	w.connectors[Vexora] = &opening{w.vexora, func() { // after it has looked, before it is noted
		others := w.listMore(waits, payout.MostUnsettled-1, w.clock.Now(), holdsNobodyAndStays)
		w.listMoreEntries(others[0], 1)
	}}
	sent := len(w.vexora.sent)
	w.sweepAnyway()
	if now := w.stored(waits.ID); len(w.vexora.sent) > sent || now.Status != payout.Queued {
		t.Errorf("%s, sent %d", now.Status, len(w.vexora.sent)-sent)
	}
}

// holdsNobodyAndStays makes a payout one that waits beside another one, and is spoken of: it holds
// nobody, and its entry stays.
func holdsNobodyAndStays(p *payout.Payout) {
	p.Status, p.Sent, p.Heard = payout.Queued, 0, payout.Heard{"1.sent", "1.unlisted"}
	p.Attention = payout.Attention{payout.PossibleDuplicate: p.CreatedAt}
}

// listMoreEntries notes a payout n times more, as replays do.
func (w *world) listMoreEntries(p payout.Payout, n int) {
	key := w.store.onlyKey(w.t)
	for i := range n {
		w.store.Lists[key] = append(w.store.Lists[key], payout.Unsettled{Key: key, ID: p.ID, At: p.CreatedAt.Add(time.Duration(i+1) * time.Second)})
	}
}

// The entry of a request that is at work may be taken off by it again: the older one stays with it.
func TestAnOlderEntryStaysBesideOneOfARequestAtWork(t *testing.T) {
	w := newWorldWith(t, withWindow)
	waits := w.queuedUnsent("W")
	one := w.listMore(waits, 12, w.clock.Now(), holdsNobodyAndStays)[0]
	w.clock.pass(time.Hour)
	key := w.store.onlyKey(t)
	w.store.Lists[key] = append(w.store.Lists[key], payout.Unsettled{Key: key, ID: one.ID, At: w.clock.Now(), Token: "at work"})
	if w.another("X"); len(w.entriesOf(one.ID)) != 2 {
		t.Errorf("%d entries", len(w.entriesOf(one.ID)))
	}
	w.clock.pass(time.Hour)
	if w.another("Z"); len(w.entriesOf(one.ID)) != 1 {
		t.Errorf("%d entries when nobody is at work any more", len(w.entriesOf(one.ID)))
	}
}

// A failure that is safe is sent again after the same money was paid under another reference:
// whoever orders it sees that first, however long ago it was.
func TestAFailureIsComparedWithAllThatWentSince(t *testing.T) {
	roads := map[string]func(w *world) payout.Payout{
		"queued": func(w *world) payout.Payout { return w.queuedUnsent("R1") },
		"failed": func(w *world) payout.Payout { return w.failedForCertain("R1") },
	}
	for name, road := range roads {
		w := newWorldWith(t, within(time.Hour, 72*time.Hour))
		accepted := w.vexora.answer
		first := road(w)
		w.vexora.answer = accepted
		w.clock.pass(10 * time.Minute)
		w.store.SharedState.Pauses = map[payout.Provider]payout.Pause{}
		w.over(payout.Floor{})
		since := w.another("R2")
		w.receive(w.claim(since, payout.FoundSucceeded))
		w.clock.pass(2 * time.Hour)
		sent := len(w.vexora.sent)
		_, err := w.operator.Resend(bg, w.order(first.ID, dara, ""))
		if len(w.vexora.sent) > sent || problemOf(err) != payout.OrderNotPossible || w.stored(first.ID).SimilarTo != since.ID {
			t.Errorf("%s: sent %d, %v, similar to %q", name, len(w.vexora.sent)-sent, err, w.stored(first.ID).SimilarTo)
		}
		if w.must(w.operator.Resend(bg, w.order(first.ID, dara, ""))); len(w.vexora.sent) != sent+1 {
			t.Errorf("%s: ordered twice, and sent %d", name, len(w.vexora.sent)-sent)
		}
	}
}

// A full list keeps all that somebody may still have to be compared with: what is new waits for
// people, and so does what has waited since the last one.
func TestAFullListKeepsWhatSomebodyIsComparedWith(t *testing.T) {
	w := newWorldWith(t, withWindow)
	last := w.another("S")
	w.listMore(last, payout.MostUnsettled-1, w.clock.Now().Add(-26*time.Hour), nil)
	w.clock.pass(30 * time.Minute)
	w.over(payout.Floor{Held: held(Vexora)})
	waits := w.another("W")
	w.clock.pass(40 * time.Minute)
	w.over(payout.Floor{})
	x := w.another("X")
	if x.Status != payout.Queued || len(x.Similar) != payout.MostUnsettled || w.listed() != payout.MostUnsettled {
		t.Errorf("%s, %d shown, %d on the list", x.Status, len(x.Similar), w.listed())
	}
	w.sweepFor(2, 2*time.Minute)
	if now := w.stored(waits.ID); now.Status != payout.Queued || now.SimilarTo != last.ID {
		t.Errorf("%s, similar to %q", now.Status, now.SimilarTo)
	}
}

// Six of the same sum a day, an hour's window: the list has room for them, and whoever waits for
// days is shown the one that went just before it was made.
func TestSixOfTheSameSumADayFit(t *testing.T) {
	w := newWorldWith(t, within(time.Hour, payout.MostQueuedMaxAge))
	pay := func(times int) (waited int) {
		for range times {
			p := w.another(w.clock.Now().String())
			if p.Status == payout.Queued {
				waited++
			}
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.clock.pass(4 * time.Hour)
		}
		return waited
	}
	waited := pay(60)
	twin := w.another("TWIN")
	w.receive(w.claim(twin, payout.FoundSucceeded))
	w.clock.pass(20 * time.Minute)
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.another("P")
	w.over(payout.Floor{})
	w.clock.pass(2 * time.Hour)
	if waited += pay(30); waited > 0 {
		t.Errorf("%d of 90 waited for people", waited)
	}
	_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if now := w.stored(p.ID); problemOf(err) != payout.OrderNotPossible || !slices.Contains(now.Similar, payout.SimilarOf(twin.ID, 1, 1)) {
		t.Errorf("%v: %d are shown", err, len(now.Similar))
	}
}

// What people order beside a full list has a place on it, whatever becomes of the others. Beyond
// that nothing goes.
func TestWhatIsOrderedBesideAFullListHasAPlace(t *testing.T) {
	w := newWorldWith(t, within(24*time.Hour, time.Hour))
	others := w.listMore(w.another("S"), payout.MostUnsettled-1, w.clock.Now(), holdsNobodyAndStays)
	w.clock.pass(24*time.Hour + 10*time.Minute)
	p := w.another("P")
	w.orderIfHeld(p)
	if now := w.stored(p.ID); now.Status != payout.Processing || len(w.entriesOf(p.ID)) != 1 || w.listed() != payout.MostUnsettled+1 {
		t.Fatalf("%s, %d entries, %d on the list", now.Status, len(w.entriesOf(p.ID)), w.listed())
	}
	for _, other := range others {
		other.Status, other.Heard = payout.Cancelled, nil
		w.store.Payouts[other.ID] = other
	}
	w.clock.pass(23 * time.Hour)
	if x := w.another("X"); x.Status != payout.Queued || x.SimilarTo != p.ID {
		t.Errorf("within a day of P the same money is %s, similar to %q", x.Status, x.SimilarTo)
	}
}

// A list without any place refuses the order, and says what to do.
func TestAnOrderWithoutAPlaceIsRefused(t *testing.T) {
	w := newWorldWith(t, withWindow)
	w.listMore(w.another("S"), payout.MostListed-1, w.clock.Now(), nil)
	p := w.another("P")
	sent := len(w.vexora.sent)
	_, shown := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
	if problemOf(err) != payout.OrderNotPossible || !strings.Contains(err.Error(), "DUPLICATE_WINDOW") || len(w.vexora.sent) > sent {
		t.Errorf("%v, then %v; sent %d", shown, err, len(w.vexora.sent)-sent)
	}
}

// orderIfHeld has one person order a payout that is held because of another one.
func (w *world) orderIfHeld(p payout.Payout) {
	w.t.Helper()
	if p.Status == payout.Queued {
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	}
}

// orderBesideAll has a person order a payout again for as long as he is shown others of the same
// money.
func (w *world) orderBesideAll(id payout.ID, by payout.Principal) payout.Ordered {
	w.t.Helper()
	o, err := w.operator.Resend(bg, w.order(id, by, ""))
	for range payout.MostUnsettled {
		if problemOf(err) != payout.OrderNotPossible {
			break
		}
		o, err = w.operator.Resend(bg, w.order(id, by, ""))
	}
	return w.must(o, err)
}

// The queue must not outlive the lists that it is compared with.
func TestTheQueueIsNotLongerThanTheLists(t *testing.T) {
	w := newWorld(t)
	ports := payout.Ports{
		Store: w.store, Connectors: w.connectors, Signals: w.signals, Breaker: w.breaker, Keys: w, Now: w.clock.Now, Notifier: w.notifier,
		NewToken: func() string { return "token" }, Pause: func(context.Context, time.Duration) {},
	}
	same := func(d time.Duration) time.Duration { return d }
	for most, good := range map[time.Duration]bool{payout.MostQueuedMaxAge: true, payout.MostQueuedMaxAge + 1: false} {
		if _, err := payout.NewSweeper(ports, payout.Policy{QueuedMaxAge: most}, same); (err == nil) != good {
			t.Errorf("%v: %v", most, err)
		}
	}
}

// What was ordered beside a full list, and succeeded, holds when all the others have failed.
func TestWhatSucceededBesideAFullListHolds(t *testing.T) {
	for _, size := range []int{payout.MostUnsettled - 1, payout.MostUnsettled} {
		safe := newWorld(t).failedForCertain("F").Heard
		w, crowd := crowded(t, size)
		salary := w.another("salary")
		salary = w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))).Payout
		w.receive(w.claim(salary, payout.FoundSucceeded))
		w.vexora.told = w.says(payout.FoundSucceeded)
		w.sweepFor(8, 5*time.Minute)
		for _, id := range crowd {
			c := w.stored(id)
			c.Status, c.Heard, c.StatusAt, c.Attention = payout.Failed, safe, w.clock.Now(), nil
			w.store.Payouts[id] = c
		}
		x := w.another("salary, once more")
		if now := w.stored(salary.ID); now.Status != payout.Succeeded || x.Status != payout.Queued || x.SimilarTo != salary.ID {
			t.Errorf("%d on the list: %s, and the next is %s, similar to %q", size, now.Status, x.Status, x.SimilarTo)
		}
	}
}
