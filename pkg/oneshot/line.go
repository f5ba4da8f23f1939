package oneshot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Why a request was not sent, besides the errors of dialling.
var (
	ErrUsed   = errors.New("oneshot: the line has been used or closed")
	ErrTarget = errors.New("oneshot: not a target that the line can reach")
	ErrHeader = errors.New("oneshot: header not allowed")
)

// Config is how lines are dialled and how much of an answer is read. A zero
// field means its default.
type Config struct {
	// DialTimeout bounds DNS, TCP and TLS together: 5 seconds.
	DialTimeout time.Duration
	// TLS is cloned; versions below 1.2 are never spoken (both providers ask for
	// 1.2 or newer).
	TLS *tls.Config
	// MaxAnswer is the longest answer body in bytes: 64 KiB.
	MaxAnswer int64
	// UserAgent goes out with every request.
	UserAgent string
	// DialContext replaces the TCP dialler, for tests.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

func (c Config) withDefaults() Config {
	if c.DialTimeout <= 0 {
		c.DialTimeout = 5 * time.Second
	}
	if c.MaxAnswer <= 0 {
		c.MaxAnswer = 64 << 10
	}
	if c.UserAgent == "" {
		c.UserAgent = "cambodia-payouts"
	}
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{}).DialContext
	}
	return c
}

// Connection carries one request. *Line is the real one.
type Connection interface {
	Post(ctx context.Context, r Request) Result
	Close()
}

// Dialer starts a connection to the target's host. The simulation brings one that
// loses what it likes.
type Dialer func(ctx context.Context, target *url.URL) Connection

// Direct dials with the defaults of [Config].
func Direct(ctx context.Context, target *url.URL) Connection { return Dial(ctx, target, Config{}) }

// Dialed is one connection being dialled, good for one request. Close it in any
// case; only then nothing is left behind.
type Dialed struct {
	config Config
	target url.URL
	cancel context.CancelFunc
	dialed chan struct{} // closed once conn and err are set

	mu     sync.Mutex // guards all below
	conn   net.Conn
	err    error
	used   bool
	closed bool
}

// Dial starts a connection to the target's host and returns at once. The context
// bounds the dialling only; a connection that is there outlives it.
func Dial(ctx context.Context, target *url.URL, cfg Config) *Dialed {
	l := &Dialed{config: cfg.withDefaults(), dialed: make(chan struct{})}
	if target != nil {
		l.target = *target
	}
	ctx, l.cancel = context.WithTimeout(ctx, l.config.DialTimeout)
	go l.dial(ctx)
	return l
}

func (l *Dialed) dial(ctx context.Context) {
	defer close(l.dialed)
	defer l.cancel()
	conn, err := l.connect(ctx)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn, l.err = conn, err
	if l.closed && conn != nil {
		_ = conn.Close() // nobody waits for it any more
	}
}

func (l *Dialed) connect(ctx context.Context) (net.Conn, error) {
	port, err := l.port()
	if err != nil {
		return nil, err
	}
	conn, err := l.config.DialContext(ctx, "tcp", net.JoinHostPort(l.target.Hostname(), port))
	if err != nil || l.target.Scheme == "http" {
		return conn, err
	}
	secured := tls.Client(conn, l.tls())
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("oneshot: TLS: %w", err)
	}
	return secured, nil
}

func (l *Dialed) port() (string, error) {
	defaults := map[string]string{"http": "80", "https": "443"}
	port, known := defaults[l.target.Scheme]
	if !known || l.target.Hostname() == "" {
		return "", ErrTarget
	}
	if explicit := l.target.Port(); explicit != "" {
		port = explicit
	}
	return port, nil
}

func (l *Dialed) tls() *tls.Config {
	c := &tls.Config{}
	if l.config.TLS != nil {
		c = l.config.TLS.Clone()
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.NextProtos = []string{"http/1.1"}
	if c.ServerName == "" {
		c.ServerName = l.target.Hostname()
	}
	return c
}

// take waits for the connection and hands it out, once in the line's life.
func (l *Dialed) take(ctx context.Context) (net.Conn, error) {
	if !l.claim() {
		return nil, ErrUsed
	}
	select {
	case <-l.dialed:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if ctx.Err() != nil { // both were ready: too late is too late
		return nil, context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn, l.err
}

func (l *Dialed) claim() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used || l.closed {
		return false
	}
	l.used = true
	return true
}

// Close abandons the line: dialling stops, a connection is closed. It may be
// called at any time, more than once, and while a request is under way, which
// then ends as Lost.
func (l *Dialed) Close() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close() // closing twice is harmless, and its error says nothing
	}
}

// transport speaks HTTP/1.1 over the given connection and no other.
func transport(conn net.Conn) *http.Transport {
	var once sync.Once
	handOver := func(context.Context, string, string) (net.Conn, error) {
		c, err := net.Conn(nil), error(ErrUsed)
		once.Do(func() { c, err = conn, nil })
		return c, err
	}
	return &http.Transport{
		Proxy:                  nil, // a proxy from the environment would see the order, and may repeat it
		DialContext:            handOver,
		DialTLSContext:         handOver, // the handshake is done already
		DisableKeepAlives:      true,
		DisableCompression:     true, // the limit counts the bytes that we keep
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxResponseHeaderBytes: 64 << 10,
	}
}
