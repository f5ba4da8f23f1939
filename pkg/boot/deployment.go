package boot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/wire"
)

// Deployment is what the functions stand on. On AWS that is DynamoDB and Secrets
// Manager; the local run brings a file and documents in memory.
type Deployment struct {
	Store   payout.Store
	Secrets secrets.Source
	Log     *slog.Logger
	// Function and Version are Lambda's names of what runs here, by which a deployment goes back;
	// empty elsewhere.
	Function, Version string
	// FirstQuestion is when the sweep first looks at a new payout; zero means
	// the default, which lies behind every lease.
	FirstQuery time.Duration
	// Now is the clock; nil means the machine's.
	Now func() time.Time

	// dial reaches the providers; nil means for real. A selftest reaches nobody.
	dial oneshot.Dialer
}

// onAWS is the deployment of a Lambda function.
func onAWS(ctx context.Context, config Config) (Deployment, error) {
	access, err := loadAWS(ctx)
	if err != nil {
		return Deployment{}, err
	}
	return Deployment{
		Store:   dynamo.New(dynamodb.NewFromConfig(access), config.storage().TableName),
		Secrets: secretsManager{secretsmanager.NewFromConfig(access)},
		Log:     telemetry.NewLogger(os.Stdout, config.common().LogLevel),
		Now:     shifted(clockOffset),

		Function: lambdacontext.FunctionName, Version: lambdacontext.FunctionVersion,
	}, nil
}

// clockOffset is a duration that a test links into a function (go build -ldflags
// "-X cambodia-payouts/pkg/boot.clockOffset=2h") to see what it does hours later.
// Nothing at run time can set it.
var clockOffset string

// shifted is the machine's clock, nil, or one that is ahead of it.
func shifted(offset string) func() time.Time {
	d, err := time.ParseDuration(offset)
	if err != nil {
		return nil
	}
	return func() time.Time { return time.Now().Add(d) }
}

// now is the time in UTC and in the milliseconds that the stores keep, so that a
// time that was read back equals the one that was written.
func (d Deployment) now() time.Time {
	clock := d.Now
	if clock == nil {
		clock = time.Now
	}
	return clock().UTC().Truncate(time.Millisecond)
}

// bind makes sure that the table belongs to the namespace before anything is
// written to it: ids derived in another one would not find their payouts again.
func (d Deployment) bind(ctx context.Context, s Storage) error {
	if err := d.Store.BindNamespace(ctx, payout.Namespace(s.Namespace)); err != nil {
		return fmt.Errorf("ID_NAMESPACE: %w", err)
	}
	return nil
}

// mostAhead is how far RESTORED_AT may be ahead of this clock: a clock is not.
const mostAhead = 10 * time.Minute

// remember tells the table what RESTORED_AT says, so that it knows when that is taken away.
func (d Deployment) remember(ctx context.Context, r Restore) error {
	if ahead := r.RestoredAt.Sub(d.now()); ahead > mostAhead {
		return fmt.Errorf("RESTORED_AT: %s lies ahead by %s, and the table would remember it for ever; it is the time of the restore, in UTC", r.RestoredAt.Format(time.RFC3339), ahead.Round(time.Second))
	}
	if r.RestoredAt.IsZero() {
		return nil
	}
	if err := d.Store.RememberRestore(ctx, r.RestoredAt); err != nil {
		return fmt.Errorf("RESTORED_AT: %w", err)
	}
	return nil
}

// Creator builds the use case behind POST /v1/payouts.
func (d Deployment) Creator(ctx context.Context, c CreateConfig) (*payout.Creator, error) {
	ports, err := d.ports(ctx, c.Common, c.Storage, c.Providers, c.Settings, c.StackKey, c.Restore, refuses)
	if err != nil {
		return nil, err
	}
	return payout.NewCreator(ports, payout.Policy{
		Namespace:       payout.Namespace(c.Namespace),
		Order:           names(c.Order),
		FirstQuery:      d.FirstQuery,
		RestoredAt:      c.RestoredAt,
		Remembered:      ports.Breaker.RestoredAt,
		SameAccounts:    names(c.SameAccounts),
		DuplicateWindow: time.Duration(c.DuplicateWindow),
		RedactAfter:     c.Retention.duration(),
	})
}

// Sweeper builds the use case behind the scheduler's event.
func (d Deployment) Sweeper(ctx context.Context, c ReconcileConfig) (*payout.Sweeper, error) {
	ports, err := d.ports(ctx, c.Common, c.Storage, c.Providers, c.Settings, c.StackKey, c.Restore, waits)
	if err != nil {
		return nil, err
	}
	if ports.Notifier, err = d.notifier(c.Common, c.Storage, c.Webhook, c.Restore); err != nil {
		return nil, err
	}
	rates, err := c.Settings.queryRates()
	if err != nil {
		return nil, inSettings(err)
	}
	return payout.NewSweeper(ports, payout.Policy{
		Namespace:    payout.Namespace(c.Namespace),
		QueuedMaxAge: time.Duration(c.QueuedMaxAge),
		RestoredAt:   c.RestoredAt,
		Remembered:   ports.Breaker.RestoredAt,
		SameAccounts: names(c.SameAccounts),
		RedactAfter:  c.Retention.duration(),
		Reserves:     c.Reserves.amounts(),

		DuplicateWindow:  time.Duration(c.DuplicateWindow),
		QueriesPerSecond: rates,
	}, jitter)
}

