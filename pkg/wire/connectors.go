package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/webhook"
)

// ErrNoProvider stops functions that submit: without a provider, every payout
// would be refused, and the deployment would look healthy.
var ErrNoProvider = errors.New("no provider is configured")

// noProvider says what to set.
func noProvider() error {
	var names []string
	for _, p := range payout.Providers() {
		names = append(names, SecretVariable(p))
	}
	return fmt.Errorf("%w: set %s, and replace the placeholders in the secret", ErrNoProvider, strings.Join(names, " or "))
}

// SecretVariable is the variable of the environment that names a provider's secret.
func SecretVariable(p payout.Provider) string { return strings.ToUpper(string(p)) + "_SECRET_ID" }

// NotConfigured reports whether an error says that a secret is a placeholder still, which is the
// state of a new stack and no failure.
func NotConfigured(err error) bool {
	return errors.Is(err, secrets.ErrNotConfigured) || errors.Is(err, webhook.ErrNotConfigured)
}

// caching are the options of a provider's secret. A read that fails is bridged by the last document
// that could be read, and logged as an error: payouts go on, and somebody has to look.
func (a Assembly) caching(p payout.Provider) secrets.Options {
	return secrets.Options{Now: a.now, Random: a.chance().Below, Bridged: func(err error) {
		a.Log.LogAttrs(context.Background(), slog.LevelError, "secret not readable, using the last one that was",
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

// opened builds a connector for every provider that has a secret, and warms
// its credentials up. Trouble with one provider's secret must not stop payouts at
// the other one: it is logged, and its payouts are refused until it is mended.
func (a Assembly) opened(ctx context.Context, opening opening) (map[payout.Provider]provider.Connection, error) {
	wired, err := a.connections()
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
		a.Log.LogAttrs(ctx, slog.LevelWarn, "provider not usable",
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

// connections builds the connectors without reading any secret, and reports every
// problem of the settings at once.
func (a Assembly) connections() (map[payout.Provider]provider.Connection, error) {
	banks, problem := Banks(a.Tuning.Banks)
	_, faulty := a.Tuning.queryRates()
	if err := errors.Join(problem, faulty); err != nil {
		return nil, inSettings(err)
	}
	wired := map[payout.Provider]provider.Connection{}
	var problems []error
	for _, each := range rows {
		name := each.Facts().Name
		if a.Links[name].SecretID == "" {
			continue
		}
		setup := a.setup(name, a.caching(name))
		setup.Banks = banks
		connection, err := each.Connect(setup)
		if by := a.Around.Connector; by != nil && err == nil {
			connection.Connector = by(name, connection.Connector)
		}
		wired[name], problems = connection, append(problems, err)
	}
	return wired, errors.Join(problems...)
}

// setup is what a provider gets, without the banks. Callback functions have no banks: a callback
// names none.
func (a Assembly) setup(name payout.Provider, caching secrets.Options) provider.Setup {
	setup := provider.Setup{
		Settings: a.Tuning.Of[name], SecretID: a.Links[name].SecretID, Secrets: a.Secrets, Caching: caching,
		Insecure: a.Insecure, CallbackURL: a.Links[name].CallbackURL, Now: a.now,
	}
	if a.Dial != nil {
		setup.Dial = a.Dial(name)
	}
	return setup
}

// inSettings is what is wrong within PROVIDER_SETTINGS.
func inSettings(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("PROVIDER_SETTINGS: %w", err)
}

// queryRates are how many status queries each provider takes in a second. Every function that opens
// connectors checks them, though the sweep alone uses them: one stack has one PROVIDER_SETTINGS,
// and a fault in it should stop the deployment at the first function.
func (t Tuning) queryRates() (map[payout.Provider]int, error) {
	rates := map[payout.Provider]int{}
	var faults []error
	for _, p := range rows {
		name := p.Facts().Name
		rate, err := p.Rate(t.Of[name])
		rates[name], faults = rate, append(faults, err)
	}
	return rates, errors.Join(faults...)
}

// mappings are the statement mappings with the merchant's changes.
func (t Tuning) mappings() (map[payout.Provider]statement.Mapping, error) {
	mappings := Statements()
	var faults []error
	for name, raw := range t.Statements {
		base, known := mappings[name]
		if !known {
			faults = append(faults, fmt.Errorf("statements: members must name %v", payout.Providers()))
			continue
		}
		mapping, err := statement.ParseMapping(raw, base)
		faults = append(faults, err)
		mappings[name] = mapping
	}
	return mappings, errors.Join(faults...)
}

// onOrder is a connector that an order opens. It reads the secret when the order comes, and not at
// the start; see later.
type onOrder struct {
	provider.Connection
	provider payout.Provider
	log      *slog.Logger
}

// Prepare implements payout.Connector. Whoever gives the order is told that the secret is what
// is missing; why it cannot be read is in the log.
func (o onOrder) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	err := o.Warm(ctx)
	if err == nil || NotConfigured(err) {
		return o.Connector.Prepare(ctx, p)
	}
	o.log.LogAttrs(ctx, slog.LevelError, "provider not usable", slog.String("provider", string(o.provider)), slog.Any("error", err))
	return nil, []payout.Fault{{
		Pointer: "/provider", Code: payout.ProviderNotConfigured,
		Message: "the secret with the credentials of " + string(o.provider) + " cannot be read; nothing was sent. The log of operate-payout says why",
	}}, nil
}
