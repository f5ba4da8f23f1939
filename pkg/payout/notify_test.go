package payout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// names are the types and numbers of events, for comparing.
func names(events []payout.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%d %s", e.Sequence, strings.TrimPrefix(string(e.Type), "payout.")))
	}
	return strings.Join(all, ", ")
}

func (w *world) news(id payout.ID) {
	w.t.Helper()
	if err := w.notifier.Notify(context.Background(), id); err != nil {
		w.t.Fatal(err)
	}
}

// fed is what the feed says of a payout, as "from-to" runs.
func (w *world) fed(id payout.ID) string {
	var runs []string
	for _, n := range w.store.Feed[id.Shard()] {
		if n.ID == id {
			runs = append(runs, fmt.Sprintf("%d-%d", n.From, n.To))
		}
	}
	return strings.Join(runs, " ")
}

func TestHistoryTellsEventsWithoutAGap(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	entry := func(s payout.Status, f payout.Finding) payout.Entry {
		return payout.Entry{At: at, Status: s, Finding: f}
	}
	raised := payout.Entry{At: at, Status: payout.Unknown, Raised: []payout.Reason{payout.UnlistedStatus}}
	back := entry(payout.Succeeded, payout.FoundReturned)
	back.Raised = []payout.Reason{payout.Returned}
	tests := map[string]struct {
		history []payout.Entry
		want    string
	}{
		"paid":                  {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Processing, payout.FoundProcessing), entry(payout.Succeeded, payout.FoundSucceeded)}, "1 created, 2 processing, 3 succeeded"},
		"held from the start":   {[]payout.Entry{entry(payout.Queued, ""), entry(payout.Cancelled, "")}, "1 created, 2 queued, 3 cancelled"},
		"asked and sent again":  {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Unknown, ""), entry(payout.Submitting, ""), entry(payout.Unknown, ""), entry(payout.Failed, "")}, "1 created, 2 unknown, 3 unknown, 4 failed"},
		"attention with status": {[]payout.Entry{entry(payout.Submitting, ""), raised}, "1 created, 2 unknown, 3 attention_raised"},
		"attention alone":       {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Unknown, ""), raised, {At: at, Status: payout.Succeeded, Cleared: []payout.Reason{payout.UnlistedStatus}}}, "1 created, 2 unknown, 3 attention_raised, 4 succeeded, 5 attention_cleared"},
		"back":                  {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Succeeded, payout.FoundSucceeded), back}, "1 created, 2 succeeded, 3 returned, 4 attention_raised"},
		"back before it came":   {[]payout.Entry{entry(payout.Submitting, ""), back}, "1 created, 2 succeeded, 3 returned, 4 attention_raised"},
		"said to be back":       {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Succeeded, payout.FoundSucceeded), entry(payout.Succeeded, payout.FoundReturned)}, "1 created, 2 succeeded"},
		"an order noted":        {[]payout.Entry{entry(payout.Submitting, ""), entry(payout.Failed, ""), entry(payout.Failed, "")}, "1 created, 2 failed"},
	}
	for name, test := range tests {
		p := payout.Payout{ID: payout.DeriveID("test", "R"), Reference: "R", Status: payout.Failed, History: test.history}
		events := p.Events()
		if got := names(events); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		for i, e := range events {
			switch {
			case i == 0 && e.PreviousEventID != nil:
				t.Errorf("%s: the first event has one before it", name)
			case i > 0 && (e.PreviousEventID == nil || *e.PreviousEventID != events[i-1].ID):
				t.Errorf("%s: event %d does not name the one before", name, i+1)
			}
		}
		// What was told once never changes, whatever comes later.
		for n := range p.History {
			shorter := p
			shorter.History = p.History[:n]
			if before := names(shorter.Events()); !strings.HasPrefix(names(events), before) {
				t.Errorf("%s: %s became %s", name, before, names(events))
			}
		}
	}
	if orphan := (payout.Payout{Status: payout.Orphan, History: []payout.Entry{entry(payout.Orphan, "")}}); len(orphan.Events()) != 0 {
		t.Error("somebody is told of a payout that nobody created")
	}
}

