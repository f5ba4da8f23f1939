package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

const ambiguous = "the signed text could be cut otherwise"

func TestAnAmbiguousTextMovesNothingAndIsAskedAboutAtOnce(t *testing.T) {
	for _, f := range []payout.Finding{
		payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundProcessing, payout.FoundUnlisted,
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		c := w.claim(p, f)
		c.Ambiguous = ambiguous
		if v := w.receive(c); v != payout.Noted {
			t.Errorf("%s: verdict %s", f, v)
		}
		held := w.stored(p.ID)
		_, called := held.Attention[payout.CallbackMismatch]
		if held.Status != payout.Processing || held.ProviderID != p.ProviderID || !called || held.Return != nil {
			t.Errorf("%s: %s, number %q, attention %v", f, held.Status, held.ProviderID, held.Attention)
		}
		if held.QueryAt.After(w.clock.Now()) || !slices.Contains(held.Heard, "1.ambiguous") {
			t.Errorf("%s: asked at %s, heard %v", f, held.QueryAt, held.Heard)
		}
		if last := held.History[len(held.History)-1]; last.Message != ambiguous || len(last.Raw) == 0 {
			t.Errorf("%s: kept as %+v", f, last)
		}
		if v := w.receive(c); v != payout.Repeated {
			t.Errorf("%s: verdict %s of the repetition", f, v)
		}
	}
}

func TestEachAmbiguousTextThatSaysSomethingElseIsKept(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	for _, f := range []payout.Finding{payout.FoundSucceeded, payout.FoundFailed} {
		c := w.claim(p, f)
		c.Ambiguous = ambiguous
		if v := w.receive(c); v != payout.Noted {
			t.Errorf("%s: verdict %s", f, v)
		}
	}
}

func TestAfterAnAmbiguousTextNoFailureIsSafe(t *testing.T) {
	for _, when := range []string{"before the end", "after the end"} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		lie := w.claim(p, payout.FoundFailed)
		lie.Ambiguous = ambiguous
		if when == "before the end" {
			w.receive(lie)
		}
		w.vexora.told = func(p payout.Payout) payout.Claim {
			return payout.Claim{Finding: payout.FoundFailed, Code: "00029", Failure: payout.FailureDeclined, At: w.clock.Now()}
		}
		w.clock.pass(10 * time.Minute)
		w.sweep()
		if when == "after the end" {
			w.receive(lie)
		}
		if held := w.stored(p.ID); held.Status != payout.Failed || held.SafeToPayAgain() {
			t.Errorf("%s: %s, safe %v, heard %v", when, held.Status, held.SafeToPayAgain(), held.Heard)
		}
	}
}

// Of any number of such texts about no payout of ours one a day is kept. None takes the key of
// a payout to come: whoever can make one could block every reference.
func TestOfAnAmbiguousOrphanNothingIsBelieved(t *testing.T) {
	w := newWorld(t)
	to := payout.Payout{ID: payout.DeriveID("test", "R1"), Provider: Vexora, Attempt: 1, Amount: amount(t, "5", "KHR")}
	want := payout.KeptAsOrphan
	for _, reference := range []string{string(to.ProviderReference()), "D-1", "D-2"} {
		c := w.claim(to, payout.FoundSucceeded)
		c.Reference, c.Ambiguous = reference, ambiguous
		if v := w.receive(c); v != want {
			t.Errorf("%s: verdict %s", reference, v)
		}
		want = payout.Repeated
	}
	if len(w.store.Orphans) != 1 || len(w.store.Payouts) != 0 {
		t.Errorf("%d orphans, %d items at payouts' keys", len(w.store.Orphans), len(w.store.Payouts))
	}
	for _, o := range w.store.Orphans {
		if o.Finding != payout.FoundUnlisted || o.Message != ambiguous || !o.Amount.IsZero() || o.ProviderID != "" || o.Reference != "" {
			t.Errorf("%+v", o)
		}
	}
	if p := w.mustCreate(draft("R1")); p.Status != payout.Processing {
		t.Errorf("the payout that it spoke of is %s", p.Status)
	}
}

func TestACallbackWithAnotherProviderNumberEndsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	c := w.claim(p, payout.FoundSucceeded)
	c.ProviderID = "another"
	if v := w.receive(c); v != payout.Noted || w.stored(p.ID).Status != payout.Processing {
		t.Errorf("verdict %s, %s", v, w.stored(p.ID).Status)
	}
	c.ProviderID = ""
	if v := w.receive(c); v != payout.Applied {
		t.Errorf("verdict %s without a number", v)
	}
}

func TestAfterASecondSubmissionTheNumberMayBeThatOfTheOther(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	p.Sent = 2
	c := w.claim(p, payout.FoundSucceeded)
	c.ProviderID = "another"
	if d := p.Decide(c); d.Verdict != payout.Applied {
		t.Errorf("verdict %s", d.Verdict)
	}
}
