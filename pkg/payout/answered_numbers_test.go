package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// acknowledged is a payout that its provider has taken as number N-1, and knows under another
// one when it is asked.
func acknowledged(t *testing.T, provider payout.Provider, told payout.Finding, number string) (*world, payout.Payout) {
	t.Helper()
	w := newWorld(t)
	w.vexora.answer = w.said(payout.FoundProcessing, "N-1")
	w.monetix.answer = w.vexora.answer
	p := w.mustCreate(draftFor(provider))
	w.vexora.told = w.said(told, number)
	w.monetix.told = w.vexora.told
	return w, p
}

// One submission has one number. An answer to a status query that names another one than the
// acknowledgement did ends nothing and closes nothing, and calls people.
func TestAnAnswerUnderAnotherNumberThanTheAcknowledgementEndsNothing(t *testing.T) {
	for _, provider := range both {
		for _, told := range []payout.Finding{payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundProcessing, payout.FoundUnlisted} {
			if told == payout.FoundReturned && provider == Monetix {
				continue // a return there has a number of its own
			}
			w, p := acknowledged(t, provider, told, "N-2")
			w.ask()
			now := w.stored(p.ID)
			if now.Status != payout.Processing || now.ProviderID != "N-1" || !w.called(p.ID, payout.CallbackMismatch) {
				t.Errorf("%s answers %s: %s as %s, attention %v", provider, told, now.Status, now.ProviderID, now.Attention.Reasons())
			}
			w.vexora.told = w.said(payout.FoundSucceeded, "N-1")
			w.monetix.told = w.vexora.told
			w.ask()
			if now = w.stored(p.ID); now.Status != payout.Succeeded || w.contradicted(p.ID) {
				t.Errorf("%s: then N-1 is paid, and it is %s, attention %v", provider, now.Status, now.Attention.Reasons())
			}
		}
	}
}

// A callback says that our number failed, and the answer is about another one: that makes nothing
// certain.
func TestAnAnswerUnderAnotherNumberConfirmsNoFailure(t *testing.T) {
	for _, provider := range both {
		w, p := acknowledged(t, provider, payout.FoundFailed, "N-2")
		failed := w.claim(p, payout.FoundFailed)
		failed.ProviderID = "N-1"
		w.receive(failed)
		w.sweepFor(10, 10*time.Minute)
		if now := w.stored(p.ID); now.Status != payout.Failed || now.SafeToPayAgain() || !w.called(p.ID, payout.CallbackMismatch) {
			t.Errorf("%s: %s, safe %v, attention %v, heard %v", provider, now.Status, now.SafeToPayAgain(), now.Attention.Reasons(), now.Heard)
		}
	}
}

// What has a number of its own by the provider's documents, or may have one, contradicts nothing:
// of a second submission, beside a lost table's, where the acknowledgement named none, or where a
// callback alone named the one that we hold.
func TestAnAnswerUnderANumberOfItsOwnEndsThePayout(t *testing.T) {
	for name, play := range map[string]func() (*world, payout.Payout){
		"no number in the answer": func() (*world, payout.Payout) {
			return acknowledged(t, Monetix, payout.FoundFailed, "")
		},
		"sent twice": func() (*world, payout.Payout) {
			w := newWorld(t)
			w.monetix.answer = w.unclear
			p := w.mustCreate(draftFor(Monetix))
			w.monetix.answer = w.said(payout.FoundProcessing, "N-1")
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			w.monetix.told = w.said(payout.FoundFailed, "N-2")
			return w, p
		},
		"the acknowledgement was lost": func() (*world, payout.Payout) {
			w := newWorld(t)
			w.monetix.answer, w.monetix.told = w.unclear, w.said(payout.FoundFailed, "N-2")
			return w, w.mustCreate(draftFor(Monetix))
		},
		"a callback named it": func() (*world, payout.Payout) {
			w := newWorld(t)
			w.monetix.answer, w.monetix.told = w.unclear, w.said(payout.FoundFailed, "N-2")
			p := w.mustCreate(draftFor(Monetix))
			w.receive(w.claim(p, payout.FoundProcessing))
			return w, p
		},
	} {
		w, p := play()
		w.ask()
		if now := w.stored(p.ID); now.Status != payout.Failed || len(now.Attention) > 0 || slices.Contains(now.Heard, fact(1, "mismatch")) {
			t.Errorf("%s: %s, attention %v, heard %v", name, now.Status, now.Attention.Reasons(), now.Heard)
		}
	}
}

// A reversal at Monetix is a request of its own. It returns what was paid, and the number of that
// stays.
func TestAReturnUnderANumberOfItsOwnKeepsThePaymentsNumber(t *testing.T) {
	w, p := acknowledged(t, Monetix, payout.FoundReturned, "N-2")
	w.ask()
	if now := w.stored(p.ID); now.Status != payout.Succeeded || now.Return == nil || now.ProviderID != "N-1" || w.called(p.ID, payout.CallbackMismatch) {
		t.Errorf("%s as %s, attention %v", now.Status, now.ProviderID, now.Attention.Reasons())
	}
}

// A lost table may have sent the payout, too, under a number of its own.
func TestAfterARestoreAnAnswerMayNameTheLostTablesNumber(t *testing.T) {
	before, p := acknowledged(t, Monetix, payout.FoundSucceeded, "N-2")
	w := restoredFrom(t, before, before.store.copy(), Monetix)
	w.monetix.told = w.said(payout.FoundSucceeded, "N-2")
	w.sweepFor(3, 10*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Succeeded {
		t.Errorf("%s, attention %v, heard %v", now.Status, now.Attention.Reasons(), now.Heard)
	}
}
