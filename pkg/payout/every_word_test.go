package payout_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// inOtherBytes is a claim as it comes once more, in other bytes: blanks are not signed.
func (w *world) inOtherBytes(c payout.Claim, n int) payout.Claim {
	c.At, c.Raw = w.clock.Now(), fmt.Appendf(nil, `{"n":%d}`, n)
	return c
}

// forge posts texts that all differ, as whoever holds the key can, while callbacks are asked about.
func (w *world) forge(p payout.Payout, n int, from string) {
	w.t.Helper()
	for i := range n {
		c := w.claim(p, payout.FoundProcessing)
		c.ProviderID = fmt.Sprint("F", from, i)
		if v := w.receive(c); v != payout.Unbelieved {
			w.t.Fatal(v)
		}
	}
}

// While callbacks are asked about, the record of a success is full: of forged texts, or of anything.
// A true return is acknowledged, so the provider is asked about it.
func TestAReturnIsAskedAboutThoughTheRecordIsFull(t *testing.T) {
	for _, full := range []string{"not", "of anything", "of forged texts", "of very many"} {
		for _, name := range both {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.named(name).told = w.says(payout.FoundSucceeded)
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.sweepFor(6, time.Hour)
			if full == "of anything" {
				w.withoutRoom(p.ID, 0)
			}
			w.pull(dara, askFirst)
			w.clock.pass(time.Minute)
			w.forge(p, map[string]int{"of forged texts": 24, "of very many": 100}[full], "")
			w.sweepFor(20, time.Hour)
			w.named(name).told = w.says(payout.FoundReturned)
			v := w.receive(w.claim(p, payout.FoundReturned))
			w.sweepFor(72, time.Hour)
			if now := w.stored(p.ID); v != payout.Unbelieved || now.Return == nil {
				t.Errorf("%s, full %s: %s, and nobody knows of the return", name, full, v)
			}
		}
	}
}

// The same of a failure that is safe to pay again: a true "paid" comes while a status query about a
// forged text is under way, so the answer says nothing of it.
func TestATrueWordAmongForgedOnesIsNotAnsweredByAnOlderQuery(t *testing.T) {
	for _, forged := range []int{1, 5, 30, 100} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.vexora.told = w.says(payout.FoundFailed)
		w.pull(dara, askFirst)
		w.clock.pass(time.Minute)
		w.forge(p, forged, "before")
		w.sweepFor(20, time.Hour)
		if !w.stored(p.ID).SafeToPayAgain() {
			t.Errorf("%d forged texts, all answered: not safe, heard %v", forged, w.stored(p.ID).Heard)
		}
		w.forge(p, 1, "now")
		w.meanwhile(Vexora, func() { w.receive(w.claim(p, payout.FoundSucceeded)) })
		w.clock.pass(10 * time.Minute)
		w.sweep()
		if w.stored(p.ID).SafeToPayAgain() {
			t.Errorf("%d forged texts: safe by an answer that began before the word", forged)
		}
		w.vexora.told = w.says(payout.FoundSucceeded)
		if w.sweepFor(72, time.Hour); !w.contradicted(p.ID) {
			t.Errorf("%d forged texts: nobody is called, attention %v", forged, w.stored(p.ID).Attention.Reasons())
		}
	}
}

// Forged texts that differ use nothing up: when the provider has answered, the failure is as certain as before.
func TestForgedTextsThatDifferUseNoRoundsUp(t *testing.T) {
	w := newWorld(t)
	p := w.failedForCertain("R1")
	w.vexora.told = w.says(payout.FoundFailed)
	w.pull(dara, askFirst)
	w.clock.pass(time.Minute)
	for n := range 20 {
		w.forge(p, 4, fmt.Sprint(n, "."))
		if w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("round %d: safe before the answer", n)
		}
		if w.sweepFor(4, 10*time.Minute); !w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("round %d: not safe after the answer: %v", n, w.stored(p.ID).Heard)
		}
	}
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.receive(w.claim(p, payout.FoundSucceeded))
	if w.sweepFor(72, time.Hour); !w.contradicted(p.ID) {
		t.Errorf("nobody is called, attention %v", w.stored(p.ID).Attention.Reasons())
	}
}

