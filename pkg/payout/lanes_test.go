package payout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// busy is a shard with payouts at both providers: those at Monetix are in progress and due to
// be asked about, those at Vexora wait to be sent and come last in the list.
type busy struct {
	*world
	shard             int
	atMonetix, queued []payout.ID
}

func newBusy(t *testing.T, atMonetix, queued int) *busy {
	t.Helper()
	return (&busy{world: newWorld(t), shard: 3}).fill(atMonetix, queued)
}

func (b *busy) fill(atMonetix, queued int) *busy {
	b.t.Helper()
	b.endpoint.off = true
	b.atMonetix = b.make(Monetix, atMonetix)
	b.clock.pass(10 * time.Minute)
	b.vexora.answer = b.says(payout.FoundNotSent)
	b.queued = b.make(Vexora, queued)
	b.vexora.answer = b.says(payout.FoundProcessing)
	b.over(payout.Floor{}) // what did not connect pauses nothing any more
	for n, id := range append(append([]payout.ID{}, b.atMonetix...), b.queued...) {
		row := b.store.Payouts[id]
		row.DueAt = b.clock.now.Add(time.Duration(n-10_000) * time.Millisecond)
		row.QueryAt, row.Notice.At = row.DueAt, time.Time{}
		b.store.Payouts[id] = row
	}
	return b
}

// make creates payouts in the shard, each to a recipient of its own.
func (b *busy) make(of payout.Provider, many int) (ids []payout.ID) {
	for n := 0; len(ids) < many; n++ {
		d := draft("")
		if of == Monetix {
			d = draftFor(of)
		}
		d.Reference = payout.Reference(fmt.Sprintf("%s-%d", of, n))
		if payout.DeriveID("test", d.Reference).Shard() != b.shard {
			continue
		}
		d.Destination.AccountNumber = fmt.Sprintf("88%06d", n)
		if d.Destination.AccountID != "" {
			d.Destination.AccountID = "lanton_" + d.Destination.AccountNumber
		}
		ids = append(ids, b.mustCreate(d).ID)
		b.over(payout.Floor{})
	}
	return ids
}

// run sweeps the shard once, within the time that the function has.
func (b *busy) run() payout.Swept {
	b.t.Helper()
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	swept, err := b.sweeper.Sweep(until{ctx, b.clock.Now().Add(55 * time.Second)}, b.shard)
	if err != nil {
		b.t.Fatal(err)
	}
	return swept
}

// until has a deadline by the clock of the test.
type until struct {
	context.Context
	end time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.end, true }

func (b *busy) sent() (n int) {
	for _, id := range b.queued {
		if b.stored(id).Status != payout.Queued {
			n++
		}
	}
	return n
}

// TestAProviderThatAnswersSlowlyHoldsUpNobodyElse: each status query takes ten seconds, three at a
// time, and there are more of them than fit into the run.
func TestAProviderThatAnswersSlowlyHoldsUpNobodyElse(t *testing.T) {
	b := newBusy(t, 150, 20)
	b.monetix.told = func(p payout.Payout) payout.Claim {
		time.Sleep(20 * time.Millisecond) // the list is read on meanwhile
		b.clock.pass(10 * time.Second / 3)
		return b.says(payout.FoundProcessing)(p)
	}
	begun := b.clock.Now()
	b.run()
	if b.sent() != len(b.queued) {
		t.Errorf("%d of %d are sent", b.sent(), len(b.queued))
	}
	if b.monetix.asked < 9 || b.monetix.asked > 16 {
		t.Errorf("asked %d questions in %v", b.monetix.asked, b.clock.Now().Sub(begun))
	}
	left := 0
	for _, id := range b.atMonetix {
		if p := b.stored(id); p.AskedAt.IsZero() {
			if left++; p.DueAt.After(begun.Add(time.Minute)) {
				t.Fatalf("the next run would not find what was left: due %v after this one began", p.DueAt.Sub(begun))
			}
		}
	}
	if left != len(b.atMonetix)-b.monetix.asked {
		t.Errorf("%d count as not asked of %d, with %d questions", left, len(b.atMonetix), b.monetix.asked)
	}
}

