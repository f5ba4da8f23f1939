package payout_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// projects is a provider with several projects. Each refuses a repeated reference, and knows
// nothing of the references of another one.
type projects struct {
	w      *world
	random *rand.Rand
	fate   map[string]payout.Finding // by project and reference: what becomes of it
	tale   []string
}

func (s *projects) say(format string, values ...any) {
	s.tale = append(s.tale, s.w.clock.Now().Format("15:04:05 ")+fmt.Sprintf(format, values...))
}

func (s *projects) key(reference payout.ProviderReference) string {
	return s.w.monetix.account + "/" + string(reference)
}

// take answers a submission.
func (s *projects) take(p payout.Payout) payout.Claim {
	k, c := s.key(p.ProviderReference()), payout.Claim{At: s.w.clock.Now()}
	_, known := s.fate[k]
	switch n := s.random.IntN(10); {
	case n < 2:
		c.Finding = payout.FoundNotSent
	case n < 4:
		c.Finding = payout.FoundAboutUs
	case known:
		c.Finding, c.Answered, c.Code = payout.FoundUnclear, true, "3041"
	case n < 5:
		c.Finding, c.Conclusive, c.OnlyIfFirst, c.Code = payout.FoundFailed, true, true, "2641"
	default:
		s.fate[k] = []payout.Finding{payout.FoundSucceeded, payout.FoundFailed}[s.random.IntN(2)]
		c.Finding = payout.FoundProcessing
		if n < 8 {
			c.Finding = payout.FoundUnclear
		}
	}
	s.say("sent %s: %s; it is %s", k, c.Finding, s.fate[k])
	return c
}

// tell answers a status query.
func (s *projects) tell(p payout.Payout) payout.Claim {
	about := s.w.monetix.about[len(s.w.monetix.about)-1]
	k := s.key(p.ID.ProviderReference(about))
	c := payout.Claim{Account: s.w.monetix.account, At: s.w.clock.Now(), Finding: payout.FoundAbsent}
	if fate, known := s.fate[k]; known {
		c.Finding, c.Code = fate, "20102"
		if s.random.IntN(3) == 0 {
			c.Finding, c.Code = payout.FoundProcessing, ""
		}
	}
	if s.random.IntN(6) == 0 {
		c.Finding = payout.FoundUnclear
	}
	s.say("asked %s: %s", k, c.Finding)
	return c
}

// broken is the promise that a payout breaks.
func (s *projects) broken(p payout.Payout) string {
	paid := 0
	for _, fate := range s.fate {
		if fate == payout.FoundSucceeded {
			paid++
		}
	}
	switch {
	case paid > 1:
		return "paid twice"
	case paid > 0 && (p.SafeToPayAgain() || p.Status == payout.Cancelled):
		return "paid, and said to be safe"
	}
	return ""
}

// The secret names one project, then another, and sometimes the first one again.
func TestAProjectThatChangesBackAndForthDoesNotPayTwice(t *testing.T) {
	t.Parallel()
	seeds := uint64(3000)
	if racing {
		seeds = 400
	}
	for seed := range seeds {
		w := newWorld(t)
		s := &projects{w: w, random: rand.New(rand.NewPCG(seed, 7)), fate: map[string]payout.Finding{}}
		w.monetix.account, w.monetix.answer, w.monetix.told = "A", s.take, s.tell
		p := w.mustCreate(draftFor(Monetix))
		for range 40 {
			switch s.random.IntN(8) {
			case 0:
				w.monetix.account = []string{"A", "B", "C"}[s.random.IntN(3)]
				s.say("the project is %s", w.monetix.account)
			case 1:
				_, err := w.operator.Resend(bg, w.order(p.ID, dara, ""))
				s.say("one person resends: %v", err)
			default:
				w.clock.pass([]time.Duration{time.Minute, 2 * time.Minute, 7 * time.Minute, time.Hour}[min(s.random.IntN(8), 3)])
				_, _ = w.sweeper.Sweep(bg, p.ID.Shard()) // it is alone
			}
			now := w.stored(p.ID)
			s.say("   %s, attempt %d, sent %d, heard %v", now.Status, now.Attempt, now.Sent, now.Heard)
			if why := s.broken(now); why != "" {
				t.Fatalf("seed %d: %s\n%s", seed, why, strings.Join(s.tale, "\n"))
			}
		}
	}
}