// Somebody repeats an old text until nothing of it is counted. The provider says the same while a status
// query is under way, whose answer says nothing of it.
func TestAFloodHidesNoWordThatComesDuringAQuery(t *testing.T) {
	for _, says := range []payout.Finding{payout.FoundProcessing, payout.FoundUnlisted} {
		for _, status := range []payout.Status{payout.Failed, payout.Unknown} {
			for _, times := range []int{1, 29, 40} {
				w, n := newWorld(t), 0
				if status == payout.Unknown {
					w.vexora.answer = w.unclear
				}
				p := w.mustCreate(draft("R1"))
				say := func() {
					n++
					c := w.claim(p, says)
					if status == payout.Unknown {
						c = unbelieved(c)
					}
					w.receive(w.inOtherBytes(c, n))
				}
				say()
				if status == payout.Failed {
					w.clock.pass(time.Minute)
					w.receive(w.claim(p, payout.FoundFailed))
				}
				w.meanwhile(Vexora, func() {
					for range times {
						say()
					}
				})
				w.clock.pass(6 * time.Minute)
				w.sweep()
				asked := w.vexora.asked
				w.meanwhile(Vexora, say)
				for k := 0; k < 40 && w.vexora.asked == asked; k++ {
					w.clock.pass(20 * time.Second)
					w.sweep()
				}
				if now := w.stored(p.ID); now.SafeToPayAgain() || w.vexora.asked == asked {
					t.Errorf("%s about %s, %d times: safe %v, asked %d more, heard %v", says, status, times, now.SafeToPayAgain(), w.vexora.asked-asked, now.Heard)
				}
			}
		}
	}
}

// A failure whose code may hide a payment, heard once before, comes again while the answer is under way.
func TestADoubtfulFailureThatComesAgainDuringAQueryCounts(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		c := w.doubtful(p)
		w.receive(c)
		w.meanwhile(name, func() { w.receive(w.inOtherBytes(c, 1)) })
		w.clock.pass(6 * time.Minute)
		w.sweep()
		if now := w.stored(p.ID); len(w.named(name).about) == 0 || now.SafeToPayAgain() {
			t.Errorf("%s: asked about %v, safe by the answer that began before it: %v", name, w.named(name).about, now.Heard)
		}
	}
}

// An inquiry about an open payout ended without an answer. The next one, about the certain failure, is
// asked as soon, and calls a person, as if there had been none; and so does one that was open meanwhile.
func TestAnInquiryThatEndedUnansweredTakesNothingFromTheNext(t *testing.T) {
	for _, before := range []int{0, 5, 60} { // hours of silence that the first one had
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.vexora.told = w.unclear
		line := func() { w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara) }
		if before > 0 {
			line()
			line()
			w.sweepFor(before, time.Hour)
		}
		w.receive(w.claim(p, payout.FoundFailed))
		w.vexora.told = w.says(payout.FoundFailed)
		w.sweepFor(30, time.Hour)
		for range 3 {
			line()
			w.sweepFor(6, 10*time.Minute)
		}
		if now := w.stored(p.ID); !now.SafeToPayAgain() {
			t.Fatalf("after %d hours: not safe: %v %+v", before, now.Heard, now.Inquiries)
		}
		asked := w.vexora.asked
		w.vexora.told = w.unclear
		line()
		w.sweepFor(5*60, time.Minute)
		if !w.contradicted(p.ID) || w.vexora.asked-asked < 6 {
			t.Errorf("after %d hours: asked %d times, attention %v, %+v", before, w.vexora.asked-asked, w.stored(p.ID).Attention.Reasons(), w.stored(p.ID).Inquiries)
		}
	}
}

// The provider is silent while an inquiry is open, for longer than it takes to call a person. Then the
// attempt fails, and so counts as one that paid nobody: a person is called for it, once.
func TestAnInquiryThatWasOpenWhenThePayoutFailedCalls(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.unclear
	w.importBy(file(Vexora, row(1, p, payout.FoundFailed)), dara)
	for w.stored(p.ID).Inquiries[1].Tries < 7 {
		w.sweepFor(1, time.Minute)
	}
	w.receive(w.claim(p, payout.FoundFailed))
	if w.sweepFor(24, time.Hour); !w.contradicted(p.ID) {
		t.Errorf("attention %v, %+v", w.stored(p.ID).Attention.Reasons(), w.stored(p.ID).Inquiries)
	}
	w.reviewed(p.ID)
	if w.sweepFor(72, time.Hour); w.contradicted(p.ID) && w.stored(p.ID).Inquiries[1].Open {
		t.Errorf("called again for the same inquiry: %+v", w.stored(p.ID).Inquiries)
	}
}

