package payout_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// worn has one attempt fail for certain, and one genuine text about it come until it is not counted any
// more. Each time the provider answers that the attempt failed. It returns the payout and the text.
func (w *world) worn(name payout.Provider, is func(*payout.Claim)) (payout.Payout, payout.Claim) {
	w.t.Helper()
	p := w.mustCreate(draftFor(name))
	w.receive(w.claim(p, payout.FoundFailed))
	w.named(name).told = w.says(payout.FoundFailed)
	w.sweepFor(6, 10*time.Minute)
	old := w.claim(p, payout.FoundFailed)
	is(&old)
	for range 4 {
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(6, time.Hour)
	}
	p = w.stored(p.ID)
	if len(p.Attention) > 0 { // a status that no page lists
		w.reviewed(p.ID)
		p = w.stored(p.ID)
	}
	if !p.SafeToPayAgain() {
		w.t.Fatalf("not safe after what was answered: %v %+v", p.Heard, p.Inquiries)
	}
	return p, old
}

// knowsTheFirst has the provider answer that attempt 1 was paid, and nothing about the others.
func (w *world) knowsTheFirst(name payout.Provider) {
	pr := w.named(name)
	pr.told = func(p payout.Payout) payout.Claim {
		if pr.about[len(pr.about)-1] == 1 {
			return w.says(payout.FoundSucceeded)(p)
		}
		return w.unclear(p)
	}
	pr.about = nil
}

// meanwhile has something happen while the next status query is under way, which is answered "failed".
func (w *world) meanwhile(name payout.Provider, happens func()) {
	failed, once := w.says(payout.FoundFailed), sync.Once{}
	w.named(name).told = func(p payout.Payout) payout.Claim {
		c := failed(p)
		once.Do(happens)
		return c
	}
}

// A text that came too often to be counted is true in the end, about an attempt that another one
// replaced: the provider is asked about it, and nothing goes, or is safe, meanwhile. The same of
// a file that one person sends.
func TestATextThatCameTooOftenIsAskedAboutWhicheverAttemptItNames(t *testing.T) {
	for word, is := range oldWords() {
		for _, name := range both {
			for _, second := range []string{"queued", "processing", "failed"} {
				for _, road := range []string{"callback", "file"} {
					w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 168 * time.Hour })
					p, old := w.worn(name, is)
					pr := w.named(name)
					accepts := pr.answer
					if second == "queued" {
						pr.answer = w.notSent
					}
					w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
					if pr.answer = accepts; second == "failed" {
						w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
						w.sweepFor(6, 10*time.Minute)
					}
					sent := len(pr.sent)
					w.knowsTheFirst(name)
					old.At = w.clock.Now()
					if road == "callback" {
						w.receive(old)
					} else {
						w.importBy(file(name, row(1, p, payout.FoundSucceeded)), dara)
					}
					if w.stored(p.ID).SafeToPayAgain() {
						t.Errorf("%s by %s at %s, the second %s: safe before the answer", word, road, name, second)
					}
					w.freed()
					w.sweepFor(6, 10*time.Minute)
					now := w.stored(p.ID)
					if !slices.Contains(pr.about, 1) || len(pr.sent) > sent || now.SafeToPayAgain() || len(now.Attention) == 0 {
						t.Errorf("%s by %s at %s, the second %s: asked about %v, sent %d more, safe %v, attention %v", word, road, name, second,
							pr.about, len(pr.sent)-sent, now.SafeToPayAgain(), now.Attention.Reasons())
					}
				}
			}
		}
	}
}

// While callbacks are only asked about, forged texts silence no true one.
func TestForgedTextsSilenceNoTrueOne(t *testing.T) {
	for _, says := range []payout.Finding{payout.FoundSucceeded, payout.FoundProcessing, payout.FoundReturned, payout.FoundUnlisted} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.vexora.told = w.says(payout.FoundFailed)
		w.pull(dara, askFirst)
		w.clock.pass(time.Minute)
		for range 5 {
			if v := w.receive(w.claim(p, says)); v != payout.Unbelieved {
				t.Fatal(v)
			}
			w.sweepFor(6, 10*time.Minute)
		}
		if !w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("%s: not safe after the answers", says)
		}
		w.vexora.told = w.says(payout.FoundSucceeded)
		w.receive(w.claim(p, says))
		if again := w.mustCreate(draft("R2")); again.Status != payout.Queued {
			t.Errorf("%s: the same money is %s before the answer", says, again.Status)
		}
		w.sweepFor(2, 10*time.Minute)
		if now := w.stored(p.ID); now.SafeToPayAgain() || len(now.Attention) == 0 {
			t.Errorf("%s: safe %v, attention %v", says, now.SafeToPayAgain(), now.Attention.Reasons())
		}
	}
}

