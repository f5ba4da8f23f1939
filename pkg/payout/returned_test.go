package payout_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// returnsTold is how many returns the merchant was told of.
func returnsTold(p payout.Payout) (n int) {
	for _, e := range p.Events() {
		if e.Type == payout.EventReturned {
			n++
		}
	}
	return n
}

// Whoever is told that the money came back may pay again. So he is told once of what the payout
// counts as returned by, and of nothing that somebody only said.
func TestAReturnIsToldOnceAndNothingElseIs(t *testing.T) {
	after := func(says payout.Finding, words ...func(w *world, c payout.Claim) payout.Claim) func(*world) payout.Payout {
		return func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundSucceeded))
			if says != "" {
				w.monetix.told = w.says(says)
			}
			for _, word := range words {
				w.receive(word(w, w.claim(p, payout.FoundReturned)))
			}
			return p
		}
	}
	plain := func(_ *world, c payout.Claim) payout.Claim { return c }
	doubted := func(_ *world, c payout.Claim) payout.Claim { return unbelieved(c) }
	less := func(w *world, c payout.Claim) payout.Claim {
		c.Amounts = []money.Amount{amount(w.t, "500", money.KHR)}
		return c
	}
	numbered := func(_ *world, c payout.Claim) payout.Claim {
		c.ProviderID = "N-other"
		return c
	}
	for name, test := range map[string]struct {
		road func(w *world) payout.Payout
		want int
	}{
		"a callback":                                      {after("", plain), 1},
		"a callback, and an answer":                       {after(payout.FoundReturned, plain), 1},
		"an unbelieved callback, and an answer":           {after(payout.FoundReturned, doubted), 1},
		"an unbelieved callback that no answer bears out": {after(payout.FoundSucceeded, doubted), 0},
		"another amount":                                  {after("", less), 0},
		"another number, after a return":                  {after("", plain, numbered), 1},
		"an earlier attempt": {func(w *world) payout.Payout {
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundFailed))
			w.clock.pass(2 * time.Minute)
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			second := w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))).Payout
			w.receive(w.claim(second, payout.FoundSucceeded))
			w.receive(w.claim(p, payout.FoundReturned))
			return p
		}, 0},
	} {
		w := newWorld(t)
		p := test.road(w)
		w.sweepFor(30, 30*time.Minute)
		now := w.stored(p.ID)
		if n := returnsTold(now); n != test.want || n != map[bool]int{true: 1}[now.Return != nil] {
			t.Errorf("%s: %s, told of %d returns, returned %v, attention %v", name, now.Status, n, now.Return != nil, now.Attention)
		}
	}
}

// unbelieved is a callback that came while nobody believes any.
func unbelieved(c payout.Claim) payout.Claim {
	c.Unbelieved = true
	return c
}

// An answer that says "returned" of something else does not bear out a callback of later.
func TestAnAnswerAboutSomethingElseConfirmsNoReturn(t *testing.T) {
	for _, about := range []string{"nothing", "another amount"} {
		w := newWorld(t)
		p := w.mustCreate(draftFor(Monetix))
		w.monetix.told = w.says(payout.FoundSucceeded)
		if about != "nothing" {
			w.monetix.told = func(q payout.Payout) payout.Claim {
				c := w.says(payout.FoundReturned)(q)
				c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
				return c
			}
		}
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.sweepFor(2, 6*time.Minute)
		w.monetix.told = w.says(payout.FoundSucceeded)
		w.sweepFor(5, 20*time.Minute)
		if len(w.stored(p.ID).Attention) > 0 {
			w.byTwo(p.ID, payout.Reviewed)
		}
		w.receive(w.claim(p, payout.FoundReturned))
		w.sweepFor(60, 30*time.Minute)
		now := w.stored(p.ID)
		if _, contradicted := now.Attention[payout.Contradiction]; !contradicted || isTold(now, cameBack) {
			t.Errorf("after an answer about %s: %v, next %q", about, now.Attention, now.NextAction(payout.Returned))
		}
	}
}