// TestAProviderThatHangsIsLeftInPeaceForTheRun: after three status queries in a row that ran into
// their timeout it is not asked any more. What was not asked does not count as asked.
func TestAProviderThatHangsIsLeftInPeaceForTheRun(t *testing.T) {
	b := newBusy(t, 150, 20)
	b.monetix.told = func(payout.Payout) payout.Claim {
		time.Sleep(20 * time.Millisecond)
		b.clock.pass(15 * time.Second / 3)
		return payout.Claim{Finding: payout.FoundUnclear, Message: "no answer", At: b.clock.Now()}
	}
	begun := b.clock.Now()
	swept := b.run()
	if b.sent() != len(b.queued) {
		t.Errorf("%d of %d are sent", b.sent(), len(b.queued))
	}
	if b.monetix.asked < 3 || b.monetix.asked > 6 || swept.Unasked != len(b.atMonetix)-b.monetix.asked {
		t.Errorf("asked %d questions, left out %d", b.monetix.asked, swept.Unasked)
	}
	for _, id := range b.atMonetix {
		p := b.stored(id)
		if p.AskedAt.IsZero() != (p.Polls == 0) || p.DueAt.IsZero() || p.AskedAt.IsZero() && p.DueAt.After(begun.Add(time.Minute)) {
			t.Fatalf("asked at %v, %d polls, due %v after the run began", p.AskedAt, p.Polls, p.DueAt.Sub(begun))
		}
	}
	b.clock.pass(time.Minute)
	before := b.monetix.asked
	b.monetix.told = b.says(payout.FoundSucceeded)
	b.run()
	if got := b.monetix.asked - before; got < len(b.atMonetix)-6 {
		t.Errorf("the next run asked %d", got)
	}
}

// TestAPersonIsCalledAlsoWhereNobodyIsAsked: the time after which a person has to know of an
// unknown end passes while the provider is left in peace.
func TestAPersonIsCalledAlsoWhereNobodyIsAsked(t *testing.T) {
	b := newBusy(t, 20, 0)
	for _, id := range b.atMonetix {
		row := b.store.Payouts[id]
		row.Status, row.StatusAt = payout.Unknown, b.clock.Now().Add(-2*time.Hour)
		b.store.Payouts[id] = row
	}
	b.monetix.told = func(payout.Payout) payout.Claim {
		b.clock.pass(5 * time.Second)
		return payout.Claim{Finding: payout.FoundUnclear, Message: "no answer", At: b.clock.Now()}
	}
	b.run()
	b.clock.pass(time.Minute)
	b.run()
	for _, id := range b.atMonetix {
		p := b.stored(id)
		if _, called := p.Attention[payout.UnknownTooLong]; !called || p.DueAt.IsZero() {
			t.Fatalf("%d questions, attention %v, due %v", p.Polls, p.Attention.Reasons(), p.DueAt)
		}
	}
	if b.monetix.asked > 12 {
		t.Errorf("asked %d questions in two runs", b.monetix.asked)
	}
}

// TestAQuickRefusalOfAQuestionLeavesNobodyOut: what is answered at once, however useless the
// answer, takes nobody's time.
func TestAQuickRefusalOfAQuestionLeavesNobodyOut(t *testing.T) {
	b := newBusy(t, 30, 0)
	b.monetix.told = b.says(payout.FoundUnclear)
	if swept := b.run(); swept.Unasked != 0 || b.monetix.asked != 30 {
		t.Errorf("asked %d questions, left out %d", b.monetix.asked, swept.Unasked)
	}
}

// TestQuestionsGoOutNoFasterThanTheSettingSays: also those of workers side by side; and what
// finds no turn before the invocation ends stays due, and does not count as asked.
func TestQuestionsGoOutNoFasterThanTheSettingSays(t *testing.T) {
	var at []time.Time
	b := &busy{shard: 3}
	b.world = newWorldWith(t, func(p *payout.Policy) {
		p.QueriesPerSecond = map[payout.Provider]int{Monetix: 1}
	})
	b.paused = b.clock.pass
	b.fill(100, 0)
	b.monetix.told = func(p payout.Payout) payout.Claim {
		at = append(at, b.clock.Now())
		return b.says(payout.FoundProcessing)(p)
	}
	begun := b.clock.Now()
	swept := b.run()
	took := b.clock.Now().Sub(begun)
	if most := int(took/time.Second) + 1; len(at) < 3 || len(at) > most || took > 55*time.Second {
		t.Errorf("%d questions in %v", len(at), took)
	}
	for _, id := range b.atMonetix {
		if p := b.stored(id); p.AskedAt.IsZero() && (p.Polls != 0 || p.DueAt.IsZero()) {
			t.Fatalf("%d polls, due %v", p.Polls, p.DueAt)
		}
	}
	if len(at)+swept.Unasked != swept.Taken {
		t.Errorf("%d are taken up, %d asked about, and %d are said to be left out", swept.Taken, len(at), swept.Unasked)
	}
}
