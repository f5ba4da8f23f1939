package payout_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// A payout that people are called for is kept beyond the retention. It is looked at once a day,
// never in a circle, and holds nobody's money if its end is certain.
func TestAnEndThatWaitsForPeopleIsLookedAtNowAndThen(t *testing.T) {
	for name, end := range map[string]func(w *world, p payout.Payout){
		"returned": func(w *world, p payout.Payout) {
			w.vexora.told = w.says(payout.FoundReturned)
			w.receive(w.claim(p, payout.FoundReturned))
		},
		"failed, and contradicted": func(w *world, p payout.Payout) {
			w.receive(w.claim(p, payout.FoundFailed))
			w.receive(w.claim(p, payout.FoundSucceeded))
		},
	} {
		w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 5 * day })
		p := w.mustCreate(draft("R1"))
		end(w, p)
		for range 20 {
			w.clock.pass(12 * time.Hour)
			w.sweep()
			now := w.stored(p.ID)
			if !now.QueryAt.After(w.clock.Now()) || now.QueryAt.Sub(w.clock.Now()) > 5*day {
				t.Fatalf("%s: after %v it is looked at at %v", name, w.clock.Now().Sub(p.CreatedAt), now.QueryAt)
			}
		}
		if name == "returned" && w.listed() > 0 {
			t.Errorf("%s: it is on a list", name)
		}
	}
}

// Nobody is asked about an orphan at a payout's own key, and one day its data goes.
func TestAnOrphanIsNotAskedAbout(t *testing.T) {
	w := retaining(t)
	lost := payout.Payout{ID: payout.DeriveID("test", "R1"), Attempt: 1, Provider: payout.Vexora, Amount: amount(t, "50000", money.KHR)}
	if v := w.receive(w.claim(lost, payout.FoundSucceeded)); v != payout.KeptAsOrphan || !slices.Contains(w.signals.raised, payout.SignalOrphan) {
		t.Errorf("%s, signals %v", v, w.signals.raised)
	}
	w.pass(40)
	if now := w.stored(lost.ID); w.vexora.asked > 0 || now.RedactedAt.IsZero() {
		t.Errorf("asked %d times, redacted at %v", w.vexora.asked, now.RedactedAt)
	}
}

// Of a text that could be cut otherwise nobody says that money went.
func TestAnAmbiguousCallbackOfStrangersIsNoOrphanAlarm(t *testing.T) {
	for why, want := range map[string]payout.Signal{"": payout.SignalOrphan, "it could be cut otherwise": payout.SignalForeignCallback} {
		w := newWorld(t)
		c := w.claim(w.mustCreate(draft("R1")), payout.FoundSucceeded)
		c.Reference, c.Ambiguous = "payment_47", why
		w.receive(c)
		if !slices.Equal(w.signals.raised, []payout.Signal{want}) {
			t.Errorf("%q: %v", why, w.signals.raised)
		}
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

// When a new payout is looked at first is the policy's, and behind every lease by default.
func TestTheFirstQuestion(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: payout.DefaultFirstQuestion, 3 * time.Minute: 3 * time.Minute} {
		w := newWorldWith(t, func(p *payout.Policy) { p.FirstQuestion = set })
		if p := w.mustCreate(draft("R1")); p.QueryAt.Sub(p.CreatedAt) != want {
			t.Errorf("%v: asked after %v", set, p.QueryAt.Sub(p.CreatedAt))
		}
	}
}

// Why no provider takes a bank payout that names none: the first of the order says it. Settings
// that cannot be read are no refusal.
func TestAPayoutThatNobodyServes(t *testing.T) {
	d := draft("R1")
	d.Provider, d.Destination = "", payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"}
	w := newWorld(t)
	w.monetix.faults = []payout.Fault{{Pointer: "/destination/bank", Code: payout.UnsupportedBank}}
	w.vexora.faults = []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured}}
	if r := refusalOf(w.create(d)); r == nil || !slices.Equal(r.Faults, w.monetix.faults) {
		t.Errorf("both refuse: %+v", r)
	}
	w.monetix.faults, w.monetix.failing = nil, errors.New("away")
	if r := refusalOf(w.create(d)); r == nil || r.Kind != payout.Unavailable {
		t.Errorf("the first cannot be asked: %+v", r)
	}
	clear(w.connectors)
	if r := refusalOf(w.create(d)); r == nil || len(r.Faults) != 1 || r.Faults[0].Code != payout.ProviderNotConfigured {
		t.Errorf("none is wired: %+v", r)
	}
}

// What holds a payout is told by a signal, at a create and in the queue, and nothing else is.
func TestWhatIsHeldIsToldByASignal(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	waiting := w.mustCreate(draft("waits"))
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	if w.mustCreate(draft("unknown")); slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("raised %v", w.signals.raised)
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if now := w.stored(waiting.ID); now.QueuedReason != payout.QueuedDuplicate || !slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("%s, raised %v", now.QueuedReason, w.signals.raised)
	}
	w.signals.raised = nil
	if w.another("third").Status != payout.Queued || !slices.Contains(w.signals.raised, payout.SignalDuplicate) {
		t.Errorf("at the create: raised %v", w.signals.raised)
	}
	held := newWorld(t)
	*held.brakes = *payout.NewBrakes(held.store, payout.Floor{Held: map[payout.Provider]payout.QueuedReason{payout.Vexora: payout.QueuedHeld}})
	held.mustCreate(draft("R1"))
	if len(held.signals.raised) > 0 {
		t.Errorf("held by order: raised %v", held.signals.raised)
	}
	held.sweepFor(3, time.Hour)
	if !slices.Contains(held.signals.raised, payout.SignalQueuedTooLong) || held.listed() > 0 {
		t.Errorf("too old: raised %v, %d on lists", held.signals.raised, held.listed())
	}
}

