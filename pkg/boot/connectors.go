package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/wire"
)

// errNoProvider stops functions that submit: without a provider, every payout
// would be refused, and the deployment would look healthy.
var errNoProvider = errors.New("no provider is configured")

// noProvider says what to set.
func noProvider() error {
	var names []string
	for _, p := range payout.Providers() {
		names = append(names, secretVariable(p))
	}
	return fmt.Errorf("%w: set %s, and replace the placeholders in the secret", errNoProvider, strings.Join(names, " or "))
}

func (d Deployment) cacheOptions(p payout.Provider) secrets.Options {
	return secrets.Options{Now: d.now, Bridged: func(err error) {
		d.Log.LogAttrs(context.Background(), slog.LevelError, "secret not readable, using the last one that was",
			slog.String("provider", string(p)), slog.Any("error", err))
	}}
}

// opening is what a function asks of the providers' secrets, and of the stack key, when it
// starts. Each stack begins with placeholders in every provider's secret.
type opening int

const (
	// refuses: create-payout does not start without a provider, since it would refuse every
	// payout and look healthy.
	refuses opening = iota
	// waits: the sweep has nobody to ask, which is no error. A secret that cannot be read is
	// trouble as ever.
	waits
	// later: operate-payout reads none. Controls are ordered through it, on the night of a
	// hasty rotation too; an order that needs a secret reads it, and says what is missing.
	later
)

// connectors builds a connector for every provider that has a secret, and warms
// its credentials up. Trouble with one provider's secret must not stop payouts at
// the other one: it is logged, and its payouts are refused until it is mended.
func (d Deployment) connectors(ctx context.Context, c Common, p Providers, tuning Settings, opening opening) (map[payout.Provider]provider.Connection, error) {
	wired, err := d.wire(c, p, tuning)
	if err != nil || opening == later && len(wired) > 0 {
		return wired, err
	}
	problems := []error{noProvider()}
	usable := false
	for _, name := range payout.Providers() {
		w, ok := wired[name]
		if !ok {
			continue
		}
		err := w.Warm(ctx)
		if err == nil {
			usable = true
			continue
		}
		problems = append(problems, fmt.Errorf("%s: %w", name, err))
		d.Log.LogAttrs(ctx, slog.LevelWarn, "provider not usable",
			slog.String("provider", string(name)), slog.Any("error", err))
	}
	if usable || opening == waits && noneFilled(ctx, wired) {
		return wired, nil
	}
	return nil, errors.Join(problems...)
}

// noneFilled reports whether every provider's secret is a placeholder still. One that cannot
// be read is not: somebody has to look at it.
func noneFilled(ctx context.Context, wired map[payout.Provider]provider.Connection) bool {
	for _, w := range wired {
		if err := w.Warm(ctx); !errors.Is(err, secrets.ErrNotConfigured) {
			return false
		}
	}
	return len(wired) > 0
}

// wire builds the connectors without reading any secret, and reports every
// problem of the settings at once.
func (d Deployment) wire(c Common, p Providers, tuning Settings) (map[payout.Provider]provider.Connection, error) {
	banks, problem := wire.Banks(tuning.Banks)
	_, faulty := tuning.queryRates()
	if err := errors.Join(problem, faulty); err != nil {
		return nil, inSettings(err)
	}
	wired := map[payout.Provider]provider.Connection{}
	var problems []error
	for _, each := range wire.Providers() {
		name := each.Facts().Name
		link := p.ByProvider[name]
		if link.SecretID == "" {
			continue
		}
		setup := d.setup(name, c, link, tuning, d.cacheOptions(name))
		setup.Banks = banks
		connection, err := each.Connect(setup)
		wired[name], problems = connection, append(problems, err)
	}
	return wired, errors.Join(problems...)
}

// setup is what a provider gets, without the banks.
func (d Deployment) setup(name payout.Provider, c Common, link Link, tuning Settings, caching secrets.Options) provider.Setup {
	return provider.Setup{
		Settings: tuning.Of[name], SecretID: link.SecretID, Secrets: d.Secrets, Caching: caching,
		Insecure: c.Insecure, CallbackURL: link.CallbackURL, Now: d.now, Dial: d.dial,
	}
}

// jitter spreads a wait over a tenth of it to either side.
func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d - time.Duration(tenth) + time.Duration(rand.Int64N(2*tenth+1))
}
