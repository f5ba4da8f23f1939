package payout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// isTold reports whether people are told something about a payout.
func isTold(p payout.Payout, part string) bool {
	return slices.ContainsFunc(advised(p), func(next string) bool { return strings.Contains(next, part) })
}

// cameBack is the one text by which people are told to pay without asking anybody.
const cameBack = "the money came back: pay under a new reference"

// byTwo has two people resolve a payout.
func (w *world) byTwo(id payout.ID, as payout.Resolution) {
	w.t.Helper()
	for _, by := range []payout.Principal{dara, bopha} {
		w.must(w.operator.Resolve(bg, w.order(id, by, as)))
	}
}

// The money of one payment came back, and another one was made, or may have been: nobody is told to
// pay again.
func TestNobodyIsToldToPayBesideAnotherPayment(t *testing.T) {
	roads := map[string]func(t *testing.T, name payout.Provider) (*world, payout.ID){
		"two were paid, and one came back as people were told to have it": func(t *testing.T, name payout.Provider) (*world, payout.ID) {
			w, p := secondUnder(t, name, nil)
			w.numbered(p, payout.FoundSucceeded, "N-2")
			w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundSucceeded, "N-1"), 2: under(payout.FoundSucceeded, "N-2")})
			w.sweepFor(30, 30*time.Minute)
			w.byTwo(p.ID, payout.Reviewed)
			w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundSucceeded, "N-1"), 2: under(payout.FoundReturned, "N-2")})
			w.numbered(w.stored(p.ID), payout.FoundReturned, "N-2")
			return w, p.ID
		},
		"nobody knows of the first attempt": func(t *testing.T, name payout.Provider) (*world, payout.ID) {
			w := newWorld(t)
			pr := w.named(name)
			pr.account, pr.answer, pr.told = "A", w.unclear, w.unclear
			p := w.mustCreate(draftFor(name))
			w.clock.pass(10 * time.Minute)
			w.byTwo(p.ID, payout.ResolvedFailed)
			pr.answer = w.said(payout.FoundProcessing, "N-2")
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
			second := w.stored(p.ID)
			w.numbered(second, payout.FoundSucceeded, "N-2")
			w.knows(name, map[payout.Attempt]payout.Claim{2: under(payout.FoundReturned, "N-2")})
			w.numbered(second, payout.FoundReturned, "N-2")
			return w, p.ID
		},
		"a lost table may have made another one": func(t *testing.T, name payout.Provider) (*world, payout.ID) {
			lost := newWorld(t)
			pr := lost.named(name)
			pr.account, pr.answer, pr.told = "A", lost.said(payout.FoundProcessing, "N-1"), lost.unclear
			p := lost.mustCreate(draftFor(name))
			w := restoredFrom(t, lost, lost.store.copy(), Monetix)
			w.named(name).account = "A"
			w.knows(name, map[payout.Attempt]payout.Claim{1: under(payout.FoundReturned, "N-1"), 2: under(payout.FoundSucceeded, "N-2")})
			return w, p.ID
		},
	}
	for road, travel := range roads {
		for _, name := range both {
			w, id := travel(t, name)
			w.sweepFor(40, 30*time.Minute)
			if now := w.stored(id); now.Return == nil || isTold(now, cameBack) {
				t.Errorf("%s, %s: returned %t, told %q, heard %v", road, name, now.Return != nil, advised(now), now.Heard)
			}
		}
	}
	// At Vexora two submissions may be two payments.
	w := newWorld(t)
	w.vexora.account, w.vexora.answer, w.vexora.told = "A", w.unclear, w.unclear
	p := w.mustCreate(draftFor(Vexora))
	w.clock.pass(10 * time.Minute)
	w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
	w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
	w.numbered(p, payout.FoundSucceeded, "N-1")
	w.vexora.told = w.said(payout.FoundReturned, "N-1")
	w.numbered(p, payout.FoundReturned, "N-1")
	w.sweepFor(30, 30*time.Minute)
	if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
		t.Errorf("one of two submissions: returned %t, told %q", now.Return != nil, advised(now))
	}
}

