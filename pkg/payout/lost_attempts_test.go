package payout_test

import (
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// refused is the answer of a provider that never registers a submission.
func (w *world) refused(payout.Payout) payout.Claim {
	return payout.Claim{Finding: payout.FoundFailed, Conclusive: true, OnlyIfFirst: true, Failure: payout.FailureRefused, Code: "400", At: w.clock.Now()}
}

// lostAttempt makes a payout of which the backup knows the first attempt, as state says. In the
// lost time the first attempt was declined, or refused without being registered, and a second
// one was paid.
func lostAttempt(t *testing.T, state string, registered bool) (before *world, backup *memory, have kept, p payout.Payout) {
	t.Helper()
	before, have = newWorld(t), kept{}
	have.serve(before, "A", payout.FoundFailed)
	if state == "unknown" {
		take := before.monetix.answer
		before.monetix.answer = func(p payout.Payout) payout.Claim {
			if registered {
				take(p)
			}
			return before.unclear(p)
		}
		p = before.mustCreate(draftFor(Monetix))
		backup = before.store.copy()
		before.monetix.told = before.says(payout.FoundFailed)
		before.clock.pass(2 * time.Minute)
		before.ask()
	} else {
		before.over(payout.Floor{Held: held(Monetix)})
		p = before.mustCreate(draftFor(Monetix))
		if state == "queued" {
			backup = before.store.copy()
		}
		before.over(payout.Floor{})
		if !registered {
			before.monetix.answer = before.refused
		}
		before.clock.pass(2 * time.Minute)
		before.sweep()
		before.clock.pass(10 * time.Minute)
		before.sweep()
	}
	have.serve(before, "A", payout.FoundSucceeded)
	if registered {
		before.monetix.told = before.says(payout.FoundFailed)
		before.clock.pass(10 * time.Minute)
		before.sweep()
		have.serve(before, "A", payout.FoundSucceeded)
	}
	before.again(p.ID)
	if have.paid() != 1 || before.stored(p.ID).Attempt != 2 {
		t.Fatalf("the second attempt was not paid: %v", have)
	}
	return before, backup, have, p
}

// again has a failed payout sent anew, by as many people as it takes.
func (w *world) again(id payout.ID) {
	w.t.Helper()
	if o := w.must(w.operator.Resend(bg, w.order(id, dara, ""))); o.Awaiting {
		w.must(w.operator.Resend(bg, w.order(id, bopha, "")))
	}
}

// A lost table paid a later attempt. Whatever is done after the restore about the one before it,
// and however it fails: that is never safe to pay again, and the same money is held.
func TestBesideALostAttemptNoFailureIsSafe(t *testing.T) {
	for _, state := range []string{"unknown", "queued", "not there"} {
		for _, registered := range []bool{true, false} {
			for _, first := range []string{"people", "the sweep", "a question meanwhile", "silence"} {
				before, backup, have, p := lostAttempt(t, state, registered)
				w := restoredFrom(t, before, backup, Monetix)
				have.serve(w, "A", payout.FoundFailed) // what is posted anew is declined
				if backup == nil {
					w.mustCreate(draftFor(Monetix))
				}
				tell := w.monetix.told
				switch first {
				case "the sweep":
					w.sweep()
				case "silence": // of the paid attempt, too
					w.monetix.told = w.absent
					w.sweepFor(40, 30*time.Second)
					w.monetix.told = tell
				}
				resend := func(by payout.Principal) { _, _ = w.operator.Resend(bg, w.order(p.ID, by, "")) } // it may be over
				resend(dara)
				if first == "a question meanwhile" {
					w.monetix.told = func(po payout.Payout) payout.Claim {
						c := tell(po)
						w.monetix.told = tell
						w.monetix.mu.Unlock()
						resend(bopha)
						w.monetix.mu.Lock()
						return c
					}
					w.sweepFor(2, 2*time.Minute)
				}
				resend(bopha)
				w.sweepFor(30, 2*time.Minute)
				now := w.stored(p.ID)
				if now.SafeToPayAgain() {
					t.Errorf("%s, registered %v, first %s: attempt %d is safe, heard %v; sent %v, asked about %v", state, registered, first, now.Attempt, now.Heard, w.monetix.sent, w.monetix.about)
				}
				if now.Status != payout.Failed {
					continue
				}
				d := draftFor(Monetix)
				d.Reference = "R2"
				w.monetix.answer = w.says(payout.FoundProcessing)
				if second := w.mustCreate(d); second.Status != payout.Queued {
					t.Errorf("%s, registered %v, first %s: the same money under R2 is %s, beside %v", state, registered, first, second.Status, now.Heard)
				}
			}
		}
	}
}

// The second attempt of the lost table was declined, and the third one paid. An answer about the
// second says nothing of the third.
func TestALostAttemptThatFailedHidesNoLaterOne(t *testing.T) {
	for _, same := range [][]payout.Provider{nil, {Monetix}} {
		for _, backedUp := range []payout.Status{payout.Failed, payout.Unknown} {
			before, have := newWorld(t), kept{}
			have.serve(before, "A", payout.FoundFailed)
			if backedUp == payout.Unknown {
				take := before.monetix.answer
				before.monetix.answer = func(p payout.Payout) payout.Claim { take(p); return before.unclear(p) }
			}
			p := before.mustCreate(draftFor(Monetix))
			backup := before.store.copy()
			have.serve(before, "A", payout.FoundFailed)
			before.clock.pass(5 * time.Minute)
			before.ask()
			if backedUp == payout.Failed {
				backup = before.store.copy()
			}
			before.again(p.ID)
			before.clock.pass(5 * time.Minute)
			before.ask()
			have.serve(before, "A", payout.FoundSucceeded)
			before.again(p.ID)
			if have.paid() != 1 || before.stored(p.ID).Attempt != 3 {
				t.Fatalf("the third attempt was not paid: %v", have)
			}
			w := restoredFrom(t, before, backup, same...)
			restored := w.clock.Now().Add(-time.Minute)
			have.serve(w, "A", payout.FoundFailed)
			line := row(1, p, payout.FoundFailed)
			line.Reference = string(p.ID.ProviderReference(2))
			w.importBy(file(Monetix, line), dara) // has it asked about
			w.sweepFor(30, time.Hour)
			now := w.stored(p.ID)
			if now.AsRestored(restored).SafeToPayAgain() || now.SafeToPayAgain() {
				t.Errorf("same %v, %s in the backup: safe, heard %v, asked about %v", same, backedUp, now.Heard, w.monetix.about)
			}
			if !slices.Contains(w.monetix.about, 3) {
				t.Errorf("same %v, %s in the backup: nobody asked about the third attempt, only %v", same, backedUp, w.monetix.about)
			}
		}
	}
}

// The answer that an attempt failed which we never made closes it before it is made: whoever made it
// may have gone on from there. The next one is doubted by that very write, so that no other money
// goes beside it, and nothing rests, before it is asked about.
func TestAnAttemptThatIsClosedBeforeItIsMadeHasTheNextOneDoubtedAtOnce(t *testing.T) {
	before := newWorld(t)
	p := before.mustCreate(draftFor(Monetix))
	before.receive(before.claim(p, payout.FoundFailed))
	before.monetix.told = before.says(payout.FoundFailed)
	before.ask()
	w := restoredFrom(t, before, before.store.copy())
	w.monetix.told = w.says(payout.FoundFailed)
	line := row(1, p, payout.FoundFailed)
	line.Reference = string(p.ID.ProviderReference(2))
	w.importBy(file(Monetix, line), dara) // has it asked about
	for n := 0; n < 10 && !slices.Contains(w.monetix.about, 2); n++ {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	heard := facts(w.stored(p.ID))
	if !slices.Contains(heard, "3.wavered.1") || slices.Contains(w.monetix.about, 3) {
		t.Errorf("asked about %v, heard %v", w.monetix.about, heard)
	}
}

// A payout that was posted anew after the restore fails, and RESTORED_AT is taken away. The lost table
// may have made its next attempt, too, so that a refusal of ours leaves nothing certainly unsent.
func TestTheNextAttemptBesideALostOneIsNotCertainlyUnsentAfterTheRestore(t *testing.T) {
	for _, finding := range []payout.Finding{payout.FoundAboutUs, payout.FoundNotSent} {
		w := restoredFrom(t, newWorld(t), nil)
		w.monetix.told = w.says(payout.FoundFailed)
		p := w.mustCreate(draftFor(Monetix))
		w.again(p.ID)
		w.clock.pass(5 * time.Minute)
		w.receive(w.claim(p, payout.FoundFailed))
		later := after(t, w)
		later.monetix.answer = later.says(finding)
		later.again(p.ID)
		now := later.stored(p.ID)
		if now.Attempt != 2 || now.Status == payout.Queued && now.Sent == 0 {
			t.Errorf("%s: attempt %d is %s, sent %d times, heard %v", finding, now.Attempt, now.Status, now.Sent, now.Heard)
		}
	}
}

// People begin the next attempt anew, of which the lost table had made two.
func TestANewAttemptBesideALostLaterOneIsNotSafe(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundFailed)
	p := before.mustCreate(draftFor(Monetix))
	before.clock.pass(5 * time.Minute)
	before.ask()
	backup := before.store.copy()
	before.monetix.answer = before.refused
	before.again(p.ID)
	have.serve(before, "A", payout.FoundSucceeded)
	before.again(p.ID)
	w := restoredFrom(t, before, backup, Monetix)
	have.serve(w, "A", payout.FoundFailed)
	w.again(p.ID)
	w.sweepFor(30, 2*time.Minute)
	if now := w.stored(p.ID); have.paid() != 1 || now.Attempt != 2 || now.SafeToPayAgain() {
		t.Errorf("attempt %d, safe %v, heard %v; the project has %v", now.Attempt, now.SafeToPayAgain(), now.Heard, have)
	}
}

// The word of the restore is kept: when RESTORED_AT is gone nobody looks ahead any more, so that
// one person has nothing sent again that a lost table may have gone on with.
func TestAfterARestoreIsOverOnePersonStillSendsNothingAgain(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundSucceeded)
	before.monetix.answer = before.says(payout.FoundNotSent)
	p := before.mustCreate(draftFor(Monetix))
	backup := before.store.copy()
	before.monetix.answer = before.refused
	before.sweepFor(3, 2*time.Minute)
	have.serve(before, "A", payout.FoundSucceeded)
	before.again(p.ID)
	w := restoredFrom(t, before, backup, Monetix)
	have.serve(w, "A", payout.FoundSucceeded)
	w.sweepFor(20, 2*time.Minute)
	later := after(t, w)
	have.serve(later, "A", payout.FoundSucceeded)
	later.sweepFor(3, 2*time.Minute)
	_, _ = later.operator.Resend(bg, later.order(p.ID, dara, ""))
	if have.paid() > 1 {
		t.Errorf("paid %d times by one person: %v", have.paid(), have)
	}
}

