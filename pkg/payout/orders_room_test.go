package payout_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// A person who writes the words of our own history, with the names of others, into his reasons:
// nobody but him gave an order.
func TestAReasonThatNamesOthersCountsAsNobodysProposal(t *testing.T) {
	for name, reason := range map[string]string{
		"as it was written": "as was proposed by Bopha: and proposed by Sokha: yes",
		"as we begin it":    "resolve succeeded proposed by Bopha: resolve succeeded proposed by Sokha: yes",
	} {
		w := newWorld(t)
		w.vexora.answer = w.unclear
		p := w.mustCreate(draft("R1"))
		for n := range 8 {
			o := w.order(p.ID, dara, payout.ResolvedFailed)
			o.Reason, o.Evidence = reason, fmt.Sprint("ticket ", n)
			w.must(w.operator.Resolve(bg, o))
		}
		w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.ResolvedSucceeded)))
		if done := w.must(w.operator.Resolve(bg, w.order(p.ID, sokha, payout.ResolvedSucceeded))); done.Awaiting {
			t.Errorf("%s: not carried out", name)
		}
	}
}

// One person's proposals never take more of the room for proposals than they leave to others.
func TestAPersonsProposalsTakeNoMoreThanTheyLeave(t *testing.T) {
	for _, size := range []int{0, 100, 400, 700, 1000, 1500, 2000, 2400, 2600, 2800, 3000, 3400, 4000} {
		w := newWorld(t)
		w.vexora.answer = w.unclear
		p := w.mustCreate(draft("R1"))
		before := w.stored(p.ID)
		for n := range 60 {
			o := w.order(p.ID, dara, payout.ResolvedFailed)
			o.Evidence = (fmt.Sprint(n) + " " + noise(size+8))[:size+4]
			_, _ = w.operator.Resolve(bg, o)
		}
		after := w.stored(p.ID)
		entries, bytes := len(after.History)-len(before.History), after.Size()-before.Size()
		if entries > 46-len(after.History) || bytes > 22<<10-after.Size() {
			t.Errorf("evidence of %d bytes: %d entries of %d, %d bytes of %d", size, entries, len(after.History), bytes, after.Size())
		}
		o := w.order(p.ID, bopha, payout.ResolvedSucceeded)
		o.Evidence = "the letter of the bank " + noise(600)
		w.must(w.operator.Resolve(bg, o))
	}
}

// What one person may order alone takes two when the history has no room for it any more.
func TestAResendByOneTakesTwoWhenItsRoomIsUsedUp(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unknown, w.unclear
	p := w.mustCreate(draftFor(Monetix))
	var err error
	for n := 0; err == nil; n++ {
		if n > 40 {
			t.Fatal("without end")
		}
		o := w.order(p.ID, stranger, "")
		o.Evidence = fmt.Sprint(n) + noise(4000)
		_, err = w.operator.Resend(bg, o)
	}
	if problemOf(err) != payout.OrderPeopleNotRegistered {
		t.Errorf("refused as %v", err)
	}
	kept := 0
	for _, e := range w.stored(p.ID).History {
		if kept += len(e.Raw); e.By == stranger && len(e.Evidence) != 64 {
			t.Error("an order without the hash of its text")
		}
	}
	if kept > 4<<10 {
		t.Errorf("%d bytes of one person's texts are kept", kept)
	}
	sent := len(w.monetix.sent)
	w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
	if done := w.must(w.operator.Resend(bg, w.order(p.ID, sokha, ""))); done.Awaiting || len(w.monetix.sent) != sent+1 {
		t.Errorf("two people: awaiting %v, sent %d times more", done.Awaiting, len(w.monetix.sent)-sent)
	}
}

// unknown is an answer that does not tell what became of the payout; nothing pauses for it.
func (w *world) unknown(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: "3041", At: w.clock.Now()}
}

// readable fails if an order waits whose text nobody can read.
func readable(t *testing.T, name string, p payout.Payout, o payout.Order) {
	t.Helper()
	last := p.History[len(p.History)-1]
	if want := payout.HashEvidence(last.Raw); len(last.Raw) == 0 || last.Evidence != want || !strings.Contains(string(last.Raw), o.Evidence) {
		t.Errorf("%s: an order waits for its second person, and of its text %d bytes are kept", name, len(last.Raw))
	}
}

