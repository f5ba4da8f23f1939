package boot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/wire"
)

// What each function's selftest tries. Nothing here writes to the table, dials a
// provider or tells a merchant: samples are made, signed and read in memory, with the
// configured secrets and settings. Of the table the controls are read, by those that obey them.

func (c CreateConfig) proofs(d Deployment) []proof {
	return append(d.requestProofs(c.Common, c.Providers, c.Settings), d.controlsProof())
}

// operate-payout starts without the stack key, so that its selftest has to look.
func (c OperateConfig) proofs(d Deployment) []proof {
	return append(d.requestProofs(c.Common, c.Providers, c.Settings), d.controlsProof(), proof{"stack key", func(ctx context.Context) error {
		keys, err := d.stackKey(ctx, c.StackKeySecretID, later)
		if err == nil {
			_, err = keys.Current(ctx)
		}
		return err
	}})
}

func (c ReconcileConfig) proofs(d Deployment) []proof {
	return append(d.requestProofs(c.Common, c.Providers, c.Settings), d.controlsProof(), d.eventProof(c.Common, c.Webhook))
}

func (c NotifyConfig) proofs(d Deployment) []proof {
	return []proof{d.controlsProof(), d.eventProof(c.Common, c.Webhook)}
}

func (c ReadConfig) proofs(d Deployment) []proof {
	return []proof{{"payout encoded", func(ctx context.Context) error { return d.encodes(ctx, c) }}, d.controlsProof()}
}

func (c CallbackConfig) proofs(d Deployment) []proof {
	all, samples := []proof{d.controlsProof()}, c.Provider.Samples()
	for _, sample := range samples {
		what := string(c.Provider.Facts().Name) + " callback"
		if len(samples) > 1 {
			what += " " + string(sample.Currency)
		}
		all = append(all, proof{what, func(ctx context.Context) error { return d.verifies(ctx, c, sample.Currency) }})
	}
	return all
}

// verifies has the function's verifier read a callback of the provider's.
func (d Deployment) verifies(ctx context.Context, c CallbackConfig, currency money.Currency) error {
	name := c.Provider.Facts().Name
	setup := d.setup(name, c.Common, Link{SecretID: c.SecretID}, c.Settings, d.cacheOptions(name))
	return c.Provider.Prove(ctx, setup, d.sample(name, currency, payout.Destination{}))
}

// controlsProof reads the controls. Who cannot (a right that is missing, an entry that this
// version does not understand) would hold everything, believe no callback, and show no payout.
func (d Deployment) controlsProof() proof {
	return proof{"controls read", func(ctx context.Context) error {
		_, err := d.Store.Shared(ctx)
		return err
	}}
}

// sampleID is derived from no reference that anybody could post: a claim about it is an
// orphan.
const sampleID = payout.ID("po_selftestselftestselftestse")

// sample is a payout that every configuration should be able to express.
func (d Deployment) sample(p payout.Provider, currency money.Currency, to payout.Destination) payout.Payout {
	amount, err := money.Parse("50000", currency)
	if err != nil {
		panic(err) // both currencies take whole units
	}
	at := d.now()
	return payout.Payout{
		ID: sampleID, Reference: "selftest", Provider: p, Attempt: 1, Status: payout.Succeeded, Amount: amount, Destination: to,
		Beneficiary: payout.Beneficiary{
			ID: "selftest", FirstName: "Self", LastName: "Test", Email: "selftest@example.com", Phone: "+855 12 345 678", IPAddress: "198.51.100.47",
		},
		History:   []payout.Entry{{At: at, Source: payout.FromCallback, Status: payout.Succeeded, Finding: payout.FoundSucceeded}},
		CreatedAt: at, UpdatedAt: at, CompletedAt: at, StatusAt: at,
	}
}

// own is a payout that is nobody's in particular, for what says nothing of providers.
func (d Deployment) own() payout.Payout {
	return d.sample(payout.Providers()[0], money.KHR, payout.Destination{
		Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_" + provider.SampleNumber, AccountNumber: provider.SampleNumber,
	})
}

// unsent is a connection that was never dialled.
type unsent struct{}

func neverDialled(context.Context, *url.URL) oneshot.Connection { return unsent{} }

func (unsent) Post(context.Context, oneshot.Request) oneshot.Result {
	return oneshot.Result{Outcome: oneshot.NotSent}
}
func (unsent) Close() {}

// requestProofs build and sign a request for every provider and currency.
func (d Deployment) requestProofs(c Common, p Providers, tuning Settings) []proof {
	d.dial = neverDialled
	var all []proof
	for _, each := range wire.Providers() {
		name := each.Facts().Name
		for _, sample := range each.Samples() {
			all = append(all, proof{string(name) + " request " + string(sample.Currency), func(ctx context.Context) error {
				banks, unreadable := wire.Banks(tuning.Banks)
				to, err := sample.Destination(banks)
				if err := errors.Join(unreadable, err); err != nil {
					return err
				}
				return d.signs(ctx, c, p, tuning, d.sample(name, sample.Currency, to))
			}})
		}
	}
	return all
}

func (d Deployment) signs(ctx context.Context, c Common, p Providers, tuning Settings, sample payout.Payout) error {
	wired, err := d.wire(c, p, tuning)
	if err != nil {
		return err
	}
	w, there := wired[sample.Provider]
	if !there {
		return fmt.Errorf("%s has no secret: %w", sample.Provider, secrets.ErrNotConfigured)
	}
	if err := w.Warm(ctx); err != nil {
		return err
	}
	_, faults, err := w.Prepare(ctx, sample)
	if err == nil && len(faults) > 0 {
		err = inWords(faults[0])
	}
	return err
}

// inWords tells an account that is not there from a setting that is wrong.
func inWords(fault payout.Fault) error {
	if fault.Pointer == "/currency" && fault.Code == payout.ProviderNotConfigured {
		return fmt.Errorf("%s: %w", fault.Message, secrets.ErrNotConfigured)
	}
	return fmt.Errorf("%s: %s", fault.Pointer, fault.Message)
}

// eventProof signs an event as the merchant would get it.
func (d Deployment) eventProof(c Common, w Webhook) proof {
	return proof{"event signed", func(ctx context.Context) error {
		event := d.own().Events()[0]
		body, err := json.Marshal(event)
		if err != nil {
			return err
		}
		return d.endpoint(c, w).Prove(ctx, payout.Message{ID: event.ID, Body: body})
	}}
}

// oneItem is a library that holds the sample and nothing else.
type oneItem struct {
	edge.Library
	sample payout.Payout
}

func (o oneItem) Get(context.Context, payout.ID) (payout.Payout, error) { return o.sample, nil }

func (oneItem) Shared(context.Context) (payout.Shared, error) { return payout.Shared{}, nil }

// encodes answers a request for the sample and looks at the answer.
func (d Deployment) encodes(ctx context.Context, c ReadConfig) error {
	reader, err := d.Reader(c)
	if err != nil {
		return err
	}
	reader.Library = oneItem{sample: d.own()}
	event := edge.Event{RawPath: "/v1/payouts/" + string(sampleID)}
	event.RequestContext.HTTP = events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: http.MethodGet}
	reply, err := edge.NewRead(reader)(ctx, event)
	if err != nil {
		return err
	}
	switch {
	case reply.StatusCode != http.StatusOK || !json.Valid([]byte(reply.Body)) || !strings.Contains(reply.Body, string(sampleID)):
		return fmt.Errorf("the answer is %d and not the payout", reply.StatusCode)
	case strings.Contains(reply.Body, provider.SampleNumber):
		return errors.New("the answer shows an account number in full")
	}
	return nil
}
