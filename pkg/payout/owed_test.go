package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A failure was certain, and a callback says that it was paid. Whether the provider answers, or is
// asked at all, the same money is held a minute later.
func TestTheListIsMadeGoodWhetherOrNotAnybodyIsAsked(t *testing.T) {
	for name, hinder := range map[string]func(w *world, a payout.Payout){
		"nothing": func(*world, payout.Payout) {},
		"it is not configured any more": func(w *world, _ payout.Payout) {
			delete(w.connectors, Vexora)
		},
		"many others get no answer in time": func(w *world, a payout.Payout) {
			for n, made := 0, 0; made < 60; n++ {
				d := ofMoney(fmt.Sprint("O", n), 1000+n)
				if payout.DeriveID("test", d.Reference).Shard() == a.ID.Shard() {
					w.mustCreate(d)
					made++
				}
			}
			w.vexora.told = func(p payout.Payout) payout.Claim {
				w.clock.pass(5 * time.Second) // of three side by side, one after the other here
				return w.unclear(p)
			}
			w.clock.pass(2 * time.Minute)
		},
	} {
		w := newWorld(t)
		w.vexora.told = w.says(payout.FoundFailed)
		a := w.another("A")
		w.receive(w.claim(a, payout.FoundFailed))
		w.clock.pass(6 * time.Minute)
		w.sweepFor(2, 10*time.Minute)
		if !w.stored(a.ID).SafeToPayAgain() {
			t.Fatalf("the failure is not certain: %v", w.stored(a.ID).Heard)
		}
		hinder(w, a)
		w.receive(w.claim(w.stored(a.ID), payout.FoundSucceeded))
		for range 2 { // runs of a minute
			next := w.clock.Now().Add(time.Minute)
			if _, err := w.sweeper.Sweep(until{bg, w.clock.Now().Add(55 * time.Second)}, a.ID.Shard()); err != nil {
				t.Fatal(err)
			}
			if now := w.clock.Now(); now.Before(next) {
				w.clock.pass(next.Sub(now))
			}
		}
		if now := w.stored(a.ID); now.RecipientOwed {
			t.Errorf("%s: two runs later the list is still owed", name)
		}
		if name == "it is not configured any more" {
			continue // nothing goes there anyway
		}
		w.vexora.answer = w.says(payout.FoundProcessing)
		if b := w.another("B"); b.Status != payout.Queued {
			t.Errorf("%s: the same money is %s", name, b.Status)
		}
	}
}

// beforeForgetting calls something just before entries are taken off a list.
type beforeForgetting struct {
	*memory
	do func()
}

func (b *beforeForgetting) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return b.memory.ForgetUnsettled(ctx, key, settled)
}

// A create has found a failure settled, and takes its entry off the list. Meanwhile a callback says
// that it was paid, and a sweep finds it on the list.
func TestWhatIsDoubtedWhileAListIsPrunedStaysOnIt(t *testing.T) {
	w := newWorldWith(t, withWindow)
	w.vexora.told = w.says(payout.FoundFailed)
	a := w.another("A")
	w.receive(w.claim(a, payout.FoundFailed))
	w.clock.pass(10 * time.Minute)
	w.sweepFor(3, 10*time.Minute)
	w.vexora.told = w.unclear
	for n := range 8 {
		w.clock.pass(2 * time.Hour)
		w.receive(w.claim(w.another(fmt.Sprint("R", n)), payout.FoundSucceeded))
	}
	w.clock.pass(2 * time.Hour)
	store := &beforeForgetting{memory: w.store, do: func() {
		w.receive(w.claim(w.stored(a.ID), payout.FoundSucceeded))
		w.sweep()
	}}
	ports := payout.Ports{
		Store: store, Connectors: w.connectors, Signals: w.signals, Breaker: w.breaker, Keys: w, Now: w.clock.Now, People: register,
		NewToken: func() string { return "of-the-next" }, Pause: func(context.Context, time.Duration) {},
	}
	c, err := payout.NewCreator(ports, payout.Policy{Namespace: "test", Order: payout.Providers(), DuplicateWindow: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	next, err := c.Create(bg, draft("next"), dara)
	if err != nil || store.do != nil {
		t.Fatalf("the list was not pruned, %v", err)
	}
	w.receive(w.claim(next.Payout, payout.FoundSucceeded))
	w.clock.pass(4 * time.Hour)
	if last := w.another("last"); last.Status != payout.Queued {
		t.Errorf("it was said to be paid, and the same money is %s", last.Status)
	}
}

// The list is full of what has been settled since. The next unknown makes room for itself.
func TestAFullListOfWhatIsSettledHidesNoUnknown(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	var all []payout.Payout
	n := 0
	w.vexora.during = func() { // at one moment
		if n++; n >= payout.MostUnsettled {
			return
		}
		w.vexora.mu.Unlock()
		all = append(all, w.another(fmt.Sprint("N", n)))
		w.vexora.mu.Lock()
	}
	all = append(all, w.another("N0"))
	w.vexora.during = nil
	for _, p := range all {
		w.receive(w.claim(p, payout.FoundSucceeded))
	}
	w.sweepFor(3, 10*time.Minute)
	w.clock.pass(73 * time.Hour)
	w.vexora.answer = w.says(payout.FoundProcessing)
	other := draft("C") // whoever looks at the shared state learns that no list is worth a look
	other.Destination.AccountNumber, other.Destination.AccountID = "77990011", "lanton_77990011"
	w.mustCreate(other)
	w.vexora.answer = w.unclear
	w.another("A")
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.clock.pass(2 * time.Second)
	if b := w.another("B"); b.Status != payout.Queued {
		t.Errorf("beside an unknown the same money is %s", b.Status)
	}
}

// All later attempts that a lost table may have made are known to have failed, but for those that
// nobody asks about. That the payout was restored forbids it alone.
func TestARestoredPayoutIsNeverSafeByItsFactAlone(t *testing.T) {
	p := payout.Payout{Status: payout.Failed, Attempt: 1, Heard: payout.Heard{"1.sent", "1.closed.1"}}
	if !p.SafeToPayAgain() {
		t.Fatal("a failure that is certain is not safe")
	}
	p.Heard = p.Heard.With("1.restored")
	if p.SafeToPayAgain() {
		t.Error("beside attempts that may be lost it is safe")
	}
}

// It was unknown in the backup, its project is known and vouched for. RESTORED_AT is gone: nobody
// looks ahead any more, and one person sends nothing.
func TestARestoredUnknownTakesTwoByItsFactAlone(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundProcessing)
	before.monetix.answer = before.unclear
	p := before.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, before, before.store.copy(), Monetix)
	w.monetix.account, w.monetix.answer, w.monetix.told = "A", w.unclear, w.unclear
	w.sweepFor(3, 2*time.Minute)
	later := after(t, w)
	later.monetix.account = "A"
	if o := later.must(later.operator.Resend(bg, later.order(p.ID, dara, ""))); !o.Awaiting || len(later.monetix.sent) != 0 {
		t.Errorf("awaiting %v, sent %v, heard %v", o.Awaiting, later.monetix.sent, later.stored(p.ID).Heard)
	}
}
