package payout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func TestEveryReasonHasANextAction(t *testing.T) {
	for _, r := range payout.Reasons {
		if (payout.Payout{}).NextAction(r) == "" {
			t.Errorf("%s has none", r)
		}
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(payout.Reasons))); len(unique) != len(payout.Reasons) {
		t.Errorf("a reason is listed twice: %v", payout.Reasons)
	}
}

// advice is every next action that the review queue shows of a payout.
func (w *world) advice(id payout.ID) []string {
	return advised(w.stored(id))
}

// advised is what people are told to do about a payout.
func advised(p payout.Payout) (all []string) {
	for _, r := range p.Attention.Reasons() {
		all = append(all, p.NextAction(r))
	}
	return all
}

// Whoever is woken follows the line that the review queue shows, and has not read what the provider said.
func TestTheNextActionOfAPayoutThatWasSpokenOfIsToAsk(t *testing.T) {
	for name, answer := range map[string]func(*world) func(payout.Payout) payout.Claim{
		"too late":         func(w *world) func(payout.Payout) payout.Claim { return w.notSent },
		"refused about us": func(w *world) func(payout.Payout) payout.Claim { return w.says(payout.FoundAboutUs) },
	} {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = time.Hour })
		w.monetix.answer, w.monetix.told = answer(w), w.absent
		p := w.mustCreate(draftFor(Monetix))
		w.importBy(file(Monetix, row(1, p, payout.FoundSucceeded)), dara)
		w.sweepFor(5, time.Hour)
		all := w.advice(p.ID)
		if len(all) == 0 || w.stored(p.ID).WaitsFor() != payout.QueuedSpokenOf {
			t.Fatalf("%s: waits for %q, attention %v", name, w.stored(p.ID).WaitsFor(), w.stored(p.ID).Attention)
		}
		for _, one := range all {
			if !strings.Contains(one, "ask the provider first; then two people") {
				t.Errorf("%s: %q", name, one)
			}
		}
		said := w.stored(p.ID).History
		if last := said[len(said)-1]; !slices.ContainsFunc(said, func(e payout.Entry) bool { return strings.Contains(e.Message, "says succeeded") }) {
			t.Errorf("%s: the history does not show what the line says: %q", name, last.Message)
		}
	}
}

func TestTheNextActionOfARestoredPayoutIsToAsk(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, lost, nil)
	have.serve(w, "B", payout.FoundSucceeded)
	p := w.mustCreate(draftFor(Monetix))
	w.sweepFor(5, time.Hour)
	if all := w.advice(p.ID); len(all) != 1 || !strings.Contains(all[0], "ask the provider first; then two people") {
		t.Errorf("waits for %q: %q", w.stored(p.ID).WaitsFor(), all)
	}
}

func TestAPayoutThatWasRefusedAboutUsTooLongAgoDoesNotGoByItself(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = time.Hour })
	w.monetix.answer = w.says(payout.FoundAboutUs)
	p := w.mustCreate(draftFor(Monetix))
	if all := w.advice(p.ID); len(all) != 1 || !strings.Contains(all[0], "goes by itself") {
		t.Errorf("just refused: %q", all)
	}
	w.sweepFor(5, time.Hour)
	for _, one := range w.advice(p.ID) {
		if strings.Contains(one, "by itself") || !strings.Contains(one, "resend it") {
			t.Errorf("after five hours: %q", one)
		}
	}
}

// A process that slept for hours comes back, and nothing was sent: nobody is to resolve what can only
// be cancelled or sent.
func TestWhatComesBackToTheQueueIsNotUnknownForLong(t *testing.T) {
	w := newWorld(t)
	w.vexora.told, w.vexora.answer = w.absent, w.notSent
	w.vexora.during = func() {
		w.vexora.mu.Unlock() // status queries are answered meanwhile
		defer w.vexora.mu.Lock()
		w.sweepFor(3, time.Hour)
		for id, p := range w.store.Payouts {
			if !w.raised(id, payout.UnknownTooLong) {
				t.Errorf("%s, %v before it woke up", p.Status, p.Attention.Reasons())
			}
		}
	}
	p := w.mustCreate(draft("R1"))
	if now := w.stored(p.ID); now.Status != payout.Queued || w.raised(p.ID, payout.UnknownTooLong) {
		t.Errorf("%s, %v", now.Status, now.Attention.Reasons())
	}
}
