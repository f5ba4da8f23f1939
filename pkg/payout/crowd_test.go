package payout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// crowd is one caller's payouts of a salary, all sent before the first answer was recorded, and
// no answer told what became of them.
func (w *world) crowd(size int) []payout.ID {
	w.t.Helper()
	accepted := w.vexora.answer
	w.vexora.answer, w.vexora.told = w.unclear, w.absent
	slow := &dialling{provider: w.vexora}
	w.connectors[Vexora] = slow
	var ids []payout.ID
	var next func()
	next = func() {
		if n := len(ids) + 1; n <= size {
			ids, slow.leaves = append(ids, ""), next
			w.over(payout.Floor{}) // another process of the same function
			ids[n-1] = w.createdBy(insider, draft(fmt.Sprint("T", n))).ID
		}
	}
	next()
	for _, id := range ids {
		if p := w.stored(id); p.Status != payout.Unknown {
			w.t.Fatalf("%s is %s", id, p.Status)
		}
	}
	w.vexora.answer = accepted
	w.clock.pass(30 * time.Minute) // no pause is left
	return ids
}

// crowded is a world with a crowd of before its window was turned on.
func crowded(t *testing.T, size int) (*world, []payout.ID) {
	before := newWorld(t)
	ids := before.crowd(size)
	w := newWorldWith(t, withWindow)
	w.store.Payouts, w.store.Lists = before.store.copy().Payouts, before.store.Lists
	w.store.SharedState.UnsettledUntil = before.store.SharedState.UnsettledUntil
	w.clock.pass(30 * time.Minute)
	return w, ids
}

// However many payouts of the same money are not settled, one order confirms what was shown.
func TestOneOrderIsBesideAllThatWereShown(t *testing.T) {
	for _, size := range []int{1, 2, 20, 37, 41, 49} {
		for name, begin := range map[string]func() (*world, []payout.ID){
			"no window": func() (*world, []payout.ID) { w := newWorld(t); return w, w.crowd(size) },
			"a window":  func() (*world, []payout.ID) { return crowded(t, size) },
		} {
			w, twins := begin()
			salary := w.another("salary")
			if salary.WaitsFor() != payout.QueuedDuplicate || salary.SimilarBy != insider {
				t.Fatalf("%s, %d twins: %s, by %q", name, size, salary.WaitsFor(), salary.SimilarBy)
			}
			if len(salary.Similar) != len(twins) {
				t.Errorf("%s: of %d twins %d are shown", name, size, len(salary.Similar))
			}
			sent := len(w.vexora.sent)
			done, err := w.operator.Resend(bg, w.order(salary.ID, dara, ""))
			if err != nil || done.Payout.Status != payout.Processing || len(w.vexora.sent) != sent+1 {
				t.Errorf("%s, %d twins: %s, %v", name, size, done.Payout.Status, err)
			}
			for _, f := range w.stored(salary.ID).Heard {
				if strings.HasSuffix(string(f), ".more") {
					t.Errorf("%s, %d twins: facts found no room", name, size)
				}
			}
		}
	}
}

// A list that is full holds everybody. All of it is shown, and then one order is beside it.
func TestAFullListCanBeConfirmed(t *testing.T) {
	w, _ := crowded(t, payout.MostUnsettled)
	salary := w.another("salary")
	if salary.WaitsFor() != payout.QueuedDuplicate || len(salary.Similar) != payout.MostUnsettled {
		t.Fatalf("%s, %d shown", salary.WaitsFor(), len(salary.Similar))
	}
	done, err := w.operator.Resend(bg, w.order(salary.ID, dara, ""))
	if err != nil || done.Payout.Status != payout.Processing {
		t.Errorf("%s, %v", done.Payout.Status, err)
	}
	if next := w.another("the next"); next.Status != payout.Queued {
		t.Errorf("nobody was asked about the next one, which is %s", next.Status)
	}
}

// Who was not shown is shown, even when somebody who was has settled: the number is the same.
func TestWhoComesLaterIsShownBeforeAnythingGoes(t *testing.T) {
	w, twins := crowded(t, 3)
	salary := w.another("salary")
	w.vexora.answer = w.unclear
	fresh := w.mustCreateHeld("fresh")
	w.receive(w.claim(w.stored(twins[0]), payout.FoundSucceeded))
	w.clock.pass(3 * time.Hour) // the window is over
	sent := len(w.vexora.sent)
	_, err := w.operator.Resend(bg, w.order(salary.ID, dara, ""))
	if err == nil || !strings.Contains(err.Error(), string(fresh)) || len(w.vexora.sent) != sent {
		t.Fatalf("sent beside one that nobody was shown: %v", err)
	}
	w.vexora.answer = w.says(payout.FoundProcessing)
	if done := w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))); done.Payout.Status != payout.Processing {
		t.Errorf("it was shown, and the payout is %s", done.Payout.Status)
	}
}

