package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cambodia-payouts/pkg/payout"
)

// timeout bounds one attempt: the specification asks for 15 to 30 seconds.
const timeout = payout.AnswerWithin

// answerLimit is how much of an answer is read, to keep the connection usable.
const answerLimit = 64 << 10

// Keys are rotating credentials; *secrets.Cache is one.
type Keys interface {
	// Verifying lists the current credentials and, for a while after a rotation,
	// those before it: the receiver may know either.
	Verifying(ctx context.Context) ([]Credentials, error)
}

// Client delivers messages; it implements payout.Endpoint.
type Client struct {
	keys Keys
	http *http.Client
	now  func() time.Time

	mu sync.Mutex
	// noneUntil spares Secrets Manager: without an endpoint every telling would ask
	// it whether there is one by now.
	noneUntil time.Time
}

// noneFor is how long "there is no endpoint" is believed.
const noneFor = time.Minute

// NewClient returns a client. Without keys there is no endpoint.
func NewClient(keys Keys, rules Rules, now func() time.Time) *Client {
	permitted := newGate(rules)
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return permitted.permit(address)
	}}
	return &Client{keys: keys, now: now, http: &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			// No proxy: it would connect for us, to wherever the name leads there.
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Ready implements payout.Endpoint. A secret that cannot be read is an error and not "no endpoint":
// what is owed has to wait for it.
func (c *Client) Ready(ctx context.Context) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || c.now().Before(c.noneUntil) {
		return false, nil
	}
	_, err := c.keys.Verifying(ctx)
	if errors.Is(err, ErrNotConfigured) {
		c.noneUntil = c.now().Add(noneFor)
		return false, nil
	}
	return err == nil, err
}

// Deliver implements payout.Endpoint.
func (c *Client) Deliver(ctx context.Context, m payout.Message) payout.Delivery {
	request, err := c.request(ctx, m)
	if err != nil {
		return payout.Delivery{Result: payout.Down, Detail: "the request cannot be made"}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return payout.Delivery{Result: payout.Down, Detail: unreachable(err)}
	}
	_, _ = io.CopyN(io.Discard, response.Body, answerLimit)
	_ = response.Body.Close()
	return classify(response, c.now())
}

// request signs the message with every version of the key that the receiver may
// have.
func (c *Client) request(ctx context.Context, m payout.Message) (*http.Request, error) {
	versions, err := c.keys.Verifying(ctx)
	if err != nil {
		return nil, err
	}
	now := c.now()
	var signatures []string
	for _, v := range versions {
		signature, err := v.signer.Sign(string(m.ID), now, m.Body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, versions[0].URL.String(), bytes.NewReader(m.Body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "cambodia-payouts")
	request.Header.Set(standardwebhooks.HeaderWebhookID, string(m.ID))
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return request, nil
}

// unreachable says in our own words why nobody answered. The error itself may hold the address,
// which may hold a token of the merchant's.
func unreachable(err error) string {
	var slow net.Error
	switch {
	case errors.Is(err, errAddress):
		return "the address is not a public one"
	case errors.As(err, &slow) && slow.Timeout():
		return "no answer in time"
	}
	return "no connection"
}

// classify reads the answer's status. Only 2xx is success. An answer that another
// event might not get is about the event; everything else is about the endpoint,
// and the other events had better wait too.
func classify(response *http.Response, now time.Time) payout.Delivery {
	status := response.StatusCode
	d := payout.Delivery{Detail: fmt.Sprint("HTTP ", status), RetryAfter: retryAfter(response.Header.Get("Retry-After"), now)}
	switch {
	case status/100 == 2:
		d.Result = payout.Delivered
	case status == http.StatusGone:
		d.Result = payout.Gone
	case status == http.StatusBadRequest || status == http.StatusConflict || status == http.StatusUnprocessableEntity ||
		status == http.StatusRequestEntityTooLarge || status == http.StatusUnsupportedMediaType:
		d.Result = payout.Declined
	default:
		d.Result = payout.Down
	}
	return d
}

// retryAfter reads both forms of the header: seconds, and a date. What cannot be read, or lies in
// the past, is zero: our own schedule counts then. How long a wait is honoured is the domain's to
// bound.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 && seconds < 1<<31 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
