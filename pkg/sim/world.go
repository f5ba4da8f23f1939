package sim

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// world is everything of one history. Part of it is the service's surroundings, part what the
// judges have counted. Most counts are by provider reference, since that is what a payment goes
// by.
type world struct {
	*engine
	mutant    *Mutant
	table     *table
	platforms map[payout.Provider]*platform
	source    *secrets.StaticSource
	pool      []*container // that no process uses
	clients   []*client
	log       bytes.Buffer // every line that the functions logged
	replies   bytes.Buffer // everything that callers were told
	violation *Violation

	restoredAt time.Time   // when the table was restored; the setting may be taken out later
	restores   []time.Time // all of them
	held       bool        // SUBMISSIONS
	controls   controls
	// limits is the most of an hour; nil: nobody counts. measured is what was counted since the
	// table is this one, and releasedAt when a provider was let go.
	limits     payout.OutflowLimits
	measured   []measured
	releasedAt map[payout.Provider]time.Time
	paused     map[payout.Provider]bool
	// onTheWay counts, by provider reference, requests that may still arrive.
	onTheWay map[string]int
	// flying counts the submissions among them.
	flying map[string]int
	// promises holds the references of which "not_started" was said.
	promises map[payout.Reference]bool
	// askedFor counts the creates of each reference, finished or not.
	askedFor map[payout.Reference]int
	brought  map[string][]payout.Principal // who has brought which file
	carried  map[string][]time.Time        // and when, by the clock of the process that took it
	// scripted replaces what would be drawn for a payout.
	scripted *plan
	tokens   int
	// delivered counts callbacks.
	delivered int
	merchant  merchant
	// streaming: the table's stream tells of changes, most of the time.
	streaming bool
	// feedOutUntil is until when the feed gives no answer.
	feedOutUntil time.Time
	settings     settings
	// known is what the judges remember of each payout.
	known map[payout.ID]*dossier
	// requests counts, by provider reference, the submissions that left.
	requests map[string]int
	// everSent counts them of all tables: of those that are lost, too.
	everSent map[string]int
	// fences counts, by provider reference, how often the right to submit was taken.
	fences map[string]int
	// pairs counts the submissions that two people ordered, of this table and the one
	// that was lost.
	pairs map[payout.ID]int
	// twiceSent are the provider references that a table which was lost has sent.
	twiceSent map[string]bool
	// lost are the payouts that a table which was lost may have sent.
	lost map[payout.ID]bool
	// settledAt is when things were left to settle.
	settledAt time.Time
	// moved: our secret has named another project at Monetix than at first.
	moved bool
	// eager is how many percent of the failed payouts somebody wants to send again.
	eager int
	// paidFrom is the attempt from which on payouts are paid, if earlier ones fail; zero: as chance has it.
	paidFrom payout.Attempt
	// comesBack: what is paid often comes back.
	comesBack bool
	// turnedDown is a payout that its provider refuses; witness sees every change of an item, and
	// freed hears of a client who was told that his payout is over.
	turnedDown payout.ID
	witness    func(after payout.Payout)
	freed      func(*client)
	// vouching: people say after a restore that the account is the same, if it is.
	vouching bool
	// only is the one promise that is judged; empty: all.
	only string
}

// keyBefore is a provider's key before any rotation. No key must ever be seen in any output, nor
// what the accounts are called.
func keyBefore(of payout.Provider) string { return string(of) + "-secret-key-91ab" }

// document is the secret as it has to be now.
func (pl *platform) document() string {
	return pl.model.document(keyOf(pl.project, pl.ours), pl.project)
}

