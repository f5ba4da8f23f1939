package boot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// What each function's selftest tries. Nothing here writes to the table, dials a
// provider or tells a merchant: samples are made, signed and read in memory, with the
// configured secrets and settings. Of the table the controls are read, by those that heed them.

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
	return []proof{{"payout encoded", func(ctx context.Context) error { return d.encodes(ctx, c) }}}
}

func (c VexoraCallbackConfig) proofs(d Deployment) []proof {
	all := []proof{d.controlsProof()}
	for _, currency := range []money.Currency{money.KHR, money.USD} {
		all = append(all, proof{"vexora callback " + string(currency), func(ctx context.Context) error {
			return d.verifiesVexora(ctx, c, currency)
		}})
	}
	return all
}

func (c MonetixCallbackConfig) proofs(d Deployment) []proof {
	return []proof{d.controlsProof(), {"monetix callback", func(ctx context.Context) error { return d.verifiesMonetix(ctx, c) }}}
}

// controlsProof reads the controls. Who cannot (a right that is missing, an entry that this
// version does not understand) would hold everything and believe no callback.
func (d Deployment) controlsProof() proof {
	return proof{"controls read", func(ctx context.Context) error {
		_, err := d.Store.Board(ctx)
		return err
	}}
}

// sampleID is derived from no reference that anybody could post: a claim about it is an
// orphan.
const sampleID = payout.ID("po_selftestselftestselftestse")

// sampleNumber is the sample's account number.
const sampleNumber = "88990011"

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

func wallet() payout.Destination {
	return payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_" + sampleNumber, AccountNumber: sampleNumber}
}

// bankOf is an account at the first bank that Monetix is enabled for.
func bankOf(banks bank.Directory) (payout.Destination, error) {
	all := banks.All()
	i := slices.IndexFunc(all, func(b bank.Bank) bool { return b.Monetix.Enabled })
	if i < 0 {
		return payout.Destination{}, fmt.Errorf("monetix: no bank is enabled: %w", errNotSetUp)
	}
	return payout.Destination{Type: payout.BankDestination, Bank: string(all[i].Slug), AccountNumber: sampleNumber}, nil
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
	one := func(name payout.Provider, currency money.Currency) proof {
		return proof{string(name) + " request " + string(currency), func(ctx context.Context) error {
			to, err := wallet(), error(nil)
			if name == payout.Monetix {
				banks, unreadable := tuning.directory()
				to, err = bankOf(banks)
				err = errors.Join(unreadable, err)
			}
			if err != nil {
				return err
			}
			return d.signs(ctx, c, p, tuning, d.sample(name, currency, to))
		}}
	}
	return []proof{one(payout.Vexora, money.KHR), one(payout.Vexora, money.USD), one(payout.Monetix, money.KHR)}
}

func (d Deployment) signs(ctx context.Context, c Common, p Providers, tuning Settings, sample payout.Payout) error {
	wired, err := d.wire(c, p, tuning)
	if err != nil {
		return err
	}
	w, there := wired[sample.Provider]
	if !there {
		return fmt.Errorf("%s has no secret: %w", sample.Provider, errNotSetUp)
	}
	if err := w.warm(ctx); err != nil {
		return err
	}
	faults, err := w.connector.Check(ctx, sample)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return inWords(faults[0])
	}
	submission, err := w.connector.Open(ctx, sample)
	if err != nil {
		return err
	}
	submission.Close()
	return nil
}

// inWords tells an account that is not there from a setting that is wrong.
func inWords(fault payout.Fault) error {
	if fault.Pointer == "/currency" && fault.Code == payout.ProviderNotConfigured {
		return fmt.Errorf("%s: %w", fault.Message, errNotSetUp)
	}
	return fmt.Errorf("%s: %s", fault.Pointer, fault.Message)
}