// One person's file opens an inquiry about a payout in progress, and its failure comes by a callback, which
// reads nothing first. What is heard after that keeps the same money from going, as ever.
func TestAnInquiryThatWasOpenWhenThePayoutFailedHoldsTheSameMoney(t *testing.T) {
	for _, name := range both {
		for _, answers := range []payout.Finding{payout.FoundSucceeded, payout.FoundProcessing, payout.FoundUnlisted, payout.FoundUnclear} {
			w := newWorld(t)
			w.named(name).told = w.says(answers)
			p := w.mustCreate(draftFor(name))
			w.clock.pass(2 * time.Minute)
			w.importBy(file(name, row(1, p, payout.FoundFailed)), dara)
			w.receive(w.claim(p, payout.FoundFailed))
			w.receive(w.claim(p, payout.FoundSucceeded))
			for n, pause := range []int{2, 22, 120, 288, 288} {
				w.sweepFor(pause, 5*time.Minute)
				d := draftFor(name)
				d.Reference = payout.Reference(fmt.Sprint("again-", n))
				if q := w.mustCreate(d); q.Status != payout.Queued {
					t.Errorf("%s answers %s: the same money is %s after %d rounds, beside %v", name, answers, q.Status, n, w.stored(p.ID).Heard)
				}
			}
		}
	}
}

// A failure was safe to pay again for a month, and something takes the certainty away: the same money is
// held, as after a day, whichever road the word came by, and for 30 days from it.
func TestALateWordHoldsTheSameMoneyHoweverOldTheFailureIs(t *testing.T) {
	for _, days := range []int{1, 20, 31, 80} {
		for _, road := range []string{"callback", "callback without room", "unbelieved", "unbelieved without room", "paid, without room", "file", "worn out"} {
			w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 365 * 24 * time.Hour })
			p := w.failedForCertain("R1")
			old := w.claim(p, payout.FoundProcessing)
			for range 4 {
				if road == "worn out" {
					w.receive(w.inOtherBytes(old, 0))
					w.sweepFor(6, time.Hour)
				}
			}
			w.sweepFor(days*4, 6*time.Hour)
			if strings.HasSuffix(road, "without room") {
				w.withoutRoom(p.ID, 30)
			}
			w.vexora.told = w.unclear
			c := w.claim(p, payout.FoundProcessing)
			switch {
			case strings.HasPrefix(road, "paid"):
				c = w.claim(p, payout.FoundSucceeded)
			case strings.HasPrefix(road, "unbelieved"):
				c = unbelieved(c)
			}
			if road == "file" {
				w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
			} else {
				w.receive(w.inOtherBytes(c, 1))
			}
			for n, pause := range []int{1, 4 * 24, 28 * 24 * 4} {
				w.sweepFor(pause, 15*time.Minute)
				w.clock.pass(5 * time.Second) // a process looks at the shared state that often
				if !w.holdsBack(draft("R1"), fmt.Sprint("again-", n)) {
					t.Errorf("%s after %d days: the same money goes, %v: %v", road, days, w.clock.Now().Sub(p.StatusAt), w.stored(p.ID).Heard)
				}
			}
			w.sweepFor(10*24, time.Hour)
			if asked := w.vexora.asked; road != "paid, without room" { // else somebody is called, and it stays as it is
				w.sweepFor(10*24, time.Hour)
				if w.holdsBack(draft("R1"), "in the end") || w.vexora.asked > asked {
					t.Errorf("%s after %d days: held for ever, and asked %d times more: %+v", road, days, w.vexora.asked-asked, w.stored(p.ID).Inquiries)
				}
			}
		}
	}
}

