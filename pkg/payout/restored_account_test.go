package payout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// kept is what a provider's projects have, by project and reference. Each refuses a repeated
// reference, and knows nothing of those of another one.
type kept map[string]payout.Finding

// serve has the world's Monetix stand for one of the projects. What it takes becomes what fate
// says.
func (k kept) serve(w *world, project string, fate payout.Finding) {
	w.monetix.account = project
	w.monetix.answer = func(p payout.Payout) payout.Claim {
		key := project + "/" + string(p.ProviderReference())
		if _, known := k[key]; known {
			return payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: "3041", At: w.clock.Now()}
		}
		k[key] = fate
		return payout.Claim{Finding: payout.FoundProcessing, At: w.clock.Now()}
	}
	w.monetix.told = func(p payout.Payout) payout.Claim {
		about := w.monetix.about[len(w.monetix.about)-1]
		c := payout.Claim{Account: project, Finding: payout.FoundAbsent, At: w.clock.Now()}
		if found, known := k[project+"/"+string(p.ID.ProviderReference(about))]; known {
			c.Finding, c.Code = found, "20102"
		}
		return c
	}
}

// paid counts the payments of all projects.
func (k kept) paid() int {
	n := 0
	for _, fate := range k {
		if fate == payout.FoundSucceeded {
			n++
		}
	}
	return n
}

// vouched is the policy after a restore at a time, if people vouch for the account at Monetix.
func vouched(at time.Time) func(*payout.Policy) {
	return func(p *payout.Policy) { p.RestoredAt, p.SameAccounts = at, []payout.Provider{Monetix} }
}

// released is a store that was restored at a time, and that two people have released at once.
func (m *memory) released(at time.Time) {
	m.SharedState.RestoredAt, m.SharedState.Controls.ReleasedAt = at, at
}

// restoredFrom is the world over a backup of another one, and over nothing without one, when two
// people have released it. Same says that people vouch for the accounts.
func restoredFrom(t *testing.T, before *world, backup *memory, same ...payout.Provider) *world {
	t.Helper()
	w := newWorldWith(t, func(p *payout.Policy) {
		p.RestoredAt, p.SameAccounts = before.clock.Now().Add(time.Minute), same
	})
	w.clock.pass(before.clock.Now().Sub(w.clock.Now()) + 2*time.Minute)
	if backup != nil {
		w.store.Payouts = backup.Payouts
	}
	w.store.released(before.clock.Now().Add(time.Minute))
	return w
}

// after goes on with what another world has stored, without a restore. That people vouch for the
// account means nothing then.
func after(t *testing.T, before *world) *world {
	t.Helper()
	w := newWorldWith(t, func(p *payout.Policy) {
		vouched(time.Time{})(p)
		p.Remembered = func() time.Time { return before.store.SharedState.RestoredAt }
	})
	w.store.released(before.store.SharedState.RestoredAt)
	w.clock.pass(before.clock.Now().Sub(w.clock.Now()))
	w.store.Payouts = before.store.copy().Payouts
	return w
}

// The lost table sent R1 under project A, where it was paid. The secret names project B now,
// and the merchant posts R1 again.
func TestAfterARestoreAPostedReferenceDoesNotGoToAnotherProjectByItself(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))

	w := restoredFrom(t, lost, nil)
	have.serve(w, "B", payout.FoundSucceeded)
	p := w.mustCreate(draftFor(Monetix))
	w.sweepFor(5, 2*time.Minute)
	if now := w.stored(p.ID); have.paid() != 1 || now.Status != payout.Queued || now.WaitsFor() != payout.QueuedRestored {
		t.Errorf("%s, waits for %q, paid %d times by nobody's order: %v", now.Status, now.WaitsFor(), have.paid(), have)
	}
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))); !o.Awaiting || len(w.monetix.sent) > 0 {
		t.Errorf("one person has it sent: %s", o.Payout.Status)
	}
}

