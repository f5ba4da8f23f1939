package wire

import (
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// Parts are what the use cases stand on. On AWS that is DynamoDB and Secrets Manager; the local
// run brings a file and documents in memory, the simulation a table with faults.
type Parts struct {
	Store   payout.Store
	Secrets secrets.Source
	Log     *slog.Logger
	// Function and Version are Lambda's names of what runs here, by which a deployment goes back;
	// empty elsewhere.
	Function, Version string
	// Now is the clock; nil means the machine's.
	Now func() time.Time
	// Chance is what the machine would give by chance; nil means that it does.
	Chance *Chance
	// Dial reaches a provider; nil means for real. A selftest reaches nobody.
	Dial func(payout.Provider) oneshot.Dialer
	// Around is put around what is built, by whoever shows what happens without it.
	Around Around
}

// Around replaces parts of what is built by others around them; a nil member leaves its part alone.
// The service itself puts nothing around anything. The simulation does, to see that its judge
// notices what is taken away.
type Around struct {
	Policy    func(payout.Policy) payout.Policy
	Connector func(payout.Provider, payout.Connector) payout.Connector
	Verifier  func(payout.Verifier) payout.Verifier
	Endpoint  func(payout.Endpoint) payout.Endpoint
	People    func(payout.People) payout.People
}

// wrapped is a part with what is put around it.
func wrapped[T any](part T, by func(T) T) T {
	if by == nil {
		return part
	}
	return by(part)
}

// Chance replaces what differs from run to run, where a run has to be told again.
type Chance struct {
	// NewToken draws a token that is never drawn again.
	NewToken func() string
	// Pause waits between two tries of an unclear write.
	Pause func(context.Context, time.Duration)
	// Jitter spreads a wait, so that processes do not come back together.
	Jitter func(time.Duration) time.Duration
	// Below is a number from 0 to below n, by which secrets are read again at other times.
	Below func(n int64) int64
	// InTurn: what could be done side by side is done one after the other.
	InTurn bool
}

// byMachine is the chance of a machine.
var byMachine = Chance{NewToken: rand.Text, Pause: pause, Jitter: jitter, Below: mathrand.Int64N}

func (p Parts) chance() Chance {
	if p.Chance == nil {
		return byMachine
	}
	return *p.Chance
}

// now is the time in UTC and in the milliseconds that the stores keep, so that a
// time that was read back equals the one that was written.
func (p Parts) now() time.Time {
	clock := p.Now
	if clock == nil {
		clock = time.Now
	}
	return clock().UTC().Truncate(time.Millisecond)
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

// jitter spreads a wait over a tenth of it to either side.
func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d - time.Duration(tenth) + time.Duration(mathrand.Int64N(2*tenth+1))
}

// Settings are what one function is told. Each function reads the members that it uses.
type Settings struct {
	// Policy is what the domain decides by. What the table remembers of restores, and how
	// often a provider may be asked, are added here.
	Policy payout.Policy
	// Floor is what the stack holds, whatever people order; when the table was restored says Policy.
	Floor payout.Floor
	// Links are those of the providers; one without a secret is not used.
	Links  map[payout.Provider]Link
	Tuning Tuning
	// StackKey, People and Webhook are the names of secrets; empty: there is none.
	StackKey, People, Webhook string
	// Outflow is the most that may be submitted in one hour; empty means that nobody counts.
	Outflow payout.OutflowLimits
	// Insecure is DEV_INSECURE.
	Insecure bool
	// Revision names what was deployed, Schema the version of the items that the store writes.
	Revision string
	Schema   int
}

// Link is what the settings say of one provider.
type Link struct {
	// SecretID names the secret with the credentials; none means that the provider is not used.
	SecretID string
	// CallbackURL is where the provider sends its callbacks.
	CallbackURL string
}

// Tuning is what PROVIDER_SETTINGS holds: what the go-live checklist decides, per provider, and
// changes to the bank directory.
type Tuning struct {
	// Of has each provider's member.
	Of    map[payout.Provider][]byte
	Banks map[bank.Slug]bank.Override
	// Statements says how to read each provider's statements.
	Statements map[payout.Provider][]byte
}

// Assembly builds the use cases of one function.
type Assembly struct {
	Parts
	Settings
}
