package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/telemetry"
)

// Creator builds the use case behind POST /v1/payouts. It fails while no provider is configured;
// see refuses.
func (a Assembly) Creator(ctx context.Context) (*payout.Creator, error) {
	ports, err := a.ports(ctx, refuses)
	if err != nil {
		return nil, err
	}
	return payout.NewCreator(ports, a.policy(ports.Breaker))
}

// Sweeper builds the use case behind the scheduler's event. It tells events as well, so that what
// the stream loses is told a minute later.
func (a Assembly) Sweeper(ctx context.Context) (*payout.Sweeper, error) {
	ports, err := a.ports(ctx, waits)
	if err != nil {
		return nil, err
	}
	if ports.Notifier, err = a.Notifier(); err != nil {
		return nil, err
	}
	policy := a.policy(ports.Breaker)
	if policy.QueriesPerSecond, err = a.Tuning.queryRates(); err != nil {
		return nil, inSettings(err)
	}
	return payout.NewSweeper(ports, policy, a.chance().Jitter)
}

// Operator builds what operate-payout serves. The controls have to be there when a provider's
// secret, the stack key or Secrets Manager is not: it needs the table to start, and no secret.
func (a Assembly) Operator(ctx context.Context) (edge.Operate, error) {
	mappings, problem := a.Tuning.mappings()
	ports, err := a.ports(ctx, later)
	if err := errors.Join(inSettings(problem), err); err != nil {
		return edge.Operate{}, err
	}
	if _, err := ports.Breaker.Restored(ctx, a.now()); err != nil {
		return edge.Operate{}, err // no order can be weighed by whoever does not know of a restore
	}
	policy := a.policy(ports.Breaker)
	ports.People = wrapped(a.people(ctx), a.Around.People) // who stands behind a principal: orders for two ask it
	operator, err := payout.NewOperator(ports, policy)
	if err != nil {
		return edge.Operate{}, err
	}
	files := payout.NewStatements(payout.NewReceiver(a.Store, ports.Signals, policy), ports.People, a.now)
	importer := statement.NewImporter(a.Store, files, a.now)
	if a.chance().InTurn {
		importer = importer.InTurn()
	}
	return edge.Operate{
		Operator: operator, Evidence: a.Store, Restored: policy.LastRestore, Log: a.Log, Signals: ports.Signals,
		Statements: edge.Statements{
			Importer: importer, Archive: a.Store, Mappings: mappings, KeepFor: policy.RedactAfter,
		},
	}, nil
}

// Reader builds what get-payout serves. It writes nothing, so the namespace is
// not checked: a wrong one finds nothing.
func (a Assembly) Reader() (edge.Reader, error) {
	banks, err := Banks(a.Tuning.Banks)
	if err != nil {
		return edge.Reader{}, inSettings(err)
	}
	return edge.Reader{
		Library: a.Store, Namespace: a.Policy.Namespace, Banks: banks, RestoredAt: a.Policy.RestoredAt,
		Now: a.now, Log: a.Log, Revision: a.Revision, Schema: a.Schema,
	}, nil
}

// Callback builds what takes one provider's callbacks. It starts even while the secret cannot be
// read: the provider is then asked to come again, which loses nothing.
func (a Assembly) Callback(ctx context.Context, p provider.Provider) (edge.Callback, error) {
	name := p.Facts().Name
	breaker, signals := a.breaker(), a.signals()
	verifier, err := p.Verify(a.setup(name, a.verifying(name, breaker)))
	if err != nil {
		return edge.Callback{}, inSettings(err)
	}
	if err := a.bind(ctx); err != nil {
		return edge.Callback{}, err
	}
	breaker.Refresh(ctx, a.now())
	return edge.Callback{
		Provider: name, Verifier: watched{wrapped(verifier, a.Around.Verifier), name, signals}, Signals: signals, Log: a.Log, Lines: loglimit.New(a.now),
		Receiver: payout.NewReceiver(a.Store, signals, wrapped(payout.Policy{RedactAfter: a.Policy.RedactAfter}, a.Around.Policy)).Under(breaker, a.now),
	}, nil
}

// policy is what the domain decides by, with the restore that the table remembers. RESTORED_AT may
// have been taken away since; what the table remembers is only ever raised (decision 0009).
func (a Assembly) policy(breaker *payout.Breaker) payout.Policy {
	policy := a.Policy
	policy.Remembered = breaker.RestoredAt
	return wrapped(policy, a.Around.Policy)
}