// A file may lie about a return, as a callback may: what the provider answers afterwards is heard.
func TestAFilesReturnThatTheProviderDeniesIsAContradiction(t *testing.T) {
	for _, name := range both {
		for _, open := range []bool{false, true} {
			w := newWorld(t)
			if open {
				w.named(name).answer = w.unclear
			}
			p := w.mustCreate(draftFor(name))
			if !open {
				w.receive(w.claim(p, payout.FoundSucceeded))
			}
			w.named(name).told = w.unclear
			w.sweepFor(10, 10*time.Minute)
			w.appliedByTwo(file(name, row(1, w.stored(p.ID), payout.FoundReturned)))
			if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
				t.Fatalf("%s, open %t: returned %v, %q before the provider could answer", name, open, now.Return != nil, now.NextAction(payout.Returned))
			}
			denied := maps.Clone(w.store.Payouts)
			w.sweepFor(60, time.Hour)
			if now := w.stored(p.ID); w.raised(p.ID, payout.Contradiction) || isTold(now, cameBack) == open { // an end by a file alone is asked about
				t.Errorf("%s, open %t: the provider is silent: %v, %q, heard %v, sent %d", name, open, now.Attention, now.NextAction(payout.Returned), now.Heard, now.Sent)
			}
			w.store.Payouts = denied
			w.named(name).told = w.says(payout.FoundSucceeded)
			w.sweepFor(60, time.Hour)
			if now := w.stored(p.ID); !w.raised(p.ID, payout.Contradiction) || isTold(now, cameBack) {
				t.Errorf("%s, open %t: the provider says paid: %v, %q", name, open, now.Attention, now.NextAction(payout.Returned))
			}
		}
	}
}

// A statement that says paid does not agree with a return that nobody has confirmed.
func TestAPaidLineDoesNotMatchAnUnconfirmedReturn(t *testing.T) {
	for said, want := range map[payout.Finding]statement.Kind{payout.FoundSucceeded: statement.Conflict, payout.FoundReturned: statement.Matched} {
		w := newWorld(t)
		p := w.mustCreate(draftFor(Monetix))
		w.monetix.told = w.unclear
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.receive(w.claim(p, payout.FoundReturned))
		w.counts(w.checked(file(Monetix, row(1, w.stored(p.ID), said))), map[statement.Kind]int{want: 1})
	}
}

// Two people's file says that a payout came back after the provider has answered since that it
// paid: that is a contradiction, and no return.
func TestAFileDoesNotTakeBackWhatTheProviderHasAnsweredSince(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.monetix.told = w.says(payout.FoundSucceeded)
	w.sweepFor(10, 10*time.Minute)
	w.appliedByTwo(file(Monetix, row(1, w.stored(p.ID), payout.FoundReturned)))
	if now := w.stored(p.ID); now.Return != nil || !w.raised(p.ID, payout.Contradiction) {
		t.Errorf("returned %v, attention %v", now.Return != nil, now.Attention)
	}
}

// Two attempts, whatever became of them: people are called, and nobody is told to do anything about
// one of them before the provider was asked about both.
func TestNobodyIsToldToStopThePaymentThatMayBeTheOnlyOne(t *testing.T) {
	for name, of := range map[string]struct{ first, second payout.Finding }{
		"both paid":           {payout.FoundSucceeded, payout.FoundSucceeded},
		"the second failed":   {payout.FoundSucceeded, payout.FoundFailed},
		"the first came back": {payout.FoundReturned, payout.FoundSucceeded},
		"back, and failed":    {payout.FoundReturned, payout.FoundFailed},
		"one in progress":     {payout.FoundProcessing, payout.FoundSucceeded},
	} {
		w, p := secondUnder(t, Monetix, nil)
		w.numbered(p, of.second, "N-2")
		w.knows(Monetix, map[payout.Attempt]payout.Claim{1: under(of.first, "N-1"), 2: under(of.second, "N-2")})
		w.sweepFor(60, 30*time.Minute)
		now := w.stored(p.ID)
		if !w.raised(p.ID, payout.DoublePaymentSuspected) || !isTold(now, "if two payments are made") || isTold(now, cameBack) || now.SafeToPayAgain() {
			t.Errorf("%s: %s, attention %v, told %q; heard %v", name, now.Status, now.Attention, advised(now), now.Heard)
		}
	}
}

