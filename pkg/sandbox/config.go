package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// VexoraAccount is one merchant number at the sandbox's Vexora. Vexora has one per
// currency; the area of the address tells them apart. No field of a Vexora request names a
// currency: the account decides. Two accounts with one secret would make a callback say nothing
// about its currency.
type VexoraAccount struct {
	MerchantNo string
	Secret     string
	Currency   string // KHR or USD
}

// MonetixProject is the project at the sandbox's Monetix. A payment_id is unique within one project
// only, so that there is one project and one ledger.
type MonetixProject struct {
	ProjectID int64
	Secret    string
}

// Config says whom the sandbox knows and how it behaves. A zero field means its
// default. The defaults suit a person who watches a local run; tests shorten the times.
type Config struct {
	// VexoraAccounts by area: the account "cambodia" is at /vexora/cambodia.
	VexoraAccounts map[string]VexoraAccount
	Monetix        MonetixProject
	// CallbackDelay is the time from taking a payout to its end: 800 ms. It is also the wait
	// between two callbacks of one script.
	CallbackDelay time.Duration
	// SlowAnswer is how long the slow script waits: 20 s, longer than anybody does.
	SlowAnswer time.Duration
	// RetryGaps are the waits between deliveries of a callback that was not
	// accepted; after the last one the sandbox gives up, as providers do. The default is about the
	// beginning of the gaps that vexora.md has (2, 5, 10, 30 s, then hours): nobody watches a local
	// run for ten hours.
	RetryGaps []time.Duration
	// Script overrides the choice by account number. What it returns is written into the ledger, so
	// that a restarted sandbox plays the same script to its end.
	Script func(reference, account string) (code string)
	// VexoraExecutesDuplicates makes a repeated tradeNo pay again. What Vexora does
	// is not documented; this is the worst that it could do. A service that survives it does not
	// rely on what nobody has documented.
	VexoraExecutesDuplicates bool
	// AllowCallbackURL says where callbacks may go: to this machine only. The callback address
	// stands in a request, so that without this whoever reaches the sandbox could have it post
	// anywhere.
	AllowCallbackURL func(*url.URL) bool
	// StatePath is the file in which the sandbox remembers everything; none if empty.
	StatePath string
	Now       func() time.Time
}

// deliveries is how many callbacks are on their way at one time. Without a bound a test with
// thousands of payouts would open as many connections at once.
const deliveries = 32

// withDefaults fills the zero fields in. RetryGaps is compared with nil: a list that is empty and
// not nil means that nothing is repeated.
func (c Config) withDefaults() Config {
	if c.CallbackDelay <= 0 {
		c.CallbackDelay = 800 * time.Millisecond
	}
	if c.SlowAnswer <= 0 {
		c.SlowAnswer = 20 * time.Second
	}
	if c.RetryGaps == nil {
		c.RetryGaps = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	}
	if c.AllowCallbackURL == nil {
		c.AllowCallbackURL = onThisMachine
	}
	if c.Script == nil {
		c.Script = byAccount
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// onThisMachine looks at the name and resolves nothing: any other name may lead elsewhere tomorrow.
func onThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// Sandbox plays both providers. An entry is shared with the goroutine that plays it, so that
// whatever changes in it is read and written under the lock.
type Sandbox struct {
	config Config
	http   *http.Client
	stop   context.CancelFunc
	life   context.Context //nolint:containedctx // the life of the sandbox, not of a call
	work   sync.WaitGroup
	slots  chan struct{}

	mu      sync.Mutex // guards all below
	closed  bool
	ledger  map[string]*entry // by provider reference
	hits    int               // requests that followed a redirect
	journal journal
}

// New starts a sandbox. With a StatePath it remembers what it did before, and goes on
// with callbacks that were not delivered. It fails if there is no provider to play, or if the file
// cannot be read to its end: a ledger with a gap could not judge whether somebody was paid twice.
func New(c Config) (*Sandbox, error) {
	c = c.withDefaults()
	if len(c.VexoraAccounts) == 0 && c.Monetix.ProjectID == 0 {
		return nil, errors.New("sandbox: no provider to play")
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &Sandbox{
		config: c, life: ctx, stop: stop, slots: make(chan struct{}, deliveries), ledger: map[string]*entry{},
		http: &http.Client{
			Timeout:       10 * time.Second, // what Vexora's Myanmar page grants
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if err := t.remember(); err != nil {
		stop()
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return t, nil
}

// Close ends all work. Callbacks that are not delivered yet are delivered by the
// next sandbox on the same file. Closed is set before the work is waited for: a payout that arrives
// meanwhile is written down, and played by the next sandbox.
func (t *Sandbox) Close(ctx context.Context) error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	done := make(chan struct{})
	go func() {
		t.work.Wait()
		close(done)
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("sandbox: close: %w", ctx.Err())
	case <-done:
	}
	t.http.CloseIdleConnections()
	return t.journal.close()
}

// wait pauses; false means that the sandbox is closing. A wait that did not end with the sandbox
// would hold Close up as long as the longest script.
func (t *Sandbox) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-t.life.Done():
		return false
	case <-timer.C:
		return true
	}
}
