package boot

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/wire"
)

// Links are those of the providers, by variables that have their names. They have no tags for the
// environment: a provider more must be a row of pkg/wire, and not a field here (decision 0029).
type Links struct {
	ByProvider map[payout.Provider]wire.Link
}

// addressVariable has the public address of a provider's callback function.
func addressVariable(p payout.Provider) string { return strings.ToUpper(string(p)) + "_CALLBACK_URL" }

// read reads the variables of every provider that is registered. A provider without a secret gets
// an empty link, which means that it is not used.
func (l *Links) read(environment map[string]string) {
	l.ByProvider = map[payout.Provider]wire.Link{}
	for _, p := range payout.Providers() {
		l.ByProvider[p] = wire.Link{SecretID: environment[wire.SecretVariable(p)], CallbackURL: environment[addressVariable(p)]}
	}
}

// variables names what read reads, for the digest of the settings and for whoever lists variables.
func (Links) variables() []string {
	var names []string
	for _, p := range payout.Providers() {
		names = append(names, wire.SecretVariable(p), addressVariable(p))
	}
	return names
}

// CallbackConfig is that of a function that takes one provider's callbacks. Settings are read if
// they change what a callback says: the others must not stop for a fault in them.
type CallbackConfig struct {
	Common
	Storage
	Retention
	Restore
	Provider provider.Provider
	Settings Settings
	SecretID string
}

// ReadCallback reads the configuration of a provider's callback function from the environment.
// Its error names every problem at once.
func ReadCallback(p provider.Provider, environment map[string]string) (CallbackConfig, error) {
	name := p.Facts().Name
	c := CallbackConfig{Provider: p, SecretID: environment[wire.SecretVariable(name)]}
	var problems []error
	read(&c.Common, environment, &problems)
	read(&c.Storage, environment, &problems)
	read(&c.Retention, environment, &problems)
	read(&c.Restore, environment, &problems)
	if p.SettingsVerify() {
		tuning := Tuning{}
		read(&tuning, environment, &problems)
		c.Settings = tuning.Settings
	}
	if c.SecretID == "" {
		problems = append(problems, fmt.Errorf("required environment variable %q is not set", wire.SecretVariable(name)))
	}
	return c, errors.Join(append(problems, c.check())...)
}

// variables has no provider to go by where only the type of the configuration is looked at.
func (c CallbackConfig) variables() []string {
	if c.Provider == nil {
		return nil
	}
	names := []string{wire.SecretVariable(c.Provider.Facts().Name)}
	if c.Provider.SettingsVerify() {
		names = append(names, "PROVIDER_SETTINGS")
	}
	return names
}

// read reads one part of a configuration. It adds to the problems and goes on: all of them are told
// at once.
func read[C any](into *C, environment map[string]string, problems *[]error) {
	part, err := env.ParseAsWithOptions[C](env.Options{Environment: environment})
	*into, *problems = part, append(*problems, byVariable(reflect.TypeFor[C](), environment, err))
}
