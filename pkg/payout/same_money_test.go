package payout_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func withWindow(p *payout.Policy) { p.DuplicateWindow = time.Hour }

// listed is how many entries the lists hold.
func (w *world) listed() int {
	n := 0
	for _, list := range w.store.Lists {
		n += len(list)
	}
	return n
}

// sweepAnyway is a sweep that may run into trouble with single payouts.
func (w *world) sweepAnyway() {
	for shard := range payout.Shards {
		_, _ = w.sweeper.Sweep(bg, shard)
	}
}

// A replay has put its entry on the list before anybody knew that it is one. A late one is
// taken off again, so that replays do not fill the list; the one of the payout itself stays.
func TestAReplayLeavesTheListAsItWas(t *testing.T) {
	w := newWorldWith(t, withWindow)
	p := w.mustCreate(draft("R1"))
	w.mustCreate(draft("R1")) // at once: the same entry
	if second := w.another("R2"); second.Status != payout.Queued || second.SimilarTo != p.ID {
		t.Errorf("after a replay at once, the same money is %s", second.Status)
	}

	w = newWorldWith(t, withWindow)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	w.mustCreate(draft("R1"))
	for range 3 {
		w.clock.pass(24 * time.Hour)
		w.mustCreate(draft("R1"))
	}
	if w.listed() != 1 {
		t.Errorf("%d entries of one payout", w.listed())
	}
	if second := w.another("R2"); second.Status != payout.Queued {
		t.Errorf("after replays, the same money is %s", second.Status)
	}
}

// What went long ago is taken off a list that has ten entries, and so is an entry whose payout was
// never stored. Shorter lists are left alone: it would be one more write at every create.
func TestAListOfTenIsPruned(t *testing.T) {
	for before, after := range map[int]int{8: 9, 9: 1, 12: 1} {
		w := newWorldWith(t, withWindow)
		for n := range before - 2 {
			w.receive(w.claim(w.another(fmt.Sprint("R", n)), payout.FoundSucceeded))
			w.clock.pass(2 * time.Hour)
		}
		w.clock.pass(11 * 24 * time.Hour)
		absent := w.another("lost 1")
		w.clock.pass(2 * time.Hour)
		also := w.another("lost 2")
		delete(w.store.Payouts, absent.ID)
		delete(w.store.Payouts, also.ID)
		if w.listed() != before && before < 10 {
			t.Fatalf("%d entries, not %d", w.listed(), before)
		}
		w.clock.pass(2 * time.Hour)
		if p := w.another("next"); p.Status != payout.Processing || before < 10 && w.listed() != after {
			t.Errorf("%d entries: %s, and %d are left", before, p.Status, w.listed())
		}
	}
}

// Nobody can tell whether the same money is on its way: nothing is sent, by anybody.
func TestNothingGoesWhileNobodyCanCompare(t *testing.T) {
	away := errors.New("throttled")
	for name, fail := range map[string]func(m *memory){
		"the payouts": func(m *memory) { m.getFault = away },
		"the list":    func(m *memory) { m.listFault = away },
	} {
		w := newWorldWith(t, withWindow)
		w.mustCreate(draft("R1"))
		sent := len(w.vexora.sent)
		fail(w.store)
		if _, err := w.create(draft("R2")); err == nil || len(w.vexora.sent) > sent {
			t.Errorf("%s cannot be read, and it is sent: %v", name, err)
		}
	}
}