// ports builds what every function that submits shares.
func (a Assembly) ports(ctx context.Context, opening opening) (payout.Ports, error) {
	unbound := a.bind(ctx)
	wired, unconnected := a.opened(ctx, opening)
	keys, keyless := a.stackKey(ctx, opening)
	if err := errors.Join(unbound, unconnected, keyless); err != nil {
		return payout.Ports{}, err
	}
	if err := a.remember(ctx); err != nil {
		return payout.Ports{}, err
	}
	connectors := map[payout.Provider]payout.Connector{}
	for name, w := range wired {
		connectors[name] = w.Connector
		if opening == later {
			connectors[name] = onOrder{w, name, a.Log}
		}
	}
	breaker, chance := a.breaker(), a.chance()
	breaker.Refresh(ctx, a.now())
	return payout.Ports{
		Store: a.Store, Connectors: connectors, Signals: a.signals(),
		Breaker: breaker, Keys: keys, Now: a.now, NewToken: chance.NewToken, Pause: chance.Pause,
		Unconfigured: func(ctx context.Context) bool { return noneFilled(ctx, wired) },
	}, nil
}

// bind makes sure that the table belongs to the namespace before anything is
// written to it: ids derived in another one would not find their payouts again.
func (a Assembly) bind(ctx context.Context) error {
	if err := a.Store.BindNamespace(ctx, a.Policy.Namespace); err != nil {
		return fmt.Errorf("ID_NAMESPACE: %w", err)
	}
	return nil
}

// mostAhead is how far RESTORED_AT may be ahead of this clock: a clock is not. A time that lies
// ahead would hold and doubt everything until then, and the table never lowers it.
const mostAhead = 10 * time.Minute

// remember tells the table what RESTORED_AT says, so that it knows when that is taken away.
func (a Assembly) remember(ctx context.Context) error {
	restored := a.Policy.RestoredAt
	if ahead := restored.Sub(a.now()); ahead > mostAhead {
		return fmt.Errorf("RESTORED_AT: %s lies ahead by %s, and the table would remember it for ever; it is the time of the restore, in UTC", restored.Format(time.RFC3339), ahead.Round(time.Second))
	}
	if restored.IsZero() {
		return nil
	}
	if err := a.Store.RememberRestore(ctx, restored); err != nil {
		return fmt.Errorf("RESTORED_AT: %w", err)
	}
	return nil
}

// watched signals that a callback could not be verified because the keys cannot be read. A
// placeholder is a state and no trouble, and everything else is about the callback. The provider
// gets a 503 then, which is no error of the function and rings nothing by itself.
type watched struct {
	payout.Verifier
	provider payout.Provider
	signals  payout.Signals
}

// Verify implements payout.Verifier.
func (w watched) Verify(ctx context.Context, body []byte) (payout.Claim, error) {
	claim, err := w.Verifier.Verify(ctx, body)
	aboutIt := slices.ContainsFunc([]error{payout.ErrCallbackMalformed, payout.ErrCallbackSignature, payout.ErrCallbackUnusable, payout.ErrCallbackUnrelated},
		func(target error) bool { return errors.Is(err, target) })
	if err != nil && !aboutIt && !NotConfigured(err) {
		w.signals.Signal(ctx, payout.SignalKeysUnread, w.provider, "")
	}
	return claim, err
}

// verifying are the options of keys that verify callbacks: while no callback is believed, a
// key of before a rotation verifies nothing. "Ask" is what people order when a key has leaked, and
// after a rotation that key is the one of before.
func (a Assembly) verifying(p payout.Provider, breaker *payout.Breaker) secrets.Options {
	o := a.caching(p)
	o.OnlyCurrent = func(ctx context.Context) bool { return breaker.Belief(ctx, a.now()) == payout.AskFirst }
	return o
}

// breaker is a circuit breaker that says so when the controls cannot be read. Whoever posts a
// callback with any signature has them read, so that the lines are bounded.
func (a Assembly) breaker() *payout.Breaker {
	lines, signals, floor := loglimit.New(a.now), a.signals(), a.Floor
	floor.RestoredAt = a.Policy.RestoredAt
	return payout.NewBreaker(a.Store, floor).OnUnread(func(ctx context.Context, err error, blind bool) {
		if count := lines.Take("controls not read"); count > 0 {
			a.Log.LogAttrs(ctx, slog.LevelError, "controls not read", slog.Int("count", count), slog.Any("error", err))
		}
		if blind {
			signals.Signal(ctx, payout.SignalControlsUnread, "", "")
		}
	})
}

// signals are counted for the stage that the namespace names.
func (a Assembly) signals() *telemetry.Signals {
	return telemetry.NewSignals(a.Log, string(a.Policy.Namespace), a.now).Of(a.Function, a.Version)
}
