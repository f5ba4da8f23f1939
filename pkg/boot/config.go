package boot

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/caarlos0/env/v11"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/wire"
)

// Common is what every function reads. Function and SAMLocal are set by Lambda and by sam local;
// nobody else sets them.
type Common struct {
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"INFO"`
	// Insecure allows plain http to this machine; see DEV_INSECURE in the README.
	Insecure bool   `env:"DEV_INSECURE"`
	Function string `env:"AWS_LAMBDA_FUNCTION_NAME"`
	SAMLocal bool   `env:"AWS_SAM_LOCAL"`
	// Revision names what was deployed: code, template and parameters together.
	Revision string `env:"REVISION"`
}

// check refuses what would make a deployed function talk over plain http.
func (c Common) check() error {
	if c.Insecure && c.Function != "" && !c.SAMLocal {
		return errors.New("DEV_INSECURE must not be set on Lambda")
	}
	return nil
}

// Storage names the table and the namespace that its ids are derived in.
type Storage struct {
	TableName string    `env:"TABLE_NAME,required,notEmpty"`
	Namespace Namespace `env:"ID_NAMESPACE,required,notEmpty"`
}

// Namespace is the value of ID_NAMESPACE. It must never change for a table: ids that were derived
// in another one find nothing.
type Namespace payout.Namespace

// namespaceFormat has no zero byte, which separates the namespace from the reference in the hash of
// an id (decision 0001).
var namespaceFormat = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Namespace) UnmarshalText(text []byte) error {
	if !namespaceFormat.Match(text) {
		return errors.New("must be 1 to 64 letters, digits and . _ -")
	}
	*n = Namespace(text)
	return nil
}

// Providers is what the functions that submit know about the providers, and what the stack
// holds of it. Each of them obeys all of it: what one function let wait, another one sends.
type Providers struct {
	Caps
	Links
	Paused      []Provider  `env:"PAUSED_PROVIDERS"`
	Submissions Submissions `env:"SUBMISSIONS" envDefault:"active"`
}

// Routing is how create-payout chooses among them. The first of the order that serves bank and
// currency takes a payout that names no provider.
type Routing struct {
	Order []Provider `env:"PROVIDER_ORDER" envDefault:"monetix,vexora"`
}

// Provider is one name in PROVIDER_ORDER or PAUSED_PROVIDERS. A name that is misspelt stops the
// start: a provider that somebody believes to be paused would go on.
type Provider payout.Provider

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Provider) UnmarshalText(text []byte) error {
	if !payout.Known(payout.Provider(text)) {
		return fmt.Errorf("must name %v", payout.Providers())
	}
	*p = Provider(text)
	return nil
}

// Submissions is the value of SUBMISSIONS: "active", or "held" to queue every
// payout and send none (after a restore, say). It is a type of its own, and not a flag, so that
// "hold" or "false" is refused and not taken for one of the two.
type Submissions bool

// The values of Submissions.
const (
	SubmissionsActive Submissions = true
	SubmissionsHeld   Submissions = false
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Submissions) UnmarshalText(text []byte) error {
	switch string(text) {
	case "active":
		*s = SubmissionsActive
	case "held":
		*s = SubmissionsHeld
	default:
		return errors.New(`must be "active" or "held"`)
	}
	return nil
}

// floor is what the stack holds, whatever people order. People can tighten the controls below it,
// and never loosen them above (decision 0024).
func (p Providers) floor() payout.Floor {
	return payout.Floor{
		Held: p.held(),
		Caps: map[money.Currency]money.Amount{money.KHR: p.Caps.KHR.Amount, money.USD: p.Caps.USD.Amount},
	}
}

// held says why each provider may not be submitted to. SUBMISSIONS=held wins over a pause of one
// provider: it is the wider of the two, and the reason that readers are shown.
func (p Providers) held() map[payout.Provider]payout.QueuedReason {
	held := map[payout.Provider]payout.QueuedReason{}
	for _, name := range names(p.Paused) {
		held[name] = payout.QueuedPaused
	}
	if p.Submissions == SubmissionsHeld {
		for _, name := range payout.Providers() {
			held[name] = payout.QueuedHeld
		}
	}
	return held
}

// names takes the types of the environment off; their values have been checked by then.
func names[P ~string](list []P) []payout.Provider {
	converted := make([]payout.Provider, len(list))
	for i, p := range list {
		converted[i] = payout.Provider(p)
	}
	return converted
}

// Caps is the most that one payout may move. There is always a cap: the defaults
// are the highest limits known for Cambodian bank payouts. A cap stops the mistake of a hundred
// times the amount, and a stack that forgot to set one would be without it.
type Caps struct {
	KHR KHRCap `env:"MAX_AMOUNT_KHR" envDefault:"60000000"`
	USD USDCap `env:"MAX_AMOUNT_USD" envDefault:"10000"`
}

// KHRCap is an amount in riel, USDCap one in dollars. They are two types, since the variable
// decides the currency, and its text is a bare number.
type (
	KHRCap struct{ money.Amount }
	USDCap struct{ money.Amount }
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *KHRCap) UnmarshalText(text []byte) (err error) {
	c.Amount, err = money.Parse(string(text), money.KHR)
	return err
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *USDCap) UnmarshalText(text []byte) (err error) {
	c.Amount, err = money.Parse(string(text), money.USD)
	return err
}

// Reserves is the balance below which somebody should top up. Empty means that
// balances are measured and raise nothing.
type Reserves struct {
	KHR KHRCap `env:"LOW_BALANCE_KHR"`
	USD USDCap `env:"LOW_BALANCE_USD"`
}

// amounts are the reserves that are set. One that is not set is left out: its balance is measured,
// and raises nothing.
func (r Reserves) amounts() map[money.Currency]money.Amount {
	set := map[money.Currency]money.Amount{}
	for _, a := range []money.Amount{r.KHR.Amount, r.USD.Amount} {
		if !a.IsZero() {
			set[a.Currency()] = a
		}
	}
	return set
}

// Restore says that the table came out of a backup. Functions that the table may not tell yet, since
// nobody has told it, know it by that.
type Restore struct {
	// RestoredAt is set after a restore, until the statements of the lost time have
	// been imported.
	RestoredAt time.Time `env:"RESTORED_AT"`
}

// Caution is what holds payouts back that somebody has to look at first.
type Caution struct {
	Restore
	// SameAccounts says, after a restore, of which providers people have seen that the secret
	// names the account that the lost table used, and that nothing has changed it since the
	// backup.
	SameAccounts []Refusing `env:"SAME_ACCOUNTS"`
	// DuplicateWindow is how long the same money to the same recipient is held,
	// however the first payout ended; zero means while that one is not settled.
	DuplicateWindow Window `env:"DUPLICATE_WINDOW" envDefault:"0s"`
}

// Refusing is one name in SAME_ACCOUNTS: a provider that documents that it refuses a repeated
// reference. For another one the same account would prove nothing.
type Refusing payout.Provider

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Refusing) UnmarshalText(text []byte) error {
	if !slices.Contains(payout.Refusing(), payout.Provider(text)) {
		return fmt.Errorf("must name %v: no other provider documents that it refuses a repeated reference", payout.Refusing())
	}
	*r = Refusing(text)
	return nil
}

// Window is a duration of zero or more, such as "24h". Zero is a window too: it means that only an
// unsettled payout holds another one.
type Window time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Window) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return errors.New("must be a duration of zero or more, such as 24h")
	}
	*w = Window(d)
	return nil
}

// Retention is how long personal data is kept.
type Retention struct {
	RedactAfter Days `env:"REDACT_AFTER_DAYS" envDefault:"365"`
}

// Days is a number of days from 0, which means for ever, to 3650.
type Days int

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Days) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > 3650 {
		return errors.New("must be a number of days from 0 to 3650")
	}
	*d = Days(n)
	return nil
}

// duration is in whole days of 24 hours; zero means for ever.
func (r Retention) duration() time.Duration { return time.Duration(r.RedactAfter) * 24 * time.Hour }

// Age is the age at which a queued payout is held.
type Age struct {
	QueuedMaxAge WaitingTime `env:"QUEUED_MAX_AGE" envDefault:"1h"`
}

// WaitingTime is a duration of more than zero, such as "90m", and at most a week: see
// [payout.MostQueuedMaxAge].
type WaitingTime time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *WaitingTime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 || d > payout.MostQueuedMaxAge {
		return errors.New("must be a duration of more than zero, such as 90m, and at most 168h")
	}
	*w = WaitingTime(d)
	return nil
}

// StackKey names the secret with the key of hashes over personal data. The functions that
// compute such a hash need it: those that create, look for duplicates or redact.
type StackKey struct {
	StackKeySecretID string `env:"STACK_KEY_SECRET_ID,required,notEmpty"`
}

// People names the secret with the register of people. Without it, and while the
// secret is a placeholder, nobody can give an order for two.
type People struct {
	PeopleSecretID string `env:"PEOPLE_SECRET_ID"`
}

// Webhook names the secret with the merchant's endpoint. Without it, and while the
// secret is a placeholder, there is the feed alone.
type Webhook struct {
	SecretID string `env:"WEBHOOK_SECRET_ID"`
}

// Config is the configuration of one function. Its methods are of this package alone, so that a
// function can have no configuration that was not checked.
type Config interface {
	common() Common
	storage() Storage
	check() error
	// settings are what the use cases are told.
	settings() wire.Settings
	// proofs are what the function's selftest tries.
	proofs(a wire.Assembly) []wire.Proof
}

func (c Common) common() Common    { return c }
func (s Storage) storage() Storage { return s }

// Read reads a configuration from the environment. Its error names every problem
// at once.
func Read[C Config](environment map[string]string) (C, error) {
	config, err := env.ParseAsWithOptions[C](env.Options{Environment: environment})
	// The variables of the providers are named after them, which a struct tag cannot say.
	if linked, is := any(&config).(interface{ read(map[string]string) }); is {
		linked.read(environment)
	}
	return config, errors.Join(byVariable(reflect.TypeFor[C](), environment, err), config.check())
}
