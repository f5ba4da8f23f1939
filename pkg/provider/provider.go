package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/statement"
)

// Provider is all that the service knows of one provider.
type Provider interface {
	// Facts are what decides about money, and the name.
	Facts() payout.ProviderFacts
	// BankCodes is how it names banks.
	BankCodes() bank.Codes
	// Statement is how its statements are read until the merchant sets another mapping.
	Statement() statement.Mapping
	// SettingsVerify reports whether its member of PROVIDER_SETTINGS changes what a callback says.
	SettingsVerify() bool

	// Rate is how many status queries a second its settings allow, 0 for as many as are due.
	// Its error names every fault of the settings.
	Rate(settings []byte) (int, error)
	// Connect builds what submits and asks. It reads no secret.
	Connect(s Setup) (Connection, error)
	// Verify builds what verifies callbacks. It reads no secret.
	Verify(s Setup) (payout.Verifier, error)

	// Samples are payouts that every configuration should be able to express, for a selftest.
	Samples() []Sample
	// Prove has the verifier read a callback about a payout that the provider could have sent,
	// and refuse it with another amount, all in memory. An account that is not configured is
	// [secrets.ErrNotConfigured].
	Prove(ctx context.Context, s Setup, sample payout.Payout) error
}

// Setup is what a deployment gives to a provider.
type Setup struct {
	// Settings is the provider's member of PROVIDER_SETTINGS; nothing means the defaults.
	Settings []byte
	// SecretID names the secret with the credentials, in Secrets.
	SecretID string
	Secrets  secrets.Source
	Caching  secrets.Options
	// Insecure is DEV_INSECURE; see [URLRules].
	Insecure    bool
	Banks       bank.Directory
	CallbackURL string
	Now         func() time.Time
	// Dial reaches the provider; nil means oneshot.Direct.
	Dial oneshot.Dialer
}

// Connection is a connector and the first reading of its credentials.
type Connection struct {
	payout.Connector
	// Warm reads the credentials. A placeholder is [secrets.ErrNotConfigured].
	Warm func(context.Context) error
}

// Sample says what a sample payout of a selftest is.
type Sample struct {
	Currency money.Currency
	// Destination is one that is enabled; [secrets.ErrNotConfigured] if none is.
	Destination func(bank.Directory) (payout.Destination, error)
}

// Room is what one provider's room brings, over its own credentials C and settings S.
type Room[C, S any] struct {
	Facts          payout.ProviderFacts
	BankCodes      bank.Codes
	Statement      statement.Mapping
	SettingsVerify bool
	Samples        []Sample

	// Credentials reads the secret's document.
	Credentials func(document []byte, rules URLRules) (C, error)
	// Settings reads the provider's member of PROVIDER_SETTINGS; nothing means the defaults.
	Settings func(raw []byte) (S, error)
	// Rate is the member queries_per_second.
	Rate      func(S) int
	Connector func(Parts[C, S]) (payout.Connector, error)
	Verifier  func(Keys[C], S, func() time.Time) payout.Verifier
	// Callback is what the provider would post about a payout that succeeded, signed.
	Callback func(C, payout.Payout) ([]byte, error)
}

// Parts are those of a connector. Timeout may be zero for [payout.AnswerWithin].
type Parts[C, S any] struct {
	Keys        Keys[C]
	Settings    S
	Banks       bank.Directory
	CallbackURL string
	URLRules    URLRules
	Now         func() time.Time
	Timeout     time.Duration
	// Dial reaches the provider; nil means oneshot.Direct.
	Dial oneshot.Dialer
}

// Complete fills in what may be left out. It is an error to leave out keys or clock.
func (p Parts[C, S]) Complete() (Parts[C, S], error) {
	if p.Keys == nil || p.Now == nil {
		return p, errors.New("keys and clock are required")
	}
	if p.Timeout <= 0 {
		p.Timeout = payout.AnswerWithin
	}
	if p.Dial == nil {
		p.Dial = oneshot.Direct
	}
	return p, nil
}

// New is the provider that a room describes.
func New[C, S any](r Room[C, S]) Provider { return room[C, S]{r} }

type room[C, S any] struct{ Room[C, S] }

func (r room[C, S]) Facts() payout.ProviderFacts  { return r.Room.Facts }
func (r room[C, S]) BankCodes() bank.Codes        { return r.Room.BankCodes }
func (r room[C, S]) Statement() statement.Mapping { return r.Room.Statement }
func (r room[C, S]) SettingsVerify() bool         { return r.Room.SettingsVerify }
func (r room[C, S]) Samples() []Sample            { return r.Room.Samples }

// keys are those of a setup.
func (r room[C, S]) keys(s Setup) *secrets.Cache[C] {
	return secrets.NewCache(s.SecretID, s.Secrets, func(document []byte) (C, error) {
		return r.Credentials(document, URLRules{AllowInsecure: s.Insecure})
	}, s.Caching)
}

// Rate implements Provider.
func (r room[C, S]) Rate(settings []byte) (int, error) {
	read, err := r.Settings(settings)
	return r.Room.Rate(read), err
}

// Connect implements Provider.
func (r room[C, S]) Connect(s Setup) (Connection, error) {
	settings, err := r.Settings(s.Settings)
	if err != nil {
		return Connection{}, err
	}
	keys := r.keys(s)
	connector, err := r.Connector(Parts[C, S]{
		Keys: keys, Settings: settings, Banks: s.Banks, CallbackURL: s.CallbackURL,
		URLRules: URLRules{AllowInsecure: s.Insecure}, Now: s.Now, Dial: s.Dial,
	})
	return Connection{connector, func(ctx context.Context) error {
		_, err := keys.Current(ctx)
		return err
	}}, err
}

// Verify implements Provider.
func (r room[C, S]) Verify(s Setup) (payout.Verifier, error) {
	settings, err := r.Settings(s.Settings)
	return r.Verifier(r.keys(s), settings, s.Now), err
}

// Prove implements Provider.
func (r room[C, S]) Prove(ctx context.Context, s Setup, sample payout.Payout) error {
	settings, err := r.Settings(s.Settings)
	if err != nil {
		return err
	}
	held, err := r.keys(s).Current(ctx)
	if err != nil {
		return err
	}
	body, err := r.Callback(held, sample)
	if err != nil {
		return err
	}
	return believes(ctx, r.Verifier(fixed[C]{held}, settings, s.Now), body, sample)
}

// Unserved is the fault of a payout whose secret is a placeholder.
func Unserved(name string) []payout.Fault {
	return []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured, Message: fmt.Sprintf("%s has no credentials", name)}}
}