// A status query that brings no answer settles nothing: it is repeated, the payout stays
// unsafe, and a person is called after a while.
func TestAnInquiryLastsUntilItIsAnswered(t *testing.T) {
	for _, name := range both {
		for _, silence := range []time.Duration{10 * time.Minute, 30 * time.Hour} {
			w := newWorld(t)
			p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
			w.named(name).told = w.unclear
			old.At = w.clock.Now()
			w.receive(old)
			w.sweepFor(int(silence/(5*time.Minute)), 5*time.Minute)
			now := w.stored(p.ID)
			if now.SafeToPayAgain() || (len(now.Attention) > 0) != (silence > time.Hour) {
				t.Errorf("%s silent for %s: safe %v, attention %v", name, silence, now.SafeToPayAgain(), now.Attention.Reasons())
			}
			entries := now.Sequence()
			w.named(name).told = w.says(payout.FoundFailed)
			w.sweepFor(26, time.Hour)
			if now = w.stored(p.ID); !now.SafeToPayAgain() || now.Sequence() != entries {
				t.Errorf("%s answers after %s: safe %v, %d entries more", name, silence, now.SafeToPayAgain(), now.Sequence()-entries)
			}
		}
	}
}

// The same of an attempt that another one replaced: two payments may be under way.
func TestAnInquiryAboutAnEarlierAttemptCalls(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		w.sweepFor(6, 10*time.Minute)
		w.named(name).told = w.unclear
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(100, time.Minute)
		if now := w.stored(p.ID); !slices.Equal(now.Attention.Reasons(), []payout.Reason{payout.DoublePaymentSuspected}) {
			t.Errorf("%s: attention %v", name, now.Attention.Reasons())
		}
	}
}

// A queued attempt waits as long as nobody has answered what was said again of the one before, and goes
// when that is answered.
func TestAQueuedAttemptWaitsForAnInquiryAboutAnother(t *testing.T) {
	for _, name := range both {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = 168 * time.Hour })
		p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		pr := w.named(name)
		accepts := pr.answer
		pr.answer = w.notSent
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		sent := len(pr.sent)
		pr.answer, pr.told = accepts, w.unclear
		old.At = w.clock.Now()
		w.receive(old)
		w.freed()
		if w.sweepFor(60, time.Minute); len(pr.sent) > sent || w.stored(p.ID).WaitsFor() != payout.QueuedSpokenOf {
			t.Errorf("%s: sent %d more without an answer, and waits for %q", name, len(pr.sent)-sent, w.stored(p.ID).WaitsFor())
		}
		pr.told = w.says(payout.FoundFailed)
		if w.sweepFor(70, time.Minute); len(pr.sent) != sent+1 {
			t.Errorf("%s: sent %d more after the answer, %s", name, len(pr.sent)-sent, w.stored(p.ID).Status)
		}
	}
}

// A word that came too often comes while the provider is asked about a new one, and leaves no trace any
// more: the answer, which began before it, settles the new one alone.
func TestAWordThatCameTooOftenIsNotSettledByTheAnswerToAnother(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	w.withoutRoom(p.ID, 30)
	news := w.claim(p, payout.FoundProcessing)
	news.Code = "0016"
	w.receive(news)
	w.meanwhile(Vexora, func() {
		old.At = w.clock.Now()
		w.receive(old)
	})
	w.sweep()
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("safe: %v %+v", now.Heard, now.Inquiries)
	}
	if w.sweepFor(6, time.Minute); !w.stored(p.ID).SafeToPayAgain() {
		t.Errorf("not settled by the answer to it: %+v", w.stored(p.ID).Inquiries)
	}
}

// Where the provider is taken out, nobody can be asked: people know, and nothing is safe.
func TestAnInquiryThatNobodyCanAnswerCalls(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	delete(w.connectors, Vexora)
	old.At = w.clock.Now()
	w.receive(old)
	w.sweepFor(40, time.Hour)
	if now := w.stored(p.ID); now.SafeToPayAgain() || !slices.Contains(now.Attention.Reasons(), payout.Contradiction) {
		t.Errorf("safe %v, attention %v", now.SafeToPayAgain(), now.Attention.Reasons())
	}
}

