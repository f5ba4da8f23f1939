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
// currency; the area of the address tells them apart.
type VexoraAccount struct {
	MerchantNo string
	Secret     string
	Currency   string // KHR or USD
}

// MonetixProject is the project at the sandbox's Monetix.
type MonetixProject struct {
	ProjectID int64
	Secret    string
}

// Config says whom the sandbox knows and how it behaves. A zero field means its
// default.
type Config struct {
	// VexoraAccounts by area: the account "cambodia" is at /vexora/cambodia.
	VexoraAccounts map[string]VexoraAccount
	Monetix        MonetixProject
	// CallbackDelay is the time from taking a payout to its end: 800 ms.
	CallbackDelay time.Duration
	// SlowAnswer is how long the slow script waits: 20 s, longer than anybody does.
	SlowAnswer time.Duration
	// RetryGaps are the waits between deliveries of a callback that was not
	// accepted; after the last one the sandbox gives up, as providers do.
	RetryGaps []time.Duration
	// Script overrides the choice by account number.
	Script func(reference, account string) (code string)
	// VexoraExecutesDuplicates makes a repeated tradeNo pay again. What Vexora does
	// is not documented; this is the worst that it could do.
	VexoraExecutesDuplicates bool
	// AllowCallbackURL says where callbacks may go: to this machine only.
	AllowCallbackURL func(*url.URL) bool
	// StatePath is the file in which the sandbox remembers everything; none if empty.
	StatePath string
	Now       func() time.Time
}

// deliveries is how many callbacks are on their way at one time.
const deliveries = 32

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

func onThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// Sandbox plays both providers.
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
// with callbacks that were not delivered.
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
// next sandbox on the same file.
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

// wait pauses; false means that the sandbox is closing.
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