func TestAPayoutThatGoesWellIsToldInOrderAndOnce(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.news(p.ID)
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.news(p.ID)
	w.news(p.ID) // the stream says everything twice
	stored := w.stored(p.ID)
	if got := names(w.endpoint.got); got != names(stored.Events()) || got != "1 created, 2 processing, 3 succeeded" {
		t.Errorf("told %s of %s", got, names(stored.Events()))
	}
	if w.fed(p.ID) != "1-2 3-3" || !stored.Notice.At.IsZero() || stored.Notice.Lease.Token != "" {
		t.Errorf("fed %s, notice %+v", w.fed(p.ID), stored.Notice)
	}
	if !stored.DueAt.Equal(stored.QueryAt) {
		t.Errorf("due at %v, asked at %v", stored.DueAt, stored.QueryAt)
	}
}

func TestTheSweepTellsWhatTheStreamDidNot(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if got := names(w.endpoint.got); got != "1 created, 2 processing, 3 succeeded" || w.fed(p.ID) != "1-3" {
		t.Errorf("told %s, fed %s", got, w.fed(p.ID))
	}
}

func TestTellingIsNoNewsAboutTheMoney(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	before := w.stored(p.ID)
	w.news(p.ID)
	after := w.stored(p.ID)
	if !before.Notice.Fresh || after.Notice.Fresh {
		t.Errorf("fresh %v, then %v: the stream wakes for what was told, or sleeps", before.Notice.Fresh, after.Notice.Fresh)
	}
	if after.Version != before.Version || !after.UpdatedAt.Equal(before.UpdatedAt) || len(after.History) != len(before.History) {
		t.Errorf("version %d became %d", before.Version, after.Version)
	}
	// A writer who read before the telling still gets its write in one go.
	writes := w.store.writes
	w.receive(w.claim(p, payout.FoundSucceeded))
	if w.store.writes != writes+1 {
		t.Errorf("%d writes", w.store.writes-writes)
	}
}

func TestNewsDuringTheTellingIsToldToo(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.endpoint.during = func() {
		w.endpoint.during = nil
		w.receive(w.claim(p, payout.FoundSucceeded))
		w.news(p.ID) // somebody else's; we have the lease
	}
	w.news(p.ID)
	if got := names(w.endpoint.got); got != "1 created, 2 processing, 3 succeeded" {
		t.Errorf("told %s", got)
	}
}

func TestWithoutAnEndpointThereIsTheFeed(t *testing.T) {
	w := newWorld(t)
	w.endpoint.off = true
	p := w.mustCreate(draft("R1"))
	w.news(p.ID)
	if stored := w.stored(p.ID); w.fed(p.ID) != "1-2" || len(w.endpoint.got) != 0 || !stored.Notice.At.IsZero() {
		t.Errorf("fed %s, told %v, notice %+v", w.fed(p.ID), w.endpoint.got, stored.Notice)
	}
}

