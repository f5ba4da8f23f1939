package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// knows has a provider answer status queries about each attempt with its own finding and number.
func (w *world) knows(name payout.Provider, of map[payout.Attempt]payout.Claim) {
	pr := w.named(name)
	pr.told = func(payout.Payout) payout.Claim {
		c, there := of[pr.about[len(pr.about)-1]]
		if !there {
			c.Finding = payout.FoundUnclear
		}
		c.Account, c.At = "A", w.clock.Now()
		return c
	}
}

// under is an answer of one finding under a number of the provider's.
func under(f payout.Finding, number string) payout.Claim {
	return payout.Claim{Finding: f, ProviderID: number, Code: "20102"}
}

// secondUnder is a payout whose first attempt was taken as N-1, and failed by a callback alone;
// two people had it sent again, which was taken as N-2. Something may happen on the way.
func secondUnder(t *testing.T, name payout.Provider, during func(w *world, first payout.Payout)) (*world, payout.Payout) {
	t.Helper()
	w := newWorld(t)
	pr := w.named(name)
	pr.account, pr.answer, pr.told = "A", w.said(payout.FoundProcessing, "N-1"), w.unclear
	first := w.mustCreate(draftFor(name))
	w.numbered(first, payout.FoundFailed, "N-1")
	w.must(w.operator.Resend(bg, w.order(first.ID, dara, "")))
	pr.answer = w.said(payout.FoundProcessing, "N-2")
	if during != nil {
		pr.during = func() { during(w, first) }
	}
	w.must(w.operator.Resend(bg, w.order(first.ID, bopha, "")))
	pr.during = nil
	second := w.stored(first.ID)
	if second.Attempt != 2 || second.Status != payout.Processing {
		t.Fatalf("attempt %d is %s", second.Attempt, second.Status)
	}
	return w, second
}

// A callback can be faster than the answer to the submission that it is about. The answer's
// number is known all the same, and nothing ends under another one.
func TestACallbackThatIsFasterThanTheAnswerHidesNoNumber(t *testing.T) {
	for _, name := range both {
		for _, number := range []string{"N-1", ""} {
			w := newWorld(t)
			pr := w.named(name)
			pr.answer = w.said(payout.FoundProcessing, "N-1")
			id := payout.DeriveID("test", draftFor(name).Reference)
			pr.during = func() { w.numbered(w.stored(id), payout.FoundProcessing, number) }
			p := w.mustCreate(draftFor(name))
			pr.during, pr.told = nil, w.said(payout.FoundFailed, "N-9")
			w.ask()
			if now := w.stored(id); now.Status != payout.Processing || now.ProviderID != "N-1" || !w.called(id, payout.CallbackMismatch) {
				t.Errorf("%s, a callback as %q: N-9 failed, and it is %s as %s, attention %v", name, number, now.Status, now.ProviderID, now.Attention.Reasons())
			}
			pr.told = w.said(payout.FoundSucceeded, "N-1")
			w.ask()
			if now := w.stored(p.ID); now.Status != payout.Succeeded {
				t.Errorf("%s, a callback as %q: N-1 is paid, and it is %s", name, number, now.Status)
			}
		}
	}
}

// The same, of a callback that ends the payout: the failure is certain by an answer about our
// number alone.
func TestAFailureThatIsFasterThanTheAnswerIsConfirmedUnderItsNumber(t *testing.T) {
	for _, name := range both {
		for number, safe := range map[string]bool{"N-1": true, "N-9": false} {
			w := newWorld(t)
			pr := w.named(name)
			pr.answer = w.said(payout.FoundProcessing, "N-1")
			id := payout.DeriveID("test", draftFor(name).Reference)
			pr.during = func() { w.numbered(w.stored(id), payout.FoundFailed, "N-1") }
			w.mustCreate(draftFor(name))
			pr.during, pr.told = nil, w.said(payout.FoundFailed, number)
			w.sweepFor(10, 10*time.Minute)
			if now := w.stored(id); now.Status != payout.Failed || now.SafeToPayAgain() != safe || w.called(id, payout.CallbackMismatch) == safe {
				t.Errorf("%s: %s failed, and it is %s, safe %v, attention %v, heard %v", name, number, now.Status, now.SafeToPayAgain(), now.Attention.Reasons(), now.Heard)
			}
		}
	}
}