// newWorld is an empty table, providers that have nothing, and our secrets as they have to be.
func newWorld(e *engine, mutant *Mutant) *world {
	w := &world{
		engine: e, mutant: mutant, table: newTable(), platforms: map[payout.Provider]*platform{},
		controls:   controls{heldAt: map[payout.Provider]time.Time{}, fencedAt: map[string]time.Time{}},
		releasedAt: map[payout.Provider]time.Time{},
		paused:     map[payout.Provider]bool{}, onTheWay: map[string]int{}, flying: map[string]int{},
		merchant: merchant{bodies: map[payout.EventID]string{}, tried: map[payout.ID]int{}},
		known:    map[payout.ID]*dossier{}, requests: map[string]int{}, everSent: map[string]int{}, fences: map[string]int{}, pairs: map[payout.ID]int{}, lost: map[payout.ID]bool{}, twiceSent: map[string]bool{},
		promises: map[payout.Reference]bool{}, askedFor: map[payout.Reference]int{}, brought: map[string][]payout.Principal{}, carried: map[string][]time.Time{},
	}
	documents := map[string]string{stackKeyName: stackKey}
	for _, p := range payout.Providers() {
		pl := &platform{world: w, name: p, model: modelOf(p), ledger: map[string]*entry{}, key: keyBefore(p), ours: keyBefore(p)}
		if pl.model.traits().projects {
			pl.project = projects[0]
		}
		w.platforms[p], documents[string(p)] = pl, pl.document()
	}
	w.source = secrets.NewStaticSource(documents, func() time.Time { return w.now })
	w.watch()
	return w
}

// watch attaches the invariants and the lag of the index to the table. A restored table has to be
// watched anew. The judges come first: whatever reacts to a change must not have changed anything
// before it is judged.
//
// Rows of the index come up to twenty seconds late, at times: DynamoDB's indexes are eventually
// consistent, and the condition on due_at is what a sweep may rely on.
func (w *world) watch() {
	w.table.changed = func(before *payout.Payout, after payout.Payout) {
		w.judgeChange(before, after)
		if w.witness != nil {
			w.witness(after)
		}
		w.react(before, after)
		if after.Notice.Fresh { // the filter of the stream
			w.stream(after.ID)
		}
		w.count(before, after)
	}
	w.table.follow = func(id payout.ID, due time.Time) {
		if w.faults > 0 && w.choices.chance(3) {
			table := w.table
			w.in(time.Duration(w.choices.pick(20))*time.Second, func() { table.show(id, table.Payouts[id].DueAt) })
			return
		}
		w.table.show(id, due)
	}
}

// react has the world answer to a change of an item. People and providers react to what they see:
// to a new attempt by speaking of the one before, to a failure by sending again.
func (w *world) react(before *payout.Payout, after payout.Payout) {
	switch {
	case before == nil || w.faults == 0 || w.scripted != nil:
	case after.Attempt > before.Attempt:
		w.lateWords(after)
	case after.Status == before.Status:
	case after.Status == payout.Unknown && w.platforms[after.Provider].silent():
		w.orderTwice(after.ID)
	case after.Status == payout.Failed, after.Status == payout.Unknown:
		w.insist(after.ID)
	}
}

// invoke runs one invocation in a container that is free, or in a new one. A
// container in which a process crashed is gone. Thirty percent of the invocations start a
// container, far more than in life: the first thing that a new one does is where settings, clocks
// and memories differ.
func (w *world) invoke(name string, timeout time.Duration, body func(ctx context.Context, c *container), after func(died bool)) {
	var c *container
	var p *process
	p = w.begin(name, func(p *process) {
		if n := len(w.pool); n > 0 && !w.choices.chance(30) {
			c, w.pool = w.pool[n-1], w.pool[:n-1]
		} else {
			c = w.deploy()
		}
		c.current, p.box = p, c
		body(invocation{context.Background(), c.now().Add(timeout)}, c)
	}, func() {
		w.noteEnd(p)
		if c != nil && !p.dead {
			w.pool = append(w.pool, c)
		}
		if after != nil {
			after(p.dead)
		}
	})
}

// sweep looks at every shard that shows something due. Two sweeps of one shard run when the
// scheduler starts one twice, or one is late; each row must be worked on by one of them.
func (w *world) sweep() {
	shards := map[int]bool{}
	for id, due := range w.table.index {
		if !due.After(w.now) {
			shards[id.Shard()] = true
		}
	}
	for shard := range payout.Shards {
		if !shards[shard] {
			continue
		}
		for range 1 + w.choices.weighted(90, 10) { // now and then the scheduler starts two
			w.invoke(fmt.Sprint("sweep of shard ", shard), 50*time.Second, func(ctx context.Context, c *container) {
				_, _ = c.sweeper.Sweep(ctx, shard)
			}, nil)
		}
	}
}

