package vexora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
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

// defaultTimeout bounds the wait for an answer.
const defaultTimeout = 15 * time.Second

// Options are the parts of a client. Timeout may be zero for 15 seconds.
type Options struct {
	Keys        Keys
	Settings    Settings
	Banks       bank.Directory
	CallbackURL string
	URLRules    URLRules
	Now         func() time.Time
	Timeout     time.Duration
	// Dial reaches the provider; nil means oneshot.Direct.
	Dial oneshot.Dialer
}

// Client is the payout.Connector to Vexora.
type Client struct {
	keys    Keys
	encode  encoder
	now     func() time.Time
	timeout time.Duration
	dial    oneshot.Dialer
}

var (
	_ payout.Connector = (*Client)(nil)
	_ payout.Teller    = (*Client)(nil)
)

// NewClient returns a client. The address of the callbacks is checked per payout,
// so that a missing one is a fault of the request and not of the start.
func NewClient(o Options) (*Client, error) {
	if o.Keys == nil || o.Now == nil {
		return nil, errors.New("vexora: keys and clock are required")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Dial == nil {
		o.Dial = oneshot.Direct
	}
	return &Client{
		dial: o.Dial,
		keys: o.Keys, now: o.Now, timeout: o.Timeout,
		encode: encoder{settings: o.Settings, banks: o.Banks, callbackURL: o.CallbackURL, rules: o.URLRules},
	}, nil
}

// account is the account for a currency; a fault when there is none.
func (c *Client) account(ctx context.Context, currency money.Currency) (Account, []payout.Fault, error) {
	credentials, err := c.keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return Account{}, []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured, Message: "Vexora has no credentials"}}, nil
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

// Check implements payout.Connector.
func (c *Client) Check(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	_, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil {
		return nil, err
	}
	_, found := c.encode.create(p, c.now())
	return append(missing, found...), nil
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

// Open implements payout.Connector.
func (c *Client) Open(ctx context.Context, p payout.Payout) (payout.Submission, error) {
	account, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil {
		return nil, err
	}
	fields, found := c.encode.create(p, c.now())
	if found = append(missing, found...); len(found) > 0 {
		return nil, fmt.Errorf("vexora: the payout cannot be expressed: %s %s", found[0].Pointer, found[0].Code)
	}
	request, err := account.request(createPath, fields)
	if err != nil {
		return nil, err
	}
	return &submission{
		line: c.dial(ctx, request.URL), request: request, payout: p, account: account.MerchantNo,
		settings: c.encode.settings, now: c.now, timeout: c.timeout,
	}, nil
}

// request is a signed request to one of the account's addresses.
func (a Account) request(path string, fields map[string]string) (oneshot.Request, error) {
	body, err := seal(fields, a)
	if err != nil {
		return oneshot.Request{}, fmt.Errorf("vexora: write the body: %w", err)
	}
	target := *a.BaseURL
	target.Path += path
	return oneshot.Request{URL: &target, Body: body, Header: http.Header{
		"Content-Type": {"application/json"},
		"Accept":       {"application/json"},
		"merchantNo":   {a.MerchantNo}, // written as the page writes it
	}}, nil
}

// submission is one disbursement, ready to be sent once.
type submission struct {
	line     oneshot.Connection
	request  oneshot.Request
	payout   payout.Payout
	account  string
	settings Settings
	now      func() time.Time
	timeout  time.Duration
}

// Account implements payout.Submission.
func (s *submission) Account() string { return s.account }

// Send implements payout.Submission.
func (s *submission) Send(ctx context.Context) payout.Claim {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	result := s.line.Post(ctx, s.request)
	claim := unanswered(result)
	if claim.Finding == "" {
		claim = created(result.Body, s.payout, s.settings)
	}
	claim.Raw, claim.At = result.Body, s.now()
	return claim
}

// Close implements payout.Submission.
func (s *submission) Close() { s.line.Close() }

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
	claim := c.ask(ctx, p, p.ID.ProviderReference(about))
	claim.At = c.now()
	return claim
}

func (c *Client) ask(ctx context.Context, p payout.Payout, about payout.ProviderReference) payout.Claim {
	account, missing, err := c.account(ctx, p.Amount.Currency())
	if err != nil || len(missing) > 0 {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "Vexora cannot be asked: no credentials"}
	}
	request, err := account.request(queryPath, query(about, c.now()))
	if err != nil {
		return payout.Claim{Finding: payout.FoundUnclear, Message: "the question could not be written"}
	}
	result := c.post(ctx, request)
	claim := unanswered(result)
	if claim.Finding == payout.FoundNotSent {
		claim.Finding = payout.FoundUnclear // of the question; it says nothing about the payout
	}
	if claim.Finding == "" {
		claim = asked(result.Body, about, p.Amount.Currency())
	}
	claim.Raw, claim.Account = result.Body, account.MerchantNo
	return claim
}

// Balances implements payout.Teller with the question of Vexora's balance page.
// The answer names no currency: the balance is that of the account.
func (c *Client) Balances(ctx context.Context) ([]payout.Balance, error) {
	credentials, err := c.keys.Current(ctx)
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
	request, err := account.request(balancePath, map[string]string{"timestamp": milliseconds(c.now())})
	if err != nil {
		return payout.Balance{}, err
	}
	result := c.post(ctx, request)
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

func (c *Client) post(ctx context.Context, r oneshot.Request) oneshot.Result {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.dial(ctx, r.URL).Post(ctx, r)
}

// AskAfter implements payout.Connector.
func (c *Client) AskAfter() time.Duration { return askAfter }