// mustCreateHeld is a payout of the same money that people sent beside all others.
func (w *world) mustCreateHeld(reference string) payout.ID {
	w.t.Helper()
	p := w.another(reference)
	if p.Status == payout.Queued {
		p = w.insist(p.ID)
	}
	return p.ID
}

// What settled drops out: nobody is asked again about those that are left.
func TestASmallerCrowdIsNotShownAgain(t *testing.T) {
	w, twins := crowded(t, 5)
	salary := w.another("salary")
	w.receive(w.claim(w.stored(twins[0]), payout.FoundSucceeded))
	w.receive(w.claim(w.stored(twins[3]), payout.FoundSucceeded))
	w.clock.pass(3 * time.Hour)
	if done := w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))); done.Payout.Status != payout.Processing {
		t.Errorf("%s", done.Payout.Status)
	}
}

// An order whose payout met another one after its fence sent nothing. It is refused, and names it.
func TestAnOrderThatMetATwinAfterItsFenceIsRefused(t *testing.T) {
	w, _ := crowded(t, 2)
	salary := w.another("salary")
	sent, late := len(w.vexora.sent), payout.ID("")
	w.connectors[Vexora] = &dialling{provider: w.vexora, do: func() {
		w.vexora.answer = w.unclear
		late = w.mustCreateHeld("late")
		w.vexora.answer = w.says(payout.FoundProcessing)
	}}
	done, err := w.operator.Resend(bg, w.order(salary.ID, dara, ""))
	if now := w.stored(salary.ID); err == nil || !strings.Contains(err.Error(), string(late)) || now.SimilarTo != late || len(w.vexora.sent) != sent+1 {
		t.Fatalf("%s, error %v, similar to %q, %d sent", done.Payout.Status, err, now.SimilarTo, len(w.vexora.sent)-sent)
	}
	if done := w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))); done.Payout.Status != payout.Processing {
		t.Errorf("it was shown, and the payout is %s", done.Payout.Status)
	}
}

// Facts by which an earlier version kept what people want a payout beside are still read.
func TestAFactOfBesideIsStillRead(t *testing.T) {
	w, twins := crowded(t, 2)
	salary := w.another("salary")
	old := w.stored(salary.ID)
	other := twins[0]
	if other == old.SimilarTo {
		other = twins[1]
	}
	old.Similar, old.Heard = nil, old.Heard.With(payout.Fact("1.beside-"+string(other)))
	w.store.Payouts[old.ID] = old
	if done := w.must(w.operator.Resend(bg, w.order(salary.ID, dara, ""))); done.Payout.Status != payout.Processing {
		t.Errorf("%s", done.Payout.Status)
	}
}

// A payout whose history is nearly full keeps the bounds of an item: the order says why it is refused.
func TestACrowdTakesNoMoreThanItsRoom(t *testing.T) {
	w, _ := crowded(t, 49)
	full := w.stored(w.another("salary").ID)
	full.Similar = nil
	for full.Size() < 21<<10 {
		full.History = append(full.History, payout.Entry{At: w.clock.Now(), Source: payout.FromCallback, Status: payout.Queued, Raw: []byte(noise(1000))})
	}
	w.store.Payouts[full.ID] = full
	_, err := w.operator.Resend(bg, w.order(full.ID, dara, ""))
	now := w.stored(full.ID)
	if err == nil || !strings.Contains(err.Error(), "no room") || now.Status != payout.Queued || now.Size() != full.Size() {
		t.Errorf("%v: %s, %d bytes", err, now.Status, now.Size())
	}
}

// The sweep holds such a payout all the same. It keeps the first alone.
func TestTheSweepHoldsBesideACrowdWithoutRoom(t *testing.T) {
	w, _ := crowded(t, 49)
	full := w.stored(w.another("salary").ID)
	full.Similar, full.SimilarTo, full.Attention, full.QueuedReason = nil, "", nil, payout.QueuedPaused
	full.QueryAt, full.DueAt = w.clock.Now(), w.clock.Now()
	for full.Size() < 21<<10 {
		full.History = append(full.History, payout.Entry{At: w.clock.Now(), Source: payout.FromCallback, Status: payout.Queued, Raw: []byte(noise(1000))})
	}
	w.store.Payouts[full.ID] = full
	sent := len(w.vexora.sent)
	w.clock.pass(2 * time.Minute)
	w.sweep()
	now := w.stored(full.ID)
	if now.WaitsFor() != payout.QueuedDuplicate || now.SimilarTo == "" || len(now.Similar) != 1 || len(w.vexora.sent) != sent {
		t.Errorf("%s waits for %q, similar to %q, %d kept", now.Status, now.WaitsFor(), now.SimilarTo, len(now.Similar))
	}
}