// One person sends a payout again before the provider was asked about what came last: that takes two.
func TestNobodyAloneGoesOnBeforeTheAnswer(t *testing.T) {
	for _, road := range []string{"callback", "file"} {
		w := newWorld(t)
		p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(2, 2*time.Minute)
		if !w.stored(p.ID).SafeToPayAgain() {
			t.Fatal("the answer did not settle it")
		}
		old.At = w.clock.Now()
		if road == "callback" {
			w.receive(old)
		} else {
			w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		}
		sent := len(w.vexora.sent)
		_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
		now := w.stored(p.ID)
		if err != nil || len(w.vexora.sent) > sent || now.Attempt != 1 || now.Proposal.Action != payout.Resend {
			t.Errorf("%s: %v, sent %d more, attempt %d, proposal %+v", road, err, len(w.vexora.sent)-sent, now.Attempt, now.Proposal)
		}
		if w.vexora.about = nil; now.DueAt.IsZero() {
			t.Errorf("%s: nobody looks", road)
		}
		if w.sweepFor(6, time.Minute); len(w.vexora.about) != 1 {
			t.Errorf("%s: asked %v", road, w.vexora.about)
		}
	}
}

// A word that comes while the status query is under way is not answered by it, however often it came
// before, and however much the history holds.
func TestAWordDuringAnInquiryIsAskedAboutAnew(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	for range 60 { // every mark is used up
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(1, 6*time.Minute)
	}
	w.sweepFor(6, 10*time.Minute)
	began := w.vexora.asked
	w.meanwhile(Vexora, func() { w.receive(old) })
	old.At = w.clock.Now()
	w.receive(old)
	w.sweep()
	if now := w.stored(p.ID); w.vexora.asked != began+1 || now.SafeToPayAgain() {
		t.Errorf("asked %d times, safe %v: %+v", w.vexora.asked-began, now.SafeToPayAgain(), now.Inquiries)
	}
	if w.sweepFor(6, time.Minute); w.vexora.asked != began+2 || !w.stored(p.ID).SafeToPayAgain() {
		t.Errorf("asked %d times, safe %v", w.vexora.asked-began, w.stored(p.ID).SafeToPayAgain())
	}
}

// Files that somebody sends again and again, and texts that are not counted any more, take none of the
// status queries that confirm an end, look for one, or call a person.
func TestAnInquiryTakesNoStatusQueryOfOthers(t *testing.T) {
	plays := map[string]func(w *world, name payout.Provider, again func(payout.Payout)) string{
		"an end that is confirmed late": func(w *world, name payout.Provider, again func(payout.Payout)) string {
			p := w.mustCreate(draftFor(name))
			w.clock.pass(2 * time.Minute)
			w.receive(w.claim(p, payout.FoundFailed))
			w.named(name).told = w.unclear
			for range 10 {
				again(p)
				w.sweepFor(1, 5*time.Minute)
			}
			w.named(name).told = w.says(payout.FoundFailed)
			w.sweepFor(48, time.Hour)
			return fmt.Sprint("safe ", w.stored(p.ID).SafeToPayAgain())
		},
		"an unknown one": func(w *world, name payout.Provider, again func(payout.Payout)) string {
			w.named(name).answer, w.named(name).told = w.unclear, w.unclear
			p := w.mustCreate(draftFor(name))
			for range 12 {
				again(p)
				w.sweepFor(1, 5*time.Minute)
			}
			w.named(name).told = w.says(payout.FoundSucceeded)
			w.sweepFor(6, time.Hour)
			return string(w.stored(p.ID).Status)
		},
		"an end that nobody confirms": func(w *world, name payout.Provider, again func(payout.Payout)) string {
			p := w.mustCreate(draftFor(name))
			w.clock.pass(2 * time.Minute)
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.named(name).told = w.unclear
			for range 12 * 24 {
				again(p)
				w.sweepFor(1, 5*time.Minute)
			}
			w.sweepFor(48, time.Hour)
			return fmt.Sprint(w.stored(p.ID).Attention.Reasons())
		},
	}
	for what, play := range plays {
		for _, name := range both {
			undisturbed := play(newWorld(t), name, func(payout.Payout) {})
			w := newWorld(t)
			if got := play(w, name, func(p payout.Payout) { w.importBy(file(name, row(1, p, payout.FoundReturned)), dara) }); got != undisturbed {
				t.Errorf("%s at %s: %s, without files %s", what, name, got, undisturbed)
			}
		}
	}
}