// Something was said of attempt 1 before its failure was certain, and two people began attempt 2, which
// failed for certain. Attempt 1 may still be paid: the same money is held beside it.
func TestWhatWasSaidOfAnEarlierAttemptHoldsTheSameMoneyAfterTheNextOneFailed(t *testing.T) {
	for _, name := range both {
		for _, word := range []string{"doubtful", "filed", "unbelieved", "unlisted", "filed often"} {
			w := newWorld(t)
			pr := w.named(name)
			pr.told = w.unclear
			p := w.mustCreate(draftFor(name))
			if word == "doubtful" {
				w.receive(w.doubtful(p))
			} else {
				w.receive(w.claim(p, payout.FoundFailed))
			}
			switch word {
			case "filed", "filed often":
				w.importBy(file(name, row(1, p, payout.FoundSucceeded)), dara)
			case "unbelieved":
				w.receive(unbelieved(w.claim(p, payout.FoundSucceeded)))
			case "unlisted":
				w.receive(w.claim(p, payout.FoundUnlisted))
			}
			w.sweepFor(3, time.Minute)
			if len(w.stored(p.ID).Attention) > 0 {
				w.reviewed(p.ID)
			}
			w.resendByTwo(p.ID)
			if word == "filed often" {
				w.importBy(file(name, row(1, p, payout.FoundSucceeded)), dara)
			}
			now := w.stored(p.ID)
			w.receive(w.claim(now, payout.FoundFailed))
			pr.told = func(p payout.Payout) payout.Claim {
				if pr.about[len(pr.about)-1] == 2 {
					return w.says(payout.FoundFailed)(p)
				}
				return w.unclear(p)
			}
			for n, pause := range []int{1, 6, 60, 600} {
				w.sweepFor(pause, 10*time.Minute)
				w.clock.pass(5 * time.Second)
				if !w.holdsBack(draftFor(name), fmt.Sprint("after-", n)) {
					t.Errorf("%s, %s: the same money goes after %d sweeps, beside %v", name, word, pause, w.stored(p.ID).Heard)
				}
			}
			pr.told = w.says(payout.FoundFailed)
			w.importBy(file(name, row(1, p, payout.FoundSucceeded)), dara)
			w.sweepFor(12, time.Hour)
			if w.holdsBack(draftFor(name), "in the end") != !w.stored(p.ID).SafeToPayAgain() {
				t.Errorf("%s, %s: safe %v, held beside %v", name, word, w.stored(p.ID).SafeToPayAgain(), w.stored(p.ID).Heard)
			}
		}
	}
}

// While callbacks are asked about, and whatever the record holds: paid under another number, or another
// amount, is another payment. It is asked about, though "paid" is what the payout counts as.
func TestAnotherPaymentIsNoAgreement(t *testing.T) {
	for _, full := range []bool{false, true} {
		for _, name := range both {
			for _, what := range []string{"number", "amount"} {
				w := newWorld(t)
				p := w.mustCreate(draftFor(name))
				w.named(name).told = w.says(payout.FoundSucceeded)
				w.receive(w.claim(p, payout.FoundSucceeded))
				w.sweepFor(6, time.Hour)
				w.pull(dara, askFirst)
				w.clock.pass(time.Minute)
				if full {
					w.withoutRoom(p.ID, 30)
				}
				c := w.claim(w.stored(p.ID), payout.FoundSucceeded)
				if what == "number" {
					c.ProviderID = "another"
				} else {
					c.Amounts = []money.Amount{amount(t, "70000", money.KHR)}
				}
				w.named(name).told = func(payout.Payout) payout.Claim { // the query shows the other payment now
					answer := c
					answer.Source, answer.At = payout.FromQuery, w.clock.Now()
					return answer
				}
				w.receive(c)
				if w.sweepFor(24, time.Hour); len(w.stored(p.ID).Attention) == 0 {
					t.Errorf("%s, another %s, full %v: nobody is called, asked %d times", name, what, full, w.named(name).asked)
				}
			}
		}
	}
}

// A safe failure is spoken of, and the provider is silent until all status queries are used up. A person
// is called: nobody asks any more, and it may have been paid.
func TestADoubtThatNobodySettlesCalls(t *testing.T) {
	for _, word := range []string{"unbelieved", "file", "in progress"} {
		w := newWorld(t)
		p := w.failedForCertain("R1")
		w.sweepFor(10, time.Hour)
		w.vexora.told = w.unclear
		switch word {
		case "unbelieved":
			w.receive(unbelieved(w.claim(p, payout.FoundSucceeded)))
		case "file":
			w.importBy(file(Vexora, row(1, p, payout.FoundSucceeded)), dara)
		default:
			w.receive(w.claim(p, payout.FoundProcessing))
		}
		if w.sweepFor(40, time.Hour); !w.contradicted(p.ID) {
			t.Errorf("%s: nobody is called, asked %d times: %v", word, w.vexora.asked, w.stored(p.ID).Heard)
		}
	}
}