// rotate changes a provider's key, on their side and on ours, not at the same
// moment. In between, callbacks bear a key that we do not have, or requests one that they do not.
// Neither may cost a payout its reference, or a callback its effect.
func (w *world) rotate() {
	name := w.choices.provider()
	pl := w.platforms[name]
	fresh := pl.key + "-rotated"
	gap := time.Duration(w.choices.pick(60)) * time.Second
	ours := func() {
		pl.ours = fresh
		w.source.Rotate(string(name), pl.document())
	}
	theirs := func() { pl.key = fresh }
	if w.choices.pick(2) == 0 {
		ours, theirs = theirs, ours
	}
	w.tell("the key of %s is rotated", name)
	ours()
	w.in(gap, theirs)
}

// leastRestore is, in seconds, the least time from the last write that a backup has to RESTORED_AT,
// which is when the functions are deployed over its copy: a copy alone takes longer. It is more than
// a clock is wrong by, so whatever dates an item of the backup dates it before the restore.
const leastRestore = 301

// restore loses the table and goes on with an older one, as the runbook says:
// submissions held at first, RESTORED_AT set, merchants post again. Whatever ran is gone with the
// old table. What stays is what a restore cannot take back: what providers have been sent and
// have paid, and what clients were told.
//
// After five minutes the hold of the stack ends and two people order the controls anew;
// RESTORED_AT goes later, if at all.
func (w *world) restore(older backup) {
	if passed := w.now.Sub(older.at); passed < leastRestore*time.Second {
		panic(fmt.Sprintf("restored %s after the backup", passed))
	}
	w.tell("the table is restored")
	w.killAll()
	w.pool = nil
	for _, c := range w.clients {
		reference := string(c.id.ProviderReference(1))
		w.lost[c.id] = w.everSent[reference] > older.requests[reference] // by any table before this one
	}
	for reference, sent := range w.requests {
		w.twiceSent[reference] = w.twiceSent[reference] || sent > older.requests[reference]
	}
	w.table, w.known, w.requests = older.table, older.known, older.requests
	w.restoredAt, w.restores, w.held, w.measured = w.now, append(w.restores, w.now), true, nil
	w.settings.restoredAt, w.table.SharedState.RestoredAt = w.now, w.now
	w.compare()
	w.watch()
	clear(w.promises)
	for _, c := range w.clients {
		if c.instead {
			continue
		}
		c.tries = 0
		w.in(time.Minute+time.Duration(w.choices.pick(60))*time.Second, c.post)
	}
	w.controls.wishes = nil
	w.lifted(w.table.SharedState.InForce()) // what was ordered since the backup is lost with the table
	if w.table.SharedState.Unreleased() {   // by a clock that was ahead, it may have been let go already
		w.controls.askAt = w.now
		for _, p := range payout.Providers() {
			w.controls.heldAt[p] = w.now // a restored table is held until two release it
		}
	}
	w.in(5*time.Minute, func() {
		w.held, w.pool = false, nil
		w.release()
	})
	if w.choices.chance(40) {
		w.in(time.Duration(5+w.choices.pick(5))*time.Minute, w.trust)
	}
}

// trust takes RESTORED_AT away, when everything that the lost table had is in this one again.
// People wait with it until every payout that the lost table had sent is in this one again, as
// the runbook says: one that is not would be created as a new one.
func (w *world) trust() {
	for _, c := range w.clients {
		_, there := w.table.Payouts[c.id]
		if w.lost[c.id] && !there {
			return
		}
	}
	w.tell("the restored table is trusted")
	w.settings.restoredAt, w.settings.changed, w.pool = time.Time{}, true, nil
}

// secretsIn reports what must not be in any output. It looks for the whole account number; the
// last four digits may be shown.
func (w *world) secretsIn(output string) string {
	var needles []string
	for name := range w.platforms {
		needles = append(needles, keyBefore(name))
	}
	for _, c := range w.clients {
		needles = append(needles, c.account)
	}
	for _, needle := range needles {
		if strings.Contains(output, needle) {
			return needle
		}
	}
	return ""
}
