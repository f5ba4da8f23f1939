package payout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

const (
	dara  = payout.Principal("arn:aws:iam::111122223333:role/dara")
	bopha = payout.Principal("arn:aws:iam::111122223333:role/bopha")
	sokha = payout.Principal("arn:aws:iam::111122223333:role/sokha")
	// stranger may call, and stands in no register.
	stranger   = payout.Principal("arn:aws:iam::111122223333:role/stranger")
	darasToken = payout.Principal("https://id.example.com|dara")
)

// unclear is an answer that was lost.
func (w *world) unclear(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundUnclear, At: w.clock.Now()}
}

// absent is a provider that does not know the payout.
func (w *world) absent(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundAbsent, Code: "3061", At: w.clock.Now()}
}

func (w *world) order(id payout.ID, by payout.Principal, as payout.Resolution) payout.Order {
	return payout.Order{ID: id, By: by, Identities: []payout.Principal{by}, As: as, Reason: "looked into", Evidence: "ticket 4711"}
}

func problemOf(err error) payout.OrderProblem {
	var refused *payout.OrderRefused
	if errors.As(err, &refused) {
		return refused.Problem
	}
	return ""
}

func (w *world) must(o payout.Ordered, err error) payout.Ordered {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func TestOnlyAQueuedPayoutCanBeCancelled(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
	}
	queued := w.mustCreate(draft("R1"))
	done := w.must(w.operator.Cancel(ctx, w.order(queued.ID, dara, "")))
	last := done.Payout.History[len(done.Payout.History)-1]
	if done.Payout.Status != payout.Cancelled || last.By != dara || last.Source != payout.FromOperator {
		t.Errorf("%s by %s (%s)", done.Payout.Status, last.By, last.Source)
	}
	if again := w.must(w.operator.Cancel(ctx, w.order(queued.ID, dara, ""))); again.Payout.Version != done.Payout.Version {
		t.Error("a repeated order wrote something")
	}
	w.clock.pass(time.Hour)
	w.sweep()
	if len(w.vexora.sent) != 1 {
		t.Errorf("a cancelled payout was sent %d times", len(w.vexora.sent)-1)
	}

	w.vexora.answer = w.unclear
	for _, p := range []payout.Payout{w.mustCreate(draft("R2"))} {
		if _, err := w.operator.Cancel(ctx, w.order(p.ID, dara, "")); problemOf(err) != payout.OrderNotPossible {
			t.Errorf("cancelling a payout that is %s: %v", p.Status, err)
		}
	}
}

func TestWhatIsSpokenOfIsCancelledByTwo(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundUnlisted))
	if _, err := w.operator.Cancel(ctx, w.order(p.ID, stranger, "")); problemOf(err) != payout.OrderPeopleNotRegistered {
		t.Errorf("by a stranger: %v", err)
	}
	if first := w.must(w.operator.Cancel(ctx, w.order(p.ID, dara, ""))); !first.Awaiting || first.Payout.Status != payout.Queued {
		t.Errorf("by one person: %s", first.Payout.Status)
	}
	if second := w.must(w.operator.Cancel(ctx, w.order(p.ID, bopha, ""))); second.Awaiting || second.Payout.Status != payout.Cancelled {
		t.Errorf("by two: %s", second.Payout.Status)
	}
}

func TestAPayoutIsResolvedByTwoDifferentPeople(t *testing.T) {
	for _, as := range []payout.Resolution{payout.ResolvedSucceeded, payout.ResolvedFailed} {
		w := newWorld(t)
		ctx := context.Background()
		w.vexora.answer, w.vexora.told = w.unclear, w.absent
		p := w.mustCreate(draft("R1"))
		first := w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, as)))
		if !first.Awaiting || first.Payout.Status != payout.Unknown || first.Payout.Proposal.By != dara {
			t.Fatalf("after one person: awaiting %v, %s", first.Awaiting, first.Payout.Status)
		}
		if again := w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, as))); !again.Awaiting || again.Payout.Version != first.Payout.Version {
			t.Error("the same person counted twice")
		}
		second := w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, as)))
		if second.Awaiting || second.Payout.Status != payout.Status(as) || second.Payout.Proposal != (payout.Proposal{}) {
			t.Fatalf("after two people: awaiting %v, %s", second.Awaiting, second.Payout.Status)
		}
		if f := second.Payout.Failure; as == payout.ResolvedFailed && (f == nil || second.Payout.SafeToPayAgain()) {
			t.Errorf("failure %+v: people do not make it safe to pay again", f)
		}
	}
}