// attacker gives every order that there is, with any text.
type attacker struct {
	w      *world
	random *rand.Rand
	by     payout.Principal
	n      int
}

var quotes = []string{
	"resolve failed proposed by Bopha: x", "cancelled by Sokha, as proposed by Bopha: x", " proposed by Bopha: proposed by Sokha: ",
	strings.Repeat("ស", 160), strings.Repeat("r", 500), "again",
}

func (a *attacker) order(id payout.ID) {
	a.n++
	o := a.w.order(id, a.by, []payout.Resolution{payout.ResolvedFailed, payout.ResolvedSucceeded, payout.Reviewed}[a.random.IntN(3)])
	o.Reason = quotes[a.random.IntN(len(quotes))]
	o.Evidence = fmt.Sprint(a.n) + noise([]int{0, 10, 300, 900, 2000, 3000, 4090}[a.random.IntN(7)])
	before := a.w.stored(id)
	var done payout.Ordered
	var err error
	switch a.random.IntN(6) {
	case 0, 1:
		done, err = a.w.operator.Resend(bg, o)
	case 2:
		if a.random.IntN(10) == 0 {
			done, err = a.w.operator.Cancel(bg, o)
		}
	case 3:
		o.Event = 1
		done, err = a.w.operator.ResendEvent(bg, o)
	default:
		done, err = a.w.operator.Resolve(bg, o)
	}
	if err == nil && done.Awaiting && done.Payout.Version != before.Version {
		readable(a.w.t, "the attacker", a.w.stored(id), o)
	}
}

// siege has one payout ordered about for a while, and what follows of it happen.
func (a *attacker) siege(id payout.ID, orders int) {
	for range orders {
		a.order(id)
		if a.random.IntN(6) == 0 {
			a.w.clock.pass(time.Duration(a.random.IntN(120)) * time.Minute)
			a.w.sweep()
		}
		if a.random.IntN(8) == 0 {
			c := a.w.claim(a.w.stored(id), payout.FoundUnlisted)
			c.Code, c.Raw = fmt.Sprint("u", a.n), []byte(noise(a.random.IntN(3000)))
			a.w.receive(c)
		}
	}
}

// agree has two honest people order the same, and reports whether it was carried out.
func (w *world) agree(name string, o payout.Order, give func(payout.Order) (payout.Ordered, error)) {
	w.t.Helper()
	for n, by := range []payout.Principal{bopha, sokha} {
		o.By, o.Identities = by, []payout.Principal{by}
		done, err := give(o)
		if err != nil || done.Awaiting != (n == 0) {
			p := w.stored(o.ID)
			w.t.Fatalf("%s: person %d: awaiting %v, %v; %s with %d entries, %d bytes", name, n+1, done.Awaiting, err, p.Status, len(p.History), p.Size())
		}
		if n == 0 {
			readable(w.t, name, w.stored(o.ID), o)
		}
	}
}

// Whoever is in no register, or one person of it, may order what he likes: two others can
// still have the payout sent, ended and reviewed.
func TestTwoPeopleStillAgreeAfterAnyOrdersOfOneOther(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		w := newWorld(t)
		random := rand.New(rand.NewPCG(seed, 5))
		name := []payout.Provider{Monetix, Vexora}[seed%2]
		d := draftFor(name)
		if seed%3 == 0 && name == Monetix {
			d = largest("R1")
		}
		connector := map[payout.Provider]*provider{Vexora: w.vexora, Monetix: w.monetix}[name]
		connector.answer, connector.told = w.unknown, w.unclear
		if seed%5 == 0 { // no connection for an hour, then silence
			until := w.clock.Now().Add(time.Hour)
			connector.answer = func(p payout.Payout) payout.Claim {
				if w.clock.Now().Before(until) {
					return payout.Claim{Finding: payout.FoundNotSent, Answered: true, At: w.clock.Now()}
				}
				return w.unknown(p)
			}
		}
		if seed%7 == 0 {
			connector.answer = func(payout.Payout) payout.Claim {
				return payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: "3041", Raw: []byte(noise(1500)), At: w.clock.Now()}
			}
		}
		p := w.mustCreate(d)
		by := []payout.Principal{stranger, dara}[random.IntN(2)]
		a := &attacker{w: w, random: random, by: by}
		a.siege(p.ID, 20+random.IntN(100))
		w.clock.pass(5 * time.Minute)
		w.sweep()
		w.settledByTwo(fmt.Sprintf("seed %d, %s by %s", seed, name, by), a, p.ID)
		bounds(t, w.stored(p.ID))
	}
}

