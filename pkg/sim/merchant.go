package sim

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// merchant is who is told. It remembers every word. By the id of an event a merchant drops
// repetitions. So an event must never come with another body under the same id, and never be left
// out because a body like it came before.
type merchant struct {
	bodies map[payout.EventID]string
	// tried is the highest sequence that was tried, taken or not, per payout.
	tried map[payout.ID]int
}

// endpoint is the merchant's webhook as one container reaches it.
type endpoint struct{ c *container }

// Ready implements payout.Endpoint.
func (endpoint) Ready(context.Context) (bool, error) { return true, nil }

// Deliver implements payout.Endpoint: one attempt under its fate. An endpoint may take its time,
// and one whose answer is lost has taken the event: telling is at least once.
func (e endpoint) Deliver(_ context.Context, m payout.Message) payout.Delivery {
	w, p := e.c.world, e.c.current
	slow := time.Duration([]int{0, 2, 10}[w.choices.weighted(50, 30, 20)]) * time.Second
	f := p.pointAfter(slow, "tell "+string(m.ID[:8]), tellFates)
	w.attempted(m)
	switch f {
	case noConnection, serverError:
		return payout.Delivery{Result: payout.Down, Detail: string(f)}
	case declined400:
		return payout.Delivery{Result: payout.Declined, Detail: string(f)}
	case gone410:
		return payout.Delivery{Result: payout.Gone, Detail: string(f)}
	}
	w.merchant.bodies[m.ID] = string(m.Body)
	w.heardOf(m)
	switch f {
	case crashAfter:
		p.die()
	case answerLost:
		return payout.Delivery{Result: payout.Down, Detail: string(f)}
	}
	return payout.Delivery{Result: payout.Delivered}
}

// heardOf is what the merchant makes of an event that arrived. It is the client who acts on it: a
// failure that is confirmed, or a cancellation, frees him to pay another way.
func (w *world) heardOf(m payout.Message) {
	var event payout.Event
	_ = json.Unmarshal(m.Body, &event) // attempted judges it
	if event.Type == payout.EventFailureConfirmed || event.Type == payout.EventCancelled {
		w.free(event.PayoutID)
	}
}

// attempted judges one attempt, whether it arrives or not. The order of first attempts is what a
// merchant may rely on. A delivery that failed may come after later ones, but no event is tried
// before those that came before it.
func (w *world) attempted(m payout.Message) {
	var event payout.Event
	if err := json.Unmarshal(m.Body, &event); err != nil || event.ID != m.ID {
		w.report("an event is told as it is", "%s: %v", m.ID, err)
		return
	}
	if at, _ := time.Parse(time.RFC3339, event.Timestamp); event.Type == payout.EventFailureConfirmed && !at.After(w.restoredAt.Truncate(time.Millisecond)) {
		w.report(safeIsSafe, "%s is told to be safe since %s, of before a restore", event.Reference, event.Timestamp)
	}
	w.replies.Write(m.Body) // is searched for secrets and account numbers
	if before, known := w.merchant.bodies[m.ID]; known && before != string(m.Body) {
		w.report("an event never changes", "%s was %s and is %s", m.ID, before, m.Body)
	}
	highest := w.merchant.tried[event.PayoutID]
	if event.Sequence > highest+1 && w.restoredAt.IsZero() {
		w.report("first attempts are made in order", "event %d of %s comes after %d", event.Sequence, event.Reference, highest)
	}
	w.merchant.tried[event.PayoutID] = max(highest, event.Sequence)
}

// stream tells a function of a change, most of the time: now and then the record is
// lost, late, or comes twice. In life one is lost when its retries are used up (decision 0025),
// so no promise may rest on the stream.
func (w *world) stream(id payout.ID) {
	if !w.streaming {
		return
	}
	for range []int{1, 0, 2}[w.choices.weighted(60, 15, 25)] {
		late := time.Duration(w.choices.weighted(70, 30)) * 20 * time.Second
		w.in(time.Second+late, func() {
			w.invoke("notify-merchant", time.Minute, func(ctx context.Context, c *container) {
				_ = c.notifier.Notify(ctx, id)
			}, nil)
		})
	}
}

// judgeFeed looks whether an event stands in the feed twice. A number of the feed is taken by the
// put that fills it (decision 0012), so that a put whose answer was lost must be looked for
// before it is made again.
func (w *world) judgeFeed(id payout.ID) {
	last := 0
	for _, n := range w.table.Feed[id.Shard()] {
		if n.ID != id {
			continue
		}
		if n.From <= last {
			w.report(fedOnce, "event %d of %s stands there already", n.From, w.table.Payouts[id].Reference)
		}
		last = n.To
	}
}

// breakFeed has the feed give no answer for some minutes. Some of its writes arrive all the same.
// Up to eleven minutes are longer than the five within which an earlier version looked for its
// own puts (mutant last-try-as-first).
func (w *world) breakFeed() {
	w.feedOutUntil = w.now.Add(time.Duration(1+w.choices.pick(11)) * time.Minute)
	w.tell("the feed gives no answer until %s", w.feedOutUntil.Sub(start))
}

// told reports whether the merchant was told an event of a payout, as the table of some time had to
// tell it: a restore takes a certainty away.
func (w *world) told(p payout.Payout, sequence int) bool {
	return slices.ContainsFunc(append([]time.Time{{}}, w.restores...), func(at time.Time) bool {
		_, told := w.merchant.bodies[p.AsRestored(at).Events()[sequence-1].ID]
		return told
	})
}

// judgeTold looks at the end whether the merchant knows, will know, or somebody
// was called; and whether the feed has everything. A notice that is still due is no broken
// promise, nor is one that a person was called for.
func (w *world) judgeTold(p payout.Payout) {
	var fed []int
	for _, n := range w.table.Feed[p.ID.Shard()] {
		for sequence := n.From; n.ID == p.ID && sequence <= n.To; sequence++ {
			fed = append(fed, sequence)
		}
	}
	pending := !p.Notice.At.IsZero() && !p.DueAt.IsZero() && !p.DueAt.After(p.Notice.At)
	_, called := p.Attention[payout.NotificationFailing]
	returns := 0
	for _, e := range p.Events() {
		if e.Type == payout.EventReturned {
			returns++
		}
		if !slices.Contains(fed, e.Sequence) && !pending {
			w.report("every event is in the feed", "event %d of %s is not: %v, %+v", e.Sequence, p.Reference, fed, p.Notice)
		}
		if !w.told(p, e.Sequence) && !pending && !called {
			w.report("every event is told, or a person is called", "event %d of %s: %+v", e.Sequence, p.Reference, p.Notice)
		}
	}
	if returns > 1 || returns == 1 != (p.Return != nil) {
		w.report(returnedOnce, "%s tells of %d returns, returned %t", p.Reference, returns, p.Return != nil)
	}
}
