package provider

import (
	"context"
	"maps"
	"net/http"
	"net/url"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
)

// Request is a POST of a JSON body to a path below a provider's address, with more headers if it
// wants some.
func Request(base *url.URL, path string, body []byte, more http.Header) oneshot.Request {
	target := *base
	target.Path += path
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	maps.Copy(header, more)
	return oneshot.Request{URL: &target, Body: body, Header: header}
}

// Post sends a request on a connection of its own, and waits no longer than the timeout.
func (p Parts[C, S]) Post(ctx context.Context, r oneshot.Request) oneshot.Result {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	return p.Dial(ctx, r.URL).Post(ctx, r)
}

// Submission is a request of a payout, ready to be sent once under an account of the provider's.
// What became of it is read by the given function.
func (p Parts[C, S]) Submission(r oneshot.Request, account string, read func(oneshot.Result) payout.Claim) payout.Submission {
	send := func(ctx context.Context, connection oneshot.Connection) payout.Claim {
		ctx, cancel := context.WithTimeout(ctx, p.Timeout)
		defer cancel()
		result := connection.Post(ctx, r)
		claim := read(result)
		claim.Raw, claim.At = result.Body, p.Now()
		return claim
	}
	return &submission{account: account, send: send, dial: func(ctx context.Context) oneshot.Connection { return p.Dial(ctx, r.URL) }}
}

type submission struct {
	account    string
	dial       func(context.Context) oneshot.Connection
	send       func(context.Context, oneshot.Connection) payout.Claim
	connection oneshot.Connection // nil before it is dialled
}

// Account implements payout.Submission.
func (s *submission) Account() string { return s.account }

// Dial implements payout.Submission.
func (s *submission) Dial(ctx context.Context) { s.connection = s.dial(ctx) }

// Send implements payout.Submission.
func (s *submission) Send(ctx context.Context) payout.Claim {
	if s.connection == nil {
		s.Dial(ctx)
	}
	return s.send(ctx, s.connection)
}

// Close implements payout.Submission.
func (s *submission) Close() {
	if s.connection != nil {
		s.connection.Close()
	}
}
