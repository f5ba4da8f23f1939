package payout_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// filled is a body of a length.
func filled(n int) []byte { return bytes.Repeat([]byte("x"), n) }

func TestWhichBodiesAreKept(t *testing.T) {
	mismatch := func(w *world, p payout.Payout, n int) payout.Claim {
		c := w.claim(p, payout.FoundSucceeded)
		c.Code, c.Amounts = fmt.Sprint("c", n, len(w.stored(p.ID).History)), []money.Amount{amount(w.t, fmt.Sprint(1+n), money.KHR)}
		c.Raw = filled(n)
		return c
	}
	for name, test := range map[string]struct {
		play func(w *world, p payout.Payout)
		kept []int // of the entries behind create and answer
	}{
		"as large as a body may be": {func(w *world, p payout.Payout) { w.receive(mismatch(w, p, payout.BodyLimit)) }, []int{payout.BodyLimit}},
		"one byte more":             {func(w *world, p payout.Payout) { w.receive(mismatch(w, p, payout.BodyLimit+1)) }, []int{0}},
		"an end of the largest body": {func(w *world, p payout.Payout) {
			c := w.claim(p, payout.FoundSucceeded)
			c.Raw = filled(payout.BodyLimit)
			w.receive(c)
		}, []int{payout.BodyLimit}},
		"an end that is padded": {func(w *world, p payout.Payout) {
			c := w.claim(p, payout.FoundSucceeded)
			c.Raw, c.Padded = filled(61_000), true
			w.receive(c)
		}, []int{0}},
		"what ends nothing leaves room for an end": {func(w *world, p payout.Payout) {
			for range 4 {
				w.receive(mismatch(w, p, 2800))
			}
			c := w.claim(p, payout.FoundSucceeded)
			c.Raw = filled(payout.BodyLimit)
			w.receive(c)
		}, []int{2800, 2800, 0, 0, payout.BodyLimit}},
		"people's evidence is kept behind a flood": {func(w *world, p payout.Payout) {
			w.receive(mismatch(w, p, payout.BodyLimit))
			o := w.order(p.ID, dara, payout.Reviewed)
			o.Evidence = string(filled(2048))
			w.must(w.operator.Resolve(bg, o))
		}, []int{payout.BodyLimit, 2048 + len("reason: looked into\nevidence: ")}},
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		test.play(w, p)
		var kept []int
		for _, e := range w.stored(p.ID).History[2:] {
			kept = append(kept, len(e.Raw))
			if len(e.Evidence) != 64 {
				t.Errorf("%s: an entry without the hash of its body", name)
			}
		}
		if !slices.Equal(kept, test.kept) {
			t.Errorf("%s: kept %v, want %v", name, kept, test.kept)
		}
	}
}

func TestAnOrdinaryCallbackIsStillOneWriteAndALargeOneIsReadFor(t *testing.T) {
	for length, reads := range map[int]int{1000: 0, 4096: 0, 4097: 1} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		before := w.store.reads
		c := w.claim(p, payout.FoundSucceeded)
		c.Raw = filled(length)
		w.receive(c)
		if got := w.store.reads - before; got != reads {
			t.Errorf("%d bytes: %d reads, want %d", length, got, reads)
		}
	}
}

// A payout that everything but an end has filled, and of which no person is told, takes
// both blind writes, with the largest bodies that they may have.
func TestBlindWritesKeepTheBoundsOfAPayoutThatIsFull(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.unclear
	p := w.mustCreate(largest("R1"))
	p = w.stored(p.ID)
	entry := payout.Entry{At: p.CreatedAt, Source: payout.FromSweep, Status: payout.Queued, Message: "m", Raw: filled(800)}
	for p.Size()+900 <= 22<<10 && len(p.History) < 40 {
		p.History = append(slices.Clip(p.History), entry)
	}
	w.store.Payouts[p.ID] = p
	reads := w.store.reads
	for _, f := range []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded} {
		c := w.claim(p, f)
		c.Code, c.Raw = string(filled(64)), filled(4096)
		w.receive(c)
	}
	after := w.stored(p.ID)
	if reads != w.store.reads-1 || after.Status != payout.Succeeded || len(after.History[len(after.History)-1].Raw) != 4096 {
		t.Errorf("%d reads; %s with %d entries", w.store.reads-reads, after.Status, len(after.History))
	}
	if after.Size() > payout.ItemLimit {
		t.Errorf("%d bytes", after.Size())
	}
	t.Logf("%d bytes counted", after.Size())
}