// A late callback about the attempt before comes while the next one is on its way. What the
// provider answers to that one is known by its number.
func TestACallbackAboutAnOlderAttemptHidesNoNumber(t *testing.T) {
	for _, name := range both {
		w, p := secondUnder(t, name, func(w *world, first payout.Payout) {
			w.numbered(first, payout.FoundProcessing, "N-1")
		})
		w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundFailed, "N-1"), 2: under(payout.FoundFailed, "N-9")})
		w.sweepFor(10, 10*time.Minute)
		if now := w.stored(p.ID); now.Status != payout.Processing || now.ProviderID != "N-2" || !w.called(p.ID, payout.CallbackMismatch) {
			t.Errorf("%s: %s as %s, attention %v", name, now.Status, now.ProviderID, now.Attention.Reasons())
		}
		w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundFailed, "N-1"), 2: under(payout.FoundSucceeded, "N-2")})
		w.sweepFor(10, 10*time.Minute)
		if now := w.stored(p.ID); now.Status != payout.Succeeded {
			t.Errorf("%s: then N-2 is paid, and it is %s", name, now.Status)
		}
	}
}

// An attempt is closed under the number that it was acknowledged with, also after the next one
// has begun.
func TestAnOlderAttemptIsClosedUnderItsOwnNumberAlone(t *testing.T) {
	for _, name := range both {
		for number, closed := range map[string]bool{"N-1": true, "": true, "N-2": false, "N-9": false} {
			w, p := secondUnder(t, name, nil)
			w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundFailed, number), 2: under(payout.FoundFailed, "N-2")})
			w.sweepFor(40, 10*time.Minute)
			now := w.stored(p.ID)
			if now.Status != payout.Failed || now.SafeToPayAgain() != closed || slices.Contains(now.Heard, fact(1, "closed.1")) != closed || w.called(p.ID, payout.CallbackMismatch) == closed {
				t.Errorf("%s, %q: %s, safe %v, heard %v, attention %v", name, number, now.Status, now.SafeToPayAgain(), now.Heard, now.Attention.Reasons())
			}
		}
	}
}

// Whatever is no failure speaks against an older attempt as before, under whatever number.
func TestAnOlderAttemptIsPaidUnderAnyNumber(t *testing.T) {
	for _, name := range both {
		w, p := secondUnder(t, name, nil)
		w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundSucceeded, "N-9"), 2: under(payout.FoundFailed, "N-2")})
		w.sweepFor(40, 10*time.Minute)
		if now := w.stored(p.ID); !slices.Contains(now.Heard, fact(1, "paid")) || !w.called(p.ID, payout.DoublePaymentSuspected) || now.SafeToPayAgain() {
			t.Errorf("%s: heard %v, attention %v", name, now.Heard, now.Attention.Reasons())
		}
	}
}

// Who has a leaked key can name any number. What the provider answers ends the payout all the
// same, and under its own number.
func TestANumberThatACallbackNamesKeepsNoAnswerFromEnding(t *testing.T) {
	for _, name := range both {
		for what, answer := range map[string]func(*world) func(payout.Payout) payout.Claim{
			"an answer without a number": func(w *world) func(payout.Payout) payout.Claim { return w.said(payout.FoundUnlisted, "") },
			"no answer":                  func(w *world) func(payout.Payout) payout.Claim { return w.unclear },
		} {
			w := newWorld(t)
			pr := w.named(name)
			pr.answer = answer(w)
			p := w.mustCreate(draftFor(name))
			w.numbered(p, payout.FoundProcessing, "N-9")
			pr.told = w.said(payout.FoundProcessing, "N-1")
			w.ask()
			pr.told = w.said(payout.FoundSucceeded, "N-1")
			w.ask()
			if now := w.stored(p.ID); now.Status != payout.Succeeded || now.ProviderID != "N-1" || w.called(p.ID, payout.CallbackMismatch) {
				t.Errorf("%s, %s: %s as %s, attention %v, heard %v", name, what, now.Status, now.ProviderID, now.Attention.Reasons(), now.Heard)
			}
		}
	}
}

