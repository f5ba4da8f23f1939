package provider

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Keys are rotating credentials; *secrets.Cache is one.
type Keys[C any] interface {
	// Current is what to sign with.
	Current(ctx context.Context) (C, error)
	// Verifying is what a callback may be signed with, the current set first.
	Verifying(ctx context.Context) ([]C, error)
	// Refresh reads the secret again, and tells whether it changed.
	Refresh(ctx context.Context) (bool, error)
}

// URLRules say which addresses besides https are acceptable. Plain http to this
// machine always is, for a sandbox.
type URLRules struct {
	// AllowInsecure is DEV_INSECURE: http to host.docker.internal, and callback
	// addresses on http.
	AllowInsecure bool
}

// TakesCallbacks reports whether a provider may be told to send callbacks to an address: https only,
// since a callback carries people's names, but for a sandbox on a developer's machine.
func (r URLRules) TakesCallbacks(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || r.AllowInsecure && u.Scheme == "http")
}

// BaseURL reads a provider's address: https, or http to this machine.
func (r URLRules) BaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must be an https address without user, query or fragment")
	}
	if u.Scheme == "https" || (u.Scheme == "http" && r.local(u.Hostname())) {
		u.Path = strings.TrimSuffix(u.Path, "/")
		return u, nil
	}
	return nil, errors.New("must be an https address")
}

func (r URLRules) local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback()) ||
		(r.AllowInsecure && host == "host.docker.internal")
}
