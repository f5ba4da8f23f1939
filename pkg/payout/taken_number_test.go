package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// taken is a callback that tells nothing of the end, but that a payment has our number.
func (w *world) taken(p payout.Payout) payout.Claim {
	c := w.claim(p, payout.FoundUnclear)
	c.Code = "3041"
	return c
}

// The number of a payout that was certainly not sent is taken. Whenever that is told, nobody has
// it sent, or withdraws it, alone.
func TestANumberThatIsTakenSpeaksAgainstSending(t *testing.T) {
	for _, provider := range payout.Providers() {
		for _, when := range []string{"while it is sent", "while it waits"} {
			w := newWorld(t)
			w.vexora.told, w.monetix.told, w.monetix.account = w.unclear, w.unclear, "A"
			w.vexora.answer = func(p payout.Payout) payout.Claim {
				if when == "while it is sent" {
					w.receive(w.taken(p))
				}
				return w.notSent(p)
			}
			w.monetix.answer = w.vexora.answer
			p := w.mustCreate(draftFor(provider))
			if when == "while it waits" {
				w.receive(w.taken(p))
			}
			w.monetix.account = "B"
			w.vexora.answer, w.monetix.answer = w.says(payout.FoundProcessing), w.says(payout.FoundProcessing)
			w.sweepFor(5, 3*time.Minute)
			now := w.stored(p.ID)
			if now.Status != payout.Queued || now.WaitsFor() != payout.QueuedSpokenOf {
				t.Errorf("%s, told %s: %s, waits for %q, heard %v", provider, when, now.Status, now.WaitsFor(), now.Heard)
			}
			if o, err := w.operator.Cancel(bg, w.order(p.ID, stranger, "")); err == nil {
				t.Errorf("%s, told %s: a stranger's cancel makes it %s", provider, when, o.Payout.Status)
			}
		}
	}
}

// It was withdrawn, as nothing had been sent. That its number is taken says otherwise.
func TestANumberThatIsTakenContradictsACancel(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.notSent, w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.must(w.operator.Cancel(bg, w.order(p.ID, stranger, "")))
	w.receive(w.taken(p))
	w.sweepFor(20, 6*time.Hour)
	if got := w.outcomeOf(string(p.Reference)); got != payout.OutcomeUnknown || !w.contradicted(p.ID) || len(w.monetix.about) == 0 {
		t.Errorf("outcome %s, heard %v, asked about %v", got, w.stored(p.ID).Heard, w.monetix.about)
	}
}

// The failure of the attempt before was never certain, and now its number is taken: the next one
// waits until the provider has told what became of it.
func TestANumberThatIsTakenOfAnEarlierAttemptHoldsTheNextOne(t *testing.T) {
	for _, told := range []bool{false, true} {
		w := newWorld(t)
		w.monetix.told = w.unclear
		p := w.mustCreate(draftFor(Monetix))
		w.receive(w.claim(p, payout.FoundFailed))
		w.monetix.answer = w.notSent
		w.resendByTwo(p.ID)
		w.receive(w.taken(p))
		w.monetix.answer = w.says(payout.FoundProcessing)
		if told {
			w.monetix.told = w.says(payout.FoundFailed)
		}
		sent := len(w.monetix.sent)
		w.sweepFor(6, 3*time.Minute)
		if now := w.stored(p.ID); now.Attempt != 2 || len(w.monetix.sent) > sent != told {
			t.Errorf("told %v: attempt %d %s, sent %d times since, heard %v", told, now.Attempt, now.Status, len(w.monetix.sent)-sent, now.Heard)
		}
	}
}