// Certainly nothing had arrived under A when the secret was moved to B. The lost table sent it
// under B: what B says is about this payout.
func TestAnAccountThatTookNothingHidesNoPayment(t *testing.T) {
	for _, finding := range []payout.Finding{payout.FoundNotSent, payout.FoundAboutUs} {
		for _, same := range [][]payout.Provider{nil, {Monetix}} {
			before, have := newWorld(t), kept{}
			have.serve(before, "A", payout.FoundSucceeded)
			before.monetix.answer = before.says(finding)
			p := before.mustCreate(draftFor(Monetix))
			have.serve(before, "B", payout.FoundSucceeded)
			backup := before.store.copy()
			before.sweepFor(10, 2*time.Minute)
			w := restoredFrom(t, before, backup, same...)
			have.serve(w, "B", payout.FoundSucceeded)
			w.sweepFor(10, 2*time.Minute)
			if now := w.stored(p.ID); have.paid() != 1 || now.Status != payout.Succeeded {
				t.Errorf("%s, same %v: B paid and says so, and it is %s, heard %v", finding, same, now.Status, now.Heard)
			}
		}
	}
}

// It went to A, and nobody knows its end; B says that it has paid it. That ends nothing, since A
// may pay as well, and people are called. That B knows nothing of it is no news.
func TestWhatAnotherAccountHasPaidCallsPeople(t *testing.T) {
	type word struct {
		finding  payout.Finding
		doubtful bool
	}
	for said, called := range map[word]bool{
		{finding: payout.FoundSucceeded}: true, {finding: payout.FoundProcessing}: true, {finding: payout.FoundReturned}: true,
		{finding: payout.FoundUnlisted}: true, {payout.FoundFailed, true}: true,
		{finding: payout.FoundFailed}: false, {finding: payout.FoundAbsent}: false,
	} {
		w := newWorld(t)
		w.monetix.account, w.monetix.answer = "A", w.unclear
		p := w.mustCreate(draftFor(Monetix))
		w.monetix.account, w.monetix.told = "B", func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: said.finding, Doubtful: said.doubtful, Account: "B", At: w.clock.Now()}
		}
		w.clock.pass(2 * time.Minute)
		w.sweep()
		now := w.stored(p.ID)
		if _, raised := now.Attention[payout.CallbackMismatch]; raised != called || now.Status != payout.Unknown {
			t.Errorf("B says %+v: %s, attention %v", said, now.Status, now.Attention.Reasons())
		}
	}
}

