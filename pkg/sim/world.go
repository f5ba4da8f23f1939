package sim

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// world is everything of one history.
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

	restoredAt time.Time
	held       bool // SUBMISSIONS
	paused     map[payout.Provider]bool
	// onTheWay counts, by provider reference, requests that may still arrive.
	onTheWay map[string]int
	// promises holds the references of which "not_started" was said.
	promises map[payout.Reference]bool
	// askedFor counts the creates of each reference, finished or not.
	askedFor map[payout.Reference]int
	running  map[payout.Reference]int
	// scripted replaces what would be drawn for a payout.
	scripted *plan
	tokens   int
	merchant merchant
	// streaming: the table's stream tells of changes, most of the time.
	streaming bool
}

// The keys, and what the accounts are called. They must never be seen in any
// output.
const (
	vexoraKey  = "vexora-app-secret-5f2c"
	monetixKey = "monetix-secret-key-91ab"
)

func vexoraDocument(key string) string {
	return fmt.Sprintf(`{"KHR": {"base_url": "https://vexora.test", "merchant_no": "1", "app_secret": %q}}`, key)
}

func monetixDocument(key string) string {
	return fmt.Sprintf(`{"base_url": "https://monetix.test", "project_id": %s, "secret_key": %q}`, project, key)
}

func newWorld(e *engine, mutant *Mutant) *world {
	w := &world{
		engine: e, mutant: mutant, table: newTable(),
		paused: map[payout.Provider]bool{}, onTheWay: map[string]int{},
		merchant: merchant{bodies: map[payout.EventID]string{}, tried: map[payout.ID]int{}},
		promises: map[payout.Reference]bool{}, askedFor: map[payout.Reference]int{}, running: map[payout.Reference]int{},
	}
	w.platforms = map[payout.Provider]*platform{
		payout.Vexora:  {world: w, name: payout.Vexora, ledger: map[string]*entry{}, key: vexoraKey},
		payout.Monetix: {world: w, name: payout.Monetix, ledger: map[string]*entry{}, key: monetixKey},
	}
	w.source = secrets.NewStaticSource(map[string]string{
		"vexora": vexoraDocument(vexoraKey), "monetix": monetixDocument(monetixKey),
	}, func() time.Time { return w.now })
	w.watch()
	return w
}

// watch attaches the invariants and the lag of the index to the table.
func (w *world) watch() {
	w.table.changed = func(before *payout.Payout, after payout.Payout) {
		w.judgeChange(before, after)
		if after.Notice.Fresh { // the filter of the stream
			w.stream(after.ID)
		}
	}
	w.table.follow = func(id payout.ID, due time.Time) {
		if w.faults > 0 && w.choices.chance(3) {
			table := w.table
			w.in(time.Duration(w.choices.pick(20))*time.Second, func() { table.show(id, table.items[id].DueAt) })
			return
		}
		w.table.show(id, due)
	}
}

// invoke runs one invocation in a container that is free, or in a new one. A
// container in which a process crashed is gone.
func (w *world) invoke(name string, timeout time.Duration, body func(ctx context.Context, c *container), after func(died bool)) {
	var c *container
	var p *process
	p = w.begin(name, func(p *process) {
		if n := len(w.pool); n > 0 && !w.choices.chance(30) {
			c, w.pool = w.pool[n-1], w.pool[:n-1]
		} else {
			c = w.deploy()
		}
		c.current = p
		body(invocation{context.Background(), c.now().Add(timeout)}, c)
	}, func() {
		if c != nil && !p.dead {
			w.pool = append(w.pool, c)
		}
		if after != nil {
			after(p.dead)
		}
	})
}

var ourReference = regexp.MustCompile(`P[A-Z2-7]{26}[0-9]{2}`)

func referenceIn(body []byte) string { return string(ourReference.Find(body)) }