// Whoever repeats a text keeps nobody's personal data here.
func TestAnInquiryKeepsNoPersonalData(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 10 * day })
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	for range 11 * 24 * 12 {
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(1, 5*time.Minute)
	}
	if now := w.stored(p.ID); now.RedactedAt.IsZero() {
		t.Errorf("not redacted, due %v of %v", now.DueAt, w.clock.Now())
	}
}

// Of the words that come while the provider is asked, one is written down: whoever posts for as long as that
// takes keeps no answer from being stored.
func TestAFloodDuringAnInquiryIsOneWrite(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	writes := 0
	w.meanwhile(Vexora, func() {
		before := w.stored(p.ID).Version
		for range 50 {
			old.At = w.clock.Now()
			w.receive(old)
		}
		writes = int(w.stored(p.ID).Version - before)
	})
	old.At = w.clock.Now()
	w.receive(old)
	w.sweep()
	if now := w.stored(p.ID); writes != 1 || now.SafeToPayAgain() || !now.Inquiries[1].AskedAt.Equal(w.clock.Now()) {
		t.Errorf("%d writes, safe %v: %+v", writes, now.SafeToPayAgain(), now.Inquiries)
	}
}

// People are called once for what nobody settles. When two of them have looked into it, it is asked about
// every day, and nobody is called again.
func TestAnInquiryCallsOnce(t *testing.T) {
	for _, answer := range []payout.Finding{payout.FoundAbsent, payout.FoundUnclear} {
		w := newWorld(t)
		p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		w.vexora.told = w.says(answer)
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(12, time.Hour)
		if len(w.stored(p.ID).Attention) == 0 {
			t.Fatal("nobody is called")
		}
		w.reviewed(p.ID)
		entries, asked := w.stored(p.ID).Sequence(), w.vexora.asked
		w.sweepFor(10*24, time.Hour)
		now := w.stored(p.ID)
		if n := w.vexora.asked - asked; len(now.Attention) > 0 || now.Sequence() > entries || now.SafeToPayAgain() || n < 9 || n > 12 {
			t.Errorf("%s: attention %v, %d entries more, asked %d times, safe %v", answer, now.Attention.Reasons(), now.Sequence()-entries, n, now.SafeToPayAgain())
		}
	}
}

// A failure that becomes certain beside an inquiry about another attempt is told when that is settled, and
// once.
func TestACertaintyBesideAnInquiryIsToldLater(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		w.clock.pass(10 * time.Minute)
		w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
		told := func() (n int) {
			for _, e := range w.stored(p.ID).Events() {
				if e.Type == payout.EventFailureConfirmed {
					n++
				}
			}
			return n
		}
		before, quiet := told(), w.says(payout.FoundFailed)
		w.named(name).told = func(q payout.Payout) payout.Claim {
			if a := w.named(name).about; a[len(a)-1] == 1 && !slices.Contains(w.stored(p.ID).Heard, "2.closed.1") {
				return w.unclear(q) // until the second one is certain
			}
			return quiet(q)
		}
		old.At = w.clock.Now()
		w.receive(old)
		w.sweepFor(30, time.Minute)
		if now := w.stored(p.ID); !now.SafeToPayAgain() || told() != before+1 {
			t.Errorf("%s: safe %v, told %d times more", name, now.SafeToPayAgain(), told()-before)
		}
		for range 5 {
			old.At = w.clock.Now()
			w.receive(old)
			w.sweepFor(10, time.Minute)
		}
		if told() != before+1 {
			t.Errorf("%s: a repeated text has it told %d times", name, told()-before)
		}
	}
}

// While callbacks are only asked about, forged texts about a success silence no true one either.
func TestForgedTextsAboutASuccessSilenceNoTrueOne(t *testing.T) {
	for _, says := range []payout.Finding{payout.FoundReturned, payout.FoundFailed, payout.FoundUnlisted, payout.FoundProcessing} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.vexora.told = w.says(payout.FoundSucceeded)
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.sweepFor(6, time.Hour)
		w.pull(dara, askFirst)
		w.clock.pass(time.Minute)
		for range 5 {
			w.receive(w.claim(p, says))
			w.sweepFor(6, 10*time.Minute)
		}
		asked := w.vexora.asked
		w.vexora.told = w.says(payout.FoundReturned)
		w.receive(w.claim(p, says))
		w.sweepFor(2, 10*time.Minute)
		if now := w.stored(p.ID); w.vexora.asked == asked || now.Return == nil {
			t.Errorf("%s: asked %d times, returned %v, attention %v", says, w.vexora.asked-asked, now.Return != nil, now.Attention.Reasons())
		}
	}
}