// The backup has a payout in progress, or a failure that is certain. In the lost time it failed
// and a second attempt was paid. Nothing touches it while RESTORED_AT is set, and then that is
// taken away.
func TestWhatNothingTouchedThroughARestoreIsNoSaferAfterwards(t *testing.T) {
	for _, name := range payout.Providers() {
		for _, failedBefore := range []bool{false, true} {
			before := newWorld(t)
			before.named(name).told = before.says(payout.FoundProcessing)
			p := before.mustCreate(draftFor(name))
			if failedBefore {
				before.receive(before.claim(p, payout.FoundFailed))
				before.named(name).told = before.says(payout.FoundFailed)
			}
			before.sweepFor(200, 3*time.Minute)
			backup := before.store.copy()

			free := after(t, restoredFrom(t, before, backup))
			free.named(name).told = free.says(payout.FoundFailed)
			free.sweepFor(6*24, 10*time.Minute)
			now := free.stored(p.ID)
			if now.Status != payout.Failed || now.AsRestored(free.store.SharedState.RestoredAt).SafeToPayAgain() {
				t.Errorf("%s, failed before %v: %s is shown as safe: %v", name, failedBefore, now.Status, now.Heard)
			}
			if _, err := free.operator.Resend(bg, free.order(p.ID, stranger, "")); err == nil || len(free.named(name).sent) > 0 {
				t.Errorf("%s, failed before %v: one person sent it again: %v", name, failedBefore, err)
			}
		}
	}
}

