package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// Whoever holds one genuine callback posts it again, after it was heard, looked into and the
// payout redacted. A code that may quote somebody is kept as unreadable by then; it was not when
// the callback was heard.
func TestAnOldCallbackIsNoNewsAfterTheRedaction(t *testing.T) {
	for _, code := range []string{"00032", "0100019", "REFUND_PENDING", "SOPHEA_CHAN", "Sophea Chan!"} {
		for _, f := range []payout.Finding{payout.FoundUnlisted, payout.FoundFailed, payout.FoundReturned, payout.FoundProcessing, payout.FoundSucceeded} {
			for _, ambiguous := range []string{"", "a name that is not documented"} {
				w := retaining(t)
				w.vexora.told = w.says(payout.FoundSucceeded)
				p := w.mustCreate(draft("R1"))
				w.receive(w.claim(p, payout.FoundSucceeded))
				w.clock.pass(10 * time.Minute)
				w.sweep()
				old := w.claim(p, f)
				old.Code, old.Ambiguous = code, ambiguous
				w.receive(old)
				w.receive(old)
				reviewed := func() {
					if len(w.stored(p.ID).Attention) > 0 {
						w.reviewed(p.ID)
					}
				}
				reviewed()
				again := w.receive(old)
				w.pass(5)
				reviewed()
				w.pass(60)
				before := w.stored(p.ID)
				if before.RedactedAt.IsZero() {
					continue // the word keeps it open
				}
				old.At = w.clock.Now()
				last, after := w.receive(old), w.stored(p.ID)
				if again == payout.Repeated && last != payout.Repeated || len(after.Attention) > len(before.Attention) || len(after.History) > len(before.History) {
					t.Errorf("%s %s %s: reviewed %s, redacted %s; attention %v, entries %d to %d",
						code, f, ambiguous, again, last, after.Attention.Reasons(), len(before.History), len(after.History))
				}
			}
		}
	}
}

// The same line of a file, of other days, which two people apply once more.
func TestAnOldFileIsNoNewsAfterTheRedaction(t *testing.T) {
	for _, code := range []string{"decline", "General decline", "20106", "Sophea Chan"} {
		w := retaining(t)
		w.vexora.told = w.says(payout.FoundSucceeded)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.clock.pass(10 * time.Minute)
		w.sweep()
		apply := func(day string) {
			s := statement.File{Provider: Vexora, Hash: day, Rows: []payout.StatementRow{{
				Line: 2, Reference: string(p.ProviderReference()), Amount: p.Amount, Finding: payout.FoundFailed, Code: code, Raw: []byte("x"),
			}}}
			w.importBy(s, dara)
			w.clock.pass(5 * time.Minute)
			w.sweep()
			w.importBy(s, bopha)
		}
		apply("1")
		w.reviewed(p.ID)
		apply("2")
		again := w.stored(p.ID)
		w.pass(60)
		if w.stored(p.ID).RedactedAt.IsZero() {
			t.Fatal("not redacted", w.stored(p.ID).Attention)
		}
		apply("3")
		if last := w.stored(p.ID); len(again.Attention) == 0 && len(last.Attention) > 0 {
			t.Errorf("%s: settled, and after the redaction: %v", code, last.Attention.Reasons())
		}
	}
}