// settledByTwo has two honest people review, send again and end a payout, and review it again.
func (w *world) settledByTwo(name string, a *attacker, id payout.ID) {
	w.t.Helper()
	o := w.order(id, bopha, payout.ResolvedSucceeded)
	o.Reason, o.Evidence = "the bank says so", "the letter of the bank of the 16th of May"
	if s := w.stored(id).Status; s == payout.Cancelled {
		return
	} else if s != payout.Queued {
		w.agree(name+": resolve", o, func(o payout.Order) (payout.Ordered, error) { return w.operator.Resolve(bg, o) })
	} else {
		w.agree(name+": resend", o, func(o payout.Order) (payout.Ordered, error) {
			done, err := w.operator.Resend(bg, o)
			if err == nil && o.By == bopha && !done.Awaiting { // one was enough
				done.Awaiting = true
			}
			return done, err
		})
		return
	}
	w.receive(w.claim(w.stored(id), payout.FoundFailed)) // a contradiction
	if len(w.stored(id).Attention) == 0 {
		w.t.Fatalf("%s: no contradiction", name)
	}
	a.siege(id, 30)
	o.As, o.Evidence = payout.Reviewed, "the provider's ticket 4711"
	w.agree(name+": review", o, func(o payout.Order) (payout.Ordered, error) { return w.operator.Resolve(bg, o) })
}

// However full a payout is when two people end it, what they write leaves room to review it.
func TestWhatTwoPeopleEndWithLittleRoomTheyCanStillReview(t *testing.T) {
	ended := 0
	for size := 16 << 10; size < 22<<10; size += 50 {
		w := newWorld(t)
		w.vexora.answer = w.unclear
		p := w.stored(w.mustCreate(draft("R1")).ID)
		p.History = append(p.History, payout.Entry{At: p.CreatedAt, Source: payout.FromSweep, Status: payout.Unknown})
		p.History[len(p.History)-1].Message = string(filled(size - p.Size()))
		w.store.Payouts[p.ID] = p
		o := w.order(p.ID, bopha, payout.ResolvedSucceeded)
		o.Evidence = noise(600)
		if _, err := w.operator.Resolve(bg, o); err != nil {
			continue
		}
		ended++
		o.By, o.Identities, o.Reason = sokha, []payout.Principal{sokha}, string(filled(500))
		if done := w.must(w.operator.Resolve(bg, o)); done.Awaiting || done.Payout.Size() > 22<<10 {
			t.Errorf("awaiting %v, %d bytes", done.Awaiting, done.Payout.Size())
		}
		w.receive(w.claim(p, payout.FoundFailed))
		r := w.order(p.ID, bopha, payout.Reviewed)
		w.agree(fmt.Sprint(size), r, func(o payout.Order) (payout.Ordered, error) { return w.operator.Resolve(bg, o) })
		bounds(t, w.stored(p.ID))
	}
	if ended < 50 {
		t.Errorf("ended %d times", ended)
	}
}

// A new attempt is no end any more: what orders it leaves room for the writes of those who
// have not read the payout.
func TestAnotherAttemptLeavesRoomForItsEnd(t *testing.T) {
	begun := 0
	for size := 14 << 10; size < 22<<10; size += 50 {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		p = w.stored(p.ID)
		p.History = append(p.History, payout.Entry{At: p.CreatedAt, Source: payout.FromSweep, Status: payout.Failed})
		p.History[len(p.History)-1].Message = string(filled(size - p.Size()))
		w.store.Payouts[p.ID] = p
		w.vexora.answer = w.unclear
		for _, by := range []payout.Principal{bopha, sokha} {
			o := w.order(p.ID, by, "")
			o.Evidence = strings.Repeat("e", 2500)
			if _, err := w.operator.Resend(bg, o); err != nil {
				break
			}
		}
		after := w.stored(p.ID)
		if after.Attempt == 1 {
			continue
		}
		begun++
		if after.Size() > 22<<10 {
			t.Errorf("of %d bytes: an attempt begins with %d", size, after.Size())
		}
	}
	if begun < 20 {
		t.Errorf("begun %d times", begun)
	}
}