// The number of the attempt before stands first in what is heard while the next one waits for
// its answer. It is of that attempt alone.
func TestAnAnswerAboutAnOlderAttemptNamesNoNumberOfThePresentOne(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		pr := w.named(name)
		pr.account, pr.answer, pr.told = "A", w.unclear, w.unclear
		p := w.mustCreate(draftFor(name))
		w.numbered(p, payout.FoundFailed, "N-1")
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
		w.numbered(p, payout.FoundProcessing, "N-1") // so that attempt 1 is asked about first
		w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundFailed, "N-1")})
		w.sweepFor(3, 2*time.Minute)
		if now := w.stored(p.ID); now.Answered[1] != "N-1" || now.ProviderID != "" {
			t.Errorf("%s: attempt 1 is %q, attempt 2 %q", name, now.Answered[1], now.ProviderID)
		}
		w.numbered(w.stored(p.ID), payout.FoundProcessing, "N-9")
		w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundFailed, "N-1"), 2: under(payout.FoundSucceeded, "N-2")})
		w.sweepFor(10, 10*time.Minute)
		if now := w.stored(p.ID); now.Status != payout.Succeeded || now.ProviderID != "N-2" {
			t.Errorf("%s: %s as %s, asked about %v, attention %v, heard %v", name, now.Status, now.ProviderID, pr.about, now.Attention.Reasons(), now.Heard)
		}
	}
}

// An answer that is not about the payout as we know it settles nothing: the provider is asked on
// about an end, and heard when it knows better.
func TestAnAnswerAboutAnotherPaymentEndsNoQuestions(t *testing.T) {
	for _, name := range both {
		for what, stray := range map[string]func(c payout.Claim) payout.Claim{
			"another number": func(c payout.Claim) payout.Claim { c.ProviderID = "N-9"; return c },
			"another amount": func(c payout.Claim) payout.Claim {
				c.Amounts = []money.Amount{amount(t, "7", money.KHR)}
				return c
			},
		} {
			w := newWorld(t)
			pr := w.named(name)
			pr.answer = w.said(payout.FoundProcessing, "N-1")
			p := w.mustCreate(draftFor(name))
			w.numbered(p, payout.FoundFailed, "N-1")
			pr.told = func(p payout.Payout) payout.Claim { return stray(w.said(payout.FoundFailed, "N-1")(p)) }
			w.ask()
			pr.told = w.said(payout.FoundSucceeded, "N-1")
			w.sweepFor(10, 10*time.Minute)
			if now := w.stored(p.ID); now.Status != payout.Failed || !w.contradicted(p.ID) {
				t.Errorf("%s, %s: %s, asked %d times, attention %v", name, what, now.Status, len(pr.about), now.Attention.Reasons())
			}
		}
	}
}