func TestAnEndpointThatIsDownIsTriedForThreeDaysThenAPersonIsCalled(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.endpoint.always = payout.Delivery{Result: payout.Down}
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	began := w.clock.Now()
	w.news(p.ID)
	var given time.Duration
	for range 6 * 24 * 60 {
		w.clock.pass(time.Minute)
		w.sweep()
		if _, raised := w.stored(p.ID).Attention[payout.NotificationFailing]; raised && given == 0 {
			given = w.clock.Now().Sub(began)
			if n := len(w.endpoint.got); n < 8 || n > 12 {
				t.Errorf("given up after %d attempts", n)
			}
		}
	}
	if given < 60*time.Hour || given > 90*time.Hour {
		t.Errorf("given up after %v", given)
	}
	attempts := len(w.endpoint.got)
	if attempts > 13 {
		t.Errorf("%d attempts", attempts)
	}
	for _, e := range w.endpoint.got {
		if e.Sequence != 1 {
			t.Errorf("event %d was tried before the first one was taken or given up", e.Sequence)
		}
	}
	stored := w.stored(p.ID)
	if w.fed(p.ID) != "1-3 4-4" || names(stored.Events()) != "1 created, 2 processing, 3 succeeded, 4 attention_raised" {
		t.Errorf("fed %s of %s", w.fed(p.ID), names(stored.Events()))
	}

	// Somebody mends the endpoint, and has everything told again.
	w.endpoint.always = payout.Delivery{}
	if _, err := w.operator.ResendEvent(context.Background(), payout.Order{ID: p.ID, By: "dara", Reason: "endpoint is back"}); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Hour)
	w.sweep()
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if got := names(w.endpoint.got[attempts:]); got != "1 created, 2 processing, 3 succeeded, 4 attention_raised, 5 attention_cleared" {
		t.Errorf("told %s", got)
	}
	if stored := w.stored(p.ID); len(stored.Attention) != 0 || len(stored.Notice.Owed) != 0 {
		t.Errorf("attention %v, notice %+v", stored.Attention, stored.Notice)
	}
}

func TestAnEventThatIsDeclinedDoesNotHoldUpTheOthers(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.endpoint.answers = []payout.Delivery{{Result: payout.Declined}}
	w.news(p.ID)
	if got := names(w.endpoint.got); got != "1 created, 2 processing" || !slices.Equal(w.stored(p.ID).Notice.Owed, []int{1}) {
		t.Errorf("tried %s, owed %v", got, w.stored(p.ID).Notice.Owed)
	}
	w.news(p.ID) // not yet: what was tried waits for its time
	if len(w.endpoint.got) != 2 {
		t.Errorf("tried %s", names(w.endpoint.got))
	}
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if got := names(w.endpoint.got); got != "1 created, 2 processing, 1 created" || len(w.stored(p.ID).Notice.Owed) != 0 {
		t.Errorf("tried %s", got)
	}
}

func TestAnEndpointMayAskForTime(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.endpoint.answers = []payout.Delivery{{Result: payout.Down, RetryAfter: time.Hour}}
	w.news(p.ID)
	if at := w.stored(p.ID).Notice.At; !at.Equal(w.clock.Now().Add(time.Hour)) {
		t.Errorf("tried again at %v", at)
	}
}

func TestAnEndpointThatIsGoneIsNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.endpoint.always = payout.Delivery{Result: payout.Gone}
	w.news(p.ID)
	if _, raised := w.stored(p.ID).Attention[payout.NotificationFailing]; !raised {
		t.Error("nobody is called")
	}
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.news(p.ID)
	for range 10 {
		w.clock.pass(12 * time.Hour)
		w.sweep()
	}
	stored := w.stored(p.ID)
	if len(w.endpoint.got) != 1 || w.fed(p.ID) == "" || len(stored.Notice.Owed) != len(stored.Events()) {
		t.Errorf("tried %s, owed %v of %s", names(w.endpoint.got), stored.Notice.Owed, names(stored.Events()))
	}
	w.endpoint.always = payout.Delivery{}
	if _, err := w.operator.ResendEvent(context.Background(), payout.Order{ID: p.ID, By: "dara", Reason: "it is back"}); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(3 * time.Minute)
	w.sweep()
	if len(w.endpoint.taken) < 3 {
		t.Errorf("taken %v", w.endpoint.taken)
	}
}