// An answer that brings news begins the ordinary status queries anew: it is asked about within minutes, and
// settled by the next answer, with nobody called.
func TestNewsByAnInquiryAreAskedAboutAsUsual(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		w.named(name).told = w.says(payout.FoundProcessing)
		old.At = w.clock.Now()
		w.receive(old)
		w.sweep()
		asked := w.named(name).asked
		w.sweepFor(40, 15*time.Second)
		if n := w.named(name).asked - asked; n < 4 {
			t.Errorf("%s: asked %d times in ten minutes", name, n)
		}
		w.named(name).told = w.says(payout.FoundFailed)
		w.sweepFor(20, time.Minute)
		if now := w.stored(p.ID); !now.SafeToPayAgain() || len(now.Attention) > 0 {
			t.Errorf("%s: safe %v, attention %v, heard %v", name, now.SafeToPayAgain(), now.Attention.Reasons(), now.Heard)
		}
	}
}

// But what people have to look at, or what is doubted by words that count, keeps its data for them.
func TestAnInquiryTakesNoDataFromPeople(t *testing.T) {
	for _, what := range []string{"attention", "doubt"} {
		w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 10 * day })
		p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		w.clock.pass(9 * day)
		switch what {
		case "attention":
			held := w.stored(p.ID)
			held.Attention = held.Attention.With(payout.NotificationFailing, w.clock.Now())
			w.store.Payouts[p.ID] = held
		case "doubt":
			w.vexora.told = w.unclear
			news := w.claim(p, payout.FoundProcessing)
			news.Code = "0016"
			w.receive(news)
			w.sweepFor(80, time.Hour)
			held := w.stored(p.ID)
			held.Attention = nil
			w.store.Payouts[p.ID] = held
		}
		for range 48 {
			old.At = w.clock.Now()
			w.receive(old)
			w.sweepFor(1, time.Hour)
		}
		if what == "doubt" {
			held := w.stored(p.ID)
			held.Inquiries = map[payout.Attempt]payout.Inquiry{1: {Open: true, Due: w.clock.Now()}}
			held.DueAt = w.clock.Now()
			w.store.Payouts[p.ID] = held
			w.sweepFor(3, time.Hour)
		}
		if now := w.stored(p.ID); !now.RedactedAt.IsZero() {
			t.Errorf("%s: redacted after %v, heard %v", what, now.RedactedAt.Sub(now.StatusAt), now.Heard)
		}
	}
}

// An answer that was asked for before a word settles nothing of what came since, though the process that
// asked slept for an hour, and others have asked meanwhile.
func TestASleeperSettlesNothingOfWhatCameSince(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	w.meanwhile(Vexora, func() {
		w.clock.pass(time.Hour)
		old.At = w.clock.Now()
		w.receive(old)
	})
	old.At = w.clock.Now()
	w.receive(old)
	w.sweep()
	if now := w.stored(p.ID); now.SafeToPayAgain() {
		t.Errorf("safe: %+v", now.Inquiries)
	}
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	if w.stored(p.ID).Attempt != 1 {
		t.Error("one person alone began another attempt")
	}
}

// The same if another process has asked meanwhile, without an answer, and the word came after that.
func TestASleeperSettlesNothingThatAnotherProcessWasAskedAbout(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	other := &provider{name: Vexora, told: w.unclear}
	same := func(d time.Duration) time.Duration { return d }
	elsewhere, err := payout.NewSweeper(payout.Ports{
		Store: w.store, Connectors: map[payout.Provider]payout.Connector{Vexora: other}, Signals: w.signals, Breaker: w.breaker, Keys: w,
		Now: w.clock.Now, Notifier: w.notifier, NewToken: func() string { return "other" }, Pause: func(context.Context, time.Duration) {}, People: register,
	}, payout.Policy{}, same)
	if err != nil {
		t.Fatal(err)
	}
	w.meanwhile(Vexora, func() {
		w.clock.pass(5 * time.Minute)
		if _, err := elsewhere.Sweep(bg, p.ID.Shard()); err != nil {
			t.Error(err)
		}
		old.At = w.clock.Now()
		w.receive(old)
	})
	old.At = w.clock.Now()
	w.receive(old)
	w.sweep()
	if now := w.stored(p.ID); now.SafeToPayAgain() || other.asked != 1 {
		t.Errorf("asked %d times meanwhile, safe: %+v", other.asked, now.Inquiries)
	}
}

