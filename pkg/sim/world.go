package sim

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
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

// container is one running copy of the functions, as Lambda keeps it between
// invocations: its memory, its caches, its clock.
type container struct {
	world    *world
	current  *process
	skew     time.Duration
	create   edge.Handler
	callback map[payout.Provider]edge.Handler
	sweeper  *payout.Sweeper
	operator *payout.Operator
	herald   *payout.Herald
}

func (c *container) now() time.Time { return c.world.now.Add(c.skew) }

// directory is read once for all histories.
var directory = func() bank.Directory {
	d, err := bank.Default()
	if err != nil {
		panic(err)
	}
	return d
}()

// caps are those of the defaults.
var caps = func() map[money.Currency]money.Amount {
	all := map[money.Currency]money.Amount{}
	for currency, text := range map[money.Currency]string{money.KHR: "60000000", money.USD: "10000"} {
		a, err := money.Parse(text, currency)
		if err != nil {
			panic(err)
		}
		all[currency] = a
	}
	return all
}()

// deploy starts a container.
func (w *world) deploy() *container {
	c := &container{world: w}
	if w.faults > 0 && w.choices.chance(10) { // clocks are set by a service, and jump when that fails
		c.skew = time.Duration(w.choices.pick(600)-300) * time.Second
	}
	log := telemetry.NewLogger(&w.log, slog.LevelInfo)
	options := secrets.Options{Now: c.now, Random: func(int64) int64 { return 0 }}
	forVexora := secrets.NewCache("vexora", w.source, func(document []byte) (vexora.Credentials, error) {
		return vexora.ParseCredentials(document, vexora.URLRules{})
	}, options)
	forMonetix := secrets.NewCache("monetix", w.source, func(document []byte) (monetix.Credentials, error) {
		return monetix.ParseCredentials(document, monetix.URLRules{})
	}, options)
	store := w.mutant.store(session{c: c}, c)
	toVexora, err1 := vexora.NewClient(vexora.Options{
		Keys: forVexora, Settings: vexora.DefaultSettings(), Banks: directory, CallbackURL: "https://cb.test/v", Now: c.now, Dial: c.dialer(payout.Vexora),
	})
	toMonetix, err2 := monetix.NewClient(monetix.Options{
		Keys: forMonetix, Settings: monetix.DefaultSettings(), Banks: directory, CallbackURL: "https://cb.test/m", Now: c.now, Dial: c.dialer(payout.Monetix),
	})
	var held []payout.Provider
	for _, name := range payout.Providers {
		if w.held || w.paused[name] {
			held = append(held, name)
		}
	}
	signals := telemetry.NewSignals(log, "sim", c.now)
	ports := payout.Ports{
		Store: store, Signals: signals, Brakes: payout.NewBrakes(store, held...), Now: c.now,
		Connectors: map[payout.Provider]payout.Connector{
			payout.Vexora: w.mutant.connector(toVexora, c), payout.Monetix: w.mutant.connector(toMonetix, c),
		},
		NewToken: func() string { w.tokens++; return fmt.Sprint("token-", w.tokens) },
		Pause:    func(_ context.Context, d time.Duration) { c.current.wait(d) },
	}
	policy := payout.Policy{Namespace: "sim", Order: payout.Providers, Caps: caps, RestoredAt: w.restoredAt}
	creator, err3 := payout.NewCreator(ports, policy)
	var err4, err5, err6 error
	c.herald, err6 = payout.NewHerald(payout.HeraldPorts{
		Store: store, Endpoint: endpoint{c}, Signals: signals, Brakes: payout.NewBrakes(store), Now: c.now,
		NewToken: ports.NewToken, Jitter: func(d time.Duration) time.Duration { return d },
	})
	ports.Herald = c.herald
	c.sweeper, err4 = payout.NewSweeper(ports, policy, func(d time.Duration) time.Duration { return d })
	c.operator, err5 = payout.NewOperator(ports, policy)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err != nil {
			panic(err) // the world is built wrongly
		}
	}
	c.create = edge.NewCreate(w.mutant.creator(creator, c, ports), log)
	receiver := w.mutant.receiver(payout.NewReceiver(store, signals, policy))
	c.callback = map[payout.Provider]edge.Handler{}
	for name, verifier := range map[payout.Provider]payout.Verifier{
		payout.Vexora: vexora.NewVerifier(forVexora, c.now), payout.Monetix: monetix.NewVerifier(forMonetix, c.now),
	} {
		c.callback[name] = edge.NewCallback(edge.Callback{
			Provider: name, Verifier: w.mutant.verifier(verifier), Receiver: receiver, Signals: signals, Log: log,
		})
	}
	return c
}

func (c *container) dialer(name payout.Provider) oneshot.Dialer {
	return func(context.Context, *url.URL) oneshot.Connection {
		return c.world.mutant.line(line{c, c.world.platforms[name]})
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