func TestASecondPersonWhoSaysSomethingElseConfirmsNothing(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.ResolvedFailed)))
	other := w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, payout.ResolvedSucceeded)))
	if !other.Awaiting || other.Payout.Status != payout.Unknown || other.Payout.Proposal.By != bopha {
		t.Errorf("%s, proposal %+v", other.Payout.Status, other.Payout.Proposal)
	}
	w.clock.pass(25 * time.Hour)
	late := w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.ResolvedSucceeded)))
	if !late.Awaiting {
		t.Error("an order of yesterday was confirmed")
	}
}

func TestAnOrderCountsOnceAndOnlyForThePayoutAsItStood(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	p := w.mustCreate(draft("R1"))
	w.clock.pass(time.Minute)
	w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
	w.must(w.operator.Resend(ctx, w.order(p.ID, bopha, "")))
	w.clock.pass(time.Minute)
	if again := w.must(w.operator.Resend(ctx, w.order(p.ID, bopha, ""))); !again.Awaiting || len(w.vexora.sent) != 2 {
		t.Errorf("one person sent it a third time: %d", len(w.vexora.sent))
	}

	other := draft("R2")
	other.Destination.AccountNumber = "10001000"
	q := w.mustCreate(other)
	w.clock.pass(time.Minute)
	w.must(w.operator.Resolve(ctx, w.order(q.ID, dara, payout.ResolvedFailed)))
	w.clock.pass(time.Minute)
	w.receive(w.claim(q, payout.FoundProcessing))
	if late := w.must(w.operator.Resolve(ctx, w.order(q.ID, bopha, payout.ResolvedFailed))); !late.Awaiting {
		t.Error("an order about an unknown payout was confirmed when it was processing")
	}
}

func TestAnOrderAboutAnOlderSequenceIsRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	order := w.order(p.ID, dara, "")
	order.Sequence = p.Sequence() - 1
	if _, err := w.operator.Cancel(ctx, order); problemOf(err) != payout.OrderOutdated {
		t.Errorf("cancel: %v", err)
	}
	if _, err := w.operator.Resend(ctx, order); problemOf(err) != payout.OrderOutdated {
		t.Errorf("resend: %v", err)
	}
	order.Sequence = p.Sequence()
	w.must(w.operator.Cancel(ctx, order))
	w.must(w.operator.Cancel(ctx, order)) // repeated, since the answer was lost
}

func TestAProviderThatContradictsAResolutionIsHeard(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.ResolvedFailed)))
	w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, payout.ResolvedFailed)))
	w.receive(w.claim(p, payout.FoundSucceeded))
	stored := w.stored(p.ID)
	if _, raised := stored.Attention[payout.Contradiction]; stored.Status != payout.Failed || !raised {
		t.Fatalf("%s with attention %v", stored.Status, stored.Attention)
	}
	if _, err := w.operator.Resolve(ctx, w.order(p.ID, dara, payout.ResolvedSucceeded)); problemOf(err) != payout.OrderNotPossible {
		t.Errorf("rewriting a final state: %v", err)
	}
	w.must(w.operator.Resolve(ctx, w.order(p.ID, dara, payout.Reviewed)))
	done := w.must(w.operator.Resolve(ctx, w.order(p.ID, bopha, payout.Reviewed)))
	if len(done.Payout.Attention) != 0 || done.Payout.Status != payout.Failed {
		t.Errorf("reviewed: %s with attention %v", done.Payout.Status, done.Payout.Attention)
	}
}

func TestAnUnknownPayoutIsResentUnderTheSameReference(t *testing.T) {
	tests := []struct {
		provider payout.Provider
		people   []payout.Principal
	}{
		{Monetix, []payout.Principal{dara}},       // documented to refuse a repetition
		{Vexora, []payout.Principal{dara, bopha}}, // not documented: two people
	}
	for _, test := range tests {
		w := newWorld(t)
		connector := map[payout.Provider]*provider{Vexora: w.vexora, Monetix: w.monetix}[test.provider]
		accepted := connector.answer
		connector.answer = w.unclear
		p := w.mustCreate(draftFor(test.provider))
		connector.answer = accepted
		var last payout.Ordered
		for _, who := range test.people {
			if len(connector.sent) != 1 {
				t.Fatalf("%s: sent by one person", test.provider)
			}
			last = w.must(w.operator.Resend(context.Background(), w.order(p.ID, who, "")))
		}
		if last.Awaiting || last.Payout.Status != payout.Processing || len(connector.sent) != 2 ||
			connector.sent[0] != connector.sent[1] || last.Payout.Attempt != 1 || last.Payout.Sent != 2 {
			t.Errorf("%s: %s, sent %v, attempt %d", test.provider, last.Payout.Status, connector.sent, last.Payout.Attempt)
		}
	}
}