// besides has something happen, other sweeps among it, while the next status query is under way, which is
// answered "failed".
func (w *world) besides(name payout.Provider, answers func(payout.Payout) payout.Claim, happens func()) {
	failed, pr, first := w.says(payout.FoundFailed), w.named(name), true
	pr.told = func(p payout.Payout) payout.Claim {
		if !first {
			return answers(p)
		}
		first = false
		c := failed(p)
		pr.mu.Unlock()
		defer pr.mu.Lock()
		happens()
		return c
	}
}

// An answer closes nothing once another sweep has asked: a word that came too often may have come after that,
// which nobody marks while nobody asks. A process that slept, or one beside which a file had the payout
// looked at, is both.
func TestAnAnswerThatIsNotTheLatestClosesNothing(t *testing.T) {
	for _, name := range both {
		for _, cause := range []string{"it slept", "a file, unclear", "a file, absent"} {
			w := newWorld(t)
			p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
			news := w.claim(p, payout.FoundProcessing)
			news.Code = "0016"
			w.receive(news)
			answers := w.unclear
			if cause == "a file, absent" {
				answers = w.absent
			}
			w.besides(name, answers, func() {
				w.clock.pass(time.Second)
				if cause == "it slept" {
					w.clock.pass(2 * time.Minute)
				} else {
					w.importBy(file(name, row(1, p, payout.FoundSucceeded)), dara)
				}
				w.clock.pass(time.Second)
				w.sweep()
				w.clock.pass(time.Second)
				old.At = w.clock.Now()
				w.receive(old)
			})
			asked := w.named(name).asked
			w.sweep()
			if now := w.stored(p.ID); now.SafeToPayAgain() || w.named(name).asked != asked+2 {
				t.Errorf("%s, %s: asked %d times, safe %v: heard %v, %+v", name, cause, w.named(name).asked-asked, now.SafeToPayAgain(), now.Heard, now.Inquiries)
			}
			w.named(name).told = w.says(payout.FoundFailed)
			if w.sweepFor(20, time.Minute); !w.stored(p.ID).SafeToPayAgain() {
				t.Errorf("%s, %s: the latest answer does not close it either", name, cause)
			}
		}
	}
}

// The same money is held for as long as nobody can answer.
func TestAnInquiryThatNobodyCanAnswerHoldsTheSameMoney(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		connector := w.connectors[name]
		delete(w.connectors, name)
		old.At = w.clock.Now()
		w.receive(old)
		for day := range 8 {
			w.sweepFor(24, time.Hour)
			w.store.expire(w.clock.Now())
			w.connectors[name] = connector // that a create may go
			d := draftFor(name)
			d.Reference = payout.Reference(fmt.Sprint("again-", day))
			if again := w.mustCreate(d); again.Status != payout.Queued {
				t.Fatalf("%s, day %d: the same money is %s beside %+v", name, day, again.Status, w.stored(p.ID).Inquiries)
			} else {
				w.must(w.operator.Cancel(bg, w.order(again.ID, dara, "")))
			}
			delete(w.connectors, name)
		}
	}
}

// A provider that is asked about an end for a file's sake does not know of it: a person has to know, as after
// the ordinary status queries.
func TestWhoeverDeniesAnEndToAnInquiryCallsAPerson(t *testing.T) {
	for _, name := range both {
		for what, answer := range map[string]func(*world) func(payout.Payout) payout.Claim{
			"in progress": func(w *world) func(payout.Payout) payout.Claim { return w.says(payout.FoundProcessing) },
			"not found":   func(w *world) func(payout.Payout) payout.Claim { return w.absent },
		} {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.clock.pass(2 * time.Minute)
			w.named(name).told = w.says(payout.FoundSucceeded)
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.sweepFor(60, 10*time.Minute)
			w.named(name).told = answer(w)
			w.importBy(file(name, row(1, p, payout.FoundFailed)), dara)
			w.sweepFor(10, 20*time.Minute)
			if now := w.stored(p.ID); !slices.Contains(now.Attention.Reasons(), payout.Contradiction) {
				t.Errorf("%s, %s: attention %v, %+v", name, what, now.Attention.Reasons(), now.Inquiries)
			}
		}
	}
}

