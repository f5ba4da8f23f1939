package payout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// notStored is how often a world said that something was not stored.
func (w *world) notStored() int {
	n := 0
	for _, s := range w.signals.raised {
		if s == payout.SignalNotStored {
			n++
		}
	}
	return n
}

// A table that takes nothing answers every create with a normal 503, which Lambda does not count
// as an error: nobody would hear of it.
func TestACreateThatIsNotStoredIsSignalled(t *testing.T) {
	w := newWorld(t)
	w.store.fault = func(int) fault { return lostBefore }
	if _, refused := w.asks(draft("R1")); refused == nil || refused.Kind != payout.Unavailable || w.notStored() != 1 {
		t.Errorf("%+v, raised %v", refused, w.signals.raised)
	}
	keyless := newWorld(t)
	keyless.keyFault = errors.New("no right to read it")
	if _, refused := keyless.asks(draft("R1")); refused == nil || refused.Kind != payout.Unavailable || keyless.notStored() != 1 {
		t.Errorf("without the key: %+v, raised %v", refused, keyless.signals.raised)
	}
}

// What was sent and cannot be recorded is answered with 202: only the signal tells of it.
func TestAnAnswerThatIsNotRecordedIsSignalled(t *testing.T) {
	w := newWorld(t)
	w.store.fault = func(write int) fault {
		if write == 1 { // the fence
			return none
		}
		return lostBefore
	}
	if p := w.mustCreate(draft("R1")); p.Status != payout.Unknown || w.notStored() != 1 {
		t.Errorf("%s, raised %v", p.Status, w.signals.raised)
	}
}

// What a caller can bring about by himself pages nobody and sends no version back.
func TestWhatIsNobodysFaultIsNotCalledUnstored(t *testing.T) {
	for name, d := range map[string]payout.Draft{"refused": func() payout.Draft { d := draft("R1"); d.Amount = "0"; return d }(), "taken": draft("R2")} {
		w := newWorld(t)
		if _, _ = w.asks(d); w.notStored() > 0 {
			t.Errorf("%s: raised %v", name, w.signals.raised)
		}
	}
	for _, cause := range []error{payout.ErrTurnedAway, payout.ErrThrottled} {
		if err := error(&payout.Refusal{Kind: payout.Unavailable, Cause: fmt.Errorf("fence: %w", cause)}); payout.Unstored(err) {
			t.Errorf("%v is called unstored", err)
		}
	}
	if err := error(&payout.Refusal{Kind: payout.ReferenceReused}); payout.Unstored(err) {
		t.Error("a refusal for what the request says is called unstored")
	}
	if !payout.Unstored(fmt.Errorf("apply: %w", payout.ErrUnclear)) {
		t.Error("a write that is not clear is not called unstored")
	}
}

type brokenRegister struct{}

func (brokenRegister) Who(context.Context, []payout.Principal) (payout.Person, error) {
	return "", errors.New("/people/1: no document")
}

// A register that cannot be read is a document of people's: it sends no version back.
func TestARegisterThatCannotBeReadIsNotCalledUnstored(t *testing.T) {
	w := newWorld(t)
	w.pull(dara, holdAll)
	operator, err := payout.NewOperator(payout.Ports{
		Store: w.store, Connectors: w.connectors, Signals: w.signals, Breaker: w.breaker, Keys: w, Now: w.clock.Now,
		NewToken: func() string { return "t" }, Pause: func(context.Context, time.Duration) {}, People: brokenRegister{},
	}, payout.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	w.operator = operator
	if _, err := w.tryPull(dara, releaseAll, true); problemOf(err) != payout.OrderUnavailable || payout.Unstored(err) {
		t.Errorf("%v", err)
	}
	if slices.Contains(w.signals.raised, payout.SignalNotStored) {
		t.Errorf("raised %v", w.signals.raised)
	}
}
