package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
)

// Proof is something that a selftest tries. Nothing in one writes to the table, dials a
// provider or tells a merchant: samples are made, signed and read in memory, with the
// configured secrets and settings. Of the table the controls are read.
type Proof struct {
	Name string
	Run  func(context.Context) error
}

// StackKeyProof reads the stack key. operate-payout starts without it, so that its selftest has
// to look.
func (a Assembly) StackKeyProof() Proof {
	return Proof{"stack key", func(ctx context.Context) error {
		keys, err := a.stackKey(ctx, later)
		if err == nil {
			_, err = keys.Current(ctx)
		}
		return err
	}}
}

// CallbackProofs have the function's verifier read callbacks that are signed with its own secret.
func (a Assembly) CallbackProofs(p provider.Provider) []Proof {
	var all []Proof
	samples := p.Samples()
	for _, sample := range samples {
		what := string(p.Facts().Name) + " callback"
		if len(samples) > 1 {
			what += " " + string(sample.Currency)
		}
		all = append(all, Proof{what, func(ctx context.Context) error { return a.verifies(ctx, p, sample.Currency) }})
	}
	return all
}

// verifies has the function's verifier read a callback of the provider's.
func (a Assembly) verifies(ctx context.Context, p provider.Provider, currency money.Currency) error {
	name := p.Facts().Name
	return p.Prove(ctx, a.setup(name, a.caching(name)), a.sample(name, currency, payout.Destination{}))
}

// ControlsProof reads the controls. Who cannot (a right that is missing, an entry that this
// version does not understand) would hold everything, believe no callback, and show no payout.
func (a Assembly) ControlsProof() Proof {
	return Proof{"controls read", func(ctx context.Context) error {
		_, err := a.Store.Shared(ctx)
		return err
	}}
}

// sampleID is derived from no reference that anybody could post: a claim about it is an
// orphan.
const sampleID = payout.ID("po_selftestselftestselftestse")

// sample is a payout that every configuration should be able to express. The addresses are those
// that RFC 2606 and RFC 5737 reserve for examples.
func (a Assembly) sample(p payout.Provider, currency money.Currency, to payout.Destination) payout.Payout {
	amount, err := money.Parse("50000", currency)
	if err != nil {
		panic(err) // both currencies take whole units
	}
	at := a.now()
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
func (a Assembly) own() payout.Payout {
	return a.sample(payout.Providers()[0], money.KHR, payout.Destination{
		Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_" + provider.SampleNumber, AccountNumber: provider.SampleNumber,
	})
}

// unsent is a connection that was never dialled. A proof that dialled by mistake would find nobody,
// and would send nothing.
type unsent struct{}

func neverDialled(context.Context, *url.URL) oneshot.Connection { return unsent{} }

func (unsent) Post(context.Context, oneshot.Request) oneshot.Result {
	return oneshot.Result{Outcome: oneshot.NotSent}
}
func (unsent) Close() {}

// RequestProofs build and sign a request for every provider and currency. Dial is replaced in a
// copy: a is not the function's own assembly.
func (a Assembly) RequestProofs() []Proof {
	a.Dial = func(payout.Provider) oneshot.Dialer { return neverDialled }
	var all []Proof
	for _, each := range rows {
		name := each.Facts().Name
		for _, sample := range each.Samples() {
			all = append(all, Proof{string(name) + " request " + string(sample.Currency), func(ctx context.Context) error {
				banks, unreadable := Banks(a.Tuning.Banks)
				to, err := sample.Destination(banks)
				if err := errors.Join(unreadable, err); err != nil {
					return err
				}
				return a.signs(ctx, a.sample(name, sample.Currency, to))
			}})
		}
	}
	return all
}

func (a Assembly) signs(ctx context.Context, sample payout.Payout) error {
	wired, err := a.connections()
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

// inWords tells an account that is not there from a setting that is wrong. A merchant may have an
// account in one currency alone, which is no failure of the selftest.
func inWords(fault payout.Fault) error {
	if fault.Pointer == "/currency" && fault.Code == payout.ProviderNotConfigured {
		return fmt.Errorf("%s: %w", fault.Message, secrets.ErrNotConfigured)
	}
	return fmt.Errorf("%s: %s", fault.Pointer, fault.Message)
}

// EventProof signs an event as the merchant would get it.
func (a Assembly) EventProof() Proof {
	return Proof{"event signed", func(ctx context.Context) error {
		event := a.own().Events()[0]
		body, err := json.Marshal(event)
		if err != nil {
			return err
		}
		return a.endpoint().Prove(ctx, payout.Message{ID: event.ID, Body: body})
	}}
}

// oneItem is a library that holds the sample and nothing else.
type oneItem struct {
	edge.Library
	sample payout.Payout
}

func (o oneItem) Get(context.Context, payout.ID) (payout.Payout, error) { return o.sample, nil }

func (oneItem) Shared(context.Context) (payout.Shared, error) { return payout.Shared{}, nil }

// ReadProof answers a request for the sample and looks at the answer.
func (a Assembly) ReadProof() Proof { return Proof{"payout encoded", a.encodes} }

// encodes looks for masks too: a version that showed account numbers must not get traffic.
func (a Assembly) encodes(ctx context.Context) error {
	reader, err := a.Reader()
	if err != nil {
		return err
	}
	reader.Library = oneItem{sample: a.own()}
	event := edge.Event{RawPath: "/v1/payouts/" + string(sampleID)}
	event.RequestContext.HTTP.Method = http.MethodGet
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