// A true word comes while the last status query of an inquiry is under way: it has queries of its own.
func TestAWordDuringTheLastQueryOfAnInquiryIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.sweepFor(6, time.Hour)
	w.pull(dara, askFirst)
	w.clock.pass(time.Minute)
	back, n := w.claim(p, payout.FoundReturned), 0
	w.receive(back) // asked about, and the provider does not know of it yet
	w.sweepFor(48, time.Hour)
	w.vexora.told = func(q payout.Payout) payout.Claim {
		n++
		if n == 8 {
			w.receive(w.inOtherBytes(back, 2))
		}
		if n > 8 {
			return w.says(payout.FoundReturned)(q)
		}
		return w.unclear(q)
	}
	w.receive(w.inOtherBytes(back, 1))
	if w.sweepFor(24*30, time.Hour); w.stored(p.ID).Return == nil {
		t.Errorf("asked %d times, and nobody knows of the return: %+v", n, w.stored(p.ID).Inquiries)
	}
}

// An inquiry about attempt 1 has called people, who went on. What it would call for now is another thing: that
// both attempts were paid.
func TestAnInquiryCallsForEachReason(t *testing.T) {
	w := newWorld(t)
	p, old := w.worn(Vexora, func(c *payout.Claim) { c.Finding = payout.FoundProcessing })
	w.vexora.told = w.unclear
	w.receive(w.inOtherBytes(old, 1))
	if w.sweepFor(12, time.Hour); !w.contradicted(p.ID) {
		t.Fatalf("attention %v", w.stored(p.ID).Attention.Reasons())
	}
	w.reviewed(p.ID)
	w.resendByTwo(p.ID)
	w.receive(w.claim(w.stored(p.ID), payout.FoundSucceeded))
	w.receive(w.inOtherBytes(old, 2))
	if w.sweepFor(48, time.Hour); !w.raised(p.ID, payout.DoublePaymentSuspected) {
		t.Errorf("attention %v, %+v", w.stored(p.ID).Attention.Reasons(), w.stored(p.ID).Inquiries)
	}
}

// anyWords is a random history of one payout in which every word has a place in the order of events.
type anyWords struct {
	*world
	r      *rand.Rand
	name   payout.Provider
	id     payout.ID
	placed int
	words  map[payout.Attempt]int // the place of the last word that is no plain failure
	failed map[payout.Attempt]int // where the last query began that was answered "failed"
	spoken []payout.Claim
	depth  int
}

func (h *anyWords) place() int { h.placed++; return h.placed }

// says has a callback come, and notes its place if it is acknowledged.
func (h *anyWords) comes(c payout.Claim) {
	at := h.place()
	if _, err := h.receiver.Receive(bg, h.inOtherBytes(c, at)); err != nil {
		return
	}
	if _, about, _ := payout.ParseProviderReference(c.Reference); c.Finding != payout.FoundFailed || c.Doubtful {
		h.words[about] = at
	}
	h.spoken = append(h.spoken, c)[max(0, len(h.spoken)-4):]
}

// word is a new word about any attempt of the payout.
func (h *anyWords) word() {
	p := h.stored(h.id)
	p.Attempt = payout.Attempt(1 + h.r.IntN(int(p.Attempt)))
	said := []payout.Finding{payout.FoundProcessing, payout.FoundUnlisted, payout.FoundFailed}[h.r.IntN(3)]
	c := h.claim(p, said)
	c.Code = fmt.Sprint("09", h.r.IntN(4))
	c.Doubtful = said == payout.FoundFailed && h.r.IntN(2) == 0
	if h.r.IntN(3) == 0 {
		c = unbelieved(c)
	}
	h.comes(c)
}

func (h *anyWords) repeat() {
	if len(h.spoken) == 0 {
		return
	}
	c := h.spoken[h.r.IntN(len(h.spoken))]
	for range []int{1, 1, 2, 40}[h.r.IntN(4)] {
		h.comes(c)
	}
}

// answers is what the provider says to a status query, during which more may happen.
func (h *anyWords) answers(payout.Payout) payout.Claim {
	pr := h.named(h.name)
	about, began := pr.about[len(pr.about)-1], h.place()
	said := []payout.Finding{payout.FoundFailed, payout.FoundFailed, payout.FoundFailed, payout.FoundProcessing, payout.FoundAbsent, payout.FoundUnclear}[h.r.IntN(6)]
	p := h.stored(h.id)
	p.Attempt = about
	c := h.world.says(said)(p)
	pr.mu.Unlock()
	h.depth++
	for range h.r.IntN(3) {
		h.happens()
	}
	h.depth--
	pr.mu.Lock()
	switch said {
	case payout.FoundFailed:
		h.failed[about] = max(h.failed[about], began)
	case payout.FoundProcessing:
		h.words[about] = max(h.words[about], began)
	default:
		c.ProviderID = ""
	}
	c.At = h.clock.Now()
	return c
}