// Which answer names the number of an attempt, by what was sent. A change that is left out of this
// table keeps none.
func TestTheNumberOfAnAttemptIsThatOfItsOnlySubmission(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.unclear
	sent := w.stored(w.mustCreate(draftFor(Monetix)).ID)
	for name, c := range map[string]struct {
		edit func(p *payout.Payout, c *payout.Claim)
		kept string
	}{
		"a question":              {func(*payout.Payout, *payout.Claim) {}, "N-1"},
		"the submission":          {func(_ *payout.Payout, c *payout.Claim) { c.Source, c.Asked = payout.FromAnswer, nil }, "N-1"},
		"of a redacted payout":    {func(p *payout.Payout, _ *payout.Claim) { p.RedactedAt = p.CreatedAt }, "N-1"},
		"a callback":              {func(_ *payout.Payout, c *payout.Claim) { c.Source, c.Asked = payout.FromCallback, nil }, ""},
		"a file":                  {func(_ *payout.Payout, c *payout.Claim) { c.Source, c.Asked = payout.FromStatement, nil }, ""},
		"no number":               {func(_ *payout.Payout, c *payout.Claim) { c.ProviderID = "" }, ""},
		"nothing said":            {func(_ *payout.Payout, c *payout.Claim) { c.Finding = payout.FoundAbsent }, ""},
		"another amount":          {func(p *payout.Payout, c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "7", money.KHR)} }, ""},
		"a return's":              {func(_ *payout.Payout, c *payout.Claim) { c.Finding = payout.FoundReturned }, ""},
		"a later attempt":         {func(p *payout.Payout, c *payout.Claim) { c.Reference = string(p.ID.ProviderReference(2)) }, ""},
		"nothing was sent":        {func(p *payout.Payout, _ *payout.Claim) { p.Sent = 0 }, ""},
		"sent twice":              {func(p *payout.Payout, _ *payout.Claim) { p.Sent, p.Heard = 2, p.Heard.With(fact(1, "resent")) }, ""},
		"the second did not go":   {func(p *payout.Payout, _ *payout.Claim) { p.Heard = p.Heard.With(fact(1, "resent")) }, ""},
		"counted by an old sweep": {func(p *payout.Payout, _ *payout.Claim) { p.Sent = 2 }, ""},
		"a lost table's, too":     {func(p *payout.Payout, _ *payout.Claim) { p.Heard = p.Heard.With(fact(1, "lost")) }, ""},
		"restored":                {func(p *payout.Payout, _ *payout.Claim) { p.Heard = p.Heard.With(fact(1, "restored")) }, ""},
		"before facts were kept":  {func(p *payout.Payout, _ *payout.Claim) { p.Heard = nil }, ""},
		"asked before it was sent": {func(p *payout.Payout, _ *payout.Claim) {
			p.SubmittedAt = p.SubmittedAt.Add(time.Minute)
		}, ""},
		"answered before": {func(p *payout.Payout, c *payout.Claim) {
			p.Answered, c.Finding = map[payout.Attempt]string{1: "N-0"}, payout.FoundSucceeded
		}, ""},
	} {
		p := sent
		claim := payout.Claim{
			Source: payout.FromQuery, Provider: Monetix, Reference: string(p.ProviderReference()), ProviderID: "N-1", At: w.clock.Now(),
			Finding: payout.FoundProcessing, Asked: &payout.Asked{Begun: w.clock.Now(), Submitted: p.SubmittedAt, Settled: true},
		}
		c.edit(&p, &claim)
		kept := ""
		if d := p.Decide(claim); d.Change != nil {
			kept = d.Change.Answered[1]
		}
		if kept != c.kept {
			t.Errorf("%s: kept %q", name, kept)
		}
	}
}

// A number outlives a history without room, and the next ones do not replace it.
func TestANumberIsKeptWithoutRoomInTheHistory(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		pr := w.named(name)
		pr.answer = w.unclear
		p := w.mustCreate(draftFor(name))
		w.numbered(p, payout.FoundProcessing, "")
		w.fullOf(w.stored(p.ID))
		for _, number := range []string{"N-1", "N-9"} {
			pr.told = w.said(payout.FoundProcessing, number)
			w.ask()
		}
		if now := w.stored(p.ID); now.Answered[1] != "N-1" || now.ProviderID != "N-1" || !w.called(p.ID, payout.CallbackMismatch) {
			t.Errorf("%s: %v as %s, attention %v", name, now.Answered, now.ProviderID, now.Attention.Reasons())
		}
	}
}

// About an end, an answer under another number is a contradiction, and the number of the end
// stays: whoever named it first, another payment than the one that ended is a second one.
func TestAnotherNumberAboutAnEndIsAContradiction(t *testing.T) {
	for _, name := range both {
		for ended, answered := range map[string]string{"N-1": "N-9", "N-9": "N-1"} {
			w := newWorld(t)
			pr := w.named(name)
			pr.answer = w.said(payout.FoundProcessing, "N-1")
			id := payout.DeriveID("test", draftFor(name).Reference)
			pr.during = func() { w.numbered(w.stored(id), payout.FoundSucceeded, ended) }
			w.mustCreate(draftFor(name))
			pr.during, pr.told = nil, w.said(payout.FoundSucceeded, answered)
			w.ask()
			if now := w.stored(id); now.ProviderID != ended || now.Answered[1] != "N-1" || !w.contradicted(id) || w.called(id, payout.CallbackMismatch) {
				t.Errorf("%s, ended as %s: %s as %s, attention %v", name, ended, now.Status, now.ProviderID, now.Attention.Reasons())
			}
		}
	}
}
