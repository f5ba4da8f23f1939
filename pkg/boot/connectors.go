package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// errNoProvider stops functions that submit: without a provider, every payout
// would be refused, and the deployment would look healthy.
var errNoProvider = errors.New("no provider is configured: set VEXORA_SECRET_ID or MONETIX_SECRET_ID, " +
	"and replace the placeholders in the secret")

func (d Deployment) vexoraKeys(name string, c Common, o secrets.Options) *secrets.Cache[vexora.Credentials] {
	return secrets.NewCache(name, d.Secrets, func(document []byte) (vexora.Credentials, error) {
		return vexora.ParseCredentials(document, vexora.URLRules{AllowInsecure: c.Insecure})
	}, o)
}

func (d Deployment) monetixKeys(name string, c Common, o secrets.Options) *secrets.Cache[monetix.Credentials] {
	return secrets.NewCache(name, d.Secrets, func(document []byte) (monetix.Credentials, error) {
		return monetix.ParseCredentials(document, monetix.URLRules{AllowInsecure: c.Insecure})
	}, o)
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
	// later: operate-payout reads none. The brakes are pulled through it, on the night of a
	// hasty rotation too; an order that needs a secret reads it, and says what is missing.
	later
)

// connectors builds a connector for every provider that has a secret, and warms
// its credentials up. Trouble with one provider's secret must not stop payouts at
// the other one: it is logged, and its payouts are refused until it is mended.
func (d Deployment) connectors(ctx context.Context, c Common, p Providers, tuning Settings, opening opening) (map[payout.Provider]wiring, error) {
	wired, err := d.wire(c, p, tuning)
	if err != nil || opening == later && len(wired) > 0 {
		return wired, err
	}
	problems := []error{errNoProvider}
	usable := false
	for _, name := range payout.Providers {
		w, ok := wired[name]
		if !ok {
			continue
		}
		err := w.warm(ctx)
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
func noneFilled(ctx context.Context, wired map[payout.Provider]wiring) bool {
	for _, w := range wired {
		if err := w.warm(ctx); !errors.Is(err, vexora.ErrNotConfigured) && !errors.Is(err, monetix.ErrNotConfigured) {
			return false
		}
	}
	return len(wired) > 0
}

// wiring is a connector and the first reading of its credentials.
type wiring struct {
	connector payout.Connector
	warm      func(context.Context) error
}

// wire builds the connectors without reading any secret, and reports every
// problem of the settings at once.
func (d Deployment) wire(c Common, p Providers, tuning Settings) (map[payout.Provider]wiring, error) {
	banks, bankProblem := tuning.directory()
	ofVexora, vexoraProblem := vexora.ParseSettings(tuning.Vexora)
	ofMonetix, monetixProblem := monetix.ParseSettings(tuning.Monetix)
	if err := errors.Join(bankProblem, vexoraProblem, monetixProblem); err != nil {
		return nil, inSettings(err)
	}
	wired := map[payout.Provider]wiring{}
	var problems []error
	if p.VexoraSecretID != "" {
		keys := d.vexoraKeys(p.VexoraSecretID, c, d.cacheOptions(payout.Vexora))
		client, err := vexora.NewClient(vexora.Options{
			Keys: keys, Settings: ofVexora, Banks: banks, CallbackURL: p.VexoraCallbackURL,
			URLRules: vexora.URLRules{AllowInsecure: c.Insecure}, Now: d.now, Dial: d.dial,
		})
		problems = append(problems, err)
		wired[payout.Vexora] = wiring{client, warm(keys)}
	}
	if p.MonetixSecretID != "" {
		keys := d.monetixKeys(p.MonetixSecretID, c, d.cacheOptions(payout.Monetix))
		client, err := monetix.NewClient(monetix.Options{
			Keys: keys, Settings: ofMonetix, Banks: banks, CallbackURL: p.MonetixCallbackURL,
			URLRules: monetix.URLRules{AllowInsecure: c.Insecure}, Now: d.now, Dial: d.dial,
		})
		problems = append(problems, err)
		wired[payout.Monetix] = wiring{client, warm(keys)}
	}
	return wired, errors.Join(problems...)
}

func warm[T any](keys *secrets.Cache[T]) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := keys.Current(ctx)
		return err
	}
}

// jitter spreads a wait over a tenth of it to either side.
func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d - time.Duration(tenth) + time.Duration(rand.Int64N(2*tenth+1))
}