// Whoever has seen one genuine callback can send it for ever, and pad it where nobody signs.
func TestOneGenuineBodyPostedForEverAddsNothing(t *testing.T) {
	for name, begin := range map[string]func(w *world) (payout.Payout, payout.Finding){
		"processing, before the end": func(w *world) (payout.Payout, payout.Finding) {
			return w.mustCreate(draft("R1")), payout.FoundProcessing
		},
		"processing, after a certain failure": func(w *world) (payout.Payout, payout.Finding) {
			return w.failedForCertain("R1"), payout.FoundProcessing
		},
		"a mismatch": func(w *world) (payout.Payout, payout.Finding) { return w.mustCreate(draft("R1")), "" },
		"paid, of an attempt that was replaced": func(w *world) (payout.Payout, payout.Finding) {
			p := w.failedForCertain("R1")
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			return p, payout.FoundSucceeded
		},
	} {
		w := newWorld(t)
		p, f := begin(w)
		c := w.claim(p, f)
		if f == "" {
			c = w.claim(p, payout.FoundSucceeded)
			c.Amounts = []money.Amount{amount(t, "7", money.KHR)}
		}
		before := len(w.stored(p.ID).History)
		for n := range 500 {
			c.Raw, c.Padded = filled(100+n*120), n > 10
			w.receive(c)
			if n%50 == 0 {
				w.clock.pass(time.Hour)
				w.sweep()
			}
		}
		after := w.stored(p.ID)
		if grown := len(after.History) - before; grown > 20 || len(after.Attention) > 2 {
			t.Errorf("%s: %d entries more, attention %v", name, grown, after.Attention.Reasons())
		}
		t.Logf("%s: %d entries, %d counted", name, len(after.History)-before, after.HistoryDropped)
		bounds(t, after)
	}
}

// Facts have a bound too; what finds no room speaks against the payout for ever.
func TestFactsWithoutRoomSpeakAgainstThePayout(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	for n := range 200 {
		p.Heard = p.Heard.With(payout.Fact(fmt.Sprintf("%d.strange", n)))
	}
	w.store.Payouts[p.ID] = p
	if !p.SafeToPayAgain() {
		t.Fatal("setup")
	}
	for range 3 {
		w.receive(w.claim(p, payout.FoundProcessing))
	}
	after := w.stored(p.ID)
	if after.SafeToPayAgain() || len(after.Heard) != len(p.Heard)+1 {
		t.Errorf("safe %v, %d facts, then %d", after.SafeToPayAgain(), len(p.Heard), len(after.Heard))
	}
}

// A genuine word for which there was no room is not recognised when it comes again: whoever
// repeats it must not keep two people from agreeing for ever.
func TestAWordWithoutRoomHoldsTwoPeopleUpForAWhileOnly(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for n := range 60 {
		c := w.claim(p, payout.FoundFailed)
		c.Code = fmt.Sprint("x", n)
		w.receive(c)
	}
	again := w.claim(p, payout.FoundProcessing)
	for n := range 50 {
		who := []payout.Principal{dara, bopha}[n%2]
		if done := w.must(w.operator.Resolve(bg, w.order(p.ID, who, payout.Reviewed))); !done.Awaiting {
			return
		}
		again.Raw = filled(100 + n)
		w.receive(again)
	}
	t.Errorf("never agreed; %d counted", w.stored(p.ID).HistoryDropped)
}
