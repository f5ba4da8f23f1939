package payout_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// The first pass is cut off after the proposal was kept; the repetition says awaiting, and nothing
// was noted: the queued payout that the file calls paid is sent by the sweep.
func TestAFirstPassThatWasCutOff(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.says(payout.FoundNotSent)
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Queued {
		t.Fatal(p.Status)
	}
	sent := len(w.vexora.sent)
	s := file(Vexora, row(2, p, payout.FoundSucceeded))
	s.By, s.Identities = dara, []payout.Principal{dara}
	n := w.store.writes
	w.store.fault = func(write int) fault {
		if write > n { // the proposal goes through, the lines do not
			return lostBefore
		}
		return none
	}
	first, err := w.importer.Import(bg, s)
	t.Log("first", err, first.Counts, first.Awaiting, "writes", n, w.store.writes)
	w.store.fault = func(int) fault { return none }
	again := w.importBy(s, dara)
	t.Log("again", again.Counts, again.Awaiting, w.stored(p.ID).Heard)
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.clock.pass(10 * time.Minute)
	w.sweep()
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if len(w.vexora.sent) > sent {
		t.Errorf("sent %d times though the file says paid and its sender was told awaiting; status %s", len(w.vexora.sent)-sent, w.stored(p.ID).Status)
	}
}

// A file names attempts that we do not hold. Neither silence nor "not found", which no page
// documents, takes that doubt away; two people can still send the payout again.
func TestAFileAboutAttemptsThatWeDoNotHoldTakesSafetyAway(t *testing.T) {
	for _, attempts := range []int{1, 30} {
		w := newWorld(t)
		w.vexora.told = func(payout.Payout) payout.Claim {
			return payout.Claim{Finding: payout.FoundFailed, Code: "00029", At: w.clock.Now()}
		}
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundFailed))
		for range 20 {
			w.clock.pass(10 * time.Minute)
			w.sweep()
		}
		if !w.stored(p.ID).SafeToPayAgain() {
			t.Fatalf("%s %v", w.stored(p.ID).Status, w.stored(p.ID).Heard)
		}
		var rows []payout.StatementRow
		for a := range attempts {
			r := row(a+2, p, payout.FoundProcessing)
			r.Reference = string(p.ID.ProviderReference(payout.Attempt(a + 2)))
			rows = append(rows, r)
		}
		w.vexora.told = w.absent
		rep := w.importBy(file(Vexora, rows...), dara)
		t.Log(rep.Counts, rep.Awaiting)
		for range 400 {
			w.clock.pass(6 * time.Hour)
			w.sweep()
		}
		got := w.stored(p.ID)
		if got.SafeToPayAgain() || len(got.History) > 10 || len(got.Heard) > 10 {
			t.Errorf("%d lines: safe %v; %d entries, heard %d facts, attention %v", attempts, got.SafeToPayAgain(), len(got.History), len(got.Heard), got.Attention)
		}
		w.resendByTwo(p.ID)
	}
}

// Check=true by anybody over 35 days reads and holds everything.
type endless struct {
	payout.Store
	perDay int
	sample payout.Payout
	reads  int
}

func (e *endless) ListDay(_ context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	at := 0
	if q.Cursor != "" {
		fmt.Sscan(q.Cursor, &at)
	}
	var page payout.Page
	for n := 0; n < q.Limit && at < e.perDay; n, at = n+1, at+1 {
		p := e.sample
		p.ID = payout.DeriveID("test", payout.Reference(fmt.Sprintf("%s-%d", day, at)))
		p.Reference = payout.Reference(fmt.Sprintf("%s-%d", day, at))
		p.History = append([]payout.Entry(nil), p.History...)
		for i := range p.History {
			p.History[i].Raw = make([]byte, 600)
		}
		page.Payouts = append(page.Payouts, p)
		e.reads++
	}
	if at < e.perDay {
		page.Next = fmt.Sprint(at)
	}
	return page, nil
}

func TestACheckOfFiveWeeksHoldsEverythingInMemory(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	p = w.stored(p.ID)
	e := &endless{Store: w.store, perDay: 4000, sample: p}
	i := statement.NewImporter(e, payout.NewStatements(payout.NewReceiver(e, w.signals, payout.Policy{}), register, w.clock.Now), w.clock.Now)
	s := statement.File{Provider: Vexora, Hash: "x", From: "2026-04-12", To: "2026-05-16", Check: true,
		Rows: []payout.StatementRow{{Line: 2, Reference: "x", Finding: payout.FoundSucceeded, Amount: amount(t, "1", money.KHR)}}, By: stranger, Identities: []payout.Principal{stranger}}
	runtime.GC()
	var b, a runtime.MemStats
	runtime.ReadMemStats(&b)
	r, err := i.Import(bg, s)
	runtime.GC()
	runtime.ReadMemStats(&a)
	live := (int64(a.HeapAlloc) - int64(b.HeapAlloc)) >> 20
	runtime.KeepAlive(r)
	if err == nil || e.reads > 10_000 || live > 100 {
		t.Errorf("a stranger's one-line check read %d payouts and holds %d MB: %v", e.reads, live, err)
	}
}

// One person's one-line file has settled payouts of weeks ago called contradictions.
func TestOnePersonsFileRaisesContradictions(t *testing.T) {
	w := newWorld(t)
	var ids []payout.ID
	for n := range 12 {
		d := draft(fmt.Sprint("R", n))
		d.Destination.AccountNumber += fmt.Sprint(n)
		p := w.mustCreate(d)
		w.receive(w.claim(p, payout.FoundSucceeded))
		ids = append(ids, p.ID)
	}
	w.vexora.told = w.says(payout.FoundSucceeded)
	for range 10 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	w.clock.pass(30 * 24 * time.Hour)
	w.sweep()
	for _, id := range ids {
		if a := w.stored(id).Attention; len(a) > 0 {
			t.Fatal(a)
		}
	}
	w.vexora.told = w.absent // the provider does not keep payouts that long, or lags
	s := file(Vexora, payout.StatementRow{Line: 2, Reference: "by hand", Amount: amount(t, "1", money.KHR), Finding: payout.FoundSucceeded})
	s.From, s.To = "2026-05-16", "2026-05-16"
	r := w.importBy(s, dara)
	w.clock.pass(time.Minute)
	w.sweep()
	n := 0
	for _, id := range ids {
		if _, c := w.stored(id).Attention[payout.Contradiction]; c {
			n++
		}
	}
	t.Log(r.Counts, r.Awaiting, "raised", len(w.signals.raised))
	if n > 0 {
		t.Errorf("one person's one-line file put %d settled payouts before people after one answer each: %v", n, w.stored(ids[0]).Attention)
	}
}