// One who sends lines about every attempt there may be, each minute, keeps no ordinary status query waiting.
func TestManyInquiriesLeaveTheOrdinaryQueriesTheirTurn(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draftFor(Monetix))
	w.receive(w.claim(p, payout.FoundFailed))
	w.monetix.told = w.says(payout.FoundFailed)
	w.sweepFor(6, 10*time.Minute)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.clock.pass(2 * time.Minute)
	p = w.stored(p.ID)
	w.monetix.told = w.absent
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 12 * 60 {
		var rows []payout.StatementRow
		for n := range 5 {
			of := p
			of.Attempt = payout.Attempt(n + 1)
			line := row(n+1, of, payout.FoundSucceeded)
			line.ProviderID = ""
			if of.Attempt == p.Attempt {
				line.Finding = payout.FoundFailed
			}
			rows = append(rows, line)
		}
		w.importBy(file(Monetix, rows...), dara)
		w.sweepFor(1, time.Minute)
	}
	if now := w.stored(p.ID); !slices.Contains(now.Attention.Reasons(), payout.Contradiction) || now.Polls < 7 {
		t.Errorf("%d ordinary status queries in twelve hours, attention %v", now.Polls, now.Attention.Reasons())
	}
}

// While the merchant is told something, a file opens an inquiry: the write of what was told does not lose when
// it is due.
func TestTellingLosesNoInquiry(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		w.news(p.ID)
		w.named(name).told = w.says(payout.FoundSucceeded)
		w.clock.pass(16 * time.Minute)
		for range 30 {
			if w.stored(p.ID).Status == payout.Succeeded {
				break
			}
			w.clock.pass(time.Minute)
			w.sweep()
		}
		w.endpoint.during = func() {
			w.endpoint.during = nil
			w.clock.pass(2 * time.Second)
			w.importBy(file(name, row(1, p, payout.FoundFailed)), dara)
		}
		w.clock.pass(time.Second)
		w.news(p.ID)
		asked := w.named(name).asked
		if w.sweepFor(10, time.Minute); w.named(name).asked == asked {
			t.Errorf("%s: never asked, due %v", name, w.stored(p.ID).DueAt)
		}
	}
}

// A leaked key opens no inquiries about attempts that nobody can have made.
func TestNoInquiryIsAboutAnAttemptThatNobodyMade(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.pull(dara, askFirst)
	w.clock.pass(time.Minute)
	for range 3 {
		for attempt := range payout.Attempt(99) {
			of := p
			of.Attempt = attempt + 1
			w.receive(w.claim(of, payout.FoundSucceeded))
		}
		w.sweep()
	}
	if now := w.stored(p.ID); len(now.Inquiries) > 4 {
		t.Errorf("%d inquiries", len(now.Inquiries))
	}
}

// A failure that was never certain, since the payout was sent twice, is asked about no more. The provider says
// once more that it is in progress: the same money waits for the answer.
func TestARepeatedWordAboutAnUncertainFailureIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.sweepFor(1, 2*time.Minute)
	w.resendByTwo(p.ID)
	p = w.stored(p.ID)
	w.receive(w.claim(p, payout.FoundFailed))
	w.receive(w.claim(p, payout.FoundProcessing)) // the ordinary disorder of callbacks
	w.vexora.told = w.says(payout.FoundFailed)
	w.sweepFor(6, time.Hour)
	again := func(reference string) payout.Status {
		d := draft(reference)
		return w.mustCreate(d).Status
	}
	if w.vexora.answer = w.says(payout.FoundProcessing); again("R2") == payout.Queued {
		t.Fatal("held beside an end that is settled")
	}
	w.receive(w.claim(p, payout.FoundProcessing))
	if s := again("R3"); s != payout.Queued {
		t.Errorf("the same money is %s before the answer", s)
	}
	asked := w.vexora.asked
	w.sweepFor(2, time.Minute)
	if w.vexora.asked == asked || again("R4") == payout.Queued {
		t.Errorf("asked %d times, and held after the answer", w.vexora.asked-asked)
	}
}

