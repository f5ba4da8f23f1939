package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// insertRace: the insert is the fence. Whoever wins it submits, so two winners are two
// submissions. Those who lose must see the winner in the refusal: they answer from it, and
// somebody whose own write arrived without an answer recognises his token.
func insertRace(t *testing.T, s payout.Store) {
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		winners []string
		seen    = map[string]int{}
	)
	// Each has a token of its own, by which the winner is told from those who lost.
	for n := range 50 {
		p := fresh(t, "race")
		p.Lease.Token = fmt.Sprintf("token-%d", n)
		wait.Go(func() {
			err := s.Insert(background, p, start)
			mu.Lock()
			defer mu.Unlock()
			var refused *payout.Refused
			switch {
			case err == nil:
				winners = append(winners, p.Lease.Token)
			case errors.As(err, &refused) && refused.Current != nil:
				seen[refused.Current.Lease.Token]++
			default:
				t.Errorf("insert: %v", err)
			}
		})
	}
	wait.Wait()
	// Those who lost must all have seen the one that won: a refusal that shows another payout, or
	// none, would be answered as if the reference belonged to somebody else.
	if len(winners) != 1 || seen[winners[0]] != 49 {
		t.Errorf("winners %v, the others saw %v", winners, seen)
	}
}

// try applies a step to the store and to the domain's own meaning of it, and
// reports what differs. A refusal must come with the stored payout, as it was when it refused:
// the caller decides from that what happened, without a read that might see a later state.
func try(t *testing.T, s payout.Store, name string, before payout.Payout, step payout.Step) payout.Payout {
	t.Helper()
	// The domain is the measure: the suite never says itself what a step should come to.
	want, allowed := before, step.When.Holds(before)
	if allowed {
		want = step.Then.Apply(before)
	}
	got, err := s.Apply(background, step)
	var refused *payout.Refused
	switch {
	case allowed && err != nil:
		t.Errorf("%s: refused: %v", name, err)
	case allowed && !equal(got, want):
		t.Errorf("%s:\nreturned %+v\nwant     %+v", name, got, want)
	case !allowed && (!errors.As(err, &refused) || refused.Current == nil || !equal(*refused.Current, before)):
		t.Errorf("%s: not refused as it should be: %v", name, err)
	}
	// What was returned must also be what is stored, and after a refusal nothing may have
	// changed.
	if stored := get(t, s, before.ID); !equal(stored, want) {
		t.Errorf("%s:\nstored %+v\nwant   %+v", name, stored, want)
	}
	return want
}

