package payout_test

import (
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// A word that the mapping does not know says nothing about a payout that has ended: neither that
// it is open nor that both sides agree. It ends and raises nothing, whoever sends the file.
func TestAWordThatNoMappingKnowsIsCalledThat(t *testing.T) {
	for _, end := range []payout.Finding{payout.FoundSucceeded, payout.FoundFailed} {
		w := newWorld(t)
		ended := w.mustCreate(draft("R-ended"))
		w.receive(w.claim(ended, end))
		open := draft("R-open")
		open.Destination.AccountNumber += "1"
		waits := w.mustCreate(open)
		s := file(Vexora, row(1, ended, payout.FoundUnlisted), row(2, waits, payout.FoundUnlisted))
		before := w.stored(ended.ID)
		for _, by := range []payout.Principal{dara, bopha} {
			w.counts(w.importBy(s, by), map[statement.Kind]int{statement.UnknownWord: 1, statement.StillOpen: 1, statement.Matched: 0})
		}
		if after := w.stored(ended.ID); after.Status != before.Status || len(after.Attention) > 0 {
			t.Errorf("after %s: %s with %v", end, after.Status, after.Attention.Reasons())
		}
	}
}

// The same holds for a word about an attempt that a later one replaced.
func TestAnUnknownWordAboutAnEarlierAttempt(t *testing.T) {
	w := newWorld(t)
	p := w.queuedAgain("R1")
	s := file(Vexora, row(1, p, payout.FoundUnlisted))
	w.cancelByTwo(p.ID)
	if w.stored(p.ID).Attempt == p.Attempt {
		t.Fatal("there is no later attempt")
	}
	w.counts(w.importBy(s, dara), map[statement.Kind]int{statement.UnknownWord: 1, statement.StillOpen: 0})
}