// A plain return is one: people are told that they may pay.
func TestAConfirmedReturnOfTheOnlyPaymentMayBePaidAgain(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.named(name).told = w.says(payout.FoundReturned)
		w.receive(w.claim(p, payout.FoundReturned))
		w.sweepFor(20, 30*time.Minute)
		if now := w.stored(p.ID); !isTold(now, cameBack) {
			t.Errorf("%s: told %q, heard %v", name, advised(now), now.Heard)
		}
	}
}

// A callback says that the money came back, and no answer ever does, nor denies it: people are told
// to ask the provider first, for good.
func TestAReturnThatNoAnswerMetInvitesNobodyToPay(t *testing.T) {
	for _, name := range both {
		for _, silence := range []func(*world) func(payout.Payout) payout.Claim{
			func(w *world) func(payout.Payout) payout.Claim { return w.unclear },
			func(w *world) func(payout.Payout) payout.Claim { return w.absent },
		} {
			w := newWorld(t)
			p := w.mustCreate(draftFor(name))
			w.receive(w.claim(p, payout.FoundSucceeded))
			w.named(name).told = w.says(payout.FoundSucceeded)
			w.sweepFor(5, 30*time.Minute) // the payment is confirmed, long before
			w.named(name).told = silence(w)
			w.receive(w.claim(p, payout.FoundReturned))
			w.sweepFor(200, 6*time.Hour)
			if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
				t.Errorf("%s: returned %t, told %q, heard %v", name, now.Return != nil, advised(now), now.Heard)
			}
		}
	}
}

// Two payments are told of as two, in whatever order they become known.
func TestTwoPaymentsAreSuspectedInWhateverOrder(t *testing.T) {
	for _, name := range both {
		for _, order := range [][]payout.Attempt{{1, 2}, {2, 1}} {
			w, p := secondUnder(t, name, nil)
			said := map[payout.Attempt]payout.Claim{2: under(payout.FoundFailed, "N-2")}
			w.knows(name, said)
			w.numbered(p, payout.FoundFailed, "N-2")
			w.sweepFor(2, 6*time.Minute)
			for _, a := range order {
				said[a] = under(payout.FoundSucceeded, map[payout.Attempt]string{1: "N-1", 2: "N-2"}[a])
				w.knows(name, said)
				c := w.claim(p, payout.FoundSucceeded)
				c.Reference, c.ProviderID = string(p.ID.ProviderReference(a)), said[a].ProviderID
				w.receive(c)
				w.sweepFor(10, 30*time.Minute)
			}
			if !w.raised(p.ID, payout.DoublePaymentSuspected) {
				t.Errorf("%s, %v: %v, heard %v", name, order, w.stored(p.ID).Attention.Reasons(), w.stored(p.ID).Heard)
			}
		}
	}
}

// From the restore on, what was queued in the backup is not called unsent.
func TestWhatWasQueuedInTheBackupIsNotCalledUnsent(t *testing.T) {
	for _, name := range both {
		lost := newWorld(t)
		lost.named(name).answer, lost.named(name).told = lost.notSent, lost.absent
		p := lost.mustCreate(draftFor(name))
		lost.pull(dara, payout.ControlChange{Submissions: map[payout.Scope]payout.Gate{payout.Scope(name): payout.GateHeld}})
		lost.sweepFor(60, time.Hour)
		w := restoredFrom(t, lost, lost.store.copy(), Monetix)
		now := w.stored(p.ID).AsRestored(w.store.SharedState.RestoredAt)
		if now.WaitsFor() != payout.QueuedRestored || isTold(now, "was not sent") {
			t.Errorf("%s: waits for %q, told %q", name, now.WaitsFor(), advised(now))
		}
		if _, err := w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)); err == nil || strings.Contains(err.Error(), "was not sent") {
			t.Errorf("%s: resolved as failed: %v", name, err)
		}
	}
}