// With a window, what is submitted again looks once more after the fence. Alone, it goes; if the
// list cannot be read then, it does not.
func TestAResendLooksBesideItselfAfterTheFence(t *testing.T) {
	for name, fail := range map[string]func(m *memory){
		"":            func(*memory) {},
		"the list":    func(m *memory) { m.findFault = errors.New("throttled") },
		"the payouts": func(m *memory) { m.getFault = errors.New("throttled") },
	} {
		w := newWorldWith(t, withWindow)
		w.vexora.answer = w.notSent
		p := w.mustCreate(draft("R1"))
		w.vexora.answer = w.says(payout.FoundProcessing)
		if name == "the payouts" { // somebody else is on the list by then
			other := draft("R2")
			w.connectors[Vexora] = &opening{w.vexora, func() {
				w.mustCreate(other)
				fail(w.store)
			}}
		} else {
			w.connectors[Vexora] = &opening{w.vexora, func() { fail(w.store) }}
		}
		sent := len(w.vexora.sent)
		w.clock.pass(2 * time.Minute)
		w.sweepAnyway()
		w.store.getFault, w.store.findFault = nil, nil
		want := payout.Queued
		if name == "" {
			want = payout.Processing
		}
		if now := w.stored(p.ID); now.Status != want {
			t.Errorf("%q away: %s, sent %d times", name, now.Status, len(w.vexora.sent)-sent)
		}
	}
}

// A documented repetition goes also beside the same money under another reference, if people
// have no window: it is the same payment. With a window it is not even fenced.
func TestTheDocumentedRepetitionBesideTheSameMoney(t *testing.T) {
	for _, window := range []bool{false, true} {
		w := newWorldWith(t, func(p *payout.Policy) {
			if window {
				withWindow(p)
			}
		})
		w.monetix.answer, w.monetix.told = w.unclear, w.unclear
		first := w.mustCreate(draftFor(Monetix))
		d := draftFor(Monetix)
		d.Reference = "beside"
		second := w.insist(w.mustCreate(d).ID)
		if second.Status != payout.Unknown {
			t.Fatal(second.Status)
		}
		before := len(w.stored(first.ID).History)
		sent := len(w.monetix.sent)
		w.monetix.told = w.absent
		w.sweepFor(2, 3*time.Minute)
		again := slices.Contains(w.monetix.sent[sent:], first.ProviderReference())
		if again == window || window && len(w.stored(first.ID).History) != before {
			t.Errorf("window %v: sent again %v, %d entries more", window, again, len(w.stored(first.ID).History)-before)
		}
	}
}

// That people want a payout beside another one is said by their order, not by the sweep.
func TestTheSweepSaysNothingForPeople(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	first := w.mustCreate(draft("R1"))
	w.vexora.answer = w.notSent
	second := w.another("R2")
	w.receive(w.claim(first, payout.FoundSucceeded))
	p := w.stored(second.ID)
	p.Attention = nil // a review took the flag, and the first is settled
	p.QueryAt = w.clock.Now()
	p.DueAt = p.QueryAt
	w.store.Payouts[p.ID] = p
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	now := w.stored(second.ID)
	if now.Status != payout.Processing || now.SimilarTo != first.ID {
		t.Fatalf("%s, similar to %q", now.Status, now.SimilarTo)
	}
	if slices.ContainsFunc(now.Heard, func(f payout.Fact) bool { return strings.Contains(string(f), "beside-") }) {
		t.Errorf("heard %v", now.Heard)
	}
}

// The 101st of the same money had no room. As soon as others are settled, one status query is enough
// to put it on the list.
func TestWhoFoundNoRoomIsNotedByTheNextQuestion(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	key := w.store.onlyKey(t)
	full := []payout.Unsettled{}
	for n := range payout.MostListed {
		full = append(full, payout.Unsettled{Key: key, ID: payout.DeriveID("test", payout.Reference(fmt.Sprint("gone ", n))), At: w.clock.Now()})
	}
	w.store.Lists[key] = full
	stored := w.stored(p.ID)
	stored.RecipientOwed = true
	w.store.Payouts[p.ID] = stored
	w.ask()
	if now := w.stored(p.ID); now.RecipientOwed || w.listed() != 1 {
		t.Errorf("owed %v, %d on the list", now.RecipientOwed, w.listed())
	}
}

func (m *memory) onlyKey(t *testing.T) payout.RecipientKey {
	t.Helper()
	for key := range m.Lists {
		return key
	}
	t.Fatal("no list")
	return ""
}
