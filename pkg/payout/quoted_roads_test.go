package payout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A code that quotes the recipient is kept on no road: codes stay after a redaction, and are in
// events, which never change.
func TestACodeThatQuotesIsUnreadableOnEveryRoad(t *testing.T) {
	const quote = "SOPHEA_CHAN"
	says := func(w *world, f payout.Finding) func(payout.Payout) payout.Claim {
		return func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: f, Code: quote, At: w.clock.Now()}
		}
	}
	roads := map[string]func(w *world) payout.Payout{
		"a callback": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			c := w.claim(p, payout.FoundUnlisted)
			c.Code = quote
			w.receive(c)
			return p
		},
		"an unlisted answer": func(w *world) payout.Payout {
			w.vexora.answer = says(w, payout.FoundUnlisted)
			return w.mustCreate(draft("R1"))
		},
		"an unclear answer": func(w *world) payout.Payout {
			w.vexora.answer = says(w, payout.FoundUnclear)
			return w.mustCreate(draft("R1"))
		},
		"an answer about us": func(w *world) payout.Payout {
			w.vexora.answer = says(w, payout.FoundAboutUs)
			return w.mustCreate(draft("R1"))
		},
		"an answer that disagrees with an end": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			w.vexora.told = says(w, payout.FoundProcessing)
			w.sweepFor(30, 6*time.Minute)
			return p
		},
		"a second payment in a file of two people": func(w *world) payout.Payout {
			p := w.sentTwice()
			w.numbered(p, payout.FoundSucceeded, "N1")
			p = w.stored(p.ID)
			rows := lines(p, "N1 succeeded", "N2 succeeded")
			for n := range rows {
				rows[n].Code = "Sophea Chan"
			}
			w.importBy(file(Vexora, rows...), dara)
			w.ask()
			w.importBy(file(Vexora, rows...), bopha)
			return p
		},
	}
	roads["after the redaction"] = func(w *world) payout.Payout {
		w.vexora.told = w.says(payout.FoundSucceeded)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.pass(32)
		if w.stored(p.ID).RedactedAt.IsZero() {
			t.Fatal("it is not redacted")
		}
		c := w.claim(p, payout.FoundFailed)
		c.Code = quote
		w.receive(c)
		return p
	}
	for name, road := range roads {
		w := retaining(t)
		p := road(w)
		codes := 0
		for _, e := range w.stored(p.ID).History {
			if e.ProviderCode != "" {
				codes++
			}
			if strings.Contains(strings.ToLower(e.ProviderCode), "sophea") {
				t.Errorf("%s: the code %q is kept", name, e.ProviderCode)
			}
		}
		if codes == 0 {
			t.Errorf("%s: no code is kept at all", name)
		}
		for _, e := range w.stored(p.ID).Events() {
			if strings.Contains(strings.ToLower(e.Data.ProviderCode), "sophea") {
				t.Errorf("%s: event %s says %q", name, e.Type, e.Data.ProviderCode)
			}
		}
	}
}

// A redacted failure is doubted late, and the note of that fails once. Others of the same
// recipient, of which nobody knows the end, stay on his list.
func TestANoteOfARedactedPayoutTakesNobodyOffTheList(t *testing.T) {
	w := forgetting(t)
	redacted := w.failedForCertain("R1")
	w.later(10)
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	unknown := w.mustCreate(draft("R2"))
	w.clock.pass(2 * time.Minute)
	w.sweep()
	listed := func() bool {
		for _, list := range w.store.Lists {
			for _, u := range list {
				if u.ID == unknown.ID {
					return true
				}
			}
		}
		return false
	}
	if w.stored(redacted.ID).RedactedAt.IsZero() || unknown.Status != payout.Unknown || !listed() {
		t.Fatal("the recipient's list does not hold what this is about")
	}
	w.store.listFault = errors.New("throttled")
	w.receive(w.claim(redacted, payout.FoundSucceeded))
	w.sweep()
	w.store.listFault = nil
	w.vexora.answer = w.says(payout.FoundProcessing)
	if third := w.another("R3"); !listed() || third.Status != payout.Queued {
		t.Errorf("R2 is %s, listed %v, and the same money under R3 is %s", w.stored(unknown.ID).Status, listed(), third.Status)
	}
}
