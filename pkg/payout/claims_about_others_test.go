package payout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func fact(a payout.Attempt, word string) payout.Fact {
	return payout.Fact(fmt.Sprintf("%d.%s", a, word))
}

// A claim is weighed against one payout; that it names another one is found there, too,
// whatever attempt of the other one it names.
func TestAClaimAboutAnotherPayoutMovesNothing(t *testing.T) {
	p := in(t, payout.Processing)
	other := payout.DeriveID("test", "R2")
	for _, reference := range []string{string(other.ProviderReference(1)), string(other.ProviderReference(2)), "payment_47"} {
		c := claimOf(p, payout.FoundSucceeded)
		c.Reference = reference
		d := p.Decide(c)
		if d.Change == nil || d.Change.Status != "" || !slices.Equal(d.Change.Heard, []payout.Fact{"1.mismatch"}) {
			t.Errorf("%s: %s, %+v", reference, d.Verdict, d.Change)
		}
	}
}

// An attempt that was never made is told apart from a wrong amount.
func TestAnAttemptThatWasNeverMadeIsForeign(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	next := p
	next.Attempt++
	w.receive(w.claim(next, payout.FoundSucceeded))
	if heard := w.stored(p.ID).Heard; !slices.Contains(heard, "2.foreign") || slices.Contains(heard, "1.mismatch") {
		t.Errorf("heard %v", heard)
	}
}

// ambiguous is a callback of which nothing is believed.
func (w *world) ambiguous(p payout.Payout, why string) payout.Claim {
	c := w.claim(p, payout.FoundSucceeded)
	c.Ambiguous, c.Raw = "it could be cut otherwise: "+why, []byte(why)
	return c
}

// Three texts of which nothing is believed are kept. More tell nobody anything, until people
// have looked at them.
func TestThreeAmbiguousTextsAreKept(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	start := len(w.stored(p.ID).History)
	for n := range 6 {
		w.receive(w.ambiguous(p, fmt.Sprint(n)))
	}
	if kept := len(w.stored(p.ID).History) - start; kept != 3 {
		t.Errorf("%d are kept", kept)
	}
	w.reviewed(p.ID)
	w.receive(w.ambiguous(p, "after the review"))
	if _, called := w.stored(p.ID).Attention[payout.CallbackMismatch]; !called {
		t.Errorf("after the review nobody is called: %v", w.stored(p.ID).Attention.Reasons())
	}
}

// What the history holds besides does not count as one of the three.
func TestOtherWordsDoNotTakeTheRoomOfAmbiguousTexts(t *testing.T) {
	for name, say := range map[string]func(w *world, p payout.Payout, n int){
		"unlisted statuses": func(w *world, p payout.Payout, n int) {
			c := w.claim(p, payout.FoundUnlisted)
			c.Code = fmt.Sprint("x", n)
			w.receive(c)
		},
		"callbacks without a code": func(w *world, p payout.Payout, n int) {
			c := w.claim(p, payout.FoundUnclear)
			c.Code, c.Message, c.Suspect = "", fmt.Sprint(n), fmt.Sprint("suspect ", n)
			w.receive(c)
		},
		"answers without a code": func(w *world, p payout.Payout, n int) {
			w.vexora.told = func(payout.Payout) payout.Claim {
				return payout.Claim{Finding: payout.FoundUnlisted, ProviderID: fmt.Sprint("N", n), At: w.clock.Now()}
			}
			w.reviewed(p.ID)
			w.ask()
		},
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.ambiguous(p, "the first"))
		for n := range 3 {
			say(w, p, n)
		}
		c := w.claim(p, payout.FoundSucceeded)
		c.Amounts = []money.Amount{amount(t, "500", money.KHR)}
		w.receive(c) // somebody is called
		before := len(w.stored(p.ID).History)
		w.receive(w.ambiguous(p, "the second"))
		if kept := len(w.stored(p.ID).History) - before; kept != 1 {
			t.Errorf("%s: %d more is kept", name, kept)
		}
	}
}

// Somebody is called already, for another amount, and unlisted statuses came without a code.
// That nothing of a text is believed is a fact of its own.
func TestAnAmbiguousTextIsAFactWhateverCameBefore(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	for n := range 4 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code, c.ProviderID = "", ""
		c.Amounts = []money.Amount{p.Amount}
		c.Raw = []byte(fmt.Sprint(n))
		c.Description = nil
		c.Reference = string(p.ProviderReference())
		c.Suspect = fmt.Sprint("suspect ", n)
		w.receive(c)
	}
	w.receive(w.ambiguous(p, "one"))
	if heard := w.stored(p.ID).Heard; !slices.Contains(heard, "1.ambiguous") {
		t.Errorf("heard %v", heard)
	}
}