// eventProof signs an event as the merchant would get it.
func (d Deployment) eventProof(c Common, w Webhook) proof {
	return proof{"event signed", func(ctx context.Context) error {
		event := d.sample(payout.Vexora, money.KHR, wallet()).Events()[0]
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

func (oneItem) RestoreRemembered(context.Context) (time.Time, error) { return time.Time{}, nil }

// encodes answers a request for the sample and looks at the answer.
func (d Deployment) encodes(ctx context.Context, c ReadConfig) error {
	reader, err := d.Reader(c)
	if err != nil {
		return err
	}
	reader.Library = oneItem{sample: d.sample(payout.Vexora, money.KHR, wallet())}
	event := edge.Event{RawPath: "/v1/payouts/" + string(sampleID)}
	event.RequestContext.HTTP = events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: http.MethodGet}
	reply, err := edge.NewRead(reader)(ctx, event)
	if err != nil {
		return err
	}
	switch {
	case reply.StatusCode != http.StatusOK || !json.Valid([]byte(reply.Body)) || !strings.Contains(reply.Body, string(sampleID)):
		return fmt.Errorf("the answer is %d and not the payout", reply.StatusCode)
	case strings.Contains(reply.Body, sampleNumber):
		return errors.New("the answer shows an account number in full")
	}
	return nil
}

func (d Deployment) verifiesVexora(ctx context.Context, c VexoraCallbackConfig, currency money.Currency) error {
	held, err := d.vexoraKeys(c.SecretID, c.Common, d.cacheOptions(payout.Vexora)).Current(ctx)
	if err != nil {
		return err
	}
	account, has := held[currency]
	if !has {
		return fmt.Errorf("vexora has no account in %s: %w", currency, errNotSetUp)
	}
	sample := d.sample(payout.Vexora, currency, wallet())
	body, err := vexora.SampleNotification(account, sample)
	if err != nil {
		return err
	}
	return believes(ctx, vexora.NewVerifier(fixed[vexora.Credentials]{held}, d.now), body, sample)
}

func (d Deployment) verifiesMonetix(ctx context.Context, c MonetixCallbackConfig) error {
	settings, err := monetix.ParseSettings(c.Settings.Monetix)
	if err != nil {
		return err
	}
	held, err := d.monetixKeys(c.SecretID, c.Common, d.cacheOptions(payout.Monetix)).Current(ctx)
	if err != nil {
		return err
	}
	sample := d.sample(payout.Monetix, money.KHR, payout.Destination{})
	body, err := monetix.SampleCallback(held, sample)
	if err != nil {
		return err
	}
	return believes(ctx, monetix.NewVerifier(fixed[monetix.Credentials]{held}, settings, d.now), body, sample)
}

// fixed are keys that were read already. They never change, so that a forged sample does
// not make Secrets Manager be read again.
type fixed[C any] struct{ held C }

func (f fixed[C]) Current(context.Context) (C, error)     { return f.held, nil }
func (f fixed[C]) Verifying(context.Context) ([]C, error) { return []C{f.held}, nil }
func (f fixed[C]) Refresh(context.Context) (bool, error)  { return false, nil }

// believes holds a verifier to both halves of its work: a signed sample is read as what
// it says, and the same text with another amount is refused.
func believes(ctx context.Context, v payout.Verifier, body []byte, sample payout.Payout) error {
	claim, err := v.Verify(ctx, body)
	switch {
	case err != nil:
		return fmt.Errorf("a callback signed with the configured secret is refused: %w", err)
	case claim.Finding != payout.FoundSucceeded, claim.Reference != string(sample.ProviderReference()),
		claim.Suspect+claim.Ambiguous != "", !agrees(claim.Amounts, sample.Amount):
		return errors.New("a callback is read as something else than it says")
	}
	forged := strings.Replace(string(body), "50000", "50001", 1)
	if _, err := v.Verify(ctx, []byte(forged)); !errors.Is(err, payout.ErrCallbackSignature) {
		return fmt.Errorf("a forged callback is not refused for its signature (%v)", err)
	}
	return nil
}

func agrees(amounts []money.Amount, with money.Amount) bool {
	return len(amounts) > 0 && !slices.ContainsFunc(amounts, func(a money.Amount) bool { return a != with })
}
