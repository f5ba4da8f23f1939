package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// queuedUnsent is a payout that certainly did not arrive, and waits.
func (w *world) queuedUnsent(reference string) payout.Payout {
	w.t.Helper()
	accepted := w.vexora.answer
	w.vexora.answer = w.notSent
	p := w.createdBy(insider, draft(reference))
	w.vexora.answer = accepted
	if p.Status != payout.Queued || p.Sent > 0 {
		w.t.Fatalf("%s, sent %d", p.Status, p.Sent)
	}
	return p
}

// Somebody who may create payouts makes the one of another's salary before the payroll does, and
// takes care that it never moves. What is certain must not hold the salary.
func TestWhatCertainlyMovedNothingHoldsNobody(t *testing.T) {
	roads := map[string]func(w *world) payout.Payout{
		"waits, and was not sent": func(w *world) payout.Payout { return w.queuedUnsent("R1") },
		"was withdrawn": func(w *world) payout.Payout {
			p := w.queuedUnsent("R1")
			return w.must(w.operator.Cancel(bg, w.order(p.ID, dara, ""))).Payout
		},
		"failed, and is safe to pay again": func(w *world) payout.Payout { return w.failedForCertain("R1") },
		"was refused for good": func(w *world) payout.Payout {
			accepted := w.vexora.answer
			w.vexora.answer = w.refusedForGood
			p := w.createdBy(insider, draft("R1"))
			w.vexora.answer = accepted
			return p
		},
	}
	for name, road := range roads {
		for _, window := range []time.Duration{0, time.Hour} {
			w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = window })
			accepted := w.vexora.answer
			first := road(w)
			w.vexora.answer = accepted
			if salary := w.another("salary"); salary.Status != payout.Processing {
				t.Errorf("%s, window %v: the first is %s, and the salary %s, similar to %q", name, window, w.stored(first.ID).Status, salary.Status, salary.SimilarTo)
			}
		}
	}
}

// Whatever takes the certainty away holds the same money, as does what was sent.
func TestWhatIsNotCertainHoldsWithinTheWindow(t *testing.T) {
	roads := map[string]func(w *world){
		"was sent":                    func(w *world) { w.createdBy(insider, draft("R1")) },
		"was paid":                    func(w *world) { w.receive(w.claim(w.createdBy(insider, draft("R1")), payout.FoundSucceeded)) },
		"failed by a callback alone":  func(w *world) { w.receive(w.claim(w.createdBy(insider, draft("R1")), payout.FoundFailed)) },
		"waits, and is spoken of":     func(w *world) { w.receive(w.claim(w.queuedUnsent("R1"), payout.FoundUnlisted)) },
		"is withdrawn, and spoken of": func(w *world) { w.withdrawnAndSpokenOf("R1") },
		"failed, and was called paid": func(w *world) { w.receive(w.claim(w.failedForCertain("R1"), payout.FoundSucceeded)) },
	}
	for name, road := range roads {
		w := newWorldWith(t, withWindow)
		accepted := w.vexora.answer
		road(w)
		w.vexora.answer = accepted
		if salary := w.another("salary"); salary.Status != payout.Queued || salary.SimilarTo == "" {
			t.Errorf("the first %s, and the salary is %s", name, salary.Status)
		}
	}
}

func (w *world) withdrawnAndSpokenOf(reference string) {
	w.t.Helper()
	p := w.must(w.operator.Cancel(bg, w.order(w.queuedUnsent(reference).ID, dara, ""))).Payout
	w.receive(w.claim(p, payout.FoundProcessing))
}

// What a lost table may have sent is not certain.
func TestWhatWasQueuedInABackupHoldsWithinTheWindow(t *testing.T) {
	before := newWorldWith(t, withWindow)
	before.queuedUnsent("R1")
	after := newWorldWith(t, func(p *payout.Policy) {
		withWindow(p)
		p.Remembered = func() time.Time { return before.clock.Now().Add(time.Minute) }
	})
	after.store.released(before.clock.Now().Add(time.Minute))
	after.store.Payouts, after.store.Lists = before.store.copy().Payouts, before.store.Lists
	after.clock.pass(2 * time.Minute)
	if salary := after.another("salary"); salary.Status != payout.Queued || salary.SimilarTo == "" {
		t.Errorf("%s, similar to %q", salary.Status, salary.SimilarTo)
	}
}

// A payout that waits holds nobody, so whoever comes between its look at the list and its fence
// goes. It looks once more after the fence.
func TestWhatWaitsSeesWhoWentMeanwhile(t *testing.T) {
	moments := map[string]func(w *world, do func()){
		"before its fence": func(w *world, do func()) { w.connectors[Vexora] = &opening{w.vexora, do} },
		"after its fence":  func(w *world, do func()) { w.store.finding = do },
	}
	for name, at := range moments {
		w := newWorldWith(t, withWindow)
		waits := w.queuedUnsent("R1")
		w.clock.pass(2 * time.Minute)
		var salary payout.Payout
		at(w, func() { salary = w.another("salary") })
		sent := len(w.vexora.sent)
		w.sweep()
		if now := w.stored(waits.ID); len(w.vexora.sent)-sent > 1 || now.Status != payout.Queued && salary.Status != payout.Queued {
			t.Errorf("%s: %d of the same money are sent: %s and %s", name, len(w.vexora.sent)-sent, now.Status, salary.Status)
		}
	}
}

