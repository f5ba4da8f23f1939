package payout_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// bringsLater has the second person send a file after the first one did and something was sent
// in between, which the file cannot know of. The provider tells nothing.
func (w *world) bringsLater(s statement.File, sentBetween func()) statement.Report {
	w.t.Helper()
	w.importBy(s, dara)
	w.clock.pass(time.Second)
	sentBetween()
	w.vexora.told, w.monetix.told = w.unclear, w.unclear
	w.sweepFor(5, 2*time.Minute)
	return w.importBy(s, bopha)
}

// A file ends no submission that was made after the first person sent it.
func TestAFileEndsNothingThatIsYoungerThanTheFile(t *testing.T) {
	for _, f := range []payout.Finding{payout.FoundFailed, payout.FoundSucceeded, payout.FoundReturned} {
		for name, play := range map[string]func(w *world) (payout.Payout, statement.Report, statement.File){
			"sent again by itself": func(w *world) (payout.Payout, statement.Report, statement.File) {
				w.monetix.account = "A"
				w.monetix.answer = w.unclear
				p := w.mustCreate(draftFor(Monetix))
				w.clock.pass(4 * time.Minute)
				s := file(Monetix, row(1, p, f))
				return p, w.bringsLater(s, func() {
					w.monetix.told = func(payout.Payout) payout.Claim {
						return payout.Claim{Finding: payout.FoundAbsent, Account: "A", At: w.clock.Now()}
					}
					w.sweepFor(2, 2*time.Minute)
				}), s
			},
			"sent again by two people": func(w *world) (payout.Payout, statement.Report, statement.File) {
				w.vexora.answer, w.vexora.told = w.unclear, w.unclear
				p := w.mustCreate(draft("R1"))
				w.clock.pass(4 * time.Minute)
				s := file(Vexora, row(1, p, f))
				return p, w.bringsLater(s, func() { w.resendByTwo(p.ID) }), s
			},
			"an attempt that nobody had made": func(w *world) (payout.Payout, statement.Report, statement.File) {
				p := w.failedForCertain("R1")
				p.Attempt = 2
				s := file(Vexora, row(1, p, f))
				return p, w.bringsLater(s, func() {
					w.vexora.answer, w.vexora.told = w.unclear, w.unclear
					w.again(p.ID)
				}), s
			},
		} {
			w := newWorld(t)
			p, report, s := play(w)
			now := w.stored(p.ID)
			if now.Status != payout.Unknown || now.Attempt != p.Attempt || len(w.vexora.sent)+len(w.monetix.sent) != 2 {
				t.Errorf("%s, the file says %s: %s, attempt %d, heard %v", name, f, now.Status, now.Attempt, now.Heard)
			}
			if report.Outdated != 1 || !report.Lines[0].Outdated || !report.Awaiting || report.Pending != 0 || report.Counts[statement.Closed] != 0 {
				t.Errorf("%s: outdated %d, awaiting %v, pending %d, %v", name, report.Outdated, report.Awaiting, report.Pending, report.Counts)
			}
			w.vouchAnew(name, s, p, f)
		}
	}
}

// vouchAnew has the first person send the file once more, which then counts from now on: what
// was sent before is in it.
func (w *world) vouchAnew(name string, s statement.File, p payout.Payout, f payout.Finding) {
	w.t.Helper()
	w.clock.pass(time.Minute)
	if anew := w.importBy(s, dara); !anew.Awaiting || anew.Outdated != 0 {
		w.t.Errorf("%s, anew: awaiting %v, outdated %d", name, anew.Awaiting, anew.Outdated)
	}
	if early := w.importBy(s, bopha); early.Pending != 1 || w.stored(p.ID).Status.Final() {
		w.t.Errorf("%s, before the provider is asked: pending %d, %s", name, early.Pending, w.stored(p.ID).Status)
	}
	w.sweepFor(2, 10*time.Minute)
	report := w.importBy(s, bopha)
	want := map[payout.Finding]payout.Status{payout.FoundFailed: payout.Failed}[f]
	if want == "" {
		want = payout.Succeeded
	}
	if now := w.stored(p.ID); now.Status != want || report.Outdated != 0 || report.Awaiting || report.Counts[statement.Closed] != 1 {
		w.t.Errorf("%s, the file says %s, and the provider nothing: %s, outdated %d, %v", name, f, now.Status, report.Outdated, report.Counts)
	}
}

// Who sent a file first, and sends it again while nothing was sent in between, does not put off
// the second person: the file counts from the first time on.
func TestAFileThatIsSentAgainByTheSamePersonIsAsOldAsItWas(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	w.clock.pass(4 * time.Minute)
	s := file(Vexora, row(1, p, payout.FoundFailed))
	w.importBy(s, dara)
	w.sweepFor(2, 2*time.Minute)
	w.importBy(s, dara)
	if report := w.importBy(s, bopha); report.Pending != 0 || w.stored(p.ID).Status != payout.Failed {
		t.Errorf("pending %d, %s", report.Pending, w.stored(p.ID).Status)
	}
}

// Who has the right to submit may do so until the lease is over. A file of that time may be older
// than the request that reaches the provider.
func TestAFileOfTheTimeOfASubmissionIsOlderThanIt(t *testing.T) {
	for _, f := range []payout.Finding{payout.FoundFailed, payout.FoundSucceeded, payout.FoundReturned} {
		w := newWorld(t)
		w.vexora.answer, w.vexora.told = w.unclear, w.unclear
		p := w.mustCreate(draft("R1"))
		w.clock.pass(45 * time.Second)
		s := file(Vexora, row(1, p, f))
		w.importBy(s, dara)
		w.sweepFor(5, 2*time.Minute)
		report := w.importBy(s, bopha)
		if now := w.stored(p.ID); now.Status != payout.Unknown || report.Outdated != 1 || !report.Awaiting {
			t.Errorf("the file says %s: %s, outdated %d, awaiting %v", f, now.Status, report.Outdated, report.Awaiting)
		}
		w.vouchAnew("sent while the file was fetched", s, p, f)
	}
}
