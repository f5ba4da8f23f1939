//go:build trial

package trial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
)

// The paths of the API, below the base address.
const (
	createPath = "/transfers"
	queryPath  = "/transfers/query"
)

// client is the payout.Connector to the trial provider. The paths and forms of this provider are
// invented; what is not is how a room is built on pkg/provider. Nothing here dials: the parts do
// (decision 0003).
type client struct{ parts Options }

// newClient refuses parts without keys or a clock, so that a room which is wired wrongly does not
// start.
func newClient(o Options) (*client, error) {
	o, err := o.Complete()
	if err != nil {
		return nil, fmt.Errorf("trial: %w", err)
	}
	return &client{o}, nil
}

// current is what to sign with; a fault when there is nothing. A fault says that the provider is
// not configured (422). An error says that nobody knows, since the secret cannot be read.
func (c *client) current(ctx context.Context) (Credentials, []payout.Fault, error) {
	held, err := c.parts.Keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return Credentials{}, provider.Unserved("Trial"), nil
	}
	if err != nil {
		return Credentials{}, nil, fmt.Errorf("trial: read the keys: %w", err)
	}
	return held, nil, nil
}

// Serves implements payout.Connector. It answers for routing, where nothing but configuration,
// destination and currency counts.
func (c *client) Serves(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	_, found, err := c.current(ctx)
	if p.Destination.Type != payout.BankDestination {
		found = append(found, payout.Fault{Pointer: "/destination/type", Code: payout.InvalidRequest, Message: "Trial pays to bank accounts alone"})
	}
	return found, err
}

// Prepare implements payout.Connector. The body is signed once, here: what is sent is what was
// prepared, whatever becomes of the keys meanwhile.
func (c *client) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	held, _, err := c.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if found, err := c.Serves(ctx, p); err != nil || len(found) > 0 {
		return nil, found, err
	}
	request, err := held.request(createPath, map[string]string{
		"id": string(p.ProviderReference()), "minor": fmt.Sprint(p.Amount.Minor()), "currency": string(p.Amount.Currency()),
		"bank": p.Destination.Bank, "account": p.Destination.AccountNumber, "note": p.Description, "callback": c.parts.CallbackURL,
	})
	if err != nil {
		return nil, nil, err
	}
	return c.parts.Submission(request, held.Account, func(result oneshot.Result) payout.Claim {
		return created(result, p.ProviderReference())
	}), nil, nil
}

// request is a signed request to one of the provider's addresses.
func (c Credentials) request(path string, fields map[string]string) (oneshot.Request, error) {
	fields["from"] = c.Account
	body, err := seal(fields, c.Secret)
	if err != nil {
		return oneshot.Request{}, fmt.Errorf("trial: write the body: %w", err)
	}
	return provider.Request(c.BaseURL, path, body, nil), nil
}

// created says what the answer to a submission means. A refusal is final; that the id is taken
// says that it is there, and nothing about its money. Everything else is unclear, a 5xx and an
// unreadable body among it, and never a failure (promise 4). OnlyIfFirst says that a refusal
// speaks of this submission alone.
func created(r oneshot.Result, reference payout.ProviderReference) payout.Claim {
	if r.Outcome == oneshot.NotSent {
		return payout.Claim{Finding: payout.FoundNotSent, Message: "no connection to Trial"}
	}
	m, err := read(r.Body)
	switch {
	case r.Outcome != oneshot.Answered, err != nil, m["id"] != string(reference):
		return payout.Claim{Finding: payout.FoundUnclear, Message: "no usable answer"}
	case r.Status == http.StatusOK && m["state"] == "taken":
		return payout.Claim{Finding: payout.FoundProcessing, ProviderID: m["number"], Code: m["state"]}
	case r.Status == http.StatusUnprocessableEntity && m["state"] == "refused":
		return payout.Claim{Finding: payout.FoundFailed, Failure: payout.FailureRefused, Conclusive: true, OnlyIfFirst: true, Code: m["state"]}
	}
	return payout.Claim{Finding: payout.FoundUnclear, Answered: true, Code: m["state"]}
}

// Ask implements payout.Connector. The time of the claim is that of the answer.
func (c *client) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := c.ask(ctx, p.ID.ProviderReference(about))
	claim.At = c.parts.Now()
	return claim
}

// ask sends one status query. An answer counts only if it is signed, is about this attempt and
// has status 200: one about another attempt would close the wrong one.
func (c *client) ask(ctx context.Context, about payout.ProviderReference) payout.Claim {
	unclear := payout.Claim{Finding: payout.FoundUnclear, Message: "no usable answer to the status query"}
	held, missing, err := c.current(ctx)
	if err != nil || len(missing) > 0 {
		return unclear
	}
	request, err := held.request(queryPath, map[string]string{"id": string(about)})
	if err != nil {
		return unclear
	}
	result := c.parts.Post(ctx, request)
	m, err := read(result.Body)
	if result.Outcome != oneshot.Answered || result.Status != http.StatusOK || err != nil ||
		m["id"] != string(about) || !m.signedBy([]Credentials{held}) {
		return unclear
	}
	claim := m.claim()
	claim.Raw, claim.Account = result.Body, held.Account
	return claim
}

// askAfter is how long after a submission it may not know the payout yet. No page says so, since
// there is none; Monetix has the same.
const askAfter = 10 * time.Second

// AskAfter implements payout.Connector.
func (c *client) AskAfter() time.Duration { return askAfter }
