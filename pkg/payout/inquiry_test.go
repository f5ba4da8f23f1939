package payout_test

import (
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
			held.Inquiries = map[payout.Attempt]payout.Inquiry{1: {Words: 9, Settled: 8, Due: w.clock.Now()}}
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