// A return has a number of its own where the provider pays a reference once.
func TestAReturnUnderItsOwnNumberIsConfirmed(t *testing.T) {
	w := newWorld(t)
	w.monetix.answer = w.said(payout.FoundProcessing, "N-1")
	p := w.mustCreate(draftFor(Monetix))
	w.numbered(p, payout.FoundSucceeded, "N-1")
	w.monetix.told = w.said(payout.FoundReturned, "N-2")
	w.numbered(p, payout.FoundReturned, "N-2")
	w.sweepFor(30, 30*time.Minute)
	if now := w.stored(p.ID); w.raised(p.ID, payout.Contradiction) || !isTold(now, cameBack) {
		t.Errorf("%v, told %q", now.Attention.Reasons(), advised(now))
	}
}

// Paid under two numbers, and one of them comes back: the other one is left.
func TestOneOfTwoNumbersThatCameBackIsNotPaidAgain(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		w.named(name).answer = w.said(payout.FoundProcessing, "N-1")
		p := w.mustCreate(draftFor(name))
		w.numbered(p, payout.FoundSucceeded, "N-1")
		w.numbered(p, payout.FoundSucceeded, "N-2")
		if !w.raised(p.ID, payout.Contradiction) {
			t.Fatalf("%s: %v", name, w.stored(p.ID).Attention)
		}
		w.byTwo(p.ID, payout.Reviewed)
		w.named(name).told = w.said(payout.FoundReturned, "N-1")
		w.numbered(p, payout.FoundReturned, "N-1")
		w.sweepFor(30, 30*time.Minute)
		if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
			t.Errorf("%s: returned %t, told %q, heard %v", name, now.Return != nil, advised(now), now.Heard)
		}
	}
}

// A number that was said before the end is another payment's, as one that was said after it; so is
// one that the provider answers with.
func TestAReturnBesideAnotherNumberIsNotPaidAgain(t *testing.T) {
	for _, name := range both {
		for road, travel := range map[string]func(w *world, p payout.Payout){
			"a callback before the end": func(w *world, p payout.Payout) {
				w.numbered(p, payout.FoundSucceeded, "N-2")
				w.numbered(p, payout.FoundSucceeded, "N-1")
				w.byTwo(p.ID, payout.Reviewed)
				w.named(name).told = w.said(payout.FoundReturned, "N-1")
				w.numbered(p, payout.FoundReturned, "N-1")
			},
			"and a file of two": func(w *world, p payout.Payout) {
				w.named(name).told = w.unclear
				w.numbered(p, payout.FoundSucceeded, "N-2")
				w.numbered(p, payout.FoundSucceeded, "N-1")
				w.byTwo(p.ID, payout.Reviewed)
				back := row(1, p, payout.FoundReturned)
				back.ProviderID = "N-1"
				w.appliedByTwo(file(name, back))
			},
			"an answer": func(w *world, p payout.Payout) {
				if name == Monetix {
					w.t.Skip("it has a number of its own for the return")
				}
				w.numbered(p, payout.FoundSucceeded, "N-1")
				w.named(name).told = w.said(payout.FoundReturned, "N-2")
			},
		} {
			t.Run(string(name)+", "+road, func(t *testing.T) {
				w := newWorld(t)
				w.named(name).answer = w.said(payout.FoundProcessing, "N-1")
				p := w.mustCreate(draftFor(name))
				travel(w, p)
				w.sweepFor(60, 30*time.Minute)
				if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
					t.Errorf("returned %t, told %q, heard %v", now.Return != nil, advised(now), now.Heard)
				}
			})
		}
	}
}