// ports builds what every function that submits shares.
func (d Deployment) ports(ctx context.Context, c Common, s Storage, p Providers, tuning Settings, k StackKey, r Restore, opening opening) (payout.Ports, error) {
	unbound := d.bind(ctx, s)
	wired, unconnected := d.connectors(ctx, c, p, tuning, opening)
	keys, keyless := d.stackKey(ctx, k.StackKeySecretID, opening)
	if err := errors.Join(unbound, unconnected, keyless); err != nil {
		return payout.Ports{}, err
	}
	if err := d.remember(ctx, r); err != nil {
		return payout.Ports{}, err
	}
	connectors := map[payout.Provider]payout.Connector{}
	for name, w := range wired {
		connectors[name] = w.Connector
		if opening == later {
			connectors[name] = onOrder{w, name, d.Log}
		}
	}
	breaker := d.breaker(s, p.floor(r.RestoredAt))
	breaker.Refresh(ctx, d.now())
	return payout.Ports{
		Store: d.Store, Connectors: connectors, Signals: d.signals(s),
		Breaker: breaker, Keys: keys, Now: d.now, NewToken: rand.Text, Pause: pause,
		Unconfigured: func(ctx context.Context) bool { return noneFilled(ctx, wired) },
	}, nil
}

// Reader builds what get-payout serves. It writes nothing, so the namespace is
// not checked: a wrong one finds nothing.
func (d Deployment) Reader(c ReadConfig) (edge.Reader, error) {
	banks, err := wire.Banks(c.Settings.Banks)
	if err != nil {
		return edge.Reader{}, inSettings(err)
	}
	return edge.Reader{
		Library: d.Store, Namespace: payout.Namespace(c.Namespace), Banks: banks, RestoredAt: c.RestoredAt,
		Now: d.now, Log: d.Log, Revision: c.Revision, Schema: dynamo.SchemaVersion,
	}, nil
}

// Callback builds what takes one provider's callbacks. It starts even while the secret cannot be
// read: the provider is then asked to come again, which loses nothing.
func (d Deployment) Callback(ctx context.Context, c CallbackConfig) (edge.Callback, error) {
	name := c.Provider.Facts().Name
	breaker, signals := d.breaker(c.Storage, payout.Floor{RestoredAt: c.RestoredAt}), d.signals(c.Storage)
	verifier, err := c.Provider.Verify(d.setup(name, c.Common, Link{SecretID: c.SecretID}, c.Settings, d.verifying(name, breaker)))
	if err != nil {
		return edge.Callback{}, inSettings(err)
	}
	if err := d.bind(ctx, c.Storage); err != nil {
		return edge.Callback{}, err
	}
	breaker.Refresh(ctx, d.now())
	return edge.Callback{
		Provider: name, Verifier: watched{verifier, name, signals}, Signals: signals, Log: d.Log, Lines: loglimit.New(d.now),
		Receiver: payout.NewReceiver(d.Store, signals, payout.Policy{RedactAfter: c.duration()}).Under(breaker, d.now),
	}, nil
}

// verifying are the options of keys that verify callbacks: while no callback is believed, a
// key of before a rotation verifies nothing.
func (d Deployment) verifying(p payout.Provider, breaker *payout.Breaker) secrets.Options {
	o := d.cacheOptions(p)
	o.OnlyCurrent = func(ctx context.Context) bool { return breaker.Belief(ctx, d.now()) == payout.AskFirst }
	return o
}

// watched signals that a callback could not be verified because the keys cannot be read. A
// placeholder is a state and no trouble, and everything else is about the callback.
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
	if err != nil && !aboutIt && !notConfigured(err) {
		w.signals.Signal(ctx, payout.SignalKeysUnread, w.provider, "")
	}
	return claim, err
}

// breaker is a circuit breaker that says so when the controls cannot be read. Whoever posts a callback with
// any signature has them read, so that the lines are bounded.
func (d Deployment) breaker(s Storage, floor payout.Floor) *payout.Breaker {
	lines, signals := loglimit.New(d.now), d.signals(s)
	return payout.NewBreaker(d.Store, floor).OnUnread(func(ctx context.Context, err error, blind bool) {
		if count := lines.Take("controls not read"); count > 0 {
			d.Log.LogAttrs(ctx, slog.LevelError, "controls not read", slog.Int("count", count), slog.Any("error", err))
		}
		if blind {
			signals.Signal(ctx, payout.SignalControlsUnread, "", "")
		}
	})
}

// signals are counted for the stage that the namespace names.
func (d Deployment) signals(s Storage) payout.Signals {
	return d.counted(s)
}

func (d Deployment) counted(s Storage) *telemetry.Signals {
	return telemetry.NewSignals(d.Log, string(s.Namespace), d.now).Of(d.Function, d.Version)
}

// pause waits, or returns early when the caller is gone.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