// While no callback is believed: the same one again is nothing new, unless the provider has
// made the failure certain since.
func TestAnUnbelievedCallbackAgain(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.pull(dara, askFirst)
	c := w.claim(p, payout.FoundProcessing)
	w.receive(c)
	once := w.stored(p.ID)
	w.clock.pass(time.Second)
	if w.receive(c); len(w.stored(p.ID).History) != len(once.History) || !w.stored(p.ID).QueryAt.Equal(once.QueryAt) {
		t.Errorf("the same again: %d entries more", len(w.stored(p.ID).History)-len(once.History))
	}
	if w.ask(); !w.stored(p.ID).SafeToPayAgain() {
		t.Fatal("the provider has answered")
	}
	if w.receive(c); w.stored(p.ID).SafeToPayAgain() {
		t.Error("the word came after the answer")
	}
}

// A fact that is new is written though somebody is called already, and the history is full.
func TestANewFactIsWrittenThoughSomebodyIsCalledAndTheHistoryIsFull(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.ambiguous(p, "one"))
	for n := range 40 {
		c := w.claim(p, payout.FoundUnlisted)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	next := p
	next.Attempt++
	w.receive(w.claim(next, payout.FoundSucceeded))
	if heard := w.stored(p.ID).Heard; !slices.Contains(heard, "2.foreign") {
		t.Errorf("heard %v", heard)
	}
}

// An answer with an unlisted status calls a person once.
func TestAnUnlistedAnswerAgainCallsNobody(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.says(payout.FoundUnlisted)
	w.ask()
	once, raised := w.stored(p.ID), len(w.signals.raised)
	w.ask()
	w.ask()
	if now := w.stored(p.ID); len(now.History) != len(once.History) || len(w.signals.raised) != raised {
		t.Errorf("%d entries and %d signals more", len(now.History)-len(once.History), len(w.signals.raised)-raised)
	}
}

// A word that comes while the submission is on its way does not have the sweep ask beside it.
func TestAWordDuringTheSubmissionMovesNoQuestion(t *testing.T) {
	w := newWorld(t)
	var fenced, during payout.Payout
	w.vexora.during = func() {
		fenced = w.stored(payout.DeriveID("test", "R1"))
		next := fenced
		next.Attempt++
		w.receive(w.claim(next, payout.FoundSucceeded))
		during = w.stored(fenced.ID)
	}
	w.mustCreate(draft("R1"))
	if _, called := during.Attention[payout.CallbackMismatch]; !called || !during.QueryAt.Equal(fenced.QueryAt) {
		t.Errorf("attention %v, asked at %v instead of %v", during.Attention, during.QueryAt, fenced.QueryAt)
	}
}

// The number that an answer of the provider's names replaces one that a callback alone named; a
// file's never replaces it.
func TestTheLastAnswersNumberIsKept(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundProcessing))
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, ProviderID: "N-2", At: w.clock.Now()}
	}
	w.ask()
	if now := w.stored(p.ID); now.ProviderID != "N-2" {
		t.Errorf("number %q", now.ProviderID)
	}
}

func TestALackOfFundsIsTold(t *testing.T) {
	for code, told := range map[payout.FailureCode]bool{payout.FailureFunds: true, payout.FailureDeclined: false} {
		w := newWorld(t)
		w.vexora.answer = func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: payout.FoundFailed, Failure: code, Conclusive: true, At: w.clock.Now()}
		}
		w.mustCreate(draft("R1"))
		if slices.Contains(w.signals.raised, payout.SignalLowBalance) != told {
			t.Errorf("%s: raised %v", code, w.signals.raised)
		}
	}
}

// The fact of the account is part of stored items: its text does not change. An item of before
// it was kept is asked about under any account.
func TestTheAccountOfASubmission(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	if !slices.Contains(p.Heard, "1.at-e3b0c442") { // SHA-256 of an empty name
		t.Errorf("heard %v", p.Heard)
	}
	p.Heard = payout.Heard{"1.sent"}
	w.store.Payouts[p.ID] = p
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, Account: "merchant-7", At: w.clock.Now()}
	}
	w.ask()
	if now := w.stored(p.ID); now.Status != payout.Succeeded {
		t.Errorf("%s", now.Status)
	}
}