func TestFiveSilencesSpareTheEndpoint(t *testing.T) {
	w := newWorld(t)
	w.endpoint.always = payout.Delivery{Result: payout.Down}
	var ids []payout.ID
	for n := range 12 {
		ids = append(ids, w.mustCreate(draft(fmt.Sprint("R", n))).ID)
	}
	for _, id := range ids {
		w.news(id)
	}
	if len(w.endpoint.got) != 5 || !slices.Contains(w.signals.raised, payout.SignalWebhookDown) {
		t.Errorf("%d attempts, signals %v", len(w.endpoint.got), w.signals.raised)
	}
	w.endpoint.always = payout.Delivery{}
	for range 30 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	for _, id := range ids {
		if n := w.stored(id).Notice; len(n.Owed) != 0 || n.Tried < 2 {
			t.Errorf("%s: %+v", id, n)
		}
	}
}

// What one caller's references make of the merchant's handler holds nobody else's events back.
func TestOneCallersEventsDoNotHoldThoseOfOthers(t *testing.T) {
	w := newWorld(t)
	w.endpoint.refuses = func(e payout.Event) bool { return strings.HasPrefix(string(e.Reference), "bad") }
	created := map[payout.ID]time.Time{}
	late := 0
	check := func() {
		for id, at := range created {
			if n := w.stored(id).Notice; n.Tried > 0 && len(n.Owed) == 0 {
				delete(created, id)
			} else if w.clock.Now().Sub(at) > 3*time.Minute {
				late++
			}
		}
	}
	for minute := range 90 {
		for n := range map[bool]int{true: 30, false: 2}[minute == 5] {
			w.news(w.createdBy(insider, draft(fmt.Sprintf("bad-%d-%d", minute, n))).ID)
		}
		p := w.createdBy(honest, draft(fmt.Sprint("good-", minute)))
		created[p.ID] = w.clock.Now()
		w.news(p.ID)
		w.clock.pass(time.Minute)
		w.sweep()
		check()
	}
	if late > 0 || !slices.Contains(w.signals.raised, payout.SignalCallerPaused) {
		t.Errorf("%d times an event was late, signals %v", late, slices.Compact(slices.Sorted(slices.Values(w.signals.raised))))
	}
}

// Nor do those of two callers, whether a third one's come all the time or now and then.
func TestTwoCallersEventsDoNotHoldThoseOfAThird(t *testing.T) {
	for _, every := range []int{1, 15} { // minutes
		w := newWorld(t)
		w.endpoint.refuses = func(e payout.Event) bool { return strings.HasPrefix(string(e.Reference), "bad") }
		created, worst := map[payout.ID]time.Time{}, time.Duration(0)
		for turn := range 3 * 60 * 3 {
			w.news(w.createdBy(insider, draft(fmt.Sprint("bad-a-", turn))).ID)
			w.news(w.createdBy(second, draft(fmt.Sprint("bad-b-", turn))).ID)
			if turn > 60 && turn%(3*every) == 0 {
				p := w.createdBy(honest, draft(fmt.Sprint("good-", turn)))
				created[p.ID] = w.clock.Now()
				w.news(p.ID)
			}
			w.clock.pass(20 * time.Second)
			if turn%3 == 2 {
				w.sweep()
			}
			for id, at := range created {
				if n := w.stored(id).Notice; n.Tried > 0 && len(n.Owed) == 0 {
					delete(created, id)
				} else {
					worst = max(worst, w.clock.Now().Sub(at))
				}
			}
		}
		if worst > 6*time.Minute {
			t.Errorf("one in %d minutes: an event waited for %v", every, worst)
		}
	}
}