// draftFor is a draft that the provider serves.
func draftFor(name payout.Provider) payout.Draft {
	d := draft("R1")
	d.Provider = name
	if name == Monetix {
		d.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"}
	}
	return d
}

func TestAnErrorAfterAResendLeavesThePayoutUnknown(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, OnlyIfFirst: true, Conclusive: true, Code: "2641", At: w.clock.Now()}
	}
	o := w.must(w.operator.Resend(context.Background(), w.order(p.ID, dara, "")))
	if o.Payout.Status != payout.Unknown {
		t.Errorf("status %s: the first submission may have been paid", o.Payout.Status)
	}
}

func TestAFailedPayoutIsPaidAgainAsANewAttempt(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // by a callback: not yet safe to pay again
	first := w.must(w.operator.Resend(ctx, w.order(p.ID, dara, "")))
	if !first.Awaiting || len(w.vexora.sent) != 1 {
		t.Fatalf("awaiting %v, sent %d", first.Awaiting, len(w.vexora.sent))
	}
	o := w.must(w.operator.Resend(ctx, w.order(p.ID, bopha, "")))
	if o.Payout.Attempt != 2 || o.Payout.Status != payout.Processing || o.Payout.Failure != nil ||
		!o.Payout.CompletedAt.IsZero() || w.vexora.sent[0] == w.vexora.sent[1] {
		t.Fatalf("attempt %d, %s, failure %v, sent %v", o.Payout.Attempt, o.Payout.Status, o.Payout.Failure, w.vexora.sent)
	}

	// The first attempt turns out to have been paid after all.
	w.receive(w.claim(p, payout.FoundSucceeded))
	stored := w.stored(p.ID)
	if _, raised := stored.Attention[payout.DoublePaymentSuspected]; !raised || stored.Status != payout.Processing {
		t.Errorf("%s with attention %v", stored.Status, stored.Attention)
	}
	if !slices.Contains(w.signals.raised, payout.SignalDoublePayment) {
		t.Error("nobody was alarmed")
	}
	// The late failure of the first attempt does not fail the second one.
	w.receive(w.claim(p, payout.FoundFailed))
	if got := w.stored(p.ID).Status; got != payout.Processing {
		t.Errorf("status %s", got)
	}
}

func TestWhatIsWithTheProviderOrOverIsNotResent(t *testing.T) {
	w := newWorld(t)
	processing := w.mustCreate(draft("R1"))
	paid := w.mustCreate(draft("R2"))
	w.receive(w.claim(paid, payout.FoundSucceeded))
	for _, id := range []payout.ID{processing.ID, paid.ID} {
		if _, err := w.operator.Resend(context.Background(), w.order(id, dara, "")); problemOf(err) != payout.OrderNotPossible {
			t.Errorf("%v", err)
		}
	}
	if len(w.vexora.sent) != 2 {
		t.Errorf("sent %d", len(w.vexora.sent))
	}
}

func TestAResendOverAnUnclearFenceSendsNothing(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.unclear
	p := w.mustCreate(draftFor(Monetix))
	before := w.store.writes
	w.store.fault = func(n int) fault {
		if n == before+1 {
			return lostAfter
		}
		return none
	}
	if _, err := w.operator.Resend(context.Background(), w.order(p.ID, dara, "")); problemOf(err) != payout.OrderUnavailable {
		t.Errorf("%v", err)
	}
	if len(w.monetix.sent) != 1 {
		t.Errorf("sent %d times over an unclear fence", len(w.monetix.sent))
	}
	w.clock.pass(5 * time.Minute)
	w.monetix.told = w.absent
	w.sweep()
	if got := w.stored(p.ID).Status; got != payout.Unknown {
		t.Errorf("status %s", got)
	}
}

func TestOrdersNameEverythingThatTheyLack(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	_, err := w.operator.Resolve(context.Background(), payout.Order{ID: p.ID, By: dara, As: payout.ResolvedFailed})
	var refused *payout.OrderRefused
	if !errors.As(err, &refused) || len(refused.Faults) != 2 || refused.Problem != payout.OrderUnreadable {
		t.Errorf("%v", err)
	}
	none := payout.DeriveID("test", "nothing")
	if _, err := w.operator.Cancel(context.Background(), w.order(none, dara, "")); problemOf(err) != payout.OrderUnknown {
		t.Errorf("%v", err)
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