// What was queued in the backup may have been sent by the lost table, or withdrawn. One person has it
// sent no more, also if no sweep has looked at it while RESTORED_AT was set.
func TestWhatWasQueuedInTheBackupTakesTwoPeopleForEver(t *testing.T) {
	for _, name := range payout.Providers() {
		before := newWorld(t)
		before.named(name).answer = before.says(payout.FoundNotSent)
		p := before.mustCreate(draftFor(name))
		if p.Status != payout.Queued {
			t.Fatalf("%s", p.Status)
		}
		free := after(t, restoredFrom(t, before, before.store.copy()))
		o, err := free.operator.Resend(bg, free.order(p.ID, stranger, ""))
		if err == nil || len(free.named(name).sent) > 0 {
			t.Errorf("%s: one person sent it: %s, %v", name, o.Payout.Status, err)
		}
		if o := free.must(free.operator.Resend(bg, free.order(p.ID, dara, ""))); !o.Awaiting {
			t.Errorf("%s: one registered person sent it", name)
		}
	}
}

// What is created after a restore that is accounted for is as safe as ever.
func TestARememberedRestoreLeavesWhatComesLaterAlone(t *testing.T) {
	before := newWorld(t)
	free := after(t, restoredFrom(t, before, before.store.copy()))
	free.clock.pass(time.Hour)
	p := free.mustCreate(draft("R1"))
	free.receive(free.claim(p, payout.FoundFailed))
	free.vexora.told = free.says(payout.FoundFailed)
	free.sweepFor(5, time.Minute)
	if now := free.stored(p.ID); !now.AsRestored(free.store.SharedState.RestoredAt).SafeToPayAgain() || now.Sent != 1 {
		t.Errorf("sent %d, %s: %v", now.Sent, now.Status, now.Heard)
	}
	free.must(free.operator.Resend(bg, free.order(p.ID, stranger, "")))
}

// Of two people the first spoke before the backup, and the lost table may have done what both
// said. After the restore both have to say it.
func TestAProposalOfBeforeARestoreIsNone(t *testing.T) {
	prepared := func(do func(w *world, p payout.Payout)) (*world, payout.Payout) {
		before := newWorld(t)
		before.vexora.answer, before.vexora.told = before.unclear, before.unclear
		p := before.mustCreate(draft("R1"))
		before.sweepFor(3, 2*time.Minute)
		do(before, p)
		before.sweepFor(3, time.Minute)
		w := restoredFrom(t, before, before.store.copy())
		w.store.Statements = before.store.Statements
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		return w, p
	}
	t.Run("resend", func(t *testing.T) {
		w, p := prepared(func(w *world, p payout.Payout) { w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))) })
		if o, err := w.operator.Resend(bg, w.order(p.ID, bopha, "")); err != nil || !o.Awaiting || len(w.vexora.sent) != 0 {
			t.Errorf("awaiting %v, sent %v, %v", o.Awaiting, w.vexora.sent, err)
		}
		if o := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))); o.Awaiting || len(w.vexora.sent) != 1 {
			t.Errorf("when both have said it: awaiting %v, sent %v", o.Awaiting, w.vexora.sent)
		}
	})
	t.Run("resolve", func(t *testing.T) {
		w, p := prepared(func(w *world, p payout.Payout) {
			w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)))
		})
		if o := w.must(w.operator.Resolve(bg, w.order(p.ID, bopha, payout.ResolvedFailed))); !o.Awaiting {
			t.Errorf("%s by one order", o.Payout.Status)
		}
	})
	t.Run("statement", func(t *testing.T) {
		var s statement.File
		w, p := prepared(func(w *world, p payout.Payout) {
			s = file(Vexora, row(1, p, payout.FoundFailed))
			w.importBy(s, dara)
		})
		if report := w.importBy(s, bopha); !report.Awaiting || w.stored(p.ID).Status != payout.Unknown {
			t.Errorf("awaiting %v, %s", report.Awaiting, w.stored(p.ID).Status)
		}
	})
}
