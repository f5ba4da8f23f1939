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

func TestOfAnAmbiguousOrphanNothingIsBelieved(t *testing.T) {
	w := newWorld(t)
	p := payout.Payout{ID: payout.DeriveID("another", "R"), Provider: payout.Vexora, Attempt: 1, Amount: amount(t, "5", "KHR")}
	for name, reference := range map[string]string{"at a payout's key": string(p.ProviderReference()), "by hand": "D-1"} {
		c := w.claim(p, payout.FoundSucceeded)
		c.Reference, c.Ambiguous = reference, ambiguous
		if v := w.receive(c); v != payout.KeptAsOrphan {
			t.Errorf("%s: verdict %s", name, v)
		}
		if v := w.receive(c); v != payout.Repeated {
			t.Errorf("%s: verdict %s of the repetition", name, v)
		}
	}
	held := w.stored(p.ID)
	o := payout.OrphanedOf(held)
	if o.Finding != payout.FoundUnlisted || o.Message != ambiguous || !o.Amount.IsZero() || o.ProviderID != "" || !slices.Contains(held.Heard, "1.ambiguous") {
		t.Errorf("%+v, heard %v", o, held.Heard)
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