// What somebody calls paid, or may have sent, can be recorded as paid, and is never called unsent.
func TestWhatWasSpokenOfInTheQueueCanBeRecordedAsPaid(t *testing.T) {
	for word, say := range map[string]func(w *world, p payout.Payout){
		"a number that is taken": func(w *world, p payout.Payout) { w.numbered(p, payout.FoundUnclear, "N-1") },
		"an unbelieved callback": func(w *world, p payout.Payout) { w.receive(unbelieved(w.claim(p, payout.FoundSucceeded))) },
		"one person's file": func(w *world, p payout.Payout) {
			w.importBy(file(Monetix, row(1, p, payout.FoundSucceeded)), dara)
		},
	} {
		w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = time.Hour })
		w.monetix.answer, w.monetix.told = w.notSent, w.absent
		p := w.mustCreate(draftFor(Monetix))
		say(w, p)
		w.sweepFor(5, time.Hour)
		now := w.stored(p.ID)
		if now.Status != payout.Queued || isTold(now, "was not sent") || !isTold(now, "resolve it as succeeded") {
			t.Errorf("%s: %s, told %q", word, now.Status, advised(now))
		}
		if _, err := w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)); err == nil || strings.Contains(err.Error(), "was not sent") {
			t.Errorf("%s, as failed: %v", word, err)
		}
		w.byTwo(p.ID, payout.ResolvedSucceeded)
		if now := w.stored(p.ID); now.Status != payout.Succeeded {
			t.Errorf("%s: %s", word, now.Status)
		}
	}
}

// Two people sent the second attempt, which waits, and nobody knows that the first one failed.
func TestBesideAnUncertainAttemptPeopleAskFirst(t *testing.T) {
	for name, answer := range map[string]func(*world) func(payout.Payout) payout.Claim{
		"not sent":         func(w *world) func(payout.Payout) payout.Claim { return w.notSent },
		"refused about us": func(w *world) func(payout.Payout) payout.Claim { return w.says(payout.FoundAboutUs) },
	} {
		for _, age := range []time.Duration{time.Hour, 100 * time.Hour} {
			w := newWorldWith(t, func(p *payout.Policy) { p.QueuedMaxAge = age })
			w.monetix.account, w.monetix.answer, w.monetix.told = "A", w.said(payout.FoundProcessing, "N-1"), w.unclear
			p := w.mustCreate(draftFor(Monetix))
			w.numbered(p, payout.FoundFailed, "N-1")
			w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
			w.monetix.answer = answer(w)
			w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
			w.sweepFor(5, time.Hour)
			now := w.stored(p.ID)
			if told := advised(now); now.Status != payout.Queued || slices.ContainsFunc(told, func(text string) bool {
				return !strings.Contains(text, "ask the provider")
			}) {
				t.Errorf("%s, %s: %s, told %q", name, age, now.Status, told)
			}
			if _, err := w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed)); err == nil || !strings.Contains(err.Error(), "an earlier one may have been paid") {
				t.Errorf("%s: resolved as failed: %v", name, err)
			}
		}
	}
}

// A second payment of the present attempt calls people, whatever they are called for already.
func TestASecondNumberBesideASuspectedDoublePaymentIsNews(t *testing.T) {
	w, p := secondUnder(t, Vexora, nil)
	w.numbered(p, payout.FoundSucceeded, "N-2")
	w.knows(Vexora, map[payout.Attempt]payout.Claim{1: under(payout.FoundReturned, "N-1"), 2: under(payout.FoundSucceeded, "N-2")})
	w.sweepFor(20, 30*time.Minute)
	before := len(w.stored(p.ID).Events())
	w.numbered(p, payout.FoundSucceeded, "N-3")
	if now := w.stored(p.ID); !w.raised(p.ID, payout.Contradiction) || len(now.Events()) != before+1 {
		t.Errorf("%v, %d events more", now.Attention.Reasons(), len(now.Events())-before)
	}
}

// What was held as a possible duplicate when its table was lost may have been sent: people are told
// to ask first, before and after the sweep has seen it, and may record that it was paid.
func TestAHeldPayoutOfABackupIsAskedAboutFirst(t *testing.T) {
	for _, name := range both {
		lost := newWorld(t)
		lost.named(name).answer, lost.named(name).told = lost.unclear, lost.absent
		lost.mustCreate(draftFor(name))
		d := draftFor(name)
		d.Reference = "R2"
		held := lost.mustCreate(d)
		if held.WaitsFor() != payout.QueuedDuplicate {
			t.Fatalf("%s waits for %q", held.Status, held.WaitsFor())
		}
		w := restoredFrom(t, lost, lost.store.copy(), Monetix)
		w.named(name).told = w.absent
		restored := w.store.SharedState.RestoredAt
		for range 30 {
			now := w.stored(held.ID).AsRestored(restored)
			if isTold(now, "resend to confirm") || now.Status == payout.Queued && now.WaitsFor() != payout.QueuedRestored {
				t.Fatalf("%s: %s waits for %q, told %q", name, now.Status, now.WaitsFor(), advised(now))
			}
			w.sweepFor(1, time.Hour)
		}
		w.must(w.operator.Resolve(bg, w.order(held.ID, dara, payout.ResolvedSucceeded)))
	}
}