// Somebody pulls the brake while the sweep opens a connection. The payout waits; that is no
// failure of the sweep. A write that is not clear is one.
func TestWhatASweepReports(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.connectors[payout.Vexora] = &opening{w.vexora, func() {
		w.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld}})
		w.clock.pass(6 * time.Second)
	}}
	sent := len(w.vexora.sent)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if now := w.stored(p.ID); now.Status != payout.Queued || len(w.vexora.sent) > sent {
		t.Errorf("%s", now.Status)
	}
	at := w.store.writes + 2 // after the one that takes it up
	w.store.fault = func(n int) fault {
		if n >= at {
			return lostBefore
		}
		return none
	}
	w.clock.pass(3 * time.Minute)
	swept, err := w.sweeper.Sweep(bg, p.ID.Shard())
	if err == nil || swept.Failed != 1 {
		t.Errorf("%+v, %v", swept, err)
	}
}

// Two people looked at the payout together; what the first wrote is no news to the second.
func TestTwoWhoLookedTogether(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	seen := w.stored(p.ID).Sequence()
	give := func(by payout.Principal, sequence int) error {
		o := w.order(p.ID, by, payout.ResolvedFailed)
		o.Sequence = sequence
		_, err := w.operator.Resolve(bg, o)
		return err
	}
	if err := give(dara, seen-1); problemOf(err) != payout.OrderOutdated {
		t.Errorf("about an older state: %v", err)
	}
	if err := give(dara, seen); err != nil {
		t.Fatal(err)
	}
	if err := give(bopha, seen-1); problemOf(err) != payout.OrderOutdated {
		t.Errorf("the second, about an older state: %v", err)
	}
	if err := give(bopha, seen); err != nil || w.stored(p.ID).Status != payout.Failed {
		t.Errorf("the second, about the same: %v", err)
	}
}

// What an ordinary order does to a list: nothing.
func TestACancelOfWhatWasNeverSentIsOnNoList(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.notSent
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
	if w.listed() > 0 {
		t.Errorf("%d entries", w.listed())
	}
}

// A line about an earlier attempt that was paid. With a later one that may pay, too, it is a
// double payment; beside one that does not, a conflict.
func TestALineThatSaysThatAnEarlierAttemptWasPaid(t *testing.T) {
	for answer, want := range map[payout.Finding]payout.LineKind{
		payout.FoundProcessing: payout.DoublePaid, payout.FoundUnclear: payout.DoublePaid,
		payout.FoundSucceeded: payout.DoublePaid, payout.FoundNotSent: payout.Conflict, payout.FoundFailed: payout.Conflict,
	} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.vexora.answer = w.says(answer)
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		r := w.importBy(file(payout.Vexora, row(1, p, payout.FoundSucceeded)), dara)
		if r.Counts[want] != 1 {
			t.Errorf("%s: %v", answer, r.Counts)
		}
	}
}

// A slip in a reference: nobody was ever four attempts further.
func TestALineAboutAFarAttemptIsASlip(t *testing.T) {
	for ahead, doubts := range map[payout.Attempt]bool{3: true, 4: false} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		far := p
		far.Attempt += ahead
		w.importBy(file(payout.Vexora, row(1, far, payout.FoundSucceeded)), dara)
		if now := w.stored(p.ID); now.SafeToPayAgain() == doubts {
			t.Errorf("%d ahead: safe %v, heard %v", ahead, now.SafeToPayAgain(), now.Heard)
		}
	}
}

// What is not covered by the signature is not kept.
func TestAPaddedBodyIsNotKept(t *testing.T) {
	for _, padded := range []bool{false, true} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		c := w.claim(p, payout.FoundSucceeded)
		c.Padded = padded
		w.receive(c)
		h := w.stored(p.ID).History
		if last := h[len(h)-1]; (len(last.Raw) == 0) != padded || last.Evidence != payout.HashEvidence(c.Raw) {
			t.Errorf("padded %v: %d bytes are kept, evidence %s", padded, len(last.Raw), last.Evidence)
		}
	}
}

// Reasons come oldest first, and those of one moment by name; the oldest one counts.
func TestReasonsAreListedOldestFirst(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	a := payout.Attention{payout.Returned: at.Add(time.Hour), payout.UnlistedStatus: at, payout.Contradiction: at, payout.CallbackMismatch: at}
	if got := a.Reasons(); !slices.Equal(got, []payout.Reason{payout.CallbackMismatch, payout.Contradiction, payout.UnlistedStatus, payout.Returned}) {
		t.Errorf("%v", got)
	}
	if since, any := a.Since(); !any || !since.Equal(at) {
		t.Errorf("since %v, %v", since, any)
	}
	if _, any := (payout.Attention{}).Since(); any {
		t.Error("none is one")
	}
}

// At Vexora a lost table may have begun the attempt that is begun now. Ours was not sent; a
// failure says nothing for certain of that one.
func TestAnAttemptThatALostTableMayHaveBegunIsNeverClosedAtVexora(t *testing.T) {
	before := newWorld(t)
	p := before.failedForCertain("R1")
	w := newWorldWith(t, func(policy *payout.Policy) { policy.RestoredAt = before.clock.Now().Add(time.Minute) })
	w.store.payouts = before.store.copy().payouts
	w.clock.pass(time.Hour)
	w.vexora.answer, w.vexora.told = w.notSent, w.says(payout.FoundFailed)
	w.resendByTwo(p.ID)
	w.ask()
	w.ask()
	if now := w.stored(p.ID); now.Attempt != 2 || now.SafeToPayAgain() || slices.Contains(now.Heard, "2.closed.2") {
		t.Errorf("attempt %d, %s: heard %v", now.Attempt, now.Status, now.Heard)
	}
}
