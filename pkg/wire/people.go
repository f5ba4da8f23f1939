package wire

import (
	"context"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/people"
	"cambodia-payouts/pkg/secrets"
)

// How old the register may be. Whoever is taken out of it must not go on giving
// orders, so it is read again much sooner than a provider's key, and an outage or a
// document that cannot be read stops orders for two after a few minutes.
const (
	registerTTL      = time.Minute
	registerStaleFor = 5 * time.Minute
)

// leastPersons is how many people orders for two need. Fewer are accepted with a warning: to refuse
// the document would leave the one before it in force, with whoever was just taken out (decision
// 0014).
const leastPersons = 2

// people builds the register, and looks at it once: trouble with it must not stop the
// orders that need none, and should be in the log before somebody needs it at night.
func (a Assembly) people(ctx context.Context) payout.People {
	if a.People == "" {
		return payout.Nobody{}
	}
	register := a.register()
	if held, err := register.Current(ctx); err != nil || !held.IsSet() {
		a.Log.LogAttrs(ctx, slog.LevelWarn, "no usable register of people, orders for two are refused", slog.Any("error", err))
	}
	return people.New(register)
}

func (a Assembly) register() *secrets.Cache[people.Register] {
	warn := func(level slog.Level, message string, value slog.Attr) {
		a.Log.LogAttrs(context.Background(), level, message, value)
	}
	return secrets.NewCache(a.People, a.Secrets, func(document []byte) (people.Register, error) {
		register, err := people.Parse(document)
		if err == nil && register.IsSet() && register.Persons() < leastPersons {
			warn(slog.LevelWarn, "the register names too few people for orders for two", slog.Int("count", register.Persons()))
		}
		return register, err
	}, secrets.Options{TTL: registerTTL, StaleFor: registerStaleFor, Now: a.now, Random: a.chance().Below, Bridged: func(err error) {
		warn(slog.LevelError, "register of people not readable, using the last one that was", slog.Any("error", err))
	}})
}
