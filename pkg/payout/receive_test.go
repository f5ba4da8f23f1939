package payout_test

import (
	"context"
	"slices"
	"testing"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func TestTheOrdinaryCallbackAndItsRepetitionTakeOneWriteEach(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	writes, reads := w.store.writes, w.store.reads
	if v := w.receive(w.claim(p, payout.FoundSucceeded)); v != payout.Applied {
		t.Errorf("verdict %s", v)
	}
	if v := w.receive(w.claim(p, payout.FoundSucceeded)); v != payout.Repeated {
		t.Errorf("verdict %s of the repetition", v)
	}
	if w.store.writes != writes+2 || w.store.reads != reads {
		t.Errorf("%d writes, %d reads", w.store.writes-writes, w.store.reads-reads)
	}
}

func TestACallbackIsAcknowledgedOnlyWhenStored(t *testing.T) {
	for _, lost := range []fault{lostBefore, lostAfter} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		once := true
		w.store.fault = func(int) fault {
			if once {
				once = false
				return lost
			}
			return none
		}
		c := w.claim(p, payout.FoundSucceeded)
		if _, err := w.receiver.Receive(context.Background(), c); err == nil {
			t.Fatal("acknowledged without knowing")
		}
		w.receive(c) // the provider's retry
		stored := w.stored(p.ID)
		if stored.Status != payout.Succeeded || stored.Sequence() != 3 {
			t.Errorf("%s with %d entries", stored.Status, stored.Sequence())
		}
	}
}

func TestAContradictionIsStoredOnceAndAlarms(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	late := w.claim(p, payout.FoundFailed)
	if v := w.receive(late); v != payout.Noted {
		t.Errorf("verdict %s", v)
	}
	writes := w.store.writes
	if v := w.receive(late); v != payout.Repeated || w.store.writes != writes+1 {
		t.Errorf("verdict %s of the repetition after %d writes", v, w.store.writes-writes)
	}
	stored := w.stored(p.ID)
	if stored.Status != payout.Succeeded || len(w.signals.raised) != 1 || w.signals.raised[0] != payout.SignalContradiction {
		t.Errorf("%s, signals %v", stored.Status, w.signals.raised)
	}
}

func TestOrphansAreKeptAndBlockTheirReference(t *testing.T) {
	w := newWorld(t)
	ghost := payout.Payout{ID: payout.DeriveID("test", "GHOST"), Attempt: 1, Provider: Vexora, Amount: amount(t, "50000", money.KHR)}
	c := w.claim(ghost, payout.FoundSucceeded)
	if v := w.receive(c); v != payout.KeptAsOrphan {
		t.Errorf("verdict %s", v)
	}
	if v := w.receive(c); v != payout.Repeated {
		t.Errorf("verdict %s of the repetition", v)
	}
	foreign := c
	foreign.Reference = "made-in-the-dashboard-1"
	if v := w.receive(foreign); v != payout.KeptAsOrphan {
		t.Errorf("verdict %s of a foreign reference", v)
	}
	if v := w.receive(foreign); v != payout.Repeated || len(w.store.Orphans) != 1 {
		t.Errorf("verdict %s, %d orphans", v, len(w.store.Orphans))
	}
	// A payment by hand must not keep the sign of a lost table silent.
	if want := []payout.Signal{payout.SignalOrphanOfOurs, payout.SignalOrphan}; !slices.Equal(w.signals.raised, want) {
		t.Errorf("signals %v, not %v", w.signals.raised, want)
	}
}

func TestAClaimWithoutAmountsIsWeighedByALook(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	c := w.claim(p, payout.FoundSucceeded)
	c.Amounts, c.Suspect = nil, "the amount is missing"
	if v := w.receive(c); v != payout.Noted {
		t.Errorf("verdict %s", v)
	}
	if got := w.stored(p.ID); got.Status != payout.Processing {
		t.Errorf("moved to %s", got.Status)
	}
}

func TestAReceiverWithoutControlsBelievesCallbacks(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	v, err := payout.NewReceiver(w.store, w.signals, payout.Policy{}).Receive(bg, w.claim(p, payout.FoundSucceeded))
	if err != nil || v != payout.Applied {
		t.Errorf("%s, %v", v, err)
	}
	w.pull(dara, askFirst)
	second := w.mustCreate(ofMoney("R2", 900))
	if v := w.receive(w.claim(second, payout.FoundSucceeded)); v != payout.Unbelieved {
		t.Errorf("believed: %s", v)
	}
}

// A callback about a payout that the table does not know is acknowledged only when it is stored.
func TestAnOrphanThatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	lost := payout.Payout{ID: payout.DeriveID("test", "R1"), Attempt: 1, Provider: Vexora, Amount: amount(t, "50000", money.KHR)}
	w.store.fault = func(n int) fault {
		if n > 1 { // the look for the payout is a write, too
			return lostBefore
		}
		return none
	}
	if v, err := w.receiver.Receive(bg, w.claim(lost, payout.FoundSucceeded)); err == nil || len(w.store.Payouts) > 0 {
		t.Errorf("%s, %d stored", v, len(w.store.Payouts))
	}
}
