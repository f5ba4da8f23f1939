package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/wire"
)

// container is one running copy of the functions, as Lambda keeps it between
// invocations: its memory, its caches, its clock. What one container has read (controls, pauses,
// secrets) another one may not have read yet. Most promises about shared state (decision 0009)
// are promises about several of them with memories of different age.
type container struct {
	world    *world
	current  *process
	skew     time.Duration
	jumped   bool // its clock was set right
	create   edge.Handler
	callback map[payout.Provider]edge.Handler
	sweeper  *payout.Sweeper
	operator edge.Operator
	notifier *payout.Notifier
	outflow  edge.Outflow
	importer edge.Importer
	// connectors are those that it submits through.
	connectors map[payout.Provider]payout.Connector
	settings   settings
	unread     bool      // the controls cannot be read at the start
	blindAt    time.Time // when a read of the store last failed
}

// now is the container's clock, which may be up to five minutes off; the engine's is the true
// one.
func (c *container) now() time.Time { return c.world.now.Add(c.skew) }

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

// stackKeyName names the secret with the key of hashes over personal data.
const (
	stackKeyName = "stack-key"
	stackKey     = "the simulation's key of hashes over personal data"
)

// deploy starts a container. That its functions start is granted; now and then they have not read
// the controls yet. Settings are those of this moment and stay so for the container's life, as
// environment variables do: after a change old and new ones run side by side.
func (w *world) deploy() *container {
	c := &container{world: w, settings: w.settings, connectors: map[payout.Provider]payout.Connector{}}
	if w.faults > 0 && w.choices.chance(10) { // clocks are set by a service, and jump when that fails
		c.skew = time.Duration(w.choices.pick(600)-300) * time.Second
	}
	c.unread = w.faults > 0 && w.choices.chance(10)
	// The wiring is that of the functions (pkg/wire), so that a part which is wired wrongly is
	// found here too.
	ctx, a := context.Background(), w.assembly(c)
	creator, err1 := a.Creator(ctx)
	var err2, err3, err4, err5 error
	c.sweeper, err2 = a.Sweeper(ctx)
	c.notifier, err3 = a.Notifier()
	notify, err4 := a.Notify()
	c.outflow = notify.Outflow
	c.callback = map[payout.Provider]edge.Handler{}
	for _, p := range wire.Providers() {
		callback, err := a.Callback(ctx, p)
		callback.Receiver = listener{w.mutant.receiver(callback.Receiver), c}
		c.callback[p.Facts().Name] = edge.NewCallback(callback)
		err4 = errors.Join(err4, err)
	}
	c.unread = false // without them operate-payout does not start
	operate, err5 := a.Operator(ctx)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		panic(err) // the world is built wrongly
	}
	c.operator, c.importer = operate.Operator, operate.Statements.Importer
	c.create = edge.NewCreate(w.mutant.creator(creator, c), a.Log)
	return c
}

// assembly is what is deployed, over this world. Tokens are numbered and jitter is none, since a
// history has to be the same twice. InTurn has work that a function does side by side done one
// after the other: only one process may run.
func (w *world) assembly(c *container) wire.Assembly {
	links := map[payout.Provider]wire.Link{}
	for _, name := range payout.Providers() {
		if name != w.settings.out {
			links[name] = wire.Link{SecretID: string(name), CallbackURL: "https://cb.test/" + string(name)}
		}
	}
	return wire.Assembly{
		Parts: wire.Parts{
			Store: w.mutant.store(session{c: c}, c), Secrets: w.source, Log: telemetry.NewLogger(&w.log, slog.LevelInfo), Now: c.now,
			Dial: c.dialer,
			Chance: &wire.Chance{
				NewToken: func() string { w.tokens++; return fmt.Sprint("token-", w.tokens) },
				Pause:    func(_ context.Context, d time.Duration) { c.current.wait(d) },
				Jitter:   func(d time.Duration) time.Duration { return d },
				Below:    func(int64) int64 { return 0 }, InTurn: true,
			},
			Around: wire.Around{
				Policy: w.mutant.policy, Verifier: w.mutant.verifier,
				Connector: func(name payout.Provider, real payout.Connector) payout.Connector {
					c.connectors[name] = w.mutant.connector(real, c)
					return c.connectors[name]
				},
				Endpoint: func(payout.Endpoint) payout.Endpoint { return endpoint{c} },
				People:   func(payout.People) payout.People { return w.mutant.people(registered) },
			},
		},
		Settings: wire.Settings{
			Policy: w.settings.policy(), Floor: w.settings.floor(w.onHold()), Links: links, StackKey: stackKeyName, Outflow: w.limits,
		},
	}
}

// listener tells the judges which callbacks are not believed. Whether a callback was believed is
// the service's answer to the controls of that moment. The judges take it from the verdict, and
// hold every later state against it.
type listener struct {
	edge.Receiver
	c *container
}

func (l listener) Receive(ctx context.Context, claim payout.Claim) (payout.Verdict, error) {
	verdict, err := l.Receiver.Receive(ctx, claim)
	if verdict == payout.Unbelieved {
		l.c.current.errand.unbelieved = true
		l.c.world.unhear(l.c.current.errand.told)
	}
	return verdict, err
}

func (c *container) dialer(name payout.Provider) oneshot.Dialer {
	return func(context.Context, *url.URL) oneshot.Connection {
		return c.world.mutant.line(line{c, c.world.platforms[name]})
	}
}

// onHold lists the providers that nothing is submitted to. SUBMISSIONS=held and PAUSED_PROVIDERS
// are parameters of the stack: they hold from a container's start to its end.
func (w *world) onHold() map[payout.Provider]payout.QueuedReason {
	held := map[payout.Provider]payout.QueuedReason{}
	for _, name := range payout.Providers() {
		if w.held || w.paused[name] {
			held[name] = payout.QueuedHeld
		}
	}
	return held
}