// guards: one case for each field of a guard that holds, and one that refuses. A field that a
// store forgets to compare lets a write through that somebody believed to be impossible: a
// callback with another amount, a sweep that another one overtook, an answer of before the last
// submission.
func guards(t *testing.T, s payout.Store) {
	// It echoes a description, has no number of the provider's yet, and nobody has a lease to
	// tell of it.
	p := fresh(t, "guards")
	p.Description = "May"
	insert(t, s, p)
	text := func(s string) *string { return &s }
	claimed := func(edit func(*payout.Claimed)) *payout.Claimed {
		c := &payout.Claimed{Provider: p.Provider, Attempt: p.Attempt, Amount: p.Amount, Description: text("May")}
		edit(c)
		return c
	}
	// The map has no order, and needs none: what goes through moves the version and the time
	// alone. That is why no case here has a version that may hold; those come below.
	for name, when := range map[string]payout.Guard{
		"nothing":              {},
		"status":               {Statuses: []payout.Status{payout.Queued, payout.Submitting}},
		"other status":         {Statuses: []payout.Status{payout.Queued}},
		"token":                {Token: "token-guards"},
		"other token":          {Token: "x"},
		"due":                  {DueAt: p.DueAt},
		"other due":            {DueAt: p.DueAt.Add(time.Millisecond)},
		"sent":                 {Sent: 1},
		"other sent":           {Sent: 2},
		"version far ahead":    {Version: 99},
		"claimed":              {Claimed: claimed(func(*payout.Claimed) {})},
		"other provider":       {Claimed: claimed(func(c *payout.Claimed) { c.Provider = secondProvider() })},
		"other attempt":        {Claimed: claimed(func(c *payout.Claimed) { c.Attempt = 2 })},
		"other amount":         {Claimed: claimed(func(c *payout.Claimed) { c.Amount = amount(t, "50000.01", money.KHR) })},
		"other currency":       {Claimed: claimed(func(c *payout.Claimed) { c.Amount = amount(t, "50000", money.USD) })},
		"no amount claimed":    {Claimed: claimed(func(c *payout.Claimed) { c.Amount = money.Amount{} })},
		"first number":         {Claimed: claimed(func(c *payout.Claimed) { c.ProviderID = "VX1" })},
		"other description":    {Claimed: claimed(func(c *payout.Claimed) { c.Description = text("June") })},
		"empty description":    {Claimed: claimed(func(c *payout.Claimed) { c.Description = text("") })},
		"nothing described":    {Claimed: claimed(func(c *payout.Claimed) { c.Description = nil })},
		"uncomplicated":        {Uncomplicated: true},
		"notice":               {Notice: &payout.NoticeSeen{Fresh: true, At: p.Notice.At, QueryAt: p.QueryAt, DueAt: p.DueAt}},
		"notice, other token":  {Notice: &payout.NoticeSeen{Token: "x", Fresh: true, At: p.Notice.At, QueryAt: p.QueryAt, DueAt: p.DueAt}},
		"notice, other time":   {Notice: &payout.NoticeSeen{Fresh: true, At: p.Notice.At.Add(time.Second), QueryAt: p.QueryAt, DueAt: p.DueAt}},
		"notice, other query":  {Notice: &payout.NoticeSeen{Fresh: true, At: p.Notice.At, QueryAt: p.QueryAt.Add(time.Second), DueAt: p.DueAt}},
		"notice, other due":    {Notice: &payout.NoticeSeen{Fresh: true, At: p.Notice.At, QueryAt: p.QueryAt, DueAt: p.DueAt.Add(time.Second)}},
		"notice, not fresh":    {Notice: &payout.NoticeSeen{At: p.Notice.At, QueryAt: p.QueryAt, DueAt: p.DueAt}},
		"notice, nothing told": {Notice: &payout.NoticeSeen{}},
		"all of it at a time":  {Statuses: []payout.Status{payout.Submitting}, Token: "token-guards", Sent: 1, DueAt: p.DueAt, Uncomplicated: true},
	} {
		p = try(t, s, name, p, payout.Step{ID: p.ID, When: when, Then: payout.Change{At: start}})
	}
	// A number that is stored is compared from then on; one side may still know none.
	p = try(t, s, "a number", p, payout.Step{ID: p.ID, Then: payout.Change{At: start, ProviderID: "VX1"}})
	for name, number := range map[string]string{"the number": "VX1", "other number": "VX2", "no number": ""} {
		same := payout.Guard{Claimed: claimed(func(c *payout.Claimed) { c.ProviderID = number })}
		p = try(t, s, name, p, payout.Step{ID: p.ID, When: same, Then: payout.Change{At: start}})
	}
	// The version rises with every write that is not quiet, so an earlier one is refused for
	// ever.
	p = try(t, s, "version", p, payout.Step{ID: p.ID, When: payout.Guard{Version: p.Version}, Then: payout.Change{At: start}})
	try(t, s, "version before", p, payout.Step{ID: p.ID, When: payout.Guard{Version: p.Version - 1}, Then: payout.Change{At: start}})
	uncomplicated(t, s)
}

// uncomplicated: attention, little room, or a word that was said is what a blind write must not
// meet. A callback's first write reads nothing (decision 0002). It is right for every payout
// without complications, and all of these but two have one: what it would miss is a
// contradiction, the last room for an end, or a doubt that speaks against paying again.
func uncomplicated(t *testing.T, s payout.Store) {
	t.Helper()
	// Two of these let the write through: one entry fewer than the limit, and a first attempt of
	// which nothing was said. Without them, a store that refuses all of them would pass.
	raised := fresh(t, "raised")
	raised.Attention = payout.Attention{payout.Contradiction: start}
	full, almost := fresh(t, "full history"), fresh(t, "almost full history")
	for len(full.History) < payout.UnreadEntries {
		almost.History = full.History
		full.History = append(full.History, full.History[0])
	}
	// The last two have no more facts than one that was sent, or fewer: their number alone tells
	// nothing.
	sent, spokenOf, unsent, named := fresh(t, "sent"), fresh(t, "spoken of"), fresh(t, "never sent"), fresh(t, "never sent, and spoken of")
	spokenOf.Heard = sent.Heard.With("2.wavered.1")
	unsent.Heard = nil
	named.Heard = payout.Heard{"1.unlisted"}
	inquired, answered := fresh(t, "asked about"), fresh(t, "asked about, and answered")
	inquired.Inquiries = map[payout.Attempt]payout.Inquiry{1: {Open: true, Due: start}}
	answered.Inquiries = map[payout.Attempt]payout.Inquiry{1: {AskedAt: start}}
	for _, complicated := range []payout.Payout{raised, full, almost, sent, spokenOf, unsent, named, inquired, answered} {
		insert(t, s, complicated)
		try(t, s, string(complicated.Reference), complicated,
			payout.Step{ID: complicated.ID, When: payout.Guard{Uncomplicated: true}, Then: payout.Change{At: start}})
	}
}