// People say that the accounts are the same: Monetix refuses what it has.
func TestAfterARestoreTheSameProjectRefusesWhatItHas(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))

	w := restoredFrom(t, lost, nil, Monetix)
	have.serve(w, "A", payout.FoundSucceeded)
	p := w.mustCreate(draftFor(Monetix))
	w.sweepFor(5, 2*time.Minute)
	if now := w.stored(p.ID); len(w.monetix.sent) != 1 || now.Status != payout.Succeeded || have.paid() != 1 {
		t.Errorf("sent %d times, %s, heard %v", len(w.monetix.sent), now.Status, now.Heard)
	}
}

// It was queued in the backup, and the lost table sent it under project A. Two people have it
// sent again, and the project that the secret names then declines it: that says nothing of
// another one.
func TestAnotherProjectsAnswerMakesNoLostPayoutSafe(t *testing.T) {
	for name, test := range map[string]struct {
		lost    payout.Finding
		project string
		same    []payout.Provider
	}{
		"another project":                    {payout.FoundSucceeded, "B", nil},
		"nobody vouches that it is the same": {payout.FoundFailed, "A", nil},
		"people vouch for it":                {payout.FoundFailed, "A", []payout.Provider{Monetix}}, // beside a later attempt
	} {
		t.Run(name, func(t *testing.T) {
			before, have := newWorld(t), kept{}
			before.over(payout.Floor{Held: held(Monetix)})
			p := before.mustCreate(draftFor(Monetix))
			backup := before.store.copy()
			before.over(payout.Floor{})
			have.serve(before, "A", test.lost)
			before.clock.pass(2 * time.Minute)
			before.sweep()

			w := restoredFrom(t, before, backup, test.same...)
			have.serve(w, test.project, payout.FoundFailed)
			w.sweep() // it may have been sent
			w.resendByTwo(p.ID)
			w.sweepFor(10, 2*time.Minute)
			if now := w.stored(p.ID); now.Status != payout.Failed || now.SafeToPayAgain() {
				t.Errorf("%s, safe %v, heard %v; the projects have %v", now.Status, now.SafeToPayAgain(), now.Heard, have)
			}
			later := after(t, w) // RESTORED_AT was taken away
			have.serve(later, test.project, payout.FoundFailed)
			later.sweepFor(10, time.Hour)
			if now := later.stored(p.ID); now.SafeToPayAgain() {
				t.Errorf("later safe %v, heard %v", now.SafeToPayAgain(), now.Heard)
			}
		})
	}
}

// RESTORED_AT is taken away while what was posted again still waits, or what was queued in the
// backup is unknown: nobody knows more of its account for that.
func TestAnUnknownAccountOutlivesTheRestore(t *testing.T) {
	for _, queued := range []bool{false, true} {
		before, have := newWorld(t), kept{}
		before.over(payout.Floor{Held: held(Monetix)})
		p := before.mustCreate(draftFor(Monetix))
		backup := before.store.copy()
		before.over(payout.Floor{})
		have.serve(before, "A", payout.FoundSucceeded)
		before.clock.pass(2 * time.Minute)
		before.sweep()
		if !queued {
			backup = nil
		}
		during := restoredFrom(t, before, backup)
		have.serve(during, "B", payout.FoundFailed)
		if !queued {
			during.mustCreate(draftFor(Monetix))
		}
		during.sweep()

		w := after(t, during)
		have.serve(w, "B", payout.FoundFailed)
		w.sweepFor(3, 2*time.Minute)
		if now := w.stored(p.ID); len(w.monetix.sent) > 0 {
			t.Errorf("queued in the backup %v: %s, sent by itself", queued, now.Status)
		}
		if _, err := w.operator.Resend(bg, w.order(p.ID, dara, "")); err != nil || len(w.monetix.sent) > 0 {
			t.Fatalf("queued in the backup %v: one person has it sent: %v", queued, err)
		}
		w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
		w.sweepFor(10, 2*time.Minute)
		if now := w.stored(p.ID); now.Status != payout.Failed || now.SafeToPayAgain() {
			t.Errorf("queued in the backup %v: %s, safe %v, heard %v", queued, now.Status, now.SafeToPayAgain(), now.Heard)
		}
	}
}

