package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// Each of these tests dies with one guard that no other test misses.

// submit.go, record: current.Lease.Token == token. A process of attempt 1 that comes back late
// and says "nothing was sent" must not step attempt 2 back, which is on its way.
func TestOnlyTheHolderOfTheLeaseSaysThatNothingWasSent(t *testing.T) {
	w := newWorld(t)
	slow := make(chan struct{})
	arrived := make(chan struct{})
	calls := 0
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		calls++
		switch calls {
		case 1: // the process sleeps before it has a connection
			close(arrived)
			w.vexora.mu.Unlock()
			<-slow
			w.vexora.mu.Lock()
			return payout.Claim{Finding: payout.FoundNotSent, At: w.clock.Now()}
		case 2: // attempt 2 is on its way, while the first process comes back
			w.vexora.mu.Unlock()
			close(slow)
			time.Sleep(100 * time.Millisecond)
			w.vexora.mu.Lock()
		}
		return w.unclear(p)
	}
	done := make(chan struct{})
	go func() { defer close(done); _, _ = w.create(draft("R1")) }()
	<-arrived
	p := w.stored(payout.DeriveID("test", "R1"))
	w.vexora.told = w.says(payout.FoundFailed)
	w.receive(w.claim(p, payout.FoundFailed))
	w.ask()
	w.resendByTwo(p.ID)
	<-done
	w.vexora.told = w.absent
	st := w.stored(p.ID)
	for range 3 {
		w.clock.pass(2 * time.Minute)
		w.sweep()
	}
	if st.Attempt != 2 || st.Status == payout.Queued || calls > 2 {
		t.Errorf("attempt %d %s, sent %d, %d submissions", st.Attempt, st.Status, st.Sent, calls)
	}
}

// recovery.go, resendable: len(p.Attention) == 0. What was held as a possible duplicate in the backup is not
// sent by itself as a repetition.
func TestAHeldDuplicateIsNoRepetitionAfterARestore(t *testing.T) {
	before := newWorld(t)
	d := draftFor(Monetix)
	before.monetix.answer = before.unclear
	before.mustCreate(d)
	d.Reference = "R2"
	second := before.mustCreate(d)
	if second.SimilarTo == "" {
		t.Fatal(second.Status)
	}
	w := newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(2 * time.Minute)
	w.monetix.told = func(p payout.Payout) payout.Claim {
		if p.ID == second.ID {
			return w.absent(p)
		}
		return w.unclear(p)
	}
	for range 12 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if len(w.monetix.sent) > 0 {
		t.Errorf("sent %v by itself", w.monetix.sent)
	}
}

// operate_resend.go, Resend: !o.policy.RestoredAt.IsZero(). After a restore one person does not repeat at Monetix.
func TestAfterARestoreARepetitionTakesTwo(t *testing.T) {
	before := newWorld(t)
	before.monetix.answer = before.unclear
	p := before.mustCreate(draftFor(Monetix)) // unknown
	w := newWorldWith(t, vouched(before.clock.Now().Add(time.Minute)))
	w.store.Payouts = before.store.copy().Payouts
	w.clock.pass(30 * time.Minute)
	if o, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err != nil || !o.Awaiting || len(w.monetix.sent) > 0 {
		t.Errorf("%v, sent %v", err, w.monetix.sent)
	}
}

// rest.go, redact: len(p.Attention) > 0. What people are called for keeps its account.
func TestWhatPeopleAreCalledForIsNotRedacted(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 24 * time.Hour })
	p := w.failedForCertain("R1")
	w.receive(w.claim(p, payout.FoundSucceeded)) // a contradiction
	for range 60 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if st := w.stored(p.ID); !st.RedactedAt.IsZero() {
		t.Errorf("redacted at %v, with %v", st.RedactedAt, st.Attention)
	}
}

// step.go, Claimed: a claim of another provider, or with another description, is not about the
// payout, and the blind write must see that by itself.
func TestAClaimThatIsNotAboutThePayoutEndsNothing(t *testing.T) {
	other := "another text"
	for name, spoil := range map[string]func(*payout.Claim){
		"another provider":    func(c *payout.Claim) { c.Provider = Monetix },
		"another description": func(c *payout.Claim) { c.Description = &other },
	} {
		w := newWorld(t)
		p := w.mustCreate(draft("R1"))
		c := w.claim(p, payout.FoundSucceeded)
		spoil(&c)
		w.receive(c)
		st := w.stored(p.ID)
		if _, raised := st.Attention[payout.CallbackMismatch]; st.Status.Final() || !raised {
			t.Errorf("%s: %s, attention %v", name, st.Status, st.Attention)
		}
	}
}

// sweep_query.go, goesAgain: the documented repetition waits while submissions are held or paused.
func TestTheDocumentedRepetitionWaitsWhileSubmissionsAreHeld(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer, w.monetix.told = w.unclear, w.absent
	w.mustCreate(draftFor(Monetix))
	w.over(payout.Floor{Held: held(Monetix)})
	for range 10 {
		w.ask()
	}
	if n := len(w.monetix.sent); n != 1 {
		t.Errorf("sent %d times while submissions are held", n)
	}
}