func TestOnePersonDoesNotSendUnderAnotherAccount(t *testing.T) {
	w := newWorld(t)
	w.monetix.account, w.monetix.answer, w.monetix.told = "A", w.unclear, w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.clock.pass(2 * time.Hour)
	w.monetix.account = "B"
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); problemOf(err) != payout.OrderNotPossible || len(w.monetix.sent) != 1 {
		t.Errorf("sent %d times, under two accounts: %v", len(w.monetix.sent), err)
	}
}

// What another account says is no answer about a payout that went out under the first one.
func TestAnotherAccountKnowsNothingOfThePayout(t *testing.T) {
	w := newWorld(t)
	w.monetix.account, w.monetix.answer = "A", w.unclear
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.account = "B"
	w.monetix.told = func(p payout.Payout) payout.Claim {
		c := w.says(payout.FoundFailed)(p)
		c.Account = "B"
		return c
	}
	w.ask()
	if now := w.stored(p.ID); now.Status != payout.Unknown || len(w.monetix.sent) != 1 {
		t.Errorf("%s on another account's word, sent %d times", now.Status, len(w.monetix.sent))
	}
}

// References are unique within one account: of what may have gone out under two, a query that
// names none says nothing final.
func TestNoQueryEndsWhatWentUnderTwoAccounts(t *testing.T) {
	for want, other := range map[bool][]payout.Fact{true: nil, false: {"1.at-00000000"}} {
		w := newWorld(t)
		w.monetix.answer, w.monetix.told = w.unclear, w.says(payout.FoundFailed)
		p := w.stored(w.mustCreate(draftFor(Monetix)).ID)
		p.Heard = p.Heard.With(other...)
		w.store.Payouts[p.ID] = p
		w.ask()
		w.ask()
		if now := w.stored(p.ID); now.SafeToPayAgain() != want {
			t.Errorf("beside %v: %s, safe %v, heard %v", other, now.Status, now.SafeToPayAgain(), now.Heard)
		}
	}
}

// A refusal about us, or a connection that failed, is no reason to stay with an account.
func TestAPayoutThatNothingTookGoesUnderAnotherAccount(t *testing.T) {
	w := newWorld(t)
	w.monetix.account, w.monetix.answer = "A", w.says(payout.FoundNotSent)
	p := w.mustCreate(draftFor(Monetix))
	w.monetix.account, w.monetix.answer = "B", w.unclear
	w.monetix.told = func(p payout.Payout) payout.Claim {
		c := w.says(payout.FoundSucceeded)(p)
		c.Account = "B"
		return c
	}
	w.ask()
	w.ask()
	if now := w.stored(p.ID); now.Status != payout.Succeeded || len(w.monetix.sent) != 2 {
		t.Errorf("%s, sent %d times, heard %v", now.Status, len(w.monetix.sent), now.Heard)
	}
}

// An item from before accounts were kept does not go again by itself: nobody knows where it
// went.
func TestAPayoutOfAnUnknownAccountTakesTwoPeople(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	p := w.stored(w.mustCreate(draftFor(Monetix)).ID)
	p.Heard = slices.DeleteFunc(p.Heard, func(f payout.Fact) bool { return strings.Contains(string(f), ".at-") })
	w.store.Payouts[p.ID] = p
	for range 5 {
		w.ask()
	}
	if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err != nil || len(w.monetix.sent) != 1 {
		t.Fatalf("sent %d times: %v", len(w.monetix.sent), err)
	}
	if w.must(w.operator.Resend(bg, w.order(p.ID, bopha, ""))); len(w.monetix.sent) != 2 {
		t.Errorf("two people ordered it, and it was sent %d times", len(w.monetix.sent))
	}
}