// The backup knows that the first attempt went to project A, which refused it in the lost time.
// The second one went to project B, and was paid there. The restore brought the old secret back,
// too: project A is asked about the second attempt, and knows nothing of it.
func TestAFirstAttemptDoesNotGoAgainBesideASecondOneOfAnotherProject(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundSucceeded)
	before.monetix.answer = before.unclear // on its way
	p := before.mustCreate(draftFor(Monetix))
	backup := before.store.copy()
	before.clock.pass(2 * time.Minute)
	before.monetix.told = before.says(payout.FoundFailed)
	before.ask()
	have.serve(before, "B", payout.FoundSucceeded)
	before.must(before.operator.Resend(bg, before.order(p.ID, dara, "")))
	if have.paid() != 1 || before.stored(p.ID).Attempt != 2 {
		t.Fatalf("setup: %v", have)
	}

	w := restoredFrom(t, before, backup)
	have.serve(w, "A", payout.FoundSucceeded)
	w.sweepFor(15, 2*time.Minute)
	if have.paid() != 1 || len(w.monetix.sent) > 0 {
		t.Errorf("paid %d times by nobody's order: %v; asked about %v", have.paid(), have, w.monetix.about)
	}
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))); !o.Awaiting {
		t.Errorf("one person has it sent: %s", o.Payout.Status)
	}
}

// The account of an attempt of which something may have arrived is in the backup, and no table
// sends it under another one: its failure there is certain, whoever vouches.
func TestAFailureUnderTheAccountOfTheBackupIsCertain(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundFailed)
	p := before.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, before, before.store.copy())
	have.serve(w, "A", payout.FoundFailed)
	w.sweepFor(5, 2*time.Minute)
	now := w.stored(p.ID)
	if text := strings.Join(facts(now), " "); now.Status != payout.Failed || !strings.Contains(text, "1.closed.1") || strings.Contains(text, "1.lost") {
		t.Errorf("%s, heard %v", now.Status, now.Heard)
	}
}

// An item from before accounts were kept does not say where the lost table may have sent it
// again.
func TestAFailureOfAnUnknownAccountIsNotCertainAfterARestore(t *testing.T) {
	before, have := newWorld(t), kept{}
	p := before.stored(before.mustCreate(draftFor(Monetix)).ID)
	p.Heard = slices.DeleteFunc(p.Heard, func(f payout.Fact) bool { return strings.Contains(string(f), ".at-") })
	before.store.Payouts[p.ID] = p
	w := restoredFrom(t, before, before.store.copy())
	have.serve(w, "B", payout.FoundFailed)
	have["B/"+string(p.ProviderReference())] = payout.FoundFailed
	w.sweepFor(5, 2*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Failed || slices.Contains(facts(now), "1.closed.1") {
		t.Errorf("%s, heard %v", now.Status, now.Heard)
	}
}

// Project A refused us before the backup, so that it was queued; the lost table sent it under B.
// The restore brought A back. What one person may have repeated elsewhere takes two here.
func TestAnAccountThatTookNothingIsNotTheOneOfTheLostTable(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundSucceeded)
	before.monetix.answer = before.says(payout.FoundNotSent)
	p := before.mustCreate(draftFor(Monetix))
	backup := before.store.copy()
	have.serve(before, "B", payout.FoundSucceeded)
	before.sweepFor(2, 2*time.Minute)
	during := restoredFrom(t, before, backup)
	have.serve(during, "A", payout.FoundSucceeded)
	during.sweep()
	w := after(t, during)
	have.serve(w, "A", payout.FoundSucceeded)
	w.sweepFor(2, 2*time.Minute)
	if o := w.must(w.operator.Resend(bg, w.order(p.ID, dara, ""))); !o.Awaiting || have.paid() != 1 {
		t.Errorf("one person has it sent: %s, paid %d times: %v", o.Payout.Status, have.paid(), o.Payout.Heard)
	}
}