// transitions: the guard of a step is generated from the table of transitions, so what the table
// does not allow is refused by the store, whoever asks. A final state that could be left would be
// rewritten.
func transitions(t *testing.T, s payout.Store) {
	// Every pair, those included that the table does not allow: they are the ones that matter.
	for _, from := range payout.Statuses {
		for _, to := range []payout.Status{payout.Processing, payout.Succeeded, payout.Failed, payout.Queued, payout.Cancelled, payout.Unknown, payout.Submitting} {
			p := fresh(t, string(from)+"-"+string(to))
			p.Status = from
			insert(t, s, p)
			try(t, s, string(p.Reference), p, payout.Step{
				ID: p.ID, When: payout.Guard{Statuses: to.Arrivals()}, Then: payout.Change{At: start, Status: to},
			})
		}
	}
}

// randomSteps makes a few hundred steps that may or may not be allowed. The seed is
// fixed: a failure comes again. They meet combinations that nobody has thought of. The domain
// says of each whether it holds and what it makes; a store that says otherwise is wrong, even if
// what it does looks reasonable.
func randomSteps(t *testing.T, s payout.Store) {
	random := rand.New(rand.NewPCG(41, 1))
	p := fresh(t, "random")
	insert(t, s, p)
	for n := range 300 {
		at := start.Add(time.Duration(n) * time.Second)
		due, attention := at.Add(time.Hour), payout.Attention{}
		if random.IntN(2) == 0 {
			attention = attention.With(payout.Contradiction, at)
		}
		step := payout.Step{ID: p.ID, Then: payout.Change{At: at, DueAt: &due}}
		if random.IntN(2) == 0 {
			step.When.Statuses = []payout.Status{pick(random, payout.Statuses), pick(random, payout.Statuses)}
		}
		// A version of before is as likely as the present one.
		if random.IntN(3) == 0 {
			step.When.Version = p.Version - int64(random.IntN(2))
		}
		step.When.Uncomplicated = random.IntN(4) == 0
		if random.IntN(2) == 0 {
			step.Then.Status = pick(random, payout.Statuses[:7])
		}
		if random.IntN(3) == 0 {
			step.Then.Attention = &attention
		}
		if random.IntN(3) == 0 {
			step.Then.Entry = &payout.Entry{At: at, Source: payout.FromSweep, Status: p.Status}
		}
		p = try(t, s, fmt.Sprintf("step %d", n), p, step)
		// What follows would fail because of the first difference, and hide it.
		if t.Failed() {
			return
		}
	}
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// lostAcknowledgements repeats each kind of write that the domain makes, as the
// SDK does when an answer is lost. A step makes its own guard false, so the second one is
// refused, with what the first one made: the caller learns that his write had arrived. Without
// that, a payout could be recorded or told twice.
func lostAcknowledgements(t *testing.T, s payout.Store) {
	p := fresh(t, "repeated")
	insert(t, s, p)
	later, due := start.Add(time.Minute), start.Add(time.Hour)
	entry := func(status payout.Status) *payout.Entry {
		return &payout.Entry{At: later, Source: payout.FromAnswer, Status: status}
	}
	for _, write := range []struct {
		name string
		step func(payout.Payout) payout.Step
	}{
		// The result of a submission, by the holder of the lease: it gives the lease up.
		{"record", func(p payout.Payout) payout.Step {
			return payout.Step{ID: p.ID, When: payout.Guard{Token: p.Lease.Token, Statuses: payout.Processing.Arrivals()},
				Then: payout.Change{At: later, Status: payout.Processing, Entry: entry(payout.Processing), Lease: &payout.Lease{}}}
		}},
		// A sweep takes a row up: it moves the due time that it has seen.
		{"visibility", func(p payout.Payout) payout.Step {
			return payout.Step{ID: p.ID, When: payout.Guard{DueAt: p.DueAt}, Then: payout.Change{At: later, DueAt: &due}}
		}},
		// A write after a look: it raises the version that was read.
		{"question", func(p payout.Payout) payout.Step {
			polls := p.Polls + 1
			return payout.Step{ID: p.ID, When: payout.Guard{Version: p.Version}, Then: payout.Change{At: later, Polls: &polls}}
		}},
		// A callback without a look: it leaves every status from which it may come.
		{"claim", func(p payout.Payout) payout.Step {
			return payout.Step{ID: p.ID, When: payout.Guard{Statuses: payout.Succeeded.Arrivals(), Uncomplicated: true},
				Then: payout.Change{At: later, Status: payout.Succeeded, Entry: entry(payout.Succeeded)}}
		}},
	} {
		step := write.step(get(t, s, p.ID))
		after, err := s.Apply(background, step)
		if err != nil {
			t.Fatalf("%s: %v", write.name, err)
		}
		var refused *payout.Refused
		if _, err := s.Apply(background, step); !errors.As(err, &refused) || !equal(*refused.Current, after) {
			t.Errorf("%s: sent again: %v", write.name, err)
		}
	}
}