func (h *anyWords) happens() {
	switch n := h.r.IntN(12); {
	case n < 3:
		h.word()
	case n < 5:
		h.repeat()
	case n < 7:
		h.clock.pass([]time.Duration{time.Second, 20 * time.Second, 100 * time.Second, 6 * time.Minute, time.Hour}[h.r.IntN(5)])
	case n < 11 && h.depth < 3:
		_, _ = h.sweeper.Sweep(bg, h.id.Shard())
	case n == 11 && h.depth == 0:
		before := h.stored(h.id).Attempt
		_, _ = h.operator.Resend(bg, h.order(h.id, dara, ""))
		_, _ = h.operator.Resend(bg, h.order(h.id, bopha, ""))
		if now := h.stored(h.id); now.Attempt > before {
			h.failed[now.Attempt] = 0
		}
	}
}

// Whatever comes, how often, and while which queries are under way: a payout is safe to pay again only if,
// of each attempt, the provider answered "failed" to a query that began after the last other word.
func TestSafetyRestsOnQueriesThatBeganAfterTheLastWord(t *testing.T) {
	safe := 0
	for seed := range uint64(700) {
		r := rand.New(rand.NewPCG(seed, 31))
		h := &anyWords{world: newWorld(t), r: r, name: both[r.IntN(2)], words: map[payout.Attempt]int{}, failed: map[payout.Attempt]int{}}
		pr := h.named(h.name)
		pr.told = h.answers
		if r.IntN(2) == 0 {
			pr.answer = h.unclear
		}
		h.id = h.mustCreate(draftFor(h.name)).ID
		for step := range 60 {
			clear(h.store.SharedState.Pauses)
			h.breaker.Refresh(bg, h.clock.Now())
			h.happens()
			p := h.stored(h.id)
			if !p.SafeToPayAgain() {
				continue
			}
			safe++
			for a := payout.FirstAttempt; a <= p.Attempt; a++ {
				if h.failed[a] == 0 || h.failed[a] < h.words[a] {
					t.Fatalf("seed %d, step %d, %s: attempt %d was called failed at %d, and spoken of at %d; heard %v, inquiries %+v",
						seed, step, h.name, a, h.failed[a], h.words[a], p.Heard, p.Inquiries)
				}
			}
		}
		h.settlesAt(seed)
	}
	if safe < 1000 {
		t.Errorf("safe after %d steps alone", safe)
	}
}

// settlesAt has the provider say, by one callback and then by its answers, that the present attempt was paid, or came
// back. Sooner or later the payout counts as that, or people are called.
func (h *anyWords) settlesAt(seed uint64) {
	truth := []payout.Finding{payout.FoundSucceeded, payout.FoundReturned}[h.r.IntN(2)]
	p, pr := h.stored(h.id), h.named(h.name)
	if p.Status == payout.Queued {
		return
	}
	c := h.claim(p, truth)
	if h.r.IntN(2) == 0 {
		c = unbelieved(c)
	}
	h.receive(c)
	pr.told = func(p payout.Payout) payout.Claim {
		if pr.about[len(pr.about)-1] == h.stored(h.id).Attempt {
			return h.world.says(truth)(p)
		}
		return h.world.says(payout.FoundFailed)(p)
	}
	h.sweepFor(100, time.Hour)
	now := h.stored(h.id)
	counts := now.Status == payout.Succeeded && (truth == payout.FoundSucceeded || now.Return != nil)
	called := slices.ContainsFunc(now.Attention.Reasons(), func(r payout.Reason) bool {
		return slices.Contains([]payout.Reason{payout.Contradiction, payout.CallbackMismatch, payout.DoublePaymentSuspected}, r)
	})
	if !counts && !called {
		h.t.Errorf("seed %d, %s: %s was acknowledged about %s, and it is %s, attention %v, heard %v", seed, h.name, truth, p.Status, now.Status, now.Attention.Reasons(), now.Heard)
	}
}