// What was posted again after one restore, and waited, is restored once more. People vouch for
// the time since the second backup; nobody did so for the first one.
func TestASecondRestoreDoesNotVouchForTheFirst(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))
	first := restoredFrom(t, lost, nil)
	have.serve(first, "B", payout.FoundFailed)
	p := first.mustCreate(draftFor(Monetix))

	w := restoredFrom(t, first, first.store.copy(), Monetix)
	have.serve(w, "B", payout.FoundFailed)
	w.sweep()
	w.resendByTwo(p.ID)
	w.sweepFor(10, 2*time.Minute)
	now := w.stored(p.ID)
	if now.Status != payout.Failed || now.SafeToPayAgain() || slices.Contains(facts(now), "1.closed.1") {
		t.Errorf("%s, safe %v, heard %v; the projects have %v", now.Status, now.SafeToPayAgain(), now.Heard, have)
	}
}

// Project A was known to have taken nothing of what was queued in the backup; the lost table sent
// it under B, where it was paid. Two people withdraw it: that A does not have it ends no doubt.
func TestWhatIsWithdrawnAfterARestoreIsNotOfTheAccountThatTookNothing(t *testing.T) {
	before, have := newWorld(t), kept{}
	have.serve(before, "A", payout.FoundSucceeded)
	before.monetix.answer = before.says(payout.FoundNotSent)
	p := before.mustCreate(draftFor(Monetix))
	backup := before.store.copy()
	have.serve(before, "B", payout.FoundSucceeded)
	before.sweepFor(2, 2*time.Minute)
	w := restoredFrom(t, before, backup)
	have["A/"+string(p.ProviderReference())] = payout.FoundFailed
	have.serve(w, "A", payout.FoundFailed)
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Cancel(bg, w.order(p.ID, by, "")))
	}
	w.sweepFor(10, 2*time.Minute)
	now := w.stored(p.ID)
	if now.Status != payout.Cancelled || have.paid() != 1 || len(w.monetix.about) == 0 || slices.Contains(facts(now), "1.closed.1") {
		t.Errorf("%s, paid %d times, heard %v, asked about %v", now.Status, have.paid(), now.Heard, w.monetix.about)
	}
}

// Nobody vouches for the project while what was posted after a restore is sent. That people do so
// later does not tell which project the lost table had sent it to: it takes two all the same.
func TestWhatNobodyVouchedForIsNotRepeatedByItselfLater(t *testing.T) {
	lost, have := newWorld(t), kept{}
	have.serve(lost, "A", payout.FoundSucceeded)
	lost.mustCreate(draftFor(Monetix))
	w := restoredFrom(t, lost, nil)
	have.serve(w, "B", payout.FoundSucceeded)
	post := w.monetix.answer
	w.monetix.answer = w.unclear // and lost on its way
	p := w.mustCreate(draftFor(Monetix))
	w.resendByTwo(p.ID)
	w.monetix.answer = post
	w.deploy(func(p *payout.Policy) { p.SameAccounts = []payout.Provider{Monetix} })
	w.sweepFor(20, 2*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Unknown || have.paid() != 1 || !slices.Contains(facts(now), "1.lost") {
		t.Errorf("%s, paid %d times: %v, heard %v", now.Status, have.paid(), have, now.Heard)
	}
}

// No account makes a provider refuse what it does not document to refuse.
func TestNobodyVouchesForAProviderThatRefusesNothing(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) {
		p.RestoredAt, p.SameAccounts = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC), payout.Providers()
	})
	p := w.mustCreate(draft("R1"))
	w.sweepFor(5, 2*time.Minute)
	if now := w.stored(p.ID); now.Status != payout.Queued || len(w.vexora.sent) > 0 {
		t.Errorf("%s, sent %d times", now.Status, len(w.vexora.sent))
	}
}

func facts(p payout.Payout) []string {
	all := make([]string, len(p.Heard))
	for i, f := range p.Heard {
		all[i] = string(f)
	}
	return all
}
