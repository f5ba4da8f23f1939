package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/wire"
)

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
	notifier *payout.Notifier
	outflow  *payout.Outflow
	importer *payout.Importer
	register payout.People
	settings settings
	blindAt  time.Time // when a read of the store last failed
}

func (c *container) now() time.Time { return c.world.now.Add(c.skew) }

// directory is read once for all histories.
var directory = func() bank.Directory {
	d, err := wire.Banks(nil)
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

// stackKey is the key of all histories.
var stackKey = func() payout.StackKey {
	key, err := payout.NewStackKey("the simulation's key of hashes over personal data")
	if err != nil {
		panic(err)
	}
	return key
}()

// deploy starts a container.
func (w *world) deploy() *container {
	c := &container{world: w, settings: w.settings, register: w.mutant.people(registered)}
	if w.faults > 0 && w.choices.chance(10) { // clocks are set by a service, and jump when that fails
		c.skew = time.Duration(w.choices.pick(600)-300) * time.Second
	}
	log := telemetry.NewLogger(&w.log, slog.LevelInfo)
	options := secrets.Options{Now: c.now, Random: func(int64) int64 { return 0 }}
	store := w.mutant.store(session{c: c}, c)
	connectors, verifiers := map[payout.Provider]payout.Connector{}, map[payout.Provider]payout.Verifier{}
	for _, p := range wire.Providers() {
		name := p.Facts().Name
		setup := provider.Setup{
			SecretID: string(name), Secrets: w.source, Caching: options, Banks: directory,
			CallbackURL: "https://cb.test/" + string(name), Now: c.now, Dial: c.dialer(name),
		}
		connection, err1 := p.Connect(setup)
		verifier, err2 := p.Verify(setup)
		if err := errors.Join(err1, err2); err != nil {
			panic(err) // the world is built wrongly
		}
		connectors[name], verifiers[name] = w.mutant.connector(connection.Connector, c), w.mutant.verifier(verifier)
	}
	signals := telemetry.NewSignals(log, "sim", c.now)
	ports := payout.Ports{
		Store: store, Signals: signals, Breaker: payout.NewBreaker(store, w.settings.floor(w.onHold())), Keys: stackKey, Now: c.now,
		Connectors: connectors,
		NewToken:   func() string { w.tokens++; return fmt.Sprint("token-", w.tokens) },
		Pause:      func(_ context.Context, d time.Duration) { c.current.wait(d) },
		People:     c.register,
	}
	delete(ports.Connectors, w.settings.out)
	asked := w.settings.policy()
	asked.Remembered = ports.Breaker.RestoredAt
	policy := w.mutant.policy(asked)
	creator, err1 := payout.NewCreator(ports, policy)
	var err2, err3, err4, err5 error
	c.notifier, err2 = payout.NewNotifier(payout.NotifierPorts{
		Store: store, Endpoint: endpoint{c}, Signals: signals, Breaker: payout.NewBreaker(store, payout.Floor{}), Now: c.now,
		NewToken: ports.NewToken, Jitter: func(d time.Duration) time.Duration { return d },
	})
	ports.Notifier = c.notifier
	c.outflow, err3 = payout.NewOutflow(payout.OutflowPorts{Desk: store, Signals: signals, Now: c.now, NewToken: ports.NewToken, Pause: ports.Pause}, w.limits)
	c.sweeper, err4 = payout.NewSweeper(ports, policy, func(d time.Duration) time.Duration { return d })
	c.operator, err5 = payout.NewOperator(ports, policy)
	c.importer = payout.NewImporter(store, payout.NewReceiver(store, signals, policy), ports.People, c.now).InTurn()
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			panic(err) // the world is built wrongly
		}
	}
	c.create = edge.NewCreate(w.mutant.creator(creator, c, ports), log)
	c.listen(edge.Callback{
		Receiver: listener{w.mutant.receiver(payout.NewReceiver(store, signals, policy).Under(ports.Breaker, c.now)), c}, Signals: signals, Log: log, Lines: loglimit.New(c.now),
	}, verifiers)
	return c
}

// listen opens the callback functions.
func (c *container) listen(shared edge.Callback, verifiers map[payout.Provider]payout.Verifier) {
	c.callback = map[payout.Provider]edge.Handler{}
	for name, verifier := range verifiers {
		shared.Provider, shared.Verifier = name, verifier
		c.callback[name] = edge.NewCallback(shared)
	}
}

// listener tells the judges which callbacks are not believed.
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

// onHold lists the providers that nothing is submitted to.
func (w *world) onHold() map[payout.Provider]payout.QueuedReason {
	held := map[payout.Provider]payout.QueuedReason{}
	for _, name := range payout.Providers() {
		if w.held || w.paused[name] {
			held[name] = payout.QueuedHeld
		}
	}
	return held
}