// What a lost table may have sent is never called unsent, whatever else holds it.
func TestWhatALostTableMayHaveSentIsNeverCalledUnsent(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, lost, nil, Monetix)
	have.serve(w, "A", payout.FoundSucceeded)
	w.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Scope(Monetix): payout.GateHeld}})
	p := w.mustCreate(draftFor(Monetix))
	w.sweepFor(5, 20*time.Minute)
	now := w.stored(p.ID)
	if next := now.NextAction(payout.QueuedTooLong); now.Status != payout.Queued || !w.raised(p.ID, payout.QueuedTooLong) || !strings.Contains(next, "a lost table may have sent it") {
		t.Errorf("%s, %v, %q", now.Status, now.Attention, next)
	}
	w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedSucceeded)))
	if _, err := w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)); err == nil || strings.Contains(err.Error(), "was not sent") {
		t.Errorf("resolved as failed: %v", err)
	}
}

// What is certain of a failure is what is shown, unless people ended it: that is theirs.
func TestTheFailureThatIsShownIsTheOneThatWasConfirmed(t *testing.T) {
	for _, people := range []bool{false, true} {
		w := newWorld(t)
		w.vexora.told = w.unclear
		if people {
			w.vexora.answer = w.unclear
		}
		p, want := w.mustCreate(draft("R1")), payout.FailureFunds
		if people {
			w.clock.pass(10 * time.Minute)
			w.byTwo(p.ID, payout.ResolvedFailed)
			want = payout.FailureResolved
		} else {
			c := w.claim(p, payout.FoundFailed)
			c.Failure, c.Code, c.Message = payout.FailureRecipient, "0404", "account closed"
			w.receive(c)
		}
		w.vexora.told = func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: payout.FoundFailed, Failure: payout.FailureFunds, Code: "00029", Message: "our balance", ProviderID: "N-" + string(p.ID[:6]), At: w.clock.Now()}
		}
		w.sweepFor(20, 10*time.Minute)
		raised := slices.Contains(w.signals.raised, payout.SignalLowBalance)
		if now := w.stored(p.ID); now.Failure.Code != want || raised == people || !people && !now.SafeToPayAgain() {
			t.Errorf("ended by people %t: failure %+v, low balance raised %t, safe %t", people, *now.Failure, raised, now.SafeToPayAgain())
		}
	}
}

// Nobody is told that a payout goes by itself which does not.
func TestARefusalAboutUsOfAnUnknownPayoutDoesNotEndByItself(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.answer = w.says(payout.FoundAboutUs)
	w.sweepFor(40, time.Minute)
	now := w.stored(p.ID)
	if next := now.NextAction(payout.ProviderConfiguration); now.Status != payout.Unknown || !w.raised(p.ID, payout.ProviderConfiguration) || strings.Contains(next, "goes by itself") {
		t.Errorf("%s, %v, %q", now.Status, now.Attention, next)
	}
}

// Two people ended it, and the file does not have it. What nobody believed, or was about another
// amount, is not the provider's own word about the end.
func TestAWordThatBroughtNoEndIsNoEndTold(t *testing.T) {
	for _, word := range []string{"none", "unbelieved", "another amount"} {
		w := newWorld(t)
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		p := w.mustCreate(draft("R1"))
		w.clock.pass(10 * time.Minute)
		w.byTwo(p.ID, payout.ResolvedSucceeded)
		c := w.claim(p, payout.FoundSucceeded)
		switch word {
		case "unbelieved":
			w.receive(unbelieved(c))
		case "another amount":
			c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
			w.receive(c)
		}
		w.sweepFor(80, time.Hour)
		s, asked := file(Vexora), w.vexora.asked
		s.From, s.To = "2026-05-16", "2026-05-16"
		w.importBy(s, dara)
		if w.sweep(); w.vexora.asked != asked+1 {
			t.Errorf("%s: asked %d times more", word, w.vexora.asked-asked)
		}
	}
}