// A create that has looked at the list, and found that the other one waits, is fenced after that
// one was sent: that one saw it on the list.
func TestACreateThatIsSlowAfterItsLook(t *testing.T) {
	w := newWorldWith(t, withWindow)
	waits := w.queuedUnsent("R1")
	w.clock.pass(2 * time.Minute)
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: w.sweep}
	sent := len(w.vexora.sent)
	salary := w.another("salary")
	if len(w.vexora.sent)-sent != 1 || salary.Status != payout.Processing || w.stored(waits.ID).Status != payout.Queued {
		t.Errorf("%d are sent: %s and %s", len(w.vexora.sent)-sent, salary.Status, w.stored(waits.ID).Status)
	}
}

// dialling does something once, when a connection is dialled, by when a create has compared; or when
// the request leaves, before any answer is there.
type dialling struct {
	*provider
	do, leaves func()
}

type slowly struct {
	payout.Submission
	of *dialling
}

func (d *dialling) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	s, faults, err := d.provider.Prepare(ctx, p)
	return slowly{s, d}, faults, err
}

func (s slowly) Dial(ctx context.Context) {
	if do := s.of.do; do != nil {
		s.of.do = nil
		do()
	}
	s.Submission.Dial(ctx)
}

func (s slowly) Send(ctx context.Context) payout.Claim {
	if do := s.of.leaves; do != nil {
		s.of.leaves = nil
		do()
	}
	return s.Submission.Send(ctx)
}

// Two that wait are released at one moment, and both are fenced before either looks. Neither
// goes then; one is tried before the other, so that they do not meet again and again.
func TestOfTwoThatWaitOneGoes(t *testing.T) {
	w := newWorldWith(t, withWindow)
	a, b := w.queuedUnsent("R1"), w.queuedUnsent("R2")
	w.clock.pass(2 * time.Minute)
	w.store.finding = w.sweep // by a second sweep, which takes the other one up
	sent := len(w.vexora.sent)
	w.sweep()
	if len(w.vexora.sent)-sent > 1 {
		t.Fatalf("both are sent")
	}
	if apart := w.stored(a.ID).QueryAt.Sub(w.stored(b.ID).QueryAt).Abs(); len(w.vexora.sent) == sent && apart < time.Minute {
		t.Errorf("they are tried again within %v", apart)
	}
	w.sweepFor(6, 2*time.Minute)
	held, gone := w.stored(a.ID), w.stored(b.ID)
	if held.Status == payout.Processing {
		held, gone = gone, held
	}
	if len(w.vexora.sent)-sent != 1 || held.WaitsFor() != payout.QueuedDuplicate || held.SimilarTo != gone.ID {
		t.Errorf("%d are sent: %s and %s, which waits for %s", len(w.vexora.sent)-sent, gone.Status, held.Status, held.WaitsFor())
	}
}

// What certainly moved nothing does not fill a list either: a full one holds everybody.
func TestWhatMovedNothingDoesNotFillAList(t *testing.T) {
	w := newWorldWith(t, withWindow)
	for n := range payout.MostUnsettled + 10 {
		p := w.queuedUnsent(fmt.Sprint("R", n))
		if n%2 == 0 {
			w.must(w.operator.Cancel(bg, w.order(p.ID, dara, "")))
		}
		w.store.SharedState.Pauses = map[payout.Provider]payout.Pause{}
		w.over(payout.Floor{})
		w.clock.pass(time.Second)
	}
	if salary := w.another("salary"); salary.Status != payout.Processing {
		t.Errorf("%s, similar to %q", salary.Status, salary.SimilarTo)
	}
}

// Whose payout it is that holds another one stands beside it, whatever found it.
func TestAHeldPayoutNamesWhoMadeTheOther(t *testing.T) {
	roads := map[string]func(w *world) payout.ID{
		"at its create": func(w *world) payout.ID { return w.another("salary").ID },
		"in the queue": func(w *world) payout.ID {
			w.over(payout.Floor{Held: held(Vexora)})
			p := w.another("salary")
			w.over(payout.Floor{})
			w.sweepFor(1, 2*time.Minute)
			return p.ID
		},
		"by an order": func(w *world) payout.ID {
			w.over(payout.Floor{Held: held(Vexora)})
			p := w.another("salary")
			w.over(payout.Floor{})
			_, _ = w.operator.Resend(bg, w.order(p.ID, dara, ""))
			return p.ID
		},
	}
	for name, road := range roads {
		w := newWorldWith(t, withWindow)
		first := w.createdBy(insider, draft("R1"))
		now := w.stored(road(w))
		if now.SimilarTo != first.ID || now.SimilarBy != insider || now.CreatedBy != honest {
			t.Errorf("%s: similar to %q by %q, created by %q", name, now.SimilarTo, now.SimilarBy, now.CreatedBy)
		}
		counted := w.signals.duplicates
		if ordered := name == "by an order"; ordered != (len(counted) == 0) || !ordered && (counted[0].ID != now.ID || counted[0].SimilarBy != insider) {
			t.Errorf("%s: counted %v", name, len(counted))
		}
	}
}
