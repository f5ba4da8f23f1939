package vexora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
)

// The paths of the API, below the base address of an account.
const (
	createPath  = "/v1/vexora/disbursements"
	queryPath   = "/v1/vexora/queryPayOutResult" // other areas' pages; the Cambodia one was not readable
	balancePath = "/v1/vexora/queryBalance"
)

// askAfter is how long a new payout is left alone: no page says how soon it can
// be asked for.
const askAfter = 10 * time.Second

// Client is the payout.Connector to Vexora.
type Client struct {
	parts  Options
	encode encoder
}

var (
	_ payout.Connector       = (*Client)(nil)
	_ payout.BalanceReporter = (*Client)(nil)
)

// NewClient returns a client. The address of the callbacks is checked per payout,
// so that a missing one is a fault of the request and not of the start.
func NewClient(o Options) (*Client, error) {
	o, err := o.Complete()
	if err != nil {
		return nil, fmt.Errorf("vexora: %w", err)
	}
	return &Client{o, encoder{settings: o.Settings, banks: o.Banks, callbackURL: o.CallbackURL, rules: o.URLRules}}, nil
}

// account is the account for a currency; a fault when there is none.
func (c *Client) account(ctx context.Context, currency money.Currency) (Account, []payout.Fault, error) {
	credentials, err := c.parts.Keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return Account{}, provider.Unserved("Vexora"), nil
	}
	if err != nil {
		return Account{}, nil, fmt.Errorf("vexora: read the keys: %w", err)
	}
	account, has := credentials[currency]
	if !has {
		return Account{}, []payout.Fault{{Pointer: "/currency", Code: payout.ProviderNotConfigured, Message: "Vexora has no account for this currency"}}, nil
	}
	return account, nil, nil
}

// Serves implements payout.Connector.
func (c *Client) Serves(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	_, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil {
		return nil, err
	}
	found := faults(missing)
	c.encode.reach(p.Destination, &found)
	return found, nil
}

// Prepare implements payout.Connector.
func (c *Client) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	account, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil {
		return nil, nil, err
	}
	fields, found := c.encode.create(p, c.parts.Now())
	if found = append(missing, found...); len(found) > 0 {
		return nil, found, nil
	}
	request, err := account.request(createPath, fields)
	if err != nil {
		return nil, nil, err
	}
	return c.parts.Submission(request, account.MerchantNo, func(result oneshot.Result) payout.Claim {
		if claim := unanswered(result); claim.Finding != "" {
			return claim
		}
		return created(result.Body, p, c.parts.Settings)
	}), nil, nil
}

// request is a signed request to one of the account's addresses.
func (a Account) request(path string, fields map[string]string) (oneshot.Request, error) {
	body, err := signed(fields, a)
	if err != nil {
		return oneshot.Request{}, fmt.Errorf("vexora: write the body: %w", err)
	}
	return provider.Request(a.BaseURL, path, body, http.Header{"merchantNo": {a.MerchantNo}}), nil // written as the page writes it
}

// unanswered is the claim of a result that has no JSON to read; without a finding
// there is some. HTTP statuses are not documented, so every one but 2xx is unclear.
func unanswered(r oneshot.Result) payout.Claim {
	switch {
	case r.Outcome == oneshot.NotSent:
		return payout.Claim{Finding: payout.FoundNotSent, Message: "no connection to Vexora"}
	case r.Outcome == oneshot.Lost:
		return payout.Claim{Finding: payout.FoundUnclear, Message: "no answer from Vexora"}
	case r.Status < 200 || r.Status > 299:
		return payout.Claim{Finding: payout.FoundUnclear, Code: fmt.Sprint("http-", r.Status), Message: "not a usable answer"}
	}
	return payout.Claim{}
}

// Ask implements payout.Connector.
func (c *Client) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := c.queryStatus(ctx, p, p.ID.ProviderReference(about))
	claim.At = c.parts.Now()
	return claim
}

func (c *Client) queryStatus(ctx context.Context, p payout.Payout, about payout.ProviderReference) payout.Claim {
	account, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil || len(missing) > 0 {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "Vexora cannot be asked: no credentials"}
	}
	request, err := account.request(queryPath, query(about, c.parts.Now()))
	if err != nil {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "the status query could not be written"}
	}
	result := c.parts.Post(ctx, request)
	claim := unanswered(result)
	if claim.Finding == payout.FoundNotSent {
		claim.Finding = payout.FoundUnclear // of the status query; it says nothing about the payout
	}
	if claim.Finding == "" {
		claim = asked(result.Body, about, p.Amount.Currency())
	}
	claim.Raw, claim.Account = result.Body, account.MerchantNo
	return claim
}

// Balances implements payout.Teller with the status query of Vexora's balance page.
// The answer names no currency: the balance is that of the account.
func (c *Client) Balances(ctx context.Context) ([]payout.Balance, error) {
	credentials, err := c.parts.Keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vexora: read the keys: %w", err)
	}
	var (
		wait     sync.WaitGroup
		mu       sync.Mutex
		balances []payout.Balance
		failures []error
	)
	for currency, account := range credentials {
		wait.Go(func() { // side by side, since one that hangs must not take the time of the other
			b, err := c.balance(ctx, currency, account)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures = append(failures, fmt.Errorf("vexora: balance in %s: %w", currency, err))
				return
			}
			balances = append(balances, b)
		})
	}
	wait.Wait()
	return balances, errors.Join(failures...)
}

func (c *Client) balance(ctx context.Context, currency money.Currency, account Account) (payout.Balance, error) {
	request, err := account.request(balancePath, map[string]string{"timestamp": milliseconds(c.parts.Now())})
	if err != nil {
		return payout.Balance{}, err
	}
	result := c.parts.Post(ctx, request)
	if claim := unanswered(result); claim.Finding != "" {
		return payout.Balance{}, errors.New(claim.Message)
	}
	r, ok := read(result.Body)
	if !ok || r.code != callProcessed {
		return payout.Balance{}, fmt.Errorf("answered with code %q", payout.Printable(string(r.code)))
	}
	text, _ := scalarOf(r.data, "availableAmount")
	minor, err := money.ParseBalance(text, currency)
	return payout.Balance{Currency: currency, Available: minor}, err
}

// AskAfter implements payout.Connector.
func (c *Client) AskAfter() time.Duration { return askAfter }