// While the endpoint is left alone for one caller, others wait for no more than the one of theirs
// that tries it.
func TestOthersEventsWaitForTheirOwnProbeAlone(t *testing.T) {
	w := newWorld(t)
	w.endpoint.refuses = func(e payout.Event) bool { return strings.HasPrefix(string(e.Reference), "bad") }
	for n := 0; w.store.SharedState.Pauses[payout.EndpointPause].Until.Sub(w.clock.Now()) < 20*time.Minute; n++ {
		w.news(w.createdBy(insider, draft(fmt.Sprint("bad-", n))).ID)
		w.clock.pass(time.Minute)
		w.sweep()
	}
	a, b := w.createdBy(honest, draft("good-1")), w.createdBy(honest, draft("good-2"))
	begun, first := w.clock.Now(), true
	w.endpoint.during = func() {
		if first {
			first = false
			w.news(b.ID) // at the same moment
		}
	}
	w.news(a.ID)
	for range 3 {
		w.clock.pass(time.Minute)
		w.sweep()
	}
	if n := w.stored(b.ID).Notice; n.Tried == 0 || len(n.Owed) > 0 {
		t.Errorf("not told %s after the first one: %+v", w.clock.Now().Sub(begun), n)
	}
}

func TestAResentEventKeepsItsID(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.news(p.ID)
	first := w.endpoint.got[0].ID
	order := payout.Order{ID: p.ID, By: "dara", Reason: "the merchant lost it", Event: 1}
	if _, err := w.operator.ResendEvent(context.Background(), order); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Minute)
	w.sweep()
	if n := len(w.endpoint.got); n != 3 || w.endpoint.got[2].ID != first {
		t.Errorf("told %s", names(w.endpoint.got))
	}
	history := w.stored(p.ID).History
	if last := history[len(history)-1]; last.By != "dara" || !strings.Contains(last.Message, "event 1 is told again") {
		t.Errorf("history ends with %+v", last)
	}
	for name, o := range map[string]payout.Order{
		"no such event": {ID: p.ID, By: "dara", Reason: "why not", Event: 9},
		"nothing owed":  {ID: p.ID, By: "dara", Reason: "why not"},
	} {
		if _, err := w.operator.ResendEvent(context.Background(), o); err == nil {
			t.Errorf("%s: done", name)
		}
	}
}

// Whatever write of a telling is lost, before or after it was applied, everything
// is told at least once, and published once.
func TestALostWriteLosesNoNews(t *testing.T) {
	for _, f := range []fault{lostBefore, lostAfter} {
		for at := 1; at <= 8; at++ {
			w := newWorld(t)
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundSucceeded))
			first := w.store.writes
			w.store.fault = func(write int) fault {
				if write == first+at {
					return f
				}
				return none
			}
			_ = w.notifier.Notify(context.Background(), p.ID) // may fail
			for range 5 {
				w.clock.pass(2 * time.Minute)
				for shard := range payout.Shards {
					_, _ = w.sweeper.Sweep(context.Background(), shard) // may fail as well
				}
			}
			stored := w.stored(p.ID)
			if stored.Notice.Tried != 3 || len(stored.Notice.Owed) != 0 || !stored.Notice.At.IsZero() {
				t.Errorf("%v at write %d: %+v", f, at, stored.Notice)
			}
			told := map[payout.EventID]bool{}
			for _, id := range w.endpoint.taken {
				told[id] = true
			}
			if len(told) != 3 || w.fed(p.ID) != "1-3" {
				t.Errorf("%v at write %d: told %v, fed %s", f, at, w.endpoint.taken, w.fed(p.ID))
			}
		}
	}
}

// An item of the first schema version knows one reason to be due. Telling of it
// must not take that away.
func TestTellingNeverEndsTheQuestions(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	old := w.stored(p.ID)
	old.QueryAt = time.Time{}
	w.store.Payouts[p.ID] = old
	w.news(p.ID)
	if stored := w.stored(p.ID); stored.DueAt.IsZero() {
		t.Error("nobody will ever ask about it")
	}
	w.clock.pass(5 * time.Minute)
	w.sweep()
	if w.vexora.asked != 1 {
		t.Errorf("asked %d times", w.vexora.asked)
	}
}

func FuzzPosition(f *testing.F) {
	f.Add(payout.Position{1, 0, 5}.String())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := payout.ParsePosition(text)
		if err == nil && text != "" && p.String() != text {
			t.Errorf("%q reads as %v, which is %q", text, p, p.String())
		}
	})
}