// A return of before a restore may have been paid again in the time that is lost.
func TestAReturnOfABackupIsNotPaidAgain(t *testing.T) {
	for _, name := range both {
		lost := newWorld(t)
		p := lost.mustCreate(draftFor(name))
		lost.receive(lost.claim(p, payout.FoundSucceeded))
		lost.named(name).told = lost.says(payout.FoundReturned)
		lost.receive(lost.claim(p, payout.FoundReturned))
		lost.sweepFor(20, 30*time.Minute)
		if !isTold(lost.stored(p.ID), cameBack) {
			t.Fatal(advised(lost.stored(p.ID)))
		}
		w := restoredFrom(t, lost, lost.store.copy(), Monetix)
		if now := w.stored(p.ID).AsRestored(w.store.SharedState.RestoredAt); isTold(now, cameBack) {
			t.Errorf("%s: told %q", name, advised(now))
		}
	}
}

// A process that sleeps over its submission keeps nobody from seeing that an earlier attempt is said
// to be paid: the same money is held from that word on.
func TestAnEarlierAttemptThatIsSaidToBePaidHoldsWhileTheNextOneIsSubmitted(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		pr := w.named(name)
		pr.answer, pr.told = w.said(payout.FoundProcessing, "N-1"), w.unclear
		p := w.mustCreate(draftFor(name))
		w.numbered(p, payout.FoundFailed, "N-1")
		w.must(w.operator.Resend(bg, w.order(p.ID, dara, "")))
		pr.during = func() {
			w.numbered(p, payout.FoundSucceeded, "N-1")
			if now := w.stored(p.ID); now.Status != payout.Submitting || !now.RecipientOwed {
				t.Errorf("%s: %s, owed to its list: %t", name, now.Status, now.RecipientOwed)
			}
			pr.during = nil
			pr.mu.Unlock()
			defer pr.mu.Lock()
			w.sweepFor(2, 10*time.Second)
			other := draftFor(name)
			other.Reference = "R2"
			if q := w.mustCreate(other); q.Status != payout.Queued || q.SimilarTo != p.ID || w.stored(p.ID).Status != payout.Submitting {
				t.Errorf("%s: the same money is %s meanwhile, similar to %q", name, q.Status, q.SimilarTo)
			}
		}
		w.must(w.operator.Resend(bg, w.order(p.ID, bopha, "")))
		if len(pr.sent) != 2 {
			t.Errorf("%s: sent %d times", name, len(pr.sent))
		}
	}
}

// An answer that the provider gave before the return was told is none about it, whatever the clocks
// of the two processes say.
func TestAnAnswerOfBeforeTheReturnConfirmsItByNoClock(t *testing.T) {
	for _, name := range both {
		w := newWorld(t)
		p := w.mustCreate(draftFor(name))
		w.named(name).told = w.says(payout.FoundProcessing)
		w.sweepFor(5, 30*time.Second)
		if now := w.stored(p.ID); now.AnsweredAt.IsZero() {
			t.Fatalf("%s: never answered", name)
		}
		w.clock.pass(-5 * time.Minute) // the callback comes to a process whose clock is behind
		w.named(name).told = w.unclear
		w.receive(w.claim(p, payout.FoundReturned))
		w.clock.pass(5 * time.Minute)
		w.sweepFor(200, 6*time.Hour)
		if now := w.stored(p.ID); now.Return == nil || isTold(now, cameBack) {
			t.Errorf("%s: returned %t, told %q, heard %v", name, now.Return != nil, advised(now), now.Heard)
		}
	}
}