// In a slow lane every row that a run takes up is held until the same time, also one that it takes up twice,
// since a word wanted it looked at: the first answer settles nothing of that word.
func TestAPayoutThatIsHeldTwiceUntilTheSameTimeIsAskedAboutTwice(t *testing.T) {
	for _, road := range []string{"callback", "file"} {
		w := newWorld(t)
		p, old := w.worn(Monetix, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
		news := w.claim(p, payout.FoundProcessing)
		news.Code = "0016"
		w.receive(news)
		w.meanwhile(Monetix, func() {
			until := w.stored(p.ID).DueAt
			w.clock.pass(time.Second)
			old.At = w.clock.Now()
			if road == "callback" {
				w.receive(old)
			} else {
				w.importBy(file(Monetix, row(1, p, payout.FoundSucceeded)), dara)
			}
			w.takeUntil(p.ID, until)
		})
		w.sweep()
		if now := w.stored(p.ID); now.SafeToPayAgain() {
			t.Errorf("%s: safe by an answer that began before the word: %v %+v", road, now.Heard, now.Inquiries)
		}
		w.monetix.told = w.says(payout.FoundSucceeded)
		if w.sweepFor(10, time.Minute); len(w.stored(p.ID).Attention) == 0 {
			t.Errorf("%s: the truth is not heard", road)
		}
	}
}

// Whoever has an event told once more, during each status query, keeps no answer from counting.
func TestTellingAgainKeepsNoAnswerFromCounting(t *testing.T) {
	for _, name := range both {
		for _, ends := range []payout.Finding{payout.FoundFailed, payout.FoundSucceeded} {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.clock.pass(2 * time.Minute)
			w.receive(w.claim(p, ends))
			w.news(p.ID)
			answer := map[payout.Finding]func(payout.Payout) payout.Claim{
				payout.FoundFailed: w.says(payout.FoundFailed), payout.FoundSucceeded: w.says(payout.FoundProcessing),
			}[ends]
			w.named(name).told = func(q payout.Payout) payout.Claim {
				c := answer(q)
				w.clock.pass(time.Second)
				o := w.order(p.ID, dara, "")
				o.Event = 1
				_, err := w.operator.ResendEvent(bg, o)
				if w.news(p.ID); err != nil {
					t.Error(err)
				}
				return c
			}
			w.sweepFor(24*60, time.Minute)
			now := w.stored(p.ID)
			known := now.SafeToPayAgain() || slices.Contains(now.Attention.Reasons(), payout.Contradiction)
			if asked := w.named(name).asked; !known || asked > 9 {
				t.Errorf("%s %s: asked %d times, safe %v, attention %v", name, ends, asked, now.SafeToPayAgain(), now.Attention.Reasons())
			}
		}
	}
}

// What an earlier version wrote knows of no inquiry, and may be due later, or never: the next word has the
// provider asked all the same.
func TestAnInquiryThatAnEarlierVersionForgotIsAskedAboutWithTheNextWord(t *testing.T) {
	for _, due := range []time.Duration{0, day, 300 * day} {
		for _, road := range []string{"callback", "file"} {
			w := newWorld(t)
			p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
			old.At = w.clock.Now()
			w.receive(old)
			of := w.stored(p.ID)
			of.QueryAt, of.DueAt = time.Time{}, time.Time{}
			if due > 0 {
				of.DueAt = w.clock.Now().Add(due)
			}
			w.store.Payouts[p.ID] = of
			asked := w.vexora.asked
			w.sweepFor(2, time.Minute)
			old.At = w.clock.Now()
			if road == "callback" {
				w.receive(old)
			} else {
				w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
			}
			if w.sweepFor(6, time.Minute); w.vexora.asked == asked {
				t.Errorf("%s, due in %s: never asked, due %v", road, due, w.stored(p.ID).DueAt)
			}
		}
	}
}

// A process that asks about an earlier attempt sleeps, another one asks without an answer, and the word comes
// while nobody asks: the sleeper's answer closes nothing.
func TestASleeperClosesNoEarlierAttempt(t *testing.T) {
	for _, name := range both {
		for _, worn := range []bool{true, false} {
			w := newWorld(t)
			p, old := w.worn(name, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			w.receive(w.claim(w.stored(p.ID), payout.FoundFailed))
			w.sweepFor(6, 10*time.Minute)
			news := w.claim(p, payout.FoundProcessing)
			news.Code = "0016"
			w.receive(news)
			w.besides(name, w.unclear, func() {
				w.clock.pass(2 * time.Minute)
				w.sweep()
				w.clock.pass(time.Second)
				if old.At = w.clock.Now(); worn {
					w.receive(old)
				}
			})
			w.sweep()
			if now := w.stored(p.ID); now.SafeToPayAgain() {
				t.Errorf("%s, a word after that %v: safe, heard %v, %+v", name, worn, now.Heard, now.Inquiries)
			}
		}
	}
}

// Where nothing was certain, an inquiry that nobody answers ends by itself: the ordinary status queries go on.
func TestAnInquiryAboutAnOpenPayoutEnds(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.sweepFor(4, time.Hour)
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
	w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara) // which adds no fact
	if !w.stored(p.ID).Inquiries[1].Open {
		t.Fatalf("no inquiry: %v", w.stored(p.ID).Heard)
	}
	w.sweepFor(72, time.Hour)
	if i := w.stored(p.ID).Inquiries[1]; i.Open || i.Tries != 8 {
		t.Errorf("%+v", i)
	}
}