// call has a callback function answer one body.
func (pl *platform) deliver(e *entry, said word, body []byte, try int) {
	w := pl.world
	var reply edge.Reply
	w.invoke("callback "+string(pl.name), 10*time.Second, func(ctx context.Context, c *container) {
		event := edge.Event{RawPath: "/", Body: string(body)}
		event.RequestContext.HTTP.Method = "POST"
		reply, _ = c.callback[pl.name](ctx, event)
		w.replies.WriteString(reply.Body)
		w.judgeCallback(pl, e, said, reply)
	}, func(died bool) {
		if (died || reply.StatusCode != 200) && try < callbackTries && !said.forged {
			w.in(time.Duration(1+try)*20*time.Second, func() { pl.call(e, said, try+1) })
		}
	})
}

// sweep looks at every shard that shows something due.
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

// people are the principals at the desk.
var people = []payout.Principal{"arn:aws:iam::111122223333:role/dara", "arn:aws:iam::111122223333:role/bopha"}

// operate has a person, or two, act on one payout. They act on what the provider's
// dashboard shows, not on a guess.
func (w *world) operate() {
	var ids []payout.ID
	for _, c := range w.clients {
		if _, there := w.table.items[c.id]; there {
			ids = append(ids, c.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	id := ids[w.choices.pick(len(ids))]
	action := []string{"cancel", "resend", "resolve"}[w.choices.pick(3)]
	for i := range 1 + w.choices.pick(2) {
		w.in(time.Duration(i)*30*time.Second, func() {
			order, sensible := w.look(id, action)
			if !sensible {
				return
			}
			order.By = people[i]
			w.invoke(action+" "+short(id), 25*time.Second, func(ctx context.Context, c *container) {
				switch action {
				case "cancel":
					_, _ = c.operator.Cancel(ctx, order)
				case "resend":
					_, _ = c.operator.Resend(ctx, order)
				case "resolve":
					_, _ = c.operator.Resolve(ctx, order)
				}
			}, nil)
		})
	}
}

// look is what a person does before an order: at the payout, and at the provider's
// dashboard.
func (w *world) look(id payout.ID, action string) (payout.Order, bool) {
	p, there := w.table.items[id]
	if !there {
		return payout.Order{}, false
	}
	reference := string(p.ProviderReference())
	known := w.platforms[p.Provider].ledger[reference]
	order := payout.Order{ID: id, Reason: "looked into it", Evidence: "the dashboard", Sequence: p.Sequence()}
	switch action {
	case "resend": // not if the dashboard shows it, nor while nobody can tell yet
		return order, w.onTheWay[reference] == 0 && (known == nil || !known.plan.end.moves())
	case "resolve":
		if known == nil || known.state(w.now) == endless {
			return order, false
		}
		order.As = map[ending]payout.Resolution{paid: payout.ResolvedSucceeded, returned: payout.ResolvedSucceeded, declined: payout.ResolvedFailed, refused: payout.ResolvedFailed}[known.state(w.now)]
	}
	return order, true
}

// rotate changes a provider's key, on their side and on ours, not at the same
// moment.
func (w *world) rotate() {
	name := payout.Providers[w.choices.pick(2)]
	pl := w.platforms[name]
	fresh := pl.key + "-rotated"
	document := vexoraDocument(fresh)
	if name == payout.Monetix {
		document = monetixDocument(fresh)
	}
	gap := time.Duration(w.choices.pick(60)) * time.Second
	ours, theirs := func() { w.source.Rotate(string(name), document) }, func() { pl.key = fresh }
	if w.choices.pick(2) == 0 {
		ours, theirs = theirs, ours
	}
	w.tell("the key of %s is rotated", name)
	ours()
	w.in(gap, theirs)
}

// restore loses the table and goes on with an older one, as the runbook says:
// submissions held at first, RESTORED_AT set, merchants post again.
func (w *world) restore(older *table) {
	w.tell("the table is restored")
	w.killAll()
	w.pool = nil
	w.table = older
	w.restoredAt, w.held = w.now, true
	w.watch()
	clear(w.promises)
	for _, c := range w.clients {
		c.tries = 0
		w.in(time.Minute+time.Duration(w.choices.pick(60))*time.Second, c.post)
	}
	w.in(5*time.Minute, func() { w.held, w.pool = false, nil })
}

// secretsIn reports what must not be in any output.
func (w *world) secretsIn(output string) string {
	needles := []string{vexoraKey, monetixKey}
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
